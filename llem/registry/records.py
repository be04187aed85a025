"""The record classes: what each kind of YAML record may say. Their JSON Schemas are generated from these classes."""

from collections.abc import Mapping
from typing import Any, Literal, NewType

import attrs


ConditionData = NewType("ConditionData", dict)  # type: ignore[type-arg]
"""A condition as written; linking parses it, since its paths depend on the folder it stands in."""
PathText = NewType("PathText", str)
"""The path of a parameter, section or definition; in a backend's folder the backend's name may be left out."""
CallId = NewType("CallId", str)
"""The id of a call of the backend's adapter, or `runner`."""
BackendId = NewType("BackendId", str)
"""The id of a backend."""
Values = NewType("Values", dict)  # type: ignore[type-arg]
"""Values of parameters: by path, nested or both."""

TypeName = Literal["boolean", "integer", "number", "string", "enum", "mapping", "list", "union"]
RUNNER = "runner"


def said(doc: str, default: Any = attrs.NOTHING) -> Any:
    """Return a field with its description, which schemas show while editing."""
    return attrs.field(default=default, metadata={"doc": doc})


@attrs.frozen(kw_only=True, slots=False)
class Evidence:
    """Where a fact can be seen."""

    library: str = said("Name of the library's distribution.")
    symbol: str = said("Class, function or field in the library.", "")
    file: str = said("File in the library's source, with a line if it helps.", "")
    versions: str = said("Versions for which this was seen, as a PEP 440 specifier.", "")
    outcome: str = said("What the library does: raises what, warns, ignores.", "")
    observed: bool = said("Whether the library was run to see it, rather than read.", True)


@attrs.frozen(kw_only=True, slots=False)
class Deprecation:
    """A value or parameter that goes away."""

    since: str = said("First version of the library, or of llem, that deprecates it.")
    replaced_by: str = said("What to write instead.", "")
    reason: str = said("Why.", "")


@attrs.frozen(kw_only=True, slots=False)
class ParameterReference:
    """The value of a parameter, standing where a number may stand."""

    parameter: PathText = said("Path of the parameter.")


@attrs.frozen(kw_only=True, slots=False)
class Count:
    """A least count."""

    minimum: int | ParameterReference = said("The least number that will do: a number, or {parameter: path}.")


@attrs.frozen(kw_only=True, slots=False)
class Version:
    """A least version that is a number."""

    minimum: float = said("The least number that will do.")


@attrs.frozen(kw_only=True, slots=False)
class Package:
    """A Python distribution."""

    name: str = said("Name of the distribution.")
    versions: str = said("A PEP 440 specifier.", "")


@attrs.frozen(kw_only=True, slots=False)
class NeedsRecord:
    """What a machine must have."""

    compute_capability: Version | None = said("Least compute capability of the GPUs.", None)
    gpus: Count | None = said("Least number of GPUs.", None)
    package: str | Package | None = said("A Python distribution that must be installed.", None)
    reason: str = said("The reason shown when it is lacking.", "")


@attrs.frozen(kw_only=True, slots=False)
class Choice:
    """One value of an enumeration."""

    summary: str = said("What the value does, in one sentence.")
    needs: NeedsRecord | None = said("What a machine must have for this value.", None)
    test_model: str = said(
        "A small public model that this value can be tried on, where an ordinary one will not do.", ""
    )
    versions: str = said("Versions of the library that know the value.", "")
    deprecation: Deprecation | None = said("Set when the library retires the value.", None)
    evidence: tuple[Evidence, ...] = said("Where this can be seen.", ())


@attrs.frozen(kw_only=True, slots=False)
class Target:
    """Where a value goes: an argument of one of the backend's calls."""

    call: CallId = said("Id of the call.")
    argument: str = said("Name of the argument; behind a dot, a key of the mapping that is the argument.")
    values: Mapping[Any, Any] | None = said(
        "Translation of values. A value that is not listed is not passed.",
        None,
    )
    translate: Literal["location", "folder", "file_name"] | None = said(
        "Of a model reference, location: where it lies (`embedded` is built there); folder: the folder of a file, "
        "otherwise the location; file_name: the file in that folder.",
        None,
    )
    when: ConditionData | None = said("The value is passed only while this condition holds.", None)


