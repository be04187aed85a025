"""`llem validate` of files that are in order, without what other files need."""

import subprocess
import sys
from pathlib import Path

import pytest
from command import Llem

from llem.cli.quick import say_in_order


FILES = {
    "experiment.yaml": "model: embedded\nn: 2\npytorch: {batch_size: 2}\n",
    "warned.yaml": "model: embedded\ndecoder: {do_sample: false, top_k: 5}\n",
    "wrong.yaml": "model: embedded\nn: 0\n",
    "not.yaml": "model: [\n",
    "twice.yaml": "model: embedded\nmodel: embedded\n",
    "large.yaml": f"model: embedded\n# {'x' * 2**20}\n",
    "study.yaml": "base: {model: embedded}\nsweep: {n: [1, 2]}\n",
    "experiment.json": '{"model": "embedded", "n": 2}\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bytes.yaml").write_bytes(b"model: \xff\n")
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}", encoding="utf-8")
    (model / "generation_config.json").write_text('{"guidance_scale": 2.0, "do_sample": true}', encoding="utf-8")
    (tmp_path / "local.yaml").write_text("model: model\n", encoding="utf-8")
    return tmp_path


def test_what_is_imported(folder: Path) -> None:
    """Once the registry was read: a YAML parser, and nothing else that does not come with Python."""
    code = (
        "import sys; sys.argv = ['llem', 'validate', 'experiment.yaml']\n"
        "from llem.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "experiment.yaml: valid"
    found = set(done.stdout.splitlines()[-1].split())
    assert found - {"__main__", "_distutils_hack", "typing_extensions"} == {"llem", "ruamel"}


def test_the_same_is_said(
    folder: Path, llem: Llem, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It speaks of exactly the files of which the command says nothing but that they are valid, and says that."""
    monkeypatch.chdir(folder)
    in_order = set()
    for file in sorted(folder.glob("*.*")):
        done = llem("validate", file.name, "--format", "text")
        if say_in_order([file.name]):
            in_order.add(file.name)
            assert (done.stdout, done.returncode) == (f"{file.name}: valid\n", 0)
            assert capsys.readouterr().out == done.stdout
        else:
            assert done.stdout != f"{file.name}: valid\n" or file.name == "study.yaml"
            assert capsys.readouterr().out == ""
    assert in_order == {"experiment.yaml", "experiment.json"}


@pytest.mark.parametrize("name", ["experiment.yaml", "wrong.yaml"])
def test_a_pipe_is_read_once(folder: Path, name: str) -> None:
    """As a shell gives it for `llem validate <(cat FILE)`."""
    command = f"{sys.executable} -m llem validate <(cat {name})"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == (2 if name == "wrong.yaml" else 0)
    assert done.stdout.rstrip().endswith(": 1 error" if name == "wrong.yaml" else ": valid")


def test_what_is_left_to_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert say_in_order(["experiment.yaml", "experiment.json"])
    assert not say_in_order([])
    assert not say_in_order(["-"])
    assert not say_in_order(["nowhere.yaml"])
    assert not say_in_order(["experiment.yaml", "wrong.yaml"])
    assert not say_in_order(["experiment.yaml", "--on", "here"])
