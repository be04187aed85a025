"""Every fault of a registry is told with file, line and column, all in one go.

Each case plants faults in a copy of the packaged registry: a file, a text in it, and what to put in its place.
"""

import shutil
from pathlib import Path

import pytest

from llem.diagnostics import Report
from llem.registry import RegistryError, check_registry, load_registry
from llem.registry.folders import packaged_registry


GENERATION = "pytorch/parameters/generation.yaml"
EXCLUSIONS = "pytorch/exclusions.yaml"
EXPERIMENT_RULES = "shared/rules/experiment.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(packaged_registry(), tmp_path / "registry"))


def plant(root: Path, file: str, old: str, new: str) -> tuple[str, int]:
    """Replace the first occurrence of a text; return the file and the line in which the change begins."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} stands no longer in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    common = next(i for i, (a, b) in enumerate(zip(old, new + "\0", strict=False)) if a != b)
    return file, text.count("\n", 0, text.index(old) + common) + 1


def found(report: Report, root: Path) -> list[tuple[str, str, int]]:
    return [
        (found.code, str(Path(found.location.file).relative_to(root)), found.location.line)
        for found in report.diagnostics
        if found.location
    ]


CASES = {
    "unknown path in a condition": (
        EXCLUSIONS,
        "excluded_while: {use_cache: false}",
        "excluded_while: {use_cash: false}",
        "unknown-path",
    ),
    "value outside the type in a condition": (
        EXCLUSIONS,
        "excluded_while: {use_cache: false}",
        "excluded_while: {use_cache: 3}",
        "value-outside-type",
    ),
    "enum value in a condition": (
        EXPERIMENT_RULES,
        "when: {warmup.convergence_detection: true}",
        "when: {energy.backend: nvm}",
        "value-outside-type",
    ),
    "ordering of a string": (
        EXPERIMENT_RULES,
        "when: {warmup.convergence_detection: true}",
        "when: {output_dir: {minimum: 3}}",
        "value-outside-type",
    ),
    "value outside the type in an example": (
        EXCLUSIONS,
        "{load_in_4bit: true, load_in_8bit: true}",
        "{load_in_4bit: true, load_in_8bit: 8}",
        "value-outside-type",
    ),
    "unknown path in an example": (
        EXCLUSIONS,
        "{load_in_4bit: true, load_in_8bit: true}",
        "{load_in_4bit: true, load_in_9bit: true}",
        "unknown-path",
    ),
    "rule that its example contradicts": (
        EXCLUSIONS,
        "violate: [{load_in_4bit: true, load_in_8bit: true}]",
        "violate: [{load_in_4bit: true}]",
        "contradicted-example",
    ),
    "example that is caught": (
        EXCLUSIONS,
        "{use_cache: false}]",
        "{use_cache: false, cache_implementation: static}]",
        "contradicted-example",
    ),
    "no example": (EXPERIMENT_RULES, "violate: [{n: 8, dataset: {n: 4}}]", "violate: []", "missing-key"),
    "duplicate id": (
        EXCLUSIONS,
        "id: pytorch.cache-kind-needs-cache",
        "id: pytorch.one-bitsandbytes-width",
        "duplicate-id",
    ),
    "unknown key": (EXCLUSIONS, "resolution: Choose one", "resolutoin: Choose one", "unknown-key"),
    "dangling call": ("pytorch/mappings.yaml", "call: load", "call: loud", "dangling-mapping"),
    "dangling runner argument": (
        "shared/mappings.yaml",
        "argument: prompt_count",
        "argument: prompt_cuont",
        "dangling-mapping",
    ),
    "unknown parameter in a mapping": (
        "shared/mappings.yaml",
        "parameter: max_input_tokens",
        "parameter: max_input_token",
        "unknown-path",
    ),
    "result of no call": (
        "pytorch/backend.yaml",
        "{result_of: quantization}",
        "{result_of: quantisation}",
        "dangling-mapping",
    ),
    "target outside the packages": (
        "pytorch/backend.yaml",
        "target: torch.compile",
        "target: os.system",
        "dangling-mapping",
    ),
    "preset value out of range": ("shared/presets.yaml", "temperature: 0.0", "temperature: 9.0", "preset-value"),
    "unknown preset field": ("shared/presets.yaml", "temperature: 0.0", "temprature: 0.0", "unknown-path"),
    "default outside the type": ("shared/parameters/decoder.yaml", "default: 50", "default: -50", "value-outside-type"),
    "unknown type": (GENERATION, "type: integer", "type: int", "wrong-type"),
    "bound of a wrong type": ("pytorch/parameters/run.yaml", "minimum: 1", "minimum: one", "wrong-type"),
    "capability without its parameter": ("capabilities.yaml", "pytorch.num_beams", "pytorch.num_beam", "unknown-path"),
    "versions that are none": ("pytorch/backend.yaml", 'supported: ">=4.56,<6"', 'supported: "about 5"', "wrong-type"),
    "no condition": (
        EXCLUSIONS,
        "excluded_while: {use_cache: false}",
        "excluded_while: {use_cache: {is: false}}",
        "not-a-condition",
    ),
    "duplicate key": (
        EXCLUSIONS,
        "  - id: pytorch.one-bitsandbytes-width",
        "  - id: x\n    id: pytorch.one-bitsandbytes-width",
        "duplicate-key",
    ),
    "unknown kind": ("capabilities.yaml", "capabilities:", "capabilitys:", "unknown-kind"),
    "bound of a need": (GENERATION, "gpus: {minimum: 1}", "gpus: {minimum: one}", "wrong-type"),
}


@pytest.mark.parametrize("case", CASES)
def test_fault_is_told_at_its_place(copy: Path, case: str) -> None:
    file, old, new, code = CASES[case]
    where = plant(copy, file, old, new)
    registry, report = check_registry(copy)
    assert registry is None
    lines = [
        (found_code, found_file, line) for found_code, found_file, line in found(report, copy) if found_code == code
    ]
    # The second line of the planted duplicate key is the one at fault.
    shift = 1 if code == "duplicate-key" else 0
    assert any((code, where[0]) == (c, f) and abs(line - where[1]) <= shift for c, f, line in lines), report.diagnostics
    assert all(found.message for found in report.diagnostics)


def test_all_faults_in_one_go(copy: Path) -> None:
    """Faults in many files come in one report, in the order of files and lines."""
    picked = ["duplicate id", "dangling call", "preset value out of range", "default outside the type"]
    planted = [plant(copy, *CASES[case][:3])[0] for case in picked]
    with pytest.raises(RegistryError) as caught:
        load_registry(copy)
    places = found(caught.value.report, copy)
    assert {CASES[case][3] for case in picked} <= {code for code, _, _ in places}
    assert set(planted) <= {file for _, file, _ in places}
    assert places == sorted(places, key=lambda place: (place[1], place[2]))


def test_folder_without_a_registry(tmp_path: Path) -> None:
    """An empty folder is told as such."""
    _, report = check_registry(tmp_path)
    assert [found.code for found in report.diagnostics] == ["no-registry"]


def test_mapping_for_a_list(copy: Path) -> None:
    """A file of a kind that lists its records holds a list."""
    (copy / "capabilities.yaml").write_text("capabilities: {a: 1}\n", encoding="utf-8")
    _, report = check_registry(copy)
    assert ("wrong-type", "capabilities.yaml", 1) in found(report, copy)


def test_typo_in_a_parameter_is_not_blamed_on_others(copy: Path) -> None:
    """A parameter that cannot be read is one fault, not one for each condition that names it."""
    plant(copy, GENERATION, "type: integer", "type: int")
    _, report = check_registry(copy)
    assert [found.code for found in report.diagnostics] == ["wrong-type"]
