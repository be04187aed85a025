"""The kept score: which changes of which records are noticed, and by what; and why some need not be."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mutants import digest, mutants_of, record_name
from ruamel.yaml import YAML

from llem.registry.sources import Source


SCORE = Path(__file__).with_name("score.json")
REASONS = Path(__file__).with_name("survivors.yaml")


def read_score() -> dict[str, Any]:
    """Return by record what is known of it: the digest of its meaning, counts of what noticed, and what survives."""
    found: dict[str, Any] = json.loads(SCORE.read_text(encoding="utf-8")) if SCORE.exists() else {}
    return found


def digests(sources: Iterable[Source]) -> dict[str, str]:
    """Return by name the digests of the records that have mutants."""
    return {record_name(source): digest(source) for source in sources if any(mutants_of(0, source))}


def stale(score: Mapping[str, Any], sources: Iterable[Source]) -> list[str]:
    """Return the names of records that were not judged as they are now."""
    return [name for name, found in digests(sources).items() if score.get(name, {}).get("digest") != found]


def reasons() -> dict[str, str]:
    """Return why mutants may survive: an expression that the whole name matches, to the reason."""
    found: dict[str, str] = YAML(typ="safe").load(REASONS) or {}
    return found


def unexplained(score: Mapping[str, Any]) -> list[str]:
    """Return the survivors that no reason covers."""
    known = [re.compile(expression) for expression in reasons()]
    survivors = [f"{record}: {what}" for record, entry in score.items() for what in entry["survivors"]]
    return [name for name in survivors if not any(expression.fullmatch(name) for expression in known)]