@attrs.frozen(kw_only=True, slots=False)
class TypeSpec:
    """A type with its bounds, under JSON Schema's names in snake case."""

    type: TypeName = said("Type of the value.")
    minimum: int | float | None = said("Least value.", None)
    exclusive_minimum: int | float | None = said("Bound that the value must be above.", None)
    maximum: int | float | None = said("Greatest value.", None)
    exclusive_maximum: int | float | None = said("Bound that the value must be below.", None)
    multiple_of: int | float | None = said("The value is a multiple of this.", None)
    min_length: int | None = said("Least number of characters.", None)
    min_items: int | None = said("Least number of a list's items.", None)
    max_items: int | None = said("Greatest number of a list's items.", None)
    pattern: str | None = said("Regular expression that must be found in the string.", None)
    choices: Mapping[str, Choice] | None = said("The values of an enum.", None)
    items: "TypeSpec | None" = said("Type of a list's items.", None)
    keys: "TypeSpec | None" = said("Type of a mapping's keys; digits written as a string become an integer.", None)
    values: "TypeSpec | None" = said("Type of a mapping's values.", None)
    any_of: tuple["TypeSpec", ...] = said("The alternatives of a union.", ())


@attrs.frozen(kw_only=True, slots=False)
class Parameter(TypeSpec):
    """One field of a configuration."""

    path: PathText = said("Where it stands in an experiment file, sections separated by dots.")
    summary: str = said("What it does, in one or two sentences.")
    default: Any = said(
        "Value when nothing is written. Without one, null is allowed and means: left to the library.", None
    )
    library_default: Any = said(
        "What leaving it to the library amounts to; it need not be a value that can be written.", None
    )
    nullable: bool = said("Null is a value of its own, beside a default.", False)
    required: bool = said("It must be written.", False)
    choices_from: Literal["backends", "presets"] | None = said("The values of an enum are ids of other records.", None)
    suggestions: Mapping[str, str] | None = said("Usual values of an open string, each with a summary.", None)
    unit: str = said("Unit of the value.", "")
    examples: tuple[Any, ...] = said("Values worth showing, and worth testing.", ())
    maps_to: tuple[Target, ...] = said("The calls that take it.", ())
    unmapped: str = said("Why no call takes it.", "")
    versions: str = said("Versions of the library that have it.", "")
    deprecation: Deprecation | None = said("Set when it is retired.", None)
    stability: Literal["stable", "experimental"] = said("How firm the library holds to it.", "stable")
    evidence: tuple[Evidence, ...] = said("Where this can be seen in the library.", ())


@attrs.frozen(kw_only=True, slots=False)
class Section:
    """A group of parameters, written as a mapping."""

    path: str = said("Where it stands.")
    class_name: str = said("Name of its Python class.")
    summary: str = said("What it groups.")
    nullable: bool = said("The section is null when it is not written; otherwise its defaults apply.", False)


@attrs.frozen(kw_only=True, slots=False)
class Definition:
    """A name for a condition, which other conditions and mappings use as if it were a boolean parameter."""

    path: PathText = said("Its path.")
    holds: ConditionData = said("The condition.")
    summary: str = said("What it means.")
    effective: Values | None = said(
        "Values (null: none) that say the same, which the effective form of a configuration has while it holds.", None
    )


@attrs.frozen(kw_only=True, slots=False)
class ParameterMapping:
    """Where a shared parameter goes in one backend (or, in shared, in llem's own runner)."""

    parameter: PathText = said("Path of the parameter or definition.")
    maps_to: tuple[Target, ...] = said("The calls that take it.")
    evidence: tuple[Evidence, ...] = said("Where this can be seen in the library.", ())


@attrs.frozen(kw_only=True, slots=False)
class Examples:
    """Configurations that show a rule; a test replays them."""

    violate: tuple[Values, ...] = said("Configurations that it catches.")
    satisfy: tuple[Values, ...] = said("Configurations that it leaves alone.")


@attrs.frozen(kw_only=True, slots=False)
class Effect:
    """What the library does with values that it accepts and does not use as written."""

    ignored: tuple[PathText, ...] = said("Parameters that change nothing.", ())
    becomes: Values | None = said("Parameters and the values that the library uses instead.", None)


@attrs.frozen(kw_only=True, slots=False)
class _Explained:
    id: str = said("Stable name; diagnostics carry it as their code.")
    title: str = said("The combination, as a headline.")
    reason: str = said("Why it does not work, in one sentence.")
    resolution: str = said("What to write instead, in one sentence.")
    policy: bool = said("llem refuses what the library would accept.", False)
    fix: Values | None = said("Values to set (or null to remove) that resolve it.", None)
    formerly: tuple[str, ...] = said("Earlier ids, which still find this record.", ())
    implied_by: tuple[str, ...] = said("Ids of rules from which it follows, and that say less well what is wrong.", ())
    versions: str = said("Versions of the library for which it holds, such as `>=5.15` or `<4.57 || >=5.15`.", "")
    evidence: tuple[Evidence, ...] = said("What the library itself does.", ())


