"""Answers outlive pages: a reload, another page, a broken connection and a killed server lose no character."""

import pytest

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser


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
