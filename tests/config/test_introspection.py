"""What the registry knows, as programs ask for it: the tables and functions that other projects build on."""

from collections.abc import Callable

import pytest

from llem.config import introspection as api
from llem.config.ssot import DECODER_PARAM_SUPPORT, DECODING_SUPPORT, PRECISION_SUPPORT


def test_support_tables() -> None:
    decoder = {backend: set(names) for backend, names in DECODER_PARAM_SUPPORT.items()}
    assert {"temperature", "top_k", "top_p", "repetition_penalty", "min_p", "min_new_tokens"} <= decoder["pytorch"]
    assert {"temperature", "top_k", "top_p", "repetition_penalty"} <= decoder["vllm"]
    assert {"temperature", "top_k", "top_p"} <= decoder["tensorrt"]
    assert PRECISION_SUPPORT["pytorch"] == ["fp32", "fp16", "bf16"]
    assert {"fp16", "bf16"} <= set(PRECISION_SUPPORT["vllm"])
    assert PRECISION_SUPPORT["tensorrt"] == ["fp16", "bf16"]
    assert all({"greedy", "sampling"} <= set(modes) for modes in DECODING_SUPPORT.values())


def test_groups_hold_every_parameter_once() -> None:
    groups = api.get_all_params()
    assert list(groups) == ["shared", "pytorch", "vllm", "tensorrt"]
    paths = [path for group in groups.values() for path in group]
    assert sorted(paths) == sorted(api.list_all_param_paths())
    assert api.get_shared_params() == groups["shared"]
    assert api.get_backend_params("vllm") == groups["vllm"]
    assert api.get_backend_specific_params()["vllm"] == list(groups["vllm"])
    with pytest.raises(KeyError):
        api.get_backend_params("onnx")


def test_metadata() -> None:
    found = api.get_all_params()["pytorch"]["pytorch.batch_size"]
    assert found["path"] == "pytorch.batch_size"
    assert found["name"] == "batch_size"
    assert found["type_str"] == "int"
    assert found["default"] is None
    assert found["optional"] is True
    assert found["constraints"] == {"ge": 1}
    assert found["options"] is None
    assert found["backend_support"] == ["pytorch"]
    assert found["description"]


def test_test_values() -> None:
    """All of an enumeration, both booleans, a number's bounds and something between."""
    assert api.get_param_test_values("pytorch.bnb_4bit_quant_type") == ["nf4", "fp4"]
    assert set(api.get_param_test_values("pytorch.use_cache")) == {True, False}
    temperature = api.get_param_test_values("decoder.temperature")
    assert {0, 2} <= set(temperature)
    assert any(0 < value < 2 for value in temperature)
    assert api.get_param_options("pytorch.bnb_4bit_compute_dtype") == ["float16", "bfloat16", "float32"]
    assert api.get_param_options("pytorch.batch_size") is None


@pytest.mark.parametrize("path", api.list_all_param_paths())
def test_every_test_value_is_valid(path: str) -> None:
    from llem.registry import load_registry
    from llem.registry.values import problems

    for value in api.get_param_test_values(path):
        assert not list(problems(load_registry().parameters[path], value))


def test_exclusions() -> None:
    found = api.get_mutual_exclusions()
    assert "pytorch.load_in_8bit" in found["pytorch.load_in_4bit"]
    assert "pytorch.load_in_4bit" in found["pytorch.load_in_8bit"]
    for name in ("torch_compile_mode", "torch_compile_backend"):
        assert found[f"pytorch.{name}"] == ["pytorch.torch_compile=None|False"]
    for name in ("compute_dtype", "quant_type", "use_double_quant"):
        assert found[f"pytorch.bnb_4bit_{name}"] == ["pytorch.load_in_4bit=None|False"]
    assert "pytorch.use_cache=False" in found["pytorch.cache_implementation"]


def test_rules() -> None:
    rules = api.get_validation_rules()
    assert len(rules) >= 8
    assert all(rule[key] for rule in rules for key in ("backend", "combination", "reason", "resolution"))
    for words in (
        "torch_compile_mode",
        "bnb_4bit",
        "cache_implementation",
        "load_in_8bit",
        "passthrough_kwargs",
        "lora",
    ):
        assert any(words in rule["combination"] for rule in rules)


def test_skip_conditions() -> None:
    found = api.get_param_skip_conditions()
    assert found["pytorch.attn_implementation=flash_attention_3"] == ("Requires Hopper+ GPU (compute capability 9.0+)")
    assert found["pytorch.torch_compile=True"] == "May fail on some model architectures (non-fatal fallback)"
    assert found["pytorch.prompt_lookup_num_tokens"] == "Requires compatible model and sufficient prompt overlap"
    for name in ("compute_dtype", "quant_type", "use_double_quant"):
        assert found[f"pytorch.bnb_4bit_{name}"] == "Requires load_in_4bit=True and bitsandbytes package"
    for key in (
        "pytorch.attn_implementation=flash_attention_2",
        "pytorch.load_in_4bit",
        "pytorch.load_in_8bit",
        "pytorch.num_processes>1",
        "vllm.tensor_parallel_size>1",
        "tensorrt.tp_size>1",
        "vllm.quantization=fp8",
        "vllm.quantization=awq",
        "vllm.quantization=gptq",
        "tensorrt.quantization=fp8",
    ):
        assert found[key]


def test_compute_capabilities() -> None:
    ampere = {"vllm.quantization=fp8", "tensorrt.quantization=fp8", "pytorch.attn_implementation=flash_attention_2"}
    assert ampere <= set(api.get_params_requiring_gpu_capability(8.0))
    hopper = "pytorch.attn_implementation=flash_attention_3"
    assert hopper not in api.get_params_requiring_gpu_capability(8.0)
    assert ampere | {hopper} <= set(api.get_params_requiring_gpu_capability(9.0))


def test_special_models() -> None:
    found = api.get_special_test_models()
    assert {"vllm.quantization=awq", "vllm.quantization=gptq", "tensorrt.quantization=int4_awq"} <= set(found)
    assert all("/" in model for model in found.values())


def test_capabilities() -> None:
    found = api.get_backend_capabilities()
    expected: dict[str, list[bool | str]] = {
        "tensor_parallel": [False, True, True],
        "data_parallel": [True, False, False],
        "bitsandbytes_4bit": [True, False, False],
        "bitsandbytes_8bit": [True, False, False],
        "native_quantization": [False, "AWQ/GPTQ/FP8", "INT8/INT4/FP8"],
        "float16_precision": [True, True, True],
        "bfloat16_precision": [True, True, True],
        "prefix_caching": [False, True, True],
        "lora_adapters": [True, True, False],
        "torch_compile": [True, True, False],
        "beam_search": [True, False, True],
        "speculative_decoding": [True, True, True],
        "static_kv_cache": [True, False, False],
    }
    for name, cells in expected.items():
        assert list(found[name].values()) == cells, name
    assert found["float32_precision"]["pytorch"] is True
    assert found["float32_precision"]["tensorrt"] is False


def test_capability_matrix(golden: Callable[[str, str], None]) -> None:
    golden("capabilities.md", api.get_capability_matrix_markdown() + "\n")


def test_schema_is_the_experiment_schema() -> None:
    assert {"model", "backend", "decoder", "pytorch"} <= api.get_experiment_config_schema()["properties"].keys()
