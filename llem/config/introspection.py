"""What the registry knows, as plain data for programs: parameters, exclusions, needs, capabilities, rules."""

from collections.abc import Mapping
from typing import Any

from llem.conditions.syntax import OneOf, Test, Unset, parse_condition
from llem.config.schema import experiment_schema
from llem.registry import Registry, load_registry
from llem.registry.records import Exclusion, Parameter
from llem.registry.values import is_nullable, problems


_TYPES = {"boolean": "bool", "integer": "int", "number": "float", "string": "str", "enum": "literal", "mapping": "dict"}
_CONSTRAINTS = {"minimum": "ge", "exclusive_minimum": "gt", "maximum": "le", "exclusive_maximum": "lt"}
_STRING = "example"

Metadata = dict[str, Any]


def get_all_params() -> dict[str, dict[str, Metadata]]:
    """Return the metadata of every parameter by path, under `shared` and under each backend."""
    registry = load_registry()
    groups: dict[str, dict[str, Metadata]] = {"shared": {}, **{backend: {} for backend in registry.backends}}
    for path, parameter in registry.parameters.items():
        groups[registry.section_of(path) or "shared"][path] = _metadata(registry, parameter)
    return groups


def get_backend_params(backend: str) -> dict[str, Metadata]:
    """Return the metadata of a backend's own parameters by path.

    Raises:
        KeyError: when there is no such backend.
    """
    load_registry().backends[backend]
    return get_all_params()[backend]


def get_shared_params() -> dict[str, Metadata]:
    """Return the metadata of the parameters that every backend shares, by path."""
    return get_all_params()["shared"]


def list_all_param_paths() -> list[str]:
    """Return the path of every parameter."""
    return list(load_registry().parameters)


def get_backend_specific_params() -> dict[str, list[str]]:
    """Return the paths of each backend's own parameters."""
    groups = get_all_params()
    return {backend: list(groups[backend]) for backend in load_registry().backends}


def get_experiment_config_schema() -> dict[str, Any]:
    """Return the JSON Schema of experiments."""
    return experiment_schema(load_registry())


def get_param_test_values(path: str) -> list[Any]:
    """Return values worth testing: all of an enumeration, both booleans, a number's bounds and one between.

    Raises:
        KeyError: when there is no such parameter.
    """
    return test_values(load_registry().parameters[path])


def get_param_options(path: str) -> list[str] | None:
    """Return the values of an enumeration, or None for a parameter that is none.

    Raises:
        KeyError: when there is no such parameter.
    """
    return _options(load_registry().parameters[path])


def _metadata(registry: Registry, parameter: Parameter) -> Metadata:
    path = parameter.path
    return {
        "path": path,
        "name": path.rpartition(".")[2],
        "type_str": _TYPES.get(parameter.type, parameter.type),
        "default": parameter.default,
        "description": parameter.summary,
        "optional": is_nullable(parameter),
        "constraints": {
            short: value for name, short in _CONSTRAINTS.items() if (value := getattr(parameter, name)) is not None
        },
        "options": _options(parameter),
        "test_values": test_values(parameter),
        "backend_support": [
            backend
            for backend in registry.backends
            if registry.section_of(path) in ("", backend) and registry.reads(backend, path)
        ],
    }


def _options(parameter: Parameter) -> list[str] | None:
    return list(parameter.choices) if parameter.choices is not None else None


def test_values(parameter: Parameter) -> list[Any]:
    """Return values of a parameter that are worth testing."""
    if parameter.choices is not None:
        return list(parameter.choices)
    if parameter.type == "boolean":
        return [True, False]
    if parameter.type in ("integer", "number"):
        return _numbers(parameter)
    if parameter.type == "string":
        return list(dict.fromkeys([*(parameter.suggestions or {}), *parameter.examples])) or [_STRING]
    return list(parameter.examples)


