"""The official client, and a socket that is closed in the middle, against a real server on a free port."""

import json
import socket
import time

import openai
import pytest
from small_world import FakeEngine

from malmoi.serve import server
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import add_key
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine

ASK = [{"role": "user", "content": "한국어 문장"}]


@pytest.fixture(scope="module")
def client(model_folder, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "keys"
    key = add_key(keys, "test")
    settings = ServeSettings(slots=2, device="cpu", threads=1, keys=keys, name="tiny")
    with TorchEngine(model_folder, settings) as engine:
        app = create_app(Served(engine, engine.codec, settings))
        with server.running(app) as url, openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
            yield client


def test_the_official_client_lists_models_and_chats(client):
    assert [model.id for model in client.models.list()] == ["tiny"]
    answer = client.chat.completions.create(model="tiny", messages=ASK, max_tokens=8, seed=3)
    again = client.chat.completions.create(model="tiny", messages=ASK, max_tokens=8, seed=3)
    assert answer.choices[0].message.content == again.choices[0].message.content
    assert answer.usage.completion_tokens <= 8


def test_the_official_clients_second_turn_sends_the_servers_reply_back(client):
    first = client.chat.completions.create(model="tiny", messages=ASK, max_tokens=8, seed=3)
    assert first._request_id.startswith("req_")
    message = first.choices[0].message
    for old in (message, message.model_dump(), message.model_dump(exclude_none=True)):
        second = client.chat.completions.create(model="tiny", messages=[*ASK, old, *ASK], max_tokens=4, n=2)
        assert len(second.choices) == 2


def test_the_official_client_sends_lists_of_prompts(client):
    for prompts in (["사과", "한국어 문장"], [[300, 301], [302]]):
        answers = client.completions.create(model="tiny", prompt=prompts, max_tokens=4, temperature=0)
        single = client.completions.create(model="tiny", prompt=prompts[1], max_tokens=4, temperature=0)
        assert answers.choices[1].text == single.choices[0].text


def test_the_official_client_streams_what_it_would_get_whole(client):
    settings = {"model": "tiny", "messages": ASK, "max_tokens": 12, "temperature": 0}
    whole = client.chat.completions.create(**settings).choices[0].message.content
    chunks = list(client.chat.completions.create(**settings, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
    assert chunks[-1].usage.completion_tokens <= 12


def test_the_official_client_reads_logprobs_of_both_kinds(client):
    chat = client.chat.completions.create(model="tiny", messages=ASK, max_tokens=4, logprobs=True, top_logprobs=2)
    assert all(len(token.top_logprobs) == 2 for token in chat.choices[0].logprobs.content)
    plain = client.completions.create(model="tiny", prompt="사과", max_tokens=4, logprobs=2, echo=True, temperature=0)
    assert plain.choices[0].text.startswith("사과")
    assert plain.choices[0].logprobs.token_logprobs[0] is None


def test_the_official_client_raises_its_own_errors(client):
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="tiny", messages=ASK, temperature=3)
    assert bad.value.param == "temperature"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="other", messages=ASK)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="mm_wrong").models.list()
    with pytest.raises(openai.BadRequestError) as guide:
        body = {"guide": {"kind": "regex", "value": "["}}
        client.chat.completions.create(model="tiny", messages=ASK, extra_body=body)
    assert guide.value.param == "guide"


def test_the_official_client_gets_only_what_a_guide_allows(client):
    body = {"guide": {"kind": "choice", "value": ["긍정", "부정"]}}
    answer = client.chat.completions.create(model="tiny", messages=ASK, extra_body=body)
    assert answer.choices[0].message.content in ("긍정", "부정")


