"""One protocol for every stage: finished? lock, clear, work, manifest last.

`unfinished.json` says from the first moment of the work to its last which stage, with which fingerprint, is at work or
was killed: only one of the very same fingerprint, version of the output included, may go on with what it left.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from malmoi.kit import erasing, fence, manifest
from malmoi.kit.files import listed, read_json, remove, remove_partials, write_json
from malmoi.kit.lock import GUARD, USUAL, Terms, lock
from malmoi.kit.run import CORPUS

UNFINISHED, WORK = "unfinished.json", "work"
PROTOCOL = (fence.NAME, GUARD, UNFINISHED, manifest.NAME, WORK)
"""Names in a stage's folder that are not of its result."""
SHOWN = 40
"""Characters of a value in a line for people."""


@dataclass(frozen=True)
class Made:
    """What identifies a stage's result. config: without the machine's settings. inputs: SHA-256 by name.

    output_version: raised by whoever changes what the stage writes. parents: names of the inputs that are stages.
    """

    stage: str
    output_version: int
    config: dict[str, Any]
    inputs: dict[str, str]
    parents: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """16 hex digits of all of it."""
        text = json.dumps([self.stage, self.output_version, self.config, self.inputs], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class Stage:
    """A stage at work. What it wrote is told with `add`; counts go into the manifest.

    is_resumed: one of the same fingerprint was killed here, and what it left may be gone on with. work: the folder for
    what is on the way; it goes at the end, and at the start of one with another fingerprint.
    """

    folder: Path
    made: Made
    is_resumed: bool
    outputs: manifest.Outputs = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Where what is on the way lies. Not made yet."""
        return self.folder / WORK / self.made.fingerprint

    def add(self, names: Iterable[str], sha256_by_name: dict[str, str] | None = None) -> None:
        """Files of the folder that were made, measured now; hashes that are known already are taken as they are."""
        self.outputs |= manifest.outputs_of(self.folder, names, sha256_by_name)

    def record(self, seconds: float) -> manifest.Manifest:
        """The manifest of what was made, in so many seconds."""
        stage, version, config, inputs = self.made.stage, self.made.output_version, self.made.config, self.made.inputs
        parents = {name: inputs[name] for name in self.made.parents}
        return manifest.Manifest(stage, config, inputs, self.outputs, self.counts, seconds, version, parents)


@contextlib.contextmanager
def stage(folder: Path, made: Made, terms: Terms = USUAL, how: manifest.How = "once") -> Iterator[Stage | None]:
    """Yields None where `folder` is finished with these very inputs and whole; else the work to do, under the lock.

    how: what it means to be whole (manifest.verify); a corpus of terabytes is asked for its sizes only.
    The manifest that was there goes first, the new one comes last, and not at all after an error. Raises UserError (75)
    where a living process is at work there, or took over on the way, and (93) where an erasure of the folder, or of the
    corpus beside it, is not finished.
    """
    erasing.require_none(folder, folder.parent / CORPUS)
    if is_done(folder, made, how) and not (folder / UNFINISHED).exists():
        yield None
        return
    with lock(folder, terms):
        if is_done(folder, made, how):  # asked once more: whoever held the lock until now may have made it
            _clear(folder)
            yield None
            return
        work = Stage(folder, made, _begin(folder, made))
        began = time.monotonic()
        yield work
        manifest.write(folder, work.record(time.monotonic() - began))
        _clear(folder)


def state(folder: Path, made: Made) -> str:
    """What `stage` would find: "unchanged", "absent", "unfinished" or "again because KEY changed (old -> new)".

    Changes nothing and reads no output, only sizes. Raises UserError where the manifest is damaged.
    """
    if not (folder / manifest.NAME).exists():
        return "unfinished" if listed(folder) else "absent"
    wrong = change(folder, made) or manifest.verify(folder, how="size")
    return f"again because {wrong}" if wrong else "unchanged"


class Change(NamedTuple):
    """A value that differs between two tables, by its path in them."""

    key: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.key} changed ({_shown(self.old)} -> {_shown(self.new)})"


def change(folder: Path, made: Made) -> Change | None:
    """The first thing in which the `former` result was made otherwise than `made` says; None where in nothing."""
    found = former(folder) or manifest.read(folder)  # which says that there is none
    new = {"config": made.config, "inputs": made.inputs, "output_version": made.output_version}
    return _first_change({name: found.get(name) for name in new}, json.loads(json.dumps(new, default=str)))


def unfinished(folder: Path) -> dict[str, Any]:
    """The `stage` that is at work or was killed here, and its `fingerprint`; empty where there is none."""
    return read_json(folder / UNFINISHED) or {}


def former(folder: Path) -> dict[str, Any] | None:
    """config, inputs and output_version of the result that is here, or that was until work began that was killed.

    What was made from that result may still be there. None where nothing was ever finished here.
    """
    return manifest.find(folder) or unfinished(folder).get("former")


def is_done(folder: Path, made: Made, how: manifest.How = "once") -> bool:
    """Whether `folder` is finished with these very inputs and whole, by `manifest.verify(how)`."""
    is_same = manifest.is_finished(folder, made.config, made.inputs, made.output_version)
    return is_same and manifest.verify(folder, how) is None


def _begin(folder: Path, made: Made) -> bool:
    """Makes the folder one that is being worked on; returns whether a killed start of the same may be gone on with."""
    is_resumed = unfinished(folder).get("fingerprint") == made.fingerprint
    if not is_resumed:
        was = former(folder)
        _mark(folder, made.stage, None, was)  # killed while leftovers go, nobody goes on with half of them
        remove(folder / WORK)
        _mark(folder, made.stage, made.fingerprint, was)
    remove(folder / manifest.NAME)
    remove_partials(folder)
    return is_resumed


def _mark(folder: Path, name: str, fingerprint: str | None, was: dict[str, Any] | None) -> None:
    kept = was and {key: was.get(key) for key in ("config", "inputs", "output_version")}
    write_json(folder / UNFINISHED, {"stage": name, "fingerprint": fingerprint, "former": kept})


def _clear(folder: Path) -> None:
    remove(folder / WORK)
    remove(folder / UNFINISHED)


def _first_change(old: Any, new: Any, path: str = "") -> Change | None:
    """The first value that differs between two JSON values, with its path as "config.limits[0]"."""
    if isinstance(old, dict) and isinstance(new, dict):
        inner = [(f"{path}.{key}" if path else key, old.get(key), new.get(key)) for key in {**new, **old}]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        inner = [(f"{path}[{number}]", *pair) for number, pair in enumerate(zip(old, new, strict=True))]
    else:
        return None if old == new else Change(path, old, new)
    return next(filter(None, (_first_change(was, now, below) for below, was, now in inner)), None)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
