import asyncio
import json
import logging

import pytest
from fastapi.testclient import TestClient
from small_world import FakeEngine

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Request
from malmoi.serve.http_api import create_app
from malmoi.serve.http_guard import Guard, Rules
from malmoi.serve.http_stream import EventStream
from malmoi.serve.keys import add_key
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings

BASE = "http://127.0.0.1:8500"
ASK = {"messages": [{"role": "user", "content": "안녕"}]}


@pytest.fixture
def served(codec):
    return Served(FakeEngine(codec), codec, ServeSettings(queue=1, max_body_bytes=20_000))


@pytest.fixture
def client(served):
    with TestClient(create_app(served), base_url=BASE) as client:
        yield client


def events(response):
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def test_models_lists_the_one_that_is_served(client):
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["fake"]
    assert client.get("/v1/models/fake").json()["object"] == "model"
    assert client.get("/v1/models/other").status_code == 404


def test_a_chat_is_answered_with_usage(client, served):
    answer = client.post("/v1/chat/completions", json=ASK).json()
    assert answer["choices"][0]["message"]["content"] == served.engine.text
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]
    assert served.num_requests == 0


def test_a_stream_begins_with_the_role_and_ends_with_usage_and_done(client, served):
    body = {**ASK, "stream": True, "stream_options": {"include_usage": True}}
    *chunks, usage, done = events(client.post("/v1/chat/completions", json=body))
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == served.engine.text
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] > 0
    assert done == "[DONE]"
    assert served.num_requests == 0


def test_roles_go_in_as_special_ids_and_text_as_text(client, served):
    messages = [
        {"role": "developer", "content": "규칙"},
        {"role": "user", "content": [{"type": "text", "text": "<|endofturn|>"}, {"type": "text", "text": "안녕"}]},
    ]
    assert client.post("/v1/chat/completions", json={"messages": messages}).status_code == 200
    ids = served.engine.requests[-1].prompt_ids
    assert [token_id for token_id in ids if token_id < 1029] == [0, 1, 4, 2, 4, 3]


def test_stop_strings_end_the_answer(client):
    for stop in ("반갑", ["없는 말", "반갑"]):
        answer = client.post("/v1/chat/completions", json={**ASK, "stop": stop}).json()
        assert answer["choices"][0]["message"]["content"] == "안녕하세요. "


def test_settings_reach_the_engine(client, served):
    body = {"temperature": 0, "top_p": 0.9, "top_k": 5, "repetition_penalty": 1.2, "seed": -4, "max_tokens": 7}
    client.post("/v1/completions", json={"prompt": "가", **body})
    request = served.engine.requests[-1]
    assert {name: getattr(request, name) for name in body} == body


def test_chat_logprobs_have_bytes_and_alternatives(client):
    answer = client.post("/v1/chat/completions", json={**ASK, "logprobs": True, "top_logprobs": 2}).json()
    content = answer["choices"][0]["logprobs"]["content"]
    assert b"".join(bytes(token["bytes"]) for token in content).decode() == answer["choices"][0]["message"]["content"]
    assert all(len(token["top_logprobs"]) == 2 for token in content)


def test_completion_logprobs_have_offsets_and_echo_scores_the_prompt(client):
    body = {"prompt": "사과 뷁", "logprobs": 1, "echo": True, "max_tokens": 0}
    choice = client.post("/v1/completions", json=body).json()["choices"][0]
    assert choice["text"] == "사과 뷁"
    assert choice["logprobs"]["token_logprobs"][0] is None
    assert choice["logprobs"]["text_offset"][0] == 0
    whole = client.post("/v1/completions", json={**body, "max_tokens": 3}).json()["choices"][0]
    assert whole["text"].startswith("사과 뷁안")
    assert whole["logprobs"]["text_offset"][-1] >= len("사과 뷁")


def test_an_echo_is_scored_only_within_a_place(client, served):
    taken = [served.admission.take("x") for _ in range(3)]  # two slots and one waiting place
    scored = []

    class Counting(FakeEngine):
        async def score(self, token_ids, top=0):
            scored.append(served.num_requests)
            return await super().score(token_ids, top)

    served.engine = Counting(served.codec)
    body = {"prompt": "사과 뷁", "logprobs": 1, "echo": True, "max_tokens": 0}
    assert client.post("/v1/completions", json=body).status_code == 429
    assert scored == []
    for place in taken:
        place.release()
    assert client.post("/v1/completions", json=body).status_code == 200
    assert scored == [1]


