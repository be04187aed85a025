"""What holds for every configuration."""

import json
from typing import Any

import jsonschema
from configurations import experiments
from hypothesis import given, settings

import llem
from llem.config.classes import experiment_class
from llem.config.schema import experiment_schema, schema_checks
from llem.diagnostics import Report
from llem.diagnostics.text import render_text
from llem.registry import load_registry
from llem.registry.reading import read_text


REGISTRY = load_registry()
SCHEMA = jsonschema.Draft7Validator(experiment_schema(REGISTRY))
IN_SCHEMA = {check.id for check in schema_checks(REGISTRY)}
BUILT_IN_SCHEMA = {"unknown-key", "wrong-type", "out-of-range", "not-a-choice", "pattern-mismatch", "missing-key"}


@given(experiments())
def test_schema_and_evaluator_agree(data: dict[str, Any]) -> None:
    """The schema never rejects what the evaluator accepts, and sees every error that it can express."""
    errors = {found.code for found in llem.validate(data).errors}
    expected = not errors & (IN_SCHEMA | BUILT_IN_SCHEMA)
    messages = [error.message for error in SCHEMA.iter_errors(data)]
    assert expected == (not messages), (errors, messages)


@given(experiments(wrong=True))
def test_schema_is_no_stricter(data: dict[str, Any]) -> None:
    """Whatever is written, what the evaluator accepts the schema accepts."""
    if llem.validate(data).ok:
        assert SCHEMA.is_valid(data)


@given(experiments(wrong=True))
def test_validation_never_raises(data: dict[str, Any]) -> None:
    """A report comes back for any data; its errors have words, a path and a rendering, and no configuration."""
    report = llem.validate(data)
    assert report.ok == (report.config is not None)
    assert all(found.message and found.path for found in report.errors)
    assert bool(render_text([report])) == bool(report.diagnostics)


@given(experiments())
def test_json_round_trip(data: dict[str, Any]) -> None:
    """A valid configuration is equal to the one read from its JSON, and writes the same data."""
    report = llem.validate(data)
    if report.config is not None:
        cls = experiment_class(REGISTRY)
        again = cls.from_json(report.config.to_json())
        assert again == report.config
        assert hash(again) == hash(report.config)
        assert again.to_dict() == report.config.to_dict()


@given(experiments())
def test_files_and_mappings_are_judged_alike(data: dict[str, Any]) -> None:
    """A file gives the findings of its data, each with its place."""
    from llem.config.evaluation import evaluate

    document = read_text(json.dumps(data, indent=1), "experiment.json")
    judged = evaluate(REGISTRY, document.data, document=document)
    assert {found.code for found in judged.diagnostics} == {found.code for found in llem.validate(data).diagnostics}
    assert all(found.location for found in judged.diagnostics)


@given(experiments())
@settings(max_examples=50)
def test_plans_pass_no_null(data: dict[str, Any]) -> None:
    """Every valid configuration has a plan; null is never an argument, and only constants repeat."""
    config = llem.validate(data).config
    if config is not None and config.dataset != "prompts.jsonl":  # a script would carry its prompts along
        plan = llem.plan(config)
        assert plan.calls
        assert all(value is not None for call in plan.calls for value in call.arguments.values())
        compile(plan.to_python(), "plan.py", "exec")


@given(experiments())
@settings(max_examples=50)
def test_greedy_plans_pass_no_sampling_argument(data: dict[str, Any]) -> None:
    """Greedy decoding (temperature 0 or do_sample false) passes nothing that only sampling reads."""
    config = llem.validate(data).config
    if config is not None and config.backend == "pytorch" and config.decoder.is_deterministic:
        kwargs = llem.plan(config).generate_kwargs
        assert kwargs["do_sample"] is False
        assert not {"temperature", "top_k", "top_p", "min_p"} & kwargs.keys()


@given(experiments(wrong=True))
@settings(max_examples=50)
def test_a_report_is_data(data: dict[str, Any]) -> None:
    """Every report can be printed for machines."""
    from llem.diagnostics.machine import render_github, render_json, render_sarif

    report = llem.validate(data)
    assert json.loads(render_json([report]))["ok"] == report.ok
    assert len(json.loads(render_sarif([report]))["runs"][0]["results"]) == len(report.diagnostics)
    assert isinstance(render_github([Report(report.diagnostics)]), str)
