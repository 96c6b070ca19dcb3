"""What the "value" model is learned from: passages by their worth to a reader who looks something up.

200 passages were read and labelled 0 to 3 by the rules in docs/concepts/learned_scores.md; passages of 47 sources
have the mean worth of their source's labels. An n-gram must come in three sources: else it is a subject.
Another 200 labelled passages are kept aside and were looked at only to measure.
"""

import csv
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from malmoi.corpus.learning import datasets
from malmoi.corpus.learning.datasets import Dataset
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.kit.errors import UserError

PASSAGE_CHARACTERS = 600
"""The least length of a passage. Remarks are joined to it, so that length says nothing."""
PASSAGES_PER_SOURCE = 300
LOW_RATING = 4
"""Of ten: such reviews are taken for complaints."""
MINIMUM_SOURCES = 3
"""An n-gram in fewer sources is a subject."""

SOURCES, LABELS = (Path(__file__).with_name(name) for name in ("value_sources.toml", "value_labels.csv"))
MOST_WORTH, USEFUL = 3, 2
LABELLED = 6.0
"""What a labelled passage counts; one that has its source's worth alone counts about 1. 2, 6 and 15 were tried in
cross-validation over the open labels (November 2026)."""
COST = 3.0
"""Best of 0.3, 1, 3 in the same cross-validation: Spearman 0.63, 0.70, 0.75."""
PASSAGES_PER_FILE, FEW_PASSAGES, LEAST_SYLLABLES = 2, 60, 40
SHORTEST_REVIEW, JOINED_REVIEWS = 8, 6
"""Labelled reviews: shorter ones were left out, so many were joined."""
BLANK_LINES = re.compile(r"\n{3,}")

MARKUP = re.compile(r"<[^>]*>|[#*|\[\]{}]+|(?<= )/(?= )")

PROSE = {
    "wikinews": "boddari/boddari/txt/wikinews.txt",
    "library_reviews": "boddari/boddari/txt/book_review01.txt",
    "react_docs": "react_docs_ko/src/content/**/*.md",
    "tensorflow_docs": "tensorflow_docs_ko/site/ko/**/*.md",
    "law": "law_kr/kr/[가-다]*/*.md",
}
REMARKS = {"comments": "kocohub_hate/unlabeled/*.txt", "low_rated_reviews": "nsmc_raw/raw/1[0-2]*.json"}
"""Globs below any folder of the data."""


class Label(NamedTuple):
    """What a passage was found worth: 0 nothing to look up, 1 a little, 2 useful, 3 a reader finds it here.

    path: below the data, with "#row" in a table or a film. start, characters: of the passage in its cleaned text.
    """

    source: str
    path: str
    start: int
    characters: int
    worth: int
    is_aside: bool


def value(folder: Path) -> Dataset:
    """Passages with their worth, 0..1; labelled ones count LABELLED times as much. `folder` holds all of the data.

    What is kept aside is labelled passages alone (label 1: worth 2 or 3), and nothing of their files, or of their rows
    of a table, is learnt from.
    """
    labelled = [(label, labelled_text(folder, label)) for label in labels()]
    passages = [*_by_source(folder, closed_by_file(label for label, _ in labelled if label.is_aside))]
    for label, text in labelled:
        worth = float(label.worth >= USEFUL) if label.is_aside else label.worth / MOST_WORTH
        passages.append(SourcePassage(text, worth, label.source, LABELLED, label.is_aside))
    aside = np.array([passage.is_aside for passage in passages])
    groups = np.unique([passage.source for passage in passages], return_inverse=True)[1]
    importance = np.array([passage.importance for passage in passages])[~aside]
    note = "value: passages of 47 sources by their worth, 200 of them labelled one by one (CC BY-SA 4.0)"
    settings = LearnSettings(cost=COST, minimum_groups=MINIMUM_SOURCES, passes=20, note=note)
    pairs = [(passage.text, passage.worth) for passage in passages]
    return datasets.dataset_of(pairs, aside, settings, Guidance(importance, groups[~aside]))


class SourcePassage(NamedTuple):
    """A passage, what it is worth (0..1), its source, what it counts, and whether it is kept aside."""

    text: str
    worth: float
    source: str
    importance: float
    is_aside: bool


def labels() -> list[Label]:
    """The labels of value_labels.csv, by source and path."""
    with LABELS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return [
        Label(source, path, int(start), int(characters), int(worth), aside == "1")
        for source, path, start, characters, worth, aside in rows
    ]


def closed_by_file(aside: Iterable[Label]) -> dict[str, set[int]]:
    """By path below the data what must not be learnt from: rows of a table; of any other file, all (no rows)."""
    closed: dict[str, set[int]] = {}
    for label in aside:
        path, _, row = label.path.partition("#")
        rows = closed.setdefault(path, set())
        if path.endswith(".csv"):
            rows.add(int(row))
    return closed


def labelled_text(folder: Path, label: Label) -> str:
    """The passage of a label. UserError where its file is not below `folder`."""
    path, _, row = label.path.partition("#")
    text = (
        _page_of(folder, path) if label.source == "pages_kr" else _text_of(file_below(folder, path), row, label.source)
    )
    return BLANK_LINES.sub("\n\n", text).strip()[label.start : label.start + label.characters]


