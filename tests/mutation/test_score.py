"""The kept mutation score: it is of these records, and says of all that survives why it may."""

import re
from pathlib import Path

from mutants import Mutant, digest, mutants_of, record_name
from score import read_score, reasons, stale, unexplained

from llem.registry.folders import packaged_registry
from llem.registry.sources import Faults, Source, read_records


ALLOWANCE = 20
"""So many records may have changed, or be new, since all were judged; then `python tests/mutation --record` is due."""


def sources_of(folder: Path) -> list[Source]:
    faults = Faults()
    found = read_records((folder,), faults)
    assert not faults.diagnostics
    return found


def test_the_score_is_of_these_records() -> None:
    changed = stale(read_score(), sources_of(packaged_registry()))
    assert len(changed) <= ALLOWANCE, (
        f"changed since: {', '.join(changed)}; `python tests/mutation --record` judges them"
    )


def test_what_survives_has_a_reason() -> None:
    """And each reason is one for something."""
    score = read_score()
    assert not unexplained(score), "give a reason in tests/mutation/survivors.yaml, or a test that notices it"
    names = [f"{record}: {what}" for record, entry in score.items() for what in entry["survivors"]]
    assert [text for text in reasons() if not any(re.fullmatch(text, name) for name in names)] == []


def mutants_in(tmp_path: Path, text: str) -> list[Mutant]:
    (tmp_path / "records.yaml").write_text(text, encoding="utf-8")
    [source] = sources_of(tmp_path)
    return list(mutants_of(0, source))


def test_the_mutants_of_a_rule(tmp_path: Path) -> None:
    found = mutants_in(
        tmp_path,
        """
rules:
  - id: few
    severity: error
    when: {a: {set: true}, b: [x, y]}
    require: {a: {maximum: 4}}
    title: Few
    reason: Because.
    resolution: Less.
    examples: {violate: [{a: 5, b: x}], satisfy: [{a: 4}]}
""",
    )
    assert {mutant.name for mutant in found} == {
        "rules few: severity warning",
        "rules few: severity dormant",
        "rules few: when negated",
        "rules few: when.a dropped",
        "rules few: when.a.set changed",
        "rules few: when.b dropped",
        "rules few: when.b.0 dropped",
        "rules few: when.b.1 dropped",
        "rules few: require negated",
        "rules few: require always holds",
        "rules few: require.a.maximum changed",
    }
    [less] = [mutant for mutant in found if mutant.what == "when.b.1 dropped"]
    assert less.data["when"] == {"a": {"set": True}, "b": ["x"]}


def test_the_mutants_of_a_parameter(tmp_path: Path) -> None:
    found = mutants_in(
        tmp_path,
        """
parameters:
  - path: share
    type: number
    minimum: 0
    exclusive_maximum: 1.0
    default: 0.5
    summary: A share.
    maps_to: {call: load, argument: share}
""",
    )
    assert {mutant.what: mutant.data for mutant in found if "default" in mutant.what}["default changed"][
        "default"
    ] == 0.625
    assert {mutant.what for mutant in found} == {
        *(f"minimum {how}" for how in ("dropped", "tightened", "loosened")),
        *(f"exclusive_maximum {how}" for how in ("dropped", "tightened", "loosened")),
        *(f"default {how}" for how in ("dropped", "changed")),
        "maps_to.argument renamed",
    }


def test_words_do_not_make_a_score_stale(tmp_path: Path) -> None:
    text = "parameters:\n  - {path: n, type: integer, minimum: 1, summary: A count.}\n"
    found = []
    for changed in (text, text.replace("A count.", "How many."), text.replace("1", "2")):
        (tmp_path / "records.yaml").write_text(changed, encoding="utf-8")
        [source] = sources_of(tmp_path)
        assert record_name(source) == "parameters n"
        found.append(digest(source))
    assert found[0] == found[1] != found[2]
