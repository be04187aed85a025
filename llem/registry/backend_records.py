"""The record of a backend: the calls that llem makes of its library, and how they are held against it."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from llem.registry.records import BackendId, CallId, ConditionData, Evidence, PathText, Support, Values, said


@attrs.frozen(kw_only=True, slots=False)
class Assignment:
    """A result of a call with one of its attributes."""

    result_of: CallId | tuple[CallId, ...] = said("The call, or the first of several that the plan holds.")
    attribute: str = said("Name of the attribute.")


@attrs.frozen(kw_only=True, slots=False)
class Key:
    """A key of a mapping."""

    key: str = said("The key.")


@attrs.frozen(kw_only=True, slots=False)
class Call:
    """One call of a backend's adapter."""

    id: CallId = said("Name of the call in plans and mappings.")
    summary: str = said("What it does.")
    target: str = said("Dotted name of a class or function in one of the backend's packages.", "")
    method_of: CallId | tuple[CallId, ...] | None = said("The call whose result has the method.", None)
    name: str = said("Name of the method.", "")
    when: ConditionData | None = said("The call is made only while this holds.", None)
    phase: Literal["prepare", "measure"] = said(
        "prepare: once, before the warm-up; measure: after it, and once for each batch if it takes an {input: ...}.",
        "prepare",
    )
    arguments: Mapping[str, Any] = said(
        "Arguments that follow from no parameter: a value, {result_of: call} with an attribute if needed, or "
        "{input: name}; with `when`, only while that condition holds.",
        attrs.Factory(dict),
    )
    sequences: tuple[str | int | Key, ...] = said(
        "Where a result holds its sequences: attributes, indices, and {key: name} for a mapping's keys; none: a result "
        "is one sequence.",
        (),
    )
    text: tuple[str | int | Key, ...] = said("Where a sequence holds the generated text.", ())
    tokens: tuple[str | int | Key, ...] = said("Where a sequence holds the generated tokens.", ())
    first_token: tuple[str | int | Key, ...] = said("Where a result holds the seconds to its first token.", ())
    optional: bool = said("Where it fails, the run goes on without it, and says so.", False)
    spreads: PathText | None = said("A mapping parameter whose items become further arguments, last.", None)
    assigns: Assignment | None = said("Where the result is put, instead of standing for itself.", None)


@attrs.frozen(kw_only=True, slots=False)
class JudgingCall:
    """A call that a trial makes instead of one of the adapter's, or after them, to judge without loading a model."""

    id: str = said("Name of the call in the trial.")
    summary: str = said("What it does.")
    target: str = said("Dotted name of a class or function in one of the backend's packages.", "")
    method_of: str | None = said("The call whose result has the method.", None)
    name: str = said("Name of the method.", "")
    arguments_of: CallId | None = said("The call of the adapter whose place and arguments it takes.", None)
    arguments: Mapping[str, Any] = said("Its arguments, as in calls of the adapter.", attrs.Factory(dict))


@attrs.frozen(kw_only=True, slots=False)
class Trial:
    """How random configurations are held against the library."""

    values: Values = said("Values that keep a trial short.")
    undrawn: tuple[PathText, ...] = said("Parameters and sections that stay as they are.", ())
    judged_by: tuple[JudgingCall, ...] = said(
        "Calls that judge a configuration without running it; none: a trial runs it.", ()
    )
    compared: tuple[str, ...] = said("The judging calls whose results tell what the library makes of values.", ())
    unread: tuple[str, ...] = said(
        "Fields of those results that say nothing of values: names of the run, working copies.", ()
    )


@attrs.frozen(kw_only=True, slots=False)
class Coverage:
    """A class or function of the library, every argument of which is a parameter's or is left out with a reason."""

    symbol: str = said("Dotted name of the class or function.")
    call: CallId | None = said("The call that takes its arguments; none: llem takes none of them.", None)


@attrs.frozen(kw_only=True, slots=False)
class LeftOut:
    """Arguments of the library that no parameter stands for."""

    symbol: str = said("Dotted name of the class or function.")
    arguments: tuple[str, ...] = said("Names of the arguments.")
    reason: str = said("Why they are left out.")


@attrs.frozen(kw_only=True, slots=False)
class Size:
    """What one number takes in memory, while a condition holds."""

    bytes: float = said("Bytes; less than one where several numbers share a byte.")
    when: ConditionData | None = said("It takes so many while this holds; left out: else.", None)


@attrs.frozen(kw_only=True, slots=False)
class Memory:
    """What a run keeps in memory at the least: the weights and the key-value cache."""

    number: tuple[Size, ...] = said("Of a weight or a cached number; the first that holds counts.")
    linear_weight: tuple[Size, ...] = said("Of a weight in a linear layer, where it takes another size.", ())
    cached: tuple[Size, ...] = said("Of a cached number, where it takes another size.", ())
    sequences: tuple[tuple[PathText, ...], ...] = said(
        "Counts whose product is the number of sequences that are cached at a time; of those in one list the largest."
    )
    tokens: tuple[PathText, ...] = said("Counts whose sum is the greatest length of a sequence.")
    every_gpu: ConditionData | None = said("While this holds the GPUs share it; else one of them holds it.", None)
    evidence: tuple[Evidence, ...] = said("Where it can be seen.", ())


@attrs.frozen(kw_only=True, slots=False)
class Backend:
    """One inference library and the calls that llem makes of it."""

    id: BackendId = said("Its name in `backend:` and the name of its section and folder.")
    name: str = said("Its name in tables.")
    class_name: str = said("Name of the Python class of its section.")
    summary: str = said("What it is.")
    library: str = said("Name of the library's distribution.")
    supported: str = said("Versions of the library that the records hold for, as a PEP 440 specifier.")
    newest: str = said("The newest version that the records were held against; it counts where none is known.")
    packages: tuple[str, ...] = said("Top-level Python packages that calls may reach into.")
    install: str = said("What to install so that it runs.")
    advice: Mapping[str, str] = said(
        "What to do when a run fails, by failure: out-of-memory, model-not-found, failed.", attrs.Factory(dict)
    )
    runs_with: Literal["transformers", "engine"] | None = said(
        "What runs its plans. transformers: this process, batch by batch; engine: a process of an interpreter that has "
        "the library, which batches by itself; none: plans are only printed.",
        None,
    )
    calls: tuple[Call, ...] = said("The adapter: its calls in order.")
    capabilities: Mapping[str, Support] = said(
        "Rows of the capability matrix that it has, beside those that name it themselves.", attrs.Factory(dict)
    )
    memory: Memory | None = said("What is known of the memory that it takes.", None)
    trial: Trial | None = said("How random configurations are held against the library.", None)
    covers: tuple[Coverage, ...] = said("What of the library the records cover, argument by argument.", ())
    evidence: tuple[Evidence, ...] = said("Where the calls can be seen.", ())
