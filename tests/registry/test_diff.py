"""What changed between two registries, and what of it breaks configurations."""

import shutil
import subprocess
from pathlib import Path

import pytest
from command import Llem

from llem.registry import load_registry
from llem.registry.diff import Change, compare
from llem.registry.folders import packaged_registry


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(packaged_registry(), tmp_path / "registry"))


def changed(copy: Path, file: str, old: str, new: str) -> list[Change]:
    """Return the changes that replacing the first `old` in a file makes."""
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return compare(load_registry(), load_registry(copy))


CASES = {
    "narrower bound": (
        ("vllm/parameters/cache.yaml", "maximum: 1.0", "maximum: 0.95"),
        Change("parameter", "vllm.gpu_memory_utilization", "its maximum was 1.0 and is now 0.95", breaking=True),
    ),
    "wider bound": (
        ("vllm/parameters/cache.yaml", "maximum: 1.0", "maximum: 1.5"),
        Change("parameter", "vllm.gpu_memory_utilization", "allows more: its maximum is now 1.5 and was 1.0"),
    ),
    "new default": (
        ("shared/parameters/experiment.yaml", "default: 42", "default: 43"),
        Change("parameter", "random_seed", "its default was 42 and is now 43", breaking=True),
    ),
    "other argument": (
        ("pytorch/parameters/generation.yaml", "argument: num_beams", "argument: beams"),
        Change("parameter", "pytorch.num_beams", "goes to other arguments of the library", breaking=True),
    ),
    "error from a warning": (
        ("pytorch/rules/quantization.yaml", "severity: warning", "severity: error"),
        Change("rule", "pytorch.8bit-computes-in-fp16", "was a warning and is now an error", breaking=True),
    ),
    "renamed rule": (
        (
            "pytorch/rules/seed.yaml",
            "id: pytorch.seed-has-32-bits",
            "id: pytorch.seed-is-small\n    formerly: [pytorch.seed-has-32-bits]",
        ),
        None,
    ),
    "new rule": (
        (
            "vllm/rules/sections.yaml",
            "rules:\n",
            (
                "rules:\n  - {id: vllm.few, severity: error, when: {max_num_seqs: {minimum: 9}}, forbid: true, "
                "title: t, reason: r, resolution: s, "
                "examples: {violate: [{max_num_seqs: 9}], satisfy: [{max_num_seqs: 8}]}}\n"
            ),
        ),
        Change("rule", "vllm.few", "added: an error", breaking=True),
    ),
    "other words": (
        ("vllm/parameters/scheduling.yaml", "summary: Most sequences", "summary: At most so many sequences"),
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_changes(copy: Path, case: str) -> None:
    edit, expected = CASES[case]
    assert changed(copy, *edit) == ([expected] if expected else [])


def test_removed_and_added(copy: Path) -> None:
    for path in (copy / "vllm").rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("max_num_seqs", "most_sequences"), encoding="utf-8")
    found = [change for change in compare(load_registry(), load_registry(copy)) if change.kind == "parameter"]
    assert found == [
        Change("parameter", "vllm.max_num_seqs", "removed", breaking=True),
        Change("parameter", "vllm.most_sequences", "added"),
    ]


def test_no_changes() -> None:
    assert compare(load_registry(), load_registry()) == []


def test_diff_command(llem: Llem, copy: Path, tmp_path: Path) -> None:
    """Folders and git revisions are compared; what breaks makes the exit code 1."""
    for command in (["init", "-q"], ["add", "registry"], ["commit", "-qm", "first"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
        subprocess.run(["git", *identity, *command], cwd=tmp_path, check=True)
    changed(copy, "vllm/parameters/cache.yaml", "maximum: 1.0", "maximum: 0.95")
    done = llem("registry", "diff", "HEAD", "registry")
    assert done.returncode == 1
    assert done.stdout == ("breaking:\n  parameter vllm.gpu_memory_utilization: its maximum was 1.0 and is now 0.95\n")
    assert llem("registry", "diff", "HEAD", "HEAD").stdout == "no changes\n"
    assert llem("registry", "diff", "HEAD", "HEAD", "--format", "json").stdout == "[]\n"
    wrong = llem("registry", "diff", "no-such-revision")
    assert wrong.returncode == 2
    assert "neither a folder nor a git revision" in wrong.stderr
