"""Plans carried out by the real library on the embedded model, on whatever device is here."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import llem
from llem.backends.energy import Energy, Meter, find_meter
from llem.backends.measure import warm_up
from llem.backends.result import FORMAT, Result, redact
from llem.backends.result_schema import result_schema
from llem.backends.settings import RunnerSettings


pytestmark = pytest.mark.slow

QUICK: dict[str, Any] = {
    "n": 4,
    "max_output_tokens": 6,
    "precision": "fp32",
    "warmup": {"n_warmup": 1, "thermal_floor_seconds": 30},
    "baseline": {"enabled": False},
    "energy": {"backend": None},
}


def run(embedded: Path, **values: Any) -> Result:
    return llem.run(llem.load({"model": str(embedded)} | QUICK | values))


def texts(result: Result) -> list[str]:
    return [sample["output"] for sample in result.samples]


def failure(embedded: Path, **values: Any) -> llem.Diagnostic:
    with pytest.raises(llem.LlemError) as caught:
        run(embedded, **values)
    [found] = caught.value.report.diagnostics
    return found


@pytest.fixture(scope="module")
def greedy(embedded: Path) -> Result:
    return run(embedded, decoder={"preset": "deterministic"}, pytorch={"batch_size": 2})


def test_result(greedy: Result, tmp_path: Path) -> None:
    """A result says what ran, on what, and what was measured; its file is the same data."""
    assert greedy.format == FORMAT
    assert greedy.prompts == 4
    assert len(greedy.batches) == 2
    assert greedy.output_tokens == sum(batch["output_tokens"] for batch in greedy.batches) <= 24
    assert greedy.input_tokens == sum(batch["input_tokens"] for batch in greedy.batches)
    assert greedy.throughput_tokens_per_second == pytest.approx(greedy.output_tokens / greedy.span_seconds)
    assert sum(batch["latency_seconds"] for batch in greedy.batches) <= greedy.span_seconds
    for batch in greedy.batches:
        assert 0 < batch["time_to_first_token_seconds"] <= batch["latency_seconds"]
    assert greedy.process_peak_bytes > 2**20
    assert greedy.energy is None
    assert greedy.energy_reason == "switched off"
    assert greedy.warmup_prompts == 1
    assert {"torch", "transformers", "python"} <= greedy.versions.keys()
    assert greedy.registry_fingerprint == llem.load_registry().fingerprint
    assert greedy.effective["decoder.temperature"] == {"value": 0.0, "origin": "preset"}
    assert greedy.declared["decoder"] == {"preset": "deterministic"}
    assert len(greedy.samples) == 2
    path = greedy.write(tmp_path / "result.json")
    assert json.loads(path.read_text(encoding="utf-8")) == greedy.to_dict()
    assert [path] == list(tmp_path.iterdir())
    jsonschema.validate(greedy.to_dict(), result_schema())


def test_batching_changes_no_token(embedded: Path, greedy: Result) -> None:
    """Left padding is masked: one by one or in batches, greedy decoding gives the same text."""
    alone = run(embedded, decoder={"preset": "deterministic"})
    assert texts(alone)[0] == texts(greedy)[0]
    assert alone.input_tokens == greedy.input_tokens


def test_seed_decides_sampling(embedded: Path) -> None:
    """The seed is set after the warm-up, so the length of the warm-up changes nothing."""
    one = run(embedded, random_seed=3)
    same = run(embedded, random_seed=3, warmup={"enabled": False})
    other = run(embedded, random_seed=4)
    assert texts(one) == texts(same) != texts(other)


@pytest.mark.parametrize(
    "values",
    [
        {"decoder": {"preset": "deterministic"}, "pytorch": {"batch_size": 2}},
        {"random_seed": 5, "decoder": {"preset": "creative", "min_p": 0.01}, "pytorch": {"batch_size": 3}},
        {"dataset": {"n": 3, "input_len": 9, "output_len": 4}, "pytorch": {"num_beams": 2}},
        {"max_input_tokens": 7, "pytorch": {"prompt_lookup_num_tokens": 2}, "decoder": {"do_sample": False}},
    ],
    ids=["greedy", "sampled", "synthetic-beams", "lookup"],
)
def test_script_gives_the_same_tokens(embedded: Path, tmp_path: Path, values: dict[str, Any]) -> None:
    """The script of a plan runs without llem, and prints what the run generates."""
    config = llem.load({"model": str(embedded)} | QUICK | values)
    script = tmp_path / "plan.py"
    script.write_text("import sys; sys.modules['llem'] = None\n" + llem.plan(config).to_python(), encoding="utf-8")
    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
    result = llem.run(config)
    lines = printed.splitlines()
    assert lines[: len(result.samples)] == texts(result)
    assert len(lines) == result.prompts


@pytest.mark.parametrize(
    "pytorch",
    [
        {"load_in_8bit": True},
        {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "bfloat16"},
        {"num_beams": 3, "early_stopping": True, "length_penalty": 1, "no_repeat_ngram_size": 2},
        {"prompt_lookup_num_tokens": 2},
        {"cache_implementation": "static", "attn_implementation": "eager"},
        {"use_cache": False, "trust_remote_code": False},
        {"device_map": "cpu", "max_memory": {"cpu": "2GiB"}},
    ],
    ids="-".join,
)
def test_features_run(embedded: Path, pytorch: dict[str, Any]) -> None:
    """What the registry accepts, the library runs."""
    result = run(embedded, n=2, pytorch=pytorch)
    assert result.prompts == 2
    assert result.output_tokens > 0
    assert not result.notes


def test_compiled(embedded: Path) -> None:
    result = run(embedded, n=1, pytorch={"torch_compile": True, "torch_compile_backend": "eager"})
    assert result.output_tokens > 0
    assert not result.notes


def test_compilation_that_fails_falls_back(embedded: Path) -> None:
    """torch.compile may fail on a model: the run goes on without it and says so."""
    import torch

    def broken(graph: Any, inputs: Any) -> Any:
        raise RuntimeError("this backend cannot compile")

    torch._dynamo.register_backend(broken, name="broken")
    result = run(embedded, n=1, pytorch={"torch_compile": True, "torch_compile_backend": "broken"})
    assert result.output_tokens > 0
    assert "went on uncompiled" in result.notes[0]


@pytest.mark.parametrize("merge", [True, False])
def test_lora(embedded: Path, tmp_path: Path, merge: bool, greedy: Result) -> None:
    """An adapter changes what is generated; a fresh one, whose weights are zero, does not."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(embedded), LoraConfig(target_modules=["q_proj"]))
    model.save_pretrained(tmp_path / "fresh")
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=3)
    model.save_pretrained(tmp_path / "changed")
    decoder = {"preset": "deterministic"}
    found = {
        name: texts(
            run(
                embedded,
                decoder=decoder,
                pytorch={"batch_size": 2},
                lora={"adapter_path": str(tmp_path / name), "merge_weights": merge},
            )
        )
        for name in ("fresh", "changed")
    }
    assert found["fresh"] == texts(greedy) != found["changed"]


