"""Markdown: speed, the examples of CommonMark, and every letter of real documents, beside markdown-it-py.

    python benchmarks/markdown.py FOLDER... [--spec commonmark.json] [--megabytes 2] [--show 20]

Each folder is read recursively for *.md (all of it for the letters, a sample of `--megabytes` for the speed). --spec:
the examples of the CommonMark specification as JSON (CC BY-SA 4.0, not part of this project; the source package of
markdown-it-py has them in tests/test_cmark_spec).

Letters: a document is rendered to HTML by markdown-it-py with its own rules; what a reader would then see is compared
with the text of ours. A letter that is seen and is not in our text, in order, is lost. Marks that only a site's
builder reads (DocFX includes, "[!NOTE]", "{#name}") are counted apart. An example of the specification is right where
the letters and digits are the same, in order, and no other sign that a reader sees is missing.
"""

import argparse
import difflib
import json
import random
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt

from malmoi.corpus.sources.front_matter import split_front_matter
from malmoi.corpus.sources.markdown import clean
from malmoi.corpus.sources.markdown_inline import ATTRIBUTES, CROSS_REFERENCE, INCLUDE

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BUILDERS = {
    "include mark": (INCLUDE, ""),
    "alert mark": (re.compile(r"(?<=\[)!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)(?=\])", re.IGNORECASE), ""),
    "name of a heading": (ATTRIBUTES, ""),
    "cross reference": (CROSS_REFERENCE, r"\1"),
}
IN_HTML = re.compile(r"!\[[^\]\n]*\]\([^()\s]*\)|(?<=\])\([^()\s]*(?:\s+\"[^\"]*\")?\)")
"""Links and pictures in a block of HTML, which MDX reads and CommonMark shows as they are written."""
HANGUL = re.compile("[가-힣]")
WORD = re.compile(r"[^\W_]+")


