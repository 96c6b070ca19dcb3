"""작업 in Chromium: a job is started from its form, followed, stopped and let go on. See job_world.py."""

import sys
from dataclasses import replace

import pytest
from browser_fixtures import WAIT_MS, browser, heard, is_own  # noqa: F401
from job_world import JobWorld

from malmoi.cli.studio_commands import command_line
from malmoi.serve.server import running
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def world(tmp_path):
    (tmp_path / "world").mkdir()
    made = JobWorld(tmp_path / "world")
    yield made
    made.close()


@pytest.fixture
def page(browser, heard, world):  # noqa: F811
    program = (sys.executable, str(world.folder / "program.py"), "malmoi")
    app = create_app(
        StudioSettings(recipes=world.recipes), None, world.runs, None, replace(command_line(), program=program)
    )
    world.supervisors.append(app.state.supervisor)
    with running(app) as url:
        context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900}, locale="ko-KR")
        context.set_default_timeout(WAIT_MS)
        opened = context.new_page()
        opened.on("console", lambda said: heard.append(said.text) if said.type in ("error", "warning") else None)
        opened.on("pageerror", lambda error: heard.append(str(error)))
        opened.on("request", lambda asked: None if is_own(asked.url, url) else heard.append(asked.url))
        yield opened
        context.close()
    assert heard == []


def test_a_job_is_started_followed_stopped_and_goes_on(page, world):
    world.act("wait")
    page.goto("/corpora")
    page.get_by_role("link", name="말뭉치 만들기").click()  # the empty page leads here
    page.get_by_text("malmoi corpus build").wait_for()
    page.get_by_label("processes").press_sequentially("많이")
    page.get_by_text("corpus.processes is '많이'; expected a whole number").wait_for()
    assert page.get_by_role("button", name="시작").is_disabled()
    page.get_by_label("processes").fill("2")
    page.get_by_text("--set corpus.processes=2").wait_for()
    page.reload()  # what was written is there again
    page.get_by_text("--set corpus.processes=2").wait_for()
    assert page.get_by_label("processes").input_value() == "2"
    page.get_by_role("button", name="시작").click()

    page.get_by_role("heading", name="말뭉치 만들기 · 첫째").wait_for()
    page.get_by_text("진행 중").first.wait_for()
    page.get_by_label("로그").get_by_text("corpus build 1").wait_for()
    address = page.url
    page.get_by_role("button", name="멈추기").click()
    page.get_by_text("멈춰 둠").wait_for()
    world.act("0")
    page.get_by_role("button", name="이어서 하기").click()
    page.get_by_text("corpus build 2").wait_for()
    page.get_by_text("끝남").wait_for()
    assert page.get_by_label("로그").locator("pre").inner_text() == "corpus build 1\ncorpus build 2\n"

    page.get_by_role("link", name="모든 작업").click()
    page.get_by_role("link", name="말뭉치 만들기 · 첫째").click()
    page.wait_for_url(address)  # the same address, from the list
