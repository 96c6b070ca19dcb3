"""Answers outlive pages: a reload, another page, a broken connection and a killed server lose no character."""

import random
import time
from pathlib import Path

import pytest
from slow_studio import TEXT, make_studio

from malmoi.serve.server import running

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser

BOX = """(box => {
  while (!/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement
  return box
})(document.querySelector('.answer-text').parentElement)"""


def test_a_reload_and_another_page_in_the_middle_of_an_answer_lose_nothing(page, studio):
    studio.engine.held.set()
    page.goto("/play")
    page.fill("#prompt", "옛날에")
    page.keyboard.press("Control+Enter")
    text = page.locator(".answer-text")
    page.locator(".answer-text", has_text="나무").wait_for()
    before = text.inner_text()
    page.reload()
    page.locator(".answer-text", has_text=before).wait_for()
    assert studio.engine.num_open == 1
    page.get_by_role("link", name="과제", exact=True).click()
    page.get_by_role("heading", name="과제", level=1).wait_for()
    page.go_back()
    page.locator(".answer-text", has_text=before).wait_for()
    assert studio.engine.num_open == 1
    studio.engine.held.clear()
    page.locator('.facts[data-state="done"]').wait_for()
    assert text.inner_text() == studio.answer


def test_a_second_tab_and_a_killed_connection_show_the_same_answer(page, studio, heard):
    studio.engine.held.set()
    page.goto("/play")
    page.fill("#prompt", "옛날에")
    page.keyboard.press("Control+Enter")
    page.locator(".answer-text", has_text="나무").wait_for()
    before = len(studio.engine.requests)
    other = page.context.new_page()
    other.goto("/history")
    other.get_by_role("row", name="쓰는 중").get_by_role("link").click()
    other.get_by_role("heading", name="답", level=1).wait_for()
    other.locator(".answer-text", has_text="나무").wait_for()
    page.context.set_offline(True)
    page.context.set_offline(False)
    studio.engine.held.clear()
    for tab in (page, other):
        tab.locator(".answer-text", has_text="끝.").wait_for()
        assert tab.locator(".answer-text").inner_text() == studio.answer
    other.get_by_text("끝남").wait_for()
    assert len(studio.engine.requests) == before
    heard[:] = [line for line in heard if "ERR_INTERNET_DISCONNECTED" not in line]


def test_an_answer_is_found_made_again_thrown_away_and_brought_back(page, studio):
    page.goto("/play")
    page.fill("#prompt", "숲속의 도토리 이야기")
    page.keyboard.press("Control+Enter")
    page.locator(".answer-text", has_text="끝.").wait_for()
    page.get_by_role("link", name="기록", exact=True).click()
    page.get_by_role("heading", name="기록", level=1).wait_for()
    page.get_by_role("searchbox", name="물음과 답에서 찾기").fill("도토리")
    page.wait_for_url("**/history?q=*")
    line = page.get_by_role("row", name="숲속의 도토리 이야기")
    line.wait_for()
    # The head, and the one that is found: what was listed before stays until then, so that nothing jumps.
    wait_until(lambda: page.get_by_role("row").count() == 2)
    line.get_by_role("link").click()
    page.wait_for_url("**/r/*")
    first = page.url
    # The list, which has a button of that name too, is on the screen until the answer's page is there.
    page.get_by_role("button", name="똑같이 다시 만들기").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("button", name="파일로 받기").click()
        page.get_by_role("menuitem", name="마크다운").click()
    written = Path(taken.value.path()).read_text(encoding="utf-8")
    assert "숲속의 도토리 이야기" in written and studio.answer in written
    page.get_by_role("button", name="똑같이 다시 만들기").click()
    page.get_by_text("처음 답과 똑같아요.").wait_for()
    assert page.url != first
    page.get_by_role("button", name="지우기").click()
    page.wait_for_url("**/history")
    page.get_by_role("row", name="숲속의 도토리 이야기").wait_for()
    assert page.get_by_role("row", name="숲속의 도토리 이야기").count() == 1
    page.get_by_role("button", name="되돌리기").click()
    page.get_by_role("row", name="숲속의 도토리 이야기").nth(1).wait_for()


def test_a_reader_who_has_scrolled_up_is_not_moved_and_is_told_of_what_is_new(tmp_path, browser):
    app, _ = make_studio(tmp_path, delay_s=0.02, text=TEXT.replace(" ", "\n"))
    with running(app) as url:
        context = browser.new_context(base_url=url, viewport={"width": 900, "height": 420}, locale="ko-KR")
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto("/history")
        made = page.request.post(
            "/api/answers", data={"kind": "completion", "body": {"prompt": "옛날에", "max_tokens": 1500}}
        )
        page.goto(f"/r/{made.json()['id']}")
        text = page.locator(".answer-text")
        wait_until(lambda: length(page) > 100)
        at_end = "(box => box.scrollHeight - box.scrollTop - box.clientHeight)(" + BOX + ")"
        assert page.evaluate(at_end) <= 1  # who reads at the end stays there
        page.evaluate(f"{BOX}.scrollTop = 40")
        before = length(page)
        for _ in range(20):
            wait_until(lambda before=before: length(page) > before)
            before = length(page)
            assert page.evaluate(f"{BOX}.scrollTop") == 40
        page.get_by_role("button", name="새 글 보기").click()
        assert page.evaluate(at_end) <= 1
        page.get_by_role("button", name="멈추기").click()
        page.get_by_role("button", name="지우기").wait_for()
        assert text.get_attribute("aria-live") is None
        context.close()


@pytest.mark.slow
def test_twenty_reloads_and_pages_in_the_middle_of_a_stream_lose_no_character(tmp_path, browser):
    draw = random.Random(20261130)
    app, served = make_studio(tmp_path, delay_s=0.03)
    with running(app) as url:
        context = browser.new_context(base_url=url, locale="ko-KR")
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto("/play")
        page.get_by_role("textbox", name="최대 토큰", exact=True).fill("1500")
        page.fill("#prompt", "옛날에")
        page.keyboard.press("Control+Enter")
        page.locator(".answer-text", has_text="나무").wait_for()
        for number in range(20):
            seen = page.locator(".answer-text").inner_text().rstrip("▍")
            assert TEXT.startswith(seen)
            if number % 3 == 0:
                page.reload()
            elif number % 3 == 1:
                page.get_by_role("link", name=draw.choice(["과제", "기록"]), exact=True).click()
                page.locator("#prompt").wait_for(state="detached")
                page.go_back()
            else:
                context.set_offline(True)
                page.wait_for_timeout(draw.randint(20, 200))
                context.set_offline(False)
            wait_until(lambda seen=seen: length(page) >= len(seen))
        assert served.engine.num_open == 1  # it was going on all the time
        wait_until(lambda: length(page) >= len(TEXT), 90)
        assert page.locator(".answer-text").inner_text() == TEXT
        assert len(served.engine.requests) == 1
        context.close()


def length(page) -> int:
    """Characters of the answer that is shown. The policy of the page forbids what playwright's own waiting does."""
    return page.evaluate("[...(document.querySelector('.answer-text')?.innerText ?? '')].length")


def wait_until(holds, limit_s: float = 30.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