@attrs.frozen(kw_only=True, slots=False)
class Exclusion(_Explained):
    """Parameters that cannot stand together."""

    mutually: tuple[PathText, ...] = said("At most one of these is true (a boolean) or written (any other).", ())
    parameters: tuple[PathText, ...] = said("None of these may be written while `excluded_while` holds.", ())
    excluded_while: ConditionData | None = said("The condition that excludes `parameters`.", None)
    examples: Examples = said("Configurations that violate and that satisfy it.")


@attrs.frozen(kw_only=True, slots=False)
class Rule(_Explained):
    """What must hold when something else does."""

    severity: Literal["error", "warning", "dormant"] = said(
        "dormant: the library accepts the value and ignores or changes it."
    )
    when: ConditionData = said("The rule applies while this holds.")
    require: ConditionData | None = said("What must hold then.", None)
    forbid: bool = said("Nothing can be required: the case itself is the fault.", False)
    fails: bool = said("A warning after which the library raises, in some or all cases.", False)
    effect: Effect | None = said("Dormant rules: what the library does with the value.", None)
    culprit: PathText | None = said("The parameter to point at; else the first written one of `when`.", None)
    examples: Examples = said("Configurations that violate and that satisfy it.")


@attrs.frozen(kw_only=True, slots=False)
class SkipCondition:
    """What a configuration needs of the machine; where it is lacking, the configuration is skipped, not failed."""

    id: str = said("Stable name.")
    when: ConditionData = said("The configurations that need it.")
    needs: NeedsRecord | None = said("What a machine must have.", None)
    advisory: bool = said("Nothing a machine can check: shown, never skipped.", False)
    depends_on_model: bool = said("Advisory: with another model the library raises, so no verdict is right.", False)
    reason: str = said("The reason shown.")
    evidence: tuple[Evidence, ...] = said("Where this can be seen.", ())
    examples: Examples | None = said(
        "Configurations that need it (`violate`: a bare machine would not do), or not.", None
    )


@attrs.frozen(kw_only=True, slots=False)
class Support:
    """How a backend has a capability."""

    parameter: PathText | None = said("The parameter that gives it.", None)
    value: Any = said("The value of that parameter that gives it.", None)
    text: str = said("Shown instead of Yes.", "")


@attrs.frozen(kw_only=True, slots=False)
class Capability:
    """One row of the capability matrix."""

    id: str = said("Stable name.")
    name: str = said("Name in the matrix.")
    decoding: str = said("The decoding mode that this row stands for.", "")
    support: Mapping[str, Support] = said("Backend to how it has it; a backend that is not named has it not.")


@attrs.frozen(kw_only=True, slots=False)
class Preset:
    """Values for a section under a name."""

    id: str = said("Its name.")
    section: PathText = said("The section that it fills.")
    values: Mapping[str, Any] = said("Field to value.")
    summary: str = said("What it is for.")


@attrs.frozen(kw_only=True, slots=False)
class GpuRecord:
    """The GPUs of a machine, all alike."""

    count: int = said("How many.")
    name: str = said("Their name.")
    compute_capability: float = said("Their compute capability.")
    memory_gib: float = said("Memory of each, in GiB.")


@attrs.frozen(kw_only=True, slots=False)
class EnvironmentRecord:
    """A named machine to check against."""

    id: str = said("Its name.")
    summary: str = said("What it is.", "")
    gpus: GpuRecord | None = said("Its GPUs; none: a machine without.", None)
    memory_gib: float | None = said("Main memory, in GiB; left out: unknown.", None)
    packages: Mapping[str, str] | None = said("Installed distributions and versions; left out: unknown.", None)


@attrs.frozen(kw_only=True, slots=False)
class SectionMismatch:
    """The wording of the rule that every backend's section gets: it may stand only while its backend is chosen.

    `{section}` and `{backend}` are replaced.
    """

    id: str = said("Ending of the rule's id, behind the backend's.")
    title: str = said("Headline.")
    reason: str = said("Why.")
    resolution: str = said("What to write instead.")


@attrs.frozen(kw_only=True, slots=False)
class Manifest:
    """The registry as a whole."""

    format: Literal[1] = said("Version of the record format.")
    backend_order: tuple[str, ...] = said("Ids of backends in the order of tables; further ones follow.")
    runner: Mapping[str, str] = said("Arguments of llem's own runner, each with what it means.")
    model_shape: Mapping[str, tuple[str, ...]] = said(
        "What the shape of a model is called in its files: layers, hidden, intermediate, heads, kv_heads, head_size, "
        "vocabulary, experts; the first name that is there counts."
    )
    section_mismatch: SectionMismatch = said("The rule on sections of other backends.")
