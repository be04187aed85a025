"""Conditions in English, written out: a reader should find nothing odd in the right column."""

from typing import Any

import pytest

from llem.conditions import parse_condition
from llem.conditions.words import words


@pytest.mark.parametrize(
    ("condition", "english"),
    [
        ({}, "always"),
        ({"a.b": True}, "a.b is true"),
        ({"a": None}, "a is unset"),
        ({"a": [None, False]}, "a is unset or false"),
        ({"a": ["x", "y", "z"]}, "a is x, y or z"),
        ({"a": {"set": True}}, "a is written"),
        ({"a": {"not": {"set": True}}}, "a is not written"),
        ({"a": {"minimum": 1, "maximum": 2}}, "a is at least 1 and is at most 2"),
        ({"a": {"exclusive_minimum": {"parameter": "b"}}}, "a is above b"),
        ({"a": {"not": [0, 1]}}, "a is not 0 or 1"),
        ({"a": {"type": "integer"}}, "a is an integer"),
        ({"a": {"pattern": "x$"}}, "a matches /x$/"),
        ({"a": {"contains": 8}}, "a has an item that is 8"),
        ({"a": {"multiple_of": 8}}, "a is a multiple of 8"),
        ({"a": 1, "b": 2}, "a is 1 and b is 2"),
        ({"any": [{"a": 1, "b": 2}, {"c": 3}]}, "(a is 1 and b is 2) or c is 3"),
        ({"not": {"a": 1}}, "not (a is 1)"),
        ({"a": {"has_any_key": {"fields_of": ""}}}, "a has a key that is a field of the experiment"),
    ],
)
def test_english(condition: dict[str, Any], english: str) -> None:
    """Every operator has a phrase, and groups are bracketed where and/or would be misread."""
    assert english == words(parse_condition(condition))