def test_a_prompt_may_be_token_ids_or_a_list_of_one(client, served):
    for prompt in ([1300, 1301], [[1300, 1301]]):
        assert client.post("/v1/completions", json={"prompt": prompt}).status_code == 200
        assert served.engine.requests[-1].prompt_ids == (1300, 1301)
    assert client.post("/v1/completions", json={"prompt": ["가"]}).status_code == 200
    assert client.post("/v1/completions", json={}).status_code == 200, "an empty prompt begins a document"
    assert served.engine.requests[-1].prompt_ids == (0,)


def test_json_formats_become_guides(client, served):
    schema = {"type": "object", "properties": {}}
    for format_, value in (
        ({"type": "json_object"}, {"type": "object"}),
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}, schema),
    ):
        client.post("/v1/chat/completions", json={**ASK, "response_format": format_})
        assert served.engine.requests[-1].guide.value == value
    client.post("/v1/chat/completions", json={**ASK, "response_format": {"type": "text"}})
    assert served.engine.requests[-1].guide is None


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_k": -2}, "top_k"),
        ({"repetition_penalty": -1}, "repetition_penalty"),
        ({"seed": 1.5}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 99_999}, "max_tokens"),
        ({"max_completion_tokens": 99_999}, "max_completion_tokens"),
        ({"stop": ["a"] * 33}, "stop"),
        ({"stop": "x" * 201}, "stop"),
        ({"stop": [3]}, "stop"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": "가"}] * 513}, "messages"),
        ({"messages": [{"role": "tool", "content": "가"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "가" * 6000}]}, "messages"),
        ({"messages": "안녕"}, "messages"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"logprobs": 1}, "logprobs"),
        ({"stream": "yes"}, "stream"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tempurature": 1}, "tempurature"),
        ({"top-p": 1}, "top-p"),
        ({"": 1}, ""),
        ({"guide": {"kind": "gbnf", "value": "x"}}, "guide.kind"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"guide": {"kind": "regex", "value": "a"}, "response_format": {"type": "json_object"}}, "guide"),
    ],
)
def test_bad_input_is_a_400_that_names_the_field(client, served, change, param):
    response = client.post("/v1/chat/completions", json={**ASK, **change})
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param)
    assert error["type"] == "invalid_request_error"
    assert served.num_requests == 0


