"""The classes of the backends' sections and of experiments: fields, ranges, choices, cross-field rules."""

import copy
import pickle
from typing import Any

import attrs
import pytest

import llem
from llem.config.backend_configs import PyTorchConfig, TensorRTConfig, VLLMConfig
from llem.config.models import DecoderConfig, ExperimentConfig, LoRAConfig


def codes(error: llem.ValidationError) -> set[str]:
    return {found.code for found in error.report.errors}


def rejected(cls: Any, **values: Any) -> set[str]:
    with pytest.raises(llem.ValidationError) as caught:
        cls(**values)
    return codes(caught.value)


@pytest.mark.parametrize("cls", [PyTorchConfig, VLLMConfig, TensorRTConfig])
def test_everything_is_null_by_default(cls: Any) -> None:
    """Null means: leave it to the library."""
    config = cls()
    names = [field.name for field in attrs.fields(cls) if not field.name.startswith("_")]
    assert names
    assert all(getattr(config, name) is None for name in names)


@pytest.mark.parametrize("name", ["batch_size", "num_beams", "num_processes", "prompt_lookup_num_tokens"])
def test_counts_are_at_least_one(name: str) -> None:
    assert getattr(PyTorchConfig(**{name: 1}), name) == 1
    assert rejected(PyTorchConfig, **{name: 0}) == {"out-of-range"}
    assert rejected(PyTorchConfig, **{name: True}) == {"wrong-type"}
    assert rejected(PyTorchConfig, **{name: "2"}) == {"wrong-type"}


def test_ngram_size_may_be_zero() -> None:
    assert PyTorchConfig(no_repeat_ngram_size=0).no_repeat_ngram_size == 0
    assert rejected(PyTorchConfig, no_repeat_ngram_size=-1) == {"out-of-range"}


@pytest.mark.parametrize(
    ("name", "choices", "beside"),
    [
        ("attn_implementation", ["sdpa", "flash_attention_2", "flash_attention_3", "eager"], {}),
        ("bnb_4bit_compute_dtype", ["float16", "bfloat16", "float32"], {"load_in_4bit": True}),
        ("bnb_4bit_quant_type", ["nf4", "fp4"], {"load_in_4bit": True}),
        ("cache_implementation", ["static", "offloaded_static", "sliding_window"], {}),
    ],
)
def test_choices(name: str, choices: list[str], beside: dict[str, Any]) -> None:
    for choice in choices:
        assert getattr(PyTorchConfig(**{name: choice}, **beside), name) == choice
    assert rejected(PyTorchConfig, **{name: "other"}, **beside) == {"not-a-choice"}


@pytest.mark.parametrize("name", ["torch_compile_mode", "torch_compile_backend", "device_map", "revision"])
def test_open_strings(name: str) -> None:
    assert getattr(PyTorchConfig(**{name: "anything"}, torch_compile=True), name) == "anything"


@pytest.mark.parametrize("value", [True, False, None])
@pytest.mark.parametrize(
    "name", ["torch_compile", "load_in_4bit", "load_in_8bit", "use_cache", "early_stopping", "trust_remote_code"]
)
def test_booleans(name: str, value: bool | None) -> None:
    assert getattr(PyTorchConfig(**{name: value}), name) is value


@pytest.mark.parametrize("value", [1, 0, "true", []])
def test_no_booleans(value: Any) -> None:
    assert rejected(PyTorchConfig, use_cache=value) == {"wrong-type"}


def test_device_indices_survive_json() -> None:
    """JSON has string keys only; digits become device indices again."""
    config = PyTorchConfig(max_memory={0: "10GiB", "cpu": "50GiB"})
    assert config.max_memory == {0: "10GiB", "cpu": "50GiB"}
    again = PyTorchConfig.from_json(config.to_json())
    assert again == config
    assert list(again.max_memory) == [0, "cpu"]


