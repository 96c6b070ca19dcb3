import asyncio
import contextlib
import json
import socket
import threading
import time
from contextlib import aclosing

import pytest
from fastapi.testclient import TestClient
from remote_world import HASTY, Strange, chunk, event, remote_engine, strange_server

from malmoi.kit.errors import ASKED_WRONGLY, TRY_AGAIN, UserError
from malmoi.serve.engine import EngineDownError, Guide, OverloadedError, Request
from malmoi.serve.http_api import create_app
from malmoi.serve.remote.http import Remote
from malmoi.serve.remote.settings import RemoteSettings
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings

DONE = b"data: [DONE]\n\n"


@pytest.fixture(scope="module")
def shared():
    return Strange()


@pytest.fixture
def strange(shared):
    Strange.__init__(shared)
    return shared


@pytest.fixture(scope="module")
def address(shared):
    with strange_server(shared) as address:
        yield address


@pytest.fixture(scope="module")
def engine(address, model_folder):
    with remote_engine(address, model_folder) as engine:
        yield engine


@pytest.fixture(scope="module")
def text_engine(shared, model_folder):
    """Of a server that takes texts and gives texts."""
    with (
        strange_server(shared, takes_ids=False) as address,
        remote_engine(address, model_folder, server="openai", context_tokens=512) as engine,
    ):
        yield engine


async def collect(engine, **settings):
    asked = Request((0, 300, 301), **{"max_tokens": 4, "temperature": 0.0, **settings})
    return [piece async for pieces in engine.generate(asked) for piece in pieces]


def say(strange, *parts, pause_s=0.0):
    """The server streams these bytes."""

    def stream(wire, _body):
        for part in parts:
            wire.write(part)
            wire.flush()
            time.sleep(pause_s)

    strange.stream = stream


def text_of(engine, pieces):
    return engine.codec.decode(piece.token_id for piece in pieces if not piece.is_end)


def test_it_finds_out_what_a_server_can(engine, text_engine):
    about, texts = engine.describe(), text_engine.describe()
    able = about.capabilities
    assert (about.name, about.engine, about.context_tokens) == ("one", "remote vllm", 512)
    assert (able.top_logprobs, able.prompt_logprobs, able.token_ids, able.cannot) == (1, True, True, ())
    assert able.guides == ("choice", "regex", "json", "lark")
    assert not able.embeddings
    assert texts.capabilities.guides == ()  # it ignores what OpenAI's servers are sent, with a status of 200
    assert not texts.capabilities.token_ids
    assert "min_p" in texts.capabilities.cannot


def test_ids_go_there_and_come_back_with_what_a_server_must_not_decide_itself(engine, strange):
    say(strange, chunk([300, 301]), chunk([302, 303], finish="length"), DONE)
    pieces = asyncio.run(collect(engine, seed=7, temperature=0.5))
    assert [piece.token_id for piece in pieces] == [300, 301, 302, 303]
    assert [piece.finish for piece in pieces] == [None, None, None, "length"]
    assert pieces[0].logprob == -0.5
    sent = strange.bodies[-1]
    assert sent["prompt"] == [0, 300, 301]
    assert (sent["top_p"], sent["top_k"], sent["min_p"], sent["repetition_penalty"], sent["seed"]) == (1.0, -1, 0, 1, 7)


def test_an_end_has_its_id_and_nothing_follows_it(engine, strange):
    say(strange, chunk([300]), chunk([4, 301], finish="stop"), DONE)
    pieces = asyncio.run(collect(engine))
    assert [(piece.token_id, piece.finish, piece.is_end) for piece in pieces] == [(300, None, False), (4, "stop", True)]


def test_an_end_that_a_server_of_texts_does_not_tell_is_put_there(text_engine, strange):
    say(strange, event({"choices": [{"text": "사과"}]}), event({"choices": [{"text": "", "finish_reason": "stop"}]}))
    pieces = asyncio.run(collect(text_engine, max_tokens=20))
    assert text_of(text_engine, pieces) == "사과"
    assert (pieces[-1].token_id, pieces[-1].finish, pieces[-1].is_end) == (0, "stop", True)