class Visible(HTMLParser):
    """The text of rendered HTML, with the numbers of list items and the words after a fence, which our text keeps."""

    def __init__(self, numbers: Iterator[str], infos: Iterator[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._numbers, self._infos = numbers, infos
        self._lists: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Counts lists and hidden elements."""
        if tag in ("ol", "ul"):
            self._lists.append(tag)
        elif tag == "li" and self._lists and self._lists[-1] == "ol":
            self.parts.append(f" {next(self._numbers, '')} ")
        elif tag == "pre" and not attrs:  # others are HTML of the source
            self.parts.append(f" {next(self._infos, '')} ")
        elif tag in ("script", "style"):
            self._hidden += 1
        if tag == "br":
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Leaves lists and hidden elements."""
        if tag in ("ol", "ul") and self._lists:
            self._lists.pop()
        elif tag in ("script", "style"):
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        """Words that are seen."""
        if self._hidden <= 0:
            self.parts.append(data)


def visible(source: str, html: str) -> str:
    """What a reader sees of a source that is rendered as `html`."""
    tokens = RENDERER.parse(source)
    numbers = iter([token.info for token in tokens if token.type == "list_item_open" and token.info])
    infos: list[str] = []
    for token in tokens:
        if token.type in ("fence", "code_block"):
            infos.append(token.info)
        elif token.type == "html_block":
            infos += [""] * token.content.lower().count("<pre>")
    parser = Visible(numbers, iter(infos))
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


def letters(text: str) -> str:
    """The letters and digits of a text."""
    return "".join(WORD.findall(unicodedata.normalize("NFKC", text)))


def is_within(part: str, whole: str) -> bool:
    """Whether all signs of `part` stand in `whole` in the same order."""
    at = 0
    for sign in part:
        at = whole.find(sign, at) + 1
        if at == 0:
            return False
    return True


def specification(path: Path, num_shown: int) -> None:
    """Prints how many examples come out right, by section."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    shown = 0
    for example in json.loads(path.read_text(encoding="utf-8")):
        section, source = example["section"], example["markdown"]
        expected, found = visible(source, example["html"]), clean(source)
        is_right = letters(expected) == letters(found) and is_within("".join(expected.split()), found)
        total[section] += 1
        right[section] += is_right
        if not is_right and shown < num_shown:
            shown += 1
            print(f"  example {example['example']} ({section}): {source!r}\n    seen {expected!r}\n    ours {found!r}")
    for section in total:
        if right[section] < total[section]:
            print(f"  {section}: {right[section]} of {total[section]}")
    share = right.total() / total.total()
    print(f"CommonMark examples with the right text: {right.total()} of {total.total()} ({share:.1%})")


def documents(folder: Path, most_files: int | None = None) -> Iterator[str]:
    """The bodies of the Markdown files of a folder one after another, in a random but fixed order."""
    files = sorted(path for path in folder.rglob("*.md") if path.is_file())
    random.Random(1).shuffle(files)
    for path in files[:most_files]:
        text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
        yield split_front_matter(text.lstrip("\ufeff"))[1]


def speed(name: str, texts: Iterable[str], megabytes: float) -> None:
    """Prints the speed of ours and of markdown-it-py on a part of the documents (process time, one core)."""
    sample: list[str] = []
    num_bytes = 0
    for text in texts:
        sample.append(text)
        num_bytes += len(text.encode())
        if num_bytes > megabytes * 1e6:
            break
    rates = []
    for function in (clean, RENDERER.render):
        begin = time.process_time()
        for text in sample:
            function(text)
        rates.append(num_bytes / 1e6 / (time.process_time() - begin))
    print(f"{name}: ours {rates[0]:.1f} MB/s, markdown-it-py {rates[1]:.1f} MB/s, ratio {rates[0] / rates[1]:.1f}")


def audit(name: str, texts: Iterable[str], num_shown: int) -> int:
    """Prints the letters of one source that are seen and lost, by kind; returns those that no kind explains."""
    kinds: Counter[str] = Counter()
    num_texts = seen = seen_hangul = lost = lost_hangul = num_files = 0
    for num_texts, text in enumerate(texts, 1):
        if num_texts % 500 == 0:
            print(f"  {num_texts} files, {lost:,} letters lost", file=sys.stderr, flush=True)
        source = text
        for kind, (pattern, rest) in BUILDERS.items():
            source, before = pattern.sub(rest, source), source
            kinds[kind] += len(letters(before)) - len(letters(source))
        rendered = visible(source, RENDERER.render(source))
        kinds["addresses and pictures in blocks of HTML"] += sum(
            len(letters(piece)) for piece in IN_HTML.findall(rendered)
        )
        rendered = IN_HTML.sub("", rendered)
        expected, found = letters(rendered), letters(clean(text))
        seen += len(expected)
        seen_hangul += len(HANGUL.findall(expected))
        if is_within(expected, found):
            continue
        pieces = missing(WORD.findall(rendered), WORD.findall(clean(text)))
        num_files += bool(pieces)
        lost += sum(map(len, pieces))
        lost_hangul += sum(len(HANGUL.findall(piece)) for piece in pieces)
        if num_shown > 0 and pieces:
            num_shown -= 1
            print(f"  lost: {pieces[:12]}")
    print(f"{name}: {num_texts} files, {seen:,} letters seen ({seen_hangul:,} Hangul)")
    print(f"  lost: {lost:,} letters ({lost_hangul:,} Hangul) in {num_files} files")
    print(f"  apart, for site builders: {dict(kinds)}")
    return lost


def missing(words: list[str], ours: list[str]) -> list[str]:
    """The words that are seen and do not stand in our text."""
    matcher = difflib.SequenceMatcher(None, words, ours, autojunk=False)
    pieces: list[str] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind in ("delete", "replace") and not is_within("".join(words[a:b]), "".join(ours[c:d])):
            pieces += words[a:b]
    return pieces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--spec", type=Path)
    parser.add_argument("--megabytes", type=float, default=2)
    parser.add_argument("--most-files", type=int, help="of each folder, for the letters; all without it")
    parser.add_argument("--show", type=int, default=0)
    given = parser.parse_args()
    if given.spec:
        specification(given.spec, given.show)
    for folder in given.folders:
        speed(folder.name, documents(folder), given.megabytes)
        audit(folder.name, documents(folder, given.most_files), given.show)


if __name__ == "__main__":
    main()
