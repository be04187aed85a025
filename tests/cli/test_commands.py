"""The real command, as a user starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Llem

from llem.registry.folders import packaged_registry


VALID = "model: embedded\nn: 2\nmax_output_tokens: 4\npytorch: {batch_size: 2}\nwarmup: {n_warmup: 1}\n"


@pytest.fixture
def valid(tmp_path: Path) -> Path:
    path = tmp_path / "experiment.yaml"
    path.write_text(VALID, encoding="utf-8")
    return path


def test_validate(llem: Llem, valid: Path) -> None:
    done = llem("validate", "experiment.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "experiment.yaml: valid\n", "")


def test_validate_several_and_standard_input(llem: Llem, valid: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"model": "embedded", "n": 0}', encoding="utf-8")
    done = llem("validate", "experiment.yaml", "other.json", "-", stdin="model: embedded\n")
    assert done.returncode == 2
    assert "experiment.yaml: valid" in done.stdout
    assert "other.json: 1 error" in done.stdout
    assert "<stdin>: valid" in done.stdout


def test_validate_for_machines(llem: Llem, tmp_path: Path) -> None:
    """Standard output holds the JSON and nothing else: one object for a file, a list for several."""
    (tmp_path / "bad.yaml").write_text("model: embedded\nn: 0\n", encoding="utf-8")
    found = json.loads(llem("validate", "bad.yaml", "--format", "json").stdout)
    assert found["ok"] is False
    [diagnostic] = found["diagnostics"]
    assert {"code", "severity", "path", "message", "reason", "resolution", "location"} <= diagnostic.keys()
    assert diagnostic["location"] == {"file": "bad.yaml", "line": 2, "column": 4, "end_line": 2, "end_column": 5}
    assert len(json.loads(llem("validate", "bad.yaml", "bad.yaml", "--format", "json").stdout)) == 2
    assert llem("validate", "bad.yaml", "--format", "github").stdout.startswith("::error title=llem out-of-range,")
    assert json.loads(llem("validate", "bad.yaml", "--format", "sarif").stdout)["version"] == "2.1.0"


def test_validate_on_a_machine(llem: Llem, tmp_path: Path) -> None:
    """What a machine lacks is exit code 3: not wrong, and not for here."""
    (tmp_path / "a.yaml").write_text("model: embedded\npytorch: {attn_implementation: flash_attention_3}\n")
    (tmp_path / "mine.yaml").write_text(
        "id: mine\ngpus: {count: 1, name: H100, compute_capability: 9.0, memory_gib: 80}\n"
    )
    (tmp_path / "broken.yaml").write_text("id: mine\ngpu: 3\n")
    assert llem("validate", "a.yaml").returncode == 0
    assert llem("validate", "a.yaml", "--on", "a100-40gb").returncode == 3
    assert llem("validate", "a.yaml", "--on", "mine.yaml").returncode == 0
    done = llem("validate", "a.yaml", "--on", "broken.yaml")
    assert done.returncode == 2
    assert "broken.yaml:2:1" in done.stderr
    assert llem("validate", "a.yaml", "--on", "a100-40").returncode == 2
    assert llem("validate", "a.yaml", "--on", "nowhere.yaml").returncode == 2


def test_fail_on(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("model: embedded\ndecoder: {do_sample: false, temperature: 0.5}\n")
    codes = [llem("validate", "a.yaml", "--fail-on", name).returncode for name in ("error", "warning", "dormant")]
    assert codes == [0, 0, 2]


def test_fix(llem: Llem, tmp_path: Path) -> None:
    """Values are fixed in place, comments stay, and what was done goes to standard error."""
    path = tmp_path / "a.yaml"
    path.write_text("model: embedded  # tiny\ndecoder:\n  do_sample: false\n  temperature: 0.5\n", encoding="utf-8")
    done = llem("validate", "--fix", "a.yaml")
    assert done.returncode == 0
    assert done.stdout == "a.yaml: valid\n"
    assert "removed decoder.temperature" in done.stderr
    assert path.read_text(encoding="utf-8") == "model: embedded  # tiny\ndecoder:\n  do_sample: false\n"
    assert [path] == list(tmp_path.iterdir())
    assert llem("validate", "--fix", "-", stdin="model: a\n").returncode == 2
    assert llem("validate", "--fix", "nowhere.yaml").returncode == 2


def test_plan(llem: Llem, valid: Path) -> None:
    assert "transformers.AutoModelForCausalLM.from_pretrained(" in llem("plan", "experiment.yaml").stdout
    calls = json.loads(llem("plan", "experiment.yaml", "--as", "json").stdout)["calls"]
    assert [call["id"] for call in calls] == ["tokenizer", "load", "decoding", "seed", "generate"]
    script = llem("plan", "experiment.yaml", "--as", "python").stdout
    compile(script, "plan.py", "exec")
    assert "import llem" not in script


def test_explain(llem: Llem, golden: Callable[[str, str], None]) -> None:
    names = (
        "pytorch.attn_implementation",
        "pytorch.cache-kind-needs-cache",
        "greedy-ignores-temperature",
        "decoder",
        "decoder.is_deterministic",
        "unknown-key",
        "vllm.quantization=awq",
    )
    golden("explain.txt", "\n".join(f"$ llem explain {name}\n{llem('explain', name).stdout}" for name in names))


def test_explain_why(llem: Llem, valid: Path, golden: Callable[[str, str], None]) -> None:
    rules = ("pytorch.prompt-lookup-needs-single-prompts", "greedy-ignores-truncation", "tensorrt.no-fp32")
    done = [llem("explain", "--why", rule, "experiment.yaml") for rule in rules]
    golden("why.txt", "\n".join(each.stdout for each in done))
    assert llem("explain", "--why", "no-such-rule", "experiment.yaml").returncode == 2
    assert llem("explain", "--why", rules[0]).returncode == 2


def test_explain_unknown(llem: Llem) -> None:
    done = llem("explain", "num_beams")
    assert done.returncode == 2
    assert 'Did you mean "pytorch.num_beams"?' in done.stderr


def test_registry_check(llem: Llem, tmp_path: Path) -> None:
    assert llem("registry", "check").returncode == 0
    assert "no-registry" in llem("registry", "check", "--registry", ".").stdout
    assert llem("registry", "check", "--registry", ".").returncode == 2
    assert json.loads(llem("registry", "check", "--format", "json").stdout)["ok"] is True


def test_registry_list_and_show(llem: Llem) -> None:
    listed = llem("registry", "list", "--kind", "rules", "--backend", "pytorch").stdout
    assert "pytorch.one-bitsandbytes-width" in listed
    assert "vllm." not in listed
    assert "decoder.temperature" in llem("registry", "list", "--backend", "shared").stdout
    assert llem("registry", "list", "--kind", "nothing").returncode == 2
    shown = llem("registry", "show", "pytorch.num_beams").stdout
    assert "- path: num_beams" in shown
    assert "generation.yaml:" in shown


def test_registry_build(llem: Llem) -> None:
    """What is checked in is what the registry gives."""
    assert llem("registry", "build", "--check").stdout == "everything is current\n"


@pytest.mark.parametrize("kind", ["experiment", "study", "result", "parameters", "rules"])
def test_schema(llem: Llem, kind: str) -> None:
    printed = llem("schema", *([] if kind == "experiment" else [kind])).stdout
    name = f"{kind}.json" if kind in ("experiment", "study", "result") else f"registry/{kind}.json"
    assert printed == (packaged_registry().parent / "schemas" / name).read_text(encoding="utf-8")
    assert llem("schema", "rule").returncode == 2


def test_doctor(llem: Llem) -> None:
    done = llem("doctor")
    assert done.returncode == 0
    assert "PyTorch" in done.stdout
    assert "energy meter" in done.stdout


def test_help(llem: Llem) -> None:
    """Every command explains itself."""
    for command in (
        [],
        ["validate"],
        ["plan"],
        ["run"],
        ["explain"],
        ["schema"],
        ["doctor"],
        ["registry"],
        ["registry", "check"],
    ):
        done = llem(*command, "--help")
        assert done.returncode == 0
        assert len(done.stdout.splitlines()) > 4


def test_version(llem: Llem) -> None:
    from llem import __version__

    assert llem("--version").stdout == f"llem, version {__version__}\n"


def test_closed_pipe(valid: Path) -> None:
    """A reader that stops reading ends the command without a traceback."""
    command = f"{sys.executable} -m llem schema | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_quickstart(llem: Llem, tmp_path: Path) -> None:
    """Without a file, a tiny model runs; nothing is written."""
    done = llem("run")
    assert done.returncode == 0, done.stderr
    assert "output tokens/s" in done.stdout
    assert "output: " in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_run(llem: Llem, valid: Path, tmp_path: Path) -> None:
    done = llem("run", "experiment.yaml", "-o", "results/result.json", "--format", "json")
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "results" / "result.json").read_text(encoding="utf-8"))
    assert json.loads(done.stdout) == written
    assert written["output_tokens"] > 0
    assert written["declared"]["n"] == 2
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["result.json"]


@pytest.mark.slow
def test_run_names_its_result(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text(VALID + "output_dir: out\n", encoding="utf-8")
    done = llem("run", "experiment.yaml")
    [path] = (tmp_path / "out").iterdir()
    assert f"written: out/{path.name}" in done.stdout


@pytest.mark.slow
def test_run_that_fails(llem: Llem, tmp_path: Path) -> None:
    """Exit code 1, one message, no result."""
    (tmp_path / "experiment.yaml").write_text(VALID + "passthrough_kwargs: {nonsense: 1}\n", encoding="utf-8")
    done = llem("run", "experiment.yaml", "-o", "result.json")
    assert done.returncode == 1
    assert done.stderr.count("error[") == 1
    assert "nonsense" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["experiment.yaml"]


@pytest.mark.slow
def test_model_that_is_nowhere(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text("model: no-such-owner/no-such-model\n", encoding="utf-8")
    done = llem("run", "experiment.yaml", HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert "error[model-not-found]" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_that_cannot_write(llem: Llem, valid: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for target in ("file/result.json", "."):
        done = llem("run", "experiment.yaml", "-o", target)
        assert done.returncode == 2
        assert "unwritable-output" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_interrupted_run(tmp_path: Path) -> None:
    """Ctrl-C ends a run with 130 and without a result."""
    (tmp_path / "experiment.yaml").write_text("model: embedded\nmax_output_tokens: 2000\n", encoding="utf-8")
    command = [sys.executable, "-m", "llem", "run", "experiment.yaml", "-o", "result.json"]
    environment = {**os.environ, "NO_COLOR": "1"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        try:
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["experiment.yaml"]


def test_validate_for_a_version(llem: Llem, tmp_path: Path) -> None:
    text = "model: embedded\npytorch: {cache_implementation: dynamic_full}\n"
    (tmp_path / "old.yaml").write_text(text, encoding="utf-8")
    assert llem("validate", "old.yaml", "--with", "transformers==5.14.1").stdout == "old.yaml: valid\n"
    done = llem("validate", "old.yaml", "--with", "transformers==5.15.1")
    assert done.returncode == 2
    assert "error[not-in-this-version]" in done.stdout
    assert "Write dynamic instead." in done.stdout
    wrong = llem("validate", "old.yaml", "--with", "transformers")
    assert wrong.returncode == 2
    assert "--with takes a name and a version" in wrong.stderr


def test_plan_as_effective(llem: Llem, tmp_path: Path) -> None:
    text = "model: embedded\ndecoder: {do_sample: false, top_k: 5}\npytorch: {num_beams: 1, max_cache_len: 64}\n"
    (tmp_path / "full.yaml").write_text(text, encoding="utf-8")
    assert llem("plan", "full.yaml", "--as", "effective").stdout.splitlines() == [
        "decoder:",
        "  do_sample: false",
        "model: embedded",
    ]
