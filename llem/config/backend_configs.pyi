"""Generated from the registry by `llem registry build`; do not edit."""

from collections.abc import Mapping
from typing import Any, Literal

from llem.config.classes import Configuration

class CacheConfig(Configuration):
    backend: Literal["quanto", "hqq", "fp8"] | None
    nbits: int | None
    axis_key: int | None
    axis_value: int | None
    q_group_size: int | None
    residual_length: int | None
    def __init__(
        self,
        *,
        backend: Literal["quanto", "hqq", "fp8"] | None = ...,
        nbits: int | None = ...,
        axis_key: int | None = ...,
        axis_value: int | None = ...,
        q_group_size: int | None = ...,
        residual_length: int | None = ...,
    ) -> None: ...

class PyTorchConfig(Configuration):
    max_cache_len: int | None
    prefill_chunk_size: int | None
    disable_compile: bool | None
    torch_compile: bool | None
    torch_compile_mode: str | None
    torch_compile_backend: str | None
    torch_compile_fullgraph: bool | None
    torch_compile_dynamic: bool | None
    torch_compile_options: Mapping[str, Any] | None
    use_cache: bool | None
    cache_implementation: Literal["static", "offloaded_static", "dynamic", "offloaded", "quantized", "dynamic_full", "sliding_window"] | None
    num_beams: int | None
    early_stopping: bool | Literal["never"] | None
    length_penalty: float | None
    no_repeat_ngram_size: int | None
    prompt_lookup_num_tokens: int | None
    attn_implementation: Literal["sdpa", "flash_attention_2", "flash_attention_3", "eager", "flex_attention"] | None
    device_map: str | None
    max_memory: Mapping[int | str, str | int] | None
    revision: str | None
    trust_remote_code: bool | None
    offload_folder: str | None
    offload_buffers: bool | None
    use_safetensors: bool | None
    variant: str | None
    subfolder: str | None
    experts_implementation: Literal["eager", "batched_mm", "grouped_mm"] | None
    use_kernels: bool | None
    local_files_only: bool | None
    encoder_repetition_penalty: float | None
    encoder_no_repeat_ngram_size: int | None
    bad_words_ids: tuple[tuple[int, ...], ...] | None
    suppress_tokens: tuple[int, ...] | None
    begin_suppress_tokens: tuple[int, ...] | None
    sequence_bias: tuple[tuple[tuple[int, ...] | float, ...], ...] | None
    forced_bos_token_id: int | None
    forced_eos_token_id: int | tuple[int, ...] | None
    renormalize_logits: bool | None
    remove_invalid_values: bool | None
    guidance_scale: float | None
    token_healing: bool | None
    load_in_4bit: bool | None
    load_in_8bit: bool | None
    bnb_4bit_compute_dtype: Literal["float16", "bfloat16", "float32"] | None
    bnb_4bit_quant_type: Literal["nf4", "fp4"] | None
    bnb_4bit_quant_storage: Literal["uint8", "int8", "float16", "bfloat16", "float32", "float64"] | None
    llm_int8_threshold: float | None
    llm_int8_skip_modules: tuple[str, ...] | None
    llm_int8_enable_fp32_cpu_offload: bool | None
    llm_int8_has_fp16_weight: bool | None
    bnb_4bit_use_double_quant: bool | None
    batch_size: int | None
    num_processes: int | None
    top_h: float | None
    typical_p: float | None
    epsilon_cutoff: float | None
    eta_cutoff: float | None
    max_matching_ngram_size: int | None
    assistant_early_exit: int | None
    use_mtp: bool | None
    min_length: int | None
    max_time: float | None
    stop_strings: tuple[str, ...] | None
    eos_token_id: int | tuple[int, ...] | None
    exponential_decay_length_penalty: tuple[float, ...] | None
    num_return_sequences: int | None
    cache_config: CacheConfig | None
    watermarking_config: WatermarkingConfig | None
    def __init__(
        self,
        *,
        max_cache_len: int | None = ...,
        prefill_chunk_size: int | None = ...,
        disable_compile: bool | None = ...,
        torch_compile: bool | None = ...,
        torch_compile_mode: str | None = ...,
        torch_compile_backend: str | None = ...,
        torch_compile_fullgraph: bool | None = ...,
        torch_compile_dynamic: bool | None = ...,
        torch_compile_options: Mapping[str, Any] | None = ...,
        use_cache: bool | None = ...,
        cache_implementation: Literal["static", "offloaded_static", "dynamic", "offloaded", "quantized", "dynamic_full", "sliding_window"] | None = ...,
        num_beams: int | None = ...,
        early_stopping: bool | Literal["never"] | None = ...,
        length_penalty: float | None = ...,
        no_repeat_ngram_size: int | None = ...,
        prompt_lookup_num_tokens: int | None = ...,
        attn_implementation: Literal["sdpa", "flash_attention_2", "flash_attention_3", "eager", "flex_attention"] | None = ...,
        device_map: str | None = ...,
        max_memory: Mapping[int | str, str | int] | None = ...,
        revision: str | None = ...,
        trust_remote_code: bool | None = ...,
        offload_folder: str | None = ...,
        offload_buffers: bool | None = ...,
        use_safetensors: bool | None = ...,
        variant: str | None = ...,
        subfolder: str | None = ...,
        experts_implementation: Literal["eager", "batched_mm", "grouped_mm"] | None = ...,
        use_kernels: bool | None = ...,
        local_files_only: bool | None = ...,
        encoder_repetition_penalty: float | None = ...,
        encoder_no_repeat_ngram_size: int | None = ...,
        bad_words_ids: tuple[tuple[int, ...], ...] | None = ...,
        suppress_tokens: tuple[int, ...] | None = ...,
        begin_suppress_tokens: tuple[int, ...] | None = ...,
        sequence_bias: tuple[tuple[tuple[int, ...] | float, ...], ...] | None = ...,
        forced_bos_token_id: int | None = ...,
        forced_eos_token_id: int | tuple[int, ...] | None = ...,
        renormalize_logits: bool | None = ...,
        remove_invalid_values: bool | None = ...,
        guidance_scale: float | None = ...,
        token_healing: bool | None = ...,
        load_in_4bit: bool | None = ...,
        load_in_8bit: bool | None = ...,
        bnb_4bit_compute_dtype: Literal["float16", "bfloat16", "float32"] | None = ...,
        bnb_4bit_quant_type: Literal["nf4", "fp4"] | None = ...,
        bnb_4bit_quant_storage: Literal["uint8", "int8", "float16", "bfloat16", "float32", "float64"] | None = ...,
        llm_int8_threshold: float | None = ...,
        llm_int8_skip_modules: tuple[str, ...] | None = ...,
        llm_int8_enable_fp32_cpu_offload: bool | None = ...,
        llm_int8_has_fp16_weight: bool | None = ...,
        bnb_4bit_use_double_quant: bool | None = ...,
        batch_size: int | None = ...,
        num_processes: int | None = ...,
        top_h: float | None = ...,
        typical_p: float | None = ...,
        epsilon_cutoff: float | None = ...,
        eta_cutoff: float | None = ...,
        max_matching_ngram_size: int | None = ...,
        assistant_early_exit: int | None = ...,
        use_mtp: bool | None = ...,
        min_length: int | None = ...,
        max_time: float | None = ...,
        stop_strings: tuple[str, ...] | None = ...,
        eos_token_id: int | tuple[int, ...] | None = ...,
        exponential_decay_length_penalty: tuple[float, ...] | None = ...,
        num_return_sequences: int | None = ...,
        cache_config: CacheConfig | None | Mapping[str, Any] = ...,
        watermarking_config: WatermarkingConfig | None | Mapping[str, Any] = ...,
    ) -> None: ...
    @property
    def is_assisted(self) -> bool: ...

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

class WatermarkingConfig(Configuration):
    greenlist_ratio: float | None
    bias: float | None
    hashing_key: int | None
    seeding_scheme: Literal["lefthash", "selfhash"] | None
    context_width: int | None
    def __init__(
        self,
        *,
        greenlist_ratio: float | None = ...,
        bias: float | None = ...,
        hashing_key: int | None = ...,
        seeding_scheme: Literal["lefthash", "selfhash"] | None = ...,
        context_width: int | None = ...,
    ) -> None: ...
