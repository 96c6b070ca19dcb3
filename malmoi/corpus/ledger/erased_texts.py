"""What stays of an erased text so that it is known again: hashes and a sketch under a secret key, never a word.

`erased_texts.parquet` lies beside the corpus. A row marks a text (a hash, and where it is long enough a MinHash sketch
with its band keys), a short text of one author, an address, an author wherever he writes, or the place of an item that
gave no text. All of it is keyed with
`erased.key`, or with MALMOI_ERASURE_KEY so that no key lies beside the marks: see docs/decisions/0019.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from malmoi.corpus.text.fold import addresses_above, fold_address, squeezed
from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import ABSENT, atomic_file, opened, reading, sha256_of, write_text

NAME, KEY = "erased_texts.parquet", "erased.key"
KEY_VARIABLE = "MALMOI_ERASURE_KEY"
SHORTEST_KEY_BYTES, KEY_FILE_BYTES = 16, 32
TEXT, SAID, ADDRESS, BELOW, AUTHOR, PLACE = KINDS = "text", "said", "address", "below", "author", "place"
"""What a row marks. said: a text by one author. below: an address and all addresses below it."""
SHINGLE, BANDS, BINS = 5, 20, 100
"""Of the sketches here, whatever the recipe compares by: the defaults of steps/minhash.py, where the recall stands."""
LEAST_SHINGLES = 50
"""A shorter text gets no sketch: near copies of some words are chance, and a sketch of few shingles tells them. Nor is
it one person's alone. Of 712,383 reviews of films (authors partly masked) another author has the same words in 20 % of
those of 5 to 9 letters, 4.1 % of all, .16 % of those with 10 shingles or more, .06 % from 30 and .03 % from 40 or 50
on: those are copies, no chance."""
NEAR_SIMILARITY = 0.7
"""From here on a text counts as a near copy: that of steps/minhash.py, whose precision there is 0.997."""
_PLAIN = {ADDRESS: fold_address, BELOW: fold_address, AUTHOR: squeezed}
"""How a value is written before it is compared."""
SCHEMA = pa.schema({
    "what": pa.string(), "hash": pa.binary(16), "bands": pa.list_(pa.uint64(), BANDS), "sketch": pa.binary(BINS),
    "similarity": pa.float32(),
})  # fmt: skip
_CHECK = b"check"
"""Key of the file's metadata: a hash by which a wrong secret is known."""
_MOST_IN_BUCKET = 64
"""Marks that share a band key with a text: so many are compared. Thousands share one where a template was erased."""


def key_of(folder: Path, create: bool = False) -> bytes | None:
    """The secret of a corpus's marks, 32 bytes; None where there is none and none is to be made.

    Raises UserError for a secret in the environment that is too short, and for a file that holds none.
    """
    if given := os.environ.get(KEY_VARIABLE, "").encode():
        if len(given) < SHORTEST_KEY_BYTES:
            raise UserError(f"{KEY_VARIABLE} has {len(given)} bytes", f"{SHORTEST_KEY_BYTES} or more")
        return hashlib.blake2b(given, digest_size=32).digest()
    try:
        with reading(folder / KEY):
            return _secret((folder / KEY).read_bytes(), folder / KEY)
    except ABSENT:
        if not create:
            return None
    made = secrets.token_bytes(KEY_FILE_BYTES)
    write_text(folder / KEY, made.hex() + "\n", mode=0o600)
    return made


def _secret(content: bytes, path: Path) -> bytes:
    """The secret that a file holds. An empty one would be no secret: hashes without a key can be guessed."""
    try:
        secret = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != KEY_FILE_BYTES:
        wrong = f"{path} is damaged: what was erased is not known again"
        raise UserError(wrong, f"{KEY_FILE_BYTES} bytes as hexadecimal digits", "put a copy of it back", GIVE_UP)
    return secret


def keyed(key: bytes, what: str, value: str | bytes) -> bytes:
    """16 bytes that stand for a value of a kind (TEXT, ADDRESS, ...) under a key."""
    content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(what.encode() + b"\0" + content, digest_size=16, key=key).digest()


