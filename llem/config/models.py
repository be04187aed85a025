"""The experiment's class and those of its shared sections; the stub beside this file lists their fields."""

from llem.config.classes import MODELS, Configuration, packaged_class, packaged_names


def __getattr__(name: str) -> type[Configuration]:
    return packaged_class(MODELS, name)


def __dir__() -> list[str]:
    return packaged_names(MODELS)
