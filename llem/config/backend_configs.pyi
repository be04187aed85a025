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
    python: str | None
    tokenizer: str | None
    tokenizer_mode: Literal["auto", "slow"] | None
    trust_remote_code: bool | None
    revision: str | None
    tokenizer_revision: str | None
    load_format: Literal["auto", "dummy"] | None
    engine_path: str | None
    fast_build: bool | None
    enable_build_cache: bool | None
    enable_lora: bool | None
    max_lora_rank: int | None
    max_loras: int | None
    max_cpu_loras: int | None
    tensor_parallel_size: int | None
    tp_size: int | None
    pipeline_parallel_size: int | None
    context_parallel_size: int | None
    gpus_per_node: int | None
    moe_tensor_parallel_size: int | None
    moe_expert_parallel_size: int | None
    moe_cluster_parallel_size: int | None
    enable_attention_dp: bool | None
    quantization: Literal["int8_sq", "int4_awq", "fp8", "w8a16", "w4a16", "w4a8_awq", "w8a16_gptq", "w4a16_gptq", "fp8_per_channel_per_token", "fp8_block_scales", "nvfp4"] | None
    max_batch_size: int | None
    max_num_tokens: int | None
    max_input_len: int | None
    max_seq_len: int | None
    max_beam_width: int | None
    enable_chunked_prefill: bool | None
    guided_decoding_backend: Literal["xgrammar", "llguidance"] | None
    gather_generation_logits: bool | None
    num_postprocess_workers: int | None
    kv_cache_config: TensorRTKvCacheConfig | None
    speculative_config: TensorRTSpeculativeConfig | None
    sampling: TensorRTSamplingConfig | None
    def __init__(
        self,
        *,
        python: str | None = ...,
        tokenizer: str | None = ...,
        tokenizer_mode: Literal["auto", "slow"] | None = ...,
        trust_remote_code: bool | None = ...,
        revision: str | None = ...,
        tokenizer_revision: str | None = ...,
        load_format: Literal["auto", "dummy"] | None = ...,
        engine_path: str | None = ...,
        fast_build: bool | None = ...,
        enable_build_cache: bool | None = ...,
        enable_lora: bool | None = ...,
        max_lora_rank: int | None = ...,
        max_loras: int | None = ...,
        max_cpu_loras: int | None = ...,
        tensor_parallel_size: int | None = ...,
        tp_size: int | None = ...,
        pipeline_parallel_size: int | None = ...,
        context_parallel_size: int | None = ...,
        gpus_per_node: int | None = ...,
        moe_tensor_parallel_size: int | None = ...,
        moe_expert_parallel_size: int | None = ...,
        moe_cluster_parallel_size: int | None = ...,
        enable_attention_dp: bool | None = ...,
        quantization: Literal["int8_sq", "int4_awq", "fp8", "w8a16", "w4a16", "w4a8_awq", "w8a16_gptq", "w4a16_gptq", "fp8_per_channel_per_token", "fp8_block_scales", "nvfp4"] | None = ...,
        max_batch_size: int | None = ...,
        max_num_tokens: int | None = ...,
        max_input_len: int | None = ...,
        max_seq_len: int | None = ...,
        max_beam_width: int | None = ...,
        enable_chunked_prefill: bool | None = ...,
        guided_decoding_backend: Literal["xgrammar", "llguidance"] | None = ...,
        gather_generation_logits: bool | None = ...,
        num_postprocess_workers: int | None = ...,
        kv_cache_config: TensorRTKvCacheConfig | None | Mapping[str, Any] = ...,
        speculative_config: TensorRTSpeculativeConfig | None | Mapping[str, Any] = ...,
        sampling: TensorRTSamplingConfig | None | Mapping[str, Any] = ...,
    ) -> None: ...

class TensorRTKvCacheConfig(Configuration):
    enable_block_reuse: bool | None
    max_tokens: int | None
    free_gpu_memory_fraction: float | None
    max_attention_window: tuple[int, ...] | None
    sink_token_length: int | None
    host_cache_size: int | None
    onboard_blocks: bool | None
    secondary_offload_min_priority: int | None
    enable_partial_reuse: bool | None
    copy_on_partial_reuse: bool | None
    def __init__(
        self,
        *,
        enable_block_reuse: bool | None = ...,
        max_tokens: int | None = ...,
        free_gpu_memory_fraction: float | None = ...,
        max_attention_window: tuple[int, ...] | None = ...,
        sink_token_length: int | None = ...,
        host_cache_size: int | None = ...,
        onboard_blocks: bool | None = ...,
        secondary_offload_min_priority: int | None = ...,
        enable_partial_reuse: bool | None = ...,
        copy_on_partial_reuse: bool | None = ...,
    ) -> None: ...

