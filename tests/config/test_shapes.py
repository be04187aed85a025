"""Verdicts by generated functions, held to evaluation."""

import copy
import pickle
from typing import Any

import pytest
from configurations import experiments
from hypothesis import given, settings
from hypothesis import strategies as st

from llem.config.classes import experiment_class
from llem.config.evaluation import evaluate
from llem.config.shapes import Shapes
from llem.registry import load_registry


REGISTRY = load_registry()
SHAPES = Shapes(REGISTRY, patience=0)
TRIES = 8
"""More than there are levels, even where all shapes have just been forgotten."""


def hold(data: dict[str, Any]) -> bool:
    """Compare the verdict of the shape with that of evaluation; return whether there is one."""
    findings = evaluate(REGISTRY, data)
    judged = next(filter(None, (SHAPES.judge(data) for _ in range(TRIES))), None)
    if judged is None:
        return False
    for made, diagnostics in (judged, SHAPES.judge(data) or (None, ())):
        assert sorted(map(repr, diagnostics)) == sorted(map(repr, findings.diagnostics))
        assert (made is not None) == findings.ok
        if made is not None:
            slow = experiment_class(REGISTRY).from_findings(data, findings)
            assert made == slow
            assert made.to_dict() == slow.to_dict()
            assert hash(made) == hash(slow)
            assert pickle.loads(pickle.dumps(made)) == slow
    return True


@settings(max_examples=1500, deadline=None)
@given(experiments() | experiments(wrong=True))
def test_the_verdict_is_that_of_evaluation(data: dict[str, Any]) -> None:
    """The same findings, and an equal configuration where there is no error; or evaluation has to look."""
    hold(data)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(experiments())
def test_there_is_a_verdict_wherever_values_are_ordinary(data: dict[str, Any]) -> None:
    """It is no use otherwise; nulls and retired choices are left to evaluation."""
    codes = {found.code for found in evaluate(REGISTRY, data).diagnostics}
    assert hold(data) or "deprecated" in codes or "None" in repr(data)


@settings(max_examples=500, deadline=None)
@given(experiments(wrong=True), st.data())
def test_keys_that_are_unknown_or_missing(data: dict[str, Any], drawn: st.DataObject) -> None:
    """What is to be said of a key is said of all configurations of a shape, but not of a field with a wrong value."""
    data = copy.deepcopy(data)  # values are those of the registry's examples
    parts = [data, *(value for value in data.values() if isinstance(value, dict))]
    part = drawn.draw(st.sampled_from(parts))
    if part and drawn.draw(st.booleans()):
        del part[drawn.draw(st.sampled_from(sorted(part)))]
    for name in drawn.draw(st.lists(st.sampled_from(["precison", "n", "temprature", 3, "x.y"]), max_size=2)):
        part[name] = drawn.draw(st.sampled_from([1, "a", None, {}]))
    hold(data)


@pytest.mark.parametrize(
    "data",
    [
        {"model": "embedded", "precison": "fp16"},
        {"n": 3},
        {"model": "embedded", "n": 0, "decoder": {"temprature": 1.0, "top_k": -1}},
        {"model": "embedded", "pytorch": {"load_in_4bit": True, "load_in_8bit": True, "x": 1}},
    ],
)
def test_what_is_rejected_for_its_keys(data: dict[str, Any]) -> None:
    """That takes no evaluation."""
    assert hold(data)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(list(REGISTRY.fields[""])) | st.text(max_size=3),
        st.integers() | st.none() | st.text(max_size=3) | st.lists(st.integers(), max_size=2) | st.just({}),
    )
)
def test_whatever_it_is_given(data: dict[str, Any]) -> None:
    """What is no experiment at all is left to evaluation too."""
    hold(data)


def test_a_shape_is_met_before_functions_are_made() -> None:
    """A single configuration is not worth them."""
    shapes = Shapes(REGISTRY)
    data = {"model": "embedded"}
    assert [shapes.judge(data) is None for _ in range(4)] == [True, True, False, False]


@pytest.mark.parametrize("preset", [None, *REGISTRY.presets])
def test_presets(preset: str | None) -> None:
    """A preset's values stand where nothing is written, and are no part of what was."""
    (section, path), *_ = REGISTRY.preset_parameters.items()
    data = {"model": "embedded", section: {path.rpartition(".")[2]: preset} if preset else {}}
    assert hold(data)
    made, _ = SHAPES.judge(data) or (None, ())
    assert made is not None
    for field, value in REGISTRY.presets[preset].values.items() if preset else ():
        assert getattr(getattr(made, section), field) == value
    assert made.to_dict() == data


def test_values_of_one_shape_are_told_apart() -> None:
    """Where a verdict is remembered, true is not 1, and a wrong value of one field is not another's."""
    for value in (1, True, 0, False, 1.0, "1", [1], {"a": 1}, 2**40, 10**30, float("nan")):
        for name in ("n", "random_seed"):
            assert hold({"model": "embedded", name: value}) or value in (1, 2**40)


def test_a_section_is_not_taken_for_a_value_of_the_same_name() -> None:
    """The shape that was met last is tried first."""
    path = next(path for path in REGISTRY.sections if path in REGISTRY.parameters)
    for value in ("embedded", {"n": 4, "input_len": 600}, "embedded", {}, {"n": 4, "input_len": 600}, 3, {"n": 0}):
        assert hold({"model": "embedded", path: value}) or value == {}


def test_a_list_that_is_changed_afterwards_changes_nothing() -> None:
    """What is written is kept as it was."""
    data = {"model": "embedded", "passthrough_kwargs": {"a": [1, 2]}}
    assert hold(data)
    made, _ = SHAPES.judge(data) or (None, ())
    assert made is not None
    data["passthrough_kwargs"]["a"].append(3)  # type: ignore[index]
    assert made.to_dict() == {"model": "embedded", "passthrough_kwargs": {"a": [1, 2]}}


def test_many_shapes_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept has a bound."""
    monkeypatch.setattr("llem.config.shapes._MOST", 3)
    shapes = Shapes(REGISTRY, patience=0)
    for name in ("n", "random_seed", "precision", "max_input_tokens", "max_output_tokens"):
        for _ in range(3):
            shapes.judge({"model": "embedded", name: "fp16" if name == "precision" else 3})
    assert shapes._count <= 3
