"""The reader: YAML 1.2 as plain data, every value with its place, and nothing that could hurt."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llem.registry.composing import MAX_DEPTH
from llem.registry.reading import ReadingError, read_text


def read(text: str, file: str = "a.yaml") -> Any:
    return read_text(text, file).data


def fault(text: str, file: str = "a.yaml") -> tuple[str, int, int]:
    with pytest.raises(ReadingError) as caught:
        read_text(text, file)
    found = caught.value.report.diagnostics[0]
    assert found.location is not None
    return found.code, found.location.line, found.location.column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-5", 1e-5),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("yes", "yes"),
        ("no", "no"),
        ("True", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("2026-01-01", "2026-01-01"),
        ("1:30", "1:30"),
        ("[1, {a: b}]", [1, {"a": "b"}]),
    ],
)
def test_core_schema(text: str, value: Any) -> None:
    """Scalars are what YAML 1.2 says, as editors read them; YAML 1.1's yes and dates are strings."""
    found = read(f"k: {text}\n")["k"]
    assert value == found
    assert type(value) is type(found)


def test_places() -> None:
    """Keys and values know their line and column; what is not there has the place of its nearest parent."""
    document = read_text("a: 1\nb:\n  c: [x, y]\n", "a.yaml")

    def place(location: Any) -> tuple[int, int, int]:
        return location.line, location.column, location.end_column

    assert place(document.key(("b", "c"))) == (3, 3, 4)
    assert place(document.value(("a",))) == (1, 4, 5)
    assert place(document.value(("b", "c", 1))) == (3, 10, 11)
    assert place(document.value(("b", "missing"))) == (2, 1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", ("duplicate-key", 3, 1)),
        ("a:\n\tb: 1\n", ("yaml-syntax", 2, 1)),
        ("a: !!python/name:os.system\n", ("yaml-tag", 1, 4)),
        ("a: !!str 1\n", ("yaml-tag", 1, 4)),
        ("a: ! 1\n", ("yaml-tag", 1, 4)),
        ("a: .nan\n", ("not-finite", 1, 4)),
        ("a: [-.inf]\n", ("not-finite", 1, 5)),
        ("a: 1e999\n", ("not-finite", 1, 4)),
        ("a: 1\n---\nb: 1\n", ("several-documents", 3, 1)),
        ("? [a]\n: 1\n", ("yaml-syntax", 1, 3)),
        ("a: &x {b: 1}\nc: {<<: *x}\n", ("yaml-syntax", 2, 5)),
        ("a: *x\n", ("yaml-syntax", 1, 4)),
        ("a: &x [*x]\n", ("yaml-syntax", 1, 8)),
        ("a: [1, 2\nb: 3\n", ("yaml-syntax", 2, 2)),
        (f"a: {'9' * 2000}\n", ("out-of-range", 1, 4)),
        ("[" * 100_000, ("too-deep", 1, MAX_DEPTH + 2)),
        ("- " * 100_000, ("too-deep", 1, 2 * MAX_DEPTH + 3)),
    ],
)
def test_refused(text: str, expected: tuple[str, int, int]) -> None:
    """What is no plain, finite, unambiguous data is refused at its place."""
    assert expected == fault(text)


def test_every_duplicate_is_told() -> None:
    """Reading goes on behind a fault that leaves the structure clear."""
    with pytest.raises(ReadingError) as caught:
        read_text("a: 1\na: .nan\nb: 1\nb: 2\n", "a.yaml")
    assert [found.code for found in caught.value.report.diagnostics] == ["duplicate-key", "not-finite", "duplicate-key"]


def test_alias_bomb_ends_early() -> None:
    """Aliases are counted where they are used, so ten lines cannot become ten billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert fault("\n".join(lines))[0] == "too-large"


def test_aliases_are_copies() -> None:
    """An alias stands for the value of its anchor."""
    assert read("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=80), inner, max_size=3),
    max_leaves=10,
)


# Keys stay below the 1024 characters, escapes counted, up to which YAML knows one without a question mark.
@given(st.dictionaries(st.text(max_size=80), plain, max_size=4), st.sampled_from([None, 1, "\t"]))
def test_json_is_read_as_json_reads_it(data: dict[str, Any], indent: Any) -> None:
    """A .json file gives exactly the data that Python's json gives."""
    assert data == read(json.dumps(data, indent=indent), "a.json")


@given(
    st.text(alphabet=st.characters(max_codepoint=0x3000), max_size=60)
    | st.text("{}[]:,-&*!|>'\"%@`#? \n\tab1.", max_size=60)
)
def test_any_text_is_data_or_a_fault(text: str) -> None:
    """No text makes the reader fail in any other way."""
    try:
        read_text(text, "a.yaml")
    except ReadingError as error:
        places = [found.location for found in error.report.diagnostics]
    else:
        places = []
    assert all(places)
