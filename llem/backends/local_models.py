"""Where models lie on this machine."""

import os
from pathlib import Path

from llem.files import user_cache


CONFIG_FILE = "config.json"
"""What every folder with a model has, whichever library reads it."""

GENERATION_FILE = "generation_config.json"


def model_files(model: str) -> Path | None:
    """Return where a model lies on this machine: its folder or GGUF file, its newest copy from the Hub, or None."""
    path = Path(model)
    if (path / CONFIG_FILE).is_file() or (path.is_file() and path.suffix == ".gguf"):
        return path
    hub = _hub()
    if hub is None:
        return None
    copies = hub / f"models--{model.replace('/', '--')}"
    revision = copies / "refs" / "main"
    snapshot = copies / "snapshots" / revision.read_text(encoding="utf-8").strip() if revision.is_file() else copies
    return snapshot if (snapshot / CONFIG_FILE).is_file() else None


def _hub() -> Path | None:
    """Return where the Hub's library keeps its copies."""
    named, home, cache = os.environ.get("HF_HUB_CACHE"), os.environ.get("HF_HOME"), user_cache()
    if named or home:
        return Path(named) if named else Path(str(home)) / "hub"
    return cache / "huggingface" / "hub" if cache is not None else None
