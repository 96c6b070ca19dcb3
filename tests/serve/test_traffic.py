import asyncio
import contextlib
import json
import stat
import time

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session
from test_models import ASK, BASE, Named, Shelf, make, versions

from malmoi.cli.main import main
from malmoi.kit.errors import UserError
from malmoi.serve import server
from malmoi.serve.engine import EngineDownError
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import ANYONE, add_key
from malmoi.serve.models import Models
from malmoi.serve.records.tables import AnswerRow
from malmoi.serve.records.writer import Records
from malmoi.serve.served import ServerState
from malmoi.serve.settings import ModelsSettings, RecordSettings, ServeSettings, WebSettings
from malmoi.serve.traffic import Split, Traffic, splits_of

IDS = ["demo@100", "demo@200"]
CANARY = Split({"demo@100": 90, "demo@200": 10})


@pytest.fixture
def shelf(codec):
    return Shelf(codec, *versions("demo@100", "demo@200", "other"))


def traffic(**split):
    found = Traffic()
    found.set({"demo": Split(**split)})
    return found


def picks(found, count, user=None, key=ANYONE.name):
    return [found.pick("demo", IDS, user, key) for _ in range(count)]


def value(text, line):
    return next((float(each.rpartition(" ")[2]) for each in text.splitlines() if each.startswith(line + " ")), 0.0)


def wait_for(client, line, count):
    for _ in range(1500):
        if value(text := client.get("/metrics").text, line) >= count:
            return text
        time.sleep(0.02)
    raise AssertionError(f"{line} did not come to {count}")


@pytest.mark.parametrize("seed", range(5))
def test_the_share_of_a_canary_is_within_2_points_of_2000_requests(seed):
    found = traffic(weights={"demo@100": 90, "demo@200": 10}, seed=seed)
    assert picks(found, 2000).count("demo@200") / 2000 == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_the_first_ten_requests_are_shared_as_the_weights_say(seed, every):
    found = traffic(weights={"demo@100": 50, "demo@200": 50}, seed=seed)
    picked = [found.pick("demo", IDS, None, "anyone") for _ in range(10 * every)][::every]
    assert 3 <= picked.count("demo@100") <= 7  # by chance alone one case in nine is outside


def test_the_same_seed_draws_the_same_and_another_one_not():
    one, same, other = (traffic(weights=CANARY.weights, seed=seed) for seed in (1, 1, 2))
    first = picks(one, 200)
    assert first == picks(same, 200)
    assert first != picks(other, 200)


def test_the_share_holds_also_where_the_weights_are_set_again_before_every_request():
    found, answered = traffic(weights=CANARY.weights), []
    for number in range(200):
        found.set({"demo": CANARY, "other": Split(seed=number)})
        answered += picks(found, 1)
    assert answered.count("demo@200") / 200 == pytest.approx(0.1, abs=0.02)


def test_a_person_keeps_one_version_and_only_those_move_who_have_to():
    small, large = (
        traffic(weights={"demo@100": 100 - canary, "demo@200": canary}, sticky="user") for canary in (10, 30)
    )
    people = ["김", "한글\ud800", "", *(f"user-{number}" for number in range(2000))]
    before = {who: set(picks(small, 3, who)) for who in people}
    assert all(len(ids) == 1 for ids in before.values())
    share = sum(ids == {"demo@200"} for ids in before.values()) / len(people)
    assert share == pytest.approx(0.1, abs=0.02)
    moved_back = [who for who in people if before[who] == {"demo@200"} and picks(large, 1, who) != ["demo@200"]]
    assert moved_back == []
    assert {large.pick("demo", IDS, None, "x") for _ in range(100)} == set(IDS), "who has no name is drawn by chance"


def test_a_key_keeps_one_version_and_who_needs_none_is_drawn():
    found = traffic(weights={"demo@100": 1, "demo@200": 1}, sticky="key")
    for key in ("a", "b", "c"):
        assert len(set(picks(found, 20, "any", key))) == 1
    assert len(set(picks(found, 50))) == 2