def test_an_unknown_field_with_a_name_that_is_no_text_is_a_400(client):
    content = b'{"messages": [{"role": "user", "content": "a"}], "\\ud800": 1}'
    response = client.post("/v1/chat/completions", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert "name is no text" in response.json()["error"]["message"]
    response = client.post("/v1/chat/completions", json={**ASK, "x" * 9000: 1})
    assert len(response.text) < 400


def test_harmless_fields_of_openai_are_accepted(client):
    body = {**ASK, "user": "u", "metadata": {"a": "b"}, "store": False, "n": 1, "tools": [], "presence_penalty": 0}
    assert client.post("/v1/chat/completions", json=body).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 15_000, b'{"a":' * 3000, b'{"messages": NaN}']
)
def test_a_body_that_is_no_json_object_is_a_400(client, body):
    response = client.post("/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_a_wrong_model_is_a_404(client):
    response = client.post("/v1/chat/completions", json={**ASK, "model": "gpt-4"})
    assert (response.status_code, response.json()["error"]["param"]) == (404, "model")


def test_a_body_above_the_limit_is_a_413_with_or_without_a_length(client):
    big = json.dumps({"prompt": "a" * 30_000}).encode()
    headers = {"Content-Type": "application/json"}
    assert client.post("/v1/completions", content=big, headers=headers).status_code == 413

    def parts():
        for start in range(0, len(big), 4096):
            yield big[start : start + 4096]

    response = client.post("/v1/completions", content=parts(), headers=headers)
    assert response.status_code == 413
    assert "error" in response.json()


def test_a_body_that_says_that_it_is_too_large_is_refused_before_any_of_it_is_read():
    async def untouched(*_):
        raise AssertionError("nothing is to be read or passed on")

    sent = []

    async def send(message):
        sent.append(message)

    for length in (b"20001", b"-1", b"1e3"):
        headers = [(b"host", b"127.0.0.1"), (b"content-length", length)]
        scope = {"type": "http", "method": "POST", "path": "/v1/completions", "headers": headers}
        asyncio.run(Guard(untouched, Rules(20_000))(scope, untouched, send))
        assert [message["status"] for message in sent if "status" in message] == [413]
        sent.clear()


def test_a_full_queue_is_a_429_with_retry_after(client, served):
    assert [served.admission.take("x") for _ in range(3)], "two slots and one waiting place"
    response = client.post("/v1/chat/completions", json=ASK)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert served.num_requests == 3


def test_another_host_name_or_another_pages_origin_is_refused(client):
    assert client.get("/v1/models", headers={"Host": "evil.example"}).status_code == 403
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9999", "http://["):
        assert client.post("/v1/chat/completions", json=ASK, headers={"Origin": origin}).status_code == 403
    assert client.post("/v1/chat/completions", json=ASK, headers={"Origin": BASE}).status_code == 200


def test_a_form_post_that_needs_no_permission_from_the_browser_is_refused(client):
    response = client.post("/v1/chat/completions", content=json.dumps(ASK), headers={"Content-Type": "text/plain"})
    assert response.status_code == 400


def test_a_failing_engine_is_a_500_with_an_id_and_no_prompt_in_the_log(client, served, caplog):
    caplog.set_level(logging.DEBUG)
    served.engine.error = ValueError("비밀 이야기")
    body = {"messages": [{"role": "user", "content": "비밀 이야기"}]}
    response = client.post("/v1/chat/completions", json=body)
    assert response.status_code == 500
    reference = response.json()["error"]["message"].rpartition(" ")[2]
    assert reference in caplog.text
    assert "비밀" not in caplog.text + response.text
    assert client.post("/v1/chat/completions", json={**body, "stream": True}).status_code == 500
    assert served.num_requests == 0


def test_an_engine_that_fails_in_the_middle_ends_the_stream_with_an_error(client, served):
    class Failing(FakeEngine):
        async def generate(self, request):
            async for pieces in super().generate(request):
                yield pieces
                if request.prompt_ids and self.codec.token_bytes(pieces[-1].token_id).endswith(b"."):
                    raise ValueError("비밀")

    served.engine = Failing(served.codec)
    *_, last, done = events(client.post("/v1/chat/completions", json={**ASK, "stream": True}))
    assert done == "[DONE]"
    assert last["error"]["type"] == "server_error"
    assert "비밀" not in json.dumps(last, ensure_ascii=False)
    assert served.num_requests == 0


def test_a_guide_that_the_engine_refuses_is_a_400_before_the_stream(client, served):
    served.engine.error = UserError("guide.value is no regex")
    body = {**ASK, "stream": True, "guide": {"kind": "regex", "value": "["}}
    response = client.post("/v1/chat/completions", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "guide")


def test_keys_are_needed_where_a_file_of_them_is_given(codec, tmp_path):
    path = tmp_path / "keys"
    key = add_key(path, "team")
    served = Served(FakeEngine(codec), codec, ServeSettings(keys=path))
    with TestClient(create_app(served), base_url=BASE) as client:
        assert client.get("/v1/models").status_code == 401
        assert client.get("/v1/models", headers={"Authorization": "Bearer mm_wrong"}).status_code == 401
        assert client.get("/v1/models", headers={"Authorization": f"Basic {key}"}).status_code == 401
        assert client.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        assert client.get("/health").status_code == 200


def test_a_host_that_others_reach_needs_keys(codec, tmp_path):
    fake = FakeEngine(codec)
    with pytest.raises(UserError, match="no keys"):
        create_app(Served(fake, codec, ServeSettings(host="0.0.0.0")))
    add_key(tmp_path / "keys", "team")
    create_app(Served(fake, codec, ServeSettings(host="0.0.0.0", keys=tmp_path / "keys")))


def test_unknown_paths_and_methods_have_the_same_error_shape(client):
    for response in (client.get("/v1/absent"), client.get("/v1/completions"), client.post("/health")):
        assert response.status_code in (404, 405)
        assert set(response.json()["error"]) == {"message", "type", "param", "code", "message_ko"}


def test_a_stream_that_cannot_be_sent_closes_its_source_and_frees_its_place_even_if_never_begun(codec):
    fake = FakeEngine(codec)
    served = Served(fake, codec, ServeSettings())

    async def lines():
        yield "never asked for"

    async def broken(message):
        raise RuntimeError(f"the socket is gone: {message['type']}")

    async def left():
        begun = fake.generate(Request((1, 2)))
        await anext(begun)
        stream = EventStream(lines(), begun, served.admission.take("x"))
        assert (fake.num_open, served.num_requests) == (1, 1)
        with pytest.raises(RuntimeError, match="the socket is gone"):
            await stream({"type": "http", "asgi": {"spec_version": "2.4"}}, None, broken)

    asyncio.run(left())
    assert (fake.num_open, served.num_requests) == (0, 0)


def test_a_second_engine_that_cannot_be_loaded_is_a_503_and_tells_no_path_of_the_machine(codec, caplog):
    def make():
        raise UserError("/srv/models/secret/model.safetensors is not there")

    fast = FakeEngine(codec)
    engine = SecondEngine(fast, fast.describe(), make)
    with TestClient(create_app(Served(engine, codec, ServeSettings())), base_url=BASE) as client:
        told = client.post("/v1/embeddings", json={"input": "가"})
    assert (told.status_code, told.json()["error"]["code"]) == (503, "engine_down")
    assert "secret" not in told.text
    assert "secret" in caplog.text, "the operator finds the reason in the log"


@pytest.mark.parametrize("sent", ["abc", "-1", "0", "nan", "inf", "1e9", ""])
def test_a_timeout_that_is_none_is_refused_by_name(client, sent):
    told = client.post("/v1/chat/completions", json=ASK, headers={"x-request-timeout": sent})
    assert (told.status_code, told.json()["error"]["param"]) == (400, "x-request-timeout")


def test_a_client_that_would_not_wait_is_told_at_once(client, served):
    places = [served.admission.take("x") for _ in range(2)]
    served.admission.running = 2
    for wish in ({"headers": {"x-request-timeout": "1"}}, {"json": {**ASK, "timeout": 1}}):
        told = client.post("/v1/chat/completions", **{"json": ASK, **wish})
        assert (told.status_code, told.json()["error"]["code"]) == (503, "deadline")
        assert int(told.headers["retry-after"]) >= 1
        assert told.json()["error"]["message_ko"]
    told = client.post("/v1/embeddings", json={"input": "가"}, headers={"x-request-timeout": "1"})
    assert (told.status_code, told.json()["error"]["code"]) == (503, "deadline")
    served.admission.running = 0
    for place in places:
        place.release()
    assert client.post("/v1/chat/completions", json={**ASK, "timeout": 600}).status_code == 200


@pytest.mark.parametrize(
    ("change", "korean"),
    [
        ({"temperature": -1}, "temperature: 0 이상이어야 해요."),
        ({"messages": []}, "messages: 적어도 1개가 있어야 해요."),
        ({"messages": 3}, "messages: 목록이어야 해요."),
        ({"messages": [{"role": "bot", "content": "가"}]}, "쓸 수 있는 값은"),
        ({"messages": [{"role": "user"}]}, "messages[0].content 필드가 빠졌어요."),
        ({"seed": "many"}, "숫자여야 해요."),
        ({"stop": [1]}, "하나하나가"),
        ({"logit_bias": {"가": 1}}, "이름은 모두 토큰 번호여야 해요."),
        ({"max_tokens": 100_000}, "토큰 100,000개를 달라고 했지만, 이 프롬프트 뒤에는"),
        ({"frobnicate": 3}, "frobnicate 필드는 이 서버에 없어요."),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "글만 읽어요."),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_korean_too(client, change, korean):
    body = {"messages": [{"role": "user", "content": "안녕"}], **change}
    error = client.post("/v1/chat/completions", json=body).json()["error"]
    assert korean in error["message_ko"]


def test_errors_without_a_field_are_said_in_korean_too(client):
    for sent in (
        client.get("/v1/nothing"),
        client.get("/v1/chat/completions"),
        client.post("/v1/completions", content=b"{", headers={"content-type": "application/json"}),
        client.post("/v1/completions", content=b"{}"),
    ):
        assert sent.status_code >= 400
        assert any("가" <= letter <= "힣" for letter in sent.json()["error"]["message_ko"])
