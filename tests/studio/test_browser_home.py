"""The first page: it goes on where one was, begins with an example, and says how far the model can be trusted."""

import pytest
from playwright.sync_api import expect

from malmoi.kit import manifest

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser


def test_from_the_first_page_two_clicks_lead_to_the_first_words_of_an_answer(page, studio):
    studio.engine.held.set()
    page.goto("/")
    page.get_by_role("link", name="마케팅 문구").click()
    page.get_by_role("button", name="실행").first.click()
    page.locator("[data-state=running]", has_text="{").wait_for()
    assert "접이식 캠핑 의자" in studio.said()


def test_the_first_page_shows_what_was_being_written_and_the_last_answers_and_leads_back_to_them(page):
    page.route("**/api/answers?*", lambda route: route.fulfill(json={"answers": [], "after": None}))
    page.goto("/")
    page.get_by_text("쓰던 글과 받은 답이 여기에 보여요").wait_for()
    page.unroute("**/api/answers?*")
    page.get_by_role("link", name="바로 써 보기").click()
    page.locator("#prompt").fill("옛날 옛적 깊은 산속에")
    page.keyboard.press("Control+Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    page.get_by_role("link", name="홈").click()
    page.get_by_role("region", name="이어서 하기").get_by_role("link", name="옛날 옛적 깊은 산속에 끝남").click()
    page.wait_for_url("**/r/*")
    expect(page.get_by_role("navigation").get_by_role("link", name="기록")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="홈").click()
    page.get_by_role("link", name="옛날 옛적 깊은 산속에 쓰던 글").click()
    expect(page.locator("#prompt")).to_have_value("옛날 옛적 깊은 산속에")


@pytest.mark.parametrize(
    ("parameters", "of_this_model", "is_toy"), [(2_361_024, True, True), (124_000_000, True, False), (5, False, False)]
)
def test_only_a_small_model_that_was_made_here_is_called_a_toy(page, studio, parameters, of_this_model, is_toy):
    about = studio.engine.describe()
    weights = {"model.safetensors": {"bytes": 7, "sha256": about.model_sha256 if of_this_model else "1" * 64}}
    folder = studio.runs / about.name / "model"
    folder.mkdir(parents=True, exist_ok=True)
    counts = {"parameters": parameters, "tokens": 982_900}
    manifest.write(folder, manifest.Manifest("model", {}, outputs=weights, counts=counts))
    with page.expect_response(f"**/api/runs/{about.name}"):
        page.goto("/")
    page.get_by_text("한 번에 4,096토큰까지 볼 수 있어요.").wait_for()
    expect(page.get_by_text("장난감 모델이에요")).to_have_count(int(is_toy))
    if is_toy:
        expect(page.get_by_text("장난감 모델이에요")).to_contain_text("매개변수 2,361,024개로 982,900토큰만 읽은")
