"""The tools that hold records against a library find what they should."""

import json
import sys
import types
from pathlib import Path
from typing import Any

import attrs
import pytest
from command import Llem

from llem.registry import Registry
from llem.verification.arguments import arguments_of
from llem.verification.coverage import drifts, look_at, proposal
from llem.verification.judgement import Kind
from llem.verification.run import Bench


def test_arguments_in_signatures_and_in_keyword_arguments() -> None:
    """An argument is known from the signature, or from being taken out of `**kwargs`."""
    found = arguments_of("transformers.GenerationConfig")
    assert {"num_beams", "temperature", "stop_strings"} <= found.keys()
    assert arguments_of("transformers.BitsAndBytesConfig")["bnb_4bit_quant_type"] == "fp4"
    assert {"dtype", "device_map", "revision"} <= arguments_of("transformers.PreTrainedModel.from_pretrained").keys()


def test_drift(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument that is new, gone, or has another default is found, and a record proposed."""

    def compile_(model: Any, fullgraph: bool = True, backend: str = "inductor", novelty: int = 3) -> None: ...

    package = types.ModuleType("newlib")
    package.__version__ = "9.0"  # type: ignore[attr-defined]
    package.compile = compile_  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "newlib", package)
    backend = registry.backends["pytorch"]
    covers = tuple(attrs.evolve(one, symbol="newlib.compile") for one in backend.covers if one.call == "compile")
    changed = attrs.evolve(registry, backends={**registry.backends, "pytorch": attrs.evolve(backend, covers=covers)})
    [drift] = drifts(changed, "pytorch", look_at(changed, "pytorch"))
    assert drift.added == {"novelty": 3}
    assert "options" in drift.removed
    assert drift.changed == {"fullgraph": (False, True)}
    text = proposal(drift, "compile")
    assert "path: novelty" in text
    assert "type: integer" in text
    assert "library_default: 3" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "data", "kind"),
    [
        (
            "pytorch.greedy-returns-one-sequence",
            {"decoder": {"do_sample": False}, "pytorch": {"num_return_sequences": 2}},
            Kind.ACCEPTED_FAILS,
        ),
        (
            "pytorch.assistance-needs-a-cache",
            {"pytorch": {"prompt_lookup_num_tokens": 2, "use_cache": False}},
            Kind.ACCEPTED_FAILS,
        ),
    ],
)
def test_a_missing_rule_is_noticed(bench: Bench, rule: str, data: dict[str, Any], kind: Kind) -> None:
    """Without its rule, a configuration that fails is accepted: the judgement says so."""
    without = tuple(check for check in bench.registry.checks if check.id != rule)
    registry = attrs.evolve(bench.registry, checks=without)
    crippled = attrs.evolve(bench, registry=registry, trials=type(bench.trials)(registry, bench.trials.folder))
    experiment = {"model": "embedded", "precision": "fp32", "max_output_tokens": 4, **data}
    assert bench.judge(experiment).kind is Kind.FAILS
    assert crippled.judge(experiment).kind is kind


@pytest.mark.slow
def test_a_wrong_rule_is_noticed(bench: Bench) -> None:
    """A rule that rejects what runs, or calls dormant what acts, is found out."""
    from llem.conditions import parse_condition
    from llem.registry.records import Effect

    def judged(**changes: Any) -> Kind:
        check = attrs.evolve(
            bench.registry.checks[0],
            id="planted",
            backend="",
            policy=False,
            culprits=("pytorch.num_beams",),
            **changes,
        )
        registry = attrs.evolve(bench.registry, checks=(*bench.registry.checks, check))
        planted = attrs.evolve(bench, registry=registry, trials=type(bench.trials)(registry, bench.trials.folder))
        experiment = {"model": "embedded", "precision": "fp32", "max_output_tokens": 6, "pytorch": {"num_beams": 3}}
        return planted.judge(experiment | {"decoder": {"do_sample": False}}).kind

    condition = parse_condition({"pytorch.num_beams": 3})
    assert judged(violation=condition, severity="error") is Kind.REJECTED_RUNS
    effect = Effect(ignored=("pytorch.num_beams",))  # type: ignore[arg-type]
    assert judged(violation=condition, severity="dormant", effect=effect) is Kind.NOT_DORMANT


@pytest.mark.slow
def test_verify_command(llem: Llem, tmp_path: Path) -> None:
    done = llem("registry", "verify", "--against", "transformers", "-n", "4", "-o", "seen.json")
    assert done.returncode == 0, done.stdout
    assert "rules replayed" in done.stdout
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert sum(seen["configurations"].values()) == 4
    assert seen["disagreements"] == []
    assert all(entry["agrees"] for entries in seen["rules"].values() for entry in entries)


def test_drift_command(llem: Llem) -> None:
    done = llem("registry", "drift", "--against", "transformers")
    assert done.returncode == 0
    assert "transformers.GenerationConfig" in done.stdout
    assert llem("registry", "drift", "--against", "nothing").returncode == 2
