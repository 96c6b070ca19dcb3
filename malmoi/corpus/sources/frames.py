"""Frames between a process and its page worker: two lengths (32 bits, little-endian), then JSON, then plain bytes."""

import json
import struct
from typing import Any, BinaryIO

FRAME = struct.Struct("<II")


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """One frame: its JSON and its bytes. None at the end of the stream, also inside a frame."""
    head = stream.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    json_bytes, content_bytes = FRAME.unpack(head)
    body = stream.read(json_bytes + content_bytes)
    if len(body) < json_bytes + content_bytes:
        return None
    return json.loads(body[:json_bytes]), body[json_bytes:]


def write_frame(stream: BinaryIO, table: dict[str, Any], content: bytes = b"") -> None:
    """Writes one frame and flushes it."""
    encoded = json.dumps(table).encode()
    stream.write(FRAME.pack(len(encoded), len(content)) + encoded + content)
    stream.flush()