class TensorRTSamplingConfig(Configuration):
    n: int | None
    best_of: int | None
    use_beam_search: bool | None
    top_p_min: float | None
    top_p_decay: float | None
    beam_search_diversity_rate: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    length_penalty: float | None
    early_stopping: int | None
    no_repeat_ngram_size: int | None
    stop: tuple[str, ...] | None
    stop_token_ids: tuple[int, ...] | None
    include_stop_str_in_output: bool | None
    bad: tuple[str, ...] | None
    bad_token_ids: tuple[int, ...] | None
    ignore_eos: bool | None
    logprobs: int | None
    prompt_logprobs: int | None
    detokenize: bool | None
    skip_special_tokens: bool | None
    spaces_between_special_tokens: bool | None
    truncate_prompt_tokens: int | None
    def __init__(
        self,
        *,
        n: int | None = ...,
        best_of: int | None = ...,
        use_beam_search: bool | None = ...,
        top_p_min: float | None = ...,
        top_p_decay: float | None = ...,
        beam_search_diversity_rate: float | None = ...,
        presence_penalty: float | None = ...,
        frequency_penalty: float | None = ...,
        length_penalty: float | None = ...,
        early_stopping: int | None = ...,
        no_repeat_ngram_size: int | None = ...,
        stop: tuple[str, ...] | None = ...,
        stop_token_ids: tuple[int, ...] | None = ...,
        include_stop_str_in_output: bool | None = ...,
        bad: tuple[str, ...] | None = ...,
        bad_token_ids: tuple[int, ...] | None = ...,
        ignore_eos: bool | None = ...,
        logprobs: int | None = ...,
        prompt_logprobs: int | None = ...,
        detokenize: bool | None = ...,
        skip_special_tokens: bool | None = ...,
        spaces_between_special_tokens: bool | None = ...,
        truncate_prompt_tokens: int | None = ...,
    ) -> None: ...

class TensorRTSpeculativeConfig(Configuration):
    decoding_type: Literal["ngram", "lookahead"]
    max_draft_len: int | None
    prompt_lookup_num_tokens: int | None
    max_matching_ngram_size: int | None
    is_keep_all: bool | None
    is_use_oldest: bool | None
    is_public_pool: bool | None
    max_window_size: int | None
    max_ngram_size: int | None
    max_verification_set_size: int | None
    def __init__(
        self,
        *,
        decoding_type: Literal["ngram", "lookahead"],
        max_draft_len: int | None = ...,
        prompt_lookup_num_tokens: int | None = ...,
        max_matching_ngram_size: int | None = ...,
        is_keep_all: bool | None = ...,
        is_use_oldest: bool | None = ...,
        is_public_pool: bool | None = ...,
        max_window_size: int | None = ...,
        max_ngram_size: int | None = ...,
        max_verification_set_size: int | None = ...,
    ) -> None: ...

class VLLMCompilationConfig(Configuration):
    mode: int | None
    backend: str | None
    cudagraph_mode: Literal["NONE", "PIECEWISE", "FULL", "FULL_DECODE_ONLY", "FULL_AND_PIECEWISE"] | None
    custom_ops: tuple[str, ...] | None
    use_inductor_graph_partition: bool | None
    def __init__(
        self,
        *,
        mode: int | None = ...,
        backend: str | None = ...,
        cudagraph_mode: Literal["NONE", "PIECEWISE", "FULL", "FULL_DECODE_ONLY", "FULL_AND_PIECEWISE"] | None = ...,
        custom_ops: tuple[str, ...] | None = ...,
        use_inductor_graph_partition: bool | None = ...,
    ) -> None: ...

