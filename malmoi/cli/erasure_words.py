"""Any file that holds the words asked for, however they are written and packed: the search that no index can answer.

Of any file the bytes are looked for in every encoding, composed and decomposed, as JSON escapes them, and in base64.
What is no picture, film or number is also read as text (`readings`), for words that are broken, escaped or spelt by
zero-width signs. Archives are unpacked, documents read (sources/document_files), of Parquet the strings looked at.
Names and passages up to PROBE_LETTERS are looked for, and addresses; in bytes nothing below LEAST_BYTES ("Lee").
"""

import base64
import binascii
import contextlib
import html
import io
import json
import os
import quopri
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, unquote_to_bytes

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from malmoi.corpus.erasure.request import Request
from malmoi.corpus.erasure.search import NAMES_AT_ONCE, PROBE_LETTERS
from malmoi.corpus.sources import archive, files, streams
from malmoi.corpus.sources.document_files import formats
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.text.fold import is_certain, is_whole, pattern, squeezed

LEAST_BYTES = 6
"""Of a form: four bytes are met by chance once in 4 GB of weights or hashes. In UTF-8 two syllables have six."""
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp949", "utf-32-le")
"""The last is that of strings in NumPy's files."""
PIECE_BYTES, OVERLAP_BYTES = 1 << 20, 1 << 12
FORMS_AT_ONCE = 200
"""Of forms in one expression, which is some five names."""
DEEPEST = 3
"""Archives in archives, base64 in escapes and so on."""
NO_TEXT = frozenset(
    ".jpg .jpeg .png .gif .webp .bmp .avif .tif .tiff .mp4 .webm .mov .mp3 .ogg .wav .flac .npy .bin".split()
)
"""Suffixes of files that are not read as text: their bytes alone are looked at."""
MOST_CONTROLS_SHARE = 0.02
"""Of control bytes in what escapes and base64 are looked for in; packed data has 10 %, a log a few colours."""
_CONTROLS = bytes([*range(1, 9), *range(14, 32)])
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_PERCENT = re.compile(rb"%[0-9a-fA-F]{2}")
_QUOTED = re.compile(rb"=[0-9A-F]{2}=[0-9A-F]{2}|=\r?\n")
_BASE64 = re.compile(
    rb"(?:[A-Za-z0-9+/_-]{40,}(?:\r?\n|\\n)?)+(?:[A-Za-z0-9+/_-]+)?={0,2}|(?<=\?[bB]\?)[A-Za-z0-9+/]+={0,2}"
)
"""A long run, over lines, as bodies of mail and data in pages have it; or a word of a mail's header (RFC 2047)."""


def words_of(requests: Iterable[Request]) -> list[str]:
    """The names, authors, addresses and short passages of requests."""
    given = [value for one in requests for value in (*one.names, *one.authors, *one.texts)]
    given += [spelt for one in requests for value in one.addresses for spelt in (value, unquote(value))]
    return [value for value in dict.fromkeys(given) if len(squeezed(value)) <= PROBE_LETTERS]


def forms_of(word: str) -> dict[bytes, str]:
    """The bytes of a word in every encoding, with the encoding of each."""
    forms: dict[bytes, str] = {}
    for text in (unicodedata.normalize(form, word) for form in ("NFC", "NFD")):
        escaped = json.dumps(text)[1:-1]
        for spelt in {text, escaped, escaped.upper().replace("\\U", "\\u")}:
            for encoding in ENCODINGS:
                with contextlib.suppress(UnicodeError):  # CP949 has no jamo of NFD
                    forms.setdefault(spelt.encode(encoding), encoding)
        for encoding in ENCODINGS:
            with contextlib.suppress(UnicodeError):
                forms |= dict.fromkeys(_in_base64(text.encode(encoding)), "ascii")
    return {form: encoding for form, encoding in forms.items() if len(form) >= LEAST_BYTES}


def _escaped(form: bytes) -> str:
    """A form for RE2 over bytes, in capitals or not."""
    letters = ((chr(one), one < 0x80 and chr(one).isalpha()) for one in form)
    return "".join(f"[{one.lower()}{one.upper()}]" if is_letter else f"\\x{ord(one):02x}" for one, is_letter in letters)


def _in_base64(content: bytes) -> Iterator[bytes]:
    """The digits of base64 that depend on some bytes alone, wherever among three they begin."""
    for before in range(3 if len(content) >= LEAST_BYTES else 0):
        digits = base64.b64encode(bytes(before) + content)
        first, unknown = (0, 2, 3)[before], (0, 3, 2)[(before + len(content)) % 3]
        yield digits[first : len(digits) - unknown]