@pytest.mark.parametrize(
    ("weights", "ids", "expected"),
    [
        ({"demo@100": 1, "demo@200": 0}, IDS, {"demo@100"}),
        ({"demo@9": 5, "demo@200": 1}, IDS, {"demo@200"}),
        ({"demo@9": 5}, IDS, {None}),
        ({}, IDS, {None}),
        ({"demo@100": 1, "demo@200": 1}, ["demo@200"], {"demo@200"}),
        ({"demo@100": 1e-300, "demo@200": 1e300}, IDS, {"demo@200"}),
    ],
)
def test_only_versions_that_are_there_and_have_a_weight_are_picked(weights, ids, expected):
    for sticky in ("none", "user"):
        found = traffic(weights=weights, sticky=sticky)
        assert {found.pick("demo", ids, f"user-{number}", "k") for number in range(50)} == expected
    assert found.pick("other", ids, "u", "k") is None


@pytest.mark.parametrize(
    "table",
    [
        {"demo": {"weights": {"a": -1}}},
        {"demo": {"weights": {"a": float("nan")}}},
        {"demo": {"weights": {"a": float("inf")}}},
        {"demo": {"weights": {"a": 0}}},
        {"demo": {"weights": {"a": 1e308, "b": 1e308}}},
        {"demo": {"weights": {"a": 10**400}}},
        {"demo": {"weights": {"a": "90"}}},
        {"demo": {"weights": [["a", 1]]}},
        {"demo": {"weights": {"a": True}}},
        {"demo": {"sticky": "session"}},
        {"demo": {"shadow_share": 1.5}},
        {"demo": {"shadow": 5}},
        {"demo": {"weight": {"a": 1}}},
        {"demo": [1]},
        {"demo": "off"},
        {"demo": {"weights": {str(number): 1 for number in range(1001)}}},
        {str(number): {} for number in range(1001)},
    ],
)
def test_a_table_that_is_none_is_refused_with_a_sentence(table):
    with pytest.raises(UserError):
        splits_of(table)


def test_what_was_set_survives_a_restart_and_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "traffic.json"
    first = Traffic(path)
    assert first.splits == {}
    first.set({"demo": Split({"demo@100": 90}, "user", 3, "demo@200", 0.5)})
    assert Traffic(path).splits == first.splits
    path.write_text('{"demo": {"weights": {"a": -1}}}')
    with pytest.raises(UserError, match="weight of a"):
        Traffic(path)
    path.write_text("{")
    with pytest.raises(UserError, match="mend it"):
        Traffic(path)


def test_weights_are_set_while_the_server_runs_and_the_answer_says_which_version_it_is_of(shelf, tmp_path):
    settings = ServeSettings(models=ModelsSettings(traffic=tmp_path / "traffic.json"))
    models = Models(ServerState(settings), shelf, Traffic(settings.models.traffic))
    with TestClient(create_app(models), base_url=BASE) as client:
        told = client.put("/admin/traffic", json={"demo": {"weights": {"demo@100": 1}}})
        assert (told.status_code, told.json()["survives_restart"]) == (200, True)
        answers = {client.post("/v1/chat/completions", json=ASK).json()["model"] for _ in range(5)}
        assert answers == {"demo@100"}
        client.put("/admin/traffic", json={"other": {"weights": {"other": 1}}})
        assert set(client.get("/admin/traffic").json()["traffic"]) == {"demo", "other"}
        for wrong in (
            {"demo": {"weights": {"demo@300": 1}}},
            {"demo": {"shadow": "other"}},
            {"demmo": {"weights": {}}, "x": 1},
        ):
            refused = client.put("/admin/traffic", json=wrong)
            assert refused.status_code == 400, refused.text
        assert client.put("/admin/traffic", json={"demo": {"weights": {"demo@1": 1}}}).json()["error"]["message_ko"]
        assert value(client.get("/metrics").text, 'malmoi_traffic_share{model="demo@100"}') == 1
        again = Traffic(settings.models.traffic)
        assert again.splits["demo"] == Split({"demo@100": 1})
        client.put("/admin/traffic", json={"demo": None})
        assert client.post("/v1/chat/completions", json=ASK).json()["model"] == "demo@200"
        states = {each["id"]: each["state"] for each in client.get("/admin/models").json()["models"]}
        assert states == {"demo@100": "ok", "demo@200": "ok", "other": "listed"}


