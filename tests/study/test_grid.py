"""Every expansion equals brute force: each combination built, judged, and compared with all others."""

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

from configurations import studies
from hypothesis import given, settings
from hypothesis import strategies as st

import llem
from llem.conditions.evaluate import holds
from llem.config.classes import Configuration
from llem.config.effective import effective_form, fingerprint
from llem.environment import Environment
from llem.registry import load_registry
from llem.registry.facts import ConfigurationFacts, flatten, nest, overruled
from llem.registry.values import thaw
from llem.study.grid import Grid
from llem.study.reading import read_study
from llem.validation import find_environment


REGISTRY = load_registry()
IDS = REGISTRY.check_records()


def brute_force(
    data: dict[str, Any], environment: Environment | None
) -> Iterator[tuple[Configuration | None, set[str], set[str]]]:
    """Yield for each combination its configuration if it is valid, the errors and the needs that it breaks."""
    study = read_study(data, REGISTRY)
    seen = set()
    varies = any(REGISTRY.selector in axis.paths for axis in study.axes)
    for alternatives in itertools.product(*(axis.alternatives for axis in study.axes)):
        flat = overruled(REGISTRY, study.base, [each.values for each in alternatives])
        chosen = flat.get("backend") or "pytorch"
        if varies:
            flat = {
                path: value
                for path, value in flat.items()
                if path.partition(".")[0] not in set(REGISTRY.backends) - {chosen}
            }
        experiment = nest(REGISTRY, flat)
        if repr(experiment) in seen and varies:
            continue
        seen.add(repr(experiment))
        report = llem.validate(experiment, environment, registry=REGISTRY)
        errors = {found.code if found.code in IDS else f"{found.code}({found.path})" for found in report.errors}
        for index, condition in enumerate(study.exclude):
            if holds(condition, ConfigurationFacts(REGISTRY, flat)):
                errors.add(f"exclude[{index}]")
        yield (None if errors else report.config), errors, {found.code for found in report.skipped}


def text(config: Configuration) -> str:
    return fingerprint(config.to_dict())


@given(studies(), st.sampled_from([None, "cpu", "a100-40gb"]))
@settings(max_examples=600)
def test_grids_are_what_brute_force_finds(data: dict[str, Any], profile: str | None) -> None:
    error: llem.ValidationError | None = None
    try:
        study = read_study(data, REGISTRY)
    except llem.ValidationError as found:
        error = found
    if error is not None:
        assert {found.code for found in error.report.errors} <= {"two-axes", "duplicate-value", "missing-key"}
        return
    environment = find_environment(REGISTRY, profile) if profile else None
    grid = Grid(REGISTRY, study, environment)
    found = list(brute_force(data, environment))
    valid = [(config, needs) for config, _, needs in found if config is not None]
    expected = [config for config, needs in valid if not needs]
    assert (grid.combinations, grid.valid, grid.count) == (len(found), len(valid), len(expected))
    got = list(grid)
    if len(grid._parts) == 1:
        assert got == expected
    assert Counter(map(text, got)) == Counter(map(text, expected))
    assert [grid[index] for index in range(len(got))] == got
    assert {name: left.count for name, left in grid.excluded.items()} == Counter(
        code for _, errors, _ in found for code in errors
    )
    assert {name: left.count for name, left in grid.skipped.items()} == Counter(
        code for _, needs in valid for code in needs
    )
    forms = {fingerprint(effective_form(config, environment)) for config in expected}
    unique = [fingerprint(effective_form(config, environment)) for config in grid.unique()]
    assert grid.unique_count == len(unique) == len(set(unique)) == len(forms)
    assert set(unique) == forms
    table = grid.columns()
    flat = [flatten(REGISTRY, config.to_dict()) for config in got]
    for path, column in table.items():
        assert [thaw(value) for value in column.tolist()] == [written.get(path) for written in flat], path
