"""What an operator sees: metrics, one line a request, health, readiness, a server that goes away in order."""

import asyncio
import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from small_world import FakeEngine, make_tokenizer

from malmoi.serve.admission import FullError
from malmoi.serve.engine import Capabilities, EngineDownError, Health, OverloadedError, Piece
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import add_key
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings

BASE = "http://127.0.0.1:8500"
SECRET = "아무도 모르는 이야기"
ASK = {"messages": [{"role": "user", "content": SECRET}]}


@pytest.fixture
def served(codec):
    return Served(FakeEngine(codec), codec, ServeSettings(queue=1))


@pytest.fixture
def client(served):
    with TestClient(create_app(served), base_url=BASE) as client:
        yield client


def lines(caplog):
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "malmoi.access"]


def value(text, series):
    found = [line for line in text.splitlines() if line.startswith(f"{series} ")]
    return float(found[0].rpartition(" ")[2])


def test_every_request_is_one_line_with_its_id_key_and_tokens_and_no_text(codec, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    key = add_key(tmp_path / "keys", "team")
    headers = {"Authorization": f"Bearer {key}", "x-request-id": "trace-5"}
    served = Served(FakeEngine(codec), codec, ServeSettings(keys=tmp_path / "keys"))
    with TestClient(create_app(served), base_url=BASE) as client:
        for stream in (False, True):
            client.post("/v1/chat/completions", json={**ASK, "stream": stream}, headers=headers)
        client.post("/v1/chat/completions", json={**ASK, SECRET: 1}, headers=headers)
        client.get(f"/v1/models/{SECRET}", headers=headers)
        client.get(f"/{SECRET}", headers={"x-request-id": SECRET.encode()})
    whole, streamed, wrong, model, absent = lines(caplog)
    for line in (whole, streamed):
        assert (line["request"], line["key"], line["status"], line["model"]) == ("trace-5", "team", 200, "fake")
        assert line["prompt_tokens"] > 0
        assert line["completion_tokens"] > 0
        assert line["first_token_ms"] <= line["ms"]
    assert (wrong["status"], model["status"], absent["status"]) == (400, 404, 401)
    assert (model["route"], absent["key"]) == ("/v1/models/{model:path}", "nobody")
    assert SECRET not in caplog.text
    assert served.engine.text not in caplog.text
    assert key not in caplog.text


def test_metrics_count_requests_tokens_and_times_by_model_and_key(client):
    usage = client.post("/v1/chat/completions", json=ASK).json()["usage"]
    client.post("/v1/chat/completions", json={**ASK, "stream": True})
    client.post("/v1/chat/completions", json={**ASK, "n": 0})
    client.post("/v1/chat/completions", json={**ASK, "max_tokens": 4000})
    text = client.get("/metrics").text
    who = 'key="anyone",model="fake"'
    assert value(text, f"malmoi_prompt_tokens_total{{{who}}}") == 2 * usage["prompt_tokens"]
    assert value(text, f"malmoi_completion_tokens_total{{{who}}}") == 2 * usage["completion_tokens"]
    for name in ("queue_seconds", "time_to_first_token_seconds", "time_per_token_seconds", "request_seconds"):
        assert value(text, f"malmoi_{name}_count{{{who}}}") == 2
    route = 'route="/v1/chat/completions"'
    assert value(text, f'malmoi_requests_total{{{who},{route},status="200"}}') == 2
    assert value(text, f'malmoi_requests_total{{key="anyone",model="",{route},status="400"}}') == 1
    assert value(text, 'malmoi_slots{model="fake"}') == 2
    assert value(text, 'malmoi_places_held{model="fake"}') == 0
    assert value(text, 'malmoi_engine_up{model="fake"}') == 1


def test_refusals_are_counted_by_their_reason(client, served):
    assert [served.admission.take("x") for _ in range(3)]
    client.post("/v1/chat/completions", json=ASK)
    served.server.is_draining = True
    client.post("/v1/chat/completions", json=ASK)
    text = client.get("/metrics").text
    assert value(text, 'malmoi_refusals_total{code="queue_full"}') == 1
    assert value(text, 'malmoi_refusals_total{code="draining"}') == 1


def test_health_counts_who_waits_for_a_turn(client, served):
    async def waiting():
        served.admission.running = served.admission.slots
        with pytest.raises(FullError):
            async with served.admission.turn("x", 1, time.monotonic() + 0.3):
                raise AssertionError("no slot is free")

    waiter = threading.Thread(target=asyncio.run, args=(waiting(),))
    waiter.start()
    while not served.admission.waiting:
        time.sleep(0.01)
    assert client.get("/health").json()["waiting"] == 1
    waiter.join()


@pytest.mark.parametrize("state", ["ok", "stalled", "down"])
def test_health_asks_the_engine_and_ready_the_server_too(client, served, state):
    served.engine.health = lambda: Health(state, running=1)
    expected = 200 if state == "ok" else 503
    health, ready = client.get("/health"), client.get("/ready")
    assert (health.status_code, health.json()["status"], ready.status_code) == (expected, state, expected)
    served.server.is_draining = True
    assert client.get("/ready").json() == {"status": "draining"}
    assert client.get("/health").status_code == expected, "a server that goes away is still well"
    assert client.get("/version").json()["engine"] == "fake"


@pytest.mark.parametrize(
    ("error", "code"),
    [(OverloadedError(SECRET), "overloaded"), (EngineDownError(SECRET), "engine_down")],
)
def test_what_goes_wrong_in_an_engine_has_a_code_a_sentence_and_a_time_to_come_back(client, served, error, code):
    served.engine.error = error
    for stream in (False, True):
        response = client.post("/v1/chat/completions", json={**ASK, "stream": stream})
        told = response.json()["error"]
        assert (response.status_code, told["code"]) == (503, code)
        assert told["message_ko"]
        assert int(response.headers["retry-after"]) > 0
        assert SECRET not in response.text
    assert served.num_requests == 0


def test_what_an_engine_says_that_it_cannot_do_is_refused_with_a_sentence(client, served):
    about = served.engine.describe()
    served.engine.describe = lambda: dataclasses.replace(about, capabilities=Capabilities())
    wishes = {
        "guide": {"guide": {"kind": "regex", "value": "a"}},
        "response_format": {"response_format": {"type": "json_object"}},
        "top_logprobs": {"logprobs": True, "top_logprobs": 2},
    }
    for field, wish in wishes.items():
        error = client.post("/v1/chat/completions", json={**ASK, **wish}).json()["error"]
        assert (error["param"], error["code"]) == (field, "cannot")
    echo = client.post("/v1/completions", json={"prompt": "가", "echo": True, "logprobs": 0}).json()["error"]
    assert echo["param"] == "echo"
    assert client.post("/v1/embeddings", json={"input": "가"}).json()["error"]["code"] == "cannot"


def test_a_server_that_goes_away_takes_nothing_new_and_says_when_to_come_back(client, served):
    served.server.is_draining = True
    for body in (ASK, {**ASK, "stream": True}):
        response = client.post("/v1/chat/completions", json=body)
        assert (response.status_code, response.json()["error"]["code"]) == (503, "draining")
        assert int(response.headers["retry-after"]) > 0


SERVER = """
import pathlib, sys
sys.path.insert(0, {tests!r})
from small_world import FakeEngine
from malmoi.serve import server
from malmoi.serve.http_api import create_app
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings, WebSettings
from malmoi.tokenizer.codec import Codec
codec = Codec(pathlib.Path({folder!r}))
web = WebSettings(drain_s={drain_s})
served = Served(FakeEngine(codec, text="가 " * {words}, delay_s=0.02), codec, ServeSettings(web=web))
listener = server.bind("127.0.0.1", 0)
print(server.url_of(listener), flush=True)
server.run(create_app(served), listener, web, served)
"""


@pytest.mark.parametrize(("drain_s", "words"), [(30.0, 40), (0.2, 1000)])
def test_sigterm_lets_answers_under_way_end_within_the_limit(tmp_path, drain_s, words):
    folder = make_tokenizer(tmp_path)
    script = SERVER.format(tests=str(Path(__file__).parent), folder=str(folder), drain_s=drain_s, words=words)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        body = {"prompt": "가", "max_tokens": -1, "stream": True}
        said = ""
        try:
            with (
                httpx.Client(base_url=url, timeout=20) as client,
                client.stream("POST", "/v1/completions", json=body) as answer,
            ):
                for line in answer.iter_lines():
                    if not said:
                        os.kill(process.pid, signal.SIGTERM)
                    said += line
        except httpx.RemoteProtocolError:
            pass
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert process.returncode == 0
    assert said.endswith("[DONE]"), "also where it was cut: then an error stands before it"
    assert ('"code":"draining"' in said) == (words == 1000)


SLOW = """
import contextlib, pathlib, sys, time
sys.path.insert(0, {tests!r})
from small_world import FakeEngine
from malmoi.serve import server
from malmoi.serve.http_api import create_app
from malmoi.serve.endpoints import Listed
from malmoi.serve.models import Models
from malmoi.serve.served import ServerState
from malmoi.serve.settings import ServeSettings, WebSettings
from malmoi.tokenizer.codec import Codec
codec = Codec(pathlib.Path({folder!r}))
class Slow:
    def find(self):
        return [Listed("slow"), Listed("quick")]
    @contextlib.contextmanager
    def open(self, listed):
        time.sleep(60 if listed.name == "slow" else 0)
        yield FakeEngine(codec, text="가 " * 1000, delay_s=0.02), codec
web = WebSettings(drain_s=0.2)
models = Models(ServerState(ServeSettings(web=web)), Slow())
listener = server.bind("127.0.0.1", 0)
print(server.url_of(listener), flush=True)
server.run(create_app(models), listener, web, models)
models.close()
"""


def is_under_way(client, model):
    if model == "quick":
        return client.get("/health").json()["running"] > 0
    return "loading" in client.get("/admin/models").text


@pytest.mark.parametrize("model", ["slow", "quick"])
def test_a_request_that_is_cut_at_the_end_of_the_drain_gets_a_sentence_and_a_model_that_loads_holds_up_nobody(
    tmp_path, model
):
    script = SLOW.format(tests=str(Path(__file__).parent), folder=str(make_tokenizer(tmp_path)))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        with httpx.Client(base_url=url, timeout=30) as client, ThreadPoolExecutor(1) as thread:
            body = {"model": model, "prompt": "가", "max_tokens": 1000}
            reply = thread.submit(client.post, "/v1/completions", json=body)
            with httpx.Client(base_url=url, timeout=30) as other:
                while not is_under_way(other, model):
                    time.sleep(0.05)
            os.kill(process.pid, signal.SIGTERM)
            told = reply.result()
        assert (told.status_code, told.json()["error"]["code"]) == (503, "cancelled")
        assert told.json()["error"]["message_ko"] and told.headers["retry-after"]
        assert process.wait(20) == 0


def test_a_stream_that_fails_half_way_is_no_success_in_line_and_metrics(client, served, caplog):
    caplog.set_level(logging.INFO)

    async def half(_request):
        yield (Piece(1300, -0.5),)
        raise EngineDownError(SECRET)

    served.engine.generate = half
    told = client.post("/v1/chat/completions", json={**ASK, "stream": True})
    assert told.status_code == 200 and "engine_down" in told.text and told.text.endswith("data: [DONE]\n\n")
    assert [(line["status"], line["code"]) for line in lines(caplog)] == [(503, "engine_down")]
    assert 'status="503"' in client.get("/metrics").text and SECRET not in caplog.text + told.text
