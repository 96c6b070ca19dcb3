"""The interface while its server is away, and when a page cannot be shown: nothing blank, nothing in circles."""

import contextlib
import json
import time

import pytest
from playwright.sync_api import expect

from malmoi.serve.server import running
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings

pytest_plugins = ["browser_fixtures"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOON_MS = 5_000
"""So soon the interface says that the server is away, and mends itself when it is back (a bar of the studio)."""

BROKEN = "이 화면을 불러오지 못했어요."


@pytest.fixture
def own_server(tmp_path):
    """Starts a studio without a model, each time at the same address."""
    port = 0

    @contextlib.contextmanager
    def start():
        nonlocal port
        with running(create_app(StudioSettings(), None, tmp_path), port=port) as url:
            port = int(url.rpartition(":")[2])
            yield url

    return start


@pytest.fixture
def tab(browser):
    """A tab in which errors may be heard of."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_while_the_server_is_away_no_page_is_blank_and_all_mends_itself_when_it_is_back(own_server, tab):
    chip = tab.locator(".topbar").get_by_role("status")
    with own_server() as url:
        tab.goto(f"{url}/tasks")
        expect(chip).to_have_text("모델 없음")
    expect(chip).to_have_text("연결 끊김", timeout=SOON_MS)
    tab.get_by_role("link", name="학습").click()  # its file was never loaded
    tab.get_by_role("alert").get_by_text(BROKEN).wait_for()
    expect(tab.locator("h1")).to_be_focused()
    assert tab.get_by_role("alert").get_by_text("서버가 다시 켜지면 저절로 불러와요.").is_visible()
    tab.get_by_role("button", name="다시 불러오기").click()
    tab.go_back()
    expect(tab.locator("h1")).to_have_text("과제")
    tab.go_forward()
    tab.get_by_role("alert").get_by_text(BROKEN).wait_for()
    with own_server():
        back_at = time.monotonic()
        tab.get_by_text("아직 학습 기록이 없어요.").wait_for(timeout=SOON_MS)
        expect(chip).to_have_text("모델 없음", timeout=SOON_MS)
        assert time.monotonic() - back_at < 2 * SOON_MS / 1000


def test_a_page_whose_data_could_not_be_had_asks_again_when_the_server_is_back(own_server, tab):
    with own_server() as url:
        tab.goto(f"{url}/tasks")
        tab.locator(".CardList_tile").first.wait_for()
        tab.route("**/api/runs", lambda route: route.abort())
        tab.get_by_role("link", name="말뭉치").click()
    tab.get_by_role("alert").get_by_text("서버에 연결하지 못했어요").wait_for()
    expect(tab.locator(".topbar").get_by_role("status")).to_have_text("연결 끊김", timeout=SOON_MS)
    tab.unroute("**/api/runs")
    with own_server():
        tab.get_by_text("아직 말뭉치가 없어요.").wait_for(timeout=SOON_MS)


def test_a_file_that_a_newer_version_replaced_loads_the_studio_anew_once_and_never_again(own_server, tab):
    opened = []
    tab.on("request", lambda request: opened.append(request.url) if request.is_navigation_request() else None)
    with own_server() as url:
        tab.goto(f"{url}/tasks")
        tab.locator(".CardList_tile").first.wait_for()
        file = "**/assets/RunsPage-*.js"
        tab.route(file, lambda route: route.continue_() if len(opened) > 1 else route.fulfill(status=404))
        tab.get_by_role("link", name="학습").click()
        tab.get_by_text("아직 학습 기록이 없어요.").wait_for()
        assert [each.removeprefix(url) for each in opened] == ["/tasks", "/runs"]
        tab.unroute(file)
        tab.goto(f"{url}/tasks")
        tab.route(file, lambda route: route.fulfill(status=404))
        tab.get_by_role("link", name="학습").click()
        tab.get_by_role("button", name="다시 불러오기").wait_for()
        tab.get_by_role("link", name="말뭉치").click()
        tab.get_by_text("아직 말뭉치가 없어요.").wait_for()
        assert [each.removeprefix(url) for each in opened] == ["/tasks", "/runs", "/tasks", "/runs"]
        tab.unroute(file)
        tab.get_by_role("link", name="학습").click()
        tab.get_by_text("아직 학습 기록이 없어요.").wait_for()


def test_an_error_in_one_page_leaves_the_others_and_the_rail(own_server, tab):
    broken = json.dumps({"runs": [{"name": "x"}]})
    with own_server() as url:
        tab.route("**/api/runs*", lambda route: route.fulfill(body=broken, content_type="application/json"))
        tab.goto(f"{url}/runs")
        tab.get_by_role("alert").get_by_text(BROKEN).wait_for()
        tab.get_by_role("link", name="과제").click()
        tab.locator(".CardList_tile").first.wait_for()
        tab.go_back()
        tab.get_by_role("alert").get_by_text(BROKEN).wait_for()
        tab.unroute("**/api/runs*")
        tab.get_by_role("button", name="다시 불러오기").click()
        tab.get_by_text("아직 학습 기록이 없어요.").wait_for()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/playground?mode=chat", "/play?mode=chat"),
        ("/cards", "/tasks"),
        ("/cards/word_chain", "/tasks/word_chain"),
        ("/corpus", "/corpora"),
        ("/corpus/a%20b", "/corpora/a%20b"),
    ],
)
def test_an_old_address_leads_to_the_new_one_without_a_step_for_back(own_server, tab, old, new):
    with own_server() as url:
        tab.goto(f"{url}/runs")
        tab.goto(f"{url}{old}")
        tab.wait_for_url(f"{url}{new}")
        tab.locator("h1").wait_for()
        tab.go_back()
        tab.wait_for_url(f"{url}/runs")
