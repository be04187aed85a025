"""llem's verdicts are those that the libraries gave when they were asked; the library need not be here."""

import json
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from llem.config.evaluation import evaluate
from llem.environment import Environment
from llem.registry import load_registry
from llem.registry.folders import packaged_registry
from llem.verification.coverage import Seen, drifts
from llem.verification.judgement import Kind
from llem.verification.run import _examples


REGISTRY = load_registry()
EVIDENCE = packaged_registry() / "evidence"
FILES = sorted(EVIDENCE.rglob("[0-9]*.json"))
REJECTED = {Kind.FAILS, Kind.POLICY, Kind.REJECTED_RUNS}


def judged(data: dict[str, Any], library: str, version: str) -> set[str]:
    """Return the severities of what llem finds, on a machine of which only the library's version is known."""
    machine = Environment("recorded", None).with_packages({library: version})
    return {found.severity for found in evaluate(REGISTRY, data, environment=machine).diagnostics}


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}-{file.stem}" for file in FILES])
def test_sampled_configurations(file: Path) -> None:
    """What the library ran, changed nothing for, or refused, llem accepts, calls dormant, or refuses."""
    recorded = json.loads(file.read_text(encoding="utf-8"))
    for sample in recorded.get("sample", ()):
        kind = Kind(sample["verdict"])
        if kind == Kind.NOT_JUDGED:
            continue
        found = judged(sample["data"], recorded["library"], recorded["version"])
        assert ("error" in found) == (kind in REJECTED), sample
        assert ("dormant" in found) == (kind == Kind.DORMANT) or "error" in found, sample


@pytest.mark.parametrize("backend", ["pytorch", "vllm"])
def test_every_rule_was_replayed(backend: str) -> None:
    """The newest record of a backend has a verdict on every example of every rule, and none disagrees."""
    newest = max((file for file in FILES if file.parent.name == backend), key=lambda file: Version(file.stem))
    recorded = json.loads(newest.read_text(encoding="utf-8"))
    examples: dict[str, list[bool]] = {}
    for rule, violates, _ in _examples(REGISTRY, backend):
        examples.setdefault(rule, []).append(violates)
    assert {rule: len(seen) for rule, seen in recorded["rules"].items()} == {
        rule: len(listed) for rule, listed in examples.items()
    }
    assert all(entry["agrees"] for seen in recorded["rules"].values() for entry in seen)
    assert not recorded["disagreements"]


@pytest.mark.parametrize("backend", list(REGISTRY.backends))
def test_the_arguments_of_the_library(backend: str) -> None:
    """Records name what the library takes, all of it, and its defaults."""
    seen = Seen(**json.loads((EVIDENCE / backend / "arguments.json").read_text(encoding="utf-8")))
    assert seen.arguments
    for drift in drifts(REGISTRY, backend, seen):
        assert drift.is_none, drift


def test_what_quantization_takes_of_a_gpu() -> None:
    """vLLM's classes say which compute capability they need."""
    seen = json.loads((EVIDENCE / "vllm" / "quantization.json").read_text(encoding="utf-8"))
    choices = REGISTRY.parameters["vllm.quantization"].choices or {}
    needed = {
        name: choice.needs.compute_capability.minimum
        for name, choice in choices.items()
        if choice.needs is not None and choice.needs.compute_capability is not None
    }
    common = seen["minimum_compute_capability"].keys() & choices.keys()
    assert len(common) > 15
    assert {name: needed.get(name) for name in common} == {
        name: seen["minimum_compute_capability"][name] for name in common
    }
