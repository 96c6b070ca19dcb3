"""Line ends of PDFs whose text is known: which share becomes what it was, beside the text that pypdf and pdfminer give.

    python benchmarks/line_breaks.py DATA [--documents 200] [--learn FILE]

DATA holds folders of Korean text (shared/data unpacked), at any depth. Debian's chromium prints half of the documents,
those that a hash sets aside, in four styles, with running heads and page numbers. --learn learns the weights of
text/word_gaps.py from the other half and writes them to FILE before. pypdf and pdfminer.six are measured where they are
installed. A line end that these keep counts as right where a paragraph ended there.
"""

import argparse
import hashlib
import html
import importlib.util
import io
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numba import njit

from malmoi.corpus.sources.document_files import pdf
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_document
from malmoi.corpus.text.word_gaps import TABLE, hash_rows, row

SUFFIXES = ("*.md", "*.txt", "*.jsonl", "*.tsv")
STYLES = {
    "any letter, justified": "p{text-align:justify;word-break:normal}body{font:10.5pt/1.6 'Noto Serif CJK KR'}",
    "words, ragged": "p{word-break:keep-all}body{font:11pt/1.7 'Noto Sans CJK KR'}",
    "words, justified": "p{word-break:keep-all;text-align:justify;margin:0}body{font:10pt 'Noto Serif CJK KR'}",
    "any letter, two columns": "p{text-indent:1em;margin:0}main{columns:2}body{font:9.5pt/1.5 'Noto Serif CJK KR'}",
}
LEAST_HANGUL, LEAST_PARAGRAPHS, MOST_PARAGRAPHS = 40, 4, 40
EPOCHS, RATE, DECAY = 4, 0.08, 1e-7
SEED = 20261130
"""Of the stochastic gradient descent that --learn does on the logistic loss."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--learn", type=Path)
    given = parser.parse_args()
    documents = list(texts(given.data))
    if given.learn:
        save_gaps(learn_gaps(text for text in documents if not is_kept_aside(text)), given.learn)
    kept = [text for text in documents if is_kept_aside(text)][: given.documents]
    printed = list(print_all(kept))
    peers = {name: peer for name, peer in PEERS.items() if importlib.util.find_spec(name.split()[0])}
    for name, reader in {"malmoi": ours, **peers}.items():
        start = time.process_time()
        read_texts = [reader(content) for _, _, content in printed]
        seconds = time.process_time() - start
        counts: dict[str, Counter[str]] = {}
        for (style, paragraphs, _), text in zip(printed, read_texts, strict=True):
            counts.setdefault(style, Counter()).update(compare(paragraphs, text))
        shown = {style: f"{right_share(found):.4f} of {sum(found.values())}" for style, found in counts.items()}
        print(f"{name}: {right_share(sum(counts.values(), Counter())):.4f} right, {seconds:.1f} s; {shown}")


def texts(data: Path) -> Iterator[list[str]]:
    """The paragraphs of each document that is mostly Korean prose, each text once."""
    source, seen = Input(data, include=SUFFIXES), set()
    for item in read(source):
        document = to_document(item, source) if isinstance(item, Raw) else None
        if not isinstance(document, dict):
            continue
        pieces = (re.sub(r"^[#>|\-*\s]+|[`*|]", "", piece) for piece in re.split(r"\n\s*\n", document["text"]))
        paragraphs = [" ".join(piece.split()) for piece in pieces if hangul(piece) >= LEAST_HANGUL]
        key = hashlib.sha256(" ".join(paragraphs).encode()).hexdigest()
        if len(paragraphs) >= LEAST_PARAGRAPHS and key not in seen:
            seen.add(key)
            yield paragraphs[:MOST_PARAGRAPHS]


def hangul(text: str) -> int:
    """How many syllables; 0 for a text of which they are not the most."""
    number = sum("가" <= sign <= "힣" for sign in text)
    return number if number > 0.4 * len(text) else 0


def is_kept_aside(paragraphs: list[str]) -> bool:
    """Half of the documents, by their text alone."""
    return int(hashlib.sha256(" ".join(paragraphs).encode()).hexdigest()[0], 16) % 2 == 1


def print_all(documents: list[list[str]]) -> Iterator[tuple[str, list[str], bytes]]:
    """(style, paragraphs, PDF) of each document, the styles in turn."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        for number, paragraphs in enumerate(documents):
            style = list(STYLES)[number % len(STYLES)]
            edges = '@top-center{content:"연구 보고서"}@bottom-center{content:"- " counter(page) " -"}'
            body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
            head = f"<style>@page{{size:A5;margin:18mm 15mm;{edges}}}{STYLES[style]}</style>"
            page.set_content(f"<html lang=ko>{head}<main>{body}</main></html>")
            yield style, paragraphs, page.pdf(prefer_css_page_size=True)
        browser.close()


