"""The geometry of a curve; templates/parts.html draws it as inline SVG."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 1000, 300
"""Of the drawing's own coordinates; the page stretches it."""
NUM_TICKS = 5


def curve(points: Sequence[tuple[float, float, str]]) -> dict[str, Any] | None:
    """A line through points (x, y, what hovering says) in order of x; None where fewer than two are finite.

    Each point gets an invisible strip as wide as the way to its neighbours, so that hovering anywhere tells.
    """
    finite = [(x, y, title) for x, y, title in points if math.isfinite(x) and math.isfinite(y)]
    if len(finite) < 2:
        return None
    left, right = finite[0][0], max(finite[-1][0], finite[0][0] + 1e-9)
    ticks = round_ticks(min(y for _, y, _ in finite), max(y for _, y, _ in finite))
    low, high = ticks[0], ticks[-1]
    places = [(WIDTH * (x - left) / (right - left), HEIGHT * (high - y) / (high - low)) for x, y, _ in finite]
    edges = [0.0, *((a + b) / 2 for (a, _), (b, _) in itertools.pairwise(places)), float(WIDTH)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "path": "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places),
        "grid": [f"{HEIGHT * number / (len(ticks) - 1):.1f}" for number in range(len(ticks))],
        "y_ticks": [f"{tick:,.0f}" if abs(tick) >= 100 else f"{tick:.3g}" for tick in reversed(ticks)],
        "x_ticks": [f"{round(left + (right - left) * number / NUM_TICKS):,}" for number in range(NUM_TICKS + 1)],
        "strips": [
            {"x": f"{start:.1f}", "width": f"{stop - start:.1f}", "title": title}
            for (_, _, title), (start, stop) in zip(finite, itertools.pairwise(edges), strict=True)
        ],
    }


def round_ticks(low: float, high: float) -> list[float]:
    """Round numbers at equal distances that reach from below `low` to above `high`; at least two."""
    rough = (high - low) / NUM_TICKS or max(abs(high), 1.0) / NUM_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