class VLLMConfig(Configuration):
    gpu_memory_utilization: float | None
    kv_cache_memory_bytes: int | None
    kv_cache_dtype: Literal["auto", "float16", "bfloat16", "fp8", "fp8_e4m3", "fp8_e5m2", "fp8_per_token_head", "int8_per_token_head", "int4_per_token_head", "nvfp4"] | None
    kv_cache_dtype_skip_layers: tuple[str, ...] | None
    block_size: int | None
    enable_prefix_caching: bool | None
    prefix_caching_hash_algo: Literal["sha256", "sha256_cbor", "xxhash", "xxhash_cbor"] | None
    prefix_match_unit: int | None
    num_gpu_blocks_override: int | None
    kv_sharing_fast_prefill: bool | None
    disable_sliding_window: bool | None
    disable_hybrid_kv_cache_manager: bool | None
    kv_offloading_size: float | None
    kv_offloading_backend: Literal["native", "lmcache"] | None
    enforce_eager: bool | None
    optimization_level: int | None
    performance_mode: Literal["balanced", "interactivity", "throughput"] | None
    cudagraph_capture_sizes: tuple[int, ...] | None
    max_cudagraph_capture_size: int | None
    attention_backend: Literal["FLASH_ATTN", "FLASHINFER", "TRITON_ATTN", "FLEX_ATTENTION", "FLASH_ATTN_MLA", "FLASHMLA", "FLASHINFER_MLA", "CUTLASS_MLA", "TRITON_MLA", "CPU_ATTN"] | None
    disable_cascade_attn: bool | None
    moe_backend: Literal["auto", "triton", "deep_gemm", "cutlass", "flashinfer_trtllm", "flashinfer_cutlass", "flashinfer_cutedsl", "marlin", "aiter"] | None
    linear_backend: Literal["auto", "cutlass", "flashinfer_cutlass", "flashinfer_trtllm", "marlin", "triton", "deep_gemm", "torch", "aiter", "machete", "conch", "exllama"] | None
    enable_flashinfer_autotune: bool | None
    use_fp64_gumbel: bool | None
    python: str | None
    tokenizer: str | None
    tokenizer_mode: Literal["auto", "hf", "mistral", "deepseek_v32", "deepseek_v4", "kimi_k3"] | None
    trust_remote_code: bool | None
    revision: str | None
    code_revision: str | None
    tokenizer_revision: str | None
    load_format: Literal["auto", "pt", "safetensors", "npcache", "dummy", "tensorizer", "runai_streamer", "runai_streamer_sharded", "sharded_state", "mistral"] | None
    download_dir: str | None
    safetensors_load_strategy: Literal["lazy", "eager", "prefetch", "torchao"] | None
    config_format: Literal["auto", "hf", "mistral"] | None
    model_impl: Literal["auto", "vllm", "transformers", "terratorch"] | None
    hf_overrides: Mapping[str, Any] | None
    max_model_len: int | None
    logprobs_mode: Literal["raw_logprobs", "processed_logprobs", "raw_logits", "processed_logits"] | None
    max_logprobs: int | None
    enable_lora: bool | None
    max_loras: int | None
    max_lora_rank: int | None
    max_cpu_loras: int | None
    fully_sharded_loras: bool | None
    lora_dtype: Literal["auto", "float16", "bfloat16"] | None
    lora_target_modules: tuple[str, ...] | None
    specialize_active_lora: bool | None
    offload_backend: Literal["auto", "uva", "prefetch"] | None
    cpu_offload_gb: float | None
    cpu_offload_params: tuple[str, ...] | None
    offload_group_size: int | None
    offload_num_in_group: int | None
    offload_prefetch_step: int | None
    offload_params: tuple[str, ...] | None
    tensor_parallel_size: int | None
    pipeline_parallel_size: int | None
    data_parallel_size: int | None
    decode_context_parallel_size: int | None
    prefill_context_parallel_size: int | None
    enable_expert_parallel: bool | None
    enable_eplb: bool | None
    expert_placement_strategy: Literal["linear", "round_robin"] | None
    all2all_backend: Literal["allgather_reducescatter", "deepep_high_throughput", "deepep_low_latency", "mori_high_throughput", "mori_low_latency", "nixl_ep", "flashinfer_nvlink_two_sided", "flashinfer_nvlink_one_sided", "naive", "pplx"] | None
    distributed_executor_backend: Literal["mp", "ray", "uni", "external_launcher"] | None
    disable_custom_all_reduce: bool | None
    max_parallel_loading_workers: int | None
    enable_dbo: bool | None
    dbo_decode_token_threshold: int | None
    dbo_prefill_token_threshold: int | None
    numa_bind: bool | None
    quantization: Literal["awq", "awq_marlin", "auto_awq", "gptq", "gptq_marlin", "auto_gptq", "fp8", "fp8_per_tensor", "fp8_per_block", "fp8_per_channel", "int8_per_channel_weight_only", "nvfp4_per_token", "mxfp8", "online", "fbgemm_fp8", "fp_quant", "modelopt", "modelopt_fp4", "modelopt_mxfp8", "modelopt_mixed", "compressed-tensors", "experts_int8", "moe_wna16", "quark", "torchao", "inc", "mxfp4", "gpt_oss_mxfp4", "deepseek_v4_fp8", "humming"] | None
    quantization_config: Mapping[str, Any] | None
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    max_num_scheduled_tokens: int | None
    max_num_active_seqs: int | None
    enable_chunked_prefill: bool | None
    long_prefill_token_threshold: int | None
    long_prefill_token_threshold_adaptive: bool | None
    scheduling_policy: Literal["fcfs", "priority"] | None
    async_scheduling: bool | None
    scheduler_reserve_full_isl: bool | None
    watermark: float | None
    prefill_schedule_interval: int | None
    compilation_config: VLLMCompilationConfig | None
    speculative_config: VLLMSpeculativeConfig | None
    sampling: VLLMSamplingConfig | None
    def __init__(
        self,
        *,
        gpu_memory_utilization: float | None = ...,
        kv_cache_memory_bytes: int | None = ...,
        kv_cache_dtype: Literal["auto", "float16", "bfloat16", "fp8", "fp8_e4m3", "fp8_e5m2", "fp8_per_token_head", "int8_per_token_head", "int4_per_token_head", "nvfp4"] | None = ...,
        kv_cache_dtype_skip_layers: tuple[str, ...] | None = ...,
        block_size: int | None = ...,
        enable_prefix_caching: bool | None = ...,
        prefix_caching_hash_algo: Literal["sha256", "sha256_cbor", "xxhash", "xxhash_cbor"] | None = ...,
        prefix_match_unit: int | None = ...,
        num_gpu_blocks_override: int | None = ...,
        kv_sharing_fast_prefill: bool | None = ...,
        disable_sliding_window: bool | None = ...,
        disable_hybrid_kv_cache_manager: bool | None = ...,
        kv_offloading_size: float | None = ...,
        kv_offloading_backend: Literal["native", "lmcache"] | None = ...,
        enforce_eager: bool | None = ...,
        optimization_level: int | None = ...,
        performance_mode: Literal["balanced", "interactivity", "throughput"] | None = ...,
        cudagraph_capture_sizes: tuple[int, ...] | None = ...,
        max_cudagraph_capture_size: int | None = ...,
        attention_backend: Literal["FLASH_ATTN", "FLASHINFER", "TRITON_ATTN", "FLEX_ATTENTION", "FLASH_ATTN_MLA", "FLASHMLA", "FLASHINFER_MLA", "CUTLASS_MLA", "TRITON_MLA", "CPU_ATTN"] | None = ...,
        disable_cascade_attn: bool | None = ...,
        moe_backend: Literal["auto", "triton", "deep_gemm", "cutlass", "flashinfer_trtllm", "flashinfer_cutlass", "flashinfer_cutedsl", "marlin", "aiter"] | None = ...,
        linear_backend: Literal["auto", "cutlass", "flashinfer_cutlass", "flashinfer_trtllm", "marlin", "triton", "deep_gemm", "torch", "aiter", "machete", "conch", "exllama"] | None = ...,
        enable_flashinfer_autotune: bool | None = ...,
        use_fp64_gumbel: bool | None = ...,
        python: str | None = ...,
        tokenizer: str | None = ...,
        tokenizer_mode: Literal["auto", "hf", "mistral", "deepseek_v32", "deepseek_v4", "kimi_k3"] | None = ...,
        trust_remote_code: bool | None = ...,
        revision: str | None = ...,
        code_revision: str | None = ...,
        tokenizer_revision: str | None = ...,
        load_format: Literal["auto", "pt", "safetensors", "npcache", "dummy", "tensorizer", "runai_streamer", "runai_streamer_sharded", "sharded_state", "mistral"] | None = ...,
        download_dir: str | None = ...,
        safetensors_load_strategy: Literal["lazy", "eager", "prefetch", "torchao"] | None = ...,
        config_format: Literal["auto", "hf", "mistral"] | None = ...,
        model_impl: Literal["auto", "vllm", "transformers", "terratorch"] | None = ...,
        hf_overrides: Mapping[str, Any] | None = ...,
        max_model_len: int | None = ...,
        logprobs_mode: Literal["raw_logprobs", "processed_logprobs", "raw_logits", "processed_logits"] | None = ...,
        max_logprobs: int | None = ...,
        enable_lora: bool | None = ...,
        max_loras: int | None = ...,
        max_lora_rank: int | None = ...,
        max_cpu_loras: int | None = ...,
        fully_sharded_loras: bool | None = ...,
        lora_dtype: Literal["auto", "float16", "bfloat16"] | None = ...,
        lora_target_modules: tuple[str, ...] | None = ...,
        specialize_active_lora: bool | None = ...,
        offload_backend: Literal["auto", "uva", "prefetch"] | None = ...,
        cpu_offload_gb: float | None = ...,
        cpu_offload_params: tuple[str, ...] | None = ...,
        offload_group_size: int | None = ...,
        offload_num_in_group: int | None = ...,
        offload_prefetch_step: int | None = ...,
        offload_params: tuple[str, ...] | None = ...,
        tensor_parallel_size: int | None = ...,
        pipeline_parallel_size: int | None = ...,
        data_parallel_size: int | None = ...,
        decode_context_parallel_size: int | None = ...,
        prefill_context_parallel_size: int | None = ...,
        enable_expert_parallel: bool | None = ...,
        enable_eplb: bool | None = ...,
        expert_placement_strategy: Literal["linear", "round_robin"] | None = ...,
        all2all_backend: Literal["allgather_reducescatter", "deepep_high_throughput", "deepep_low_latency", "mori_high_throughput", "mori_low_latency", "nixl_ep", "flashinfer_nvlink_two_sided", "flashinfer_nvlink_one_sided", "naive", "pplx"] | None = ...,
        distributed_executor_backend: Literal["mp", "ray", "uni", "external_launcher"] | None = ...,
        disable_custom_all_reduce: bool | None = ...,
        max_parallel_loading_workers: int | None = ...,
        enable_dbo: bool | None = ...,
        dbo_decode_token_threshold: int | None = ...,
        dbo_prefill_token_threshold: int | None = ...,
        numa_bind: bool | None = ...,
        quantization: Literal["awq", "awq_marlin", "auto_awq", "gptq", "gptq_marlin", "auto_gptq", "fp8", "fp8_per_tensor", "fp8_per_block", "fp8_per_channel", "int8_per_channel_weight_only", "nvfp4_per_token", "mxfp8", "online", "fbgemm_fp8", "fp_quant", "modelopt", "modelopt_fp4", "modelopt_mxfp8", "modelopt_mixed", "compressed-tensors", "experts_int8", "moe_wna16", "quark", "torchao", "inc", "mxfp4", "gpt_oss_mxfp4", "deepseek_v4_fp8", "humming"] | None = ...,
        quantization_config: Mapping[str, Any] | None = ...,
        max_num_seqs: int | None = ...,
        max_num_batched_tokens: int | None = ...,
        max_num_scheduled_tokens: int | None = ...,
        max_num_active_seqs: int | None = ...,
        enable_chunked_prefill: bool | None = ...,
        long_prefill_token_threshold: int | None = ...,
        long_prefill_token_threshold_adaptive: bool | None = ...,
        scheduling_policy: Literal["fcfs", "priority"] | None = ...,
        async_scheduling: bool | None = ...,
        scheduler_reserve_full_isl: bool | None = ...,
        watermark: float | None = ...,
        prefill_schedule_interval: int | None = ...,
        compilation_config: VLLMCompilationConfig | None | Mapping[str, Any] = ...,
        speculative_config: VLLMSpeculativeConfig | None | Mapping[str, Any] = ...,
        sampling: VLLMSamplingConfig | None | Mapping[str, Any] = ...,
    ) -> None: ...