def test_several_processes(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes share the prompts; where there are fewer GPUs than processes, they run on the CPU."""
    from llem.environment import Environment, Gpu

    monkeypatch.setattr("llem.backends.run.here", lambda: Environment("pretended", (Gpu("any", 9.0, 80.0),) * 2))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    result = run(embedded, n=5, pytorch={"num_processes": 2, "batch_size": 2})
    assert result.prompts == 5
    assert sorted(batch["prompts"] for batch in result.batches) == [1, 2, 2]


def test_failing_process(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process that fails ends the run with its reason."""
    from llem.environment import Environment, Gpu

    monkeypatch.setattr("llem.backends.run.here", lambda: Environment("pretended", (Gpu("any", 9.0, 80.0),) * 2))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = failure(embedded, pytorch={"num_processes": 2, "device_map": "nowhere"})
    assert found.code == "failed"
    assert "nowhere" in found.reason


def test_prompts_of_a_file(embedded: Path, tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "one"}\n\n"two"\n{"text": "three", "id": 3}\n', encoding="utf-8")
    result = run(embedded, dataset=str(path), n=9)
    assert [sample["prompt"] for sample in result.samples][:1] == ["one"]
    assert result.prompts == 3
    assert result.notes == ("9 prompts were asked for, the dataset has 3.",)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("", "dataset-empty", "no prompt"),
        ('{"prompt": "one"}\n{"prompt": 3}\n', "dataset-not-readable", ":2"),
        ("not json\n", "dataset-not-readable", ":1"),
    ],
)
def test_prompts_that_are_none(embedded: Path, tmp_path: Path, content: str, code: str, words: str) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text(content, encoding="utf-8")
    found = failure(embedded, dataset=str(path))
    assert found.code == code
    assert words in found.message


