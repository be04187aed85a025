"""Registries that add to the packaged one: a whole backend from YAML alone, overrides, and what goes wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import Llem

import llem
from llem.registry import RegistryError, check_registry, load_registry
from llem.registry.folders import packaged_registry, registry_folders


LLAMA_CPP = Path(__file__).parent.parent / "overlays" / "llama-cpp"

EXPERIMENT = """\
model: models/llama.gguf
backend: llamacpp
n: 2
decoder: {preset: deterministic}
llamacpp:
  n_ctx: 4096
  type_v: q8_0
"""


def overlay(folder: Path, text: str, name: str = "pytorch/rules.yaml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


def overriding(more: str = "override: true") -> str:
    """Return a record that makes a packaged rule a warning."""
    return f"""\
rules:
  - id: pytorch.one-bitsandbytes-width
    {more}
    severity: warning
    when: {{load_in_4bit: true, load_in_8bit: true}}
    forbid: true
    title: both
    reason: One is enough.
    resolution: Choose.
    examples: {{violate: [{{load_in_4bit: true, load_in_8bit: true}}], satisfy: [{{load_in_4bit: true}}]}}
"""


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    file = tmp_path / "experiment.yaml"
    file.write_text(EXPERIMENT, encoding="utf-8")
    return file


def test_a_backend_from_yaml_alone(experiment: Path) -> None:
    """A folder of records, and no Python, makes a fourth backend: classes, verdicts, plan, effective form."""
    registry = load_registry(LLAMA_CPP)
    assert list(registry.backends) == ["pytorch", "vllm", "tensorrt", "llamacpp"]
    report = llem.validate(experiment, registry=registry)
    assert [found.code for found in report.errors] == ["llamacpp.quantized-values-need-flash-attention"]
    data = {"model": "a.gguf", "backend": "llamacpp", "llamacpp": {"lora_path": "b.gguf", "use_mmap": True}}
    config = llem.load(data, registry=registry)
    assert llem.plan(config).load_kwargs["model_path"] == "a.gguf"
    assert llem.effective(config)["llamacpp"] == {"lora_path": "b.gguf", "use_mmap": False}
    assert not llem.validate(data).ok, "the packaged registry does not know it"


def test_a_backend_from_yaml_alone_by_command(llem: Llem, experiment: Path) -> None:
    """Every command knows it, through the option or the environment variable."""
    option = ("--registry", str(LLAMA_CPP))
    done = llem("validate", "experiment.yaml", *option, "--on", "cpu")
    assert done.returncode == 2
    assert "help: Set llamacpp.flash_attn to true" in done.stdout
    experiment.write_text(EXPERIMENT + "  flash_attn: true\n  n_gpu_layers: 4\n", encoding="utf-8")
    skipped = llem("validate", "experiment.yaml", "--on", "cpu", LLEM_REGISTRY=str(LLAMA_CPP))
    assert skipped.returncode == 3
    assert "On cpu: it has no GPU" in skipped.stdout
    script = llem("plan", "experiment.yaml", *option, "--as", "python").stdout
    compile(script, "plan.py", "exec")
    assert script.endswith("""\
for prompt in prompts:
    result = load.create_completion(prompt=prompt, max_tokens=128, temperature=0.0, repeat_penalty=1.0)
    print(result['choices'][0]['text'])
