"""Do the tests notice when a record is changed? Each small wrong change of each record should make one of them fail.

    python tests/mutation [--only REGEX] [--processes N]     say which changes survive
    python tests/mutation --record [--all]                   judge the records that changed since, and keep the score

A change is noticed by the registry itself (records that no longer fit together, examples that say something else), by a
test, or only by what shows everything: the golden file of all records in words, generated schemas and stubs. Those say
of no change whether it is right, so that they are counted apart. What survives is listed in `survivors.yaml`, with the
reason. The score is kept for each record with a digest of its meaning; a test fails when too many have changed since.
"""

import argparse
import functools
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from mutants import Mutant, data_of, mutants_of, record_name
from score import SCORE, digests, read_score, stale, unexplained
from suite import SNAPSHOT, Suite

from llem.build import stale_files
from llem.registry import Registry
from llem.registry.folders import packaged_registry, registry_folders
from llem.registry.integrity import find_faults
from llem.registry.kinds import KINDS
from llem.registry.linking import link
from llem.registry.sources import Faults, Source, read_records
from llem.registry.structuring import make_converter, structure


GENERATED = "generated files"


def linked(sources: list[Source], mutant: Mutant) -> tuple[Registry | None, str]:
    """Return the registry with a mutant in it; or None, and what is wrong with it."""
    source = sources[mutant.number]
    record, failures = structure(mutant.data, KINDS[source.kind], make_converter())
    if failures:
        return None, f"registry: {failures[0].code}"
    changed = list(sources)
    document = attrs.evolve(source.document, data=_with(source.document.data, source.pointer, mutant.data))
    changed[mutant.number] = attrs.evolve(source, record=record, document=document)
    faults = Faults()
    registry, fitting = link(changed, "mutant", faults)
    if registry is not None:
        find_faults(registry, fitting, faults)
    if registry is None or faults.diagnostics:
        return None, f"registry: {faults.diagnostics[0].code}"
    return registry, ""


def _with(data: Any, pointer: tuple[Any, ...], value: Any) -> Any:
    if not pointer:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[pointer[0]] = _with(data[pointer[0]], pointer[1:], value)
    return copy


def notices(suite: Suite, sources: list[Source], mutant: Mutant) -> str | None:
    """Return what notices a mutant: the registry, a test, the generated files; None if nothing does."""
    registry, fault = linked(sources, mutant)
    if registry is None:
        return fault
    found = suite.first_failure(registry, mutant.record.partition(" ")[2])
    if found is None and stale_files(registry, packaged_registry().parent):
        return GENERATED
    return found


def main() -> None:
    """Judge mutants, and say or keep what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="REGEX", default="", help="Mutants whose names it is found in.")
    parser.add_argument("--sample", type=int, metavar="N", help="So many of them, drawn at random.")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--record", action="store_true", help=f"Keep the score in {SCORE.name}.")
    parser.add_argument("--all", action="store_true", help="With --record: judge all records anew.")
    arguments = parser.parse_args()
    if arguments.record and (arguments.only or arguments.sample):
        parser.error("--record judges all mutants of the records that changed")
    sources = read_records(registry_folders(), Faults())
    known = {} if arguments.all else read_score()
    due = set(stale(known if arguments.record else {}, sources))
    mutants = [
        mutant
        for number, source in enumerate(sources)
        if record_name(source) in due
        for mutant in mutants_of(number, source)
        if re.search(arguments.only, mutant.name)
    ]
    if arguments.sample:
        mutants = random.Random(0).sample(mutants, min(arguments.sample, len(mutants)))
    noticed: dict[str, Counter[str]] = defaultdict(Counter)
    survivors: dict[str, list[str]] = defaultdict(list)

    def work(suite: Suite) -> None:
        same = Mutant(0, record_name(sources[0]), "nothing", data_of(sources[0]))
        [(_, what)] = suite.judge([(same, functools.partial(notices, suite, sources, same))], 1)
        if what is not None:
            raise RuntimeError(f"{what} fails where nothing is changed")
        tasks = [(mutant, functools.partial(notices, suite, sources, mutant)) for mutant in mutants]
        begin = time.monotonic()
        for done, (mutant, what) in enumerate(suite.judge(tasks, arguments.processes), 1):
            noticed[mutant.record][kind_of(what)] += 1
            if what is None:
                survivors[mutant.record].append(mutant.what)
                print(f"survives: {mutant.name}", flush=True)
            if done % 100 == 0:
                print(f"{done} of {len(tasks)} mutants, {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)

    Suite.run(work)
    new = {
        name: {
            "digest": found,
            "noticed": dict(sorted(noticed[name].items())),
            "survivors": sorted(survivors.get(name, [])),
        }
        for name, found in digests(sources).items()
        if name in noticed
    }
    if arguments.record:
        kept = {name: entry for name, entry in known.items() if name in digests(sources)}
        new = dict(sorted((kept | new).items()))
        SCORE.write_text(json.dumps(new, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(summary(new))


def summary(score: Mapping[str, Any]) -> str:
    """Return a score in a few lines."""
    total: Counter[str] = sum((Counter(entry["noticed"]) for entry in score.values()), Counter())
    count, survive = total.total(), total["nothing"]
    only_shown = sum(total[name] for name in (GENERATED, SNAPSHOT))
    return (
        f"{count} mutants of {len(score)} records: {count - survive} noticed ({(count - survive) / max(1, count):.1%}),"
        f" {only_shown} of them only by what shows everything; {survive} survive,"
        f" {len(unexplained(score))} of them without a reason\n"
        + ", ".join(f"{name} {number}" for name, number in total.most_common())
    )


def kind_of(what: str | None) -> str:
    """Return what notices in one word: the registry, the file of a test, the generated files, or nothing."""
    if what is None:
        return "nothing"
    name = what.partition("::")[0]
    return name.partition(":")[0] if name.startswith("registry:") else Path(name).name


if __name__ == "__main__":
    main()
