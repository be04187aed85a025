"""All benchmarks of speed, one after the other, each with its peers in the same run.

    pip install -e '.[dev,benchmarks]' && python tests/benchmarks [NAME ...] [--figure FILE]

`--figure` draws how the time of a verdict grows: with the fields written, the rules in the registry, the rows of a
table. What needs more than this package and its extras stands beside: `memory.py`, `backends.py`.
"""

import argparse
from collections.abc import Callable, Mapping

import columns
import expand
import overhead
import solver
import validate


Curves = Mapping[str, list[tuple[int, float]]]
"""What grows, to pairs of how much there is of it and the microseconds of one verdict."""


def draw(file: str, curves: Curves) -> None:
    """Draw the curves into an SVG or PNG file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(curves), figsize=(4.2 * len(curves), 3.2), constrained_layout=True)
    for axis, (name, points) in zip(axes.flat, curves.items(), strict=True):
        axis.plot(*zip(*points, strict=True), marker="o")
        axis.set(xlabel=name, ylabel="microseconds of a verdict")
        (least, _), *_, (most, _) = points
        if 0 < least <= most / 1000:
            axis.set(xscale="log", yscale="log")
        else:
            axis.set(ylim=(0, None))
        axis.grid(alpha=0.3)
    figure.savefig(file, metadata={"Date": None} if file.endswith(".svg") else None)


BENCHMARKS: dict[str, Callable[[], Curves | None]] = {
    "validate": validate.main,
    "columns": columns.main,
    "solver": solver.main,
    "expand": lambda: expand.main([]),
    "overhead": lambda: overhead.main([]),
}


def main() -> None:
    """Run the benchmarks that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []], help=", ".join(BENCHMARKS))
    parser.add_argument("--figure", metavar="FILE", help="Draw the growth curves into this SVG or PNG file.")
    arguments = parser.parse_args()
    curves: dict[str, list[tuple[int, float]]] = {}
    for name in arguments.names or BENCHMARKS:
        print(f"== {name}")
        curves.update(BENCHMARKS[name]() or {})
    if arguments.figure:
        draw(arguments.figure, curves)


if __name__ == "__main__":
    main()
