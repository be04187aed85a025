"""JSON Schema and evaluation give a condition one meaning."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llem.conditions import Condition, parse_condition
from llem.conditions.evaluate import holds
from llem.conditions.schema import Alternative, InexpressibleError, condition_schema, expressible
from llem.conditions.words import words


VALUES: list[Any] = [True, False, 0, 1, 2, 1.0, 1.5, 2.5, "a", "b", "ab", [], [1, "a"], [True]]
DEFAULTS = {"p": 1, "q": None, "s.r": "a"}
LIBRARY = {"p": None, "q": True, "s.r": None}
PATHS = list(DEFAULTS)


class Facts:
    """A configuration of three fields, one of them in a section, with defaults."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.written = {"p": document.get("p"), "q": document.get("q"), "s.r": document.get("s", {}).get("r")}

    def given(self, path: str) -> Any:
        value = self.written[path]
        return DEFAULTS[path] if value is None else value

    def effective(self, path: str) -> Any:
        value = self.given(path)
        return LIBRARY[path] if value is None else value

    def is_set(self, path: str) -> bool:
        return self.written[path] is not None


class Unwritten:
    def alternatives(self, path: str) -> list[Alternative]:
        effective = LIBRARY[path] if DEFAULTS[path] is None else DEFAULTS[path]
        return [Alternative(None, DEFAULTS[path], effective)]

    def null_is_value(self, path: str) -> bool:
        return False


def matchers() -> st.SearchStrategy[Any]:
    operators = st.one_of(
        st.builds(
            lambda name, bound: {name: bound}, st.sampled_from(["minimum", "exclusive_maximum"]), st.integers(0, 3)
        ),
        st.builds(lambda value: {"const": value}, st.sampled_from(VALUES)),
        st.builds(lambda value: {"pattern": value}, st.sampled_from(["a", "^b"])),
        st.builds(lambda value: {"type": value}, st.sampled_from(["boolean", "integer", "number", "string"])),
        st.builds(lambda value: {"multiple_of": value}, st.sampled_from([1, 2, 0.5])),
        st.builds(lambda value: {"set": value}, st.booleans()),
        st.builds(
            lambda value: {"contains": value}, st.sampled_from([1, "a", {"minimum": 1}, [True, "b"], {"not": 1}])
        ),
    )
    shorthand = [value for value in VALUES if value != []]  # an empty list is no matcher
    simple = st.one_of(st.none(), st.sampled_from(shorthand), operators)
    return st.one_of(
        simple,
        st.lists(simple, min_size=1, max_size=3),
        st.builds(lambda inner: {"not": inner}, simple),
    )


def conditions() -> st.SearchStrategy[Any]:
    tests = st.dictionaries(st.sampled_from(PATHS), matchers(), max_size=2)
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=2)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=2)),
            st.builds(lambda part: {"not": part}, inner),
        ),
        max_leaves=4,
    )


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    values = st.sampled_from([*VALUES, None])
    document = draw(st.dictionaries(st.sampled_from(["p", "q"]), values))
    if draw(st.booleans()):
        document["s"] = draw(st.dictionaries(st.just("r"), values))
    return document


def accepts(condition: Condition, document: dict[str, Any]) -> bool:
    schema = condition_schema(condition, Unwritten())
    return jsonschema.Draft7Validator(schema).is_valid(document)


@given(conditions(), documents())
def test_schema_accepts_exactly_where_the_condition_holds(data: Any, document: dict[str, Any]) -> None:
    """For every condition that compares no fields, the schema and the evaluator agree on every document."""
    condition = parse_condition(data)
    assert holds(condition, Facts(document)) == accepts(condition, document)


@given(conditions())
def test_every_condition_has_words(data: Any) -> None:
    """No condition is beyond English."""
    assert words(parse_condition(data))


@pytest.mark.parametrize("matcher", [{"parameter": "q"}, {"minimum": {"parameter": "q"}}])
def test_comparing_two_fields_cannot_be_said(matcher: Any) -> None:
    """JSON Schema has no words for it, and says so instead of guessing."""
    condition = parse_condition({"p": matcher})
    assert not expressible(condition)
    with pytest.raises(InexpressibleError):
        condition_schema(condition, Unwritten())
