import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from language_server import LanguageServer


HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent


@pytest.fixture(scope="session")
def node() -> str:
    """The command that runs JavaScript, with the packages of package.json installed."""
    found = shutil.which("node")
    if found is None or not (HERE / "node_modules").is_dir():
        reason = "node, and `npm ci --prefix tests/editors`, are needed"
        if os.environ.get("LLEM_TEST_EDITORS"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def server(node: str) -> Iterator[LanguageServer]:
    """The language server, with the repository as its workspace."""
    script = HERE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    with LanguageServer([node, str(script), "--stdio"], REPOSITORY) as found:
        yield found