class VLLMRepetitionDetectionConfig(Configuration):
    max_pattern_size: int | None
    min_pattern_size: int | None
    min_count: int | None
    def __init__(
        self,
        *,
        max_pattern_size: int | None = ...,
        min_pattern_size: int | None = ...,
        min_count: int | None = ...,
    ) -> None: ...

class VLLMSamplingConfig(Configuration):
    n: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    seed: int | None
    stop: tuple[str, ...] | None
    stop_token_ids: tuple[int, ...] | None
    ignore_eos: bool | None
    include_stop_str_in_output: bool | None
    bad_words: tuple[str, ...] | None
    allowed_token_ids: tuple[int, ...] | None
    logit_bias: Mapping[int, float] | None
    logprobs: int | None
    prompt_logprobs: int | None
    logprob_token_ids: tuple[int, ...] | None
    flat_logprobs: bool | None
    detokenize: bool | None
    skip_special_tokens: bool | None
    spaces_between_special_tokens: bool | None
    skip_reading_prefix_cache: bool | None
    thinking_token_budget: int | None
    extra_args: Mapping[str, Any] | None
    repetition_detection: VLLMRepetitionDetectionConfig | None
    structured_outputs: VLLMStructuredOutputsConfig | None
    def __init__(
        self,
        *,
        n: int | None = ...,
        presence_penalty: float | None = ...,
        frequency_penalty: float | None = ...,
        seed: int | None = ...,
        stop: tuple[str, ...] | None = ...,
        stop_token_ids: tuple[int, ...] | None = ...,
        ignore_eos: bool | None = ...,
        include_stop_str_in_output: bool | None = ...,
        bad_words: tuple[str, ...] | None = ...,
        allowed_token_ids: tuple[int, ...] | None = ...,
        logit_bias: Mapping[int, float] | None = ...,
        logprobs: int | None = ...,
        prompt_logprobs: int | None = ...,
        logprob_token_ids: tuple[int, ...] | None = ...,
        flat_logprobs: bool | None = ...,
        detokenize: bool | None = ...,
        skip_special_tokens: bool | None = ...,
        spaces_between_special_tokens: bool | None = ...,
        skip_reading_prefix_cache: bool | None = ...,
        thinking_token_budget: int | None = ...,
        extra_args: Mapping[str, Any] | None = ...,
        repetition_detection: VLLMRepetitionDetectionConfig | None | Mapping[str, Any] = ...,
        structured_outputs: VLLMStructuredOutputsConfig | None | Mapping[str, Any] = ...,
    ) -> None: ...

