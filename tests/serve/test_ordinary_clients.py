"""What ordinary clients send: their own nulls and defaults, the server's reply fed back, lists, foreign fields."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from small_world import FakeEngine

from malmoi.serve.http_api import create_app
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings, WebSettings

BASE = "http://127.0.0.1:8500"
USER = {"role": "user", "content": "안녕"}
ASK = {"messages": [USER]}


@pytest.fixture
def served(codec):
    return Served(FakeEngine(codec), codec, ServeSettings(queue=1, max_body_bytes=200_000))


@pytest.fixture
def client(served):
    with TestClient(create_app(served), base_url=BASE) as client:
        yield client


def events(response):
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


OLD_REPLIES = [
    {"role": "assistant", "content": "네", "refusal": None},
    {"role": "assistant", "content": "네", "refusal": None, "annotations": [], "audio": None, "function_call": None},
    {"role": "assistant", "content": "네", "tool_calls": None, "reasoning_content": ""},
    {"role": "assistant", "content": None},
    {"role": "assistant", "content": ""},
    {"role": "assistant", "content": [{"type": "output_text", "text": "네", "annotations": []}]},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "아니요"}]},
    {"role": "user", "content": [{"type": "text", "text": "가", "cache_control": {"type": "ephemeral"}}]},
    {"role": "user", "content": []},
    {"role": "user", "content": "안녕", "id": "m1", "name": "kim", "createdAt": "2026-11-30"},
    {"role": "user", "content": ""},
]


@pytest.mark.parametrize("old", OLD_REPLIES)
def test_old_messages_of_any_client_are_read(client, old):
    response = client.post("/v1/chat/completions", json={"messages": [USER, old, USER]})
    assert response.status_code == 200, response.text


def test_the_servers_own_reply_is_taken_as_the_next_turn_and_said_to_the_model(client, served):
    message = client.post("/v1/chat/completions", json=ASK).json()["choices"][0]["message"]
    response = client.post("/v1/chat/completions", json={"messages": [USER, message, USER]})
    assert response.status_code == 200
    ids = served.engine.requests[-1].prompt_ids
    assert served.codec.decode(ids).count(served.engine.text) == 1


def test_unknown_fields_of_old_messages_are_ignored_and_counted(client):
    old = {**USER, "id": "m1", "weight": 3, "tool_calls": None}
    part = {"role": "user", "content": [{"type": "text", "text": "가", "cache_control": {"type": "ephemeral"}}]}
    for stream in (False, True):
        response = client.post("/v1/chat/completions", json={"messages": [old, part], "stream": stream})
        assert (response.status_code, response.headers["x-malmoi-ignored-fields"]) == (200, "3")
    assert "x-malmoi-ignored-fields" not in client.post("/v1/chat/completions", json=ASK).headers


HARMLESS = [
    {"n": None, "tools": None, "tool_choice": None, "functions": [], "parallel_tool_calls": None},
    {"tool_choice": "none"},
    {"tool_choice": "auto"},
    {"logit_bias": {}, "frequency_penalty": 0, "presence_penalty": 0.0},
    {"top_k": 0},
    {"top_k": -1},
    {"top_p": 0},
    {"min_p": 0},
    {"max_tokens": 200.0},
    {"max_tokens": -1},
    {"max_tokens": None, "max_completion_tokens": None},
    {"stop": ""},
    {"stop": []},
    {"stop": ["", "없는 말"]},
    {"stop": [str(number) for number in range(32)]},
    {"model": ""},
    {"model": None},
    {"reasoning_effort": None, "verbosity": None, "prediction": None, "moderation": None},
    {"reasoning_effort": "none", "verbosity": "medium", "modalities": ["text"]},
    {"modalities": ["text"]},
    {"whatever": None, "else": [], "more": {}, "again": "", "off": False},
    {"user": "u", "metadata": {"a": "b"}, "store": True, "service_tier": "auto", "prompt_cache_retention": "24h"},
    {"stream_options": None},
    {"stream_options": {"include_usage": None}},
    {"stream": None},
    {"response_format": None, "guide": None, "seed": None, "temperature": None, "top_p": None},
    {"response_format": {"type": "text"}},
    {"logprobs": None, "top_logprobs": None},
    {"logprobs": False, "top_logprobs": 0},
    {"min_tokens": 0, "ignore_eos": False, "stop_token_ids": [], "skip_special_tokens": True},
    {"best_of": 1, "echo": False, "suffix": ""},
    {"seed": 3.0, "n": 1.0},
]


FORMS = json.loads((Path(__file__).parents[2] / "benchmarks/conformance/open_webui.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["feature"])
def test_open_webuis_requests_are_answered(client, form):
    text = json.dumps(form.get("body", {})).replace("MODEL", "fake")
    headers = {"Content-Type": "application/json"}
    content = text if "body" in form else None
    response = client.request(form["method"], form["path"].replace("MODEL", "fake"), content=content, headers=headers)
    assert response.status_code == 200, response.text
    assert not json.loads(text).get("stream") or response.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("fields", HARMLESS)
def test_null_empty_and_default_values_change_nothing(client, served, fields):
    for path, ask in (("/v1/chat/completions", ASK), ("/v1/completions", {"prompt": "안녕"})):
        response = client.post(path, json={**ask, **fields})
        assert response.status_code == 200, response.text
        choice = response.json()["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        assert text == served.engine.text


REFUSED = [
    ("tools", [{"type": "function", "function": {"name": "f", "parameters": {}}}]),
    ("tool_choice", {"type": "function", "function": {"name": "f"}}),
    ("reasoning_effort", "high"),
    ("verbosity", "low"),
    ("modalities", ["text", "audio"]),
    ("suffix", "x"),
    ("chat_template_kwargs", {"enable_thinking": False}),
    ("whatever", 3),
    ("whatever", True),
    ("skip_special_tokens", False),
    ("best_of", 2),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_an_unknown_field_with_a_value_is_a_clear_400(client, name, value):
    response = client.post("/v1/chat/completions", json={**ASK, name: value})
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, name)
    assert name in error["message"]


def test_what_steers_the_choice_of_tokens_reaches_the_engine(client, served):
    body = {
        "min_p": 0.05,
        "presence_penalty": 0.5,
        "frequency_penalty": -1,
        "min_tokens": 2,
        "ignore_eos": True,
        "stop_token_ids": [5, 6.0],
        "logit_bias": {"1300": 5, "1301": -100.0},
    }
    assert client.post("/v1/completions", json={"prompt": "가", **body}).status_code == 200
    request = served.engine.requests[-1]
    assert (request.min_p, request.presence_penalty, request.frequency_penalty) == (0.05, 0.5, -1)
    assert (request.min_tokens, request.ignore_eos, request.stop_token_ids) == (2, True, (5, 6))
    assert request.logit_bias == ((1300, 5.0), (1301, -100.0))
    client.post("/v1/completions", json={"prompt": "가", "top_k": 0, "max_tokens": -1})
    request = served.engine.requests[-1]
    assert (request.top_k, request.max_tokens) == (None, 2048 - len(request.prompt_ids))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("logit_bias", {"가": 1}),
        ("logit_bias", {"5": 101}),
        ("logit_bias", {"5": "1"}),
        ("logit_bias", {"99999999": 1}),
        ("logit_bias", [1]),
        ("stop_token_ids", [-1]),
        ("stop_token_ids", ["5"]),
        ("stop_token_ids", [99_999_999]),
        ("stop_token_ids", [1] * 33),
        ("min_p", 1.5),
        ("min_tokens", 300),
        ("presence_penalty", 3),
        ("top_k", -2),
        ("max_tokens", -2),
        ("max_tokens", 1.5),
        ("n", 0),
        ("n", 129),
        ("ignore_eos", 1),
    ],
)
def test_a_wrong_steering_value_names_its_field(client, field, value):
    response = client.post("/v1/completions", json={"prompt": "가", field: value})
    param = response.json()["error"]["param"]
    assert (response.status_code, param.partition("[")[0]) == (400, field)


def test_a_list_of_prompts_is_answered_in_order_with_one_usage(client, served):
    one = client.post("/v1/completions", json={"prompt": "안녕", "echo": True}).json()
    for prompts in (["안녕", "사과 과자"], [served.codec.encode("차표"), served.codec.encode("한국어")]):
        body = {"prompt": prompts, "echo": True, "n": 2}
        reply = client.post("/v1/completions", json=body).json()
        texts = [choice["text"] for choice in reply["choices"]]
        shown = [served.codec.decode(each) if isinstance(each, list) else each for each in prompts]
        assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2, 3]
        assert texts == [shown[0] + served.engine.text] * 2 + [shown[1] + served.engine.text] * 2
        single = one["usage"]["completion_tokens"]
        assert reply["usage"]["completion_tokens"] == 4 * single
        assert reply["usage"]["prompt_tokens"] == sum(
            len(each) if isinstance(each, list) else len(served.engine.requests[-3 + 2 * place].prompt_ids)
            for place, each in enumerate(prompts)
        )
    assert served.num_requests == 0


def test_several_answers_stream_side_by_side_and_each_ends(client, served):
    body = {**ASK, "n": 3, "stream": True, "stream_options": {"include_usage": True}, "seed": 7}
    *chunks, usage, done = events(client.post("/v1/chat/completions", json=body))
    said = {0: "", 1: "", 2: ""}
    for chunk in chunks:
        assert chunk["usage"] is None
        for choice in chunk["choices"]:
            said[choice["index"]] += choice["delta"].get("content", "")
    assert set(said.values()) == {served.engine.text}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks].count("stop") == 3
    assert usage["usage"]["completion_tokens"] % 3 == 0
    assert done == "[DONE]"
    assert len({request.seed for request in served.engine.requests}) == 3
    assert served.num_requests == 0


def test_usage_may_stand_in_every_chunk(client):
    options = {"include_usage": True, "continuous_usage_stats": True}
    *chunks, _, _ = events(client.post("/v1/chat/completions", json={**ASK, "stream": True, "stream_options": options}))
    counts = [chunk["usage"]["completion_tokens"] for chunk in chunks]
    assert counts == sorted(counts)
    assert counts[-1] > 0


@pytest.mark.parametrize("prompt", [None, "", []])
def test_no_prompt_begins_a_document(client, served, prompt):
    assert client.post("/v1/completions", json={"prompt": prompt}).status_code == 200
    assert client.post("/v1/completions", json={}).status_code == 200
    assert served.engine.requests[-1].prompt_ids == served.engine.requests[-2].prompt_ids


def test_completions_take_chats_way_to_ask_for_log_probabilities(client):
    on = client.post("/v1/completions", json={"prompt": "가", "logprobs": True}).json()["choices"][0]
    assert on["logprobs"]["token_logprobs"]
    off = client.post("/v1/completions", json={"prompt": "가", "logprobs": False}).json()["choices"][0]
    assert off["logprobs"] is None


@pytest.mark.parametrize(
    ("format_", "kind", "value"),
    [
        ({"type": "regex", "regex": "a+"}, "regex", "a+"),
        ({"type": "regex", "value": "a+"}, "regex", "a+"),
        ({"type": "choice", "choice": ["가", "나"]}, "choice", ["가", "나"]),
        ({"type": "grammar", "grammar": 'start: "가"'}, "lark", 'start: "가"'),
        ({"type": "json_object", "schema": {"type": "array"}}, "json", {"type": "array"}),
        ({"type": "json", "value": {"type": "array"}}, "json", {"type": "array"}),
    ],
)
def test_response_formats_of_other_servers_become_guides(client, served, format_, kind, value):
    assert client.post("/v1/chat/completions", json={**ASK, "response_format": format_}).status_code == 200
    assert (served.engine.requests[-1].guide.kind, served.engine.requests[-1].guide.value) == (kind, value)


@pytest.mark.parametrize("kind", ["regex", "choice", "grammar", "json_schema"])
def test_a_response_format_without_its_value_is_a_400(client, kind):
    response = client.post("/v1/chat/completions", json={**ASK, "response_format": {"type": kind}})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "response_format")
    assert kind in response.json()["error"]["message"]


def test_models_tell_their_context_and_when_they_began(client):
    model = client.get("/v1/models").json()["data"][0]
    assert model["max_model_len"] == 2048
    assert model["created"] > 1_700_000_000
    assert client.get("/v1/models/fake").json() == model


def test_texts_become_ids_and_ids_texts(client, served):
    told = client.post("/tokenize", json={"model": "fake", "prompt": "사과 과자"}).json()
    assert told["count"] == len(told["tokens"]) == len(told["token_strs"])
    assert told["max_model_len"] == 2048
    assert client.post("/tokenize", json={"content": "사과 과자"}).json() == told
    text = client.post("/detokenize", json={"tokens": told["tokens"]}).json()
    assert text == {"prompt": "사과 과자", "content": "사과 과자"}
    chat = client.post("/tokenize", json=ASK).json()
    client.post("/v1/chat/completions", json=ASK)
    assert tuple(chat["tokens"]) == served.engine.requests[-1].prompt_ids
    for path, body in (("/detokenize", {"tokens": [99_999]}), ("/detokenize", {}), ("/tokenize", {"prompt": 3})):
        assert client.post(path, json=body).status_code == 400


def test_a_client_without_a_tokenizer_learns_ids_as_lm_eval_asks_for_them(client, served):
    info = client.get("/tokenizer_info").json()
    plain = {"prompt": "사과", "add_special_tokens": False}
    assert client.post("/tokenize", json=plain).json()["tokens"] == served.codec.encode("사과")
    end = client.post("/tokenize", json={"prompt": info["eos_token"], "add_special_tokens": False}).json()["tokens"]
    assert end == [served.codec.special(info["eos_token"])]
    typed = client.post("/tokenize", json={"prompt": "끝" + info["eos_token"], "add_special_tokens": False}).json()
    assert end[0] not in typed["tokens"]


def test_embeddings_come_as_numbers_or_as_the_bytes_that_the_official_client_asks_for(client, served):
    body = {"model": "fake", "input": ["사과", "과자"]}
    plain = client.post("/v1/embeddings", json=body).json()
    assert [row["index"] for row in plain["data"]] == [0, 1]
    assert plain["model"] == "fake"
    assert plain["usage"]["total_tokens"] > 0
    coded = client.post("/v1/embeddings", json={**body, "encoding_format": "base64", "dimensions": None}).json()
    raw = base64.b64decode(coded["data"][1]["embedding"])
    assert np.frombuffer(raw, "<f4") == pytest.approx(plain["data"][1]["embedding"])
    one = client.post("/v1/embeddings", json={"input": [1300, 1301]}).json()
    assert one["usage"]["prompt_tokens"] == 2
    for wrong in ({"input": [-1]}, {"input": [99_999]}, {}, {"input": "가", "dimensions": 4}):
        assert client.post("/v1/embeddings", json=wrong).status_code == 400
    assert served.num_requests == 0


def test_head_options_and_a_trailing_slash_are_answered(client):
    for path in ("/health", "/v1/models"):
        head = client.head(path)
        assert head.status_code == 200
    assert client.options("/v1/chat/completions").status_code == 204
    assert client.post("/v1/chat/completions/", json=ASK, follow_redirects=False).status_code == 200
    assert client.get("/v1/models/").status_code == 200


def test_every_answer_carries_a_request_id_the_clients_own_where_it_gave_one(client):
    assert client.get("/v1/models").headers["x-request-id"].startswith("req_")
    assert client.get("/nope").headers["x-request-id"].startswith("req_")
    own = {"x-request-id": "trace-17"}
    assert client.post("/v1/chat/completions", json={**ASK, "n": 0}, headers=own).headers["x-request-id"] == "trace-17"
    forged = {"x-request-id": "a b"}
    assert client.get("/v1/models", headers=forged).headers["x-request-id"].startswith("req_")


def test_a_page_of_an_allowed_address_may_ask_and_others_may_not(codec):
    web = WebSettings(origins=("https://chat.example.kr",))
    with TestClient(create_app(Served(FakeEngine(codec), codec, ServeSettings(web=web))), base_url=BASE) as client:
        origin = {"Origin": "https://chat.example.kr"}
        wish = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        preflight = client.options("/v1/chat/completions", headers={**origin, **wish})
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "https://chat.example.kr"
        answer = client.post("/v1/chat/completions", json=ASK, headers=origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://chat.example.kr")
        wrong = client.post("/v1/chat/completions", json={}, headers=origin)
        assert wrong.headers["access-control-allow-origin"] == "https://chat.example.kr"
        other = client.post("/v1/chat/completions", json=ASK, headers={"Origin": "https://evil.example"})
        assert other.status_code == 403
        assert "access-control-allow-origin" not in other.headers


def test_a_proxys_host_name_and_path_are_allowed_by_name(codec):
    web = WebSettings(allowed_hosts=("llm.example.kr",), root_path="/llm")
    with TestClient(create_app(Served(FakeEngine(codec), codec, ServeSettings(web=web))), base_url=BASE) as client:
        host = {"Host": "llm.example.kr"}
        assert client.get("/v1/models", headers=host).status_code == 200
        assert client.get("/llm/v1/models", headers=host).status_code == 200
        assert client.get("/llm/v1/models", headers={"Host": "evil.example"}).status_code == 403


def test_a_stream_that_is_silent_gets_comments_that_clients_skip(codec):
    fake = FakeEngine(codec, delay_s=0.15)
    served = Served(fake, codec, ServeSettings(web=WebSettings(comment_s=0.1)))
    with TestClient(create_app(served), base_url=BASE) as client:
        response = client.post("/v1/chat/completions", json={**ASK, "stream": True, "max_tokens": 2})
        assert response.text.startswith(": ")
        assert events(response)[-1] == "[DONE]"
