"""Holds a backend's records against its installed library: every rule's examples, and random configurations."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from llem.backends.run import embedded_model_folder, machine_for
from llem.backends.settings import RunnerSettings
from llem.config.evaluation import evaluate
from llem.environment import Environment
from llem.registry import load_registry
from llem.registry.integrity import example_values
from llem.registry.model import Registry
from llem.registry.values import thaw
from llem.verification.draw import Drawer
from llem.verification.judgement import Judgement, Kind, judge
from llem.verification.trial import Trials


CHUNK = 50
SAMPLE = 250
"""Random configurations whose verdicts are kept, to be held against llem where the library is not at hand."""
_VERSIONS = ("torch", "bitsandbytes", "accelerate")

Progress = Callable[[str, int, int], None]


@attrs.frozen
class Replay:
    """One example of a rule: whether it should be caught, whether it was, and how llem and the library stand."""

    rule: str
    fires: bool
    caught: bool
    judgement: Judgement

    @property
    def agrees(self) -> bool:
        """Whether the rule finds what it says, and the library does what the rule says."""
        return self.caught == self.fires and self.judgement.kind.agrees


@attrs.frozen(kw_only=True)
class Verification:
    """What came of holding a backend's records against one version of its library."""

    backend: str
    library: str
    version: str
    versions: Mapping[str, str]
    replays: tuple[Replay, ...]
    tried: Mapping[str, int]
    sample: tuple[Judgement, ...]
    disagreements: tuple[Judgement, ...]
    unreported: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        """Whether there is no disagreement."""
        return not self.disagreements and all(replay.agrees for replay in self.replays)

    def to_dict(self) -> dict[str, Any]:
        """Return the verification as plain data."""
        rules: dict[str, list[dict[str, Any]]] = {}
        for replay in self.replays:
            outcome = replay.judgement.outcome
            entry = {"violates": replay.fires, "agrees": replay.agrees, "verdict": replay.judgement.kind.value}
            rules.setdefault(replay.rule, []).append(entry | ({"error": outcome.error} if outcome.error else {}))
        return {
            "backend": self.backend,
            "library": self.library,
            "version": self.version,
            "versions": dict(self.versions),
            "rules": rules,
            "configurations": dict(self.tried),
            "sample": [{"verdict": found.kind.value, "data": thaw(found.data)} for found in self.sample],
            "disagreements": [
                {
                    "verdict": found.kind.value,
                    "data": thaw(found.data),
                    "codes": list(found.codes),
                    "error": found.outcome.error,
                }
                for found in self.disagreements
            ],
            "unreported_warnings": dict(self.unreported),
        }


def verify(
    registry: Registry,
    backend: str,
    *,
    configurations: int,
    seed: int = 0,
    jobs: int = 1,
    run_every: int = 0,
    progress: Progress = lambda *_: None,
) -> Verification:
    """Replay every rule's examples, judge random configurations, and return where llem and the library disagree.

    Where the library judges without running, one of `run_every` configurations that it accepts is run too.

    Raises:
        RunError: when the library is not installed.
    """
    library = registry.backends[backend].library
    bench = Bench.make(registry, backend)
    version = str(bench.machine.version_of(library))
    replays = []
    examples = list(_examples(registry, backend))
    for number, (rule, fires, example) in enumerate(examples):
        progress("replaying examples", number, len(examples))
        replays.append(bench.replay(rule, example, fires=fires))
    judgements = _judge_many(bench, configurations, seed, jobs, run_every, progress)
    return Verification(
        backend=backend,
        library=library,
        version=version,
        versions={name: found for name in _VERSIONS if (found := (bench.machine.packages or {}).get(name))},
        replays=tuple(replays),
        tried=Counter(found.kind.value for found in judgements),
        sample=tuple(judgements[:SAMPLE]),
        disagreements=tuple(_smallest(found for found in judgements if not found.kind.agrees)),
        unreported=Counter(warning for found in judgements for warning in found.unreported),
    )


