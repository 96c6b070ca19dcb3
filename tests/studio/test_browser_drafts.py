"""Nothing that a person writes is lost: drafts, two tabs, two writers, undo, and texts of any length."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser

KEYS_MS = """async (box) => {
  const times = []
  const rest = (ms) => new Promise((next) => setTimeout(next, ms))
  const drawn = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)))
  box.focus()
  for (let key = 0; key < 12; key++) {
    const start = performance.now()
    document.execCommand('insertText', false, '가')
    await drawn()
    times.push(performance.now() - start)
    await rest(key % 3 === 0 ? 500 : 30)
  }
  return times.sort((one, other) => one - other)
}"""
"""Times of keys to the next picture, sorted, with rests in which the text is read, counted and kept."""

PASTE = """(box, [line, times]) => {
  const data = new DataTransfer()
  data.setData('text/plain', (line + '\\n').repeat(times))
  box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
}"""


def begin(page, mode: str = "completion"):
    page.goto(f"/play?mode={mode}")
    return page.locator("#prompt" if mode == "completion" else "#composer")


def save(page, name: str) -> None:
    page.keyboard.press("Control+s")
    page.get_by_role("textbox", name="이름").fill(name)
    page.keyboard.press("Enter")
    page.get_by_text("1판을 저장했어요").wait_for()


def test_one_draft_never_stands_in_two_tabs(page):
    box = begin(page)
    box.fill("첫째 탭의 글")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("count")).to_contain_text("7자")
    address = page.url
    other = page.context.new_page()
    other.goto(address)
    other.get_by_text("다른 탭에서 쓰고 있는 글이라 사본을 열었어요").wait_for()
    assert other.url != address
    expect(other.locator("#prompt")).to_have_value("첫째 탭의 글")
    other.locator("#prompt").fill("둘째 탭의 글")
    page.locator("#prompt").fill("첫째 탭에서 고친 글")
    for tab, words in ((page, "첫째 탭에서 고친 글"), (other, "둘째 탭의 글")):
        tab.reload()  # at once: what was not kept yet is kept when the page goes
        expect(tab.locator("#prompt")).to_have_value(words)
    other.goto("/prompts?show=drafts")
    expect(other.locator(".rows")).to_contain_text("첫째 탭에서 고친 글")
    expect(other.locator(".rows")).to_contain_text("둘째 탭의 글")
    other.close()


def test_what_is_not_sent_and_the_way_of_writing_outlive_a_reload_and_another_page(page):
    box = begin(page, "chat")
    box.fill("아직 보내지 않은 말")
    page.locator("#system").fill("짧게 답해요.")
    page.get_by_role("link", name="홈").click()
    page.go_back()
    expect(page.locator("#composer")).to_have_value("아직 보내지 않은 말")
    page.reload()
    expect(page.locator("#composer")).to_have_value("아직 보내지 않은 말")
    expect(page.locator("#system")).to_have_value("짧게 답해요.")


def test_two_writers_of_one_prompt_see_both_texts_and_lose_none(page, studio, heard):
    begin(page).fill("처음 글")
    save(page, "둘이 쓰는 글")
    found = page.request.get(f"{studio.url}/api/prompts?q=둘이").json()["prompts"][0]
    body = page.request.get(f"{studio.url}/api/prompts/{found['id']}").json()["version"]["body"]
    body["draft"]["prompt"] = "그 사람의 글"
    path = f"{studio.url}/api/prompts/{found['id']}/versions"
    sent = page.request.post(path, data={"base": 1, "body": body}, headers={"Origin": studio.url})
    assert sent.status == 201, sent.text()
    page.locator("#prompt").fill("나의 글")
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="새 판으로 저장").click()
    page.get_by_text("1판을 고치는 사이에 다른 사람이 2판을 저장했어요").wait_for()
    expect(page.get_by_role("dialog")).to_contain_text("그 사람의 글")
    expect(page.get_by_role("dialog")).to_contain_text("나의 글")
    page.get_by_role("button", name="내 글을 3판으로 저장").click()
    page.get_by_text("3판을 저장했어요").wait_for()
    page.goto(f"/prompts/{found['id']}/versions?base=2&with=3")
    expect(page.locator("figure")).to_contain_text("그 사람의 글")
    expect(page.locator("figure")).to_contain_text("나의 글")
    assert ["409" in line for line in heard] == [True]
    heard.clear()


def test_every_act_of_the_page_that_destroys_is_taken_back(page):
    turns = page.get_by_test_id("turn")
    begin(page, "chat")
    for number in range(2):
        page.fill("#composer", f"물음 {number}")
        page.press("#composer", "Enter")
        expect(turns.nth(number * 2 + 1).locator("textarea")).to_have_value(
            "나무꾼은 산에 올라 나무를 했습니다. 😀 끝."
        )
    turns.nth(0).get_by_role("button", name="다시 답하기").click()
    expect(turns).to_have_count(2)
    turns.nth(1).get_by_role("button", name="앞서 이어진 대화").click()
    expect(turns).to_have_count(4)
    turns.nth(1).get_by_role("button", name="차례 지우기").click()
    expect(turns).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(turns).to_have_count(4)
    expect(turns.nth(2).locator("textarea")).to_have_value("물음 1")
    page.get_by_role("textbox", name="시드", exact=True).fill("1e3")
    page.get_by_text("0부터 2,147,483,647까지의 정수를 적어 주세요").wait_for()
    page.get_by_role("textbox", name="시드", exact=True).fill("42")
    expect(page.get_by_test_id("changed")).to_contain_text("기본값과 달라요: 시드")
    page.get_by_role("button", name="기본값으로").click()
    expect(page.get_by_role("textbox", name="시드", exact=True)).to_have_value("")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("textbox", name="시드", exact=True)).to_have_value("42")
    page.get_by_role("button", name="더 보기").click()
    page.get_by_role("menuitem", name="쓰던 글 지우기").click()
    expect(turns).to_have_count(0)
    page.get_by_text("쓰던 글을 지웠어요").wait_for()
    page.keyboard.press("Control+z")
    expect(turns).to_have_count(4)


def test_an_answer_is_put_after_the_prompt_as_if_it_was_written(page, studio):
    begin(page).fill("옛날에 ")
    page.keyboard.press("Control+Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    page.get_by_role("button", name="프롬프트에 붙이기").click()
    expect(page.locator("#prompt")).to_have_value("옛날에 " + studio.answer)
    expect(page.locator("#prompt")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("#prompt")).to_have_value("옛날에 ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="이어 쓴 글")).to_contain_text("2 / 2")


def test_removed_prompts_come_back_and_the_code_on_the_page_runs(page, studio):
    begin(page, "chat")
    page.locator("#system").fill("{{말투}}로 '짧게' \"답\"해요.\n줄바꿈 \\n")
    page.get_by_role("textbox", name="말투").fill("해요체")
    page.fill("#composer", "안녕 👋")
    page.press("#composer", "Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    page.get_by_role("button", name="코드 보기").click()
    shown = page.get_by_role("dialog").locator("pre")
    before = len(studio.engine.requests)
    shell = subprocess.run(["bash", "-c", shown.inner_text()], capture_output=True, text=True, check=True)
    assert "나무" in shell.stdout
    page.get_by_role("radio", name="Python").click()
    code = shown.inner_text()
    python = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert python.stdout.strip() == studio.answer
    page.get_by_role("radio", name="JavaScript").click()
    assert "await fetch(" in shown.inner_text()
    made = [studio.engine.codec.decode(request.prompt_ids) for request in studio.engine.requests[before:]]
    assert len(set(made)) == 1
    assert made[0].startswith("해요체로 '짧게' \"답\"해요.\n줄바꿈 \\n안녕 👋")
    page.keyboard.press("Escape")
    save(page, "지울 것")
    page.goto("/prompts?q=지울")
    page.get_by_role("button", name="지울 것 지우기").click()
    page.get_by_text("‘지울’이 들어간 프롬프트가 없어요").wait_for()
    page.get_by_role("button", name="되돌리기").click()
    page.get_by_text("지울 것", exact=True).wait_for()
    page.get_by_role("button", name="지울 것 지우기").click()
    page.get_by_role("radio", name="휴지통").click()
    page.get_by_role("button", name="되살리기").click()
    page.get_by_text("휴지통이 비어 있어요").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "times"), [("옛날 옛적 깊은 산속에 나무꾼이 살았어요. 그", 20_000), ("가" * 149, 20_000)]
)
def test_a_key_in_a_text_of_twenty_thousand_lines_or_three_million_characters_is_quick(page, line, times):
    begin(page).evaluate(PASTE, [line, times])
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator("#prompt")).to_have_value("")
    page.locator("#prompt").evaluate(PASTE, [line, times])
    piece = page.get_by_role("group", name="프롬프트").locator("textarea").nth(3)
    piece.wait_for()
    took = piece.evaluate(KEYS_MS)
    assert took[0] < 100, took  # the fastest: the machine may be busy with other things
    expect(page.get_by_test_id("count")).to_contain_text(f"{(len(line) + 1) * times + 12:,}자", timeout=60_000)


def test_a_conversation_that_no_longer_fits_goes_on_without_its_oldest_turns(page, studio):
    begin(page, "chat")
    long = "나무꾼은 산에 올라 나무를 했습니다. " * 90
    for number in range(3):
        page.fill("#composer", f"{number} {long}")
        page.press("#composer", "Enter")
        page.get_by_test_id("turn").nth(number * 2 + 1).locator("textarea").wait_for()
        page.locator('.facts[data-state="done"]').wait_for()
    page.get_by_role("textbox", name="최대 토큰", exact=True).fill("2000")
    page.get_by_role("button", name="오래된 차례").click()
    page.get_by_text("모델에 보내지 않아요").wait_for()
    expect(page.get_by_test_id("turn")).to_have_count(6)
    page.fill("#composer", "짧은 물음")
    page.press("#composer", "Enter")
    page.get_by_test_id("turn").nth(7).locator("textarea").wait_for()
    assert not studio.said().startswith("0 ")
    assert json.dumps(studio.said()).count("\\ub098\\ubb34\\uafbc") > 50