def compare(paragraphs: list[str], text: str) -> Counter[str]:
    """What became of each line end, by "was>is": N nothing, S a space, P the end of a paragraph.

    Line ends are those that PDFium's own lines show nothing of, so every gap between two letters is compared, and the
    gaps inside lines, which all readers give alike, are what is left when line ends are right.
    """
    truth, gaps = letters_and_gaps("\n".join(paragraphs))
    found, is_now = letters_and_gaps(text)
    counts: Counter[str] = Counter()
    at = 0
    for start in range(0, len(found), 20):
        piece = found[start : start + 20]
        place = truth.find(piece, at, at + 400)
        if place < 0:
            continue
        at = place + len(piece)
        counts.update(f"{gaps[place + k]}>{is_now[start + k]}" for k in range(1, len(piece)))
    return counts


def letters_and_gaps(text: str) -> tuple[str, list[str]]:
    """The letters without white space, and what stands before each."""
    letters, gaps, gap = [], [], "P"
    for sign in text:
        if sign.isspace():
            gap = "P" if sign in "\r\n\f" or gap == "P" else "S"
        else:
            letters.append(sign)
            gaps.append(gap)
            gap = "N"
    return "".join(letters), gaps


def right_share(counts: Counter[str]) -> float:
    """The share of all gaps that are as they were."""
    return sum(number for change, number in counts.items() if change[0] == change[2]) / max(1, sum(counts.values()))


def ours(content: bytes) -> str:
    """The text of a PDF as a corpus has it."""
    return "\n".join(str(part.content) for part in pdf.read(content).parts)


def by_pypdf(content: bytes) -> str:
    import pypdf  # pyright: ignore[reportMissingImports]

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def by_pdfminer(content: bytes) -> str:
    from pdfminer.high_level import extract_text  # pyright: ignore[reportMissingImports]

    return extract_text(io.BytesIO(content))


PEERS: dict[str, Callable[[bytes], str]] = {"pypdf": by_pypdf, "pdfminer": by_pdfminer}


def learn_gaps(texts: Iterable[list[str]]) -> np.ndarray:
    """float32 (TABLE + 1,): weights by stochastic gradient descent on the logistic loss. texts: paragraphs each."""
    rows: list[list[int]] = []
    truths: list[bool] = []
    for paragraphs in texts:
        add_examples(paragraphs, rows, truths)
    hashed = hash_rows(np.array(rows, np.uint64))
    truth = np.array(truths, np.float32)
    weights = np.zeros(TABLE + 1, np.float32)
    order = np.random.default_rng(SEED).permutation(len(truth))
    for epoch in range(EPOCHS):
        _descend(hashed, truth, order, weights, RATE / (1 + epoch), DECAY)
    return weights


def save_gaps(weights: np.ndarray, path: Path) -> None:
    """Half precision: 256 KB before compression."""
    np.savez_compressed(path, weights=weights.astype(np.float16))


def add_examples(paragraphs: list[str], rows: list[list[int]], truths: list[bool]) -> None:
    """Every gap of the paragraphs: inside each word, and between each two."""
    words = Counter(word for paragraph in paragraphs for word in paragraph.split())
    for paragraph in paragraphs:
        split = paragraph.split()
        for number, word in enumerate(split):
            words[word] -= 1  # a word at a gap does not speak for itself
            for cut in range(1, len(word)):
                rows.append(row(word[:cut], word[cut:], words))
                truths.append(False)
            if number + 1 < len(split):
                after = split[number + 1]
                words[after] -= 1
                rows.append(row(word, after, words))
                truths.append(True)
                words[after] += 1
            words[word] += 1


@njit(nogil=True, cache=True)
def _descend(
    hashed: np.ndarray, truth: np.ndarray, order: np.ndarray, weights: np.ndarray, rate: float, decay: float
) -> None:
    """One pass over the examples, in place. hashed: int64 (n, FEATURES). truth: float32 (n,). order: int64 (n,)."""
    for i in order:
        score = weights[-1]
        for f in range(hashed.shape[1]):
            score += weights[hashed[i, f]]
        step = rate * (truth[i] - 1 / (1 + np.exp(-score)))
        weights[-1] += 0.1 * step
        for f in range(hashed.shape[1]):
            weights[hashed[i, f]] += step - decay * weights[hashed[i, f]]


if __name__ == "__main__":
    main()
