"""Generated from the registry by `llem registry build`; do not edit."""

from collections.abc import Mapping
from typing import Any, Literal

from llem.config.classes import Configuration
from llem.config.backend_configs import PyTorchConfig, TensorRTConfig, VLLMConfig

class BaselineConfig(Configuration):
    enabled: bool
    duration_seconds: float
    def __init__(
        self,
        *,
        enabled: bool = ...,
        duration_seconds: float = ...,
    ) -> None: ...

class DecoderConfig(Configuration):
    preset: Literal["deterministic", "standard", "creative", "factual"] | None
    temperature: float
    do_sample: bool
    top_k: int
    top_p: float
    repetition_penalty: float
    min_p: float | None
    min_new_tokens: int | None
    def __init__(
        self,
        *,
        preset: Literal["deterministic", "standard", "creative", "factual"] | None = ...,
        temperature: float = ...,
        do_sample: bool = ...,
        top_k: int = ...,
        top_p: float = ...,
        repetition_penalty: float = ...,
        min_p: float | None = ...,
        min_new_tokens: int | None = ...,
    ) -> None: ...
    @property
    def is_deterministic(self) -> bool: ...

class EnergyConfig(Configuration):
    backend: Literal["auto", "nvml", "zeus", "codecarbon"] | None
    def __init__(
        self,
        *,
        backend: Literal["auto", "nvml", "zeus", "codecarbon"] | None = ...,
    ) -> None: ...

class ExperimentConfig(Configuration):
    model: str
    backend: Literal["pytorch", "vllm", "tensorrt"]
    n: int
    dataset: SyntheticDatasetConfig | str
    precision: Literal["fp32", "fp16", "bf16"]
    random_seed: int
    max_input_tokens: int
    max_output_tokens: int
    passthrough_kwargs: Mapping[str, Any] | None
    output_dir: str | None
    decoder: DecoderConfig
    warmup: WarmupConfig
    baseline: BaselineConfig
    energy: EnergyConfig
    lora: LoRAConfig | None
    pytorch: PyTorchConfig | None
    vllm: VLLMConfig | None
    tensorrt: TensorRTConfig | None
    def __init__(
        self,
        *,
        model: str,
        backend: Literal["pytorch", "vllm", "tensorrt"] = ...,
        n: int = ...,
        dataset: SyntheticDatasetConfig | str | Mapping[str, Any] = ...,
        precision: Literal["fp32", "fp16", "bf16"] = ...,
        random_seed: int = ...,
        max_input_tokens: int = ...,
        max_output_tokens: int = ...,
        passthrough_kwargs: Mapping[str, Any] | None = ...,
        output_dir: str | None = ...,
        decoder: DecoderConfig | Mapping[str, Any] = ...,
        warmup: WarmupConfig | Mapping[str, Any] = ...,
        baseline: BaselineConfig | Mapping[str, Any] = ...,
        energy: EnergyConfig | Mapping[str, Any] = ...,
        lora: LoRAConfig | None | Mapping[str, Any] = ...,
        pytorch: PyTorchConfig | None | Mapping[str, Any] = ...,
        vllm: VLLMConfig | None | Mapping[str, Any] = ...,
        tensorrt: TensorRTConfig | None | Mapping[str, Any] = ...,
    ) -> None: ...

class LoRAConfig(Configuration):
    adapter_id: str | None
    adapter_path: str | None
    merge_weights: bool
    def __init__(
        self,
        *,
        adapter_id: str | None = ...,
        adapter_path: str | None = ...,
        merge_weights: bool = ...,
    ) -> None: ...

class SyntheticDatasetConfig(Configuration):
    n: int
    input_len: int
    output_len: int
    seed: int
    def __init__(
        self,
        *,
        n: int,
        input_len: int = ...,
        output_len: int = ...,
        seed: int = ...,
    ) -> None: ...

class WarmupConfig(Configuration):
    enabled: bool
    n_warmup: int
    thermal_floor_seconds: float
    convergence_detection: bool
    cv_threshold: float
    max_prompts: int
    window_size: int
    min_prompts: int
    def __init__(
        self,
        *,
        enabled: bool = ...,
        n_warmup: int = ...,
        thermal_floor_seconds: float = ...,
        convergence_detection: bool = ...,
        cv_threshold: float = ...,
        max_prompts: int = ...,
        window_size: int = ...,
        min_prompts: int = ...,
    ) -> None: ...
