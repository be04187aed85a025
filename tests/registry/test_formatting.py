"""Registry files in order, and records appended."""

import random
from pathlib import Path

import pytest
from command import Llem
from hypothesis import given
from hypothesis import strategies as st

from llem.registry import load_registry
from llem.registry.folders import packaged_registry
from llem.registry.formatting import formatted, key_order, record_text
from llem.registry.kinds import KINDS, SINGLE
from llem.registry.reading import read_file, read_text


MIXED = """\
# The file's own comment.
rules:
  # About the first rule.
  - title: first # a title
    id: one
    # Why it is an error.
    severity: error
    when:
      # deep
      batch_size: 3

  - {title: second, id: two}
  - id: three
    reason: last
    title: third

# The end.
"""

ORDERED = """\
# The file's own comment.
rules:
  # About the first rule.
  - id: one
    # Why it is an error.
    severity: error
    when:
      # deep
      batch_size: 3
    title: first # a title

  - {title: second, id: two}
  - id: three
    title: third
    reason: last

# The end.
"""


def test_keys_move_with_their_comments() -> None:
    assert formatted(read_text(MIXED, "rules.yaml")) == ORDERED


def test_what_is_no_record_stays() -> None:
    for text in ("a: 1\n", "rules: 3\n", "rules: []\n", "rules: [1, {}]\n"):
        assert formatted(read_text(text, "rules.yaml")) == text


@pytest.mark.parametrize("path", sorted(packaged_registry().rglob("*.yaml")), ids=lambda path: path.name)
def test_any_order_becomes_the_canonical_one(path: Path) -> None:
    """Records whose keys are shuffled mean the same, and are put back as they were."""
    document = read_file(path)
    kind, content = next(iter(document.data.items()))
    assert formatted(document) == document.text
    if kind in SINGLE:
        return
    source = random.Random(path.name)
    shuffled = f"{kind}:\n"
    for record in content:
        keys = list(record)
        source.shuffle(keys)
        text = record_text(kind, record)
        lines = dict(zip(sorted(record, key=key_order(kind).index), text.splitlines(), strict=True))
        parts = [lines[key][4:] for key in keys]
        shuffled += "".join(f"  {'-' if index == 0 else ' '} {part}\n" for index, part in enumerate(parts))
    mixed = read_text(shuffled, "mixed.yaml")
    ordered = read_text(formatted(mixed), "ordered.yaml")
    assert ordered.data == mixed.data == document.data
    assert [list(record) for record in ordered.data[kind]] == [list(record) for record in content]
    assert formatted(ordered) == ordered.text


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


@given(st.fixed_dictionaries({"id": TEXTS, "title": VALUES, "when": VALUES}))
def test_a_written_record_is_the_record(record: dict[str, object]) -> None:
    """Whatever the values are, the text of a record reads as the record."""
    assert read_text("rules:\n" + record_text("rules", record), "rules.yaml").data == {"rules": [record]}


def test_every_key_has_its_place() -> None:
    for kind in KINDS:
        assert len(set(key_order(kind))) == len(key_order(kind))
    assert key_order("rules")[:3] == ["id", "override", "severity"]


def test_fmt_command(llem: Llem, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(MIXED, encoding="utf-8")
    checked = llem("registry", "fmt", "rules.yaml", "--check")
    assert (checked.returncode, checked.stdout) == (2, "not in order: rules.yaml\n")
    assert file.read_text(encoding="utf-8") == MIXED
    assert llem("registry", "fmt", "rules.yaml").stdout == "written: rules.yaml\n"
    assert file.read_text(encoding="utf-8") == ORDERED
    assert llem("registry", "fmt", "rules.yaml").stdout == "everything is in order\n"
    assert llem("registry", "fmt", "--check").returncode == 0, "the packaged registry is in order"
    file.write_text("a: [", encoding="utf-8")
    assert llem("registry", "fmt", "rules.yaml").returncode == 2


PARAMETER = ("parameters", "--backend", "vllm", "path=swap_space", "type=number", "minimum=0", "summary=GiB of swap.")


def test_new_command(llem: Llem, tmp_path: Path) -> None:
    """A record is appended behind what is there; one that does not fit leaves nothing behind."""
    llem("init", "overlay", "ours")
    refused = llem("registry", "new", *PARAMETER, "--registry", "ours")
    assert refused.returncode == 2
    assert 'nothing takes "vllm.swap_space"' in refused.stderr
    assert not (tmp_path / "ours" / "vllm" / "parameters.yaml").exists()
    target = "maps_to={call: engine, argument: swap_space}"
    done = llem("registry", "new", *PARAMETER, target, "--registry", "ours")
    assert done.stdout == "written: ours/vllm/parameters.yaml\n"
    assert (tmp_path / "ours" / "vllm" / "parameters.yaml").read_text(encoding="utf-8") == (
        "# yaml-language-server: $schema=../schemas/registry/parameters.json\n"
        "parameters:\n"
        "  - path: swap_space\n"
        "    type: number\n"
        "    minimum: 0\n"
        "    summary: GiB of swap.\n"
        "    maps_to: {call: engine, argument: swap_space}\n"
    )
    assert load_registry(tmp_path / "ours").parameters["vllm.swap_space"].summary == "GiB of swap."


def test_new_command_asks(llem: Llem, tmp_path: Path) -> None:
    llem("init", "overlay", "ours")
    before = (tmp_path / "ours" / "environments.yaml").read_text(encoding="utf-8")
    llem("registry", "new", "environments", "--registry", "ours", stdin="laptop\n")
    after = (tmp_path / "ours" / "environments.yaml").read_text(encoding="utf-8")
    assert after == before + "\n  - id: laptop\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rulez"], 'Did you mean "rules"?'),
        (["backend"], "write it by hand"),
        (["rules", "--backend", "onnx"], "There is no backend onnx"),
        (["environments", "id"], "key=value"),
        (["environments", "id=a: ["], "yaml-syntax"),
    ],
)
def test_new_command_refuses(llem: Llem, arguments: list[str], message: str) -> None:
    done = llem("registry", "new", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