def test_a_file_that_cannot_be_written_changes_nothing(shelf, tmp_path):
    models = make(shelf)
    (tmp_path / "file").touch()
    models.traffic.path = tmp_path / "file" / "traffic.json"
    with TestClient(create_app(models), base_url=BASE) as client:
        told = client.put("/admin/traffic", json={"demo": {"weights": {"demo@100": 1}}})
    assert (told.status_code, told.json()["error"]["code"]) == (503, "not_kept")
    assert models.traffic.splits == {}


def test_the_admin_route_needs_a_key_with_its_scope_and_no_other_web_page_may_ask(shelf, tmp_path):
    plain = {"Authorization": f"Bearer {add_key(tmp_path / 'keys', 'plain')}"}
    admin = {"Authorization": f"Bearer {add_key(tmp_path / 'keys', 'op', 'scopes=admin')}"}
    body = {"demo": {"weights": {"demo@100": 1}}}
    with TestClient(create_app(make(shelf, settings=ServeSettings(keys=tmp_path / "keys"))), base_url=BASE) as client:
        for path in ("/admin/traffic", "/admin/traffic/", "/admin/models"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers=plain).status_code == 403
            assert client.get(path, headers=admin).status_code == 200
        assert client.put("/admin/traffic", json=body, headers=plain).status_code == 403
        assert client.put("/admin/traffic", json=body, headers=admin).status_code == 200
        assert client.post("/v1/chat/completions", json=ASK, headers=admin).status_code == 403
        page = {**admin, "origin": "https://evil.example"}
        assert client.put("/admin/traffic", json=body, headers=page).status_code == 403
        assert client.put("/admin/traffic", content=json.dumps(body), headers=admin).status_code == 400


def test_without_keys_the_admin_route_answers_to_its_own_machine_alone_and_not_through_a_proxy(shelf):
    settings = ServeSettings(web=WebSettings(allowed_hosts=("llm.example.kr",), root_path="/llm"))
    with TestClient(create_app(make(shelf, settings=settings)), base_url=BASE) as client:
        for stranger in ({"host": "llm.example.kr"}, {"x-forwarded-for": "203.0.113.7"}):
            for path in ("/admin/traffic", "/llm/admin/models", "/admin/traffic/"):
                told = client.get(path, headers=stranger)
                assert (told.status_code, told.json()["error"]["code"]) == (403, "missing_scope")
                assert told.json()["error"]["message_ko"]
            assert client.put("/admin/traffic", json={"demo": None}, headers=stranger).status_code == 403
            assert client.post("/v1/chat/completions", json=ASK, headers=stranger).status_code == 200
        assert client.get("/admin/traffic").status_code == 200


@pytest.mark.parametrize("body", [{"ghost": {"sticky": "user"}}, {"demo": {"weights": {"demo@100": -1}}}, {"demo": 5}])
def test_a_slip_of_the_operator_changes_nothing_and_is_told_in_both_languages(shelf, body):
    models = make(shelf)
    with TestClient(create_app(models), base_url=BASE) as client:
        told = client.put("/admin/traffic", json=body)
    assert told.status_code == 400
    assert any("가" <= letter <= "힣" for letter in told.json()["error"]["message_ko"])
    assert models.traffic.splits == {}