class VLLMSpeculativeConfig(Configuration):
    method: Literal["ngram", "ngram_gpu", "suffix", "draft_model", "eagle", "eagle3", "medusa", "mlp_speculator", "mtp"] | None
    num_speculative_tokens: int | None
    model: str | None
    prompt_lookup_max: int | None
    prompt_lookup_min: int | None
    draft_tensor_parallel_size: int | None
    suffix_decoding_max_tree_depth: int | None
    suffix_decoding_max_spec_factor: float | None
    suffix_decoding_min_token_prob: float | None
    def __init__(
        self,
        *,
        method: Literal["ngram", "ngram_gpu", "suffix", "draft_model", "eagle", "eagle3", "medusa", "mlp_speculator", "mtp"] | None = ...,
        num_speculative_tokens: int | None = ...,
        model: str | None = ...,
        prompt_lookup_max: int | None = ...,
        prompt_lookup_min: int | None = ...,
        draft_tensor_parallel_size: int | None = ...,
        suffix_decoding_max_tree_depth: int | None = ...,
        suffix_decoding_max_spec_factor: float | None = ...,
        suffix_decoding_min_token_prob: float | None = ...,
    ) -> None: ...

class VLLMStructuredOutputsConfig(Configuration):
    json: Mapping[str, Any] | None
    regex: str | None
    choice: tuple[str, ...] | None
    grammar: str | None
    json_object: bool | None
    def __init__(
        self,
        *,
        json: Mapping[str, Any] | None = ...,
        regex: str | None = ...,
        choice: tuple[str, ...] | None = ...,
        grammar: str | None = ...,
        json_object: bool | None = ...,
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
