"""The condition language: one syntax tree, parsed from YAML, and one module for each of its interpreters."""

from llem.conditions.syntax import Condition, ConditionError, parse_condition


__all__ = ["Condition", "ConditionError", "parse_condition"]
