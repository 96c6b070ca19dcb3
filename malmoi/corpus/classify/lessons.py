"""What the shipped classifiers are learnt from: labelled sets, the part of each that is kept aside, and the settings.

A fifth of each set is kept aside by a hash, of the text itself or, for translations, of its folder (pages of one folder
share their subject and their translator). Settings were chosen by cross-validation on the rest (docs/log.md).
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.classify.features import Features
from malmoi.corpus.classify.learn import Guidance, LearnSettings, learn
from malmoi.corpus.classify.model import Model
from malmoi.kit.errors import UserError

ASIDE = 5
"""One in so many is kept aside."""

REMARK_FEATURES = Features(symbols=(1, 3), letters=(5, 5), bits=18)


@dataclass(frozen=True)
class Lesson:
    """texts, labels (0 or 1) and guidance to learn from with settings; and what is kept aside to measure on."""

    texts: pa.Array
    labels: np.ndarray
    settings: LearnSettings
    guidance: Guidance
    aside_texts: pa.Array
    aside_labels: np.ndarray


def harm(folder: Path) -> Lesson:
    """Hate or offence (1) against none in comments on entertainment news. `folder` is that of kocohub_hate."""
    rows = [line.split("\t") for line in _lines(folder / "labeled" / "train.tsv")][1:]
    note = "kocohub_hate labeled/train.tsv (CC BY-SA 4.0): hate or offensive against none"
    return _remarks([(row[0], int(row[3] != "none")) for row in rows], note)


def profanity(folder: Path) -> Lesson:
    """Swearing and slurs (1) against none in forum comments. `folder` is that of curse_detection."""
    rows = [line.rpartition("|") for line in _lines(folder / "dataset.txt")]
    pairs = [(text, int(label)) for text, _, label in rows if text.strip() and label.strip() in ("0", "1")]
    return _remarks(pairs, "curse_detection dataset.txt (MIT)")


def human_translation(folder: Path) -> Lesson:
    """Human (1) against machine translation of documentation. `folder` is that of ms_dotnet_docs_ko.

    Every folder counts alike, and an n-gram must come in many folders: what separates folders is mostly their subject.
    """
    pages = [page for path in sorted(folder.rglob("*.md")) if (page := _page(path, folder)) is not None]
    if not pages:
        raise UserError(f"no translated pages in {folder}", "Markdown with ms.translationtype in its front matter")
    note = "ms_dotnet_docs_ko (CC BY 4.0): ms.translationtype HT against MT; front matter, code and anchors removed"
    settings = LearnSettings(features=Features(symbols=(1, 3)), cost=10.0, passes=15, minimum_groups=30, note=note)
    aside = np.array([kept_aside(place) for _, _, place in pages])
    places = np.unique([place for _, _, place in pages], return_inverse=True)[1]
    importance = 1 / np.bincount(places)[places[~aside]]
    guidance = Guidance(importance / importance.mean(), places[~aside])
    return lesson_of([page[:2] for page in pages], aside, settings, guidance)


LESSONS: dict[str, tuple[str, Callable[[Path], Lesson]]] = {
    "harm": ("kocohub_hate", harm),
    "profanity": ("curse_detection", profanity),
    "human_translation": ("ms_dotnet_docs_ko", human_translation),
}
"""By name of the model: the folder its data lies in, and how to read it."""


def teach(lesson: Lesson, path: Path) -> Model:
    """Learns from the lesson's own part and writes the model to `path`: the same bytes for the same data."""
    model = learn(lesson.texts, lesson.labels, lesson.settings, lesson.guidance)
    model.save(path)
    return model


def kept_aside(key: str) -> bool:
    """Whether a text (or folder) is kept aside: by the first 32 bits of the SHA-256 of its stripped UTF-8."""
    return int(hashlib.sha256(key.strip().encode()).hexdigest()[:8], 16) % ASIDE == 0


def prose(markdown: str) -> str:
    """Markdown without front matter, code, comments, anchors, link targets and includes: what a translator wrote."""
    for pattern, put in NOT_PROSE:
        markdown = pattern.sub(put, markdown)
    return markdown.strip()


FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)
TRANSLATION = re.compile(r"ms\.translationtype:\s*(HT|MT)")
NOT_PROSE = (
    (FRONT_MATTER, ""),
    (re.compile(r"```.*?(```|\Z)", re.DOTALL), "\n"),
    (re.compile(r"<a [^>]*>|</a>|<xref:[^>]*>|`[^`\n]*`|\{#[^}]*\}|\[!INCLUDE[^\]]*\]|\[!code[^\]]*\]"), ""),
    (re.compile(r"\]\([^)]*\)"), "]"),
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"(?m)^(    |\t).*$"), ""),
)


def _page(path: Path, folder: Path) -> tuple[str, int, str] | None:
    """Prose, label and folder of a page; None where the front matter does not say how it was translated."""
    content = path.read_text(encoding="utf-8-sig")
    front = FRONT_MATTER.match(content)
    kind = TRANSLATION.search(front[1]) if front else None
    if kind is None:
        return None
    return prose(content), int(kind[1] == "HT"), path.parent.relative_to(folder).as_posix()


def _remarks(pairs: list[tuple[str, int]], note: str) -> Lesson:
    aside = np.array([kept_aside(text) for text, _ in pairs])
    return lesson_of(pairs, aside, LearnSettings(features=REMARK_FEATURES, note=note), Guidance())


def lesson_of(pairs: list[tuple[str, int]], aside: np.ndarray, settings: LearnSettings, guidance: Guidance) -> Lesson:
    """A lesson from texts with labels, and which of them are kept aside."""
    texts, labels = pa.array([text for text, _ in pairs], pa.large_string()), np.array([label for _, label in pairs])
    mask = pa.array(aside)
    return Lesson(texts.filter(pa.array(~aside)), labels[~aside], settings, guidance, texts.filter(mask), labels[aside])


def _lines(path: Path) -> list[str]:
    if not path.exists():
        raise UserError(f"{path} does not exist", "the unpacked labelled set")
    return path.read_text(encoding="utf-8").split("\n")[: -1 if path.stat().st_size else None]
