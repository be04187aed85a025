"""What llem's own runner takes; the registry's mappings fill it."""

import attrs


@attrs.frozen(kw_only=True)
class RunnerSettings:
    """Arguments of the runner, under the names that the registry's manifest lists with their meaning."""

    prompts: str | None = None
    prompt_count: int | None = None
    synthetic_count: int | None = None
    synthetic_length: int = 1
    synthetic_seed: int = 0
    max_input_tokens: int
    batch_size: int = 1
    processes: int = 1
    warmup: bool = True
    warmup_prompts: int = 1
    warmup_until_stable: bool = False
    warmup_threshold: float = 0.05
    warmup_window: int = 3
    warmup_least: int = 1
    warmup_most: int = 1
    thermal_wait_seconds: float = 0.0
    baseline: bool = False
    baseline_seconds: float = 0.0
    python: str | None = None
    energy_meter: str | None = None
    output_folder: str | None = None
