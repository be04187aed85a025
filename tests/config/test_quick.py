"""What a start of the command decides by itself, held to evaluation."""

import marshal
from typing import Any

import pytest
from configurations import experiments
from hypothesis import given, settings
from hypothesis import strategies as st

from llem.config.evaluation import evaluate
from llem.config.quick import Quick, kept_code
from llem.config.quick_maker import keep_code, make
from llem.registry import load_registry
from llem.testing import configs


REGISTRY = load_registry()
PARTS = make(REGISTRY)
QUICK = Quick(marshal.loads(marshal.dumps(PARTS)))


@settings(max_examples=1500, deadline=None)
@given(experiments() | experiments(wrong=True) | configs(valid=False))
def test_nothing_is_passed_over(data: dict[str, Any]) -> None:
    """Where it says that a configuration is in order, evaluation has nothing to say of it."""
    model = QUICK.model_of(data)
    if model is not None:
        assert evaluate(REGISTRY, data).diagnostics == ()
        assert model == data[REGISTRY.model_path]


def is_ordinary(data: Any) -> bool:
    """Return whether data has no null in it, nor what Python takes longer to compare."""
    if isinstance(data, dict | list):
        return all(map(is_ordinary, data.values() if isinstance(data, dict) else data))
    return data is not None and (isinstance(data, str) or abs(data) < 2**30)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(configs(valid=True) | experiments())
def test_what_is_in_order_is_seen_to_be(data: dict[str, Any]) -> None:
    """It is no use otherwise."""
    if not evaluate(REGISTRY, data).diagnostics and is_ordinary(data):
        assert QUICK.model_of(data) == data[REGISTRY.model_path]


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*REGISTRY.fields[""], 1, None]), inner, max_size=3)
        ),
    )
)
def test_any_data(data: Any) -> None:
    """Whatever a file can hold is looked at without an error."""
    assert QUICK.model_of(data) is None or evaluate(REGISTRY, data).diagnostics == ()


def test_all_of_the_registry_is_in_it() -> None:
    """Each rule and type can be decided; what cannot is left to evaluation, which a start would notice."""
    assert None not in PARTS["checks"].values()
    assert all(None not in backend["rules"] for backend in PARTS["backends"].values())


def test_it_is_kept(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is damaged is not found, and made again."""
    monkeypatch.setenv("LLEM_CACHE", str(tmp_path))
    assert kept_code() is None
    keep_code(REGISTRY)
    found = kept_code()
    assert found is not None
    assert found.model_of({"model": "embedded"}) == "embedded"
    [entry] = (tmp_path / "quick").iterdir()
    entry.write_bytes(entry.read_bytes()[:-1])
    assert kept_code() is None
    keep_code(REGISTRY)
    assert kept_code() is not None
