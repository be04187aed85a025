"""Generated from the registry by `llem registry build`; do not edit."""

from collections.abc import Mapping
from typing import Any, Literal

from llem.config.classes import Configuration

class PyTorchConfig(Configuration):
    torch_compile: bool | None
    torch_compile_mode: str | None
    torch_compile_backend: str | None
    use_cache: bool | None
    cache_implementation: Literal["static", "offloaded_static", "sliding_window"] | None
    num_beams: int | None
    early_stopping: bool | None
    length_penalty: float | None
    no_repeat_ngram_size: int | None
    prompt_lookup_num_tokens: int | None
    attn_implementation: Literal["sdpa", "flash_attention_2", "flash_attention_3", "eager"] | None
    device_map: str | None
    max_memory: Mapping[int | str, str | int] | None
    revision: str | None
    trust_remote_code: bool | None
    load_in_4bit: bool | None
    load_in_8bit: bool | None
    bnb_4bit_compute_dtype: Literal["float16", "bfloat16", "float32"] | None
    bnb_4bit_quant_type: Literal["nf4", "fp4"] | None
    bnb_4bit_use_double_quant: bool | None
    batch_size: int | None
    num_processes: int | None
    def __init__(
        self,
        *,
        torch_compile: bool | None = ...,
        torch_compile_mode: str | None = ...,
        torch_compile_backend: str | None = ...,
        use_cache: bool | None = ...,
        cache_implementation: Literal["static", "offloaded_static", "sliding_window"] | None = ...,
        num_beams: int | None = ...,
        early_stopping: bool | None = ...,
        length_penalty: float | None = ...,
        no_repeat_ngram_size: int | None = ...,
        prompt_lookup_num_tokens: int | None = ...,
        attn_implementation: Literal["sdpa", "flash_attention_2", "flash_attention_3", "eager"] | None = ...,
        device_map: str | None = ...,
        max_memory: Mapping[int | str, str | int] | None = ...,
        revision: str | None = ...,
        trust_remote_code: bool | None = ...,
        load_in_4bit: bool | None = ...,
        load_in_8bit: bool | None = ...,
        bnb_4bit_compute_dtype: Literal["float16", "bfloat16", "float32"] | None = ...,
        bnb_4bit_quant_type: Literal["nf4", "fp4"] | None = ...,
        bnb_4bit_use_double_quant: bool | None = ...,
        batch_size: int | None = ...,
        num_processes: int | None = ...,
    ) -> None: ...

class TensorRTConfig(Configuration):
    max_batch_size: int | None
    tp_size: int | None
    quantization: Literal["int8_sq", "int4_awq", "fp8"] | None
    engine_path: str | None
    def __init__(
        self,
        *,
        max_batch_size: int | None = ...,
        tp_size: int | None = ...,
        quantization: Literal["int8_sq", "int4_awq", "fp8"] | None = ...,
        engine_path: str | None = ...,
    ) -> None: ...

class VLLMConfig(Configuration):
    max_num_seqs: int | None
    tensor_parallel_size: int | None
    gpu_memory_utilization: float | None
    enable_prefix_caching: bool | None
    quantization: Literal["awq", "gptq", "fp8"] | None
    def __init__(
        self,
        *,
        max_num_seqs: int | None = ...,
        tensor_parallel_size: int | None = ...,
        gpu_memory_utilization: float | None = ...,
        enable_prefix_caching: bool | None = ...,
        quantization: Literal["awq", "gptq", "fp8"] | None = ...,
    ) -> None: ...
