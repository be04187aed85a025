"""How fast does a study expand, as ratios to building every combination with pydantic, and to python-constraint2?

pip install -e '.[dev,benchmarks]' && python tests/benchmarks/expand.py

All list the same valid combinations; the peers know the nine rules of the requirements, written by hand, and the
constraint solver those that concern this backend. Configurations are compared with what builds objects (for the solver:
its solutions, each built with pydantic), columns with what lists values.
"""

import argparse
import itertools
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np  # noqa: F401  # its import is no part of what is timed
from constraint import Problem
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import llem


AXES: dict[str, list[Any]] = {
    "pytorch.load_in_4bit": [None, True],
    "pytorch.load_in_8bit": [None, True],
    "pytorch.bnb_4bit_quant_type": [None, "nf4", "fp4"],
    "pytorch.use_cache": [None, True, False],
    "pytorch.cache_implementation": [None, "static", "offloaded_static"],
    "pytorch.torch_compile": [None, True, False],
    "pytorch.torch_compile_mode": [None, "default", "reduce-overhead"],
    "pytorch.batch_size": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    "pytorch.attn_implementation": ["sdpa", "eager", "flash_attention_2"],
    "decoder.top_k": [10, 20, 30, 40, 50, 60],
    "precision": ["fp32", "fp16", "bf16"],
    "decoder.top_p": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "pytorch.num_beams": [1, 2, 3, 4, 5],
    "max_output_tokens": [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
    "random_seed": [1, 2, 3, 4],
}
SIZES = {"10^4": 8, "10^6": 11, "10^9": 15}
PART = 100_000


class PyTorch(BaseModel):
    """The pytorch section as one would write it by hand, with the exclusions of the requirements."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_size: int | None = Field(None, ge=1)
    attn_implementation: Literal["sdpa", "flash_attention_2", "flash_attention_3", "eager"] | None = None
    torch_compile: bool | None = None
    torch_compile_mode: str | None = None
    torch_compile_backend: str | None = None
    load_in_4bit: bool | None = None
    load_in_8bit: bool | None = None
    bnb_4bit_compute_dtype: Literal["float16", "bfloat16", "float32"] | None = None
    bnb_4bit_quant_type: Literal["nf4", "fp4"] | None = None
    bnb_4bit_use_double_quant: bool | None = None
    use_cache: bool | None = None
    cache_implementation: Literal["static", "offloaded_static", "sliding_window"] | None = None
    num_beams: int | None = Field(None, ge=1)
    early_stopping: bool | None = None
    length_penalty: float | None = None
    no_repeat_ngram_size: int | None = Field(None, ge=0)
    prompt_lookup_num_tokens: int | None = Field(None, ge=1)
    device_map: str | None = None
    max_memory: dict[int | str, str] | None = None
    revision: str | None = None
    trust_remote_code: bool | None = None
    num_processes: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def exclusions(self) -> "PyTorch":
        """Raise for the combinations that the requirements exclude."""
        if self.load_in_4bit and self.load_in_8bit:
            raise ValueError("4-bit and 8-bit quantization exclude one another")
        if (self.torch_compile_mode or self.torch_compile_backend) and self.torch_compile is not True:
            raise ValueError("torch_compile options need torch_compile")
        options = (self.bnb_4bit_compute_dtype, self.bnb_4bit_quant_type, self.bnb_4bit_use_double_quant)
        if any(option is not None for option in options) and self.load_in_4bit is not True:
            raise ValueError("4-bit options need load_in_4bit")
        if self.cache_implementation is not None and self.use_cache is False:
            raise ValueError("a cache strategy needs a cache")
        return self


class Decoder(BaseModel):
    """The decoder section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(1.0, ge=0, le=2)
    do_sample: bool = True
    top_k: int = Field(50, ge=0)
    top_p: float = Field(1.0, ge=0, le=1)
    repetition_penalty: float = Field(1.0, ge=0.1, le=10)
    min_p: float | None = Field(None, ge=0, le=1)
    min_new_tokens: int | None = Field(None, ge=1)
    preset: Literal["deterministic", "standard", "creative", "factual"] | None = None


class Experiment(BaseModel):
    """The universal fields that these studies use, and the rules that look at several sections."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1)
    backend: Literal["pytorch", "vllm", "tensorrt"] = "pytorch"
    n: int = Field(100, ge=1)
    precision: Literal["fp32", "fp16", "bf16"] = "bf16"
    random_seed: int = 42
    max_input_tokens: int = Field(512, ge=1)
    max_output_tokens: int = Field(128, ge=1)
    decoder: Decoder = Decoder()
    pytorch: PyTorch | None = None
    vllm: dict[str, Any] | None = None
    tensorrt: dict[str, Any] | None = None
    lora: dict[str, Any] | None = None
    passthrough_kwargs: dict[str, Any] | None = None

    @model_validator(mode="after")
    def sections(self) -> "Experiment":
        """Raise where sections and other fields contradict the backend."""
        for name in ("pytorch", "vllm", "tensorrt"):
            if getattr(self, name) is not None and name != self.backend:
                raise ValueError("a section of another backend")
        if self.backend == "tensorrt" and self.precision == "fp32":
            raise ValueError("TensorRT-LLM runs at lower precision")
        if self.lora is not None and ("adapter_id" in self.lora) == ("adapter_path" in self.lora):
            raise ValueError("exactly one of adapter_id and adapter_path")
        if self.passthrough_kwargs and set(self.passthrough_kwargs) & set(type(self).model_fields):
            raise ValueError("a field of its own")
        return self


def drawn(axes: dict[str, list[Any]], size: int) -> Iterator[list[Any]]:
    """Yield combinations drawn at random."""
    source = random.Random(0)
    return ([source.choice(values) for values in axes.values()] for _ in range(size))


def with_pydantic(combinations: Iterable[Any], paths: Iterable[str] = AXES) -> Iterator[Experiment]:
    """Build every combination, and keep what can be built."""
    names = [path.split(".") for path in paths]
    for values in combinations:
        data: dict[str, Any] = {"model": "embedded", "backend": "pytorch", "pytorch": {}, "decoder": {}}
        for name, value in zip(names, values, strict=True):
            (data[name[0]] if len(name) > 1 else data)[name[-1]] = value
        try:
            yield Experiment(**data)
        except ValidationError:
            continue


def with_constraints(axes: dict[str, list[Any]]) -> Problem:
    """Return the same combinations as a constraint problem."""
    problem = Problem()
    for path, values in axes.items():
        problem.addVariable(path, values)

    def add(test: Callable[..., bool], *paths: str) -> None:
        if all(path in axes for path in paths):
            problem.addConstraint(test, [*paths])

    add(lambda four, eight: not (four and eight), "pytorch.load_in_4bit", "pytorch.load_in_8bit")
    add(lambda kind, four: kind is None or four is True, "pytorch.bnb_4bit_quant_type", "pytorch.load_in_4bit")
    add(lambda kind, use: kind is None or use is not False, "pytorch.cache_implementation", "pytorch.use_cache")
    add(lambda mode, on: mode is None or on is True, "pytorch.torch_compile_mode", "pytorch.torch_compile")
    return problem


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long an action takes, and what it gives."""
    begin = time.perf_counter()
    found = action()
    return time.perf_counter() - begin, found


def length(items: Any) -> int:
    """Return the number of items of an iterator, none of which is kept."""
    return sum(1 for _ in items)


def compare(name: str) -> None:
    """Print the times for one size."""
    axes = dict(itertools.islice(AXES.items(), SIZES[name]))
    raw = math.prod(map(len, axes.values()))
    study = {"base": {"model": "embedded", "backend": "pytorch"}, "sweep": axes}
    llem.expand(study)  # the registry is loaded
    counting, grid = seconds(lambda: llem.expand(study))
    merging, unique = seconds(lambda: grid.unique_count)
    print(f"{name}: {raw:,} combinations, {grid.count:,} valid, {unique:,} different")
    print(f"  count              llem {counting * 1e3:10.1f} ms   different: {merging * 1e3:.1f} ms")
    if raw > 10**8:
        sampling, _ = seconds(lambda: grid.sample(1000))
        print(f"  sample of 1,000    llem {sampling * 1e3:10.1f} ms")
        part, _ = seconds(lambda: length(with_pydantic(drawn(axes, PART))))
        scaled = f"   (scaled from {PART:,} combinations drawn at random)"
        print(f"  product, pydantic       {part * raw / PART * 1e3:10.0f} ms{scaled}")
        return
    objects, count = seconds(lambda: length(grid))
    columns, _ = seconds(grid.columns)
    building, built = seconds(lambda: length(with_pydantic(itertools.product(*axes.values()), axes)))
    problem = with_constraints(axes)
    solving, solved = seconds(lambda: length(problem.getSolutionIter()))
    solutions = ([found[path] for path in axes] for found in problem.getSolutionIter())
    solved_and_built, built_too = seconds(lambda: length(with_pydantic(solutions, axes)))
    assert count == built == solved == built_too == grid.count
    print(f"  product, pydantic       {building * 1e3:10.1f} ms")
    print(f"  python-constraint2      {solving * 1e3:10.1f} ms   with pydantic: {solved_and_built * 1e3:.1f} ms")
    for what, ours, solver in (("configurations", objects, solved_and_built), ("columns", columns, solving)):
        ratios = (
            f"{building / ours:6.1f} times as fast as product and pydantic, {solver / ours:.1f} as python-constraint2"
        )
        print(f"  {what:<18} llem {ours * 1e3:10.1f} ms   {ratios}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", default=list(SIZES), help=", ".join(SIZES))
    for name in parser.parse_args(arguments).sizes:
        compare(name)


if __name__ == "__main__":
    main()
