"""The real command, started in a folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


Llem = Callable[..., subprocess.CompletedProcess[str]]


def command_in(folder: Path) -> Llem:
    """Return a function that starts `llem` with arguments, standard input and environment variables."""

    def run(*arguments: object, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "llem", *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100", **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run
