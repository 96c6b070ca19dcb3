"""What is kept of an answer, by policy; that it can be made again, erased and forgotten."""

import asyncio
import datetime
import json
import sqlite3
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi.testclient import TestClient
from small_world import FakeEngine
from sqlalchemy.orm import Session

from malmoi.cli.main import main
from malmoi.kit.errors import UserError
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import add_key
from malmoi.serve.records.answers import Asked, masked
from malmoi.serve.records.erasing import erase, erase_expired
from malmoi.serve.records.replay import recorded, replay
from malmoi.serve.records.tables import AnswerRow, RequestRow
from malmoi.serve.records.writer import Records
from malmoi.serve.served import Served
from malmoi.serve.settings import RecordSettings, ServeSettings
from malmoi.serve.torch_engine import TorchEngine

BASE = "http://127.0.0.1:8500"
SECRET = "제 번호는 010-1234-5678 이고 이름은 비밀입니다"


def kept(codec, path, engine=None, policy="whole", keys=None):
    """A client of a server that records, and its records."""
    settings = ServeSettings(records=RecordSettings(path, policy), keys=keys)
    records = Records(path, settings)
    return TestClient(
        create_app(Served(engine or FakeEngine(codec), codec, settings, records=records)), base_url=BASE
    ), records


def rows(path):
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute("SELECT * FROM answer ORDER BY at, id")]
    connection.close()
    return found


def test_the_migrations_make_what_the_tables_say(tmp_path):
    mine = {"answer", "request", "api_key", "policy", "usage"}
    assert mine <= set(AnswerRow.metadata.tables)
    # The studio's tables stand in the same database, and are declared only where the studio has been imported.
    only_mine = {"include_object": lambda _found, name, kind, *_: kind != "table" or name in mine}
    with Records(tmp_path / "records.db") as records, records.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=only_mine)
        assert compare_metadata(context, AnswerRow.metadata) == []
        connection.exec_driver_sql("ALTER TABLE usage ADD COLUMN unknown TEXT")
        assert [change[0] for change in compare_metadata(context, AnswerRow.metadata)] == ["remove_column"]


@pytest.mark.parametrize("cut", range(1, 13))
def test_a_number_that_the_answer_completes_is_masked_in_the_record(cut):
    number = "010-1234-5678"
    prompt, answer = masked(f"제 번호는 {number[:cut]}", f"{number[cut:]} 입니다. 둘째는 010-9876-5432")
    assert (prompt, answer) == ("제 번호는 <전화번호>", " 입니다. 둘째는 <전화번호>")


def test_a_policy_keeps_what_it_says_and_nothing_more(codec, tmp_path):
    path, keys = tmp_path / "records.db", tmp_path / "keys"
    made = {policy: add_key(keys, policy, f"records={policy}") for policy in ("none", "metadata", "masked", "whole")}
    client, records = kept(codec, path, keys=keys)
    with client, records:
        for key in made.values():
            body = {"prompt": SECRET, "stop": "비밀스러운 끝", "user": "kim@example.kr"}
            assert client.post("/v1/completions", json=body, headers={"x-api-key": key}).status_code == 200
    found = {row["key"]: row for row in rows(path)}
    assert set(found) == {"metadata", "masked", "whole"}
    for row in found.values():
        assert row["prompt_tokens"] > 0
        assert row["made_with"].count('"model_sha256"') == 1
        assert row["finish"] == "stop"
    assert len({row["prompt_hmac"] for row in found.values()}) == 1
    assert [key for key, row in found.items() if json.loads(row["prompt_ids"] or "null")] == ["whole"]
    assert [key for key, row in found.items() if row["prompt_text"]] == ["masked"]
    assert "이고 이름은" in found["masked"]["prompt_text"]
    assert "010-1234-5678" not in found["masked"]["prompt_text"]
    plain = json.dumps([found["metadata"], found["masked"]], ensure_ascii=False)
    for secret in ("1234-5678", "비밀스러운", "kim@example.kr"):
        assert secret not in plain


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_of_the_torch_engine_is_made_again_token_by_token(model_folder, tmp_path, stream):
    path = tmp_path / "records.db"
    settings = ServeSettings(slots=4, device="cpu", threads=1, name="tiny")
    with TorchEngine(model_folder, settings) as engine:
        client, records = kept(engine.codec, path, engine)
        with client, records:
            body = {
                "n": 3,
                "max_tokens": 12,
                "temperature": 1.3,
                "top_p": 0.9,
                "logit_bias": {"300": 2},
                "stream": stream,
            }
            guide = {"guide": {"kind": "regex", "value": "[가-힣 ]{3,40}"}}
            client.post("/v1/completions", json={"prompt": ["사과", "한국어"], "stop": ["다."], **body})
            client.post(
                "/v1/chat/completions", json={"messages": [{"role": "user", "content": "안녕"}], **body, **guide}
            )
        found = rows(path)
        assert len(found) == 9
        database = Records(path)
        with database:
            for row in found:
                told = asyncio.run(replay(engine, engine.codec, recorded(database.engine, row["id"])))
                assert told.is_equal, told


