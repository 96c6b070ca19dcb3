import asyncio
import contextlib
import json
import threading
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from small_world import FakeEngine

from malmoi.kit.errors import UserError
from malmoi.serve import loading
from malmoi.serve import models as table
from malmoi.serve.endpoints import Listed, NoModelError, NotAllowedError, UnavailableError
from malmoi.serve.engine import Health
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import ANYONE, Key, parse
from malmoi.serve.models import Models
from malmoi.serve.served import ServerState
from malmoi.serve.settings import ServeSettings
from malmoi.serve.traffic import Split, Traffic

BASE = "http://127.0.0.1:8500"
ASK = {"messages": [{"role": "user", "content": "가"}]}


class Named(FakeEngine):
    """Says its own id."""

    def __init__(self, codec, name):
        super().__init__(codec, f"나는 {name}")
        self.name = name

    def describe(self):
        about = super().describe()
        return about.__class__(self.name, *list(about.__dict__.values())[1:])


class Shelf:
    """Models that can be there or not, that load slowly, and that may be broken."""

    def __init__(self, codec, *listed):
        self.codec, self.listed, self.broken, self.slow_s = codec, list(listed), set(), 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.opened, self.closed, self.engines, self.kinds, self.is_told = [], [], {}, {}, True

    def find(self):
        return list(self.listed)

    @contextlib.contextmanager
    def open(self, listed):
        time.sleep(self.slow_s)
        self.gate.wait(60)
        self.opened.append(listed.id)
        if listed.id in self.broken:
            raise (
                UserError(f"{listed.id} has no weights", "an exported model")
                if self.is_told
                else KeyError("a library's own")
            )
        self.engines[listed.id] = self.kinds.get(listed.id, Named)(self.codec, listed.id)
        yield self.engines[listed.id], self.codec
        self.closed.append(listed.id)


def versions(*ids, needs_bytes=10, **more):
    return [Listed(*each.partition("@")[::2], 2048, 1, needs_bytes, **more) for each in ids]


@pytest.fixture
def shelf(codec):
    return Shelf(codec, *versions("demo@100", "demo@200", "other"))


def make(shelf, memory_bytes=None, splits=None, settings=None):
    traffic = Traffic()
    traffic.set(splits or {})
    return Models(ServerState(settings or ServeSettings()), shelf, traffic, memory_bytes)


def run(work):
    return asyncio.run(work)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(None, "demo@200"), ("", "demo@200"), ("demo", "demo@200"), ("demo@100", "demo@100"), ("other", "other")],
)
def test_a_bare_name_is_its_newest_version_and_an_id_is_that_version(shelf, asked, expected):
    assert make(shelf).resolve(asked, ANYONE).listed.id == expected


def test_a_version_that_is_marked_is_what_its_bare_name_means(codec):
    marked = Listed("demo", "100", is_default=True)
    assert make(Shelf(codec, marked, Listed("demo", "200"))).resolve("demo", ANYONE).listed.id == "demo@100"


@pytest.mark.parametrize(
    "asked", ["demo@300", "demmo", "Demo", "demo@", "@100", "데모", "demo@100 ", "other@1", "a" * 9999]
)
def test_an_unknown_name_is_told_with_the_names_that_are_like_it(shelf, asked):
    with pytest.raises(NoModelError) as told:
        make(shelf).resolve(asked, ANYONE)
    assert set(told.value.close) <= {"demo", "demo@100", "demo@200", "other"}
    assert told.value.close


def test_a_key_asks_a_name_with_all_its_versions_or_one_version_alone(shelf):
    models = make(shelf, splits={"demo": Split({"demo@100": 1, "demo@200": 1})})
    whole, one = Key("a", "", models=("demo",)), Key("b", "", models=("demo@100",))
    assert {models.resolve("demo", whole).listed.id for _ in range(50)} == {"demo@100", "demo@200"}
    assert {models.resolve("demo", one).listed.id for _ in range(50)} == {"demo@100"}
    for key, asked in ((whole, "other"), (one, "demo@200")):
        with pytest.raises(NotAllowedError):
            models.resolve(asked, key)
    assert list(models.names(one)) == ["demo", "demo@100"]


