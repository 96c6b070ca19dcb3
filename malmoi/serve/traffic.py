"""How the requests for a bare name are shared among its versions: A/B and canary weights, and shadow copies.

With `sticky` the same person, or the same key, gets the same version: each version draws a number from the hash of the
name and the person, and the best by weight wins (rendezvous hashing, Thaler and Ravishankar 1998, with weights). When
weights change, only those move who have to.
"""

import bisect
import hashlib
import itertools
import math
import random
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.kit.files import read_json, write_json
from malmoi.kit.ranges import require
from malmoi.serve.keys import ANYONE

_GOLDEN = (math.sqrt(5) - 1) / 2
_MOST_NAMES = 1000
"""Names that may have a split, and versions of one: the file stays small whatever is sent."""


@dataclass(frozen=True)
class Split:
    """The traffic of one name.

    weights: requests for each version, as parts of their sum; versions that are not named get none. sticky: who gets
    the same version every time: a request's `user`, or a key; who has neither is drawn. seed: where drawing begins.
    shadow: a version that gets copies of a share of the requests; what it says is recorded and counted only.
    """

    weights: dict[str, float] = field(default_factory=dict)
    sticky: Literal["none", "user", "key"] = "none"
    seed: int = 0
    shadow: str | None = None
    shadow_share: float = 1.0

    def __post_init__(self) -> None:
        require(self, "0 to 1", lambda share: 0 <= share <= 1, "shadow_share")
        if len(self.weights) > _MOST_NAMES:
            raise UserError(f"{len(self.weights)} weights", f"at most {_MOST_NAMES}")
        for model_id, weight in self.weights.items():
            if not (math.isfinite(weight) and weight >= 0):
                raise UserError(f"the weight of {model_id} is {weight}", "0 or more")
        if self.weights and sum(self.weights.values()) <= 0:
            raise UserError("all weights are 0", "at least one above 0")
        if math.isinf(sum(self.weights.values())):  # nothing can be drawn by them
            raise UserError("the weights have no sum", "smaller numbers, as 90 and 10")


class Traffic:
    """The splits of all names. path: where they are kept, so that a restart forgets nothing; None: nowhere."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises UserError where the file is there and holds no splits."""
        self.path, self.splits = path, dict[str, Split]()
        self._draws, self._copies = dict[str, Iterator[float]](), dict[str, Iterator[float]]()
        content = read_json(path, "mend it, or remove it and set the weights again") if path else None
        self._take(splits_of(content or {}))

    def _take(self, splits: Mapping[str, Split]) -> None:
        # Draws of the same seed go on where they were: set again before every request, one version would get them all.
        same = [name for name, split in splits.items() if name in self.splits and self.splits[name].seed == split.seed]
        # Two for each name, so that a shadow changes nobody's version.
        draws = {name: _draws(f"{split.seed} {name}") for name, split in splits.items()}
        copies = {name: _draws(f"{split.seed} {name} copies") for name, split in splits.items()}
        self._draws = draws | {name: self._draws[name] for name in same}
        self._copies = copies | {name: self._copies[name] for name in same}
        self.splits = dict(splits)

    def set(self, splits: Mapping[str, Split]) -> None:
        """Takes these instead of all there were. Kept first: what cannot be kept is not done (OSError)."""
        if self.path is not None:
            write_json(self.path, to_table(splits))
        self._take(splits)

    def pick(self, name: str, ids: Sequence[str], user: str | None, key: str) -> str | None:
        """Which of the versions `ids` answers, None where no weight says. key: the name of the request's key."""
        split = self.splits.get(name)
        weights = {} if split is None else {model_id: split.weights.get(model_id, 0) for model_id in ids}
        weights = {model_id: weight for model_id, weight in weights.items() if weight > 0}
        if split is None or not weights:
            return None
        who = {"none": None, "user": user, "key": None if key == ANYONE.name else key}[split.sticky]
        if who is None:
            bounds = list(itertools.accumulate(weights.values()))
            drawn = bisect.bisect_right(bounds, next(self._draws[name]) * bounds[-1])
            return list(weights)[min(drawn, len(weights) - 1)]
        return max(weights, key=lambda model_id: _score(f"{split.seed}\0{model_id}\0{who}", weights[model_id]))

    def copies_to(self, name: str) -> str | None:
        """The version that gets a copy of this request of `name`, if one does."""
        split = self.splits.get(name)
        if split is None or split.shadow is None or next(self._copies[name]) >= split.shadow_share:
            return None
        return split.shadow


def splits_of(table: Mapping[str, Any]) -> dict[str, Split]:
    """A table of names as splits; Korean names composed, as those of models are. Raises UserError for what is wrong."""
    if len(table) > _MOST_NAMES:
        raise UserError(f"{len(table)} names", f"at most {_MOST_NAMES}")
    return {composed(name): _composed(config.parse(Split, content, name)) for name, content in table.items()}


def _composed(split: Split) -> Split:
    weights = {composed(model_id): weight for model_id, weight in split.weights.items()}
    return replace(split, weights=weights, shadow=None if split.shadow is None else composed(split.shadow))


def composed(name: str) -> str:
    """A name in whole syllables: Macs write Hangul in letters."""
    return unicodedata.normalize("NFC", name)


def to_table(splits: Mapping[str, Split]) -> dict[str, Any]:
    """The splits as `splits_of` reads them."""
    return {name: asdict(split) for name, split in splits.items()}


def _draws(seed: str) -> Iterator[float]:
    """Numbers of 0 to 1, each the one before plus the golden ratio, modulo 1 (Weyl): any few of them lie evenly.

    By chance alone the first twelve requests of a 50/50 split may all go to one side. Every second or third of these
    lies evenly too, so a client that sends two kinds of requests by turns gets both versions for both.
    """
    at = random.Random(seed).random()
    while True:
        yield at
        at = (at + _GOLDEN) % 1.0


def _score(text: str, weight: float) -> float:
    """A number that is largest for each of several texts as often as its weight says."""
    drawn = (int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:7], "big") + 1) / 2**56
    return -weight / math.log(drawn) if drawn < 1 else math.inf
