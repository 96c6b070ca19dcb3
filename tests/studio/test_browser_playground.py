import time

import pytest

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser

IME_ENTER = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}


def test_text_is_shown_as_it_comes_and_stop_frees_the_engine(page, studio):
    studio.engine.held.set()
    page.goto("/play")
    page.fill("#prompt", "옛날 옛적 깊은 산속에")
    page.keyboard.press("Control+Enter")
    page.locator(".answer-text", has_text="나무").wait_for()
    assert page.locator(".answer-text").inner_text() != studio.answer
    assert studio.engine.num_open == 1
    page.keyboard.press("Escape")
    page.locator('.facts[data-state="stopped"]').wait_for()
    wait_until(lambda: studio.engine.num_open == 0)


def test_a_whole_answer_says_its_tokens_and_why_it_ended(page, studio):
    page.goto("/play")
    page.fill("#prompt", "옛날에")
    page.get_by_role("button", name="실행").click()
    page.locator('.facts[data-state="done"]', has_text="다 썼어요").wait_for()
    assert page.locator(".answer-text").inner_text() == studio.answer
    assert studio.said() == "옛날에"
    page.get_by_role("button", name="프롬프트에 붙이기").click()
    assert page.locator("#prompt").input_value() == "옛날에" + studio.answer


