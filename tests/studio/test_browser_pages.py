import csv
import re

import pytest

from malmoi.evaluate.findings import gather
from malmoi.evaluate.page import page as draw

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser

DONE = '[data-state="done"]'


def test_the_classification_card_shows_every_label_with_its_probability(page):
    page.goto("/tasks")
    page.get_by_role("link", name="내용 분류").click()
    page.get_by_role("button", name="예시로 채우기").click()
    page.keyboard.press("Control+Enter")
    answer = page.locator(DONE)
    answer.wait_for()
    names = answer.locator(".Bars_name").all_inner_texts()
    assert sorted(names) == sorted("정치 경제 사회 스포츠 문화 과학 생활".split())
    shares = [float(text.removesuffix("%")) for text in answer.locator(".Bars_value").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.5)


def test_a_card_says_what_is_missing_where_it_is_missing_and_gives_back_what_an_example_replaced(page, studio):
    asked_before = len(studio.engine.requests)
    page.goto("/tasks/marketing_copy")
    page.get_by_role("slider").first.wait_for()
    sliders = [page.get_by_role("slider", name=name).count() for name in ("온도", "Top P", "반복")]
    assert sliders == [1, 1, 1]
    run = page.get_by_role("button", name="실행")
    assert run.count() == 1
    run.click()
    product = page.get_by_role("textbox", name="상품")
    # Both are marked and say why; the first one has the focus.
    assert page.locator("[aria-invalid=true]").count() == 2
    assert product.evaluate("box => box === document.activeElement")
    assert product.evaluate("box => document.getElementById(box.getAttribute('aria-describedby')).innerText") == (
        "먼저 채워 주세요."
    )
    assert len(studio.engine.requests) == asked_before
    product.fill("내 상품")
    assert page.locator("[aria-invalid=true]").count() == 1
    # What was written outlives the page, and an example that takes its place is taken back.
    page.get_by_role("link", name="말뭉치").first.click()
    page.get_by_role("heading", name="말뭉치").wait_for()
    page.go_back()
    assert product.input_value() == "내 상품"
    page.get_by_role("button", name="예시로 채우기").click()
    assert product.input_value() == "접이식 캠핑 의자"
    page.get_by_role("alert").get_by_text("예시로 바꿨어요").wait_for()
    page.keyboard.press("Control+z")
    assert product.input_value() == "내 상품"
    # Ctrl+Z in a box that was written in since belongs to the box.
    page.get_by_role("button", name="예시로 채우기").click()
    product.press("End")
    product.type("들")
    product.press("Control+z")
    assert product.input_value() == "접이식 캠핑 의자"
    run.click()
    page.locator(DONE).wait_for()
    assert page.locator(f"{DONE} dt").all_inner_texts() == ["제목", "본문", "권유"]
    assert page.locator(f"{DONE} dd").first.inner_text() == "숲으로 가는 걸음"
    assert "접이식 캠핑 의자" in studio.said()


def test_the_word_chain_is_played_explained_begun_anew_and_taken_back(page):
    page.goto("/tasks/word_chain")
    page.get_by_text("사전에 있는 낱말").wait_for()
    box = page.get_by_role("textbox", name="내 낱말")
    box.fill("사과")
    box.press("Enter")
    said = page.locator(".Said_word")
    said.nth(1).wait_for()
    assert said.nth(0).inner_text() == "사과"
    assert said.nth(1).inner_text().startswith("과")
    assert box.input_value() == ""
    box.fill("없는말")
    box.press("Enter")
    status = page.get_by_role("status")
    status.get_by_text("안 되는 낱말이에요").wait_for()
    assert said.count() == 2
    assert box.input_value() == "없는말"
    assert box.get_attribute("aria-invalid") == "true"
    # The next word is not wrong before it has been said.
    box.fill("과")
    status.get_by_text("내 차례").wait_for()
    assert box.get_attribute("aria-invalid") is None
    page.reload()
    said.nth(1).wait_for()
    page.get_by_role("button", name="새로 하기").click()
    assert said.count() == 0
    page.get_by_role("button", name="되돌리기").click()
    assert said.count() == 2
    page.get_by_role("button", name="모델이 먼저").click()
    status.get_by_text("내 차례").wait_for()
    said.nth(0).wait_for()
    assert said.count() == 1


