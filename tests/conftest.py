import difflib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command import Llem, command_in
from hypothesis import HealthCheck, settings

from llem.registry import Registry, load_registry


GOLDEN = Path(__file__).parent / "golden"

settings.register_profile(
    "llem", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, max_examples=100
)
settings.register_profile("long", settings.get_profile("llem"), max_examples=5000)
settings.load_profile("llem")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write the golden files instead of comparing them.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs a GPU where there is none."""
    if any(item.get_closest_marker("gpu") for item in items) and not _has_gpu():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="no CUDA GPU here"))


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a checked-in file; `pytest --update-golden` writes it."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), name, "now", lineterm="")
        assert text == expected, "\n".join(lines) + "\n(pytest --update-golden writes it)"

    return compare


@pytest.fixture
def llem(tmp_path: Path) -> Llem:
    """Start the real command in an empty folder."""
    return command_in(tmp_path)


@pytest.fixture
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()
