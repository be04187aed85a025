"""What a library did with one configuration."""

from collections.abc import Mapping

import attrs


@attrs.frozen
class Outcome:
    """The error that the library raised (empty: none), what it warned of, and what came out.

    `tokens` are those of each sequence, where it ran. Where it was only judged, `given` are the arguments, `fields`
    what the library has made of them, and `changed` tells which value has become another.
    """

    error: str = ""
    warnings: tuple[str, ...] = ()
    tokens: tuple[tuple[int, ...], ...] = ()
    given: Mapping[str, str] = attrs.field(factory=dict)
    fields: Mapping[str, str] = attrs.field(factory=dict)
    changed: tuple[str, ...] = ()

    @property
    def ran(self) -> bool:
        """Whether it raised nothing."""
        return not self.error

    def is_like(self, other: "Outcome") -> bool:
        """Whether the same came out, but for the fields that hold what was given to the one and not to the other."""
        apart = {name for name, _ in set(self.given.items()) ^ set(other.given.items())}
        mine, theirs = (
            {path: text for path, text in found.fields.items() if not any(path.endswith(f".{name}") for name in apart)}
            for found in (self, other)
        )
        return (self.ran, self.tokens, mine) == (other.ran, other.tokens, theirs)
