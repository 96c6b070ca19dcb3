"""Keys: the sheet of them, Ctrl+K, scopes; and the Enter that composes, picks or sends (web/src/text/oneEnter.ts)."""

import json

import pytest
from source_files import WEB

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser

ORDERS = json.loads((WEB / "text" / "enterOrders.json").read_text(encoding="utf-8"))


def test_control_k_finds_and_opens_the_sheet_names_the_keys_and_a_dialog_keeps_the_page_from_running(page, studio):
    page.goto("/tasks/marketing_copy")
    page.get_by_role("button", name="예시로 채우기").click()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="찾기")
    box.wait_for()
    # Under the palette Ctrl+Enter belongs to nobody: the page behind it does not run (F14).
    asked_before = len(studio.engine.requests)
    page.keyboard.press("Control+Enter")
    box.fill("ㅎㅅ")
    chosen = page.locator("[role=option][aria-selected=true]")
    chosen.get_by_text("학습").wait_for()
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    box.fill("made")
    chosen.get_by_text("made_up").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/made_up")
    page.go_back()
    page.get_by_role("button", name="예시로 채우기").wait_for()
    assert len(studio.engine.requests) == asked_before
    # The sheet is made from the table that serves the keys. A text box keeps its question mark.
    product = page.get_by_role("textbox", name="상품")
    product.fill("")
    product.press("?")
    assert product.input_value() == "?"
    product.evaluate("box => box.blur()")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="단축키")
    sheet.wait_for()
    rows = dict(row.split("\n") for row in sheet.locator("dl > div").all_inner_texts())
    assert rows["실행"] == "Ctrl ⏎"
    assert rows["멈추기"] == "Esc"
    assert rows["찾아가기"] == "Ctrl K"
    page.keyboard.press("Escape")
    sheet.wait_for(state="detached")
    assert page.locator(".KeyHint_keys").all_inner_texts() == ["Ctrl K", "Esc", "Ctrl ⏎"]


def test_a_mac_shows_and_takes_its_own_keys(browser, studio):
    page = browser.new_context(base_url=studio.url).new_page()
    page.add_init_script("Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' })")
    page.goto("/tasks/marketing_copy")
    page.locator(".KeyHint_keys").nth(2).wait_for()
    assert page.locator(".KeyHint_keys").all_inner_texts() == ["⌘K", "Esc", "⌘⏎"]
    page.keyboard.press("Control+k")
    page.keyboard.press("Meta+k")
    page.get_by_role("combobox", name="찾기").wait_for()
    page.context.close()


@pytest.fixture(scope="module")
def chain(browser, studio):
    """The word chain, whose box sends with Enter. What it sends is kept in `sent` and answered by nobody."""
    page = browser.new_context(base_url=studio.url, locale="ko-KR").new_page()
    page.sent = []

    def refuse(route):
        page.sent.append(json.loads(route.request.post_data or "{}"))
        route.abort()

    page.route("**/*", lambda route: refuse(route) if route.request.method == "POST" else route.continue_())
    page.goto("/tasks/word_chain")
    page.get_by_role("textbox", name="내 낱말").wait_for()
    yield page
    page.context.close()


def said(page) -> list[str]:
    """The words that were sent since the last call, wherever a request has them."""
    page.evaluate(IDLE)
    found = [word.strip() for body in page.sent for word in words_in(body)]
    page.sent.clear()
    return found


def words_in(body: object) -> list[str]:
    if not isinstance(body, dict):
        return []
    own = [body["word"]] if isinstance(body.get("word"), str) else []
    return own + [word for value in body.values() for word in words_in(value)]


IDLE = """async () => {
  const turn = () => new Promise((done) => setTimeout(done, 5))
  await turn()
  do await turn(); while (document.querySelector('main [data-pending]'))
}"""


def test_the_recorded_orders_of_every_browser_send_once_or_only_pick(chain):
    # The box of this page keeps a word until the server has taken it, so one order sends at most one word here.
    orders = [order for order in ORDERS if len(order["sends"]) < 2 and not any("repeat" in e for e in order["events"])]
    assert len(orders) > 50
    found = []
    for order in orders:
        chain.evaluate(REPLAY, order["events"])
        found.append((order["browser"], order["name"], said(chain)))
    assert found == [(order["browser"], order["name"], [word.strip() for word in order["sends"]]) for order in orders]


REPLAY = """async (events) => {
  const box = document.querySelector('main textarea')
  const wait = (ms) => new Promise((done) => setTimeout(done, ms))
  const kinds = { composition: CompositionEvent, key: KeyboardEvent, beforeinput: InputEvent }
  await wait(120) // a second report of an Enter comes within 100 ms: the last order is over
  box.focus()
  box.value = ''
  for (const { type, value, ...init } of events) {
    if (type === 'turn') await wait(2)
    else if (type === 'wait') await wait(120)
    else if (type === 'input') {
      box.value = value
      box.dispatchEvent(new Event('input', { bubbles: true }))
    } else {
      const kind = Object.keys(kinds).find((start) => type.startsWith(start))
      box.dispatchEvent(new kinds[kind](type, { bubbles: true, cancelable: true, ...init }))
    }
  }
}"""


@pytest.mark.parametrize(
    ("steps", "committed", "sends"),
    [
        (["ㄱ", "그", "글"], "글", ["글"]),
        (["に", "にほ", "にほん"], "日本", []),
        (["n", "nihao"], "你好", []),
        (["ㄋ", "ㄋㄧ"], "你", []),
        (["ㄱ", "가"], "家", []),
    ],
)
def test_chromiums_own_composition_sends_hangul_with_one_enter_and_picks_everything_else(
    chain, steps, committed, sends
):
    box = chain.get_by_role("textbox", name="내 낱말")
    box.fill("")
    devtools = chain.context.new_cdp_session(chain)
    for text in steps:
        devtools.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    devtools.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    devtools.send("Input.insertText", {"text": committed})
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    assert (said(chain), box.input_value()) == (sends, committed)
    if not sends:  # the next Enter picks nothing: it sends
        # A second report of an Enter comes within 100 ms: the one that sent before is over.
        chain.evaluate("() => new Promise((done) => setTimeout(done, 120))")
        box.press("Enter")
        assert said(chain) == [committed]
