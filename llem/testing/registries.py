"""Strategies for small registries of their own, with parameters and rules that fit together."""

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from llem.conditions import parse_condition
from llem.conditions.evaluate import holds
from llem.registry import Registry, RegistryError, check_registry


_TYPES: dict[str, list[Any]] = {"boolean": [True, False], "integer": [1, 2, 3], "enum": ["a", "b", "c"]}
_MOST = 4


class _Written:
    """Facts of which nothing is known but what is written."""

    def __init__(self, written: dict[str, Any]) -> None:
        self._written = written

    def given(self, path: str) -> Any:
        return self._written.get(path)

    def effective(self, path: str) -> Any:
        return self._written.get(path)

    def is_set(self, path: str) -> bool:
        return path in self._written


@st.composite
def registries(draw: st.DrawFn) -> Registry:
    """Small registries: one backend with a few parameters, and error rules over them, each with its examples."""
    parameters = [_parameter(draw, number) for number in range(draw(st.integers(1, _MOST)))]
    domains = {parameter["path"]: _values(parameter) for parameter in parameters}
    rules = [rule for number in range(draw(st.integers(0, _MOST))) if (rule := _rule(draw, number, domains))]
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), parameters, rules)
        return _read(folder)


def _read(folder: str) -> Registry:
    """Return the registry of a folder; it is not kept, unlike one that is loaded."""
    registry, report = check_registry(folder)
    if registry is None:
        raise RegistryError(report)
    return registry


def _parameter(draw: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(_TYPES)))
    record: dict[str, Any] = {"path": f"p{number}", "type": kind, "summary": f"Parameter {number}."}
    if kind == "enum":
        record["choices"] = {name: {"summary": f"The value {name}."} for name in _TYPES[kind]}
    if kind == "integer":
        record |= {"minimum": 1, "maximum": 3}
    return record | {"maps_to": [{"call": "load", "argument": f"p{number}"}]}


def _values(parameter: dict[str, Any]) -> list[Any]:
    return _TYPES[parameter["type"]]


def _rule(draw: st.DrawFn, number: int, domains: dict[str, list[Any]]) -> dict[str, Any] | None:
    """Return a rule, or None where none of its examples would violate or none satisfy it."""
    when = {path: draw(st.sampled_from(domains[path])) for path in draw(_some(domains))}
    require = {path: {"not": draw(st.sampled_from(domains[path]))} for path in draw(_some(domains))}
    violation = parse_condition({"all": [when, {"not": require}]})
    paths = list(dict.fromkeys([*when, *require]))
    examples: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for values in itertools.product(*(domains[path] for path in paths)):
        written = dict(zip(paths, values, strict=True))
        examples[holds(violation, _Written(written))].append(written)
    if not all(examples.values()):
        return None
    return {
        "id": f"toy.rule-{number}",
        "severity": "error",
        "when": when,
        "require": require,
        "title": f"rule {number}",
        "reason": "It was drawn.",
        "resolution": "Write other values.",
        "examples": {"violate": examples[True][:1], "satisfy": examples[False][:1]},
    }


def _some(domains: dict[str, list[Any]]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(domains)), min_size=1, max_size=2, unique=True)


_MANIFEST = {
    "format": 1,
    "backend_order": ["toy"],
    "runner": {},
    "model_shape": {},
    "section_mismatch": {
        "id": "section-needs-its-backend",
        "title": "the section {section} without its backend",
        "reason": "Another backend is chosen.",
        "resolution": "Choose {backend}, or remove the section.",
    },
}
_BACKEND = {
    "id": "toy",
    "name": "Toy",
    "class_name": "ToyConfig",
    "summary": "A backend that is no library.",
    "library": "toy",
    "supported": ">=1",
    "newest": "1.0",
    "packages": ["toy"],
    "install": "There is nothing to install.",
    "calls": [{"id": "load", "summary": "Do nothing.", "target": "toy.load"}],
}
_SHARED: list[dict[str, Any]] = [
    {"path": "model", "type": "string", "min_length": 1, "required": True, "summary": "The model."},
    {"path": "backend", "type": "enum", "choices_from": "backends", "default": "toy", "summary": "The backend."},
]


def _write(folder: Path, parameters: list[dict[str, Any]], rules: list[dict[str, Any]]) -> None:
    """Write a whole registry: JSON is YAML."""
    shared = [record | {"unmapped": "Nothing runs."} for record in _SHARED]
    files: dict[str, Any] = {
        "registry.yaml": {"registry": _MANIFEST},
        "shared/parameters.yaml": {"parameters": shared},
        "toy/backend.yaml": {"backend": _BACKEND},
        "toy/parameters.yaml": {"parameters": parameters},
        "toy/rules.yaml": {"rules": rules},
    }
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
