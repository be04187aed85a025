"""`--fix` changes values and nothing else."""

from typing import Any

import pytest
from configurations import experiments
from hypothesis import given, settings

from llem.config.evaluation import evaluate
from llem.config.fix import apply_fix, fix_document
from llem.registry import load_registry
from llem.registry.reading import read_text


REGISTRY = load_registry()


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        (
            "model: embedded  # tiny\npytorch:\n  # four bits\n  bnb_4bit_quant_type: nf4\n",
            "model: embedded  # tiny\npytorch:\n  # four bits\n  load_in_4bit: true\n  bnb_4bit_quant_type: nf4\n",
        ),
        (
            "model: embedded\npytorch: {bnb_4bit_quant_type: nf4}\n",
            "model: embedded\npytorch: {load_in_4bit: true, bnb_4bit_quant_type: nf4}\n",
        ),
        (
            "model: embedded\npytorch: {load_in_4bit: false, bnb_4bit_quant_type: nf4}\n",
            "model: embedded\npytorch: {load_in_4bit: true, bnb_4bit_quant_type: nf4}\n",
        ),
        (
            "model: embedded\ndecoder:\n  do_sample: false\n  temperature: 0.7 # warm\n  # kept\n  top_k: 50\n",
            "model: embedded\ndecoder:\n  do_sample: false\n  # kept\n  top_k: 50\n",
        ),
        (
            "model: embedded\ndecoder: {do_sample: false, temperature: 0.7}",
            "model: embedded\ndecoder: {do_sample: false}",
        ),
        (
            "model: embedded\ndecoder: {temperature: 0.7, do_sample: false}\n",
            "model: embedded\ndecoder: {do_sample: false}\n",
        ),
        ("n: 4\nmodel: embedded\ndataset: {n: 3}", "model: embedded\ndataset: {n: 3}"),
    ],
)
def test_fixed_text(text: str, fixed: str) -> None:
    """Layout and comments stay; a removed line takes its own comment along."""
    assert fix_document(REGISTRY, read_text(text, "a.yaml")).text == fixed


def test_json_stays_json() -> None:
    text = '{"model": "embedded", "pytorch": {"bnb_4bit_quant_type": "nf4"}}'
    assert fix_document(REGISTRY, read_text(text, "a.json")).text == (
        '{"model": "embedded", "pytorch": {"load_in_4bit": true, "bnb_4bit_quant_type": "nf4"}}'
    )


def test_removing_the_last_field_removes_the_section() -> None:
    document = read_text("model: embedded\ndecoder: {temperature: 0.7}\nn: 3\n", "a.yaml")
    changed = apply_fix(document, {"decoder.temperature": None})
    assert changed is not None
    assert changed.text == "model: embedded\nn: 3\n"


def test_a_new_section_is_written() -> None:
    document = read_text("model: embedded\n", "a.yaml")
    changed = apply_fix(document, {"pytorch.batch_size": 1})
    assert changed is not None
    assert changed.data == {"model": "embedded", "pytorch": {"batch_size": 1}}


def to_yaml(data: Any) -> str:
    import io

    from ruamel.yaml import YAML

    stream = io.StringIO()
    YAML().dump(data, stream)
    return stream.getvalue()


@given(experiments())
@settings(max_examples=60)
def test_fixing_never_makes_it_worse(data: dict[str, Any]) -> None:
    """There are no more errors than before, no resolved finding is left, and fixing again changes nothing."""
    document = read_text(to_yaml(data), "a.yaml")
    before = evaluate(REGISTRY, document.data)
    fixed = fix_document(REGISTRY, document)
    again = read_text(fixed.text, "a.yaml")
    after = evaluate(REGISTRY, again.data)
    codes = {found.code for found in after.diagnostics}
    assert sum(found.severity == "error" for found in after.diagnostics) <= sum(
        found.severity == "error" for found in before.diagnostics
    )
    assert not codes & {found.code for found in fixed.resolved}
    assert fix_document(REGISTRY, again).text == fixed.text
