"""Tables as columns: mappings, and frames of pandas, polars and Arrow, without an object of Python for each value."""

import contextlib
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, cast

import numpy as np
import polars as pl

from llem.conditions.columns import EXACT, Column, Numbers
from llem.registry.values import key_of


_OF_LISTS: dict[type, Any] = {str: pl.String, bool: pl.Boolean, int: pl.Int64, float: pl.Float64}
"""What lists are as series, if all values are of one type, or None."""

_FIRST = 1000
"""Rows in which the different texts are looked for first."""


def columns_of(table: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names of a table's columns, and the columns as the table has them."""
    names = table if isinstance(table, Mapping) else getattr(table, "column_names", None) or table.columns
    for name in names:
        yield str(name), table[name]


def read_column(values: Any) -> Column | Numbers:
    """Return the values of a column: as numbers where all are of one type, finite, and exact as floats."""
    if hasattr(values, "isna"):  # pandas
        return _of_list(values.astype(object).where(values.notna(), None).tolist())
    if isinstance(values, pl.Series):
        return _of_series(values)
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        return _of_series(pl.Series(values))
    if isinstance(values, np.ndarray):
        return _of_series(pl.Series(values)) if values.dtype.kind in "biuf" else _of_list(values.tolist())
    return _of_list(list(values))


def _of_list(values: list[Any]) -> Column | Numbers:
    kinds = set(map(type, values)) - {NoneType}
    if len(kinds) == 1 and (kind := kinds.pop()) in _OF_LISTS:
        with contextlib.suppress(TypeError, OverflowError):  # an integer of more than 64 bits
            return _of_series(pl.Series(values, dtype=_OF_LISTS[kind]))
    return Column.of(values, key_of)


def _of_series(series: pl.Series) -> Column | Numbers:
    if series.dtype.is_integer() or (series.dtype.is_float() and not series.is_nan().any()):
        low, high = cast("tuple[float | None, float | None]", (series.min(), series.max()))
        if low is None or high is None:
            return Column.constant(None)
        if low >= -EXACT and high <= EXACT:
            numbers = series.cast(pl.Float64).to_numpy()
            kind = int if series.dtype.is_integer() else float
            return Numbers(numbers, kind, low, high, has_gaps=series.has_nulls())
    if series.dtype == pl.Boolean:
        return _of_codes(series.cast(pl.UInt8), [False, True])
    if series.dtype == pl.Categorical:
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        if len(series) and not series.has_nulls() and (series == series[0]).all():
            return Column.constant(series[0])
        series = _as_enum(series)
    if isinstance(series.dtype, pl.Enum):
        return _of_codes(series.to_physical(), series.dtype.categories.to_list())
    return Column.of(series.to_list(), key_of)


def _as_enum(texts: pl.Series) -> pl.Series:
    """Return texts as codes of the different ones; those that come first are often all."""
    found = texts.cast(pl.Enum(texts[:_FIRST].drop_nulls().unique()), strict=False)
    if found.null_count() > texts.null_count():
        found = texts.cast(pl.Enum(texts.drop_nulls().unique()))
    return found


def _of_codes(codes: pl.Series, values: list[Any]) -> Column:
    kind = pl.UInt8 if len(values) < 2**8 else pl.UInt32
    if codes.has_nulls():
        codes = codes.cast(kind).fill_null(len(values))
        values = [*values, None]
    return Column(codes.cast(kind).to_numpy(), values)
