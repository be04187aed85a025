"""The kept score: which changes of which records are noticed, and by what."""

import json
from pathlib import Path
from typing import Any


SCORE = Path(__file__).with_name("score.json")


def read_score() -> dict[str, Any]:
    """Return the score by record; nothing if none was kept."""
    return json.loads(SCORE.read_text(encoding="utf-8")) if SCORE.exists() else {}
