"""What a tokenizer makes of a text: bytes per token, and the share of morpheme boundaries its tokens run across."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.morphemes import boundaries, lines_of
from malmoi.tokenizer.shards import Part

LINES_PER_CALL = 256


@dataclass(frozen=True)
class Measure:
    """Sums over some texts. `boundaries` of morphemes and how many lie inside a token; None where not asked for."""

    text_bytes: int = 0
    characters: int = 0
    tokens: int = 0
    boundaries: int | None = None
    crossed: int | None = None

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes of text for each token."""
        return self.text_bytes / self.tokens if self.tokens else 0.0

    @property
    def crossed_share(self) -> float | None:
        """Share of the morpheme boundaries that lie inside a token."""
        return self.crossed / self.boundaries if self.boundaries and self.crossed is not None else None


def measure(codec: Codec, texts: Sequence[str], *, morphemes: bool = True) -> Measure:
    """Encodes `texts` and counts. `morphemes` calls the analyser (0.2 MB/s, and 2 s to load)."""
    encoded = [codec.encode(text) for text in texts]
    normal = [codec.decode(ids) for ids in encoded]  # NFC as the tokenizer has it, so that byte positions agree
    total = crossed = 0
    if morphemes:
        for text, ids in zip(normal, encoded, strict=True):
            cuts = set(_cut_bytes(text))
            ends = np.cumsum([len(codec.token_bytes(token_id)) for token_id in ids])
            total += len(cuts)
            crossed += len(cuts.difference(ends.tolist()))
    return Measure(
        text_bytes=sum(len(text.encode()) for text in normal),
        characters=sum(map(len, normal)),
        tokens=sum(map(len, encoded)),
        boundaries=total if morphemes else None,
        crossed=crossed if morphemes else None,
    )


def heldout_texts(part: Part, codec: Codec, bytes_per_kind: int) -> dict[str, list[str]]:
    """Texts of a part by kind, in the order of the shards, until each kind has `bytes_per_kind`."""
    texts: dict[str, list[str]] = {}
    used: dict[str, int] = {}
    for document in part.located(0, part.num_tokens):
        if used.get(document.kind, 0) < bytes_per_kind:
            used[document.kind] = used.get(document.kind, 0) + document.text_bytes
            text = codec.decode(part.read(document.start, document.stop).tolist())
            texts.setdefault(document.kind, []).append(text)
    return dict(sorted(texts.items()))


def read_text(file: Path, limit_bytes: int) -> str:
    """The beginning of a text file; what is not UTF-8 becomes U+FFFD."""
    with file.open("rb") as stream:
        return stream.read(limit_bytes).decode("utf-8", errors="replace")


def _cut_bytes(text: str) -> Iterator[int]:
    """The byte positions in `text` at which a morpheme begins."""
    lines = list(lines_of(text))
    before = 0
    for first in range(0, len(lines), LINES_PER_CALL):
        some = lines[first : first + LINES_PER_CALL]
        for line, cuts in zip(some, boundaries(some), strict=True):
            edges = np.cumsum([0, *(len(character.encode()) for character in line)])
            yield from (before + edges[cuts]).tolist() if cuts else ()
            before += int(edges[-1])