@attrs.frozen
class Bench:
    """What judging needs: the registry, a drawer of experiments, trials on the small model, and this machine."""

    registry: Registry
    drawer: Drawer
    trials: Trials
    machine: Environment

    @classmethod
    def make(cls, registry: Registry, backend: str) -> "Bench":
        """Return a bench for a backend; builds the small model if need be."""
        settings = RunnerSettings(max_input_tokens=1)
        machine = machine_for(registry, backend, registry.backends[backend].packages, settings)
        folder = embedded_model_folder(machine)
        return cls(registry, Drawer(registry, backend), Trials(registry, folder), machine)

    def judge(self, data: Mapping[str, Any], *, run: bool = False) -> Judgement:
        """Return llem's verdict on an experiment beside the library's; with `run`, what is accepted is run too."""
        return judge(self.registry, self.trials, self.machine, data, run=run)

    def judge_drawn(self, seed: object, *, run: bool = False) -> Judgement:
        """Return the judgement of the experiment that a seed draws."""
        return self.judge(self.drawer.draw(random.Random(str(seed))), run=run)  # noqa: S311

    def replay(self, rule: str, example: Mapping[str, Any], *, fires: bool) -> Replay:
        """Return what becomes of a rule's example. Another model than the small one is not loaded.

        A rule that is not of the installed version finds nothing.
        """
        registry = self.registry
        check = registry.check_records()[rule]
        version = self.machine.version_of(registry.backends[self.drawer.backend].library)
        fires = fires and registry.in_force(check, version)
        data = self.drawer.experiment(dict(example), without=check.paths)
        small = self.drawer.trial.values[registry.model_path]
        if example.get(registry.model_path, small) != small:
            codes = tuple(found.code for found in evaluate(registry, data).diagnostics)
            judgement = Judgement(Kind.NOT_JUDGED, data, codes)
        else:
            judgement = self.judge(data)
        return Replay(rule, fires, rule in judgement.codes, judgement)


def _examples(registry: Registry, backend: str) -> Iterator[tuple[str, bool, Mapping[str, Any]]]:
    for check in registry.check_records().values():
        if check.record is None or check.backend not in ("", backend):
            continue
        for fires, listed in ((True, check.record.examples.violate), (False, check.record.examples.satisfy)):
            for example in listed:
                values = example_values(registry, example, backend)
                yield check.id, fires, {path: value for path, value in values.items() if path != registry.selector}


def _judge_many(bench: Bench, count: int, seed: int, jobs: int, run_every: int, progress: Progress) -> list[Judgement]:
    drawn = [(f"{seed}/{number}", run_every > 0 and number % run_every == 0) for number in range(count)]
    chunks = [drawn[start : start + CHUNK] for start in range(0, count, CHUNK)]
    found: list[Judgement] = []
    if jobs == 1:
        for seeds in chunks:
            found += [bench.judge_drawn(seed, run=run) for seed, run in seeds]
            progress("judging configurations", len(found), count)
        return found
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, _begin_work, (bench.drawer.backend,)) as pool:
        for part in pool.imap_unordered(_work, chunks):
            found += part
            progress("judging configurations", len(found), count)
    return found


_bench: Bench | None = None


def _begin_work(backend: str) -> None:
    global _bench  # noqa: PLW0603  # one bench for each worker process
    if load_registry().backends[backend].runs_with == "transformers":
        import torch

        torch.set_num_threads(1)
    _bench = Bench.make(load_registry(), backend)


def _work(seeds: list[tuple[str, bool]]) -> list[Judgement]:
    assert _bench is not None
    return [_bench.judge_drawn(seed, run=run) for seed, run in seeds]


def _smallest(found: Iterator[Judgement]) -> Iterator[Judgement]:
    """Yield one disagreement of each sort, the one with the fewest values."""
    sorts: dict[tuple[Kind, str], Judgement] = {}
    for judgement in sorted(found, key=lambda judgement: len(str(judgement.data))):
        sorts.setdefault((judgement.kind, judgement.outcome.error[:60]), judgement)
    yield from sorts.values()
