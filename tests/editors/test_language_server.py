"""What a person sees in an editor, from the real yaml-language-server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command import command_in
from language_server import LanguageServer

from llem.registry import load_registry
from llem.registry.folders import packaged_registry
from llem.registry.kinds import KINDS


MISTAKES = Path(__file__).parent.parent / "config" / "findings" / "five-mistakes.yaml"
LLAMA_CPP = Path(__file__).parent.parent / "overlays" / "llama-cpp"


def experiment(text: str) -> str:
    return f"# yaml-language-server: $schema=schemas/experiment.json\n{text}"


def records(kind: str, text: str) -> str:
    return f"# yaml-language-server: $schema=schemas/registry/{kind}.json\n{kind}:\n  - {text}"


def test_mistakes_in_an_experiment(server: LanguageServer, golden: Callable[[str, str], None]) -> None:
    """Each mistake is marked where it stands, with the rule's own reason where there is one."""
    text = experiment(MISTAKES.read_text(encoding="utf-8").partition("\n")[2])
    found = server.diagnostics("mistakes.yaml", text)
    golden("editors/five-mistakes.txt", "".join(f"{line}: {marked}: {message}\n" for line, marked, message in found))


def test_quickstart_has_no_findings(server: LanguageServer) -> None:
    for name in ("quickstart.yaml", "experiment.yaml", "study.yaml"):
        path = packaged_registry().parent / "llem" / "examples" / name
        assert server.diagnostics(f"llem/examples/{name}", path.read_text(encoding="utf-8")) == []


def test_completion_in_an_experiment(server: LanguageServer) -> None:
    keys = server.complete("keys.yaml", experiment("model: m\n|\n"))
    assert {"pytorch", "precision", "decoder"} <= set(keys)
    inside = server.complete("inside.yaml", experiment("model: m\npytorch:\n  |\n"))
    assert {"batch_size", "attn_implementation"} <= set(inside)
    assert "tensor_parallel_size" not in inside
    values = server.complete("values.yaml", experiment("model: m\nprecision: |\n"))
    assert values == ["fp32", "fp16", "bf16"]


def test_completion_in_a_study(server: LanguageServer) -> None:
    study = "# yaml-language-server: $schema=schemas/study.json\n"
    assert {"base", "sweep", "groups", "exclude"} <= set(server.complete("study-keys.yaml", study + "|\n"))
    paths = server.complete("study-paths.yaml", f"{study}sweep:\n  |\n")
    assert {"pytorch.batch_size", "decoder.preset"} <= set(paths)
    values = server.complete("study-values.yaml", f"{study}sweep:\n  precision:\n    - |\n")
    assert {"fp32", "fp16", "bf16"} <= set(values)
    excluded = server.complete("study-exclude.yaml", f"{study}exclude:\n  - precision: |\n")
    assert {"fp32", "fp16", "bf16"} <= set(excluded)
    hover = server.hover("study-hover.yaml", f"{study}sweep:\n  pytorch.attn_impl|ementation: all\n")
    assert "Attention kernel." in hover


def test_only_the_chosen_backend_s_section_is_offered(server: LanguageServer) -> None:
    keys = server.complete("section.yaml", experiment("model: m\nbackend: vllm\n|\n"))
    assert "vllm" in keys
    assert "pytorch" not in keys


def test_hover_teaches(server: LanguageServer) -> None:
    text = server.hover("hover.yaml", experiment("model: m\npytorch:\n  attn_impl|ementation: sdpa\n"))
    assert "Attention kernel." in text
    assert "`flash_attention_2`: The package flash-attn." in text


@pytest.mark.parametrize("path", sorted(packaged_registry().rglob("*.yaml")), ids=lambda path: path.name)
def test_the_registry_has_no_findings(server: LanguageServer, path: Path) -> None:
    """Every file of records pleases the schema that its modeline names."""
    name = str(path.relative_to(packaged_registry().parent))
    assert server.diagnostics(name, path.read_text(encoding="utf-8")) == []


def test_completion_in_conditions(server: LanguageServer) -> None:
    """A condition completes the paths that exist, and the values of an enumeration."""
    paths = server.complete("paths.yaml", records("rules", "id: a\n    when:\n      |\n"))
    assert {*load_registry().parameters, "all", "any", "not"} <= set(paths)
    assert "batch_size" in paths
    values = server.complete("path.yaml", records("rules", "id: a\n    when:\n      pytorch.attn_implementation: |\n"))
    assert values[:2] == ["sdpa", "flash_attention_2"]
    severities = server.complete("severity.yaml", records("rules", "id: a\n    severity: |\n"))
    assert severities == ["error", "warning", "dormant"]


def test_completion_of_calls(server: LanguageServer) -> None:
    """A mapping completes the calls of the backends."""
    calls = server.complete("calls.yaml", records("parameters", "path: a\n    maps_to:\n      call: |\n"))
    assert {"load", "generate", "engine", "runner"} <= set(calls)


@pytest.mark.parametrize("kind", ["parameters", "rules", "exclusions", "skip_conditions", "presets", "capabilities"])
def test_mistakes_in_records(server: LanguageServer, kind: str) -> None:
    found = server.diagnostics(f"wrong-{kind}.yaml", records(kind, "sumary: x\n"))
    assert (3, "sumary", "Property sumary is not allowed.") in found
    assert any(message.startswith("Missing property") for _, _, message in found)


def test_unknown_path_in_a_condition(server: LanguageServer) -> None:
    found = server.diagnostics("unknown.yaml", records("rules", "id: a\n    when: {pytorch.bathc_size: 3}\n"))
    assert (4, "pytorch.bathc_size", "Property pytorch.bathc_size is not allowed.") in found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_keys_and_hover_of_each_kind(server: LanguageServer, kind: str) -> None:
    """Each kind of record completes its keys, each with its description."""
    modeline = f"# yaml-language-server: $schema=schemas/registry/{kind}.json\n"
    start = f"{kind}:\n  " if kind in ("registry", "backend") else f"{kind}:\n  - "
    keys = server.complete(f"{kind}.yaml", f"{modeline}{start}|\n")
    assert keys
    assert server.hover(f"{kind}.yaml", f"{modeline}{start}{keys[0][:1]}|{keys[0][1:]}: \n")


def test_a_backend_from_yaml_alone_completes(node: str, server: LanguageServer, tmp_path: Path) -> None:
    """The schemas of an overlay know its backend."""
    llem = command_in(tmp_path)
    (tmp_path / "experiment.yaml").touch()
    assert llem("init", "experiment", "mine.yaml", "--registry", LLAMA_CPP).returncode == 0
    with LanguageServer([node, *server.command[1:]], tmp_path) as other:
        keys = other.complete("mine2.yaml", experiment("model: m.gguf\nbackend: llamacpp\nllamacpp:\n  |\n"))
    assert "n_gpu_layers" in keys
