"""Rows of a table have the verdicts that the same configurations have one by one."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from configurations import experiments
from hypothesis import given, settings
from hypothesis import strategies as st

import llem
from llem.config.evaluation import evaluate
from llem.diagnostics import Severity
from llem.registry import load_registry
from llem.registry.facts import flatten, nest
from llem.validation import find_environment


REGISTRY = load_registry()


def rows_of(data: dict[str, Any]) -> dict[str, Any]:
    """Return an experiment's values by path, without sections and nulls."""
    flat = flatten(REGISTRY, data)
    return {
        path: value
        for path, value in flat.items()
        if value is not None and not (path in REGISTRY.sections and isinstance(value, dict))
    }


@given(
    st.lists(st.one_of(experiments(), experiments(wrong=True)), min_size=1, max_size=6),
    st.sampled_from([None, "a100-40gb"]),
    st.sampled_from([None, "4.56.2", "5.5.4"]),
)
@settings(max_examples=400)
def test_rows_are_judged_as_configurations_are(
    drawn: list[dict[str, Any]], profile: str | None, version: str | None
) -> None:
    rows = [row for row in map(rows_of, drawn) if set(row) <= set(REGISTRY.parameters)]
    paths = dict.fromkeys(path for row in rows for path in row)
    environment = find_environment(REGISTRY, profile, {"transformers": version} if version else None)
    verdicts = llem.validate_many({path: [row.get(path) for row in rows] for path in paths}, environment)
    assert len(verdicts) == (len(rows) if paths else 0)
    for number, row in enumerate(rows if paths else []):
        findings = evaluate(REGISTRY, nest(REGISTRY, row), environment=environment)
        expected = {found.code for found in findings.diagnostics if found.severity is Severity.ERROR}
        assert set(verdicts.codes(number)) == expected
        assert verdicts.ok[number] == (not expected)


def test_an_example() -> None:
    verdicts = llem.validate_many(
        {
            "model": ["m", "m", "m", None],
            "pytorch.load_in_4bit": [True, True, None, None],
            "pytorch.load_in_8bit": [True, None, None, None],
            "pytorch.num_beams": [1, 4, 0, None],
        }
    )
    assert verdicts.ok.tolist() == [False, True, False, False]
    assert [verdicts.codes(row) for row in range(4)] == [
        ("pytorch.one-bitsandbytes-width",),
        (),
        ("out-of-range",),
        ("missing-key",),
    ]
    assert verdicts.rows["out-of-range"].tolist() == [False, False, True, False]


class FromArrow:
    """A column that offers nothing but Arrow's interface, as those of other libraries do."""

    def __init__(self, series: pl.Series) -> None:
        self._series = series

    def __len__(self) -> int:
        return len(self._series)

    def __arrow_c_stream__(self, schema: object = None) -> object:
        return self._series.__arrow_c_stream__(schema)


TEXTS = [None, "fp16", "bf16", "fp16", "float16", "fp32"]
COUNTS = [None, 1, 4, 0, -3, 2**31]
SHARES = [None, 0.5, 1.0, 1.5, -0.1, 0.0]
SWITCHES = [None, True, False, True, None, False]
TABLE = {
    "model": ["m"] * 6,
    "precision": TEXTS,
    "n": COUNTS,
    "decoder.top_p": SHARES,
    "pytorch.use_cache": SWITCHES,
}


@pytest.mark.parametrize(
    "table",
    [
        pl.DataFrame(TABLE),
        pl.DataFrame(TABLE).with_columns(pl.col("precision").cast(pl.Categorical), pl.col("n").cast(pl.Float32)),
        pl.DataFrame(TABLE).with_columns(pl.col("precision").cast(pl.Enum(["x", *filter(None, dict.fromkeys(TEXTS))]))),
        {name: FromArrow(pl.Series(values)) for name, values in TABLE.items()},
        {name: tuple(values) for name, values in TABLE.items()},
        {name: np.array(values, dtype=object) for name, values in TABLE.items()},
        {**TABLE, "n": [None, 1, 4.0, 0, -3, 2**31]},
        {**TABLE, "decoder.top_p": [None, 0.5, 1, 1.5, -0.1, 0]},
    ],
)
def test_frames_and_arrays(table: Any) -> None:
    """Whatever a table is made of, its rows have the verdicts that the configurations have."""
    verdicts = llem.validate_many(table)
    for number in range(6):
        row = {path: values[number] for path, values in TABLE.items() if values[number] is not None}
        findings = evaluate(REGISTRY, nest(REGISTRY, row)).diagnostics
        expected = {found.code for found in findings if found.severity is Severity.ERROR}
        assert set(verdicts.codes(number)) == expected


@pytest.mark.parametrize(
    ("path", "values", "expected"),
    [
        ("n", np.array([1, 0, 2]), [True, False, True]),
        ("n", np.array([1.0, 1.5, 2.0], dtype=np.float32), [True, False, True]),
        ("n", np.array([1, 2**64 - 1, 2**53 + 1], dtype=np.uint64), [True, False, True]),
        ("n", [1, 2**70, None], [True, False, True]),
        ("n", np.array([True, False, True]), [False, False, False]),
        ("n", pl.Series([None, None, None]), [True, True, True]),
        ("n", pl.Series([None, None, None], dtype=pl.Int64), [True, True, True]),
        ("n", pl.Series(["1", "2", None]), [False, False, True]),
        ("n", pl.Series([[1], [2], [3]]), [False, False, False]),
        ("decoder.temperature", np.array([0.5, np.nan, np.inf]), [True, False, False]),
        ("decoder.temperature", pl.Series([0.5, None, float("nan")]), [True, True, False]),
        ("decoder.temperature", pl.Series([1, 2, 3]), [True, True, False]),
        ("precision", np.array(["fp16", "bf16", "half"]), [True, True, False]),
        ("precision", pl.Series([*["fp16"] * 2000, "half", None]), [*[True] * 2000, False, True]),
        ("pytorch.max_memory", [{"0": "8GiB"}, {}, 3], [True, True, False]),
    ],
)
def test_columns_of_each_kind(path: str, values: Any, expected: list[bool]) -> None:
    verdicts = llem.validate_many({"model": ["m"] * len(values), path: values})
    assert verdicts.ok.tolist() == expected


def test_nothing_at_all() -> None:
    assert llem.validate_many(pl.DataFrame({"model": []}, schema={"model": pl.String})).ok.tolist() == []
    assert llem.validate_many(pl.DataFrame({"model": [None]}, schema={"model": pl.String})).codes(0) == ("missing-key",)


def test_the_columns_of_a_grid() -> None:
    grid = llem.expand({"base": {"model": "m"}, "sweep": {"pytorch.num_beams": [1, 2], "precision": ["fp16", "bf16"]}})
    assert llem.validate_many({"model": ["m"] * 4, **grid.columns()}).ok.all()


def test_tables_that_are_none() -> None:
    with pytest.raises(llem.ValidationError, match=r'Did you mean "pytorch\.num_beams"'):
        llem.validate_many({"model": ["m"], "pytorch.num_beam": [1]})
    with pytest.raises(llem.ValidationError, match="differ in length: 1, 2"):
        llem.validate_many({"model": ["m"], "n": [1, 2]})
    assert len(llem.validate_many({})) == 0
