"""The cache of linked registries: found when it is current, built again when it is stale, damaged or not there."""

import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

import llem
from llem.backends.local_models import model_files
from llem.backends.run import embedded_model_folder
from llem.environment.probe import here
from llem.registry import Registry, RegistryError, check_registry
from llem.registry.cache import keep, kept
from llem.registry.folders import packaged_registry
from llem.registry.loading import cached


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the records, and a cache of its own."""
    monkeypatch.setenv("LLEM_CACHE", str(tmp_path / "cache"))
    return Path(shutil.copytree(packaged_registry(), tmp_path / "registry"))


def entries(folder: Path) -> list[Path]:
    return list((folder.parent / "cache" / "registries").iterdir())


def build(folder: Path) -> Registry:
    registry, report = check_registry(folder)
    if registry is None:
        raise RegistryError(report)
    return registry


def never() -> Registry:
    raise AssertionError("the cache was not used")


def test_second_time_it_is_found(folder: Path) -> None:
    first = cached((folder,), lambda: build(folder))
    second = cached((folder,), never)
    assert second.fingerprint == first.fingerprint
    assert second.parameters == first.parameters
    assert [check.violation for check in second.checks] == [check.violation for check in first.checks]


def test_an_edit_makes_it_stale(folder: Path) -> None:
    cached((folder,), lambda: build(folder))
    file = folder / "vllm" / "parameters" / "cache.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("maximum: 1.0", "maximum: 0.5"), encoding="utf-8")
    found = cached((folder,), lambda: build(folder))
    assert found.parameters["vllm.gpu_memory_utilization"].maximum == 0.5
    assert len(entries(folder)) == 2


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x05N."])
def test_a_damaged_entry_is_built_again(folder: Path, content: bytes) -> None:
    cached((folder,), lambda: build(folder))
    [entry] = entries(folder)
    entry.write_bytes(content)
    assert cached((folder,), lambda: build(folder)).fingerprint
    assert entries(folder) == [entry]
    assert cached((folder,), never)


def test_a_faulty_registry_is_not_kept(folder: Path) -> None:
    (folder / "vllm" / "parameters" / "cache.yaml").write_text("parameters: 3\n", encoding="utf-8")
    with pytest.raises(RegistryError):
        cached((folder,), lambda: build(folder))
    assert not (folder.parent / "cache" / "registries").exists()


def test_a_cache_that_cannot_be_written_does_not_matter(folder: Path) -> None:
    (folder.parent / "cache").write_text("a file", encoding="utf-8")
    assert cached((folder,), lambda: build(folder)).fingerprint


def test_old_entries_go(folder: Path) -> None:
    registry = build(folder)
    for number in range(12):
        (folder / "registry.yaml").open("a", encoding="utf-8").write(f"# {number}\n")
        cached((folder,), lambda: registry)
    assert len(entries(folder)) == 8


def fingerprint(folder: Path) -> str:
    return cached((folder,), lambda: build(folder)).fingerprint


def test_many_processes_at_once(folder: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        assert len(set(pool.map(fingerprint, [folder] * 8))) == 1
    assert len(entries(folder)) == 1


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user no file knows; the embedded model, which needs a place, says so."""

    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("LLEM_CACHE", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", none)
    keep("registries", b"key", b"content")
    assert kept("registries", b"key") is None
    assert model_files("somebody/model") is None
    assert llem.load_registry(packaged_registry()).fingerprint
    with pytest.raises(llem.InputError, match="no place for the embedded model"):
        embedded_model_folder(here())
