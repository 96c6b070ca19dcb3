"""The report of a corpus: what it is drawn from, and the page itself in a browser."""

import html.parser
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from malmoi.corpus.report.findings import BINS, gather
from malmoi.corpus.report.page import page, write_report
from malmoi.kit.errors import UserError

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def findings(built):
    return gather(built)


def test_the_flow_takes_away_exactly_what_was_dropped(findings):
    counts = findings["counts"]
    assert sum(step["documents"] for step in findings["flow"]) == counts["documents_dropped"]
    assert {step["reason"]: step["documents"] for step in findings["flow"]} == counts["dropped_by_reason"]


def test_a_distribution_holds_every_document_that_has_the_score(findings):
    assert findings["distributions"]
    for one in findings["distributions"]:
        assert len(one["bins"]) == BINS
        assert sum(sum(row.values()) for row in one["bins"]) == one["documents"]
        assert one["low"] <= one["limit"] <= one["high"] + 1e-9


def test_a_copy_stands_beside_the_one_that_stays_for_it(findings):
    copies = [pair for pair in findings["pairs"] if pair["reason"] == "near_duplicate"]
    assert copies
    for pair in copies:
        assert pair["kept"]["id"] == pair["dropped"]["stays"]
        assert pair["kept"]["text"]


def test_what_stands_beside_other_texts_was_kept_and_is_of_their_kind(findings):
    pairs = [pair for pair in findings["pairs"] if pair["reason"] == "too_short" and pair["kept"]]
    assert pairs
    for pair in pairs:
        assert pair["kept"]["kind"] == pair["dropped"]["kind"]
        assert pair["kept"]["score"] >= pair["dropped"]["score"]


EVIL = """'"></p><script>alert(1)</script>\x00\x1b[31m\u202e가"""
SHOWN = """'"></p><script>alert(1)</script>␀␛[31m[U+202E]가"""


