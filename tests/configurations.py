"""Strategies for experiment data: mostly well-formed, with values that may break rules, and some broken ones."""

from typing import Any

from hypothesis import strategies as st

from llem.config.introspection import get_param_test_values
from llem.registry import load_registry
from llem.registry.records import Parameter
from llem.registry.values import is_nullable


WRONG: list[Any] = ["nonsense", -1, 0, 2.5, 10**30, True, None, [], {}, {"x": 1}]


def experiments(*, wrong: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Experiment data over all parameters of the packaged registry.

    Every value is within its type unless `wrong`; sections and values may still contradict one another.
    """
    registry = load_registry()

    @st.composite
    def draw_experiment(draw: st.DrawFn) -> dict[str, Any]:
        backend = draw(st.sampled_from([None, *registry.backends]))
        data: dict[str, Any] = {"model": "embedded"} | ({registry.selector: backend} if backend else {})
        home = backend or registry.parameters[registry.selector].default
        allowed = [
            path
            for path in registry.parameters
            if path not in ("model", registry.selector)
            and (registry.section_of(path) in ("", home) or draw(st.integers(0, 40)) == 0)
        ]
        for path in draw(st.lists(st.sampled_from(allowed), unique=True, max_size=8)):
            value = draw(st.sampled_from(WRONG) if wrong and draw(st.booleans()) else values(registry.parameters[path]))
            _put(data, path.split("."), value)
        return data

    return draw_experiment()


def _put(data: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = data.setdefault(step, {})
        if not isinstance(inner, dict):
            inner = data[step] = {}
        data = inner
    data.setdefault(steps[-1], value)


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values within a parameter's type: those worth testing, and null where it is allowed."""
    found = [value for value in get_param_test_values(parameter.path) if value is not None]
    if is_nullable(parameter):
        found.append(None)
    return st.sampled_from(found or ["example"])
