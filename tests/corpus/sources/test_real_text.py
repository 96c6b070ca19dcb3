"""The real archives, where they are: every file is read, and titles, dates and texts are what they should be."""

import re
from itertools import islice
from pathlib import Path

import pytest

from malmoi.corpus.document import DAMAGE
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_document

DATA = Path(__file__).parents[4] / "shared" / "data" / "text"


def documents(archive, limit, **options):
    path = DATA / archive
    if not path.is_file():
        pytest.skip(f"{archive} is not beside the repository")
    source = Input(path, **options)
    items = list(islice(read(source), limit))
    assert [type(item) for item in items] == [Raw] * limit
    return [to_document(item, source) for item in items]


def test_statutes_have_title_date_and_text_without_front_matter():
    for found in documents("law_kr.tar.zst", 300, kind="law", include=("kr/*",)):
        assert found["text"].startswith(f"# {found['title']}")
        assert len(found["source"]["published"]) == 10
        assert found["source"]["url"].startswith("https://www.law.go.kr/법령/")
        assert "첨부파일" not in found["text"][:50]
        assert "\\." not in found["text"]
        assert found[DAMAGE] == 0


def test_film_reviews_are_joined_by_the_hundred():
    options = {"kind": "comment", "text_field": "review", "rows_per_document": 100, "include": ("raw/*.json",)}
    found = documents("nsmc_raw.tar.zst", 100, **options)
    assert max(document["text"].count("\n") + 1 for document in found) >= 100
    assert all(document["turns"] is None for document in found)


def test_technical_documents_lose_anchors_and_notebooks_their_pictures():
    for found in documents("ms_dotnet_docs_ko.tar.zst", 400, include=("docs/*.md",), exclude=("*includes/*",)):
        assert found["title"]
        assert "<a name=" not in found["text"].split("```")[0]
        assert "ms.openlocfilehash" not in found["text"]
    for found in documents("tensorflow_docs_ko.tar.zst", 30, include=("*.ipynb",)):
        assert re.search(";base64,[A-Za-z0-9+/]{100}", found["text"]) is None
        assert "```python" in found["text"]
