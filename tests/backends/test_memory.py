"""What a run takes of memory, reckoned before it; and what a model's own files say."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import llem
from llem.backends.local_models import model_files
from llem.backends.model_files import ModelShape, read_shape
from llem.backends.plan import make_plan
from llem.backends.settings import RunnerSettings
from llem.backends.transformers_executor import TransformersExecutor
from llem.environment import Environment, Gpu
from llem.registry import Registry


SHAPE = {"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "vocab_size": 259}
GPU = Gpu("small", 8.0, 2)


def estimate(model: Path, **values: Any) -> Any:
    return llem.estimate_memory(llem.load({"model": str(model), **values}))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the config.json of a model of 7 billion weights, and nothing else."""
    config = SHAPE | {"num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32, "vocab_size": 32000}
    (tmp_path / "config.json").write_text(json.dumps(config | {"intermediate_size": 11008}), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {"precision": "fp32"},
        {"precision": "bf16"},
        {"precision": "fp16", "pytorch": {"load_in_8bit": True}},
        {"precision": "bf16", "pytorch": {"load_in_4bit": True}},
        {"precision": "bf16", "pytorch": {"load_in_4bit": True, "bnb_4bit_use_double_quant": True}},
    ],
    ids=["fp32", "bf16", "8bit", "4bit", "4bit-double"],
)
def test_weights_are_those_that_the_loaded_model_has(registry: Registry, embedded: Path, values: Any) -> None:
    """The scales of quantized layers count little in any but a tiny model; the loaded model does not count them."""
    config = llem.load({"model": str(embedded), **values})
    plan = make_plan(registry, config)
    executor = TransformersExecutor(plan, RunnerSettings(**plan.runner), embedded)
    executor.prepare()
    held = executor.model.get_memory_footprint()
    assert estimate(embedded, **values).weights_bytes == pytest.approx(held, rel=0.1)


def test_cache_grows_with_batch_length_and_beams(embedded: Path) -> None:
    """Two layers of two heads of size 64, keys and values: 512 numbers for each token of each sequence."""
    lengths = {"max_input_tokens": 10, "max_output_tokens": 6, "precision": "fp32"}
    assert estimate(embedded, **lengths).cache_bytes == 512 * 4 * 16
    assert estimate(embedded, **lengths, pytorch={"batch_size": 3}).cache_bytes == 3 * 512 * 4 * 16
    assert estimate(embedded, **lengths, pytorch={"num_beams": 4}).cache_bytes == 4 * 512 * 4 * 16
    assert estimate(embedded, **lengths, pytorch={"use_cache": False}).cache_bytes == 0


def test_weights_are_reckoned_where_only_the_shape_is_known(bare: Path) -> None:
    """Llama 2 7B has 6.74 billion weights."""
    assert estimate(bare, precision="fp16").weights_bytes == pytest.approx(2 * 6.74e9, rel=0.01)


def test_the_shape_in_other_names(registry: Registry, tmp_path: Path) -> None:
    config = {"text_config": {"n_layer": 2, "n_embd": 128, "n_head": 2, "vocab_size": 259}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    found = read_shape(registry, tmp_path)
    assert isinstance(found, ModelShape)
    assert found.cached_per_token == 512


@pytest.mark.parametrize("text", ["", "[]", "{", '{"hidden_size": "wide"}'])
def test_no_estimate_from_a_broken_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    assert estimate(tmp_path) is None
    assert llem.validate({"model": str(tmp_path)}, "t4").ok


def test_broken_weights_are_left_out(registry: Registry, embedded: Path, tmp_path: Path) -> None:
    shutil.copy(embedded / "config.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\xff\xff\xff\xff\xff\xff\xff\x7f{")
    assert isinstance(read_shape(registry, tmp_path), ModelShape)


def test_a_model_from_the_hub_is_found_where_it_was_downloaded(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / "models--some--model"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc", encoding="utf-8")
    (folder / "snapshots" / "abc").mkdir(parents=True)
    shutil.copy(bare / "config.json", folder / "snapshots" / "abc")
    assert model_files("some/model") == folder / "snapshots" / "abc"
    assert model_files("some/other") is None


def test_what_does_not_fit_is_warned_of(bare: Path) -> None:
    config = {"model": str(bare), "precision": "fp16", "max_input_tokens": 512, "max_output_tokens": 128}
    [found] = llem.validate(config, Environment("laptop", (GPU,))).diagnostics
    assert (found.code, found.severity) == ("does-not-fit", "warning")
    assert found.message == (
        "the weights alone need more than laptop has: 12.86 GiB (weights 12.55 GiB, key-value cache up to 0.31 GiB)"
    )
    assert found.reason == "laptop has 2 GiB of GPU memory."
    assert llem.validate(config, Environment("node", (GPU,) * 8)).diagnostics == ()
    assert llem.validate(config, Environment("host", (), memory_gib=8)).diagnostics[0].reason == (
        "host has 8 GiB of main memory."
    )
    one = {**config, "pytorch": {"device_map": "cuda"}}
    assert llem.validate(one, Environment("node", (GPU,) * 8)).diagnostics[0].reason == (
        "node has 2 GiB of memory of one GPU."
    )
    assert llem.validate(config, Environment("unknown", None)).diagnostics == ()


def test_a_long_cache_may_not_fit(bare: Path, tmp_path: Path) -> None:
    """What depends on the prompts is said as such, at the place of the model in the file."""
    file = tmp_path / "experiment.yaml"
    file.write_text(f"model: {bare}\nprecision: fp16\nmax_input_tokens: 8192\n", encoding="utf-8")
    [found] = llem.validate(file, Environment("one", (Gpu("middle", 8.0, 14),))).diagnostics
    assert found.message.startswith("the run may need more than one has: 16.6")
    assert found.location is not None
    assert (found.location.line, found.location.column) == (1, 8)


def test_what_a_model_brings_is_shown(embedded: Path, tmp_path: Path) -> None:
    """Decoding values in a model's own file are shown where they would change anything, and not taken."""
    shutil.copy(embedded / "config.json", tmp_path)
    own = {"temperature": 0.6, "top_p": 0.9, "num_beams": 1, "eos_token_id": 2, "transformers_version": "5.0.0"}
    (tmp_path / "generation_config.json").write_text(json.dumps(own), encoding="utf-8")
    config = {"model": str(tmp_path)}
    assert llem.validate(config).diagnostics == (), "a mapping is judged without a look at files"
    found = llem.validate(config, Environment("unknown", None)).diagnostics
    assert [(one.code, one.message) for one in found] == [
        ("model-brings-values", "the model's own generation_config.json sets temperature to 0.6"),
        ("model-brings-values", "the model's own generation_config.json sets top_p to 0.9"),
    ]
