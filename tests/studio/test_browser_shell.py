import pytest
from playwright.sync_api import expect

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser

PLACES = (
    "/",
    "/play",
    "/tasks",
    "/tasks/word_chain",
    "/tasks/marketing_copy",
    "/corpora",
    "/runs",
    "/runs/made_up/nowhere",
)


def test_every_page_opens_without_a_refusal_and_has_its_own_title(page, heard):
    titles = []
    for place in PLACES:
        page.goto(place)
        page.locator("h1").wait_for()
        page.locator(".Loaded_skeleton").first.wait_for(state="detached")
        titles.append(page.title())
    assert len(set(titles)) == len(PLACES)
    assert all(title.endswith(" · 말모이") for title in titles)
    assert heard.pop().startswith("Failed to load resource: the server responded with a status of 404")


def test_a_style_that_the_policy_forbids_would_be_seen_by_these_tests(browser, studio):
    page = browser.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(studio.url)
    page.evaluate("document.head.append(Object.assign(document.createElement('style'), {textContent: 'a{}'}))")
    page.wait_for_timeout(100)
    page.close()
    assert any("Content Security Policy" in line for line in heard)


def test_language_and_theme_are_switched_and_remembered(page):
    page.emulate_media(color_scheme="light")
    page.goto("/tasks")
    page.get_by_role("button", name="설정").click()
    page.get_by_role("radio", name="English").click()
    page.get_by_role("radio", name="Dark").click()
    page.keyboard.press("Escape")
    page.reload()
    page.get_by_role("heading", name="Tasks").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "Tasks · malmoi"
    assert brightness(page) < 60
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("radio", name="As the device").click()
    assert brightness(page) > 200


def test_nothing_is_wider_than_a_small_phone(page, heard):
    page.set_viewport_size({"width": 360, "height": 740})
    for place in PLACES:
        page.goto(place)
        page.locator("h1").wait_for()
        page.locator(".Loaded_skeleton").first.wait_for(state="detached")
        assert page.evaluate("document.documentElement.scrollWidth") == 360, place
    page.evaluate("localStorage.setItem('malmoi.language', 'en')")
    for place in PLACES:  # English titles are longer
        page.goto(place)
        page.locator("h1").wait_for()
        page.locator(".Loaded_skeleton").first.wait_for(state="detached")
        assert page.evaluate("document.documentElement.scrollWidth") == 360, place
    assert ["404" in line for line in heard] == [True, True]
    heard.clear()


def test_the_rail_folds_and_stays_folded(page):
    page.goto("/play")
    rail = page.get_by_role("navigation", name="페이지 고르기")
    assert rail.bounding_box()["width"] == 220
    page.get_by_role("button", name="접기").click()
    page.reload()
    assert rail.bounding_box()["width"] == 56


def test_all_of_the_shell_is_reached_with_the_tab_key_and_shows_its_focus(page):
    page.goto("/play")
    page.locator("#prompt").wait_for()
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    names = " ".join(name for name, _ in seen)
    for name in (
        "홈",
        "프롬프트",
        "과제",
        "말뭉치",
        "학습",
        "설정",
        "실행",
        "이어쓰기",
        "코드 보기",
        "prompt",
        "stops",
    ):
        assert name in names, (name, names)
    assert [name for name, shown in seen if not shown] == []


def test_on_a_phone_the_other_areas_are_behind_one_button(page):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/tasks")
    rail = page.get_by_role("navigation", name="페이지 고르기")
    widths = [item.bounding_box()["width"] for item in rail.locator(".rail-item").all() if item.is_visible()]
    assert len(widths) == 7
    assert min(widths) >= 44
    expect(rail.get_by_role("link", name="과제")).to_have_attribute("aria-current", "page")
    assert not rail.get_by_role("link", name="학습").is_visible()
    rail.get_by_role("button", name="더 보기").click()
    page.get_by_role("dialog").get_by_role("link", name="학습").click()
    expect(page.locator("h1")).to_have_text("학습")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    expect(rail.get_by_role("button", name="더 보기")).to_have_attribute("aria-current", "true")


def test_back_leads_to_the_place_on_the_page_that_was_read(page):
    page.set_viewport_size({"width": 1280, "height": 420})
    page.goto("/runs/made_up")
    page.locator(".Plot_plot canvas").wait_for()
    body = page.locator(".page-body")
    body.evaluate("body => body.scrollTo(0, 300)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.get_by_role("link", name="홈").click()
    expect(page.locator("h1")).to_have_text("홈")
    assert body.evaluate("body => body.scrollTop") == 0
    page.go_back()
    page.locator(".Plot_plot canvas").wait_for()
    assert body.evaluate("body => body.scrollTop") == 300


def test_the_first_key_leads_past_the_rail_and_a_page_that_is_gone_to_has_its_heading_read(page):
    page.goto("/tasks")
    page.locator(".CardList_tile").first.wait_for()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="본문으로 건너뛰기")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".CardList_tile").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).not_to_have_text("과제")
    expect(page.locator("h1")).to_be_focused()
    assert page.url.endswith("/tasks/content_classification")


def test_an_address_without_a_page_stays_in_its_area_and_leads_to_the_list_of_it(page, heard):
    page.goto("/tasks/word_chain/nothing/here")
    expect(page.locator("h1")).to_have_text("없는 페이지")
    assert heard.pop().startswith("Failed to load resource: the server responded with a status of 404")
    rail = page.get_by_role("navigation", name="페이지 고르기")
    expect(rail.get_by_role("link", name="과제")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="과제로 가기").click()
    expect(page.locator("h1")).to_have_text("과제")
    page.goto("/nothing")
    page.get_by_role("link", name="홈으로 가기").click()
    expect(page.locator("h1")).to_have_text("홈")
    heard.clear()


def brightness(page) -> float:
    """Mean of the red, green and blue of the page's ground, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    parts = [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(parts) / 3


FOCUS = """() => {
  const at = document.activeElement
  // A slider's and a switch's own input is hidden: the part that is seen around it carries the outline.
  const shown = [at, at.closest('[data-focus-visible]')].some(
    (part) => part && (getComputedStyle(part).outlineStyle !== 'none' || part.querySelector('.switch-track')))
  const name = at.id || at.ariaLabel || at.innerText || at.type
  return [name, at === document.body || shown]
}"""


def test_what_the_start_leaves_for_later_opens_with_the_server_gone_and_gives_the_focus_back(page, heard):
    with page.expect_response(lambda answer: "/SettingsSheet-" in answer.url and answer.url.endswith(".js")):
        page.goto("/")
    page.wait_for_function(
        "performance.getEntriesByType('resource').filter((each) => /(KeySheet|CommandPalette)-.*js/.test(each.name))"
        ".length === 2"
    )
    page.context.set_offline(True)
    button = page.get_by_role("button", name="설정")
    button.click()
    expect(page.get_by_role("dialog", name="설정")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="단축키")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.context.set_offline(False)
    heard.clear()
