"""Configurations judged for a version of the library: given, of an environment, or the newest known."""

import pytest
from packaging.version import Version

import llem
from llem.environment import Environment, is_in
from llem.registry import Registry


def on(version: str) -> Environment:
    return Environment(f"transformers {version}", gpus=None, packages={"transformers": version}, all_packages=False)


def codes(environment: Environment | None, **pytorch: object) -> set[str]:
    report = llem.validate({"model": "embedded", "pytorch": pytorch}, environment)
    return {found.code for found in report.diagnostics}


def test_a_removed_value_is_refused_with_what_replaces_it() -> None:
    report = llem.validate({"model": "embedded", "pytorch": {"cache_implementation": "dynamic_full"}}, on("5.15.1"))
    [found] = report.errors
    assert found.code == "not-in-this-version"
    assert found.message == '"dynamic_full" for "pytorch.cache_implementation" is not in transformers 5.15.1'
    assert found.resolution == "Write dynamic instead."


def test_a_value_is_not_refused_by_a_version_that_has_it() -> None:
    assert codes(on("5.14.1"), cache_implementation="dynamic_full") == set()
    assert codes(None, cache_implementation="dynamic_full") == {"deprecated"}


def test_a_parameter_is_refused_by_a_version_before_it() -> None:
    assert "not-in-this-version" in codes(on("5.12.1"), max_cache_len=64, cache_implementation="static")
    assert codes(on("5.13.1"), max_cache_len=64, cache_implementation="static") == set()


def test_a_version_that_the_records_do_not_hold_for_is_said() -> None:
    assert codes(on("4.40.0")) == {"version-not-supported"}


@pytest.mark.parametrize(
    ("version", "rule"),
    [
        ("4.56.2", "pytorch.assistance-needs-a-growing-cache"),
        ("4.57.3", "pytorch.assistance-takes-a-dynamic-cache"),
        ("5.14.1", "pytorch.assistance-takes-a-dynamic-cache"),
        ("5.23.0", "pytorch.assistance-needs-a-growing-cache"),
        ("5.24.0", None),
        (None, None),
    ],
)
def test_rules_hold_for_versions(version: str | None, rule: str | None) -> None:
    """With a static cache assisted generation fails, in between it took another, fails again, and then takes it."""
    found = codes(on(version) if version else None, prompt_lookup_num_tokens=3, cache_implementation="static")
    assert {code for code in found if "cache" in code} == ({rule} if rule else set())


def test_the_effective_form_follows_the_version() -> None:
    """What one version ignores another refuses, or does."""
    data = {"model": "embedded", "pytorch": {"prompt_lookup_num_tokens": 3, "cache_implementation": "offloaded"}}
    report = llem.validate(data, on("5.5.4"))
    assert report.config is not None
    assert "cache_implementation" not in llem.effective(report.config, on("5.5.4"))["pytorch"]
    assert llem.effective(report.config)["pytorch"]["cache_implementation"] == "offloaded"


@pytest.mark.parametrize(
    ("version", "versions", "holds"),
    [
        ("5.15", "<4.57 || >=5.15", True),
        ("4.56.2", "<4.57 || >=5.15", True),
        ("5.0", "<4.57 || >=5.15", False),
        ("5.0", "", True),
        ("5.0rc1", ">=5.0rc0", True),
    ],
)
def test_ranges(version: str, versions: str, holds: bool) -> None:
    assert is_in(Version(version), versions) is holds


def test_the_newest_version_is_a_supported_one(registry: Registry) -> None:
    for backend in registry.backends.values():
        assert is_in(Version(backend.newest), backend.supported)