def test_a_shadow_answers_beside_and_its_answer_is_recorded_and_counted_and_never_returned(shelf, tmp_path):
    settings = ServeSettings(records=RecordSettings(tmp_path / "r.db", "whole"))
    with Records(tmp_path / "r.db") as records:
        models = Models(ServerState(settings, records), shelf)
        models.traffic.set({"demo": Split({"demo@100": 1}, shadow="demo@200")})
        with TestClient(create_app(models), base_url=BASE) as client:
            reply = client.post("/v1/chat/completions", json={**ASK, "model": "demo", "n": 2})
            assert reply.json()["model"] == reply.headers["x-malmoi-model"] == "demo@100"
            assert "200" not in reply.text
            wait_for(client, 'malmoi_shadow_copies_total{model="demo@200",outcome="answered"}', 1)
            client.post("/v1/chat/completions", json={**ASK, "model": "demo@100"})
            text = wait_for(client, 'malmoi_completion_tokens_total{key="anyone",model="demo@100"}', 1)
            assert value(text, 'malmoi_shadow_copies_total{model="demo@200",outcome="answered"}') == 1
            assert 'malmoi_completion_tokens_total{key="anyone",model="demo@200"}' not in text
    with Session(Records(tmp_path / "r.db").engine) as session:
        rows = session.query(AnswerRow).all()
    shadows = [row for row in rows if "shadow_of" in row.made_with]
    assert [row.made_with["model"] for row in shadows] == ["demo@200", "demo@200"]
    assert {row.made_with["shadow_of"] for row in shadows} == {reply.json()["id"].removeprefix("chatcmpl-")}
    assert len(rows) == 5


class Hanging(Named):
    async def generate(self, request):  # noqa: ARG002
        await asyncio.sleep(3600)
        yield ()


class Dying(Named):
    async def generate(self, request):  # noqa: ARG002
        raise EngineDownError("gone")
        yield ()


class Raising(Named):
    async def generate(self, request):  # noqa: ARG002
        raise ZeroDivisionError
        yield ()


@pytest.mark.parametrize(
    ("kind", "outcome"), [(Hanging, "late"), (Dying, "failed"), (Raising, "failed"), (None, "unavailable")]
)
def test_a_shadow_that_hangs_or_dies_changes_no_answer_and_is_counted(shelf, kind, outcome):
    if kind is None:
        shelf.broken.add("demo@200")
    else:
        shelf.kinds["demo@200"] = kind
    models = make(shelf, settings=ServeSettings(models=ModelsSettings(shadow_s=0.05 if kind is Hanging else 60)))
    models.traffic.set({"demo": Split({"demo@100": 1}, shadow="demo@200")})
    with TestClient(create_app(models), base_url=BASE) as client:
        replies = [client.post("/v1/chat/completions", json={**ASK, "model": "demo"}).json() for _ in range(3)]
        assert {reply["choices"][0]["message"]["content"] for reply in replies} == {"나는 demo@100"}
        wait_for(client, f'malmoi_shadow_copies_total{{model="demo@200",outcome="{outcome}"}}', 3)
        assert client.post("/v1/chat/completions", json={**ASK, "model": "other"}).status_code == 200
    assert all(served.num_requests == served.admission.running == 0 for served in models.loaded())


def test_copies_that_are_too_many_are_dropped_and_take_no_memory(shelf):
    shelf.kinds["demo@200"] = Hanging
    models = make(shelf)
    models.traffic.set({"demo": Split({"demo@100": 1}, shadow="demo@200")})
    with TestClient(create_app(models), base_url=BASE) as client:
        for _ in range(80):
            assert client.post("/v1/chat/completions", json={**ASK, "model": "demo"}).status_code == 200
        assert (
            value(client.get("/metrics").text, 'malmoi_shadow_copies_total{model="demo@200",outcome="dropped"}') == 14
        )


