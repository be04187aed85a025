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


@st.composite
def studies(draw: st.DrawFn) -> dict[str, Any]:
    """Small grids over parameters that rules tie together, and over others, for one backend or for several."""
    registry = load_registry()

    def paths_of(home: str) -> list[str]:
        return [path for path in registry.parameters if registry.section_of(path) == home]

    def tied(home: str) -> list[str]:
        checks = [check for check in registry.checks_for(home) if len(check.paths) > 1]
        return sorted({path for check in checks for path in check.paths if path in registry.parameters})

    backends = draw(st.sampled_from([["pytorch"], ["pytorch"], ["vllm"], ["pytorch", "vllm"], ["vllm", "tensorrt"]]))
    likely = [path for home in backends for path in tied(home)]
    possible = [path for home in ("", *backends) for path in paths_of(home)]
    paths = draw(st.lists(st.sampled_from(likely) | st.sampled_from(possible), min_size=1, max_size=6, unique=True))
    paths = [path for path in paths if path not in ("model", registry.selector, "dataset")]
    drawn = {path: draw(st.lists(values(registry.parameters[path]), min_size=1, max_size=4)) for path in paths}
    drawn = {path: list({repr(value): value for value in found}.values()) for path, found in drawn.items()}
    data: dict[str, Any] = {"base": {"model": "embedded", "backend": backends[0]}, "sweep": {}}
    for path, found in drawn.items():
        place = draw(st.integers(0, 5))
        if place == 0 and found[0] is not None:
            data["base"][path] = found[0]
        elif place == 1:
            data.setdefault("groups", {}).setdefault("several", {})
            for number, value in enumerate(found):
                data["groups"]["several"].setdefault(f"{number}", {})[path] = value
        else:
            data["sweep"][path] = draw(st.sampled_from([[None, *found], found])) if None not in found else found
    if len(backends) > 1:
        data["sweep"]["backend"] = backends
    if "several" in data.get("groups", {}) and draw(st.booleans()):
        data["groups"]["several"]["nothing"] = {}
    tests = {path: found[-1] for path, found in drawn.items() if not isinstance(found[-1], dict | list)}
    if tests and draw(st.booleans()):
        data["exclude"] = [dict(draw(st.lists(st.sampled_from(list(tests.items())), min_size=1, max_size=2)))]
    return data