ERROR = {"error": {"message": "CUDA out of memory at 10.0.0.7", "code": 500}}
LOGPROBS = {"tokens": ["token_id:300"], "token_logprobs": [-1.0]}
STREAMS = {
    "an error with status 200 in the stream": ([chunk([300]), event(ERROR)], EngineDownError, "500"),
    "a bad request told in the stream": (
        [event({"error": {"message": "the grammar is wrong", "code": 400}})],
        UserError,
        "the grammar is wrong",
    ),
    "malmoi's own error in the stream": (
        [chunk([300]), event({"type": "error", "error": {"message": "no room", "code": "overloaded"}})],
        OverloadedError,
        "",
    ),
    "a stream that ends in the middle": ([chunk([300])], EngineDownError, "ended before"),
    "a stream that ends with DONE and no reason": ([chunk([300]), DONE], EngineDownError, "ended before"),
    "a line of 10 MB": ([b"data: " + b"x" * 10_000_000], EngineDownError, "more than 20000 bytes"),
    "an event of endless lines": ([b"data: x\n" * 50_000], EngineDownError, "more than 20000 bytes"),
    "no JSON": ([b"data: {'a'}\n\n"], EngineDownError, "no JSON"),
    "JSON of bottomless depth": ([b"data: " + b"[" * 10_000 + b"\n\n"], EngineDownError, "no JSON"),
    "no UTF-8": ([b"data: \xff\n\n"], EngineDownError, "no UTF-8"),
    "an event that is no object": ([event([1])], EngineDownError, "no object"),
    "choices that are none": ([event({"choices": "가"})], EngineDownError, "no part"),
    "an id that the tokenizer has not": ([chunk([999_999])], EngineDownError, "does not know"),
    "an id below 0": ([chunk([-5])], EngineDownError, "ended before"),
    "an alternative below 0": (
        [event({"choices": [{"logprobs": {**LOGPROBS, "top_logprobs": [{"token_id:-5": -1.0}]}, "text": "가"}]})],
        EngineDownError,
        "without its tokens",
    ),
    "a probability beyond all numbers": (
        [event({"choices": [{"logprobs": {**LOGPROBS, "token_logprobs": [10**400]}, "text": "가"}]})],
        EngineDownError,
        "without its tokens",
    ),
    "a text without its tokens": ([chunk(text="가")], EngineDownError, "without its tokens"),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_is_no_answer_becomes_a_named_error(engine, strange, name):
    parts, kind, told = STREAMS[name]
    say(strange, *parts)
    with pytest.raises(kind) as error:
        asyncio.run(collect(engine))
    assert told in str(error.value)
    assert "10.0.0.7" not in str(error.value)
    assert engine.health().running == 0


def hasty(address, model_folder):
    """An engine that gives up soon. It asks what the server can with patience."""
    stack = contextlib.ExitStack()
    engine = stack.enter_context(remote_engine(address, model_folder))
    engine._limits = HASTY
    return stack, engine


def test_comments_and_empty_events_do_not_count_as_tokens(address, model_folder, strange):
    empty = event({"choices": [{"text": "", "finish_reason": None}]})
    say(strange, *[b": wait\n\n", empty] * 75, pause_s=0.02)
    stack, engine = hasty(address, model_folder)
    with stack, pytest.raises(EngineDownError, match="no token"):
        asyncio.run(collect(engine))


def test_a_stream_that_stops_after_some_tokens_is_noticed(address, model_folder, strange):
    go_on = threading.Event()
    strange.stream = lambda wire, _: (wire.write(chunk([300])), wire.flush(), go_on.wait(30))
    stack, engine = hasty(address, model_folder)
    with stack, pytest.raises(EngineDownError, match="no token"):
        asyncio.run(collect(engine))
    go_on.set()


def test_an_answer_without_end_stops_at_its_length(engine, text_engine, strange):
    say(strange, *[chunk([300 + number], text="가") for number in range(100)])
    pieces = asyncio.run(collect(engine))
    assert [piece.token_id for piece in pieces] == [300, 301, 302, 303]
    assert pieces[-1].finish == "length"
    pieces = asyncio.run(collect(text_engine))
    assert len(pieces) == 16
    assert pieces[-1].finish == "length"


def test_characters_and_lines_cut_anywhere_are_whole(text_engine, strange):
    whole = event({"choices": [{"text": "말모이 🌸 ½", "finish_reason": "stop"}], "usage": None}).replace(
        b"\n", b"\r\n"
    )
    say(strange, b": hello\r\n\r\n", *[whole[place : place + 1] for place in range(len(whole))], DONE)
    pieces = asyncio.run(collect(text_engine, max_tokens=40))
    assert text_of(text_engine, pieces) == "말모이 🌸 ½"


def test_halves_of_an_emoji_in_two_events_are_one(text_engine, strange):
    halves = [b'data: {"choices": [{"text": "\\ud83c"}]}\n\n', b'data: {"choices": [{"text": "\\udf38!"}]}\n\n']
    say(strange, *halves, event({"choices": [{"text": "\ufffd", "finish_reason": "length"}]}))
    assert text_of(text_engine, asyncio.run(collect(text_engine, max_tokens=20))) == "🌸!"


def test_usage_alone_at_the_end_is_no_answer_and_no_fault(engine, strange):
    usage = event({"choices": [], "usage": {"completion_tokens": 2}})
    say(strange, chunk([300, 301]), usage, chunk([], finish="length"), usage, DONE)
    pieces = asyncio.run(collect(engine))
    assert pieces[-1].finish == "length"


STATUSES = [
    (400, {}, b'{"error": {"message": "max_tokens is too large\\n: 9"}}', UserError, "max_tokens is too large : 9"),
    (422, {}, b'{"detail": "Unexpected fields"}', UserError, "Unexpected fields"),
    (413, {}, b"<html>too large</html>", UserError, "no reason given"),
    (401, {}, b'{"error": "bad key sk-123"}', EngineDownError, "its key"),
    (404, {}, b"{}", EngineDownError, "the name of its model"),
    (429, {"retry-after": "7"}, b"{}", OverloadedError, "429"),
    (503, {}, b"<html>busy</html>", OverloadedError, "503"),
    (500, {}, b"Internal Server Error", EngineDownError, "500"),
    (502, {}, b"<html>nginx</html>", EngineDownError, "502"),
    (307, {"location": "http://127.0.0.1:9/v1/completions"}, b"", EngineDownError, "redirects"),
    (200, {"content-type": "text/html"}, b"<html>sign in</html>", EngineDownError, "no JSON"),
    (200, {"content-type": "application/json"}, b'{"error": {"message": "no", "code": 400}}', UserError, "no"),
    (400, {}, b"x" * 200_000, EngineDownError, "more than 100000 bytes"),
]


@pytest.mark.parametrize(("status", "headers", "content", "kind", "told"), STATUSES)
def test_a_status_becomes_a_named_error(engine, strange, status, headers, content, kind, told):
    strange.head, strange.after = status, headers
    strange.content_type = headers.get("content-type", "application/json")
    say(strange, content)
    with pytest.raises(kind) as error:
        asyncio.run(collect(engine))
    assert told in str(error.value)
    assert "sk-123" not in str(error.value)


def test_a_closed_engine_is_down(address, model_folder, strange):
    say(strange, chunk([300], finish="length"))
    with remote_engine(address, model_folder) as engine:
        assert asyncio.run(collect(engine))
    assert engine.health().state == "down"
    with pytest.raises(EngineDownError, match="closed"):
        asyncio.run(collect(engine))


def test_a_full_server_tells_the_client_when_to_try_again(engine, strange):
    strange.head, strange.after = 429, {"retry-after": "7"}
    with TestClient(create_app(Served(engine, engine.codec, ServeSettings())), base_url="http://127.0.0.1") as client:
        reply = client.post("/v1/completions", json={"prompt": "가", "max_tokens": 2})
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "7")


