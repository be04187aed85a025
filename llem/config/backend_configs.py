"""The classes of the backends' sections; the stub beside this file lists their fields."""

from llem.config.classes import BACKEND_CONFIGS, Configuration, packaged_class, packaged_names


def __getattr__(name: str) -> type[Configuration]:
    return packaged_class(BACKEND_CONFIGS, name)


def __dir__() -> list[str]:
    return packaged_names(BACKEND_CONFIGS)
