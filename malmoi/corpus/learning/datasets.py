"""What the shipped classifiers are learned from: labelled sets, the part of each that is kept aside, and the settings.

A fifth of each set is kept aside by a hash, of the text itself or, for translations, of its folder (pages of one folder
share their subject and their translator). Settings were chosen by cross-validation on the rest (docs/log.md).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings
from malmoi.kit.errors import UserError

TRANSLATIONS = "ms_dotnet_docs_ko"
ASIDE = 5
"""One in so many is kept aside."""


@dataclass(frozen=True)
class Dataset:
    """Texts with labels, (texts,), 0..1, to learn from with these settings; and those kept aside, labels 0 or 1."""

    texts: pa.Array
    labels: np.ndarray
    settings: LearnSettings
    guidance: Guidance
    aside_texts: pa.Array
    aside_labels: np.ndarray

    @property
    def importance(self) -> np.ndarray:
        """float64 (texts,): what each text counts, 1 where nothing was said."""
        given = self.guidance.importance
        return np.ones(len(self.labels)) if given is None else given


def human_translation(data: Path) -> Dataset:
    """Human (1) against machine translation of documentation.

    Every folder counts alike, and an n-gram must come in many folders: what separates folders is mostly their subject.
    """
    pages = translated_pages(folder_of(data, TRANSLATIONS))
    note = "ms_dotnet_docs_ko (CC BY 4.0): ms.translationtype HT against MT; front matter, code and anchors removed"
    settings = LearnSettings(cost=10.0, passes=15, minimum_groups=30, note=note)
    aside = np.array([kept_aside(path) for _, _, path in pages])
    folders = np.unique([path for _, _, path in pages], return_inverse=True)[1]
    importance = 1 / np.bincount(folders)[folders[~aside]]
    guidance = Guidance(importance / importance.mean(), folders[~aside])
    return dataset_of([page[:2] for page in pages], aside, settings, guidance)


def kept_aside(key: str) -> bool:
    """Whether a text (or folder) is kept aside: by its digest."""
    return digest(key) % ASIDE == 0


def digest(key: str) -> int:
    """The first 32 bits of the SHA-256 of a text's stripped UTF-8."""
    return int(hashlib.sha256(key.strip().encode()).hexdigest()[:8], 16)


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


def translated_pages(folder: Path) -> list[tuple[str, int, str]]:
    """Prose, label (1: by people) and folder of all pages below `folder` whose front matter says who translated."""
    pages = [page for path in sorted(folder.rglob("*.md")) if (page := _page(path, folder)) is not None]
    if not pages:
        raise UserError(f"no translated pages in {folder}", "Markdown with ms.translationtype in its front matter")
    return pages


def _page(path: Path, folder: Path) -> tuple[str, int, str] | None:
    """Prose, label and folder of a page; None where the front matter does not say how it was translated."""
    content = path.read_text(encoding="utf-8-sig")
    front = FRONT_MATTER.match(content)
    kind = TRANSLATION.search(front[1]) if front else None
    if kind is None:
        return None
    return prose(content), int(kind[1] == "HT"), path.parent.relative_to(folder).as_posix()


def folder_of(data: Path, name: str) -> Path:
    """The folder of a set: `data` itself, or below it at any depth. UserError where there is none."""
    folder = data if data.name == name else next((path for path in sorted(data.rglob(name)) if path.is_dir()), None)
    if folder is None:
        raise UserError(f"nothing to learn from in {data}", f"a folder {name} below it")
    return folder


def dataset_of(
    pairs: Sequence[tuple[str, float]], aside: np.ndarray, settings: LearnSettings, guidance: Guidance
) -> Dataset:
    """A dataset of (text, label) pairs. aside: bool (pairs,), those that are kept aside."""
    texts, labels = pa.array([text for text, _ in pairs], pa.large_string()), np.array([label for _, label in pairs])
    mask = pa.array(aside)
    return Dataset(
        texts.filter(pa.array(~aside)), labels[~aside], settings, guidance, texts.filter(mask), labels[aside]
    )
