"""events.jsonl: one JSON object a line, only ever appended, read by whoever watches a run."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from malmoi.kit.files import is_remote, make_folder, write_text

NAME = "events.jsonl"


def append(folder: Path, kind: str, **fields: Any) -> None:
    """Appends one event to folder/events.jsonl: its kind, the time (s since 1970) and `fields`.

    A remote file cannot grow, so it is written anew: there the events of one run are for one writer.
    """
    line = json.dumps({"kind": kind, "time": time.time(), **fields}, ensure_ascii=False)
    path = folder / NAME
    if is_remote(folder):
        write_text(path, (path.read_text(encoding="utf-8") if path.is_file() else "") + line + "\n")
        return
    make_folder(folder)
    with path.open("ab+") as stream:
        if stream.tell() and not _ends_with_newline(stream):
            line = "\n" + line  # a killed writer left half a line: keep it from swallowing this one
        stream.write(line.encode() + b"\n")


def read(folder: Path, kind: str | None = None) -> Iterator[dict[str, Any]]:
    """The events of a folder in order, of one kind if asked. Half a line left by a killed writer is skipped."""
    path = folder / NAME
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and (kind is None or event.get("kind") == kind):
                yield event


def _ends_with_newline(stream: Any) -> bool:
    stream.seek(-1, 2)
    return stream.read(1) == b"\n"
