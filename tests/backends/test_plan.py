"""From a configuration to the ordered library calls."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import llem
from llem.backends.plan import Plan
from llem.backends.show import plan_text


CASES = sorted((Path(__file__).parent / "plans").glob("*.yaml"))


def plan_of(**values: Any) -> Plan:
    return llem.plan(llem.load({"model": "embedded"} | values))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_plan_as_text(case: Path, golden: Callable[[str, str], None]) -> None:
    """The plan that `llem plan` shows; it hides what looks like a secret."""
    text = plan_text(llem.plan(llem.load(case)))
    golden(f"plans/{case.stem}.txt", text + "\n")
    assert "hf_secret" not in text


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_plan_as_python(case: Path, golden: Callable[[str, str], None]) -> None:
    """The script that `llem plan --as python` prints, without the prompts and recipes that it carries along."""
    config = llem.load(case).to_dict()
    config.setdefault("n", 2)
    script = llem.plan(llem.load(config)).to_python()
    compile(script, case.name, "exec")
    golden(f"plans/{case.stem}.py.txt", script)


def test_null_is_not_passed() -> None:
    assert plan_of(pytorch={"use_cache": None}).generate_kwargs == plan_of().generate_kwargs
    assert "use_cache" not in plan_of().generate_kwargs
    assert plan_of(pytorch={"use_cache": False}).generate_kwargs["use_cache"] is False


def test_integers_become_the_floats_that_the_library_wants() -> None:
    """transformers raises on an integer temperature, repetition_penalty or length_penalty."""
    plan = plan_of(decoder={"temperature": 2, "repetition_penalty": 2}, pytorch={"num_beams": 2, "length_penalty": 2})
    for name in ("temperature", "repetition_penalty", "length_penalty"):
        assert type(plan.generate_kwargs[name]) is float


@pytest.mark.parametrize(
    "decoder", [{"temperature": 0}, {"do_sample": False, "temperature": 0.7}, {"preset": "deterministic"}]
)
def test_greedy_passes_nothing_of_sampling(decoder: dict[str, Any]) -> None:
    kwargs = plan_of(decoder={**decoder, "top_k": 5, "top_p": 0.5, "min_p": 0.1}).generate_kwargs
    assert kwargs["do_sample"] is False
    assert not {"temperature", "top_k", "top_p", "min_p"} & kwargs.keys()


def test_passthrough_comes_last() -> None:
    kwargs = plan_of(passthrough_kwargs={"low_cpu_mem_usage": True}, pytorch={"revision": "main"}).load_kwargs
    assert list(kwargs)[-1] == "low_cpu_mem_usage"


def test_calls_by_name() -> None:
    """Each call's arguments are an attribute, empty for a call that the plan leaves out."""
    plan = plan_of(pytorch={"load_in_8bit": True})
    assert plan.quantization_kwargs == {"load_in_8bit": True}
    assert plan.compile_kwargs == {}
    assert [call.id for call in plan.calls] == ["tokenizer", "quantization", "load", "decoding", "seed", "generate"]
    with pytest.raises(AttributeError):
        _ = plan.engine_kwargs


def test_effective_values_know_their_origin() -> None:
    effective = plan_of(decoder={"preset": "creative", "top_p": 0.5}, pytorch={"batch_size": 2}).effective
    assert effective["decoder.top_p"] == (0.5, "written")
    assert effective["decoder.temperature"] == (0.8, "preset")
    assert effective["decoder.top_k"] == (50, "default")
    assert effective["pytorch.num_beams"] == (1, "library")
    assert effective["pytorch.revision"] == ("main", "library")
    assert effective["pytorch.subfolder"] == ("", "library")
    assert effective["pytorch.variant"] == (None, "")
    assert not any(path.startswith("vllm.") for path in effective)


def test_synthetic_prompts_fix_the_length() -> None:
    """Synthetic prompts generate exactly output_len tokens."""
    kwargs = plan_of(dataset={"n": 2, "input_len": 8, "output_len": 5}).generate_kwargs
    assert (kwargs["min_new_tokens"], kwargs["max_new_tokens"]) == (5, 5)
