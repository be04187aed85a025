"""What a study file says, as written and as linked to a registry."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from llem.conditions import Condition
from llem.registry.records import said


ALL = "all"
LARGEST_RANGE = 100_000
Order = Literal["sequential", "interleaved", "shuffled"]


@attrs.frozen(kw_only=True)
class StudyRecord:
    """A space of experiments and how it is run, as a study file says it."""

    name: str = said("What the study is called in reports.", "")
    base: Any = said("What every experiment has in common: its fields, or the path of an experiment file.", None)
    sweep: Mapping[str, Any] = said("Independent axes: the path of a parameter, and the values that it takes.", {})
    groups: Mapping[str, Mapping[str, Any]] = said(
        "Further axes whose alternatives set several parameters at once: for each group, names and what they set.", {}
    )
    experiments: tuple[Any, ...] = said("Experiments listed one by one, each with what differs from the base.", ())
    exclude: tuple[Any, ...] = said("Conditions, in the registry's own language; what fulfils one is left out.", ())
    repetitions: int = said("How often each experiment is run.", 1)
    order: Order = said(
        "sequential: repetitions of one experiment after one another; interleaved: each experiment once, then all "
        "again; shuffled: by the seed.",
        "sequential",
    )
    seed: int = said("Seed of the shuffled order.", 0)
    on: str = said("The machine that decides what is skipped: here, a profile, or a file.", "")
    time_limit: float | None = said("Seconds after which a trial is ended and counts as failed.", None)
    retries: int = said("How often a failed trial is tried again.", 0)
    share_model: bool = said(
        "Trials that load the same model are put in a row, and one process runs them as long as none of them fails: "
        "the model is loaded once. Not with a shuffled order.",
        False,
    )


@attrs.frozen(kw_only=True)
class Range:
    """Evenly spaced numbers, both ends included."""

    minimum: int | float = said("The first number.")
    maximum: int | float = said("No number is above this.")
    step: int | float | None = said("What is added from one number to the next.", None)
    factor: int | float | None = said("What is multiplied from one number to the next.", None)


@attrs.frozen
class Alternative:
    """One choice on an axis: a name for reports, and the values that it sets by absolute path."""

    label: str
    values: Mapping[str, Any]


@attrs.frozen
class Axis:
    """Alternatives of which each experiment has one. `name` is a path, or the name of a group."""

    name: str
    alternatives: tuple[Alternative, ...]

    @property
    def paths(self) -> frozenset[str]:
        """Every path that an alternative sets."""
        return frozenset(path for alternative in self.alternatives for path in alternative.values)


@attrs.frozen(kw_only=True)
class Study:
    """A study whose paths are absolute and whose values are of their types."""

    record: StudyRecord
    base: Mapping[str, Any]
    axes: tuple[Axis, ...]
    experiments: tuple[Mapping[str, Any], ...]
    """Each listed experiment whole, as the data of an experiment file."""
    exclude: tuple[Condition, ...]
