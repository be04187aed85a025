"""Does a rule find anything that no other finds? The solver beside a look at all combinations, where these are few.

python tests/benchmarks/solver.py

Each row adds two parameters of the PyTorch backend, those that complete most rules; the combinations are those of the
values worth testing, and of leaving a parameter out. What these show the solver must show too.
"""

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import z3

from llem.conditions.evaluate import holds
from llem.config.introspection import test_values
from llem.registry import load_registry
from llem.registry.facts import ConfigurationFacts, flatten, nest
from llem.registry.model import Check
from llem.verification.space import Space


REGISTRY = load_registry()
BACKEND = "pytorch"
MOST = 300_000
"""Combinations that are looked at; where there are more, the solver is alone."""

ERRORS = [check for check in REGISTRY.checks_for(BACKEND) if check.severity == "error" and check.paths]


def parameters() -> list[str]:
    """Return the parameters of the rules, such that each further one completes as many rules as can be."""
    counts = Counter(path for check in ERRORS for path in check.paths if path in REGISTRY.parameters)
    chosen: list[str] = []
    while left := [path for path in counts if path not in chosen]:
        chosen.append(max(left, key=lambda path: (len(within([*chosen, path])), counts[path])))
    return chosen


def within(paths: list[str]) -> list[Check]:
    """Return the rules that look at these parameters only."""
    return [check for check in ERRORS if set(check.paths) <= {*paths, REGISTRY.selector}]


def enumerated(paths: list[str], checks: list[Check]) -> set[str]:
    """Return the rules that alone find something in some combination."""
    found: set[str] = set()
    for values in combinations(paths):
        written = flatten(REGISTRY, nest(REGISTRY, {REGISTRY.selector: BACKEND, **values}))
        facts = ConfigurationFacts(REGISTRY, written)
        firing = {check.id for check in checks if holds(check.violation, facts)}
        if len(firing) == 1:
            found |= firing
    return found


def combinations(paths: list[str]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*([None, *test_values(REGISTRY.parameters[path])] for path in paths)):
        yield {path: value for path, value in zip(paths, values, strict=True) if value is not None}


def solved(paths: list[str], checks: list[Check]) -> set[str]:
    """Return these rules as the solver finds them, over all values that the parameters can have."""
    space = Space(REGISTRY, BACKEND)
    solver = z3.Solver()
    solver.add(space.typed)
    asked = {*paths, REGISTRY.selector, REGISTRY.model_path}
    solver.add([z3.Not(space.is_written(path)) for path in space.paths if path not in asked])
    fires: dict[str, list[Any]] = {}
    for check in checks:
        fires.setdefault(check.id, []).append(space.formula(check.violation))
    return {
        name
        for name in fires
        if solver.check(z3.Or(fires[name]), *(z3.Not(z3.Or(other)) for key, other in fires.items() if key != name))
        == z3.sat
    }


def main() -> None:
    """Compare, one parameter more each time."""
    for count in range(2, 15, 2):
        paths = parameters()[:count]
        checks = within(paths)
        size = math.prod(1 + len(test_values(REGISTRY.parameters[path])) for path in paths)
        begin = time.perf_counter()
        found = solved(paths, checks)
        solving = time.perf_counter() - begin
        line = f"{count:>3} parameters, {len(checks):>3} rules   solver {solving * 1e3:7.0f} ms"
        if size > MOST:
            print(f"{line}   all combinations: {size:,}, too many to look at")
            continue
        begin = time.perf_counter()
        assert enumerated(paths, checks) <= found
        looking = time.perf_counter() - begin
        print(f"{line}   {size:>9,} combinations {looking * 1e3:9.0f} ms   {looking / solving:7.1f} times")


if __name__ == "__main__":
    main()