def test_a_corpus_leads_from_its_numbers_to_the_reason_of_one_document_and_each_step_has_an_address(page):
    page.goto("/corpora/made_up")
    page.locator(".Flow_value").first.wait_for()
    assert page.locator(".Flow_value").all_inner_texts() == ["5", "2", "3"]
    masked = page.get_by_role("region", name="가린 개인 정보")
    assert masked.locator(".Bars_name").all_inner_texts() == ["이메일", "전화번호"]
    assert masked.get_by_text("나오지 않은 것: 카드 번호").is_visible()
    page.get_by_role("link", name="거의 같은 문서").click()
    table = page.get_by_role("grid", name="문서")
    table.get_by_text("도서관이 문을 열었다 (복사)", exact=True).click()
    assert page.url.endswith(f"/corpora/made_up/documents/{'d' * 32}?status=dropped&reason=near_duplicate")
    page.reload()
    window = page.get_by_role("dialog")
    # Score, value, limit and verdict in words, and the way to the copy that stays.
    fired = window.get_by_role("table", name="뺀 까닭").get_by_role("row").last
    fired.wait_for()
    assert fired.locator("th, td").all_inner_texts() == ["거의 같은 문서", "남은 문서와의 닮음", "0.93", "0.7 이하"]
    text = window.get_by_role("region", name=re.compile(r"글 \(\d+자\)"))
    text.focus()
    assert text.evaluate("box => box === document.activeElement")
    window.get_by_role("link", name="남긴 문서 보기").click()
    window.get_by_text("말뭉치에 남겼어요").wait_for()
    page.go_back()
    window.get_by_text("말뭉치에서 뺐어요").wait_for()
    page.keyboard.press("Escape")
    window.wait_for(state="detached")
    # Search finds text; the words stand in the address; a swear word is folded until it is asked for.
    page.get_by_role("radio", name="모두").click()
    page.get_by_role("button", name=re.compile("이유")).click()
    page.get_by_role("option", name="모두").click()
    table.get_by_text("새 다리가 놓였다", exact=True).wait_for()
    assert page.get_by_text("거친말이 있는").count() == 0
    page.get_by_role("button", name="가린 글 보기").click()
    assert page.get_by_text("거친말이 있는").count() == 1
    page.get_by_role("searchbox").fill("다리")
    page.wait_for_url("**/documents?q=*")
    table.get_by_text("도서관이 문을 열었다", exact=True).wait_for(state="detached")
    assert table.get_by_role("row").count() == 2
    page.go_back()
    table.get_by_text("도서관이 문을 열었다", exact=True).wait_for()


def test_a_table_is_sorted_walked_by_keyboard_and_taken_away_as_csv(page, tmp_path):
    page.goto("/corpora/made_up/documents")
    table = page.get_by_role("grid", name="문서")
    titles = page.locator(".DocumentTable_title")
    titles.nth(4).wait_for()
    page.get_by_role("button", name="제목").click()
    names = titles.all_inner_texts()
    assert names == sorted(names)
    assert table.get_by_role("columnheader", name="제목").get_attribute("aria-sort") == "ascending"
    table.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    active = table.get_attribute("aria-activedescendant")
    assert page.locator(f'[id="{active}"] .DocumentTable_title').inner_text() == names[-2]
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text(names[-2], exact=True).wait_for()
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "documents.csv")
    rows = list(csv.reader((tmp_path / "documents.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["제목", "판단", "갈래", "출처", "글 크기"]
    assert [row[0] for row in rows[1:]] == names


def test_the_report_the_runs_page_and_the_corpus_page_say_the_same_numbers_in_the_same_units(page, studio):
    report = draw(gather(studio.runs / "made_up") | {"tokens": None, "tokenizer": None})
    page.goto("/corpora/made_up")
    page.locator(".Flow_value").first.wait_for()
    sizes = [page.locator(".Flow_figure .quiet").nth(place).inner_text() for place in (0, 1)]
    page.goto("/runs/made_up")
    page.get_by_text("40스텝 · 마지막 손실 5.235 · 배운 토큰 4,000").wait_for()
    page.locator(".Stages_stage").filter(has_text="학습").get_by_text("12.0초").click()
    assert page.get_by_role("term").filter(has_text="마지막 손실").count() == 1
    assert sizes == ["4.1 KB", "300 B"]
    assert [said in report for said in (">5.235<", ">300 B<", "원본 4.1 KB", ">12.0초<")] == [True] * 4
    assert "5.000" not in report.split("<svg")[0]


def test_the_runs_page_shows_stages_the_curve_of_the_address_and_checkpoints_at_every_width(page):
    page.goto("/runs")
    page.locator(".Plot_plot canvas").wait_for()
    assert page.locator(".Stages_stage [data-tone=good]").all_inner_texts() == ["마침"] * 6
    assert page.get_by_text("40스텝 · 마지막 손실 5.235 · 배운 토큰 4,000").is_visible()
    assert page.get_by_text("체크포인트: 20스텝").is_visible()
    page.locator(".Plot_plot .u-over").hover()
    assert page.locator(".Plot_plot .u-legend .u-value").last.inner_text().startswith(("6", "7"))
    page.get_by_role("radio", name="학습률").click()
    assert page.url.endswith("?curve=learning_rate")
    page.reload()
    page.locator(".Plot_plot .u-legend").get_by_text("학습률").wait_for()
    assert page.get_by_role("link", name="보고서 열기").get_attribute("href") == "/api/runs/made_up/report"
    for width in (320, 768, 900):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OUTSIDE_ITS_BLOCK) == [], width


OUTSIDE_ITS_BLOCK = """() => [...document.querySelectorAll('.Stages_line > *')]
  .filter(part => part.getBoundingClientRect().right > part.closest('section').getBoundingClientRect().right)
  .map(part => part.className)"""


def test_the_runs_report_opens_and_leads_to_the_report_of_the_corpus(page):
    page.goto("/runs")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="보고서 열기").click()
    report = opened.value
    assert report.locator("h1").inner_text() == "보고서"
    report.get_by_role("link", name="말뭉치").click()
    report.get_by_role("heading", name="말뭉치 보고서").wait_for()
    assert report.url.endswith("/api/runs/made_up/corpus/report.html")
    report.close()
