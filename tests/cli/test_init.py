"""`llem init` writes what is valid as it stands, and overwrites nothing."""

from pathlib import Path

import pytest
from command import Llem


def schema_of(file: Path) -> Path:
    """Return the schema that a file's modeline points to."""
    first = file.read_text(encoding="utf-8").splitlines()[0]
    return (file.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()


def test_experiment(llem: Llem, tmp_path: Path) -> None:
    assert llem("init").stdout == "written: schemas/experiment.json\nwritten: experiment.yaml\n"
    assert llem("validate", "experiment.yaml").stdout == "experiment.yaml: valid\n"
    assert schema_of(tmp_path / "experiment.yaml") == tmp_path / "schemas" / "experiment.json"
    assert schema_of(tmp_path / "experiment.yaml").is_file()
    again = llem("init")
    assert again.returncode == 2
    assert "experiment.yaml is there already" in again.stderr


def test_study(llem: Llem, tmp_path: Path) -> None:
    assert llem("init", "study").stdout == "written: schemas/study.json\nwritten: study.yaml\n"
    assert schema_of(tmp_path / "study.yaml") == tmp_path / "schemas" / "study.json"
    assert llem("study", "expand", "study.yaml").returncode == 0


def test_experiment_in_a_folder(llem: Llem, tmp_path: Path) -> None:
    assert llem("init", "experiment", "studies/first.yaml").returncode == 0
    assert schema_of(tmp_path / "studies" / "first.yaml").is_file()


def test_overlay(llem: Llem, tmp_path: Path) -> None:
    assert llem("init", "overlay", "ours").returncode == 0
    assert "no faults" in llem("registry", "check", "--registry", "ours").stdout
    for file in (tmp_path / "ours").glob("*.yaml"):
        assert schema_of(file).is_file()
    text = "model: embedded\npytorch: {batch_size: 65}\n"
    (tmp_path / "big.yaml").write_text(text, encoding="utf-8")
    assert "warning[large-batches-are-not-compared]" in llem("validate", "big.yaml", "--registry", "ours").stdout
    assert llem("init", "overlay", "ours").returncode == 2


@pytest.mark.parametrize("target", ["file/experiment.yaml"])
def test_target_that_cannot_be_written(llem: Llem, tmp_path: Path, target: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = llem("init", "experiment", target)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
