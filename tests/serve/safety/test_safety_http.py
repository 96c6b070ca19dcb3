"""The safety policy as a client meets it: masked prompts, refused ones, answers that end or are covered."""

import json
import threading

import pytest
from fastapi.testclient import TestClient
from small_world import FakeEngine

from malmoi.serve import http_safety
from malmoi.serve.http_api import create_app
from malmoi.serve.safety.policy import Rules, SafetySettings
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings

RUDE = "네, 제 번호는 010-2345-6789 이고요. 야 시1발 그만 좀 물어봐라."
ASK = {"messages": [{"role": "user", "content": "안녕"}]}


def open_client(codec, text: str = RUDE, **rules: Rules) -> tuple[TestClient, FakeEngine]:
    engine = FakeEngine(codec, text)
    served = Served(engine, codec, ServeSettings(safety=SafetySettings(**rules)))
    return TestClient(create_app(served), base_url="http://127.0.0.1:8500"), engine


def streamed(response) -> tuple[str, str]:
    events = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line.startswith("data: {")]
    choices = [json.loads(event)["choices"][0] for event in events]
    return "".join(choice["delta"].get("content") or "" for choice in choices), choices[-1]["finish_reason"]


def test_by_default_nothing_is_changed(codec):
    client, _ = open_client(codec)
    assert client.post("/v1/chat/completions", json=ASK).json()["choices"][0]["message"]["content"] == RUDE


@pytest.mark.parametrize("stream", [True, False])
def test_masked_words_and_numbers_never_leave(codec, stream: bool):
    client, _ = open_client(codec, output=Rules(profanity="mask", personal="mask"))
    response = client.post("/v1/chat/completions", json={**ASK, "stream": stream})
    assert response.status_code == 200
    text = streamed(response)[0] if stream else response.json()["choices"][0]["message"]["content"]
    assert text == RUDE.replace("010-2345-6789", "<전화번호>").replace("시1발", "○○○")
    assert "2345" not in response.text


@pytest.mark.parametrize("stream", [True, False])
def test_a_blocked_answer_ends_before_the_word_and_says_why(codec, stream: bool):
    client, _ = open_client(codec, output=Rules(profanity="block"))
    response = client.post("/v1/chat/completions", json={**ASK, "stream": stream})
    if stream:
        text, finish = streamed(response)
    else:
        choice = response.json()["choices"][0]
        text, finish = choice["message"]["content"], choice["finish_reason"]
    assert (text, finish) == (RUDE[: RUDE.index("시1발")], "content_filter")


def test_a_blocked_prompt_is_refused_without_its_word(codec):
    client, engine = open_client(codec, input=Rules(profanity="block"))
    response = client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "야 병^^신아"}]})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "content_filter", "messages[0].content")
    assert "욕설" in error["message_ko"] and "병" not in error["message"]
    assert engine.requests == []


def test_the_model_reads_a_masked_prompt(codec):
    client, engine = open_client(codec, "네", input=Rules(personal="mask"))
    response = client.post("/v1/completions", json={"prompt": "전화 010-2345-6789 로 해 주세요"})
    assert response.headers["x-malmoi-flags"] == "personal=1"
    assert codec.decode(engine.requests[0].prompt_ids).endswith("전화 <전화번호> 로 해 주세요")


def test_ids_that_would_have_to_be_masked_are_refused(codec):
    client, _ = open_client(codec, input=Rules(personal="mask"))
    ids = codec.encode("전화 010-2345-6789 로 해 주세요")
    assert client.post("/v1/completions", json={"prompt": ids}).json()["error"]["code"] == "content_filter"


def test_log_probabilities_are_refused_where_they_would_show_what_is_covered(codec):
    client, _ = open_client(codec, output=Rules(profanity="mask"))
    response = client.post("/v1/chat/completions", json={**ASK, "logprobs": True})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "logprobs")


def test_answers_are_looked_at_beside_the_event_loop_and_counted(codec, monkeypatch):
    threads, feed = [], http_safety.StreamFilter.feed

    def seen(state, text, **last):
        if state.is_due(text, is_last=last["is_last"]):
            threads.append(threading.current_thread().name)
        return feed(state, text, **last)

    monkeypatch.setattr(http_safety.StreamFilter, "feed", seen)
    client, _ = open_client(codec, output=Rules(profanity="flag", personal="mask"))
    with client:
        client.post("/v1/chat/completions", json={**ASK, "stream": True})
        metrics = client.get("/metrics").text
    assert threads and all(name.startswith("malmoi-encode") for name in threads)
    assert 'malmoi_safety_hits_total{action="flag",kind="profanity",where="answer"} 1.0' in metrics
    assert 'malmoi_safety_hits_total{action="mask",kind="personal",where="answer"} 1.0' in metrics