@dataclass(frozen=True)
class Search:
    """Words that are looked for in files. whole: only where one stands by itself: "김수현" is not "김수"."""

    words: tuple[str, ...]
    whole: bool = False

    @cached_property
    def _forms(self) -> list[pc.MatchSubstringOptions]:
        """Any form of some words. Python's own expressions take a hundred times as long over so many alternatives."""
        forms = [form for word in self.words for form in forms_of(word)]
        some = (forms[first : first + FORMS_AT_ONCE] for first in range(0, len(forms), FORMS_AT_ONCE))
        return [pc.MatchSubstringOptions("|".join(map(_escaped, few))) for few in some]

    def is_in(self, content: bytes) -> bool:
        """Whether bytes hold any form. Of "Jo" none is long enough."""
        held = pa.array([content], pa.binary())
        found = any(pc.call_function("match_substring_regex", [held], one)[0].as_py() for one in self._forms)
        return found and (not self.whole or self._has_whole(content))

    def _has_whole(self, content: bytes) -> bool:
        for word in self.words:
            for form, encoding in forms_of(word).items():
                for hit in re.finditer(re.escape(form), content, re.IGNORECASE):
                    around = content[max(0, hit.start() - 8) : hit.start()], content[hit.end() : hit.end() + 8]
                    before, after = (part.decode(encoding, "ignore") for part in around)
                    if is_whole(before[-1:], after[:1], word):
                        return True
        return False

    @cached_property
    def _long(self) -> list[tuple[str, re.Pattern[str]]]:
        """Words that are long enough to be read for: stored media lie in folders called "ed" and "ad"."""
        long = (word for word in self.words if len(squeezed(word).encode()) >= LEAST_BYTES)
        return [(word, re.compile(pattern(word), re.IGNORECASE)) for word in long]

    @cached_property
    def _options(self) -> list[pc.MatchSubstringOptions]:
        some = (self._long[first : first + NAMES_AT_ONCE] for first in range(0, len(self._long), NAMES_AT_ONCE))
        return [pc.MatchSubstringOptions("|".join(one.pattern for _, one in few), ignore_case=True) for few in some]

    def is_said(self, texts: pa.Array | pa.ChunkedArray) -> bool:
        """Whether any of the texts says a word for certain. RE2 finds those that may."""
        for options in self._options:
            found = pc.call_function("match_substring_regex", [texts], options).fill_null(False)
            for text in texts.filter(found).to_pylist():
                hits = ((word, hit) for word, one in self._long for hit in one.finditer(text))
                if any(self._is_meant(text, hit, word) for word, hit in hits):
                    return True
        return False

    def _is_meant(self, text: str, hit: re.Match[str], word: str) -> bool:
        first, last = hit.span()
        is_word = not self.whole or is_whole(text[max(0, first - 1) : first], text[last : last + 1], word)
        return is_word and is_certain(text, first, last, word)

    def holds(self, stream: BinaryIO, size_bytes: int, is_text: bool = True, depth: int = 0) -> bool:
        """Whether a stream holds any word, unpacked as far as it is packed. size_bytes: of it, about."""
        buffered = stream if hasattr(stream, "peek") else cast(BinaryIO, io.BufferedReader(cast(Any, stream)))
        head = cast(Any, buffered).peek(512)[:512] if depth < DEEPEST else b""
        if head.startswith(b"PK\x03\x04"):
            return self._in_zip(buffered, depth)
        if head.startswith(tuple(streams.DECOMPRESSORS)):
            plain = cast(BinaryIO, streams.open_stream(buffered, size_bytes))
            return self.holds(plain, streams.BOMB_RATIO * size_bytes, is_text, depth + 1)
        if head[257:262] == b"ustar":
            return self._in_tar(buffered, depth)
        before = b""
        while piece := buffered.read(PIECE_BYTES):
            content = before + piece
            if self.is_in(content) or (is_text and self.is_said(pa.array([*readings(content)]))):
                return True
            before = content[-OVERLAP_BYTES:]
        return False

    def _in_zip(self, stream: BinaryIO, depth: int) -> bool:
        held: Any = stream if stream.seekable() else io.BytesIO(stream.read(streams.SPOOL_MEMORY_BYTES))
        with zipfile.ZipFile(held) as file:
            for entry in file.infolist():
                if self.is_called(entry.filename):
                    return True
                with file.open(entry) as member:
                    if self.holds(cast(BinaryIO, member), entry.compress_size, _is_text(entry.filename), depth + 1):
                        return True
        return False

    def _in_tar(self, stream: BinaryIO, depth: int) -> bool:
        found: list[str] = []

        def look(member: archive.Member, name: str, size_bytes: int) -> archive.Items:
            reader = cast(BinaryIO, io.BufferedReader(member))
            if not found and (self.is_called(name) or self.holds(reader, size_bytes, _is_text(name), depth + 1)):
                found.append(name)
            return iter(())

        for _ in archive.read_members(stream, "", look):
            pass
        return bool(found)

    def is_called(self, name: str) -> bool:
        """Whether a path has a word, as it stands, in CP949 bytes, or in percent signs."""
        raw = name.encode("utf-8", "surrogateescape")
        plain = raw.decode("utf-8", "replace")
        return self.is_said(pa.array([plain, raw.decode("cp949", "replace"), unquote(plain)]))


_UNREADABLE = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, streams.DamagedError,
    pa.ArrowException,
)  # fmt: skip
"""What is damaged or encrypted: the caller cannot mend it. What was read of it until then was looked at."""


