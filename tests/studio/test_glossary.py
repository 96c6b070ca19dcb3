"""One word for one concept: no text that a person reads has a word that the glossary keeps out of its place.

The glossary is malmoi/studio/web/src/i18n/glossary.json. A row holds everywhere, or where it has `where`, in the
sentences whose keys begin so (both words files and the tables of errors).
"""

import json
import re
from typing import NamedTuple

import pytest
from source_files import ROOT, WEB

from malmoi.corpus.report import labels

WORDS = WEB / "i18n"
GLOSSARY = json.loads((WORDS / "glossary.json").read_text(encoding="utf-8"))["concepts"]
ERRORS = [ROOT / "malmoi" / room / "errors.json" for room in ("serve", "studio")]
PAGES = [
    *(ROOT / "docs" / "guides" / f"studio.{language}.md" for language in ("ko", "en")),
    *(ROOT / "malmoi" / room / "page.html" for room in ("evaluate", "corpus/report")),
]


class Said(NamedTuple):
    """A text that a person reads, and its key; a page has its file's name for a key."""

    key: str
    text: str


@pytest.fixture(scope="module")
def texts() -> list[Said]:
    """Every text: the words of the interface, of errors and of reports, and the studio's own guides."""
    tables = [json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8")) for language in ("ko", "en")]
    said = [Said(key, text) for table in tables for key, text in table.items()]
    for path in ERRORS:
        table = json.loads(path.read_text(encoding="utf-8"))
        said += [Said(code, text) for code, both in table.items() for text in both.values()]
    names = (labels.REASONS, labels.STEPS, labels.KINDS, labels.PERSONAL, labels.SCORES)
    said += [Said(f"label:{name}", text) for table in names for name, both in table.items() for text in both]
    return said + [Said(path.name, path.read_text(encoding="utf-8")) for path in PAGES]


def found(concept: dict, texts: list[Said]) -> list[tuple[str, str]]:
    """Key and word of each place where another word stands for the concept. English is compared by whole words."""
    where = tuple(concept.get("where", [""]))
    own = [text for text in texts if text.key.startswith(where)]
    return [(key, word) for key, text in own for word in concept["not"] if stands(word, bare(text))]


def bare(text: str) -> str:
    """The text without the names of what is filled in."""
    return re.sub(r"\{\w+(:[^}]+)?\}", "", text)


def stands(word: str, text: str) -> bool:
    if re.search("[가-힣]", word):
        return word in text
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


@pytest.mark.parametrize("concept", GLOSSARY, ids=lambda concept: concept["concept"])
def test_no_other_word_stands_for_a_concept(concept, texts):
    assert found(concept, texts) == []


@pytest.mark.parametrize("concept", GLOSSARY, ids=lambda concept: concept["concept"])
def test_the_word_of_a_concept_is_used_and_keeps_nothing_of_its_own_out(concept, texts):
    for language in ("ko", "en"):
        assert any(concept[language].casefold() in text.casefold() for _, text in texts)
        assert concept[language] not in concept["not"]
    prefixes = concept.get("where", [])
    assert [prefix for prefix in prefixes if not any(key.startswith(prefix) for key, _ in texts)] == []


def test_a_concept_has_one_row_and_a_korean_and_an_english_word():
    names = [concept["concept"] for concept in GLOSSARY]
    assert len(names) == len(set(names)) > 30
    assert {tuple(sorted(concept.keys() - {"where"})) for concept in GLOSSARY} == {("concept", "en", "ko", "not")}
    assert all(concept["ko"] and concept["en"] and concept["not"] for concept in GLOSSARY)


@pytest.mark.parametrize(
    ("key", "text", "word"),
    [
        ("runs.none", "아직 실행한 것이 없어요.", "실행"),
        ("rail.playground", "작업실", "작업실"),
        ("action.stop", "멈춤", "멈춤"),
        ("pager.place", "1 / 3", None),
        ("chat.remove", "Remove this turn", "remove"),
        ("action.run", "실행", None),
    ],
)
def test_a_word_out_of_its_place_is_found(key, text, word):
    hits = {hit for concept in GLOSSARY for _, hit in found(concept, [Said(key, text)])}
    assert hits == ({word} if word else set())
