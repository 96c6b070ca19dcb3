"""How long the tests of each room take, beside what DESIGN 7 allows. A table to read: no test fails on a clock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LIMITS_MINUTES = {
    "corpus": (3, 6),
    "train": (1.5, 7),
    "serve": (1, 4),
    "studio": (1, 5),
    "ops": (1, 8),
    "rest": (0.5, 0),
}
"""Of the quick and the slow tests, on 2 quiet cores. `rest`: all other rooms together."""
STAGES = {"not slow": 0, "slow": 1}
"""By the words of pytest's -m: which of the two limits holds."""


def seconds_by_room(durations: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Sums of seconds. durations: a test's id ("tests/corpus/steps/test_x.py::test_y") and seconds, many for a test."""
    sums: dict[str, float] = {}
    for test_id, seconds in durations:
        parts = test_id.partition("::")[0].split("/")
        room = parts[1] if len(parts) > 2 else "tests"
        sums[room] = sums.get(room, 0.0) + seconds
    return sums


def table(seconds: Mapping[str, float], stage: int, processes: int) -> list[str]:
    """A line for each room. stage: 0 quick, 1 slow. processes: at work side by side, so that minutes are of a clock."""
    minutes = {room: total / 60 / processes for room, total in seconds.items()}
    others = {room: value for room, value in sorted(minutes.items()) if room not in LIMITS_MINUTES}
    sums = {**minutes, "rest": sum(others.values())}
    lines = []
    for room, limits in LIMITS_MINUTES.items():
        taken, limit = sums.get(room, 0.0), limits[stage]
        over = "  over" if round(taken, 1) > limit else ""
        lines.append(f"{room:<8}{taken:5.1f} min of {limit:g}{over}")
    if others:
        lines.append("rest is " + ", ".join(f"{room} {value:.1f}" for room, value in others.items()))
    return lines


def summary(stats: Mapping[str, Sequence[Any]], words: str, processes: int | None) -> list[str]:
    """The table at the end of a stage of `make test`, nothing after any other call of pytest.

    stats: of pytest's terminal reporter; with xdist the reports of all processes arrive there. words: given with -m.
    """
    if words not in STAGES:
        return []
    reports = (report for reports in stats.values() for report in reports if hasattr(report, "duration"))
    seconds = seconds_by_room((report.nodeid, report.duration) for report in reports)
    return table(seconds, STAGES[words], processes or 1)