def test_a_replay_says_where_it_differs_and_refuses_another_model(codec, tmp_path):
    path = tmp_path / "records.db"
    client, records = kept(codec, path, FakeEngine(codec, "사과 과자 자동차"))
    with client:
        reply = client.post("/v1/completions", json={"prompt": "가"}).json()
    records.close()
    with Records(path) as again:
        row = recorded(again.engine, reply["id"])
        told = asyncio.run(replay(FakeEngine(codec, "사과 차표"), codec, row))
        assert not told.is_equal
        assert told.first_difference > 0
        assert told.was != told.now
        row.made_with = {**row.made_with, "model_sha256": "1" * 64}
        with pytest.raises(UserError, match="the model here"):
            asyncio.run(replay(FakeEngine(codec), codec, row))
        with pytest.raises(UserError, match="no record"):
            recorded(again.engine, "chatcmpl-absent")


def test_records_are_erased_by_key_by_user_and_by_age(codec, tmp_path):
    path, keys = tmp_path / "records.db", tmp_path / "keys"
    made = {name: add_key(keys, name, "records=whole retention_days=7") for name in ("a", "b")}
    client, records = kept(codec, path, keys=keys)
    with client:
        for key in made.values():
            for user in ("kim", "lee"):
                body = {"prompt": SECRET, "user": user}
                client.post("/v1/completions", json=body, headers={"x-api-key": key})
    records.close()
    with Records(path) as again:
        assert erase(again.engine, "a", "kim") == 2
        assert erase(again.engine, user="lee") == 4
        now = datetime.datetime.now(datetime.UTC)
        assert erase_expired(again.engine, now + datetime.timedelta(days=6)) == 0
        assert erase_expired(again.engine, now + datetime.timedelta(days=8)) == 2
        with Session(again.engine) as session:
            assert session.query(AnswerRow).count() == session.query(RequestRow).count() == 0