""")
    assert "Layers on the GPU" in llem("explain", "llamacpp.n_gpu_layers", *option).stdout
    schema = json.loads(llem("schema", "experiment", *option).stdout)
    assert "n_gpu_layers" in schema["definitions"]["llamacpp"]["properties"]


def test_a_backend_from_yaml_alone_in_introspection() -> None:
    """The introspection API and the generated classes have it, in a process that names it in the environment."""
    code = (
        "from llem.config.introspection import *\n"
        "from llem.config.backend_configs import LlamaCppConfig\n"
        "print(LlamaCppConfig(n_ctx=8).n_ctx, get_backend_capabilities()['lora_adapters']['llamacpp'])\n"
        "print(get_capability_matrix_markdown().splitlines()[0])\n"
        "print(get_backend_specific_params()['llamacpp'][:2])\n"
    )
    environment = {**os.environ, "LLEM_REGISTRY": str(LLAMA_CPP)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "8 one adapter",
        "| Feature | PyTorch | vLLM | TensorRT | llama.cpp |",
        "['llamacpp.n_ctx', 'llamacpp.n_batch']",
    ]


def test_a_record_may_be_overridden(tmp_path: Path) -> None:
    registry = load_registry(overlay(tmp_path, overriding()))
    assert registry.check_records()["pytorch.one-bitsandbytes-width"].severity == "warning"
    both = {"model": "embedded", "pytorch": {"load_in_4bit": True, "load_in_8bit": True}}
    assert llem.validate(both, registry=registry).ok
    assert not llem.validate(both).ok


def test_a_clash_names_both_places(tmp_path: Path) -> None:
    _, report = check_registry(overlay(tmp_path, overriding("policy: true")))
    [found] = report.diagnostics
    assert found.code == "duplicate-id"
    assert found.location is not None
    assert (Path(found.location.file).name, found.location.line) == ("rules.yaml", 2)
    assert found.related[0].location is not None
    assert Path(found.related[0].location.file).name == "exclusions.yaml"
    assert "override: true" in found.resolution


def test_an_override_of_nothing_is_a_fault(tmp_path: Path) -> None:
    text = overriding().replace("one-bitsandbytes-width", "one-bitsandbytes-widht")
    _, report = check_registry(overlay(tmp_path, text))
    [found] = report.diagnostics
    assert (found.code, found.location and found.location.line) == ("nothing-to-override", 3)
    assert found.resolution == 'Did you mean "pytorch.one-bitsandbytes-width"?'


def test_a_fault_of_an_overlay_is_told(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="bathc_size"):
        load_registry(
            overlay(tmp_path, overriding().replace("when: {load_in_4bit", "when: {bathc_size: 3, load_in_4bit"))
        )


def test_a_whole_registry_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a registry.yaml replaces what comes before it, and takes what comes after it."""
    (tmp_path / "registry.yaml").write_text("registry: {}\n", encoding="utf-8")
    monkeypatch.setenv("LLEM_REGISTRY", str(tmp_path))
    assert registry_folders(LLAMA_CPP)[0] == tmp_path
    monkeypatch.delenv("LLEM_REGISTRY")
    assert registry_folders(LLAMA_CPP)[0].resolve() == packaged_registry()


def test_a_missing_overlay_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLEM_REGISTRY", str(tmp_path / "nothing"))
    _, report = check_registry()
    assert [found.code for found in report.diagnostics] == ["no-registry"]


def test_installed_packages_add_records(llem: Llem, tmp_path: Path) -> None:
    """An entry point of the group llem.registries names the package that holds records; its code is not run."""
    package = tmp_path / "site" / "acme"
    overlay(package, overriding())
    (package / "__init__.py").write_text("raise SystemExit('the package was imported')\n", encoding="utf-8")
    info = tmp_path / "site" / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[llem.registries]\nacme = acme\n", encoding="utf-8")
    listed = llem("registry", "list", "--kind", "rules", PYTHONPATH=str(tmp_path / "site")).stdout
    [line] = [line for line in listed.splitlines() if line.startswith("pytorch.one-bitsandbytes-width")]
    assert "warning: both" in line


def test_schemas_of_an_overlay(llem: Llem, tmp_path: Path) -> None:
    """`registry build` writes the schemas that an overlay's files and its experiments point to."""
    overlay(tmp_path / "mine", overriding())
    assert "written: schemas/experiment.json" in llem("registry", "build", "--registry", "mine").stdout
    assert (tmp_path / "mine" / "schemas" / "registry" / "rules.json").is_file()
    assert llem("registry", "build", "--check", "--registry", "mine").returncode == 0