MASK = Rules(profanity="mask", personal="mask")
NUMBER = "제 번호는 010-2345-6789 이고요."


@pytest.mark.parametrize("change", [{"stop": ["-6789"]}, {"stop": ["45-"]}, {"stop": ["6789 이고"]}])
def test_a_number_that_a_stop_string_cuts_does_not_show_its_beginning(codec, change):
    client, _ = open_client(codec, NUMBER, output=MASK)
    text = client.post("/v1/chat/completions", json={**ASK, **change}).json()["choices"][0]["message"]["content"]
    assert text.startswith("제 번호는 <") and "010" not in text and "23" not in text


def test_a_number_that_max_tokens_cuts_does_not_show_its_beginning(codec):
    client, _ = open_client(codec, NUMBER, output=MASK)
    shown = []
    for most in range(1, len(codec.encode(NUMBER)) + 1):
        reply = client.post("/v1/chat/completions", json={**ASK, "max_tokens": most})
        shown.append(reply.json()["choices"][0]["message"]["content"])
    assert len(shown) > 20 and not any("010-23" in text for text in shown)
    assert any("<" in text for text in shown)


def test_a_natural_end_after_a_number_that_is_none_stays(codec):
    text = "주문 번호는 12-34-5 입니다. 인원은 12345"
    client, _ = open_client(codec, text, output=MASK)
    assert client.post("/v1/chat/completions", json=ASK).json()["choices"][0]["message"]["content"] == text


@pytest.mark.parametrize("prompt", ["제 번호는 010-2345", "연락처: 010-2345-6", "이런 시"])
def test_what_the_end_of_a_prompt_begins_is_masked_in_the_answer(codec, prompt):
    whole = {"제 번호는 010-2345": "-6789 예요.", "연락처: 010-2345-6": "789 예요.", "이런 시": "발 뭐야."}[prompt]
    client, _ = open_client(codec, whole, output=MASK)
    text = client.post("/v1/completions", json={"prompt": prompt}).json()["choices"][0]["text"]
    assert "789" not in text and "발" not in text and text.endswith((" 예요.", " 뭐야."))


def test_a_mask_in_guided_json_stays_inside_its_string_or_ends_the_answer(codec):
    said = '{"이름": "김", "전화": "010-2345-6789", "숫자": 1}'
    schema = {"type": "object", "properties": {"전화": {"type": "string"}}}
    guided = {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}
    client, _ = open_client(codec, said, output=MASK)
    content = client.post("/v1/chat/completions", json={**ASK, **guided}).json()["choices"][0]["message"]["content"]
    assert json.loads(content)["전화"] == "<전화번호>"
    for bare, fixed in (('{"전화": 01023456789}', schema), (said, {"properties": {"전화": {"pattern": "^0.*"}}})):
        client, _ = open_client(codec, bare, output=MASK)
        guided["response_format"]["json_schema"]["schema"] = {"type": "object", **fixed}
        choice = client.post("/v1/chat/completions", json={**ASK, **guided}).json()["choices"][0]
        assert choice["finish_reason"] == "content_filter" and "2345" not in choice["message"]["content"]


def test_vectors_are_made_of_masked_texts_and_refused_for_blocked_ones(codec):
    client, _ = open_client(codec, input=Rules(profanity="block", personal="mask"))
    reply = client.post("/v1/embeddings", json={"input": ["번호 010-2345-6789", "사과"]})
    assert reply.status_code == 200 and reply.headers["x-malmoi-flags"] == "personal=1"
    masked = client.post("/v1/embeddings", json={"input": ["번호 <전화번호>", "사과"]})
    assert masked.json()["data"] == reply.json()["data"]
    refused = client.post("/v1/embeddings", json={"input": ["이 병신아"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "content_filter")
    ids = client.post("/v1/embeddings", json={"input": codec.encode("번호 010-2345-6789")})
    assert ids.status_code == 400
