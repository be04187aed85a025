"""A study's results as one HTML file that needs nothing else: figures, and tables of what was and was not measured."""

import html
import itertools
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly import io

from llem.conditions.words import value_words
from llem.registry.model import Registry
from llem.registry.values import key_of
from llem.study.results import Spread, Summary, ended_otherwise, summaries
from llem.study.store import Store


_HIGHER_IS_BETTER = "throughput"
_UNITS = {
    "throughput": "output tokens/s",
    "latency": "latency of a batch, s",
    "joules_per_token": "energy, J/token",
}
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; text-align: left; vertical-align: top; }
"""


def html_report(store: Store, registry: Registry) -> str:
    """Return the page."""
    info = store.info()
    found = summaries(store, registry)
    counts = ", ".join(f"{count:,} {state}" for state, count in store.counts().items() if count)
    parts = [f"<h1>{html.escape(info.name)}</h1><p>{counts} trials.</p>", *_figures(found)]
    if found:
        parts.append("<h2>Experiments</h2>" + _table(_experiment_rows(found)))
        parts.append("<p>± is half of the 95 % confidence interval of the mean.</p>")
    others = ended_otherwise(store)
    if others:
        rows = [
            (state, code, reason, ", ".join(map(str, numbers))) for (state, code, reason), numbers in others.items()
        ]
        parts.append("<h2>Not measured</h2>" + _table([("state", "code", "reason", "trials"), *rows]))
    head = f'<meta charset="utf-8"><title>{html.escape(info.name)}</title><style>{_STYLE}</style>'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _figures(found: list[Summary]) -> Iterator[str]:
    """Yield the figures; the first brings the plotting library along."""
    figures = [figure for figure in (_trade_off(found), *_effects(found), _heat_map(found)) if figure is not None]
    for index, figure in enumerate(figures):
        figure.update_layout(template="plotly_white", margin={"t": 60, "r": 20})
        yield io.to_html(figure, full_html=False, include_plotlyjs=index == 0, config={"displaylogo": False})


def _trade_off(found: list[Summary]) -> go.Figure | None:
    """Return throughput against energy, or against latency where no energy was measured, with its Pareto front."""
    if not found:
        return None
    cost = "joules_per_token" if all("joules_per_token" in each.spreads for each in found) else "latency"
    points = [(each.spreads[cost].mean, each.spreads[_HIGHER_IS_BETTER].mean) for each in found]
    front = pareto_front(points)
    names = [_name(each) for each in found]
    figure = go.Figure(
        go.Scatter(
            x=[x for x, _ in points],
            y=[y for _, y in points],
            error_x={"array": [each.spreads[cost].half or 0 for each in found]},
            error_y={"array": [each.spreads[_HIGHER_IS_BETTER].half or 0 for each in found]},
            mode="markers",
            name="experiments",
            text=names,
        )
    )
    line = [points[index] for index in front]
    figure.add_scatter(
        x=[x for x, _ in line],
        y=[y for _, y in line],
        mode="lines+markers",
        name="Pareto front",
        text=[names[index] for index in front],
    )
    title = f"Throughput against {_UNITS[cost]}"
    return figure.update_layout(title=title, xaxis_title=_UNITS[cost], yaxis_title=_UNITS[_HIGHER_IS_BETTER])


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which points no other beats: none has at most its first and at least its second, and differs."""
    order = sorted(range(len(points)), key=lambda index: (points[index][0], -points[index][1]))
    front: list[int] = []
    for index in order:
        if not front or points[index][1] > points[front[-1]][1] or points[index] == points[front[-1]]:
            front.append(index)
    return front


