"""Type stubs of the generated classes, so that editors and type checkers know every field."""

from collections.abc import Iterator

from llem.config.classes import BACKEND_CONFIGS, EXPERIMENT, MODELS, classes
from llem.registry.model import Registry
from llem.registry.records import TypeSpec
from llem.registry.values import is_nullable


_PYTHON = {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}
_HEAD = '''"""Generated from the registry by `llem registry build`; do not edit."""

from collections.abc import Mapping
from typing import Any, Literal

from llem.config.classes import Configuration
'''


def stub(registry: Registry, module: str) -> str:
    """Return the stub of a module: llem.config.models or llem.config.backend_configs."""
    sections = {EXPERIMENT: "", **{section.class_name: path for path, section in registry.sections.items()}}
    names = [name for name, cls in classes(registry).items() if cls.__module__ == module]
    head = _HEAD
    if module == MODELS:
        backends = sorted(registry.sections[path].class_name for path in registry.backends)
        head += f"from {BACKEND_CONFIGS} import {', '.join(backends)}\n"
    bodies = ["\n".join(_class(registry, name, sections[name])) for name in sorted(names)]
    return head + "\n" + "\n\n".join(bodies) + "\n"


def _class(registry: Registry, name: str, section: str) -> Iterator[str]:
    yield f"class {name}(Configuration):"
    fields = registry.fields[section]
    for field, path in fields.items():
        yield f"    {field}: {_annotation(registry, path)}"
    yield "    def __init__("
    yield "        self,"
    yield "        *,"
    for field, path in fields.items():
        parameter = registry.parameters.get(path)
        default = "" if parameter is not None and parameter.required else " = ..."
        yield f"        {field}: {_argument(registry, path)}{default},"
    yield "    ) -> None: ..."
    for path in registry.definitions:
        if path.rpartition(".")[0] == section:
            yield "    @property"
            yield f"    def {path.rpartition('.')[2]}(self) -> bool: ..."


def _annotation(registry: Registry, path: str) -> str:
    parameter, section = registry.parameters.get(path), registry.sections.get(path)
    parts = [section.class_name] if section is not None else []
    if parameter is not None:
        parts.append(_python(parameter))
    if (parameter is not None and is_nullable(parameter)) or (parameter is None and section and section.nullable):
        parts.append("None")
    return " | ".join(parts)


def _argument(registry: Registry, path: str) -> str:
    mapping = " | Mapping[str, Any]" if path in registry.sections else ""
    return _annotation(registry, path) + mapping


def _python(spec: TypeSpec) -> str:
    """Return the annotation of a type's normalised values."""
    if spec.type == "enum":
        return f"Literal[{', '.join(repr(choice) for choice in spec.choices or {})}]".replace("'", '"')
    if spec.type == "union":
        return " | ".join(dict.fromkeys(_python(part) for part in spec.any_of))
    if spec.type == "mapping":
        key = _python(spec.keys) if spec.keys else "str"
        return f"Mapping[{key}, {_python(spec.values) if spec.values else 'Any'}]"
    if spec.type == "list":
        return f"tuple[{_python(spec.items) if spec.items else 'Any'}, ...]"
    return _PYTHON[spec.type]