def test_what_the_server_cannot_is_refused_with_a_sentence(text_engine):
    app = create_app(Served(text_engine, text_engine.codec, ServeSettings()))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        asked = [
            {"min_p": 0.1},
            {"logprobs": 0},
            {"stop_token_ids": [5]},
            {"guide": {"kind": "regex", "value": "가"}},
        ]
        told = [client.post("/v1/completions", json={"prompt": "가", **each}) for each in asked]
        assert [reply.status_code for reply in told] == [400] * 4
        assert [reply.json()["error"]["code"] for reply in told] == ["cannot"] * 4
        assert "has no way for min_p" in told[0].json()["error"]["message"]
        assert client.post("/v1/embeddings", json={"input": "가"}).json()["error"]["code"] == "cannot"
        off = {"min_p": 0, "top_k": -1, "stop_token_ids": [], "repetition_penalty": 1.0, "ignore_eos": False}
        assert client.post("/v1/completions", json={"prompt": "가", "max_tokens": 1, **off}).status_code == 503


def test_closing_an_answer_closes_the_connection(engine, strange):
    def stream(wire, _body):
        for number in range(2_000):
            wire.write(chunk([300 + number % 100]))
            wire.flush()
            time.sleep(0.01)

    strange.stream = stream

    async def leave():
        async with aclosing(engine.generate(Request((300,), 400, 0.0))) as pieces:
            await anext(pieces)
            assert engine.health().running == 1
        return await asyncio.to_thread(strange.left.wait, 5)

    assert asyncio.run(leave())
    assert engine.health().running == 0


