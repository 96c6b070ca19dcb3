"""Accounts in Chromium: the first owner by the link of the start, an invited viewer, blocking, signing in and out."""

import pytest
from browser_fixtures import WAIT_MS, browser, make_run  # noqa: F401

from malmoi.serve.server import running
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PASSWORD = "맞는 말 배터리 스테이플"


@pytest.fixture
def studio(tmp_path):
    make_run(tmp_path / "runs" / "made_up")
    app = create_app(StudioSettings(), None, tmp_path / "runs")
    with running(app) as url:
        yield url, app


def opened(browser, url):  # noqa: F811
    """A browser of somebody's own."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900}, locale="ko-KR")
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


def fill(page, name, verb):
    page.get_by_label("이름").fill(name)
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.get_by_role("button", name=verb).click()


def test_the_first_owner_invites_a_viewer_who_sees_and_changes_nothing(browser, studio):  # noqa: F811
    url, app = studio
    owner, viewer = opened(browser, url), opened(browser, url)
    owner.goto("/admin/people")
    owner.get_by_text("계정 없이 혼자 쓰고 있어요.").wait_for()
    owner.goto(f"/welcome#{app.state.first_link}")
    fill(owner, "첫 주인", "만들고 들어가기")
    owner.wait_for_url(f"{url}/")

    viewer.goto("/runs/made_up")
    viewer.wait_for_url("**/sign-in?next=*")  # who has no account is led there, and back afterwards
    owner.goto("/admin/people")
    owner.get_by_text("첫 주인", exact=True).wait_for()
    owner.get_by_label("초대").get_by_role("button", name="편집").click()
    owner.get_by_role("option", name="보기").click()
    owner.get_by_role("button", name="초대 주소 만들기").click()
    link = owner.locator("pre code").first.inner_text()
    viewer.goto(link)
    fill(viewer, "보는 이", "만들고 들어가기")
    viewer.wait_for_url(f"{url}/")
    viewer.goto("/runs/made_up")
    viewer.get_by_role("heading", name="made_up").wait_for()
    assert viewer.get_by_role("navigation").get_by_text("사람", exact=True).count() == 0

    owner.reload()
    row = owner.get_by_role("listitem").filter(has_text="보는 이")
    row.get_by_role("button", name="막기").click()
    row.get_by_text("막힘").wait_for()
    viewer.goto("/runs")
    viewer.wait_for_url("**/sign-in?next=*")
    owner.get_by_role("button", name="되돌리기").click()  # the toast's undo
    row.get_by_role("button", name="막기").wait_for()
    fill(viewer, "보는 이", "들어가기")
    viewer.wait_for_url("**/runs")
    viewer.get_by_role("heading", name="made_up").wait_for()

    viewer.get_by_role("button", name="설정").click()
    viewer.get_by_role("button", name="로그아웃").click()
    viewer.wait_for_url("**/sign-in")
    owner.get_by_label("바꾼 기록").get_by_text("온전함").wait_for()
