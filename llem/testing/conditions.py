"""Strategies for conditions, as records have them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from llem.conditions.syntax import ORDERINGS, TYPE_NAMES
from llem.config.introspection import test_values
from llem.registry import Registry, load_registry


_NUMBERS = ("integer", "number")
_MOST_LEAVES = 5


def conditions(*, backend: str | None = None, registry: Registry | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Conditions over the parameters of a registry, under their absolute paths, as plain data.

    Args:
        backend: Only parameters that all backends share, and those of this one.
        registry: The packaged one when left out.
    """
    registry = registry or load_registry()
    paths = [path for path in registry.parameters if registry.section_of(path) in ("", backend or "")]
    if backend is None:
        paths = list(registry.parameters)
    numbers = [path for path in paths if registry.parameters[path].type in _NUMBERS]
    tests = st.sampled_from(paths).flatmap(
        lambda path: st.builds(lambda matcher: {path: matcher}, _matchers(registry, path, numbers))
    )
    return st.recursive(
        st.builds(
            lambda parts: {key: value for part in parts for key, value in part.items()}, st.lists(tests, max_size=2)
        ),
        lambda inner: st.one_of(
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=2)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=2)),
            st.builds(lambda part: {"not": part}, inner),
        ),
        max_leaves=_MOST_LEAVES,
    )


def _matchers(registry: Registry, path: str, numbers: Sequence[str]) -> st.SearchStrategy[Any]:
    parameter = registry.parameters[path]
    values = [value for value in test_values(parameter) if isinstance(value, bool | int | float | str)]
    plain = st.sampled_from(values or ["a"])
    simple = [
        st.none(),
        plain,
        st.builds(lambda value: {"const": value}, plain),
        st.builds(lambda value: {"set": value}, st.booleans()),
        st.builds(lambda name: {"type": name}, st.sampled_from(TYPE_NAMES)),
    ]
    if parameter.type in _NUMBERS:
        bounds = st.one_of(plain, st.builds(lambda other: {"parameter": other}, st.sampled_from(numbers)))
        simple.append(st.builds(lambda name, bound: {name: bound}, st.sampled_from(ORDERINGS), bounds))
        simple.append(st.builds(lambda factor: {"multiple_of": factor}, st.sampled_from([1, 2, 0.5])))
    if parameter.type in ("string", "enum"):
        simple.append(st.builds(lambda value: {"pattern": value}, st.sampled_from(["a", "^s", "f.*8$"])))
    if parameter.type == "list":
        simple.append(st.builds(lambda value: {"contains": value}, st.sampled_from([1, "a", {"minimum": 1}])))
    if parameter.type == "mapping":
        simple.append(st.builds(lambda keys: {"has_any_key": keys}, st.just(["a", 0])))
    one = st.one_of(simple)
    return st.one_of(one, st.lists(one, min_size=1, max_size=2), st.builds(lambda inner: {"not": inner}, one))