def test_words_that_a_server_of_texts_would_read_as_a_mark_are_refused(text_engine, strange):
    say(strange, event({"choices": [{"text": "네", "finish_reason": "length"}]}))
    codec = text_engine.codec
    marked = Request((*codec.begin_ids, codec.special("<|user|>"), *codec.encode("사과"), 4), 4, 0.0)

    async def ask(request):
        return [piece async for pieces in text_engine.generate(request) for piece in pieces]

    assert asyncio.run(ask(marked))
    assert strange.bodies[-1]["prompt"] == "<|user|>사과<|endofturn|>"
    with pytest.raises(UserError, match="as a mark"):
        asyncio.run(ask(Request(tuple(codec.text_ids("<|user|>사과")), 4, 0.0)))
    with pytest.raises(UserError, match="inside a character"):
        asyncio.run(ask(Request(tuple(codec.text_ids("뷁")[:-1]), 4, 0.0)))


def test_its_health_is_looked_at_in_the_background(address, model_folder, strange):
    with remote_engine(address, model_folder) as engine:
        assert_health_follows(engine, strange)


def assert_health_follows(engine, strange):
    assert engine.health().state == "ok"
    strange.health = 503
    deadline = time.monotonic() + 10
    while engine.health().state == "ok" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert engine.health().state == "down"


def test_the_key_goes_nowhere_but_to_the_server(address, strange, model_folder, tmp_path, monkeypatch, caplog):
    key_file = tmp_path / "key"
    key_file.write_text("sk-secret-1\n")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with remote_engine(address, model_folder, key_file=key_file) as engine:
        strange.head, strange.after = 302, {"location": address + "/elsewhere"}
        with pytest.raises(EngineDownError) as error:
            asyncio.run(collect(engine))
        assert "sk-secret" not in repr(engine._remote) + repr(engine.describe()) + str(error.value) + caplog.text
    posted = [headers for headers in strange.headers if "content-length" in {name.lower() for name in headers}]
    assert {headers.get("Authorization") for headers in posted} == {"Bearer sk-secret-1"}


def test_a_key_is_asked_for_in_words(tmp_path, monkeypatch):
    recipe = RemoteSettings("http://127.0.0.1:1", tmp_path, key_variable="MALMOI_NO_SUCH_KEY")
    monkeypatch.delenv("MALMOI_NO_SUCH_KEY", raising=False)
    with pytest.raises(UserError, match="MALMOI_NO_SUCH_KEY holds no key"):
        recipe.key()
    with pytest.raises(UserError, match="unencrypted"):
        RemoteSettings("http://10.0.0.7:8000", tmp_path, key_variable="KEY")
    for address in ("10.0.0.7:8000", "ftp://a", "http://", "http://u:p@a", "http://a:99999", "http://a/?b"):
        with pytest.raises(UserError, match="address"):
            RemoteSettings(address, tmp_path)


