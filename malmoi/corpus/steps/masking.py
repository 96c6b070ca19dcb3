"""Masks over Arrow columns: spans are cut out of the byte buffer, texts without any are copied as they are."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
import pyarrow as pa

from malmoi.corpus.kernels.buffers import string_array, string_buffers
from malmoi.corpus.kernels.patterns import Found, scan, snippets
from malmoi.corpus.steps.verdicts import replaced
from malmoi.corpus.steps.written_forms import AFTER_BYTES, BEFORE_BYTES, CANDIDATES, TYPES, find

MASKS = {"phone": "<전화번호>", "email": "<이메일>", "resident_number": "<주민등록번호>"}


class Cut(NamedTuple):
    """Bytes start..stop of one text give way to the mask of a type."""

    text: int
    start: int
    stop: int
    type: str


def mask_batch(batch: pa.RecordBatch, types: Sequence[str]) -> tuple[pa.RecordBatch, dict[str, np.ndarray]]:
    """The batch with text, title, turns and captions masked, and the columns that count what was masked in the text."""
    texts = batch.column("text")
    data, offsets = string_buffers(texts)
    cuts = find_cuts(data, offsets, types)
    counts = {name: np.zeros(len(texts), np.int32) for name in TYPES}
    for cut in cuts:
        counts[cut.type][cut.text] += 1
    # Hangul is 3 bytes a character. A short note may hold a number or two without being a list of them.
    characters = np.maximum(np.diff(offsets) / 3, 100)
    if cuts:
        masked = replaced(batch, "text", _apply(data, offsets, cuts, texts))
        batch = replaced(masked, "segments", _moved_segments(batch.column("segments"), data, offsets, cuts))
    batch = replaced(batch, "title", _masked(batch.column("title"), types))
    batch = replaced(batch, "turns", _masked_turns(batch.column("turns"), types))
    columns = {f"masked_{name}": counts[name] for name in TYPES}
    total = np.sum(list(counts.values()), axis=0)
    return batch, {**columns, "masked_per_1000": (1000 * total / characters).astype(np.float32)}


def find_cuts(data: np.ndarray, offsets: np.ndarray, types: Sequence[str]) -> list[Cut]:
    """Every piece of personal data of these types, by text and place, in bytes from the text's start."""
    return [cut for cut in _cuts(scan(CANDIDATES, data, offsets)) if cut.type in types]


def _cuts(found: Found) -> Iterator[Cut]:
    for snippet in snippets(found, BEFORE_BYTES, AFTER_BYTES):
        text = snippet.content
        for span in find(text):
            if (span.start == 0 and snippet.cut_before) or (span.stop == len(text) and snippet.cut_after):
                continue  # digits may go on outside
            before = snippet.start + len(text[: span.start].encode())
            yield Cut(snippet.text, before, before + len(text[span.start : span.stop].encode()), span.type)


def _apply(data: np.ndarray, offsets: np.ndarray, cuts: Sequence[Cut], like: pa.Array) -> pa.Array:
    """A large_string array with the masks in place; null where `like` is null.

    The texts between the cuts are copied as bytes in one join, and offsets move by what the cuts before them changed.
    """
    view, pieces, at = memoryview(data.data), [], int(offsets[0])
    grown = np.zeros(len(offsets), np.int64)
    for cut in cuts:
        begin, end = int(offsets[cut.text]) + cut.start, int(offsets[cut.text]) + cut.stop
        mask = MASKS[cut.type].encode()
        pieces += [view[at:begin], mask]
        grown[cut.text + 1] += len(mask) - (end - begin)
        at = end
    pieces.append(view[at : int(offsets[-1])])
    return string_array(b"".join(pieces), offsets - offsets[0] + np.cumsum(grown), like)


def _masked(texts: pa.Array, types: Sequence[str]) -> pa.Array:
    """A string column masked, of its own type."""
    data, offsets = string_buffers(texts)
    cuts = find_cuts(data, offsets, types)
    return _apply(data, offsets, cuts, texts).cast(texts.type) if cuts else texts


def _masked_turns(turns: pa.Array, types: Sequence[str]) -> pa.Array:
    """What each speaker says, masked in the flat column of all turns and put back into lists. Speakers stay."""
    if turns.null_count == len(turns):
        return turns
    lists = cast(pa.ListArray, turns)
    said = lists.flatten()
    texts = _masked(said.field("text"), types)
    columns = [texts if field.name == "text" else said.field(field.name) for field in said.type]
    values = pa.StructArray.from_arrays(columns, fields=list(said.type))
    lengths = np.where(lists.is_valid(), lists.value_lengths().fill_null(0), 0)
    places = pa.array(np.r_[0, np.cumsum(lengths)].astype(np.int32))
    return pa.ListArray.from_arrays(places, values, type=lists.type, mask=lists.is_null())


def _moved_segments(segments: pa.Array, data: np.ndarray, offsets: np.ndarray, cuts: Sequence[Cut]) -> pa.Array:
    """Segments with their characters counted in the masked text. Few documents have both, so they go through Python."""
    affected = {cut.text for cut in cuts if segments[cut.text].is_valid}
    if not affected:
        return segments
    rows = segments.to_pylist()
    for text in affected:
        whole = bytes(data[offsets[text] : offsets[text + 1]])
        own = [cut for cut in cuts if cut.text == text]
        marks = [(len(whole[: c.start].decode()), len(whole[: c.stop].decode()), len(MASKS[c.type])) for c in own]
        for segment in rows[text]:
            for edge in ("start", "end"):
                segment[edge] = _moved(segment[edge], marks)
    return pa.array(rows, segments.type)


def _moved(place: int | None, marks: Sequence[tuple[int, int, int]]) -> int | None:
    """Where a character stands after the masks; inside a masked span: at the end of the mask."""
    if place is None:
        return None
    moved = place
    for start, stop, mask in marks:
        if place >= stop:
            moved += mask - (stop - start)
        elif place > start:
            moved += start + mask - place
    return moved