@pytest.mark.parametrize("whose", [{"key": "a"}, {"user": "kim"}, {"key": "a", "user": "kim"}])
def test_an_erasure_also_reaches_rows_that_a_running_server_has_not_written_yet(codec, tmp_path, whose):
    keys = tmp_path / "keys"
    made = {name: add_key(keys, name, "records=whole") for name in ("a", "b")}
    client, records = kept(codec, tmp_path / "records.db", keys=keys)
    waiting, put = [], records._waiting.put_nowait
    records._waiting.put_nowait = waiting.append

    def ask():
        for key in made.values():
            for user in ("kim", "lee"):
                body = {"prompt": SECRET, "user": user}
                client.post("/v1/completions", json=body, headers={"x-api-key": key})

    with client:
        ask()
        assert erase(records.engine, **whose) == 0, "nothing of it is written yet"
        time.sleep(0.002)  # the times in rows are whole milliseconds
        ask()
        for item in waiting:
            put(item)
    records.close()
    left = 4 - 2 // len(whose)
    with Records(tmp_path / "records.db") as again, Session(again.engine) as session:
        assert session.query(AnswerRow).count() == 4 + left
        assert session.query(RequestRow).filter(RequestRow.route != "erase").count() == 4 + left
        assert erase(again.engine, **whose) == 2 * (2 // len(whose)), "what came after it was kept until now"


def test_what_cannot_be_written_is_counted_and_touches_no_answer(codec, tmp_path, caplog):
    path = tmp_path / "records.db"
    client, records = kept(codec, path)
    with client:
        connection = sqlite3.connect(path)
        connection.execute("DROP TABLE answer")
        connection.commit()
        connection.close()
        assert client.post("/v1/completions", json={"prompt": SECRET}).status_code == 200
        records.close()
        assert 1 <= records.num_lost <= 2, "the answer, and its request where both were written at once"
        assert f"malmoi_records_lost {float(records.num_lost)}" in client.get("/metrics").text
    assert "rows could not be written" in caplog.text
    assert SECRET not in caplog.text


def test_the_commands_replay_and_erase(model_folder, tmp_path, capsys):
    path = tmp_path / "records.db"
    settings = ServeSettings(slots=1, device="cpu", threads=1)
    with TorchEngine(model_folder, settings) as engine:
        client, records = kept(engine.codec, path, engine)
        with client, records:
            reply = client.post("/v1/completions", json={"prompt": "사과", "max_tokens": 6, "user": "kim"}).json()
    words = ["serve", "replay", reply["id"], str(model_folder), "--records", str(path), "--device", "cpu"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["equal"] is True
    assert main(["serve", "erase", "--records", str(path)]) == 2
    assert main(["serve", "erase", "--records", str(path), "--of-user", "kim"]) == 0
    assert "2 records erased" in capsys.readouterr().out
    assert main(words) == 2
    assert "no record" in capsys.readouterr().err


def test_the_database_is_for_its_owner_alone(codec, tmp_path):
    path = tmp_path / "records.db"
    client, records = kept(codec, path)
    with client, records:
        client.post("/v1/completions", json={"prompt": SECRET})
        assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}


def test_what_has_expired_goes_also_where_nobody_asks_any_more(codec, tmp_path):
    path, made = tmp_path / "records.db", False
    settings = ServeSettings(records=RecordSettings(path, "whole", retention_days=0))
    with Records(path, clean_s=0.2) as records:
        served = Served(FakeEngine(codec), codec, settings, records=records)
        with TestClient(create_app(served), base_url=BASE) as client:
            client.post("/v1/completions", json={"prompt": SECRET})
        deadline = time.monotonic() + 20
        while (not made or rows(path)) and time.monotonic() < deadline:
            made = made or bool(rows(path))
            time.sleep(0.02)
        assert made and rows(path) == []


def test_a_record_that_cannot_be_made_costs_no_other(codec, tmp_path):
    path, keys = tmp_path / "records.db", tmp_path / "keys"
    with pytest.raises(UserError, match="at most 3650"):
        add_key(keys, "endless", "retention_days=99999999999")
    whole = add_key(keys, "whole", "records=whole")
    client, records = kept(codec, path, keys=keys)
    with client, records:
        now = datetime.datetime.now(datetime.UTC)
        told = {
            "route": "/",
            "model": "\ud800",
            "status": 200,
            "code": "",
            "prompt_tokens": 0,
            "answer_tokens": 0,
            "ms": 0,
        }
        records.put(Asked("broken", "r", "whole", None, "metadata", 30, told, now))
        client.post("/v1/completions", json={"prompt": "둘"}, headers={"x-api-key": whole})
    assert records.num_lost == 1 and [row["key"] for row in rows(path)] == ["whole"]
