"""How many bytes each kind and source gives to a mixture: targets filled up to limits (water-filling).

On the mixed sample of 5,638 documents (benchmarks/golden_hashes.py, 2026-11-30) shares for five kinds keep 3,454 where
4,760 stay without a mixture, and change how often 2,415 documents are read.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from malmoi.corpus.composition.settings import Mix

_LEAST_SHARE = 1e-12
_HALVINGS = 200
"""Of an interval of floating-point numbers: more than it takes to come down to two neighbours."""


class Sizes(NamedTuple):
    """What was solved: bytes of each source (kind, name) with epochs, whether its cap was met, and the caps in force.

    kind_cap, source_cap: shares; above what was asked where so few kinds or sources cannot keep under it.
    """

    source_bytes: np.ndarray
    source_capped: np.ndarray
    asked_bytes: dict[str, float]
    kind_cap: float
    source_cap: float


def solve(settings: Mix, kinds: list[str], names: list[str | None], available: np.ndarray) -> Sizes:
    """How many bytes, epochs included, each source is to give. available: its bytes; kinds and names go with it.

    The whole is as large as wanted and as caps allow. Each kind gets level x share, but no more than it has; within a
    kind, each source in proportion to what there is of it, but no more than its cap.
    """
    shares = _targets(settings, kinds, available)
    wanted = np.array([shares[kind] > 0 for kind in kinds], np.bool_) & (available > 0)
    result, capped = np.zeros(len(available)), np.zeros(len(available), np.bool_)
    asked = settings.total_bytes or float(available.sum())
    asked_bytes = {kind: share * asked for kind, share in shares.items()}
    if not wanted.any():
        return Sizes(result, capped, asked_bytes, 1.0, 1.0)
    room = _Room(settings, _picked(kinds, wanted), _picked(names, wanted), available[wanted])
    shares = {kind: shares[kind] for kind in room.members}
    if settings.strict:
        shares = _fill(shares, room.slopes(), 1.0)
        total = _bisect(asked, lambda size: all(size * shares[k] <= most for k, most in room.kinds(size).items()))
    else:
        total = room.largest_total(asked)
    result[wanted] = room.filled(shares, total)
    # "Capped": cut off by its share of the whole, and not for want of text.
    capped[wanted] = room.is_named & (result[wanted] >= room.source_cap * total * (1 - 1e-9)) & (room.source_cap < 1)
    return Sizes(result, capped, asked_bytes, room.kind_cap, room.source_cap)


def _picked(items: list[Any], wanted: np.ndarray) -> list[Any]:
    return [items[index] for index in np.flatnonzero(wanted)]


class _Room:
    """How much each kind and source can give to a whole of some size, under caps that can be kept."""

    def __init__(self, settings: Mix, kinds: list[str], names: list[str | None], available: np.ndarray) -> None:
        self.members = {kind: np.array([k == kind for k in kinds]) for kind in dict.fromkeys(kinds)}
        self.is_named = np.array([name is not None for name in names])
        self._available, self._most = available, available * settings.most_epochs
        asked = (settings.largest_kind_share or 1.0, settings.largest_source_share or 1.0)
        self.kind_cap, self.source_cap = asked
        # Two kinds cannot both stay under 30 %. Then both caps grow by one factor until the whole can be made up.
        low, high = 1.0, 1 / min(asked)
        if sum(self.slopes().values()) < 1 - 1e-9:
            for _ in range(_HALVINGS):
                middle = (low + high) / 2
                self.kind_cap, self.source_cap = (min(1.0, cap * middle) for cap in asked)
                low, high = (low, middle) if sum(self.slopes().values()) >= 1 else (middle, high)
            self.kind_cap, self.source_cap = (min(1.0, cap * high) for cap in asked)

    def sources(self, total: float) -> np.ndarray:
        """The most bytes of each source."""
        return np.where(self.is_named, np.minimum(self._most, self.source_cap * total), self._most)

    def kinds(self, total: float) -> dict[str, float]:
        """The most bytes of each kind."""
        limits = self.sources(total)
        return {
            kind: min(float(limits[members].sum()), self.kind_cap * total) for kind, members in self.members.items()
        }

    def largest_total(self, wanted: float) -> float:
        """The largest whole, up to `wanted`, that the kinds can fill under their caps."""
        return _bisect(wanted, lambda size: sum(self.kinds(size).values()) >= size * (1 - 1e-9))

    def filled(self, shares: dict[str, float], total: float) -> np.ndarray:
        """The bytes of each source."""
        result, limits = np.zeros(len(self._available)), self.sources(total)
        for kind, size in _fill(shares, self.kinds(total), total).items():
            members = self.members[kind]
            result[members] = _fill_array(self._available[members], limits[members], size)
        return result

    def slopes(self) -> dict[str, float]:
        """What part of a very small whole, in which no text runs out, each kind can be under the caps."""
        named = {kind: int((members & self.is_named).sum()) for kind, members in self.members.items()}
        return {
            kind: min(self.kind_cap, 1.0 if named[kind] < members.sum() else named[kind] * self.source_cap)
            for kind, members in self.members.items()
        }


def _targets(settings: Mix, kinds: list[str], available: np.ndarray) -> dict[str, float]:
    """The share that each kind that exists is to have. They sum to 1, or to 0 where none is wanted."""
    sizes: dict[str, float] = dict.fromkeys(kinds, 0.0)
    for kind, size in zip(kinds, available.tolist(), strict=True):
        sizes[kind] += size
    rest = max(0.0, 1 - sum(settings.shares.values()))
    others = sum(size for kind, size in sizes.items() if kind not in settings.shares)
    shares = {
        kind: settings.shares[kind] if kind in settings.shares else rest * size / others if others else 0.0
        for kind, size in sizes.items()
    }
    whole = sum(share for share in shares.values() if share >= _LEAST_SHARE)
    return {kind: share / whole if share >= _LEAST_SHARE else 0.0 for kind, share in shares.items()}


def _fill(shares: dict[str, float], limits: dict[str, float], total: float) -> dict[str, float]:
    """Level x share for each, no more than its limit, so that all sum to `total` where the limits allow it."""
    filled = _fill_array(np.array(list(shares.values())), np.array(list(limits.values())), total)
    return dict(zip(shares, filled.tolist(), strict=True))


def _fill_array(weights: np.ndarray, limits: np.ndarray, total: float) -> np.ndarray:
    """As `_fill`, over arrays. Those that meet their limit first are settled first; the rest share what is left."""
    result = np.zeros(len(weights))
    wanted = weights > 0
    levels = np.full(len(weights), np.inf)
    np.divide(limits, weights, out=levels, where=wanted)
    order = np.argsort(levels, kind="stable")
    order = order[wanted[order]]
    # Before place i all are at their limit: the level that the rest can have.
    full = np.r_[0.0, np.cumsum(limits[order])[:-1]]
    left = np.cumsum(weights[order][::-1])[::-1]
    level = (total - full) / left
    open_from = int(np.argmax(level <= levels[order])) if (level <= levels[order]).any() else len(order)
    result[order[:open_from]] = limits[order[:open_from]]
    if open_from < len(order):
        result[order[open_from:]] = weights[order[open_from:]] * max(0.0, level[open_from])
    return result


def _bisect(high: float, holds: Callable[[float], bool]) -> float:
    """The largest size from 0 to `high` for which a condition holds that holds for all smaller ones."""
    if holds(high):
        return high
    low = 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