def _effects(found: list[Summary]) -> Iterator[go.Figure]:
    """Yield for each parameter how its values compare where nothing else differs, with 95 % intervals."""
    for path in found[0].varying if found else ():
        ratios = _compared(found, path)
        if len(ratios) < 2:
            continue
        spreads = {value: Spread.of(figures) for value, figures in ratios.items()}
        name = html.escape(path)
        figure = go.Figure(
            go.Scatter(
                x=list(spreads),
                y=[spread.mean for spread in spreads.values()],
                error_y={"array": [spread.half or 0 for spread in spreads.values()]},
                mode="markers",
            )
        )
        figure.add_hline(1, line_dash="dot")
        figure.update_xaxes(type="category", title=name)
        figure.update_yaxes(title="throughput / mean of otherwise equal experiments")
        yield figure.update_layout(title=f"Effect of {name}")


def _compared(found: list[Summary], path: str) -> dict[str, list[float]]:
    """Return by value the throughputs of experiments, relative to the mean of those that differ in nothing else."""
    blocks: dict[Any, dict[str, float]] = {}
    for each in found:
        others = key_of({name: value for name, value in each.varying.items() if name != path})
        blocks.setdefault(others, {})[_text(each.varying[path])] = each.spreads[_HIGHER_IS_BETTER].mean
    ratios: dict[str, list[float]] = {}
    for block in blocks.values():
        mean = statistics.fmean(block.values())
        for value, figure in block.items() if len(block) > 1 else ():
            ratios.setdefault(value, []).append(figure / mean)
    return ratios


def _heat_map(found: list[Summary]) -> go.Figure | None:
    """Return the mean throughput over the two parameters that matter most for it."""
    paths = sorted(found[0].varying if found else (), key=lambda path: -_influence(found, path))[:2]
    if len(paths) < 2:
        return None
    groups = _grouped(found, paths)
    columns, rows = (list(dict.fromkeys(key[place] for key in groups)) for place in (0, 1))
    means = {key: statistics.fmean(figures) for key, figures in groups.items()}
    cells = [[means.get((column, row)) for column in columns] for row in rows]
    figure = go.Figure(go.Heatmap(x=columns, y=rows, z=cells, colorbar={"title": _UNITS[_HIGHER_IS_BETTER]}))
    across, up = map(html.escape, paths)
    figure.update_layout(title=f"Throughput over {across} and {up}")
    return figure.update_xaxes(type="category", title=across).update_yaxes(type="category", title=up)


def _influence(found: list[Summary], path: str) -> float:
    """Return how far apart the mean throughputs of a parameter's values are."""
    return statistics.pstdev(statistics.fmean(figures) for figures in _grouped(found, [path]).values())


def _grouped(found: list[Summary], paths: list[str]) -> dict[tuple[str, ...], list[float]]:
    """Return the throughputs of experiments by the values of some parameters, as text."""
    groups: dict[tuple[str, ...], list[float]] = {}
    for each in found:
        key = tuple(_text(each.varying[path]) for path in paths)
        groups.setdefault(key, []).append(each.spreads[_HIGHER_IS_BETTER].mean)
    return groups


def _name(summary: Summary) -> str:
    return "<br>".join(f"{html.escape(path)}: {_text(value)}" for path, value in summary.varying.items())


def _text(value: Any) -> str:
    return "unset" if value is None else html.escape(value_words(value))


def _experiment_rows(found: list[Summary]) -> Iterator[Sequence[str]]:
    names = [name for name in _UNITS if any(name in each.spreads for each in found)]
    yield (*found[0].varying, "trials", *(_UNITS[name] for name in names))
    for each in found:
        values = (value_words(value) if value is not None else "unset" for value in each.varying.values())
        yield (*values, str(each.trials), *(_spread_text(each.spreads, name) for name in names))


def _spread_text(spreads: Mapping[str, Spread], name: str) -> str:
    spread = spreads.get(name)
    if spread is None:
        return ""
    return f"{spread.mean:.4g}" + (f" ± {spread.half:.2g}" if spread.half is not None else "")


def _table(rows: Iterable[Sequence[str | None]]) -> str:
    head, *body = (tuple(html.escape(cell or "") for cell in row) for row in rows)
    lines = itertools.chain(
        ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"],
        ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in body),
    )
    return f"<table>{''.join(lines)}</table>"
