"""Plots as inline SVG, written by hand: no script, no style attribute, nothing loaded.

Words and numbers stand beside the SVG as HTML, so that they keep their size when a plot is squeezed on a phone;
colours come from the page's style through classes, so that light and dark need no second plot.
"""

import html
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 300
NUM_TICKS = 5


@dataclass(frozen=True)
class Bar:
    """One bar: label and value as HTML, its length, what hovering says, and a class of the style sheet."""

    label: str
    value: str
    length: float
    title: str = ""
    kind: str = "model"


@dataclass(frozen=True)
class Point:
    """One point of a curve and what hovering says."""

    x: float
    y: float
    title: str


def bars(rows: Sequence[Bar], full_length: float | None = None) -> str:
    """Horizontal bars in a table; one of `full_length` (None: the longest) fills the column."""
    longest = max((row.length for row in rows), default=0.0) if full_length is None else full_length
    return f'<table class="bars">{"".join(_bar(row, longest) for row in rows)}</table>' if rows else ""


def curve(points: Sequence[Point], label: str) -> str:
    """A line through the points, with ticks; empty where fewer than two are finite. `label` is for screen readers."""
    finite = [point for point in points if math.isfinite(point.x) and math.isfinite(point.y)]
    if len(finite) < 2:
        return ""
    left, right = finite[0].x, max(finite[-1].x, finite[0].x + 1e-9)
    ticks = _round_ticks(min(point.y for point in finite), max(point.y for point in finite))
    low, high = ticks[0], ticks[-1]
    places = [(WIDTH * (point.x - left) / (right - left), HEIGHT * (high - point.y) / (high - low)) for point in finite]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    drawing = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{_escaped(label)}">'
        f'{_grid(len(ticks))}<path class="line" d="{path}"/>{_strips(finite, [x for x, _ in places])}</svg>'
    )
    y_ticks = "".join(f"<span>{_tick(tick)}</span>" for tick in reversed(ticks))
    steps = (round(left + (right - left) * n / NUM_TICKS) for n in range(NUM_TICKS + 1))
    x_ticks = "".join(f"<span>{step:,}</span>" for step in steps)
    return f'<div class="curve"><div class="y">{y_ticks}</div>{drawing}<div class="x">{x_ticks}</div></div>'


@dataclass(frozen=True)
class Column:
    """A bin of a histogram: counts stacked from the bottom, each with a class of the style; what hovering says."""

    counts: tuple[tuple[str, int], ...]
    title: str


def columns(bins: Sequence[Column], label: str, mark_share: float | None = None) -> str:
    """A histogram of stacked columns. mark_share: where a vertical line stands, 0..1 of the width; None: nowhere.

    Heights are square roots of counts: a limit cuts the thin tail of a distribution, which a linear height would hide.
    """
    tallest = max((sum(count for _, count in one.counts) for one in bins), default=0)
    if not tallest:
        return ""
    width = WIDTH / len(bins)
    drawn = "".join(_column(one, number * width, width, tallest) for number, one in enumerate(bins))
    line = f'<path class="limit" d="M{WIDTH * mark_share:.1f} 0V{HEIGHT}"/>' if mark_share is not None else ""
    return (
        f'<svg class="columns" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img"'
        f' aria-label="{_escaped(label)}">{drawn}{line}</svg>'
    )


def _column(one: Column, left: float, width: float, tallest: int) -> str:
    drawn, below = "", 0
    for kind, count in one.counts:
        low, high = (HEIGHT * math.sqrt(value / tallest) for value in (below, below + count))
        if count:
            drawn += (
                f'<rect class="{_escaped(kind)}" x="{left:.1f}" y="{HEIGHT - high:.1f}" width="{0.9 * width:.1f}"'
                f' height="{high - low:.1f}"/>'
            )
        below += count
    strip = f'<rect class="strip" x="{left:.1f}" width="{width:.1f}" height="{HEIGHT}">'
    return f"{drawn}{strip}<title>{_escaped(one.title)}</title></rect>"


def _bar(row: Bar, longest: float) -> str:
    width = 100 * row.length / longest if longest > 0 else 0
    return (
        f'<tr class="{_escaped(row.kind)}"><th scope="row">{row.label}</th><td class="plot">'
        f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width:.2f}" height="10"><title>{_escaped(row.title)}</title></rect></svg></td>'
        f'<td class="value">{row.value}</td></tr>'
    )


def _grid(count: int) -> str:
    lines = (HEIGHT * number / (count - 1) for number in range(count))
    return "".join(f'<path class="grid" d="M0 {y:.1f}H{WIDTH}"/>' for y in lines)


def _strips(points: Sequence[Point], places: Sequence[float]) -> str:
    """One invisible strip over each point, as wide as the way to its neighbours, so that hovering anywhere tells."""
    edges = [0.0, *((a + b) / 2 for a, b in itertools.pairwise(places)), float(WIDTH)]
    return "".join(
        f'<rect class="strip" x="{start:.1f}" width="{stop - start:.1f}" height="{HEIGHT}">'
        f"<title>{_escaped(point.title)}</title></rect>"
        for point, (start, stop) in zip(points, itertools.pairwise(edges), strict=True)
    )


def _round_ticks(low: float, high: float) -> list[float]:
    """Round numbers at equal distances that reach from below `low` to above `high`; at least two."""
    rough = (high - low) / NUM_TICKS or max(abs(high), 1.0) / NUM_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _tick(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)
