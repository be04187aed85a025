"""Study files: what is wrong with one is said in one go, with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command import Llem
from configurations import studies
from hypothesis import given

import llem as library
from llem.registry import load_registry
from llem.registry.folders import packaged_registry
from llem.study.schema import study_schema


FILES = Path(__file__).parent / "files"
EXAMPLE = packaged_registry().parent / "llem" / "examples" / "study.yaml"


def codes(data: Any) -> list[str]:
    try:
        library.expand(data)
    except library.ValidationError as error:
        return [found.code for found in error.report.errors]
    return []


def test_mistakes(llem: Llem, tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    for name in ("mistakes.yaml", "not-of-a-study.yaml"):
        (tmp_path / name).write_text((FILES / name).read_text(encoding="utf-8"), encoding="utf-8")
        found = llem("study", "expand", name)
        assert found.returncode == 2
        golden(f"study/{name}.txt", found.stderr)


def test_studies_are_validated_like_experiments(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("base: {model: m}\nsweep: {n: [1, 2]}\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("base: {model: m}\nsweep: {n: [0, 2]}\n", encoding="utf-8")
    found = llem("validate", "good.yaml", "bad.yaml")
    assert found.returncode == 2
    assert "good.yaml: valid\n" in found.stdout
    assert "--> bad.yaml:2:13" in found.stdout


def test_a_base_in_a_file_of_its_own(llem: Llem, tmp_path: Path) -> None:
    """The file is looked for beside the study, and its mistakes are shown in it."""
    (tmp_path / "sweeps").mkdir()
    base = tmp_path / "sweeps" / "base.yaml"
    base.write_text("model: embedded\npytorch: {batch_size: 2}\n", encoding="utf-8")
    study = "base: base.yaml\nsweep: {precision: all}\n"
    (tmp_path / "sweeps" / "study.yaml").write_text(study, encoding="utf-8")
    listed = [
        json.loads(line) for line in llem("study", "expand", "sweeps/study.yaml", "--as", "json").stdout.splitlines()
    ]
    assert [found["precision"] for found in listed] == ["fp32", "fp16", "bf16"]
    assert all(found["pytorch"] == {"batch_size": 2} for found in listed)
    base.write_text("model: embedded\npytorch: {batch_size: no}\n", encoding="utf-8")
    assert "sweeps/base.yaml:2:23" in llem("study", "expand", "sweeps/study.yaml").stderr
    base.unlink()
    assert 'the base "base.yaml" cannot be read' in llem("study", "expand", "sweeps/study.yaml").stderr


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, ["missing-key"]),
        ({"base": {"model": "m"}, "sweep": {"n": []}}, ["out-of-range"]),
        ({"base": {"model": "m"}, "sweep": {"n": {"minimum": 1, "maximum": 9, "step": 0}}}, ["out-of-range"]),
        ({"base": {"model": "m"}, "sweep": {"n": {"minimum": 9, "maximum": 1, "step": 1}}}, ["out-of-range"]),
        ({"base": {"model": "m"}, "sweep": {"n": {"minimum": 1, "maximum": 1e9, "step": 1}}}, ["too-large"]),
        ({"base": {"model": "m"}, "sweep": {"n": {"minimum": 1, "factor": 2}}}, ["missing-key"]),
        ({"base": {"model": "m"}, "sweep": {"n": [1, True]}}, ["wrong-type"]),
        ({"base": {"model": "m"}, "groups": [{"n": 1}]}, ["wrong-type"]),
        ({"base": {"model": "m"}, "groups": {"size": [{"n": 1}]}}, ["wrong-type"]),
        ({"base": {"model": "m"}, "groups": {"empty": {}}}, ["out-of-range"]),
        ({"base": {"model": "m"}, "experiments": [{"pytorch": {"num_beams": 0}}]}, ["out-of-range"]),
        ({"base": {"model": "m"}, "experiments": [{"vllm": {}}]}, ["vllm.section-needs-its-backend"]),
        ({"base": {"model": "m"}, "sweeps": {}}, ["unknown-key"]),
        ({"base": {"model": "m"}, "time_limit": 0}, ["out-of-range"]),
        ({"base": ["model"]}, ["not-a-mapping"]),
    ],
)
def test_what_no_study_is(data: Any, expected: list[str]) -> None:
    assert codes(data) == expected


def test_ranges() -> None:
    def values(written: Any) -> list[Any]:
        return [
            found.decoder.temperature
            for found in library.expand({"base": {"model": "m"}, "sweep": {"decoder.temperature": written}})
        ]

    assert values({"minimum": 0.1, "maximum": 0.5, "step": 0.1}) == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert values({"minimum": 0.25, "maximum": 2, "factor": 2}) == [0.25, 0.5, 1.0, 2.0]
    assert values([None, 0.5]) == [1.0, 0.5], "null leaves the parameter out"


def test_values_of_another_backend_say_nothing_where_the_backend_varies() -> None:
    study = {
        "base": {"model": "m", "pytorch": {"num_beams": 2}},
        "sweep": {"backend": ["pytorch", "vllm"], "pytorch.batch_size": [1, 2], "vllm.max_num_seqs": [1, 2, 3]},
    }
    grid = library.expand(study)
    assert [(found.backend, found.to_dict()[found.backend]) for found in grid] == [
        *(("pytorch", {"num_beams": 2, "batch_size": size}) for size in (1, 2)),
        *(("vllm", {"max_num_seqs": size}) for size in (1, 2, 3)),
    ]


def test_a_listed_experiment_that_the_grid_has_is_the_same() -> None:
    study = {
        "base": {"model": "m"},
        "sweep": {"pytorch.batch_size": [1, 2, 4]},
        "experiments": [{"pytorch.batch_size": 2}, {"pytorch.num_beams": 3}, {"pytorch.num_beams": 3, "n": 100}],
    }
    grid = library.expand(study)
    assert (grid.count, grid.unique_count, grid.merged) == (6, 4, 2)
    assert len(list(grid.unique())) == 4
    assert grid[-1] == list(grid)[-1]
    assert list(grid.columns()) == ["pytorch.batch_size", "pytorch.num_beams", "n"]


def test_large_grids_are_counted_and_sampled() -> None:
    """10^12 combinations, none of which is built; samples differ, are valid, and follow the seed."""
    sizes = {"minimum": 1, "maximum": 1000, "step": 1}
    sweep = {"pytorch.batch_size": sizes, "n": sizes, "max_output_tokens": sizes, "random_seed": sizes}
    grid = library.expand(
        {
            "base": {"model": "m"},
            "sweep": sweep | {"pytorch.use_cache": [True, False], "pytorch.cache_implementation": [None, "static"]},
        }
    )
    assert (grid.combinations, grid.count) == (4 * 10**12, 3 * 10**12)
    found = grid.sample(50, seed=1)
    assert found == grid.sample(50, seed=1) != grid.sample(50, seed=2)
    assert len(set(found)) == 50
    assert all(library.validate(config.to_dict()).ok for config in found)
    assert grid[10**12] == grid[10**12 - grid.count]


@given(studies())
def test_the_schema_takes_what_the_reader_takes(data: dict[str, Any]) -> None:
    if not codes(data):
        jsonschema.validate(data, SCHEMA)


SCHEMA = study_schema(load_registry())


def test_the_schema_refuses_mistakes() -> None:
    validator = jsonschema.Draft7Validator(SCHEMA)
    for data in (
        {"base": 3},
        {"sweep": {"pytorch.batch_size": 3}},
        {"sweep": {"nothing": [1]}},
        {"order": "random"},
        {"exclude": [{"x": 1}]},
    ):
        assert not validator.is_valid(data)


def test_the_example(llem: Llem, golden: Callable[[str, str], None]) -> None:
    golden("study/example.txt", llem("study", "expand", EXAMPLE).stdout)
    golden("study/example.csv", llem("study", "expand", EXAMPLE, "--as", "csv", "--unique").stdout)
    assert len(llem("study", "expand", EXAMPLE, "--as", "json", "--sample", 5).stdout.splitlines()) == 5
    assert len(llem("study", "expand", EXAMPLE, "--as", "json", "--limit", 3).stdout.splitlines()) == 3