def test_over_http_every_route_goes_through_the_table(shelf):
    client = TestClient(create_app(make(shelf)), base_url=BASE)
    with client:
        for asked, answering in (("demo", "demo@200"), ("demo@100", "demo@100"), ("other", "other")):
            reply = client.post("/v1/chat/completions", json={**ASK, "model": asked})
            assert reply.json()["model"] == reply.headers["x-malmoi-model"] == answering
            assert reply.json()["choices"][0]["message"]["content"] == f"나는 {answering}"
            plain = client.post("/v1/embeddings", json={"input": "가", "model": asked})
            assert plain.json()["model"] == answering
            assert (
                client.post("/tokenize", json={"prompt": "가", "model": asked}).headers["x-malmoi-model"] == answering
            )
        wrong = client.post("/v1/completions", json={"prompt": "가", "model": "demo@101"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (404, "model_not_found")
        assert "'demo@100'" in wrong.json()["error"]["message"]
        listed = {each["id"]: each for each in client.get("/v1/models").json()["data"]}
        assert list(listed) == ["demo", "other", "demo@100", "demo@200"]
        assert all(each["max_model_len"] == 2048 and each["created"] == 1 for each in listed.values())
        assert client.get("/v1/models/demo@100").json()["id"] == "demo@100"
        assert client.get("/v1/models/demo@1").status_code == 404
        text = client.get("/metrics").text
        assert 'malmoi_prompt_tokens_total{key="anyone",model="demo@100"}' in text
        assert 'malmoi_slots{model="demo@200"} 2.0' in text
        assert "malmoi_models_loaded 3.0" in text


def test_two_requests_for_a_model_that_is_not_loaded_load_it_once_and_hold_up_nobody(shelf):
    async def work():
        models = make(shelf)
        shelf.gate.clear()

        async def ticking():
            for _ in range(10):
                await asyncio.sleep(0.01)
            shelf.gate.set()  # the loop went on meanwhile, or nobody would ever load it

        async def one(asked):
            async with models.using(asked, ANYONE) as served:
                return served.name

        clock = asyncio.create_task(ticking())
        leaver = asyncio.create_task(one("demo"))
        waiting = [asyncio.create_task(one("demo@200")) for _ in range(3)]
        await asyncio.sleep(0.05)
        leaver.cancel()
        names = await asyncio.gather(*waiting)
        await clock
        return names

    assert run(work()) == ["demo@200"] * 3
    assert shelf.opened == ["demo@200"]
    assert shelf.gate.is_set()


def test_a_client_that_does_not_wait_for_a_model_to_be_loaded_is_told_and_who_waits_is_answered(shelf):
    shelf.slow_s = 1.5
    with TestClient(create_app(make(shelf)), base_url=BASE) as client:
        began_s = time.monotonic()
        told = client.post("/v1/chat/completions", json=ASK, headers={"x-request-timeout": "0.05"})
        assert (told.status_code, told.json()["error"]["code"]) == (503, "deadline")
        assert time.monotonic() - began_s < 1.2
        assert client.post("/v1/chat/completions", json={**ASK, "timeout": 600}).status_code == 200
        assert shelf.opened == ["demo@200"]
        text = client.get("/metrics").text
    assert 'malmoi_queue_seconds_bucket{key="anyone",le="0.25",model="demo@200"} 1.0' in text, "loading is no queue"


def test_a_request_that_waited_for_its_model_when_the_server_began_to_go_is_answered(shelf):
    shelf.slow_s = 0.3
    models = make(shelf)
    with TestClient(create_app(models), base_url=BASE) as client, ThreadPoolExecutor(1) as thread:
        reply = thread.submit(client.post, "/v1/chat/completions", json=ASK)
        while not models.num_requests:
            time.sleep(0.01)
        models.server.is_draining = True
        assert reply.result().status_code == 200
        assert client.post("/v1/chat/completions", json=ASK).status_code == 503


def test_what_was_used_longest_ago_is_unloaded_and_what_is_in_use_never(shelf):
    async def work():
        models = make(shelf, memory_bytes=20)
        for asked in ("demo@100", "demo@200", "demo@100", "other"):
            async with models.using(asked, ANYONE):
                pass
        loaded = {served.name for served in models.loaded()}
        async with models.using("demo@100", ANYONE) as first, models.using("other", ANYONE) as second:
            first_place = first.admission.take("x")
            second_place = second.admission.take("x")
        with pytest.raises(UnavailableError) as busy:
            async with models.using("demo@200", ANYONE):
                pytest.fail("there is no room")
        second_place.release()
        async with models.using("demo@200", ANYONE):
            after = {served.name for served in models.loaded()}
        first_place.release()
        return loaded, busy.value.retry_s, after

    loaded, retry_s, after = run(work())
    assert loaded == {"demo@100", "other"}
    assert retry_s > 0
    assert after == {"demo@100", "demo@200"}
    assert shelf.closed == ["demo@200", "other"]


def test_a_model_that_can_never_fit_is_told_so_and_not_that_others_are_in_the_way(codec):
    models = make(Shelf(codec, *versions("small"), *versions("large", needs_bytes=30)), memory_bytes=20)

    async def work():
        with pytest.raises(UnavailableError, match="needs more memory than this server has"):
            async with models.using("large", ANYONE):
                pytest.fail("it does not fit")

    run(work())


def test_one_model_that_fails_to_close_leaves_no_other_open(codec):
    shelf = Shelf(codec, *versions("bad", "good", is_pinned=True))
    models = make(shelf)
    models.preload()

    def fail():
        raise OSError("it does not close")

    models.endpoints["bad"].stack.callback(fail)
    with pytest.raises(OSError, match="does not close"):
        models.close()
    assert set(shelf.closed) >= {"good"}


def test_a_pinned_model_stays(codec):
    shelf = Shelf(codec, *versions("a", is_pinned=True), *versions("b", "c"))

    async def work():
        models = make(shelf, memory_bytes=20)
        for asked in ("a", "b", "c", "b"):
            async with models.using(asked, ANYONE):
                pass
        return {served.name for served in models.loaded()}

    assert run(work()) == {"a", "b"}


@pytest.mark.parametrize("is_told", [True, False])
def test_a_damaged_model_costs_its_own_requests_alone_and_is_tried_again_later(shelf, monkeypatch, is_told):
    shelf.broken.add("demo@200")
    shelf.is_told = is_told
    models = make(shelf)
    with TestClient(create_app(models), base_url=BASE) as client:
        for _ in range(3):
            told = client.post("/v1/chat/completions", json={**ASK, "model": "demo@200"})
            assert (told.status_code, told.json()["error"]["code"]) == (503, "model_unavailable")
            assert "has no weights" not in told.text, "a reason may hold paths of the server"
            if is_told:
                assert "expected an exported model" in client.get("/admin/models").text, "a fault is told in whole"
            assert int(told.headers["retry-after"]) > 0
            assert client.post("/v1/chat/completions", json={**ASK, "model": "demo@100"}).status_code == 200
        assert shelf.opened.count("demo@200") == 1, "a model that is broken is not read again for every request"
        shelf.broken.clear()
        monkeypatch.setattr(loading, "_FAULT_S", 0.0)
        assert client.post("/v1/chat/completions", json={**ASK, "model": "demo@200"}).status_code == 200


@pytest.mark.parametrize("why", ["broken", "no memory"])
def test_a_canary_that_cannot_be_loaded_is_answered_by_the_main_version_and_told(shelf, caplog, why):
    shelf.broken |= {"demo@200"} if why == "broken" else set()
    if why == "no memory":
        shelf.listed[1] = versions("demo@200", needs_bytes=1000)[0]
    models = make(shelf, 100, {"demo": Split({"demo@100": 3, "demo@200": 2, "demo@300": 9})})
    with TestClient(create_app(models), base_url=BASE) as client:
        said = [client.post("/v1/chat/completions", json={**ASK, "model": "demo"}) for _ in range(10)]
        assert {(reply.status_code, reply.json()["model"]) for reply in said} == {(200, "demo@100")}
        told = caplog.text.count("demo@100 answers in its place")
        assert told in (3, 4, 5), "as the weights say"
        assert f'malmoi_traffic_fallbacks_total{{model="demo@200"}} {told}.0' in client.get("/metrics").text
        alone = client.post("/v1/chat/completions", json={**ASK, "model": "demo@200"})
        assert alone.status_code == 503, "who asks for this very version learns that it is not there"


def test_a_main_version_that_cannot_be_loaded_sends_nobody_to_the_canary(shelf):
    shelf.broken.add("demo@100")
    models = make(shelf, splits={"demo": Split({"demo@100": 9, "demo@200": 1})})
    with TestClient(create_app(models), base_url=BASE) as client:
        said = [client.post("/v1/chat/completions", json={**ASK, "model": "demo"}).status_code for _ in range(10)]
        assert said.count(503) >= 8
        assert set(said) <= {200, 503}


def test_a_model_that_is_new_is_found_and_one_that_is_gone_is_not_there_any_more(shelf, monkeypatch):
    monkeypatch.setattr(table, "_LOOK_S", 0.0)
    with TestClient(create_app(make(shelf)), base_url=BASE) as client:
        client.post("/v1/chat/completions", json={**ASK, "model": "demo@100"})
        shelf.listed = versions("demo@200", "demo@300")
        assert client.post("/v1/chat/completions", json={**ASK, "model": "demo@300"}).json()["model"] == "demo@300"
        assert {each["id"] for each in client.get("/v1/models").json()["data"]} == {"demo", "demo@200", "demo@300"}
        assert client.post("/v1/chat/completions", json={**ASK, "model": "demo@100"}).status_code == 404
    assert shelf.closed == ["demo@100"]


def test_an_engine_that_has_failed_is_loaded_anew_with_the_next_request(shelf):
    with TestClient(create_app(make(shelf)), base_url=BASE) as client:
        client.post("/v1/chat/completions", json={**ASK, "model": "other"})
        shelf.engines["other"].health = lambda: Health("down")
        assert client.get("/health").status_code == 503
        assert client.post("/v1/chat/completions", json={**ASK, "model": "other"}).status_code == 200
        assert client.get("/health").status_code == 200
    assert shelf.opened == ["other", "other"]


def test_the_log_and_the_body_of_an_unknown_model_hold_no_more_than_its_name(shelf):
    with TestClient(create_app(make(shelf)), base_url=BASE) as client:
        told = client.post("/v1/completions", json={"prompt": "비밀", "model": "없는 모델"})
    assert told.status_code == 404
    assert "비밀" not in json.dumps(told.json(), ensure_ascii=False)


def test_a_folder_that_was_exported_anew_is_loaded_anew_and_an_older_version_does_not_become_the_newest(
    shelf, monkeypatch
):
    monkeypatch.setattr(table, "_LOOK_S", 0.0)
    with TestClient(create_app(make(shelf)), base_url=BASE) as client:
        assert client.post("/v1/chat/completions", json={**ASK, "model": "demo"}).json()["model"] == "demo@200"
        shelf.listed = [*versions("demo@50"), Listed("demo", "200", 2048, 2, 10)]
        client.get("/v1/models")
        assert client.post("/v1/chat/completions", json={**ASK, "model": "demo"}).json()["model"] == "demo@200"
    assert shelf.opened == ["demo@200", "demo@200"]


def test_a_bare_name_goes_to_a_new_version_without_anybody_listing_the_models(shelf, monkeypatch):
    monkeypatch.setattr(table, "_LOOK_S", 0.0)
    with TestClient(create_app(make(shelf)), base_url=BASE) as client:
        shelf.listed = versions("demo@200", "demo@300")
        answering = [
            client.post("/v1/chat/completions", json={**ASK, "model": "demo"}).json()["model"] for _ in range(9)
        ]
    assert answering[-1] == "demo@300"


def test_a_model_that_is_loaded_anew_counts_its_own_memory_once(shelf):
    with TestClient(create_app(make(shelf, memory_bytes=10)), base_url=BASE) as client:
        client.post("/v1/chat/completions", json={**ASK, "model": "other"})
        shelf.engines["other"].health = lambda: Health("down")
        assert client.post("/v1/chat/completions", json={**ASK, "model": "other"}).status_code == 200


def test_a_korean_name_is_found_composed_or_not(codec):
    models = make(Shelf(codec, Listed("데모", "1")))
    for asked in ("데모", "데모@1"):
        for form in ("NFC", "NFD"):
            assert models.resolve(unicodedata.normalize(form, asked), ANYONE).listed.id == "데모@1"


def test_a_korean_name_in_letters_is_found_on_every_route_and_in_a_key(codec):
    letters = unicodedata.normalize("NFD", "데모")
    line = f"team {'a' * 64} models={letters}@1"
    assert parse(line)[0]["a" * 64].models == ("데모@1",)
    with TestClient(create_app(make(Shelf(codec, Listed("데모", "1")))), base_url=BASE) as client:
        assert client.get(f"/v1/models/{letters}").json()["id"] == "데모"
        assert client.get(f"/v1/models/{letters}@1").json()["id"] == "데모@1"
        body = {letters: {"weights": {f"{letters}@1": 1}, "shadow": f"{letters}@1"}}
        kept = client.put("/admin/traffic", json=body).json()["traffic"]
        assert list(kept) == ["데모"]
        assert (kept["데모"]["weights"], kept["데모"]["shadow"]) == ({"데모@1": 1.0}, "데모@1")
        assert client.put("/admin/traffic", json={letters: None}).json()["traffic"] == {}


def test_the_names_that_are_like_an_unknown_one_come_first_whatever_their_case(shelf):
    with pytest.raises(NoModelError) as told:
        make(shelf).resolve("OTHER", ANYONE)
    assert told.value.close == ("other",)
