"""Makes the functions for configurations of one shape, out of one that has it.

For two fields and a rule that is left, the function that accepts reads:

    value = data["n"]
    ...
    if not (value.__class__ is int and 1 <= value <= 1073741823 and ... and not (other is True and value > 4)):
        return None
    made = new(ExperimentConfig)
    fill(made, data.copy())
    return made
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any, Literal

from llem.conditions import Condition, syntax
from llem.conditions.generate import Expressions, call, function, has_class, joined, load, negated
from llem.config.classes import EXPERIMENT, SAID, classes
from llem.config.judge import Judge
from llem.config.ordinary import NAMES, check_of, form_variable, is_ordinary, normal_form
from llem.config.shape import Field, Shape, Steps, at
from llem.registry.facts import ConfigurationFacts
from llem.registry.model import Registry
from llem.registry.records import Parameter


class UnfitError(Exception):
    """Configurations of a shape always have something unusual."""


class Maker:
    """Makes the functions of one shape out of a configuration that has it."""

    def __init__(self, registry: Registry, data: dict[str, Any]) -> None:
        self._registry = registry
        self._data = data
        self._fields: list[Field] = []
        self._known: dict[str, Any] = {}
        self._reading: list[ast.stmt] = []
        self._making: list[ast.stmt] = []
        self._names: dict[str, Any] = {**NAMES, "new": object.__new__}
        self._judge = Judge(registry, None)
        self._read("", "data", ())

    def shape(self) -> Shape:
        """Return the shape."""
        backend = self._known.get(self._registry.selector, self._registry.parameters[self._registry.selector].default)
        self._judge.written.update({field.path: True for field in self._fields})  # as much as is known of them
        self._judge.unsupported(backend)
        self._judge.deprecations(None)
        variables = {field.path: form_variable(field.parameter, field.variable) for field in self._fields}
        expressions = Expressions(
            variables,
            ConfigurationFacts(self._registry, self._known),
            frozenset(field.variable for field in self._fields if field.parameter.type in ("integer", "number")),
        )
        left = [
            (item, expression)
            for item in self._registry.judged_for(backend)
            if not _is_false(expression := expressions.of(self._checked(item.condition)))
        ]
        names = expressions.names | self._names
        tests = joined(ast.And(), [is_ordinary(field.parameter, field.variable, names) for field in self._fields])
        normals: list[ast.expr] = [
            ast.IfExp(
                is_ordinary(field.parameter, field.variable, names),
                normal_form(field.parameter, field.variable) or load(field.variable),
                ast.Constant(None),
            )
            for field in self._fields
        ]
        different = {ast.dump(expression): negated(expression) for _, expression in left}
        always = tuple(self._judge.diagnostics)
        nothing_to_say = ast.Constant(value=False) if always else joined(ast.And(), [tests, *different.values()])
        return Shape(
            accept=function(["data"], self._body(nothing_to_say), names),
            make=_Function(["data"], self._body(tests), names),
            registry=self._registry,
            read=_Function(["data"], [*self._reading, ast.Return(ast.Tuple(normals, ast.Load()))], names),
            fields=tuple(self._fields),
            known=self._known,
            always=always,
            missing=tuple(self._judge.invalid),
            left=tuple((item, _Function([*variables.values()], expression, names)) for item, expression in left),
            all_holding=_Function(
                [*variables.values()], ast.Tuple([expression for _, expression in left], ast.Load()), names
            ),
            places=tuple(
                tuple(place for place, field in enumerate(self._fields) if field.path in item.paths) for item, _ in left
            ),
        )

    def _body(self, test: ast.expr) -> list[ast.stmt]:
        return [*self._reading, _return_unless(test, None), *self._making, ast.Return(load("made_data"))]

    def _read(self, section: str, variable: str, steps: Steps) -> None:
        """Write the statements that read a section, and those that make its object."""
        data = at(self._data, steps)
        self._judge.missing(section, data)
        has_size = ast.Compare(call("len", load(variable)), [ast.Eq()], [ast.Constant(len(data))])
        self._reading.append(_return_unless(joined(ast.And(), [has_class(variable, "dict"), has_size]), False))
        changed: dict[str, ast.expr] = {}
        for number, (name, value) in enumerate(data.items()):
            path = self._registry.fields[section].get(name, "")
            parameter = self._registry.parameters.get(path)
            target = f"{variable}_{number}"
            place = ast.Subscript(load(variable), ast.Constant(name), ast.Load())
            self._reading.append(_assignment(target, place))
            if path in self._registry.sections and value.__class__ is dict:
                self._known[path] = dict.fromkeys(value, True)
                self._read(path, target, (*steps, name))
                changed[name] = load(f"made_{target}")
            elif not path:
                self._judge.unknown_key(section, name)
            elif parameter is None:
                raise UnfitError
            elif path in self._registry.sections:  # it may be a section, too
                self._reading.append(_return_unless(negated(has_class(target, "dict")), False))
                self._add_field(parameter, target, (*steps, name), changed)
            elif path in self._registry.deciding:
                if check_of(parameter)(value) is None:
                    raise UnfitError
                self._known[path] = value
                is_this = ast.Compare(load(target), [ast.Eq()], [ast.Constant(value)])
                self._reading.append(_return_unless(is_this, False))
            else:
                self._add_field(parameter, target, (*steps, name), changed)
        self._make(section, variable, changed, data)

    def _add_field(self, parameter: Parameter, variable: str, steps: Steps, changed: dict[str, ast.expr]) -> None:
        self._fields.append(Field(parameter.path, parameter, variable, steps))
        form = normal_form(parameter, variable)
        if form is not None:
            changed[steps[-1]] = form

    def _make(self, section: str, variable: str, changed: dict[str, ast.expr], data: dict[str, Any]) -> None:
        """Write the statements that make a section's object: the values as they are written, and those `changed`."""
        record = self._registry.sections.get(section)
        preset = self._registry.presets.get(self._known.get(self._registry.preset_parameters.get(section, ""), ""))
        if preset is not None and preset.section == section:
            given = {name: ast.Constant(value) for name, value in preset.values.items() if name not in data}
            self._names[f"said_{variable}"] = tuple(data)
            changed = {**changed, **given, SAID: load(f"said_{variable}")}
        cls = classes(self._registry)[record.class_name if record else EXPERIMENT]
        self._names[f"class_{variable}"] = cls
        self._names[f"fill_{variable}"] = cls.__dict__["__dict__"].__set__
        made, fields = f"made_{variable}", f"fields_{variable}"
        self._making += [
            _assignment(made, call("new", load(f"class_{variable}"))),
            _assignment(fields, call(ast.Attribute(load(variable), "copy", ast.Load()))),
            *(
                ast.Assign([ast.Subscript(load(fields), ast.Constant(name), ast.Store())], value)
                for name, value in changed.items()
            ),
            ast.Expr(call(f"fill_{variable}", load(made), load(fields))),
        ]

    def _checked(self, condition: Condition) -> Condition:
        """Return a condition. Of a section that is written, the keys are known, and that it is a mapping.

        Raises:
            UnfitError: when the condition compares it with another one.
        """
        for test in syntax.tests_of(condition):
            if test.path in self._registry.sections and test.path in self._known:
                parts = [part for part in syntax.matchers_of(test.matcher) if isinstance(part, syntax.Equals)]
                if any(isinstance(part.value, Mapping | syntax.Reference) for part in parts):
                    raise UnfitError
        return condition


class _Function:
    """A generated function, made when it is first called."""

    def __init__(self, parameters: list[str], body: ast.expr | list[ast.stmt], names: Mapping[str, Any]) -> None:
        self._parts = parameters, body, names
        self._made: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Return what the function returns."""
        if self._made is None:
            self._made = function(*self._parts)
        return self._made(*arguments)


def _assignment(variable: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(variable, ast.Store())], value)


def _is_false(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and not expression.value


def _return_unless(test: ast.expr, value: Literal[False] | None) -> ast.stmt:
    return ast.If(negated(test), [ast.Return(ast.Constant(value))], [])
