from pathlib import Path

import pytest

from llem.backends.recipes import build_embedded_model


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model as a local folder."""
    return Path(build_embedded_model(str(tmp_path_factory.mktemp("models") / "embedded")))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meters wait for idle power and temperatures; tests do not."""
    monkeypatch.setattr("time.sleep", lambda _: None)
