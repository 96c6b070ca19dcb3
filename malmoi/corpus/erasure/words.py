"""Any file that holds the words asked for, however they are encoded: the search that no index can answer.

Bytes are looked for in UTF-8, UTF-16 and CP949, composed and decomposed, and as JSON escapes them. Of Parquet files
the strings are looked at, for the bytes are compressed. Names and passages up to PROBE_LETTERS are looked for, and
addresses; nothing of fewer than LEAST_BYTES ("Lee").
"""

import contextlib
import json
import mmap
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from malmoi.corpus.erasure.request import Request
from malmoi.corpus.erasure.search import PROBE_LETTERS
from malmoi.corpus.text.fold import is_certain, pattern, squeezed

LEAST_BYTES = 6
"""Of a form: four bytes are met by chance once in 4 GB of weights or hashes. In UTF-8 two syllables have six."""
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp949")


def words_of(requests: Iterable[Request]) -> list[str]:
    """The names, authors, addresses and short passages of requests."""
    given = [value for one in requests for value in (*one.names, *one.authors, *one.texts, *one.addresses)]
    return [value for value in dict.fromkeys(given) if len(squeezed(value)) <= PROBE_LETTERS]


def forms_of(word: str) -> set[bytes]:
    """The bytes of a word in every encoding."""
    forms: set[bytes] = set()
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, word)
        escaped = json.dumps(text)[1:-1]
        for spelt in {text, escaped, escaped.upper().replace("\\U", "\\u")}:
            for encoding in ENCODINGS:
                with contextlib.suppress(UnicodeError):  # CP949 has no jamo of NFD
                    forms.add(spelt.encode(encoding))
    return {form for form in forms if len(form) >= LEAST_BYTES}


def files_with(folder: Path, requests: Sequence[Request], skipped: Sequence[str] = ()) -> Iterator[Path]:
    """The files below a local folder that hold any of the words, or are called after them.

    skipped: suffixes (".bin"), and folders or files by their path.
    """
    words = words_of(requests)
    if not words:
        return
    forms = sorted(set().union(*map(forms_of, words)), key=len, reverse=True)
    # Of "Jo" no form is long enough. An empty expression would be found in every file.
    expression = re.compile(b"|".join(map(re.escape, forms)) if forms else rb"(?!)", re.IGNORECASE)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        name = path.relative_to(folder).as_posix() if path != folder else path.name
        if not path.is_file() or path.is_symlink() or any(_is_below(name, one) for one in skipped):
            continue
        if _is_called(name, words) or _holds(path, expression) or _parquet_holds(path, words):
            yield path


def _is_below(name: str, skipped: str) -> bool:
    return name.endswith(skipped) if skipped.startswith(".") else f"{name}/".startswith(f"{skipped}/")


def _is_called(name: str, words: Sequence[str]) -> bool:
    """Whether a path has one of the words that are long enough: stored media lie in folders called "ed" and "ad"."""
    long = [word for word in words if len(squeezed(word).encode()) >= LEAST_BYTES]
    found = ((word, hit) for word in long for hit in re.finditer(pattern(word), name, re.IGNORECASE))
    return any(is_certain(name, *hit.span(), word) for word, hit in found)


def _holds(path: Path, expression: re.Pattern[bytes]) -> bool:
    """Whether the bytes of a file hold any form."""
    try:
        with path.open("rb") as stream:
            if path.stat().st_size == 0:
                return False
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return expression.search(content) is not None
    except OSError:
        return False  # not readable: the caller cannot mend it


def _parquet_holds(path: Path, words: Sequence[str]) -> bool:
    if path.suffix != ".parquet":
        return False
    options = pc.MatchSubstringOptions("|".join(pattern(word) for word in words), ignore_case=True)
    try:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                for values in _strings(file.read_row_group(number)):
                    if pc.call_function("any", [pc.call_function("match_substring_regex", [values], options)]).as_py():
                        return True
    except (OSError, pa.ArrowException):
        return False
    return False


def _strings(table: pa.Table) -> Iterator[pa.ChunkedArray]:
    """Every column of strings, however deep it lies."""
    for column in table.columns:
        if pa.types.is_struct(column.type):
            yield from _strings(pa.Table.from_struct_array(column))
        elif pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            yield from _strings(pa.table({"items": pc.call_function("list_flatten", [column])}))
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            yield column
