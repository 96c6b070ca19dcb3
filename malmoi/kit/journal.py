"""A journal: lines that are only ever appended, each with the hash of the one before, so that no line changes unseen.

Beside it lies <name>.head with the number and hash of the last line, so that a journal cut at its end is noticed too.
The chain has no key: who can write both files can also make a new chain. It shows accidents and hasty hands; against
more, keep `head` (number and hash) somewhere else and give it to `verify`.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from malmoi.kit.files import append_line, json_object, make_folder, write_text
from malmoi.kit.lock import flocked

Head = tuple[int, str]
FIRST: Head = (0, "0" * 64)
"""What stands before line 1."""
MAX_LINE_BYTES = 1 << 16
_ADDED = frozenset({"number", "time", "previous", "sha256"})


def append(path: Path, **fields: Any) -> Head:
    """Appends a line with `fields`; returns its number (from 1) and its hash. It is on the disk when this returns.

    Any number of threads and processes of one machine may append: each waits for its turn (flock). Local files only.
    """
    assert not _ADDED & fields.keys(), f"{sorted(_ADDED & fields.keys())} are set by the journal itself"
    make_folder(path.parent)
    with path.open("ab+") as stream:
        flocked(stream, wait=True)  # gives way when the file is closed, however the process ends
        # Where the end was cut off or replaced, the head still says what was there: the chain goes on from it, and
        # shows the gap. Only a writer killed between the two leaves a last line that is newer.
        number, previous = max(head(path), _last(stream), key=lambda last: last[0])
        entry = {"number": number + 1, "time": time.time(), **fields, "previous": previous}
        made = number + 1, _hash(entry)
        line = json.dumps({**entry, "sha256": made[1]}, ensure_ascii=False).encode() + b"\n"
        assert len(line) <= MAX_LINE_BYTES, f"a line of {len(line)} bytes"
        append_line(stream, line)
        stream.flush()
        os.fsync(stream.fileno())
        write_text(_head_path(path), f"{made[0]} {made[1]}\n")
    return made


def head(path: Path) -> Head:
    """The number and the hash of the last line, as the file beside the journal has them. FIRST where there is none."""
    try:
        number, sha256 = _head_path(path).read_text(encoding="utf-8").split()
        return int(number), sha256
    except (FileNotFoundError, ValueError):
        return FIRST


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The entries in order, as they stand; lines that are no entries are left out. `verify` tells of them."""
    with _opened(path) as stream:
        yield from filter(None, map(_parsed, stream))


def verify(path: Path, known: Head | None = None) -> list[str]:
    """What is wrong, one sentence a line of the file or missing entry; an empty list where all is as it was written.

    known: a head that was kept elsewhere. A line is changed, missing, swapped (at another place than it was written),
    or cut (a writer was killed in it, or the end was taken off).
    """
    wrong: list[str] = []
    expected, hashes = FIRST, {FIRST[0]: FIRST[1]}
    with _opened(path) as stream:
        for place, line in enumerate(stream, 1):
            entry = _parsed(line)
            if not entry or not line.endswith(b"\n"):
                wrong.append(f"line {place} is cut or is no entry")
                continue
            wrong += _faults(entry, expected, place)
            expected = (entry["number"], entry["sha256"])
            hashes.setdefault(*expected)
    for number, sha256 in (head(path), known or FIRST):
        if number > max(hashes):
            wrong.append(f"the end is cut: the last line is {max(hashes)}, and {number} lines were written")
        elif hashes.get(number) != sha256:
            wrong.append(f"entry {number} is not the one that was written (by the head that was kept)")
    return list(dict.fromkeys(wrong))


def _faults(entry: dict[str, Any], before: Head, place: int) -> Iterator[str]:
    number = entry["number"]
    if entry["sha256"] != _hash({name: value for name, value in entry.items() if name != "sha256"}):
        yield f"line {place} (entry {number}) is changed"
    if number > before[0] + 1:
        yield from (f"entry {missing} is missing" for missing in range(before[0] + 1, number))
    elif number <= before[0]:
        yield f"line {place} (entry {number}) is swapped: it stands after entry {before[0]}"
    elif entry["previous"] != before[1]:
        yield f"line {place} (entry {number}) does not follow from the line before it: one of the two was replaced"


def _hash(entry: dict[str, Any]) -> str:
    """SHA-256 over JSON with sorted keys and without spaces, whatever the line's own spelling is."""
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _opened(path: Path) -> BinaryIO:
    return (path if path.is_file() else Path(os.devnull)).open("rb")


def _parsed(line: bytes) -> dict[str, Any]:
    """The entry in a line; an empty table where it is none."""
    entry = json_object(line)
    return entry if entry.keys() >= _ADDED and type(entry["number"]) is int else {}


def _last(stream: BinaryIO) -> Head:
    """The last whole entry. It lies within two lines' length of the end, for half a line may stand after it."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 2 * MAX_LINE_BYTES))
    entries = [entry for line in stream if (entry := _parsed(line))]
    return (entries[-1]["number"], str(entries[-1]["sha256"])) if entries else FIRST


def _head_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.head")