def test_unknown_field() -> None:
    with pytest.raises(llem.ValidationError, match='Did you mean "num_beams"'):
        PyTorchConfig(num_beam=2)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"load_in_4bit": True, "load_in_8bit": True}, "pytorch.one-bitsandbytes-width"),
        ({"torch_compile_mode": "default"}, "pytorch.compile-options-need-compile"),
        ({"torch_compile": False, "torch_compile_backend": "eager"}, "pytorch.compile-options-need-compile"),
        ({"bnb_4bit_quant_type": "nf4"}, "pytorch.4bit-options-need-4bit"),
        ({"bnb_4bit_compute_dtype": "float16", "load_in_8bit": True}, "pytorch.4bit-options-need-4bit"),
        ({"bnb_4bit_use_double_quant": True, "load_in_4bit": False}, "pytorch.4bit-options-need-4bit"),
        ({"cache_implementation": "static", "use_cache": False}, "pytorch.cache-kind-needs-cache"),
    ],
)
def test_excluded_together(values: dict[str, Any], rule: str) -> None:
    assert rejected(PyTorchConfig, **values) == {rule}


@pytest.mark.parametrize(
    "values",
    [
        {"load_in_4bit": True},
        {"load_in_8bit": True},
        {"load_in_4bit": True, "load_in_8bit": False},
        {"torch_compile": True, "torch_compile_mode": "max-autotune", "torch_compile_backend": "inductor"},
        {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True},
        {"cache_implementation": "static"},
        {"cache_implementation": "static", "use_cache": None},
        {"cache_implementation": "static", "use_cache": True},
        {"use_cache": False},
    ],
)
def test_allowed_together(values: dict[str, Any]) -> None:
    assert PyTorchConfig(**values).to_dict() == values


def test_decoder() -> None:
    """Defaults are values; the fields without one are null."""
    decoder = DecoderConfig()
    assert (decoder.temperature, decoder.do_sample, decoder.top_k, decoder.top_p) == (1.0, True, 50, 1.0)
    assert decoder.repetition_penalty == 1.0
    assert decoder.min_p is None
    assert decoder.min_new_tokens is None
    assert not decoder.is_deterministic


@pytest.mark.parametrize("value", [0, 0.0, 0.5, 1])
def test_min_p_within(value: float) -> None:
    assert DecoderConfig(min_p=value).min_p == value


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_min_p_outside(value: float) -> None:
    assert rejected(DecoderConfig, min_p=value)


def test_min_new_tokens() -> None:
    assert DecoderConfig(min_new_tokens=1).min_new_tokens == 1
    assert rejected(DecoderConfig, min_new_tokens=0) == {"out-of-range"}


@pytest.mark.parametrize(
    ("preset", "values"),
    [
        ("deterministic", {"temperature": 0.0, "do_sample": False}),
        ("standard", {"temperature": 1.0, "do_sample": True, "top_p": 0.95}),
        ("creative", {"temperature": 0.8, "do_sample": True, "top_p": 0.9, "repetition_penalty": 1.1}),
        ("factual", {"temperature": 0.3, "do_sample": True}),
    ],
)
def test_presets(preset: str, values: dict[str, Any]) -> None:
    """A preset fills its fields, leaves the others, and gives way to what is written beside it."""
    decoder = DecoderConfig(preset=preset)
    assert values == {name: getattr(decoder, name) for name in values}
    assert decoder.min_p is None
    assert decoder.min_new_tokens is None
    assert decoder.is_deterministic is (preset == "deterministic")
    assert DecoderConfig(preset=preset, top_p=0.5, do_sample=True).top_p == 0.5


def test_deterministic() -> None:
    assert DecoderConfig(temperature=0).is_deterministic
    assert DecoderConfig(do_sample=False).is_deterministic


@pytest.mark.parametrize("quantization", ["awq", "gptq", "fp8"])
def test_vllm(quantization: str) -> None:
    config = VLLMConfig(quantization=quantization, max_num_seqs=8, gpu_memory_utilization=0.9)
    assert config.quantization == quantization
    assert rejected(VLLMConfig, quantization="int3") == {"not-a-choice"}
    assert rejected(VLLMConfig, gpu_memory_utilization=0.05) == {"out-of-range"}
    assert rejected(VLLMConfig, load_in_4bit=True) == {"unknown-key"}


