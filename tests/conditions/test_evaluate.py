"""The meaning of conditions, as DESIGN gives it."""

from typing import Any

import pytest

from llem.conditions import parse_condition
from llem.conditions.evaluate import holds
from llem.conditions.syntax import ConditionError


class Given:
    """Facts where `written` wins over `default`, and that over `library`."""

    def __init__(self, written: dict[str, Any], default: dict[str, Any], library: dict[str, Any]) -> None:
        self.written, self.default, self.library = written, default, library

    def given(self, path: str) -> Any:
        value = self.written.get(path)
        return self.default.get(path) if value is None else value

    def effective(self, path: str) -> Any:
        value = self.given(path)
        return self.library.get(path) if value is None else value

    def is_set(self, path: str) -> bool:
        return self.written.get(path) is not None


FACTS = Given(
    {"n": 3, "x": 2.5, "flag": True, "name": "static", "map": {"a": 1}, "list": [1, 2], "null": None},
    {"with_default": 7, "null": 1},
    {"cache": True},
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"n": 3}, True),
        ({"n": 3.0}, True),
        ({"n": "3"}, False),
        ({"flag": True}, True),
        ({"flag": 1}, False),
        ({"n": True}, False),
        ({"n": [1, 2, 3]}, True),
        ({"n": 3, "name": "other"}, False),
        ({"missing": None}, True),
        ({"n": None}, False),
        ({"with_default": None}, False),
        ({"null": 1}, True),
        ({"cache": True}, True),
        ({"cache": None}, True),
        ({"cache": {"set": False}}, True),
        ({"with_default": {"set": True}}, False),
        ({"n": {"set": True}}, True),
        ({"n": {"minimum": 3, "exclusive_maximum": 4}}, True),
        ({"n": {"exclusive_minimum": 3}}, False),
        ({"missing": {"minimum": 0}}, False),
        ({"missing": {"not": {"minimum": 0}}}, True),
        ({"not": {"missing": {"minimum": 0}}}, True),
        ({"name": {"minimum": 0}}, False),
        ({"flag": {"minimum": 0}}, False),
        ({"n": {"multiple_of": 1.5}}, True),
        ({"n": {"multiple_of": 2}}, False),
        ({"n": {"maximum": {"parameter": "x"}}}, False),
        ({"x": {"maximum": {"parameter": "n"}}}, True),
        ({"x": {"maximum": {"parameter": "missing"}}}, False),
        ({"n": {"parameter": "n"}}, True),
        ({"missing": {"parameter": "missing"}}, False),
        ({"name": {"pattern": "^stat"}}, True),
        ({"n": {"pattern": "3"}}, False),
        ({"n": {"type": "integer"}}, True),
        ({"n": {"type": "number"}}, True),
        ({"flag": {"type": "integer"}}, False),
        ({"map": {"type": "mapping"}}, True),
        ({"list": {"const": [1, 2]}}, True),
        ({"map": {"has_any_key": ["b", "a"]}}, True),
        ({"n": {"has_any_key": ["a"]}}, False),
        ({"list": {"contains": 2}}, True),
        ({"list": {"contains": {"parameter": "n"}}}, False),
        ({"list": {"contains": {"minimum": 3}}}, False),
        ({"n": {"contains": 3}}, False),
        ({"any": [{"n": 1}, {"n": 3}]}, True),
        ({"all": [{"n": 1}, {"n": 3}]}, False),
        ({"not": {"n": 1}}, True),
    ],
)
def test_meaning(condition: dict[str, Any], expected: bool) -> None:
    """Comparisons with null are false, booleans are no integers, an integer may stand for a number."""
    assert expected is holds(parse_condition(condition), FACTS)


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ("n", ()),
        ([{"n": 1}], ()),
        ({"any": []}, ("any",)),
        ({"any": {"n": 1}}, ("any",)),
        ({"not": 3}, ("not",)),
        ({3: 1}, (3,)),
        ({"n": []}, ("n",)),
        ({"n": {}}, ("n",)),
        ({"n": {"minimun": 1}}, ("n", "minimun")),
        ({"n": {"minimum": "1"}}, ("n", "minimum")),
        ({"n": {"minimum": True}}, ("n", "minimum")),
        ({"n": {"multiple_of": 0}}, ("n", "multiple_of")),
        ({"n": {"pattern": "("}}, ("n", "pattern")),
        ({"n": {"type": "int"}}, ("n", "type")),
        ({"n": {"set": 1}}, ("n", "set")),
        ({"n": {"enum": []}}, ("n", "enum")),
        ({"n": {"const": {"parameter": 3}}}, ("n", "const")),
        ({"n": {"has_any_key": []}}, ("n", "has_any_key")),
        ({"n": {"contains": {"set": True}}}, ("n", "contains")),
        ({"all": [{"n": 1}, {"n": {"typ": 1}}]}, ("all", 1, "n", "typ")),
    ],
)
def test_no_condition(condition: object, pointer: tuple[str | int, ...]) -> None:
    """What is no condition is refused with a pointer to the fault."""
    with pytest.raises(ConditionError) as caught:
        parse_condition(condition)
    assert pointer == caught.value.pointer