def files_with(
    folder: Path,
    requests: Sequence[Request],
    skipped: Sequence[str] = (),
    unread: list[Path] | None = None,
    whole: bool = False,
) -> Iterator[Path]:
    """The files below a local folder that hold any of the words, or are called after them.

    skipped: suffixes (".bin"), and folders or files by their path. unread: gets the files of which a part could not be
    read: damaged, encrypted, packed in a way that is not known, or too deep. whole: as Search has it.
    """
    search = Search(tuple(words_of(requests)), whole)
    if not search.words:
        return
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        name = path.relative_to(folder).as_posix() if path != folder else path.name
        if path.is_symlink() or any(_is_below(name, one) for one in skipped) or not (path.is_file() or path.is_dir()):
            continue
        if search.is_called(path.name) or (path.is_file() and _holds(path, search, unread)):
            yield path


def readings(content: bytes, depth: int = 0) -> Iterator[str]:
    """What bytes may say: in every encoding, and with what stands in them as an escape, an entity or base64 read."""
    plain = content.decode("utf-8", "replace")
    yield plain
    if "\ufffd" in plain:
        yield content.decode("cp949", "replace")
    if b"\0" in content:
        yield from (content[first:].decode(one, "replace") for one in ENCODINGS[1:3] for first in (0, 1))
    if "&" in plain and (read := html.unescape(plain)) != plain:
        yield read
    if _ESCAPED.search(plain):
        halves = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), plain)  # an emoji is written as two of them
        yield halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    is_text = len(content.translate(None, _CONTROLS)) > (1 - MOST_CONTROLS_SHARE) * len(content)
    if depth < DEEPEST and is_text:
        for inner in _decoded(content):
            yield from readings(inner, depth + 1)


def _decoded(content: bytes) -> Iterator[bytes]:
    if _PERCENT.search(content):
        yield unquote_to_bytes(content)
    if _QUOTED.search(content):
        yield quopri.decodestring(content)
    pieces = []
    for found in _BASE64.finditer(content):
        digits = found[0].replace(b"\\n", b"").translate(bytes.maketrans(b"-_", b"+/"), b"\r\n=")
        with contextlib.suppress(binascii.Error):
            pieces.append(base64.b64decode(digits + b"=" * (-len(digits) % 4)))
    if pieces:
        yield b"\n".join(pieces)


def _is_below(name: str, skipped: str) -> bool:
    return name.endswith(skipped) if skipped.startswith(".") else f"{name}/".startswith(f"{skipped}/")


def _is_text(name: str) -> bool:
    return os.path.splitext(name)[1].lower() not in NO_TEXT  # noqa: PTH122 (a name in an archive)


def _holds(path: Path, search: Search, unread: list[Path] | None) -> bool:
    """Whether a file holds any word; one that cannot be read as what it seems to be is looked at byte by byte."""
    for look in (_in_tables, _in_documents, _unpacked, _in_bytes):
        try:
            if look(path, search):
                return True
        except _UNREADABLE:
            if unread is not None and path not in unread:
                unread.append(path)
    return False


def _unpacked(path: Path, search: Search) -> bool:
    with path.open("rb") as stream:
        return search.holds(stream, path.stat().st_size, _is_text(path.name))


def _in_bytes(path: Path, search: Search) -> bool:
    """As it is stored: what is packed may have a name beside it."""
    with path.open("rb") as stream:
        return search.holds(stream, 0, is_text=False, depth=DEEPEST)


def _in_documents(path: Path, search: Search) -> bool:
    """In what a reader of documents (PDF, HWP, Office, mail) takes out of a file."""
    with path.open("rb") as stream:
        if not (path.suffix in formats.SUFFIXES or formats.begins_as_document(stream.read(8))):
            return False
    told = (item.content for item in files.read_file(path, Input(path)) if isinstance(item, Raw))
    texts = (text if isinstance(text, str) else text.decode("utf-8", "replace") for text in told)
    return any(search.is_said(pa.array([text])) for text in texts)


def _in_tables(path: Path, search: Search) -> bool:
    with path.open("rb") as stream:
        if stream.read(4) != b"PAR1":
            return False
    with pq.ParquetFile(path) as file:
        groups = (file.read_row_group(number) for number in range(file.num_row_groups))
        return any(search.is_said(values) for group in groups for values in _strings(group))


def _strings(table: pa.Table) -> Iterator[pa.ChunkedArray]:
    """Every column of strings, however deep it lies; bytes as UTF-8 where they are."""
    for column in table.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_struct(kind):
            yield from _strings(pa.Table.from_struct_array(column))
        elif pa.types.is_map(kind):
            for chunk in column.chunks:
                yield from _strings(pa.table({"keys": chunk.keys, "items": chunk.items}))
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            yield from _strings(pa.table({"items": pc.call_function("list_flatten", [column])}))
        elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            yield pa.chunked_array([pa.array([(one or b"").decode("utf-8", "replace") for one in column.to_pylist()])])
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            yield column.cast(pa.large_string())