def _text_of(path: Path, row: str, source: str) -> str:
    """The text of a file, of a row of a table, or of reviews of a film that follow one another."""
    if path.suffix == ".csv":
        return _rows_of(path)[int(row)][-1]
    if path.suffix == ".json" and row:
        reviews = [review["review"] for review in orjson.loads(path.read_bytes())]
        if source == "review_single":
            return reviews[int(row)]
        long = [review for review in reviews if len(review) > SHORTEST_REVIEW]
        return "\n".join(long[int(row) : int(row) + JOINED_REVIEWS])
    text = path.read_text(encoding="utf-8-sig")
    return datasets.prose(text) if source == "dotnet" else text


@cache
def _rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _page_of(folder: Path, path: str) -> str:
    """The main content of a labelled page."""
    gold = _gold_of(file_below(folder, "pages_kr/gold.jsonl"))[path.partition("/")[2]]
    return gold if isinstance(gold, str) else "\n".join(gold)


@cache
def _gold_of(path: Path) -> dict[str, str | list[str]]:
    """The main content of all labelled pages by their id."""
    with path.open(encoding="utf-8") as stream:
        return {page["id"]: page["gold"] for page in map(orjson.loads, stream)}


def file_below(folder: Path, path: str) -> Path:
    """The file whose path below `folder`, at any depth, ends so. UserError where there is none."""
    name, _, rest = path.partition("/")
    at = next((each / rest for each in _folders_named(folder, name) if (each / rest).exists()), None)
    if at is None:
        raise UserError(f"nothing to learn from in {folder}", f"a file {path} below it")
    return at


@cache
def _folders_named(folder: Path, name: str) -> list[Path]:
    return sorted(path for path in folder.rglob(name) if path.is_dir())


def _by_source(folder: Path, closed: Mapping[str, AbstractSet[int]]) -> Iterator[SourcePassage]:
    """Passages of each source of value_sources.toml, all sources alike; nothing of what is `closed`."""
    for name, source in tomllib.loads(SOURCES.read_text(encoding="utf-8")).items():
        texts = list(islice(_passages_below(folder, source["files"], closed), PASSAGES_PER_SOURCE))
        if not texts:
            raise UserError(f"nothing to learn from in {folder}", f"files like {source['files']}")
        importance = PASSAGES_PER_SOURCE / max(len(texts), FEW_PASSAGES) / 2
        for text in texts:
            yield SourcePassage(text, source["worth"] / MOST_WORTH, name, importance, is_aside=False)


def _passages_below(folder: Path, glob: str, closed: Mapping[str, AbstractSet[int]]) -> Iterator[str]:
    """Up to PASSAGES_PER_FILE passages of each file; files in the order of a hash: no subject stands for all."""
    top, _, rest = glob.partition("/")
    files = [path for each in _folders_named(folder, top) for path in each.glob(rest) if _is_text(path)]
    for path in sorted(files, key=lambda path: hashlib.sha256(str(path.relative_to(folder)).encode()).digest()):
        rows = next((rows for name, rows in closed.items() if path.as_posix().endswith(f"/{name}")), None)
        if rows is None or rows:
            lines = source_lines_of(path, any_rating=True, closed_rows=rows or frozenset())
            most = PASSAGES_PER_FILE if len(files) > 1 else PASSAGES_PER_SOURCE
            yield from (text for text in islice(passages_of(lines), most) if _is_korean(text))


def _is_text(path: Path) -> bool:
    return path.is_file() and not path.name.endswith("from_source") and path.name != "SOURCE.txt"


def _is_korean(text: str) -> bool:
    return sum("가" <= character <= "힣" for character in text) >= LEAST_SYLLABLES


def first_passages(folder: Path, glob: str, number: int, any_rating: bool = False) -> list[str]:
    """So many passages of a source. UserError where there is none."""
    passages = list(islice(passages_of(source_lines(folder, glob, any_rating)), number))
    if not passages:
        raise UserError(f"nothing to learn from in {folder}", f"files like {glob}")
    return passages


def source_lines(folder: Path, glob: str, any_rating: bool = False) -> Iterator[str]:
    """Lines of prose, or one remark after another: of film reviews only those with a low rating, if not any."""
    for path in sorted(folder.glob(f"**/{glob}")):
        yield from source_lines_of(path, any_rating)


def source_lines_of(path: Path, any_rating: bool = False, closed_rows: AbstractSet[int] = frozenset()) -> Iterator[str]:
    """The lines of one file of a source; of a table without some rows, by number from 0, the header being one."""
    if path.suffix == ".csv":
        open_rows = (row for number, row in enumerate(_rows_of(path)) if number not in closed_rows)
        yield from (line for row in open_rows for line in MARKUP.sub(" ", row[-1]).splitlines())
    elif path.suffix == ".json":
        reviews = orjson.loads(path.read_bytes())
        yield from (review["review"] for review in reviews if any_rating or _is_low(review["rating"]))
    else:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        yield from MARKUP.sub(" ", datasets.prose(text) if path.suffix == ".md" else text).splitlines()


def _is_low(rating: str) -> bool:
    return rating.isdigit() and 1 <= int(rating) <= LOW_RATING


def passages_of(lines: Iterator[str]) -> Iterator[str]:
    """Lines joined by newlines until they are PASSAGE_CHARACTERS long or more."""
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line.strip())
        size += len(line)
        if size >= PASSAGE_CHARACTERS:
            yield "\n".join(filter(None, waiting))
            waiting, size = [], 0
