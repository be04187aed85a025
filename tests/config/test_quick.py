"""The quick way through evaluation, held to evaluation."""

import pickle
from typing import Any

from configurations import experiments
from hypothesis import given, settings
from hypothesis import strategies as st

from llem.config.classes import experiment_class
from llem.config.evaluation import evaluate
from llem.config.quick import quick_path
from llem.registry import load_registry


REGISTRY = load_registry()


def hold(data: Any) -> bool:
    """Compare the quick way with evaluation; return whether it was taken wherever it could be."""
    findings = evaluate(REGISTRY, data)
    made = quick_path(REGISTRY).accept(data)
    if made is not None:
        assert not findings.diagnostics
        slow = experiment_class(REGISTRY).from_findings(data, findings)
        assert made == slow
        assert made.to_dict() == slow.to_dict()
        assert hash(made) == hash(slow)
        assert repr(made) == repr(slow)
        assert pickle.loads(pickle.dumps(made)) == slow
    return made is not None or bool(findings.diagnostics)


@settings(max_examples=1500, deadline=None)
@given(experiments() | experiments(wrong=True))
def test_it_accepts_what_evaluation_finds_nothing_in(data: dict[str, Any]) -> None:
    """Everything else is left to evaluation, and the configurations are equal."""
    hold(data)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(experiments())
def test_it_is_taken_where_nothing_is_to_be_said(data: dict[str, Any]) -> None:
    """It is no use otherwise; only unusual ways to write a value, as 2.0 for an integer, are left to evaluation."""
    assert hold(data)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(list(REGISTRY.fields[""])) | st.text(max_size=3),
        st.integers() | st.none() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    )
)
def test_whatever_it_is_given(data: dict[str, Any]) -> None:
    """What is no experiment at all is left to evaluation too."""
    hold(data)


def test_presets_and_nulls() -> None:
    """A preset's values stand where nothing is written, and null where it is a value."""
    (section, path), *_ = REGISTRY.preset_parameters.items()
    name = next(name for name, preset in REGISTRY.presets.items() if preset.section == section)
    assert hold({"model": "embedded", section: {path.rpartition(".")[2]: name}})
    made = quick_path(REGISTRY).accept({"model": "embedded", section: {path.rpartition(".")[2]: name}})
    assert all(
        getattr(getattr(made, section), field) == value for field, value in REGISTRY.presets[name].values.items()
    )


def test_a_list_that_is_changed_afterwards_changes_nothing() -> None:
    """What is written is kept as it was."""
    devices = {"model": "embedded", "passthrough_kwargs": {"a": [1, 2]}}
    made = quick_path(REGISTRY).accept(devices)
    assert made is not None
    devices["passthrough_kwargs"]["a"].append(3)  # type: ignore[index]
    assert made.to_dict() == {"model": "embedded", "passthrough_kwargs": {"a": [1, 2]}}
