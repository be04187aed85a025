"""The verdicts of llem are those of the installed transformers, bitsandbytes and torch."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llem.conditions.syntax import paths_of
from llem.config.effective import effective_values
from llem.registry import load_registry
from llem.registry.facts import flatten
from llem.verification.coverage import drifts, look_at
from llem.verification.judgement import Judgement
from llem.verification.run import CHUNK, Bench, _examples


pytestmark = pytest.mark.slow

REGISTRY = load_registry()
EXAMPLES = list(_examples(REGISTRY, "pytorch"))
CONFIGURATIONS = 1000


def told(judgement: Judgement) -> str:
    return f"{judgement.kind.value}: {judgement.outcome.error}\n{judgement.data}\n{judgement.codes}"


@pytest.mark.parametrize(
    ("rule", "fires", "example"),
    [pytest.param(*row, id=f"{row[0]}-{number}") for number, row in enumerate(EXAMPLES)],
)
def test_examples(bench: Bench, rule: str, fires: bool, example: dict[str, Any]) -> None:
    """What a rule catches fails in the library or changes nothing there, as its severity says; the rest runs."""
    replay = bench.replay(rule, example, fires=fires)
    assert replay.agrees, told(replay.judgement)


@pytest.mark.parametrize("chunk", range(CONFIGURATIONS // CHUNK))
def test_random_configurations(bench: Bench, chunk: int) -> None:
    """What llem accepts runs, what it rejects fails, and its effective form gives the same tokens."""
    for number in range(CHUNK):
        judgement = bench.judge_drawn(f"suite/{chunk}/{number}")
        assert judgement.kind.agrees, told(judgement)


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_drawn_configurations(bench: Bench, source: random.Random) -> None:
    """The same, drawn by hypothesis, which shrinks what disagrees."""
    judgement = bench.judge(bench.drawer.draw(source))
    assert judgement.kind.agrees, told(judgement)


@given(st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_effective_form_is_a_fixed_point(source: random.Random) -> None:
    """The effective form of an effective form is itself, and nothing in it is dormant."""
    from llem.config.evaluation import evaluate
    from llem.registry.facts import nest
    from llem.verification.draw import Drawer

    data = Drawer(REGISTRY, "pytorch").draw(source)
    once = effective_values(REGISTRY, flatten(REGISTRY, data))
    assert effective_values(REGISTRY, once) == once
    before = {found.code for found in evaluate(REGISTRY, data).diagnostics if found.severity == "error"}
    after = evaluate(REGISTRY, nest(REGISTRY, once)).diagnostics
    assert {found.code for found in after if found.severity == "error"} <= before
    assert not [found for found in after if found.severity == "dormant"]


@given(st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_what_is_not_passed_is_told(source: random.Random) -> None:
    """A written value that no call and no condition of a call reads is found to be dormant, or is a default."""
    import llem
    from llem.verification.draw import Drawer

    data = Drawer(REGISTRY, "pytorch").draw(source)
    report = llem.validate(data)
    if report.config is None:
        return
    plan = llem.plan(report.config)
    passed = {name for call in plan.calls for name in call.arguments} | set(plan.runner)
    kept = effective_values(REGISTRY, flatten(REGISTRY, data))
    for path in kept:
        if any(path in paths_of(condition) for condition in REGISTRY.definitions.values()):
            continue
        targets = [target for target in REGISTRY.targets_for("pytorch") if target.path == path]
        names = {target.argument.partition(".")[0] for target in targets}
        assert not names or names & passed, (path, data)


def test_every_argument_of_the_library_is_known() -> None:
    """No public argument is missing from the records, and none is recorded that the library does not take."""
    for drift in drifts(REGISTRY, "pytorch", look_at(REGISTRY, "pytorch")):
        assert drift.is_none, drift
