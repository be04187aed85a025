"""What a user sees: reports of whole files as text, JSON, SARIF and GitHub commands, kept as golden files."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import llem
from llem.diagnostics import Report, Severity
from llem.diagnostics.codes import CODES
from llem.diagnostics.machine import render_github, render_json, render_sarif
from llem.diagnostics.text import render_text
from llem.environment import Environment, Gpu
from llem.registry import load_registry


CASES = Path(__file__).parent / "findings"
RENDERERS = {"txt": render_text, "json": render_json, "sarif": render_sarif, "github": render_github}


def report_of(name: str, environment: str | None = None) -> Report:
    """Return the report on a case, its file named as a user in that folder would see it."""
    registry = load_registry()
    from llem.config.evaluation import evaluate
    from llem.registry.reading import ReadingError, read_text
    from llem.validation import find_environment

    try:
        document = read_text((CASES / name).read_text(encoding="utf-8"), name)
    except ReadingError as error:
        return error.report
    machine = find_environment(registry, environment)
    return evaluate(registry, document.data, document=document, environment=machine).report(document, name)


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_text(name: str, golden: Callable[[str, str], None]) -> None:
    """Each case file prints as its golden file has it."""
    golden(f"findings/{name}.txt", render_text([report_of(name)]) + "\n")


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_machine_formats(form: str, golden: Callable[[str, str], None]) -> None:
    golden(f"findings/five-mistakes.yaml.{form}", RENDERERS[form]([report_of("five-mistakes.yaml")]) + "\n")


def test_environment(golden: Callable[[str, str], None]) -> None:
    """What a named machine lacks is a skip, not an error."""
    report = report_of("needs-hopper.yaml", "a100-40gb")
    assert report.ok
    golden("findings/needs-hopper.a100.txt", render_text([report]) + "\n")


def test_colour_marks_the_same_text() -> None:
    import re

    report = report_of("five-mistakes.yaml")
    coloured = render_text([report], colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text([report])


def test_control_characters_do_not_reach_the_terminal() -> None:
    report = llem.validate({"model": "embedded", "n\x1b[31m": 1})
    assert "\x1b" not in render_text([report])


def test_every_severity_counts_as_it_should() -> None:
    report = llem.validate({"model": "embedded", "decoder": {"do_sample": False, "temperature": 0.7}})
    assert report.ok
    assert [found.severity for found in report.dormant] == [Severity.DORMANT]
    assert not report.errors
    assert report.config is not None


def test_library_version_of_an_environment() -> None:
    """Packages count where they are known; a profile that says nothing of them skips nothing."""
    data = {"model": "embedded", "pytorch": {"load_in_4bit": True}}
    gpu = (Gpu("H100", 9.0, 80.0),)
    unknown = llem.validate(data, Environment("a", gpu))
    lacking = llem.validate(data, Environment("b", gpu, {"transformers": "5.0"}))
    old = llem.validate(data, Environment("c", gpu, {"bitsandbytes": "0.40"}))
    fits = llem.validate(data, Environment("d", gpu, {"bitsandbytes": "0.46.1"}))
    assert [bool(report.skipped) for report in (unknown, lacking, old, fits)] == [False, True, True, False]
    assert all(report.ok for report in (unknown, lacking, old, fits))


def test_gpu_counts_follow_the_parameter() -> None:
    data = {"model": "embedded", "backend": "vllm", "vllm": {"tensor_parallel_size": 4}}
    gpu = Gpu("H100", 9.0, 80.0)
    assert llem.validate(data, Environment("two", (gpu,) * 2)).skipped
    assert not llem.validate(data, Environment("four", (gpu,) * 4)).skipped


def test_unknown_environment() -> None:
    with pytest.raises(llem.LlemError, match="Did you mean"):
        llem.validate({"model": "embedded"}, "h100-80gbb")


def test_every_code_is_listed() -> None:
    """`llem explain CODE` knows every code that llem's own source gives to a finding."""
    import ast

    root = Path(llem.__file__).parent
    used = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in CODES:
                used.add(node.value)
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                named = [word.value for word in node.keywords if word.arg == "code"]
                first = node.args[:1] if name in ("RunError", "InputError", "Problem", "Failure", "Fault") else []
                for value in (*named, *first):
                    if isinstance(value, ast.Constant):
                        assert value.value in CODES, (path.name, value.value)
    assert used == set(CODES)


def test_a_report_holds_what_was_judged(tmp_path: Path) -> None:
    """Whatever becomes of the mapping afterwards, and when it is pickled, of a file too."""
    machine = Environment("unknown", None)
    data: dict[str, Any] = {"model": "embedded", "decoder": {"top_k": 5}}
    report = llem.validate(data, machine)
    data["decoder"]["top_k"] = -1
    data["n"] = 3
    assert report.config == llem.load({"model": "embedded", "decoder": {"top_k": 5}})
    file = tmp_path / "experiment.yaml"
    file.write_text("model: embedded\ndecoder: {top_k: 5}\n", encoding="utf-8")
    for found in (report, llem.validate(file), llem.validate({"model": ""})):
        again = pickle.loads(pickle.dumps(found))
        assert (again, again.config) == (found, found.config)
