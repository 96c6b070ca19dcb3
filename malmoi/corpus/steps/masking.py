"""Masks over Arrow columns: spans are cut out of the byte buffer, texts without any are copied as they are."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.kernels import letter_counts
from malmoi.corpus.kernels.buffers import string_array, string_buffers
from malmoi.corpus.kernels.patterns import Candidates, kept_by, outside_words, scan_bytes, snippets
from malmoi.corpus.steps.account import PERSONAL_DATA, took
from malmoi.corpus.steps.personal.candidates import AFTER_BYTES, BEFORE_BYTES, CANDIDATES
from malmoi.corpus.steps.personal.names import may_be_name, may_begin_name
from malmoi.corpus.steps.personal.pseudonyms import pseudonym
from malmoi.corpus.steps.personal.settings import MaskingSettings
from malmoi.corpus.steps.verdicts import replaced
from malmoi.corpus.steps.written_forms import FINDERS, MASKS, find

_EXPRESSIONS = tuple(candidate.expression for candidate in CANDIDATES)
_FINDER_BITS = np.array([sum(1 << list(FINDERS).index(name) for name in row.finders) for row in CANDIDATES], np.int64)
"""The finders that a candidate goes to, as bits by their place in FINDERS."""
_DIGITS_ONLY = np.array([not candidate.in_words for candidate in CANDIDATES])
_AFTER_LABEL = np.array([candidate.after_label for candidate in CANDIDATES])
_BEFORE_NAME = np.array([candidate.before_name for candidate in CANDIDATES])
_FEWEST_CHARACTERS = 300
"""A shorter text counts as so long: by 20 in 1,000 it may hold six, what one contact has (name, telephone, mobile,
fax, mail, address), without being a list of them."""


class Cut(NamedTuple):
    """Bytes start..stop of one text are personal data of a type."""

    text: int
    start: int
    stop: int
    type: str


class Edit(NamedTuple):
    """Bytes start..stop of one text give way to others."""

    text: int
    start: int
    stop: int
    new: bytes


Writer = Callable[[int, str, bytes], bytes | None]
"""What comes in the place of (text, type, bytes); None leaves them."""


def find_spans_of(
    texts: Sequence[str], settings: MaskingSettings, documents: Sequence[str] | None = None
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each text after the settings' policies, and what was found in it: type, start and end (characters of the text).

    documents: within what pseudonyms stay the same; None: each text alone. A text that holds a lone surrogate has been
    read wrongly: UnicodeEncodeError.
    """
    column = pa.array(texts, pa.large_string())
    data, offsets = string_buffers(column)
    cuts = find_cuts(data, offsets, settings.types)
    names = documents if documents is not None else [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    masked = _apply(data, offsets, _edits(data, offsets, cuts, _writer(settings, names)), column).to_pylist()
    spans: list[list[dict[str, Any]]] = [[] for _ in texts]
    for cut, (start, stop) in zip(cuts, _in_characters(data, offsets, cuts), strict=True):
        spans[cut.text].append({"type": cut.type, "start": start, "end": stop})
    return list(zip(masked, spans, strict=True))


def mask_batch(batch: pa.RecordBatch, settings: MaskingSettings) -> tuple[pa.RecordBatch, dict[str, np.ndarray]]:
    """The batch with text, title, turns, captions and prompts edited, and the columns that count the text's."""
    texts = batch.column("text")
    data, offsets = string_buffers(texts)
    cuts = find_cuts(data, offsets, settings.types)
    counts = {name: np.zeros(len(texts), np.int32) for name in settings.types}
    for cut in cuts:
        counts[cut.type][cut.text] += 1
    write = _writer(settings, batch.column("id"))
    edits = _edits(data, offsets, cuts, write)
    if edits:
        batch = replaced(batch, "text", _apply(data, offsets, edits, texts))
        batch = took(batch, PERSONAL_DATA, _letters_taken(data, offsets, edits))
        for name in ("segments", "views"):
            batch = replaced(batch, name, _moved(batch.column(name), data, offsets, edits))
    batch = replaced(batch, "title", _masked(batch.column("title"), settings, write))
    for name, part in (("turns", "text"), ("segments", "caption"), ("views", "prompt")):
        batch = replaced(batch, name, _masked_part(batch.column(name), part, settings, write))
    total = np.sum(list(counts.values()), axis=0) if counts else np.zeros(len(texts))
    characters = np.maximum(pc.call_function("utf8_length", [texts]).to_numpy(), _FEWEST_CHARACTERS)
    columns = {f"masked_{name}": column for name, column in counts.items()}
    return batch, {**columns, "masked_per_1000": (1000 * total / characters).astype(np.float32)}


def find_cuts(data: np.ndarray, offsets: np.ndarray, types: Sequence[str]) -> list[Cut]:
    """Every piece of personal data of these types, by text and place, in bytes from the text's start."""
    candidates = outside_words(scan_bytes(_EXPRESSIONS, data, offsets), _DIGITS_ONLY)
    candidates = kept_by(candidates, _AFTER_LABEL, _may_be_name)
    candidates = kept_by(candidates, _BEFORE_NAME, lambda _, after: may_begin_name(after.decode("utf-8", "ignore")))
    return [cut for cut in _cuts(candidates) if cut.type in types]


def _may_be_name(before: bytes, after: bytes) -> bool:
    """Three syllables of UTF-8 at the end of `before`; `after` may end inside a character."""
    return may_be_name(before[-9:].decode("utf-8", "replace"), after.decode("utf-8", "ignore"))


def _cuts(found: Candidates) -> Iterator[Cut]:
    for snippet in snippets(found, BEFORE_BYTES, AFTER_BYTES, _FINDER_BITS):
        text, characters, stop = snippet.content, 0, snippet.start
        for span in find(text, _finders(snippet.bits)):
            start = stop + len(text[characters : span.start].encode())
            stop, characters = start + len(text[span.start : span.stop].encode()), span.stop
            if (span.start == 0 and snippet.cut_before) or (span.stop == len(text) and snippet.cut_after):
                continue  # it may go on outside
            yield Cut(snippet.text, start, stop, span.type)


@cache
def _finders(bits: int) -> frozenset[str]:
    """The finders of these bits, by their place in FINDERS."""
    return frozenset(name for place, name in enumerate(FINDERS) if bits >> place & 1)


def _writer(settings: MaskingSettings, documents: Sequence[Any]) -> Writer:
    """The policies of the settings. documents: their ids, by place; read only where there is something to write."""
    key = settings.key() if settings.wants_pseudonyms() else b""

    def write(text: int, kind: str, written: bytes) -> bytes | None:
        policy = settings.policy_of(kind)
        if policy == "pseudonym":
            return pseudonym(kind, written.decode(), key, str(documents[text])).encode()
        return {"mask": MASKS[kind].encode(), "remove": b"", "keep": None}[policy]

    return write


def _edits(data: np.ndarray, offsets: np.ndarray, cuts: Sequence[Cut], write: Writer) -> list[Edit]:
    edits = []
    for text, start, stop, kind in cuts:
        new = write(text, kind, bytes(data[offsets[text] + start : offsets[text] + stop]))
        if new is not None:
            edits.append(Edit(text, start, stop, new))
    return edits


def _apply(data: np.ndarray, offsets: np.ndarray, edits: Sequence[Edit], like: pa.Array) -> pa.Array:
    """A large_string array with the edits made; null where `like` is null.

    The texts between the edits are copied as bytes in one join, and offsets move by what the edits before them changed.
    """
    view, pieces, at = memoryview(data.data), [], int(offsets[0])
    grown = np.zeros(len(offsets), np.int64)
    for edit in edits:
        begin, end = int(offsets[edit.text]) + edit.start, int(offsets[edit.text]) + edit.stop
        pieces += [view[at:begin], edit.new]
        grown[edit.text + 1] += len(edit.new) - (end - begin)
        at = end
    pieces.append(view[at : int(offsets[-1])])
    return string_array(b"".join(pieces), offsets - offsets[0] + np.cumsum(grown), like)


def _letters_taken(data: np.ndarray, offsets: np.ndarray, edits: Sequence[Edit]) -> np.ndarray:
    """How many letters fewer each text has after the edits (int64, texts)."""
    texts = np.array([edit.text for edit in edits])
    places = offsets[texts]
    old = letter_counts.count_spans(
        data, places + [edit.start for edit in edits], places + [edit.stop for edit in edits]
    )
    new_bytes = np.frombuffer(b"".join(edit.new for edit in edits), np.uint8)
    new = letter_counts.count(new_bytes, np.concatenate([[0], np.cumsum([len(edit.new) for edit in edits])]))
    taken = np.zeros(len(offsets) - 1, np.int64)
    np.add.at(taken, texts, old - new)
    return taken


def _masked(texts: pa.Array, settings: MaskingSettings, write: Writer) -> pa.Array:
    """A string column edited, of its own type."""
    data, offsets = string_buffers(texts)
    edits = _edits(data, offsets, find_cuts(data, offsets, settings.types), write)
    return _apply(data, offsets, edits, texts).cast(texts.type) if edits else texts


def _masked_part(column: pa.Array, part: str, settings: MaskingSettings, write: Writer) -> pa.Array:
    """A column of lists of structs with one text of each item edited: what speakers say, captions, prompts."""
    if column.null_count == len(column):
        return column
    items, owners = _flat(column)
    texts = items.field(part)
    masked = _masked(texts, settings, lambda place, kind, old: write(int(owners[place]), kind, old))
    return column if masked is texts else _rebuilt(column, items, {part: masked})


def _flat(column: pa.Array) -> tuple[pa.StructArray, np.ndarray]:
    """All items of a column of lists in one array, and the row of each."""
    lists = cast(pa.ListArray, column)
    return cast(pa.StructArray, lists.flatten()), np.repeat(np.arange(len(lists)), _lengths(lists))


def _lengths(lists: pa.ListArray) -> np.ndarray:
    return np.where(lists.is_valid(), lists.value_lengths().fill_null(0), 0)


def _rebuilt(column: pa.Array, items: pa.StructArray, new: dict[str, pa.Array]) -> pa.Array:
    """The column of lists with other values in some fields of its items."""
    columns = [new[field.name] if field.name in new else items.field(field.name) for field in items.type]
    values = pa.StructArray.from_arrays(columns, fields=list(items.type))
    places = pa.array(np.r_[0, np.cumsum(_lengths(cast(pa.ListArray, column)))].astype(np.int32))
    return pa.ListArray.from_arrays(places, values, type=column.type, mask=column.is_null())


def _moved(column: pa.Array, data: np.ndarray, offsets: np.ndarray, edits: Sequence[Edit]) -> pa.Array:
    """Segments or views with their characters counted in the edited text."""
    marks: dict[int, list[tuple[int, int, int]]] = {}
    concerned = [edit for edit in edits if column[edit.text].is_valid]
    for edit, (start, stop) in zip(concerned, _in_characters(data, offsets, concerned), strict=True):
        marks.setdefault(edit.text, []).append((start, stop, len(edit.new.decode())))
    if not marks:
        return column
    items, owners = _flat(column)
    new = {
        name: pa.array(
            [_place(at, marks.get(row, ())) for at, row in zip(items.field(name).to_pylist(), owners, strict=True)],
            pa.int64(),
        )
        for name in ("start", "end")
    }
    return _rebuilt(column, items, new)


def _in_characters(data: np.ndarray, offsets: np.ndarray, cuts: Sequence[Cut | Edit]) -> Iterator[tuple[int, int]]:
    """(start, stop) of each in characters of its text. They come in order, so each byte is decoded once."""
    text, at, characters = -1, 0, 0
    for cut in cuts:
        if cut.text != text:
            text, at, characters = cut.text, 0, 0
        first = int(offsets[text])
        start = characters + len(bytes(data[first + at : first + cut.start]).decode())
        characters = start + len(bytes(data[first + cut.start : first + cut.stop]).decode())
        at = cut.stop
        yield start, characters


def _place(place: int | None, marks: Sequence[tuple[int, int, int]]) -> int | None:
    """Where a character stands after the edits; inside an edited span: at the end of what replaced it."""
    if place is None:
        return None
    moved = place
    for start, stop, length in marks:
        if place >= stop:
            moved += length - (stop - start)
        elif place > start:
            moved += start + length - place
    return moved
