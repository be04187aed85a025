"""What should hold of any registry, as tests. A project runs them on its own by importing them into a test module:

    from llem.testing.checks import *  # noqa: F403

and names its registry in pytest's configuration, as `llem_registry = "ours"`, or with `--llem-registry ours`.
"""

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import llem
from llem.config.effective import effective_values
from llem.config.evaluation import evaluate
from llem.config.schema import experiment_schema
from llem.diagnostics import Severity
from llem.registry.facts import flatten
from llem.testing.configs import configs, violations_of


if TYPE_CHECKING:
    from llem.registry import Registry

__all__ = [
    "test_a_rule_is_broken_alone",
    "test_an_effective_form_is_its_own",
    "test_proofs",
    "test_the_schema_is_no_stricter",
    "test_valid_configurations_have_plans",
]

_quietly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@settings(_quietly, max_examples=20)
@given(data=st.data())
def test_a_rule_is_broken_alone(llem_registry: "Registry", llem_rule: str, data: st.DataObject) -> None:
    """Some configuration breaks each rule, and no other error rule but those that it says less well than."""
    drawn = data.draw(violations_of(llem_rule, registry=llem_registry))
    found = evaluate(llem_registry, drawn).diagnostics
    record = llem_registry.check_records()[llem_rule].record
    errors = {one.code for one in found if one.severity is Severity.ERROR}
    assert llem_rule in {one.code for one in found}
    assert errors <= {llem_rule, *(record.implied_by if record is not None else ())}


@_quietly
@given(data=st.data())
def test_valid_configurations_have_plans(llem_registry: "Registry", llem_backend: str, data: st.DataObject) -> None:
    """What is drawn as valid is valid, and llem knows what to call, and with what."""
    drawn = data.draw(configs(backend=llem_backend, registry=llem_registry))
    plan = llem.plan(llem.load(drawn, registry=llem_registry))
    assert plan.backend == llem_backend
    assert all(value is not None for call in plan.calls for value in call.arguments.values())


@_quietly
@given(data=st.data())
def test_the_schema_is_no_stricter(llem_registry: "Registry", llem_backend: str, data: st.DataObject) -> None:
    """The schema that editors read accepts whatever is valid."""
    drawn: dict[str, Any] = data.draw(configs(backend=llem_backend, registry=llem_registry))
    errors = Draft7Validator(experiment_schema(llem_registry)).iter_errors(drawn)
    assert [error.message for error in errors] == []


@_quietly
@given(data=st.data())
def test_an_effective_form_is_its_own(llem_registry: "Registry", llem_backend: str, data: st.DataObject) -> None:
    """Without what changes nothing, a configuration has nothing more that changes nothing."""
    drawn = data.draw(configs(backend=llem_backend, registry=llem_registry))
    once = effective_values(llem_registry, flatten(llem_registry, drawn))
    assert effective_values(llem_registry, once) == once


def test_proofs(llem_registry: "Registry") -> None:
    """Rules leave room for every value, and none is idle, needless or at odds with others."""
    if importlib.util.find_spec("z3") is None:
        pytest.skip("z3 is not installed; the extra `prove` brings it")
    from llem.verification.proof import prove

    assert [fault.message for fault in prove(llem_registry).faults] == []