class Parsed(html.parser.HTMLParser):
    """The tags of a page, the values of its attributes and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_whatever_a_document_or_a_source_holds_the_page_stays_text(findings):
    amounts = {"documents": 3, "documents_in": 4, "text_bytes": 900}
    counts = {**findings["counts"], "by_kind": {EVIL: amounts}, "by_source": {EVIL: amounts}, "masked": {EVIL: 2}}
    row = {"id": EVIL, "title": EVIL, "kind": EVIL, "score": 1.0, "text": EVIL, "stays": None, "detail": EVIL}
    limit = {"reason": EVIL, "score": EVIL, "kind": EVIL, "limit": 1.0, "how": "fixed", "bound": "at most"}
    limits = [{**limit, "quantile": None, "value_at_quantile": None, "documents": None}]
    limits.append({**limits[0], "kind": "web", "limit": 2.0})
    drawn = page(
        {
            **findings,
            "name": EVIL,
            "code": EVIL,
            "counts": counts,
            "flow": [{"reason": EVIL, "documents": 1, "text_bytes": 1, "raw_bytes": 1}],
            "limits": limits,
            "distributions": [{**findings["distributions"][0], "reason": EVIL, "score": EVIL}],
            "sites": [{"host": EVIL, "documents": 1, "in_hosts": 1, "popularity": 0.1, "trust": 0.1}],
            "mix": {"kinds": [{"kind": EVIL, "asked_share": 0.5, "mixed_share": None, "mean_epochs": 1.0}]},
            "contamination": [{"set": EVIL, "items": 1, "leaked": 1, "documents": 1}],
            "pairs": [{"reason": EVIL, "dropped": row, "kept": {**row, "in_base": True}}],
        }
    )
    shown, plain = Parsed(drawn), Parsed(page(findings))
    assert shown.tags <= plain.tags | {"strong"}
    assert shown.attributes <= plain.attributes
    assert "script" not in shown.tags
    assert not re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", drawn)
    # title, heading, code; flow and what hovering says; kind, source, type; site, set, mix; distribution; two limits;
    # reason, id, title and text of a pair, and the id of what stays
    names = 3 + (2 + 1) + (2 + 1 + 2) + (1 + 1 + 2) + 2 * 2 + (2 * 2 * 2 + 2) + (2 + 3 + 1)
    assert sum(SHOWN in text for text in shown.texts) == names
    assert "script-src" not in drawn


def test_what_a_source_is_called_cannot_become_markup(findings):
    sources = {"<img src=x onerror=alert(1)>": {"documents": 1, "documents_in": 1, "text_bytes": 9}}
    drawn = page({**findings, "counts": {**findings["counts"], "by_source": sources}})
    assert "<img" not in drawn
    assert "&lt;img src=x onerror=alert(1)&gt;" in drawn


def test_kinds_with_one_limit_share_a_row_and_numbers_have_no_powers_of_ten(findings):
    row = {"reason": "too_short", "score": "characters", "limit": 40.0, "how": "fixed", "bound": "at least"}
    nothing = dict.fromkeys(("quantile", "value_at_quantile", "documents"))
    limits = [{**row, **nothing, "kind": kind} for kind in ("news", "web")]
    limits.append({**row, **nothing, "kind": "comment", "limit": 126_000.0})
    drawn = page({**findings, "limits": limits, "distributions": [], "pairs": []})
    assert drawn.count("뉴스, 웹") == 1
    assert "≥ 126,000" in drawn
    assert "e+05" not in drawn


def test_many_sources_that_gave_nothing_are_one_row(findings):
    given = {"documents": 3, "documents_in": 4, "text_bytes": 900}
    nothing = {"documents": 0, "documents_in": 1, "text_bytes": 0}
    sources = {"한 곳": given, **{f"빈 곳 {number}": nothing for number in range(30)}}
    drawn = page({**findings, "counts": {**findings["counts"], "by_source": sources}, "pairs": []})
    assert "한 곳" in drawn
    assert "30 others" in drawn
    assert "빈 곳 3" not in drawn


def test_a_copy_of_what_an_older_corpus_holds_is_said_to_be_one(findings):
    dropped = {"id": "a", "title": None, "kind": "web", "score": 1.0, "text": "가", "stays": "b", "detail": None}
    kept = {"id": "b", "title": None, "kind": None, "text": None, "in_base": True}
    drawn = page({**findings, "pairs": [{"reason": "exact_duplicate", "dropped": dropped, "kept": kept}]})
    assert "a document of an older corpus (base)" in drawn


def test_both_files_are_written_and_the_numbers_are_the_same(built, tmp_path):
    folder = tmp_path / "corpus"
    shutil.copytree(built, folder)
    written = write_report(folder)
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert told["counts"]["documents_in"] == gather(folder)["counts"]["documents_in"]
    assert f"{told['counts']['documents_in']:,}" in written.read_text(encoding="utf-8")


def test_a_folder_that_is_no_corpus_is_refused(tmp_path):
    with pytest.raises(UserError, match="manifest"):
        gather(tmp_path)


@pytest.fixture
def browser(built, tmp_path) -> Iterator:
    from playwright.sync_api import sync_playwright

    (tmp_path / "report.html").write_text(page(gather(built)), encoding="utf-8")
    with sync_playwright() as play:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        opened = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (apt-get install chromium)")
def test_the_page_is_whole_on_a_phone_and_on_a_wide_screen_and_loads_nothing(browser, tmp_path: Path):
    address = (tmp_path / "report.html").as_uri()
    for width, scheme in ((360, "dark"), (1440, "light")):
        shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        heard: list[str] = []
        shown.on("console", lambda message, heard=heard: heard.append(message.text))
        shown.on("request", lambda request, heard=heard: heard.append(request.url))
        shown.goto(address)
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        assert shown.locator("h2").first.inner_text() == "문서의 흐름"
        shown.keyboard.press("Tab")
        shown.keyboard.press("ArrowRight")
        assert shown.locator("h2").first.inner_text() == "Flow of documents"
        assert heard == [address]
        shown.close()