def _numbers(parameter: Parameter) -> list[Any]:
    """Return a number's bounds, something between (or beside a lone bound), its default and its examples."""
    low, high = parameter.minimum, parameter.maximum
    bounds = [bound for bound in (low, high) if bound is not None]
    between: list[Any] = []
    if low is not None and high is not None:
        between = [(low + high) / 2 if parameter.type == "number" else (low + high) // 2]
    elif low is not None:
        between = [low * 2 or 1]
    default = [parameter.default] if parameter.default is not None else []
    found = sorted(dict.fromkeys([*bounds, *between, *default, *parameter.examples])) or [1]
    return [value for value in found if not any(problems(parameter, value))]


def get_mutual_exclusions() -> dict[str, list[str]]:
    """Return, for each parameter of an exclusion, what excludes it: paths, or `path=None|False` for values."""
    registry = load_registry()
    found: dict[str, list[str]] = {}
    for check in registry.checks:
        if isinstance(check.record, Exclusion):
            for path, others in _excluding(registry, check.record, check.backend).items():
                found[path] = list(dict.fromkeys([*found.get(path, []), *others]))
    return found


def _excluding(registry: Registry, record: Exclusion, backend: str) -> dict[str, list[str]]:
    def absolute(path: str) -> str:
        return f"{backend}.{path}" if f"{backend}.{path}" in registry.parameters else path

    mutually = [absolute(path) for path in record.mutually]
    if record.excluded_while is None:
        return {path: [other for other in mutually if other != path] for path in mutually}
    condition = parse_condition(record.excluded_while)
    while_ = [f"{absolute(condition.path)}={_values(condition)}"] if isinstance(condition, Test) else []
    return {absolute(path): while_ for path in record.parameters}


def _values(test: Test) -> str:
    matchers = test.matcher.matchers if isinstance(test.matcher, OneOf) else (test.matcher,)
    words = ["None" if isinstance(matcher, Unset) else str(getattr(matcher, "value", "")) for matcher in matchers]
    return "|".join(words)


def get_special_test_models() -> dict[str, str]:
    """Return, for each `path=value` that an ordinary model cannot show, a small public model that can."""
    return {
        f"{path}={value}": choice.test_model
        for path, parameter in load_registry().parameters.items()
        for value, choice in (parameter.choices or {}).items()
        if choice.test_model
    }


def get_params_requiring_gpu_capability(min_compute_capability: float = 8.0) -> list[str]:
    """Return the `path=value` that need a GPU, of a compute capability up to the given one."""
    return [
        key
        for skip in load_registry().skips
        if skip.needs.compute_capability is not None and skip.needs.compute_capability <= min_compute_capability
        for key in skip.keys
    ]


def get_param_skip_conditions() -> dict[str, str]:
    """Return, for each `path`, `path=value` or `path>value` that needs something of the machine, the reason."""
    registry = load_registry()
    return {key: skip.reason for skip in registry.skips for key in skip.keys}


def get_backend_capabilities() -> dict[str, dict[str, bool | str]]:
    """Return capability to backend to true, false or a short text."""
    registry = load_registry()
    return {
        name: {
            backend: (support.text or True) if (support := capability.support.get(backend)) else False
            for backend in registry.backends
        }
        for name, capability in registry.capabilities.items()
    }


def get_capability_matrix_markdown() -> str:
    """Return the capabilities of all backends as a Markdown table."""
    registry = load_registry()
    capabilities = get_backend_capabilities()
    names = [backend.name for backend in registry.backends.values()]
    rows = [["Feature", *names], ["---"] * (len(names) + 1)]
    for name, capability in registry.capabilities.items():
        rows.append([capability.name, *(_cell(value) for value in capabilities[name].values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def get_validation_rules() -> list[Mapping[str, str]]:
    """Return the combinations that are errors, each with its backend (or `all`), reason and resolution."""
    return [
        {
            "backend": check.backend or "all",
            "combination": check.title,
            "reason": check.reason,
            "resolution": check.resolution,
        }
        for check in load_registry().check_records().values()
        if check.severity == "error"
    ]
