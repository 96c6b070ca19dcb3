"""Pages of which the core region is unsure are told in the ledger; they are not dropped for it."""

import pyarrow as pa

from malmoi.corpus.document import CONFIDENCE, DOCUMENTS, UNSURE
from malmoi.corpus.html import core_region
from malmoi.corpus.ledger import rows
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_documents

ARTICLE = "<p>산골 우체국은 겨울에도 아침 여덟 시에 문을 열고, 눈이 많이 온 날에는 걸어서 편지를 나른다.</p>" * 3


def page(body: str, form: str = "html") -> dict:
    html = f"<html><body><article>{body}</article></body></html>".encode()
    found = to_documents(Raw(html, form, "a.html", 0, len(html)), Input("unused"))
    assert isinstance(found, list)
    return found[0]


def test_a_page_says_how_sure_its_core_region_is_and_a_text_says_nothing():
    found = page(ARTICLE)
    assert 0.8 < found[CONFIDENCE] <= 1
    assert found[UNSURE] is False
    assert page("그냥 글", "text").get(CONFIDENCE) is None
    assert {CONFIDENCE, UNSURE} <= set(DOCUMENTS.names)


def test_a_page_below_the_limit_of_the_weights_is_unsure():
    weights = core_region.shipped_weights()
    strict = weights._replace(confidence=weights.confidence.copy())
    strict.confidence[-1] = 2.0
    assert core_region.parse(ARTICLE.encode(), strict).is_unsure
    assert not core_region.parse(ARTICLE.encode(), weights).is_unsure


def test_the_ledger_notes_an_unsure_page_unless_it_is_a_copy():
    columns = {
        "exact_duplicate_of": ["a", None, None, None],
        "near_duplicate_of": [None, "b", None, None],
        UNSURE: [True, True, True, None],
        CONFIDENCE: pa.array([0.5, 0.5, 0.714, None], pa.float32()),
    }
    assert rows.details(pa.RecordBatch.from_pydict(columns)).to_pylist() == [
        "an exact copy of a",
        "a near copy of b",
        "unsure core region: predicted F1 0.71",
        None,
    ]