def test_a_server_that_is_not_there_or_is_another_is_told_at_the_start(address, strange, model_folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with (
            pytest.raises(UserError, match="ConnectError") as error,
            remote_engine(f"http://127.0.0.1:{free.getsockname()[1]}", model_folder),
        ):
            pass
        assert error.value.code == TRY_AGAIN
    with pytest.raises(UserError, match="has one"), remote_engine(address, model_folder, model="two"):
        pass
    strange.models = {"error": {"message": "bad key", "code": 401}}
    with pytest.raises(UserError, match="401") as error, remote_engine(address, model_folder):
        pass
    assert error.value.code == ASKED_WRONGLY
    strange.models = {"data": [{"id": "one", "owned_by": "vllm"}]}
    with pytest.raises(UserError, match="context_tokens in the recipe"), remote_engine(address, model_folder):
        pass


@pytest.mark.parametrize(
    "models", [{"data": 5}, {"data": [{"id": "one", "owned_by": "vllm", "max_model_len": 10**400}]}]
)
def test_a_server_that_lists_what_is_no_model_is_told_at_the_start(models, address, strange, model_folder):
    strange.models = models
    with pytest.raises(UserError), remote_engine(address, model_folder):
        pass


def test_a_server_that_says_how_it_is_byte_by_byte_holds_up_no_look():
    with socket.socket() as slow:
        slow.bind(("127.0.0.1", 0))
        slow.listen(1)
        ended = threading.Event()

        def drip():
            with slow.accept()[0] as connection, contextlib.suppress(OSError):
                while not ended.wait(0.1):
                    connection.send(b"H")

        dripping = threading.Thread(target=drip)
        dripping.start()
        status = Remote(f"http://127.0.0.1:{slow.getsockname()[1]}", {}, HASTY).status("/health", 0.5)
        ended.set()
        dripping.join()
    assert status == 408


def test_an_answer_that_comes_byte_by_byte_has_a_time_in_all():
    with socket.socket() as slow:
        slow.bind(("127.0.0.1", 0))
        slow.listen(1)

        def drip():
            with slow.accept()[0] as connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                for _ in range(100_000):
                    connection.sendall(b" ")
                    time.sleep(0.02)

        dripping = threading.Thread(target=drip)
        dripping.start()
        with pytest.raises(EngineDownError, match="has not sent a whole answer"):
            Remote(f"http://127.0.0.1:{slow.getsockname()[1]}", {}, HASTY).ask("/v1/models", wait_s=0.4)
        dripping.join()


def test_a_server_that_accepts_and_says_nothing_is_given_up(model_folder):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UserError, match="Timeout"), remote_engine(address, model_folder, limits=HASTY):
            pass


def test_scores_are_those_of_an_echo(engine):
    [first, *rest] = asyncio.run(engine.score([0, 300, 301], 1))
    assert (first.token_id, first.logprob) == (0, None)
    assert [(score.token_id, score.logprob, score.top) for score in rest] == [
        (300, -0.5, ((300, -0.5),)),
        (301, -0.5, ((301, -0.5),)),
    ]
    many = asyncio.run(engine.score_many([0, 300], [[301], [302, 303]]))
    assert [[score.token_id for score in scores] for scores in many] == [[301], [302, 303]]
    with pytest.raises(UserError, match="embeddings"):
        asyncio.run(engine.embed([300]))


def test_guides_are_told_in_the_words_of_the_server(engine, strange):
    say(strange, chunk([300], finish="stop"))
    pieces = asyncio.run(collect(engine, guide=Guide("choice", ["사과", "표범"])))
    assert strange.bodies[-1]["structured_outputs"] == {"choice": ["사과", "표범"]}
    assert (pieces[-1].finish, pieces[-1].is_end) == ("stop", False)
    assert "json" not in json.dumps(strange.bodies[-1])
