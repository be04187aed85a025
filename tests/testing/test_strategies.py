"""What llem gives to the tests of others."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llem
from llem.registry import Registry, load_registry
from llem.testing import conditions, configs, registries, violations_of
from llem.testing.checks import (  # noqa: F401  # the proofs have tests of their own
    test_a_rule_is_broken_alone,
    test_an_effective_form_is_its_own,
    test_the_schema_is_no_stricter,
    test_valid_configurations_have_plans,
)
from llem.testing.configs import _parts


LLAMA_CPP = Path(__file__).parent.parent / "overlays" / "llama-cpp"


@given(configs())
def test_valid_ones_are_valid(data: dict[str, Any]) -> None:
    assert llem.validate(data).ok


@given(configs(valid=False))
def test_others_have_values_of_their_types(data: dict[str, Any]) -> None:
    """What is wrong with them rules say, or a section's missing key."""
    codes = {found.code for found in llem.validate(data).errors}
    assert codes <= {*load_registry().check_records(), "missing-key"}


@pytest.mark.parametrize("backend", load_registry().backends)
def test_no_value_is_out_of_reach(backend: str) -> None:
    """Strategies that draw only what is easy would test only that."""
    registry = load_registry()
    for path, parameter in registry.parameters.items():
        for choice in parameter.choices or () if registry.section_of(path) == backend else ():
            assert any(part.values.get(path) == choice for part in _parts(registry, backend).of(valid=True)), choice


def test_conditions_of_every_kind() -> None:
    """Each operator is drawn, and references to other parameters."""
    drawn: list[str] = []

    @settings(max_examples=500, database=None)
    @given(conditions())
    def draw(data: dict[str, Any]) -> None:
        drawn.append(str(data))

    draw()
    wanted = ["minimum", "multiple_of", "pattern", "contains", "has_any_key", "set", "parameter", "any", "all", "not"]
    assert [name for name in wanted if not any(f"'{name}'" in text for text in drawn)] == []


@settings(max_examples=20)
@given(registries(), st.data())
def test_small_registries_stand_alone(registry: Registry, data: st.DataObject) -> None:
    """A rule of theirs is broken by what its strategy draws."""
    assert list(registry.backends) == ["toy"]
    for name, check in registry.check_records().items():
        if check.record is not None:
            drawn = data.draw(violations_of(name, registry=registry))
            assert name in {found.code for found in llem.validate(drawn, registry=registry).errors}


def test_what_there_is_not() -> None:
    with pytest.raises(ValueError, match='no backend "nothing"'):
        configs(backend="nothing")
    with pytest.raises(ValueError, match='no rule "nothing"'):
        violations_of("nothing")
    with pytest.raises(ValueError, match="finds nothing in the newest version"):
        violations_of("pytorch.assistance-needs-a-growing-cache")


def test_a_project_tests_its_own_registry(tmp_path: Path) -> None:
    """The plugin, as another project meets it: an overlay with a backend of its own."""
    (tmp_path / "test_ours.py").write_text("from llem.testing.checks import *\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "llamacpp", "test_ours.py"]
    done = subprocess.run(
        [*command, f"--llem-registry={LLAMA_CPP}"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "test_a_rule_is_broken_alone" not in done.stdout
    assert " passed" in done.stdout


def test_a_registry_of_ones_own_that_is_wrong(tmp_path: Path) -> None:
    """A rule that follows from another is told as the check that failed."""
    (tmp_path / "test_ours.py").write_text("from llem.testing.checks import *\n", encoding="utf-8")
    rules = tmp_path / "ours" / "pytorch" / "rules.yaml"
    rules.parent.mkdir(parents=True)
    rules.write_text(
        "rules:\n  - {id: pytorch.ours, severity: error, when: {load_in_4bit: true, load_in_8bit: true, num_beams: 3}, "
        "forbid: true, title: t, reason: r., resolution: s., examples: {violate: [{load_in_4bit: true, load_in_8bit: "
        "true, num_beams: 3}], satisfy: [{num_beams: 3}]}}\n",
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nllem_registry = ours\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "pytorch.ours", "test_ours.py"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pytorch.one-bitsandbytes-width" in done.stdout
