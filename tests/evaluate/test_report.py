import base64
import hashlib
import html.parser
import json
import re
import unicodedata
from pathlib import Path

import pytest

from malmoi.evaluate.page import page as draw
from malmoi.evaluate.report import finite, write_report
from malmoi.evaluate.run import measure
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.kit import events, manifest
from malmoi.kit.page import duration, size, visible

SETTINGS = EvaluateSettings(heldout_bytes_per_kind=500, samples=2, prompt_tokens=8, sample_tokens=20)


class Page(html.parser.HTMLParser):
    """Collects tags, attributes and the headings of a page, and checks that it is well nested."""

    VOID = frozenset({"meta", "input", "rect", "path"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.headings: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID or tag == "rect":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open[-2:-1] == ["h2"]:
            self.headings.append(data)


@pytest.fixture
def page(run_folder: Path, engine) -> str:
    measure(SETTINGS, engine, run_folder, lambda *_: None)
    return (run_folder / "report" / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_but_itself(page: str):
    parsed = Page(page)
    names = {tag for tag, _ in parsed.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "image", "use"}
    for _, attributes in parsed.tags:
        assert not {name for name in attributes if name.startswith("on") or name in {"style", "src", "href"}}
    assert "script-src" not in page
    [policy] = [attributes["content"] for tag, attributes in parsed.tags if "http-equiv" in attributes]
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "url(" not in style
    assert "@import" not in style


def test_both_languages_say_every_section(page: str):
    headings = Page(page).headings
    assert headings[::2][0] == "바이트당 비트"
    assert headings[1::2] == [
        "Bits per byte",
        "Training loss",
        "The corpus",
        "Bytes per token",
        "Continuations",
        "Time and memory",
    ]
    assert page.count('class="ko"') == page.count('class="en"')
    assert unicodedata.is_normalized("NFC", page)


EVIL = """'"></p><script>alert(1)</script>\x00\x1b[31m\u202e가"""
SHOWN = """'"></p><script>alert(1)</script>␀␛[31m[U+202E]가"""


def test_whatever_names_and_texts_hold_the_page_stays_text(page: str, run_folder: Path):
    found = json.loads((run_folder / "report" / "report.json").read_text(encoding="utf-8"))
    evaluate, stages = found["evaluate"], [{**row, "stage": EVIL} for row in found["stages"]]
    evaluate["by_kind"] = {EVIL: evaluate["by_kind"]["news"]}
    evaluate["samples"] = [dict.fromkeys(("prompt", "continuation", "reference", "kind"), EVIL)]
    tokens = {**found["tokens"], "by_kind": {EVIL: {"bytes_per_token": 2.0, "train_tokens": 3}}}
    drawn = draw({**found, "name": EVIL, "code": EVIL, "stages": stages, "tokens": tokens, "corpus_report": EVIL})
    parsed = Page(drawn)
    assert {tag for tag, _ in parsed.tags} <= {tag for tag, _ in Page(page).tags} | {"a"}
    assert not {name for _, attributes in parsed.tags for name in attributes if name.startswith("on")}
    assert [attributes["href"] for tag, attributes in parsed.tags if tag == "a"] == [SHOWN]
    assert not re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", drawn)
    texts = [text for text in parsed.texts if SHOWN in text]
    # title, heading, code, a kind in both tables, three parts of a sample and its kind, each stage
    assert len(texts) == 2 + 2 + 2 * 2 + 3 + 2 + 2 * len(stages)


def test_the_way_to_the_corpus_report_is_there_when_the_report_is(page: str, run_folder: Path):
    assert "malmoi corpus report 작은 실행/corpus" in page
    found = json.loads((run_folder / "report" / "report.json").read_text(encoding="utf-8"))
    linked = Page(draw({**found, "corpus_report": "../corpus/report.html"}))
    assert [attributes["href"] for tag, attributes in linked.tags if tag == "a"] == ["../corpus/report.html"]


def test_the_numbers_on_the_page_are_those_of_the_json(page: str, run_folder: Path):
    found = json.loads((run_folder / "report" / "report.json").read_text(encoding="utf-8"))
    assert f"{found['evaluate']['total']['model']:.3f}" in page
    assert f"{found['tokens']['bytes_per_token']:.2f}" in page
    assert "155건 = 남긴 150건 + 뺀 5건" in page
    assert "step 20 · loss 0.4500" in page


def test_a_run_that_only_trains_has_a_report_of_that(tmp_path: Path):
    for step in (1, 2, 3):
        loss = float("nan") if step == 2 else 5.0 / step
        events.append(tmp_path / "train", "step", step=step, tokens=step * 10, loss=loss)
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert Page(page).headings[::2] == ["학습 손실"]
    assert "아직 끝나지 않았어요" in page
    assert json.loads((tmp_path / "report" / "report.json").read_text())["train"]["steps"][1]["loss"] is None


@pytest.mark.parametrize(
    ("stage", "sections"),
    [
        ("corpus", []),
        ("tokenizer", []),
        ("tokens", []),
        ("model", []),
    ],
)
def test_a_stage_alone_with_empty_counts_is_shown(tmp_path: Path, stage: str, sections: list[str]):
    manifest.write(tmp_path / stage, manifest.Manifest(stage, {}))
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert Page(page).headings[1::2] == [*sections, "Time and memory"]
    assert f'lang="en">{stage}</span></th>' in page


def test_signs_that_a_page_cannot_hold_become_visible():
    assert visible("가\x00나\x1b<b>\x7f\n\t") == "가␀나␛<b>␡\n\t"
    assert visible("\ud800") == "?"
    assert visible("가\u202e나\u2066\u200f\x85") == "가[U+202E]나[U+2066][U+200F]\ufffd"
    assert visible("👨‍👩‍👧 ㄱㅏ\u1100\u1161") == "👨‍👩‍👧 ㄱㅏ\u1100\u1161"


def test_numbers_that_json_cannot_write_become_null():
    assert finite({"a": [1.0, float("inf")], "b": "x"}) == {"a": [1.0, None], "b": "x"}


def test_sizes_and_times_are_readable():
    assert [size(value) for value in (0, 999, 12_345, 3.2e8, 1.96e12, None)] == [
        "0 B",
        "999 B",
        "12.3 KB",
        "320 MB",
        "1.96 TB",
        "–",
    ]
    assert "12분 5초" in duration(725.2)
    assert "2시간 3분" in duration(7380)
    assert "0.50 s" in duration(0.5)
