"""The package as a whole: what it imports, how its rooms depend on one another, what its wheel carries."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "transformers", "numpy", "pandas", "ray", "jsonschema", "bitsandbytes", "accelerate", "pynvml"}


def imported(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_import_is_light() -> None:
    """`import llem` imports nothing but the standard library."""
    others = imported("import llem") - set(sys.stdlib_module_names) - {"llem", "_virtualenv"}
    before = imported("pass")
    assert not others - before


def test_validation_is_light(tmp_path: Path) -> None:
    """Validating, planning and the commands for it work on a laptop without torch."""
    path = tmp_path / "a.yaml"
    path.write_text("model: embedded\n", encoding="utf-8")
    assert not imported(f"import llem; llem.plan(llem.load({str(path)!r}))") & (HEAVY | {"rich"})
    command = f"import sys; sys.argv = ['llem', 'validate', {str(path)!r}]\nfrom llem.cli import main"
    assert not imported(f"{command}\ntry: main()\nexcept SystemExit: pass") & (HEAVY | {"rich"})


def test_layers() -> None:
    """No room imports one above it."""
    done = subprocess.run(["lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_wheel(tmp_path: Path) -> None:
    """The wheel carries the registry, the schemas, the stubs and the examples."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", tmp_path, ROOT]
    subprocess.run(command, check=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "llem/_registry/registry.yaml",
        "llem/_registry/pytorch/rules/sampling.yaml",
        "llem/_schemas/experiment.json",
        "llem/config/models.pyi",
        "llem/py.typed",
        "llem/examples/prompts.jsonl",
        "llem/examples/quickstart.yaml",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tests", "registry", "schemas"))]
