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


def test_frames_and_arrays() -> None:
    """A frame of polars, arrays and lists are the same table; so is what a grid's columns give."""
    table = {"model": ["m"] * 3, "pytorch.num_beams": [1, None, 0]}
    expected = [True, True, False]
    assert llem.validate_many(table).ok.tolist() == expected
    assert llem.validate_many(pl.DataFrame(table)).ok.tolist() == expected
    arrays = {"model": np.array(["m"] * 3), "pytorch.num_beams": np.array([1, 2, 0])}
    assert llem.validate_many(arrays).ok.tolist() == expected
    grid = llem.expand({"base": {"model": "m"}, "sweep": {"pytorch.num_beams": [1, 2], "precision": ["fp16", "bf16"]}})
    assert llem.validate_many({"model": ["m"] * 4, **grid.columns()}).ok.all()


def test_tables_that_are_none() -> None:
    with pytest.raises(llem.ValidationError, match=r'Did you mean "pytorch\.num_beams"'):
        llem.validate_many({"model": ["m"], "pytorch.num_beam": [1]})
    with pytest.raises(llem.ValidationError, match="differ in length: 1, 2"):
        llem.validate_many({"model": ["m"], "n": [1, 2]})
    assert len(llem.validate_many({})) == 0
