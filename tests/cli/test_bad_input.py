"""Whatever a file holds: exit code 2, a message that names the place, no traceback, at once."""

import os
from pathlib import Path

import pytest
from command import Llem


def deep(levels: int) -> str:
    return "model: a\npassthrough_kwargs: " + "{a: " * levels


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    return "\n".join([*lines, *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10))])


CASES: dict[str, tuple[bytes | str, str, str]] = {
    "empty": ("", "empty-file", "1:1"),
    "comment": ("# nothing\n", "empty-file", "1:1"),
    "list": ("- model: a\n", "not-a-mapping", "1:1"),
    "text": ("just text\n", "not-a-mapping", "1:1"),
    "duplicate": ("model: a\nn: 1\nn: 2\n", "duplicate-key", "3:1"),
    "tab": ("model: a\npytorch:\n\tnum_beams: 2\n", "yaml-syntax", "3:1"),
    "latin-1": (b"model: a\n# caf\xe9\n", "wrong-encoding", "2:1"),
    "utf-16": ("model: a\n".encode("utf-16"), "wrong-encoding", "1:1"),
    "nul": (b"model: a\0b\n", "yaml-syntax", "1:1"),
    "tag": ("model: !!python/object/apply:os.system [touch owned]\n", "yaml-tag", "1:8"),
    "bomb": (bomb(), "too-large", ""),
    "nested-lists": ("[" * 1_000_000, "too-deep", "1:66"),
    "nested-mappings": (deep(250_000), "too-deep", "2:"),
    "many-values": (
        "model: a\npassthrough_kwargs: {" + ", ".join(f"k{i}: 1" for i in range(60_000)) + "}\n",
        "too-large",
        "2:",
    ),
    "large": ("model: a\n#" + "x" * 2_000_000, "too-large", "1:1"),
    "nan": ("model: a\ndecoder: {temperature: .nan}\n", "not-finite", "2:24"),
    "infinity": ("model: a\ndecoder: {top_p: -.inf}\n", "not-finite", "2:18"),
    "overflow": ("model: a\ndecoder: {top_p: 1e999}\n", "not-finite", "2:18"),
    "integer-as-string": ('model: a\nn: "10"\n', "wrong-type", "2:4"),
    "boolean-as-integer": ("model: a\npytorch: {batch_size: true}\n", "wrong-type", "2:23"),
    "integer-as-boolean": ("model: a\npytorch: {use_cache: 1}\n", "wrong-type", "2:22"),
    "list-for-mapping": ("model: a\ndecoder: [1]\n", "wrong-type", "2:10"),
    "mapping-for-number": ("model: a\nn: {x: 1}\n", "wrong-type", "2:4"),
    "huge-integer": (f"model: a\nn: {'9' * 400}\n", "out-of-range", "2:4"),
    "vast-integer": (f"model: a\nn: {'9' * 5000}\n", "out-of-range", "2:4"),
    "unknown-backend": ("model: a\nbackend: onnx\n", "not-a-choice", "2:10"),
    "missing-model": ("n: 3\n", "missing-key", "1:1"),
    "null-model": ("model:\n", "wrong-type", "1:1"),
    "mapping-as-key": ("model: a\n? {b: c}\n: 1\n", "yaml-syntax", "2:3"),
    "number-as-key": ("model: a\n1: 2\n", "unknown-key", "2:1"),
    "two-documents": ("model: a\n---\nmodel: b\n", "several-documents", "3:1"),
    "control-characters": ('model: "\\u001b[31m"\nn\\u001b: 1\n', "yaml-syntax", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_file(llem: Llem, tmp_path: Path, case: str) -> None:
    content, code, place = CASES[case]
    (tmp_path / "bad.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = llem("validate", "bad.yaml")
    assert done.returncode == 2, done
    assert code in done.stdout or code == "yaml-syntax"
    assert f"bad.yaml:{place}" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_every_command_tells_it_alike(llem: Llem, tmp_path: Path, command: str) -> None:
    (tmp_path / "bad.yaml").write_text("model: a\nbackend: onnx\n", encoding="utf-8")
    done = llem(command, "bad.yaml")
    assert done.returncode == 2
    assert "bad.yaml:2:10" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("text", "place"), [('{"model": "a", "n": 0}', "1:21"), ('{"model": "a",}x', ""), ("", "1:1")])
def test_bad_json(llem: Llem, tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    done = llem("validate", "bad.json")
    assert done.returncode == 2
    assert f"bad.json:{place}" in done.stdout


def test_folder_and_missing_file(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    for name, words in (("folder.yaml", "It is a folder"), ("nowhere.yaml", "no such file"), ("a\nb.yaml", "no such")):
        done = llem("validate", name)
        assert done.returncode == 2
        assert words in done.stdout
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("model: a\n", encoding="utf-8")
    (tmp_path / "secret.yaml").chmod(0)
    done = llem("validate", "secret.yaml")
    assert done.returncode == 2
    assert "ermission denied" in done.stdout


def test_unreadable_device(llem: Llem) -> None:
    """A file that gives an error, or never ends, is told like any other."""
    assert llem("validate", "/proc/self/mem").returncode == 2
    assert "too-large" in llem("validate", "/dev/zero").stdout


def test_wrong_usage(llem: Llem) -> None:
    for arguments in (
        [],
        ["validate"],
        ["validat"],
        ["plan", "a", "b"],
        ["explain"],
        ["validate", "--format", "xml", "a"],
    ):
        done = llem(*arguments)
        assert done.returncode == 2, arguments
        assert "Usage" in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
