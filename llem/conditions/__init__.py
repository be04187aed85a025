"""The condition language: one syntax tree, parsed from YAML, and one module for each of its interpreters."""

from typing import TYPE_CHECKING

from llem.lazy import lazily


if TYPE_CHECKING:
    from llem.conditions.syntax import Condition, ConditionError, parse_condition


__all__ = ["Condition", "ConditionError", "parse_condition"]

__getattr__ = lazily(__name__, {"llem.conditions.syntax": ("Condition", "ConditionError", "parse_condition")})