@pytest.mark.parametrize("quantization", ["int8_sq", "int4_awq", "fp8"])
def test_tensorrt(quantization: str) -> None:
    config = TensorRTConfig(quantization=quantization, tp_size=2, engine_path="engines/a")
    assert config.engine_path == "engines/a"
    assert rejected(TensorRTConfig, quantization="awq") == {"not-a-choice"}
    assert rejected(TensorRTConfig, load_in_8bit=True) == {"unknown-key"}


FULL: dict[str, Any] = {
    "model": "some/model",
    "backend": "pytorch",
    "n": 10,
    "dataset": {"n": 5, "input_len": 64, "output_len": 16, "seed": 1},
    "precision": "fp16",
    "random_seed": 7,
    "max_input_tokens": 64,
    "decoder": {"preset": "creative", "min_p": 0.1, "min_new_tokens": 2},
    "warmup": {"n_warmup": 2, "thermal_floor_seconds": 30},
    "baseline": {"enabled": False},
    "energy": {"backend": None},
    "pytorch": {
        "batch_size": 2,
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "max_memory": {0: "10GiB", "cpu": "50GiB"},
        "torch_compile": True,
        "torch_compile_mode": "default",
    },
    "lora": {"adapter_id": "some/adapter", "merge_weights": True},
    "passthrough_kwargs": {"low_cpu_mem_usage": True, "nested": {"a": [1, 2.5, None]}},
    "output_dir": "results",
}


def test_experiment_takes_a_full_section() -> None:
    config = ExperimentConfig(model="embedded", pytorch=PyTorchConfig(batch_size=4))
    assert config.pytorch.batch_size == 4
    assert config == ExperimentConfig(model="embedded", pytorch={"batch_size": 4})


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"backend": "vllm", "pytorch": {"batch_size": 1}}, "pytorch.section-needs-its-backend"),
        ({"tensorrt": {}}, "tensorrt.section-needs-its-backend"),
        ({"passthrough_kwargs": {"max_output_tokens": 3}}, "passthrough-names-no-field"),
        ({"passthrough_kwargs": {"pytorch": {}}}, "passthrough-names-no-field"),
        ({"backend": "tensorrt", "precision": "fp32"}, "tensorrt.no-fp32"),
        ({"backend": "vllm", "vllm": {"load_in_8bit": True}}, "unknown-key"),
        ({"lora": {}}, "lora-has-one-source"),
        ({"lora": {"adapter_id": "a", "adapter_path": "b"}}, "lora-has-one-source"),
        ({"n": 0}, "out-of-range"),
        ({"baseline": {"duration_seconds": 121}}, "out-of-range"),
        ({"warmup": {"cv_threshold": 0.6}}, "out-of-range"),
        ({"model": ""}, "out-of-range"),
        ({"dataset": {"input_len": 3}}, "missing-key"),
    ],
)
def test_experiment_rejects(values: dict[str, Any], code: str) -> None:
    assert code in rejected(ExperimentConfig, **{"model": "embedded"} | values)


def test_model_is_required() -> None:
    assert rejected(ExperimentConfig) == {"missing-key"}


def test_round_trips() -> None:
    """A full configuration survives JSON, pickling and copying, and is hashable."""
    config = ExperimentConfig(**FULL)
    for again in (ExperimentConfig.from_json(config.to_json()), pickle.loads(pickle.dumps(config)), copy.copy(config)):
        assert again == config
        assert hash(again) == hash(config)
        assert again.pytorch.max_memory == {0: "10GiB", "cpu": "50GiB"}
    assert config.to_dict() == FULL


def test_frozen() -> None:
    config = ExperimentConfig(model="embedded")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        config.n = 3
    assert LoRAConfig(adapter_id="a").merge_weights is False


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(llem.ValidationError) as caught:
        ExperimentConfig(model=3, n=0, pytorch={"num_beam": 2, "load_in_4bit": True, "load_in_8bit": True})
    assert codes(caught.value) == {"wrong-type", "out-of-range", "unknown-key", "pytorch.one-bitsandbytes-width"}
