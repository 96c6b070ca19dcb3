"""events.jsonl: one JSON object a line, only ever appended, read by whoever watches a run."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "events.jsonl"


def append(folder: Path, kind: str, **fields: Any) -> None:
    """Appends one event to folder/events.jsonl: its kind, the time (s since 1970) and `fields`."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"kind": kind, "time": time.time(), **fields}, ensure_ascii=False)
    path = folder / NAME
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
