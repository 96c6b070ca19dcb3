import pytest

from malmoi.serve.chat import Turn, chat_ids

CONTEXT = 2048


def fit(client, **body) -> dict:
    answer = client.post("/api/fit", json={"max_tokens": 100, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def talk(num_turns: int, words: str = "안녕하세요. 반갑습니다.") -> list[dict]:
    roles = ("user", "assistant")
    return [{"role": roles[number % 2], "content": f"{words} {number}"} for number in range(num_turns)]


def tokens_of(served, messages) -> int:
    return len(chat_ids(served.codec, [Turn(message["role"], message["content"]) for message in messages]))


def test_a_text_is_counted_as_the_model_sees_it(client, served):
    text = "나무꾼은 산에 올라 나무를 했습니다. 😀 漢字"
    told = fit(client, prompt=text)
    count = len(served.codec.text_ids(text))
    assert told == {
        "tokens": count,
        "context_tokens": CONTEXT,
        "answer_tokens": CONTEXT - count,
        "fits_chars": None,
        "leave_out": None,
    }
    assert fit(client, prompt="")["tokens"] == len(served.codec.begin_ids)


def test_of_a_text_that_is_too_long_the_end_that_fits_is_told(client, served):
    text = "나무꾼은 산에 올라 나무를 했습니다. " * 400
    told = fit(client, prompt=text)
    assert (told["tokens"] > CONTEXT, told["answer_tokens"]) == (True, 0)
    end = text[-told["fits_chars"] :]
    assert CONTEXT - 110 <= len(served.codec.text_ids(end)) <= CONTEXT - 100
    assert fit(client, prompt=end)["fits_chars"] is None


def test_a_conversation_is_counted_with_the_marks_of_its_roles(client, served):
    messages = [{"role": "system", "content": "짧게"}, *talk(3)]
    assert fit(client, messages=messages)["tokens"] == tokens_of(served, messages)


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "친절하게 답해요."}]])
def test_of_a_conversation_that_is_too_long_the_oldest_turns_are_left_out(client, served, system):
    said = talk(301)
    told = fit(client, messages=[*system, *said])
    left = told["leave_out"]
    assert left % 2 == 0  # the rest begins with a person's turn
    assert tokens_of(served, [*system, *said[left:]]) <= CONTEXT - 100
    assert tokens_of(served, [*system, *said[left - 2 :]]) > CONTEXT - 100
    assert fit(client, messages=[*system, *said[left:]])["leave_out"] is None


def test_where_the_last_turn_alone_is_too_long_leaving_out_turns_is_not_offered(client):
    messages = [*talk(2), {"role": "user", "content": "나무꾼은 산에 올라 " * 900}]
    told = fit(client, messages=messages)
    assert (told["leave_out"], told["answer_tokens"]) == (None, 0)


def test_a_question_about_neither_or_both_is_refused(client):
    for body in ({}, {"prompt": "가", "messages": talk(1)}):
        refused = client.post("/api/fit", json={"max_tokens": 1, **body})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "prompt")
