"""What holds over all configurations: of the packaged registry, and not of one in which a fault is planted."""

from pathlib import Path

import pytest
from command import Llem

import llem
from llem.diagnostics import Diagnostic
from llem.registry import load_registry
from llem.verification.proof import prove


def rule(name: str, body: str, violate: str, satisfy: str, severity: str = "error") -> str:
    return f"""\
  - id: pytorch.{name}
    severity: {severity}
    {body}
    title: {name}
    reason: It was planted.
    resolution: Remove it.
    examples: {{violate: [{violate}], satisfy: [{satisfy}]}}
"""


FORBID = "forbid: true"
BECOMES = "effect: {becomes: {use_cache"
PLANTED = {
    "value-never-valid": (
        [
            rule(
                "no-nf4",
                "when: {bnb_4bit_quant_type: nf4}\n    require: {load_in_4bit: {not: true}}",
                "{bnb_4bit_quant_type: nf4, load_in_4bit: true}",
                "{load_in_4bit: true}",
            )
        ],
        "nf4 for pytorch.bnb_4bit_quant_type is in no valid configuration",
        "Excluded by pytorch.4bit-options-need-4bit and pytorch.no-nf4.",
    ),
    "rule-implied": (
        [
            rule(
                "both",
                f"when: {{load_in_4bit: true, load_in_8bit: true, num_beams: 2}}\n    {FORBID}",
                "{load_in_4bit: true, load_in_8bit: true, num_beams: 2}",
                "{num_beams: 2}",
            )
        ],
        "pytorch.both finds nothing that other rules do not find",
        "It follows from pytorch.one-bitsandbytes-width.",
    ),
    "rules-contradict": (
        [
            rule(
                "one",
                "when: {num_beams: {minimum: 5}}\n    require: {batch_size: {maximum: 3}}",
                "{num_beams: 5, batch_size: 4}",
                "{num_beams: 5}",
            ),
            rule(
                "many",
                "when: {num_beams: {minimum: 5}}\n    require: {batch_size: {minimum: 4}}",
                "{num_beams: 5}",
                "{num_beams: 5, batch_size: 4}",
            ),
        ],
        "pytorch.one and pytorch.many cannot both be satisfied",
        "and what one requires breaks the other.",
    ),
    "effects-cycle": (
        [
            rule(
                "on",
                f"when: {{batch_size: 7, use_cache: false}}\n    {FORBID}\n    {BECOMES}: true}}}}",
                "{batch_size: 7, use_cache: false}",
                "{batch_size: 7}",
                "dormant",
            ),
            rule(
                "off",
                f"when: {{batch_size: 7, use_cache: true}}\n    {FORBID}\n    {BECOMES}: false}}}}",
                "{batch_size: 7, use_cache: true}",
                "{batch_size: 8}",
                "dormant",
            ),
        ],
        "the effects of pytorch.on and pytorch.off wake one another for ever",
        "Each changes what the next one looks at.",
    ),
    "rule-never-fires": (
        [
            rule(
                "idle",
                f"when: {{use_cache: false, cache_implementation: static}}\n    {FORBID}",
                "{use_cache: false, cache_implementation: static}",
                "{use_cache: false}",
                "warning",
            )
        ],
        "pytorch.idle can never fire",
        "Excluded by pytorch.cache-kind-needs-cache.",
    ),
}


def planted(folder: Path, rules: list[str]) -> Path:
    file = folder / "pytorch" / "rules" / "planted.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("rules:\n" + "\n".join(rules), encoding="utf-8")
    return folder


def found(folder: Path) -> tuple[Diagnostic, ...]:
    return prove(load_registry(folder), ["pytorch"]).faults


def test_the_packaged_registry() -> None:
    """Every value has room, every rule can fire and is needed, none contradicts another, effects end."""
    proof = prove(load_registry())
    assert proof.faults == ()
    assert proof.values > 500
    assert proof.pairs > 20


@pytest.mark.parametrize("code", PLANTED)
def test_a_planted_fault_is_found(code: str, tmp_path: Path) -> None:
    """With the record at fault, and the smallest set of records that is to blame."""
    rules, message, reason = PLANTED[code]
    faults = [fault for fault in found(planted(tmp_path, rules)) if fault.code == code]
    (fault,) = [fault for fault in faults if fault.message == message]
    assert fault.reason.endswith(reason)
    assert fault.location is not None


def test_an_excuse_that_does_not_hold(tmp_path: Path) -> None:
    """`implied_by` names rules from which the rule follows; the prover looks whether it does."""
    body = "when: {num_beams: 3, batch_size: 9}\n    forbid: true\n    implied_by: [pytorch.one-bitsandbytes-width]"
    text = rule("own", body, "{num_beams: 3, batch_size: 9}", "{num_beams: 3}")
    (fault,) = found(planted(tmp_path, [text]))
    assert fault.message == "pytorch.own does not follow from pytorch.one-bitsandbytes-width, as its record says"


def test_the_witness_of_a_contradiction_breaks_one_of_them(tmp_path: Path) -> None:
    """No configuration that both concern is valid."""
    rules, *_ = PLANTED["rules-contradict"]
    registry = load_registry(planted(tmp_path, rules))
    for batch_size in (None, 1, 3, 4, 9):
        data = {"model": "embedded", "pytorch": {"num_beams": 5, "batch_size": batch_size}}
        assert not llem.validate(data, registry=registry).ok


def test_by_command(llem: Llem, tmp_path: Path) -> None:
    """As a user starts it, with the place of the record."""
    folder = planted(tmp_path / "ours", PLANTED["rule-implied"][0])
    done = llem("registry", "check", "--prove", "--registry", str(folder))
    assert done.returncode == 2
    assert "error[rule-implied]: pytorch.both finds nothing that other rules do not find" in done.stdout
    assert "planted.yaml:2:5" in done.stdout
