"""Random configurations of one backend, values within their types, to be judged by llem and by the library."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from llem.conditions.syntax import paths_of
from llem.config.introspection import test_values
from llem.registry.backend_records import Trial
from llem.registry.facts import nest
from llem.registry.model import Registry
from llem.registry.records import RUNNER


@attrs.frozen
class Drawer:
    """Draws experiments of a backend: a few values on top of those that keep its trials short."""

    registry: Registry
    backend: str
    most: int = 6

    @property
    def trial(self) -> Trial:
        """What the backend's record says of trials."""
        return self.registry.backends[self.backend].trial or Trial(values={})  # type: ignore[arg-type]

    def draw(self, source: random.Random) -> dict[str, Any]:
        """Return the data of one experiment."""
        drawn = source.sample(self.paths, source.randint(1, self.most))
        chosen = {path: source.choice(test_values(self.registry.parameters[path]) or [None]) for path in drawn}
        return self.experiment(chosen)

    def experiment(self, values: Mapping[str, Any], without: Sequence[str] = ()) -> dict[str, Any]:
        """Return the data of an experiment: values by path on top of those that keep trials short.

        Of the latter, optional ones at the paths `without` are left out.
        """
        base = {
            path: value
            for path, value in self.trial.values.items()
            if path not in without or self.registry.parameters[path].required
        }
        return nest(self.registry, {self.registry.selector: self.backend, **base, **values})

    @property
    def paths(self) -> tuple[str, ...]:
        """The parameters that decide something in the backend's calls, without those that the record leaves out."""
        deciding = set(self._deciding())
        return tuple(path for path in self.registry.parameters if path in deciding and not self._is_undrawn(path))

    def _is_undrawn(self, path: str) -> bool:
        left = (*self.trial.undrawn, self.registry.selector)
        return self.registry.parameters[path].required or any(
            path == other or path.startswith(f"{other}.") for other in left
        )

    def _deciding(self) -> Iterator[str]:
        for target in self.registry.targets_for(self.backend):
            if target.call != RUNNER or self.registry.section_of(target.path):
                definition = self.registry.definitions.get(target.path)
                yield from paths_of(definition) if definition is not None else (target.path,)
            if target.call != RUNNER and target.when is not None:
                yield from paths_of(target.when)
        for call in self.registry.calls[self.backend]:
            yield from paths_of(call.when) if call.when is not None else ()
        yield from self.registry.preset_parameters.values()