def test_copies_that_wait_are_dropped_when_the_shadow_is_taken_away_or_they_have_waited_too_long(shelf):
    shelf.kinds["demo@200"] = Hanging
    models = make(shelf, settings=ServeSettings(models=ModelsSettings(shadow_s=0.2)))
    models.traffic.set({"demo": Split({"demo@100": 1}, shadow="demo@200")})
    with TestClient(create_app(models), base_url=BASE) as client:
        for _ in range(20):
            client.post("/v1/chat/completions", json={**ASK, "model": "demo"})
        began_s = time.monotonic()
        wait_for(client, 'malmoi_shadow_copies_total{model="demo@200",outcome="late"}', 20)
        assert time.monotonic() - began_s < 20 * 0.2 / 2, "not one after another"
        client.post("/v1/chat/completions", json={**ASK, "model": "demo"})
        for _ in range(3):
            client.post("/v1/chat/completions", json={**ASK, "model": "demo"})
        models.traffic.set({})
        wait_for(client, 'malmoi_shadow_copies_total{model="demo@200",outcome="dropped"}', 2)


def test_a_copy_gives_its_slot_back_as_soon_as_an_answer_wants_it(shelf):
    shelf.kinds["demo@200"] = Hanging
    models = make(shelf)

    async def work():
        async with models.using("demo@200", ANYONE) as served:
            admission, held = served.admission, []

            async def copy():
                async with admission.spare():
                    held.append(1)
                    await asyncio.sleep(3600)

            copies = [asyncio.create_task(copy()) for _ in range(2)]
            await asyncio.sleep(0.01)
            assert (admission.running, len(held)) == (2, 2)
            async with asyncio.timeout(5), admission.turn("a", 1):
                ended = [task for task in copies if task.done()]
            assert [task.cancelled() for task in ended] == [True]
            for task in copies:
                task.cancel()
            await asyncio.gather(*copies, return_exceptions=True)
            return admission.running

    assert asyncio.run(work()) == 0


@contextlib.contextmanager
def running(models):
    with server.running(create_app(models)) as address:
        yield address


def test_the_command_line_reads_and_sets_the_traffic_of_a_running_server(shelf, capsys, monkeypatch, tmp_path):
    key = add_key(tmp_path / "keys", "op", "scopes=admin")
    models = make(shelf, settings=ServeSettings(keys=tmp_path / "keys"))
    with running(models) as address:
        asked = ["serve", "traffic"]
        assert main([*asked, "--at", address]) == 2
        assert "올바른 API 키" in capsys.readouterr().err
        monkeypatch.setenv("MALMOI_API_KEY", key)
        assert main([*asked, "demo@100=90", "demo@200=10", "--at", address, "--sticky", "user"]) == 0
        assert models.traffic.splits == {"demo": Split({"demo@100": 90, "demo@200": 10}, "user")}
        assert main([*asked, "--shadow", "demo@200=0.25", "--at", address]) == 0
        assert '"shadow": "demo@200"' in capsys.readouterr().out
        assert models.traffic.splits["demo"] == Split({"demo@100": 90, "demo@200": 10}, "user", 0, "demo@200", 0.25)
        assert main([*asked, "--shadow", "demo@200=0", "--at", address]) == 0
        assert models.traffic.splits["demo"].shadow is None
        assert main([*asked, "--off", "demo", "--at", address]) == 0
        assert models.traffic.splits == {}
        for wrong in (
            ["demo@100"],
            ["demo@100=x"],
            ["demo@1=1"],
            ["demo@100=1", "other=1"],
            ["--seed", "1"],
            ["demo@100=-1"],
        ):
            capsys.readouterr()
            assert main([*asked, *wrong, "--at", address]) == 2
            told = capsys.readouterr().err
            assert told.count("\n") == 1
            assert "Traceback" not in told
    assert main([*asked, "--at", address]) == 75
    assert "닿을 수 없어요" in capsys.readouterr().err
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
