"""The arguments that a library's class or function takes, read from its signature and source."""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any


_TAKING = ("pop", "get", "setdefault")


def arguments_of(symbol: str) -> dict[str, Any]:
    """Return the arguments of a class or function by name, each with its default; those taken from `**kwargs` too.

    Raises:
        ImportError: when the package is not installed.
        AttributeError: when the package has no such symbol.
    """
    found = _resolve(symbol)
    function = found.__init__ if inspect.isclass(found) else found
    function = inspect.unwrap(getattr(function, "__func__", function))
    named = {
        name: None if parameter.default is inspect.Parameter.empty else parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        and name not in ("self", "cls")
    }
    return {**dict(_taken_from_kwargs(function)), **named}


def _resolve(symbol: str) -> Any:
    package, *attributes = symbol.split(".")
    found: Any = importlib.import_module(package)
    for attribute in attributes:
        found = getattr(found, attribute)
    return found


def _taken_from_kwargs(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a function takes out of its keyword arguments by name."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="kwargs"), attr=method),
                args=[ast.Constant(value=str(name)), *defaults],
            ) if method in _TAKING:
                default = defaults[0] if defaults else None
                yield name, default.value if isinstance(default, ast.Constant) else None


def is_public(name: str) -> bool:
    """Return whether an argument is meant for callers."""
    return not name.startswith("_")