@dataclass(frozen=True)
class Sketches:
    """Texts as they are compared: hashes (bytes each), bands (uint64, n x BANDS), sketches (uint8, n x BINS) and how
    many shingles each has (int32)."""

    hashes: list[bytes]
    bands: np.ndarray
    sketches: np.ndarray
    shingles: np.ndarray


def signed(texts: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """The signatures (uint64, n x BINS) and numbers of shingles of texts, before any key."""
    from malmoi.corpus.kernels import signatures
    from malmoi.corpus.kernels.buffers import string_buffers

    data, offsets = string_buffers(texts)
    made, _, shingles = signatures.sign(data, offsets, SHINGLE, BINS)
    return made, shingles


def under_key(key: bytes, signatures: np.ndarray, shingles: np.ndarray) -> Sketches:
    """What `signed` made, under a key: equal bins stay equal, and nothing else can be told from them."""
    from malmoi.corpus.kernels.keyed_hash import KEY_BYTES, siphash
    from malmoi.corpus.kernels.signatures import band_keys

    bins = signatures ^ (np.arange(BINS, dtype=np.uint64) << np.uint64(40))  # of each bin another function
    sketches = siphash(bins, key[:KEY_BYTES]).astype(np.uint8)
    bands = siphash(band_keys(signatures, BANDS), key[KEY_BYTES : 2 * KEY_BYTES])
    return Sketches([keyed(key, TEXT, row.tobytes()) for row in signatures], bands, sketches, shingles)


@dataclass(frozen=True)
class Marks:
    """The marks of one corpus, to be asked. rows: of SCHEMA."""

    key: bytes
    rows: pa.Table

    @cached_property
    def hashes(self) -> dict[str, frozenset[bytes]]:
        """The hashes of each kind of mark."""
        what, values = (self.rows.column(name).to_pylist() for name in ("what", "hash"))
        pairs = list(zip(what, values, strict=True))
        return {kind: frozenset(one for name, one in pairs if name == kind) for kind in KINDS}

    @cached_property
    def near(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The sketched texts: sorted band keys, the text of each, sketches (uint8) and similarities."""
        rows = self.rows.filter(self.rows.column("sketch").combine_chunks().is_valid())
        bands = rows.column("bands").combine_chunks().flatten().to_numpy()
        order = np.argsort(bands, kind="stable")
        sketches = np.frombuffer(b"".join(rows.column("sketch").to_pylist()), np.uint8).reshape(-1, BINS)
        return bands[order], order // BANDS, sketches, rows.column("similarity").to_numpy()

    def has(self, what: str, value: str) -> bool:
        """Whether a value of a kind is marked; of an address, it alone."""
        return keyed(self.key, what, _PLAIN.get(what, str)(value)) in self.hashes[what]

    def has_address(self, url: str) -> bool:
        """Whether an address is marked, or one that it lies below."""
        return self.has(ADDRESS, url) or any(self.has(BELOW, above) for above in addresses_above(fold_address(url)))

    def texts(self, signatures: np.ndarray, shingles: np.ndarray, authors: Sequence[str | None] = ()) -> np.ndarray:
        """How like each text is to what was erased (float64): 1 for the same, 0 where it may stay.

        authors: the hash of each text's author, for short ones.
        """
        made = under_key(self.key, signatures, shingles)
        known, said = self.hashes[TEXT], self.hashes[SAID]
        result = np.array([float(one in known) for one in made.hashes]) * (shingles > 0)
        for number, author in enumerate(authors if said else ()):
            if author and _said(self.key, made.hashes[number], author) in said:
                result[number] = 1
        keys, owners, sketches, least = self.near
        if len(sketches):
            first, last = (np.searchsorted(keys, made.bands.ravel(), side=side) for side in ("left", "right"))
            for place in np.flatnonzero(last > first):
                text = place // BANDS
                marks = owners[first[place] : min(last[place], first[place] + _MOST_IN_BUCKET)]
                equal = (sketches[marks] == made.sketches[text]).mean(axis=1)
                alike = (equal - 1 / 256) / (1 - 1 / 256)
                alike = alike[alike >= least[marks] - 1e-6]
                if len(alike) and shingles[text] >= LEAST_SHINGLES:
                    result[text] = max(result[text], alike.max())
        return result


def marks_of(folders: Iterable[Path]) -> tuple[Marks, ...]:
    """The marks of those of the corpora that have any. Raises UserError where their secret is gone or another one."""
    return tuple(marks for folder in folders if (marks := read(folder)) is not None)


def read(folder: Path) -> Marks | None:
    """The marks of a corpus; None where there are none."""
    if not (folder / NAME).exists():
        return None
    rows = table_of(folder / NAME)
    key = key_of(folder)
    if key is None or (rows.schema.metadata or {}).get(_CHECK) != keyed(key, "check", ""):
        wrong = (
            f"{folder / KEY} {'is gone' if key is None else 'is another secret'}: what was erased is not known again"
        )
        raise UserError(wrong, f"the secret that {NAME} was made with", f"put it back, or set {KEY_VARIABLE}", GIVE_UP)
    return Marks(key, rows.replace_schema_metadata(None))


def table_of(path: Path) -> pa.Table:
    """A file of what was erased. Raises UserError where it is damaged: a build without it would bring all back."""
    try:
        with opened(path) as stream:
            return pq.read_table(stream).combine_chunks()
    except pa.ArrowException as error:
        wrong = f"{path} is damaged: {' '.join(str(error).split())[:200]}"
        raise UserError(wrong, "what was erased from the corpus", "put a copy of it back", GIVE_UP) from None


def is_everyday(texts: Sequence[str]) -> np.ndarray:
    """Which texts (bool) are so short that others say the same: what is erased of one person is not theirs."""
    return signed(pa.array(texts, pa.large_string()))[1] < LEAST_SHINGLES


def _said(key: bytes, text: bytes, author: str) -> bytes:
    return keyed(key, SAID, text + author.encode())


def remember(
    folder: Path,
    texts: Sequence[str],
    similarity: float,
    authors: Sequence[str | None] = (),
    hashed: Iterable[tuple[str, str]] = (),
    **others: Iterable[str],
) -> None:
    """Adds marks. similarity: from which copies are known.

    authors: the hash of the author of each text whose words alone say nothing of the person, "" where it has none: if
    it is everyday, it is kept out for this author alone. None: it is kept out whoever says it. hashed: marks with their
    hash (of `marks_under`) in hex; others: address and place, each with its values.
    """
    found = read(folder)
    key = found.key if found else key_of(folder, create=True)
    assert key is not None
    rows = {(row["what"], row["hash"]): row for row in (found.rows.to_pylist() if found else ())}
    signatures, shingles = signed(pa.array(texts, pa.large_string()))
    made = under_key(key, signatures, shingles)
    for number, count in enumerate(shingles):
        row = {"what": TEXT, "hash": made.hashes[number], "similarity": similarity}
        if count >= LEAST_SHINGLES:
            row |= {"bands": made.bands[number].tolist(), "sketch": made.sketches[number].tobytes()}
        elif authors and (author := authors[number]) is not None:
            row = {"what": SAID, "hash": _said(key, row["hash"], author)} if author else {}
        if count and row:
            rows.setdefault((row["what"], row["hash"]), row)
    for what, digest in (*hashed, *marks_under(key, others)):
        rows.setdefault((what, bytes.fromhex(digest)), {"what": what, "hash": bytes.fromhex(digest)})
    table = pa.Table.from_pylist([rows[name] for name in sorted(rows)], SCHEMA)
    with atomic_file(folder / NAME) as aside:
        pq.write_table(table.replace_schema_metadata({_CHECK: keyed(key, "check", "")}), aside)


def marks_under(key: bytes, values: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """(kind, hash in hex) of values by kind: what may lie in a file where the value itself may not."""
    pairs = ((what, _PLAIN.get(what, str)(value)) for what, given in values.items() for value in given)
    return [(what, keyed(key, what, plain).hex()) for what, plain in pairs]


def hashes(folder: Path) -> dict[str, str]:
    """The marks as an input of the corpus, for its manifest: nothing where there are none."""
    return {NAME.removesuffix(".parquet"): sha256_of(folder / NAME)} if (folder / NAME).exists() else {}