def wait_until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("stream", [True, False])
def test_a_closed_socket_frees_its_slot(codec, stream):
    engine = FakeEngine(codec, text="가 " * 2000, delay_s=0.01)
    served = Served(engine, codec, ServeSettings(queue=0))
    with server.running(create_app(served)) as url:
        port = int(url.rpartition(":")[2])
        body = json.dumps({"prompt": "가", "max_tokens": 1500, "stream": stream}).encode()
        head = f"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            if stream:
                connection.recv(100)
            wait_until(lambda: engine.num_open == 1)
        wait_until(lambda: engine.num_open == 0)
        assert served.num_requests == 0


def test_a_closed_socket_frees_its_place_also_while_it_waits_for_a_turn_at_embeddings(codec):
    served = Served(FakeEngine(codec), codec, ServeSettings())
    served.admission.running = served.admission.slots
    with server.running(create_app(served)) as url:
        port = int(url.rpartition(":")[2])
        body = b'{"input": "a"}'
        head = f"POST /v1/embeddings HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            wait_until(lambda: served.admission.waiting == 1)
        wait_until(lambda: served.num_requests == 0)
        assert served.admission.waiting == 0


def test_the_official_client_makes_responses_and_streams_them(client):
    asked = {"model": "tiny", "input": "한국어 문장", "max_output_tokens": 12, "temperature": 0}
    whole = client.responses.create(**asked, instructions="짧게 답하세요.")
    assert whole.id.startswith("resp_") and whole.output_text
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens
    assert whole.status == "completed" or whole.incomplete_details.reason == "max_output_tokens"
    assert whole.instructions == "짧게 답하세요."
    events = list(client.responses.create(**asked, instructions="짧게 답하세요.", stream=True))
    kinds = [each.type for each in events]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-4:-1] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ]
    assert kinds[-1] in ("response.completed", "response.incomplete")
    assert [each.sequence_number for each in events] == list(range(len(events)))
    deltas = "".join(each.delta for each in events if each.type == "response.output_text.delta")
    assert deltas == events[-1].response.output_text == whole.output_text


def test_a_response_goes_on_from_its_own_output_and_keeps_a_schema(client):
    schema = {
        "type": "object",
        "properties": {"수": {"type": "integer"}},
        "required": ["수"],
        "additionalProperties": False,
    }
    form = {"format": {"type": "json_schema", "name": "number", "schema": schema, "strict": True}}
    first = client.responses.create(model="tiny", input=ASK, max_output_tokens=40, text=form)
    assert isinstance(json.loads(first.output_text)["수"], int)
    with client.responses.stream(model="tiny", input=ASK, max_output_tokens=40, text=form) as stream:
        assert isinstance(json.loads(stream.get_final_response().output_text)["수"], int)
    turns = [*ASK, *first.output, {"role": "user", "content": [{"type": "input_text", "text": "사과"}]}]
    second = client.responses.create(model="tiny", input=turns, max_output_tokens=8, store=False)
    assert second.usage.input_tokens > first.usage.input_tokens


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"temperature": 9}, "temperature"),
        ({"max_output_tokens": 10**6}, "max_output_tokens"),
        ({"input": []}, "input"),
        ({"input": [{"role": "user", "content": "가"}, {"role": "bot", "content": "가"}]}, "input[1].role"),
        ({"input": [{"type": "function_call_output", "call_id": "1", "output": "가"}]}, "input[0].type"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"reasoning": {"effort": "high"}}, "reasoning"),
        ({"instructions": "가" * 40_000}, None),
        ({"extra_body": {"n": 2}}, "n"),
        ({"extra_body": {"n": 2}, "stream": True}, "n"),
        ({"truncation": "auto"}, "truncation"),
        ({"include": ["message.output_text.logprobs"]}, "include"),
        ({"background": True}, "background"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"extra_body": {"text": "json"}}, "text"),
        ({"extra_body": {"text": {"format": "json"}}}, "text.format"),
    ],
)
def test_what_a_response_cannot_be_made_of_is_refused_with_the_clients_own_names(client, change, param):
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**{"model": "tiny", "input": "사과", **change})
    assert param is None or refused.value.param == param
    assert any("가" <= letter <= "힣" for letter in refused.value.body["message_ko"])