def test_missing_package(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llem.backends.run.find_spec", lambda name: None)
    found = failure(embedded)
    assert found.code == "missing-package"
    assert "pip install" in found.resolution


@pytest.mark.parametrize("model", ["./nowhere", "models/nothing.gguf", "/no/such/folder"])
def test_missing_local_model(embedded: Path, model: str) -> None:
    found = failure(embedded, model=model)
    assert found.code == "model-not-found"
    assert model in found.message


def test_folder_that_is_no_model(embedded: Path, tmp_path: Path) -> None:
    found = failure(embedded, model=str(tmp_path))
    assert found.code == "model-not-found"
    assert "config.json" in found.reason


def test_out_of_memory(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of memory says what to make smaller."""
    import torch

    def exhausted(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", exhausted)
    found = failure(embedded)
    assert found.code == "out-of-memory"
    assert "batch_size" in found.resolution


def test_error_of_the_library(embedded: Path) -> None:
    found = failure(embedded, passthrough_kwargs={"nonsense": 1})
    assert found.code == "failed"
    assert "nonsense" in found.reason
    assert "--as python" in found.resolution


def test_what_the_machine_lacks_is_a_skip(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from llem.environment import Environment

    monkeypatch.setattr("llem.backends.run.here", lambda: Environment("pretended", (), {"transformers": "5.23.0"}))
    with pytest.raises(llem.SkippedError) as caught:
        run(embedded, pytorch={"load_in_8bit": True})
    assert [found.severity for found in caught.value.report.diagnostics] == ["skipped"]


class _Executor:
    """Answers with given latencies."""

    batch_size = 1

    def __init__(self, latencies: list[float]) -> None:
        self.latencies = iter(latencies)

    def generate(self, group: list[list[int]], *, decode: bool) -> Any:
        from llem.backends.executor import Batch

        return Batch(len(group), 1, 1, next(self.latencies), None)


@pytest.mark.parametrize(
    ("latencies", "prompts"),
    [([3, 2, 1, 1, 1, 9], 5), ([1, 1, 1, 9, 9, 9], 3), ([1, 9, 1, 9, 1, 9], 6)],
)
def test_warm_up_until_stable(latencies: list[float], prompts: int) -> None:
    """Warm-up ends when the latencies vary little, not before its least and not after its most."""
    settings = RunnerSettings(
        max_input_tokens=9, warmup_until_stable=True, warmup_window=3, warmup_least=2, warmup_most=6
    )
    assert warm_up(_Executor(latencies), [[1]], settings, lambda *_: None) == prompts  # type: ignore[arg-type]


class _FixedMeter:
    name = "fixed"
    measures_gpu = False

    def start(self) -> None: ...

    def stop(self) -> float:
        return 10.0


def test_energy(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Energy is that of the measured window, with the idle power taken off where it was measured."""
    meter: Meter = _FixedMeter()
    monkeypatch.setattr("llem.backends.measure.find_meter", lambda _: (meter, ""))
    result = run(embedded, energy={"backend": "auto"}, baseline={"enabled": True, "duration_seconds": 5})
    assert result.energy is not None
    assert result.energy["joules"] == 10.0
    assert result.energy["tokens_per_joule"] == pytest.approx(result.output_tokens / 10)
    assert result.energy["baseline_watts"] > 0
    above = Energy.of(meter, 100.0, 4.0, 50, 20.0)
    assert above.joules_above_baseline == 20.0


def test_no_meter_has_reasons() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a meter")
    meter, reason = find_meter("auto")
    assert meter is None
    assert "nvml" in reason
    assert "zeus" in reason


@pytest.mark.gpu
def test_gpu(embedded: Path) -> None:
    """On a GPU, memory and energy are measured there, and 4-bit loading runs in bf16."""
    result = run(
        embedded,
        precision="bf16",
        energy={"backend": "nvml"},
        pytorch={"load_in_4bit": True, "attn_implementation": "sdpa", "batch_size": 4},
    )
    assert result.gpu_peak_bytes
    assert result.energy is not None
    assert result.energy["joules"] > 0
    assert result.environment["gpus"]


def test_secrets_are_not_written() -> None:
    data = {"token": "hf_x", "api_key": "k", "pad_token": None, "n_tokens": 3, "inner": [{"auth_token": "x"}]}
    found = redact(data)
    assert not re.search("hf_x|'k'|'x'", str(found))
    assert found["n_tokens"] == 3


def test_weights_may_wait_on_disk(embedded: Path, tmp_path: Path) -> None:
    """A model whose weights lie on disk, and that is on no device itself, gives the same tokens."""
    offloaded = {"device_map": "auto", "max_memory": {"cpu": "200KB"}, "offload_folder": str(tmp_path)}
    greedy = {"preset": "deterministic"}
    assert texts(run(embedded, decoder=greedy, pytorch=offloaded)) == texts(run(embedded, decoder=greedy))


def test_the_model_brings_no_decoding(embedded: Path, tmp_path: Path) -> None:
    """Values of the model's generation_config.json change no token; the result says what they were."""
    folder = tmp_path / "model"
    shutil.copytree(embedded, folder)
    own = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "repetition_penalty": 5.0}
    (folder / "generation_config.json").write_text(json.dumps(own), encoding="utf-8")
    greedy = {"preset": "deterministic"}
    result = run(folder, decoder=greedy)
    assert texts(result) == texts(run(embedded, decoder=greedy))
    assert result.model_decoding == {"repetition_penalty": 5.0}


def test_results_of_one_experiment(embedded: Path) -> None:
    """What is ignored makes no other experiment; what is not does."""
    first = run(embedded, decoder={"temperature": 0.0})
    assert first.experiment == run(embedded, decoder={"do_sample": False}).experiment
    assert first.experiment != run(embedded, decoder={"temperature": 0.5}).experiment
    assert first.memory_estimate is not None
    assert first.memory_estimate["weights_bytes"] > 0