def test_parameters_reach_the_engine_and_are_remembered(page, studio):
    page.goto("/play")
    for name, value in (("온도", "0.3"), ("Top K", "7"), ("최대 토큰", "9"), ("시드", "42")):
        page.get_by_role("textbox", name=name, exact=True).fill(value)
    page.locator("#stops").fill("끝")
    page.reload()
    page.fill("#prompt", "옛날에")
    page.keyboard.press("Control+Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    sent = studio.engine.requests[-1]
    assert (sent.temperature, sent.top_k, sent.max_tokens, sent.seed) == (0.3, 7, 9, 42)


def test_more_than_fits_is_told_before_it_is_sent_and_the_answer_is_as_long_as_it_can_be(page, studio):
    page.goto("/play")
    page.get_by_role("textbox", name="최대 토큰", exact=True).fill("4096")
    page.fill("#prompt", "옛날에")
    page.get_by_text("이대로 실행하면 그만큼만 답해요").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    assert studio.engine.requests[-1].max_tokens == 4096 - len(studio.engine.codec.text_ids("옛날에"))


def test_a_refused_parameter_is_named_as_its_label_says(page, heard):
    page.goto("/play")
    page.locator("#stops").fill("\n".join(f"{number}번" for number in range(33)))
    page.fill("#prompt", "옛날에")
    page.keyboard.press("Control+Enter")
    page.get_by_role("alert").get_by_text("멈출 말: 32개까지 넣을 수 있어요.").wait_for()
    assert len(heard) == 1
    assert "400" in heard.pop()


def test_what_came_of_a_long_prompt_is_in_sight(page):
    page.goto("/play")
    page.fill("#prompt", "옛날에\n" * 120)
    page.keyboard.press("Control+Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    top = page.get_by_role("region", name="이어 쓴 글").bounding_box()["y"]
    assert top < page.viewport_size["height"] - 100


def test_an_empty_answer_is_told_in_both_ways_of_writing(page):
    page.goto("/play")
    page.locator("#stops").fill("나무꾼")
    page.fill("#prompt", "옛날에")
    page.keyboard.press("Control+Enter")
    page.get_by_text("답이 비어 있어요").wait_for()
    page.get_by_role("radio", name="대화").click()
    page.fill("#composer", "안녕")
    page.press("#composer", "Enter")
    page.get_by_text("답이 비어 있어요").wait_for()
    assert turns(page) == ["안녕"]


def test_probabilities_show_whole_syllables_and_what_else_could_have_stood(page, studio):
    page.goto("/play")
    page.get_by_text("토큰 확률 보기").click()
    page.fill("#prompt", "옛날에")
    page.keyboard.press("Control+Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    strip = page.get_by_role("listbox", name="토큰 확률")
    assert "".join(strip.get_by_role("option").all_text_contents()).replace("␣", " ") == studio.answer + "∎"
    strip.focus()
    page.keyboard.press("ArrowRight")
    assert strip.get_by_role("option").nth(1).get_attribute("aria-selected") == "true"
    assert page.locator(".token-others .Bars_bar").count() >= 5


@pytest.mark.parametrize("reported_again", [False, True])  # macOS: once more after the syllable is committed
def test_one_enter_sends_a_message_whose_last_syllable_is_still_being_composed(page, studio, reported_again):
    box, typing = compose(page, "안녕하세", ("ㅇ", "요"))
    before = len(studio.engine.requests)
    typing.send("Input.dispatchKeyEvent", IME_ENTER)
    typing.send("Input.insertText", {"text": "요"})
    if reported_again:
        page.keyboard.press("Enter")
    page.get_by_test_id("turn").nth(1).locator("textarea").wait_for()
    assert turns(page) == ["안녕하세요", studio.answer]
    assert box.input_value() == ""
    assert len(studio.engine.requests) == before + 1
    assert studio.said().startswith("안녕하세요")


def test_safari_reports_the_enter_after_the_composition(page, studio):
    box, _ = compose(page, "반가워요", ())
    before = len(studio.engine.requests)
    box.evaluate("""(box) => {
      box.dispatchEvent(new CompositionEvent('compositionstart'))
      box.dispatchEvent(new CompositionEvent('compositionend', {data: '요'}))
      box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, cancelable: true, bubbles: true}))
    }""")
    page.get_by_test_id("turn").nth(1).locator("textarea").wait_for()
    assert turns(page) == ["반가워요", studio.answer]
    assert (box.input_value(), len(studio.engine.requests)) == ("", before + 1)


def test_shift_enter_breaks_the_line_and_an_edited_turn_is_sent_as_edited(page, studio):
    box, _ = compose(page, "첫째 줄", ())
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("둘째 줄")
    assert box.input_value() == "첫째 줄\n둘째 줄"
    page.keyboard.press("Enter")
    page.get_by_test_id("turn").nth(1).locator("textarea").wait_for()
    page.locator("#system").fill("짧게 답해요.")
    page.get_by_test_id("turn").nth(0).locator("textarea").fill("고친 말")
    page.get_by_test_id("turn").nth(1).get_by_role("button", name="다시 답하기").click()
    page.locator('.facts[data-state="done"]').wait_for()
    wait_until(lambda: studio.said() == "짧게 답해요.고친 말")
    page.reload()
    page.get_by_test_id("turn").nth(1).locator("textarea").wait_for()
    assert turns(page) == ["고친 말", studio.answer]


def test_ctrl_enter_takes_the_syllable_that_is_being_composed(page, studio):
    page.goto("/play")
    page.locator("#prompt").focus()
    typing = page.context.new_cdp_session(page)
    typing.send("Input.insertText", {"text": "안녕하세"})
    typing.send("Input.imeSetComposition", {"text": "요", "selectionStart": 1, "selectionEnd": 1})
    typing.send("Input.dispatchKeyEvent", {**IME_ENTER, "modifiers": 2})
    typing.send("Input.insertText", {"text": "요"})
    page.locator('.facts[data-state="done"]').wait_for()
    assert studio.said() == "안녕하세요"


def test_a_prompt_is_shown_as_code_saved_and_opened_again_beside_what_is_being_written(page):
    page.goto("/play")
    page.fill("#prompt", "그의 '말'")
    page.get_by_role("button", name="코드 보기").click()
    assert "'\\''말'\\''" in page.locator("pre").inner_text()
    page.get_by_role("radio", name="Python").click()
    assert "prompt=\"그의 '말'\"" in page.locator("pre").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    page.get_by_role("textbox", name="이름").fill("첫 프롬프트")
    page.keyboard.press("Enter")
    page.get_by_text("1판을 저장했어요").wait_for()
    page.get_by_role("button", name="새로 쓰기").click()
    page.fill("#prompt", "다른 글")
    page.goto("/prompts?q=그의")
    page.get_by_text("첫 프롬프트").click()
    page.get_by_role("link", name="열어서 쓰기").click()
    page.locator("#prompt").wait_for()
    assert page.locator("#prompt").input_value() == "그의 '말'"
    page.goto("/prompts?show=drafts")
    page.get_by_role("link", name="다른 글").click()
    page.locator("#prompt").wait_for()
    assert page.locator("#prompt").input_value() == "다른 글"


def compose(page, text: str, steps: tuple[str, ...]):
    """The chat's box with `text` in it, and after it a syllable that is being composed through `steps`."""
    page.goto("/play")
    page.get_by_role("radio", name="대화").click()
    box = page.locator("#composer")
    box.focus()
    typing = page.context.new_cdp_session(page)
    typing.send("Input.insertText", {"text": text})
    for step in steps:
        typing.send("Input.imeSetComposition", {"text": step, "selectionStart": len(step), "selectionEnd": len(step)})
    return box, typing


def turns(page) -> list[str]:
    return [turn.locator("textarea").input_value() for turn in page.get_by_test_id("turn").all()]


def wait_until(holds, limit_s: float = 5.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
