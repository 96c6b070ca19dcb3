"""Keys, policies, use and requests in the database: one truth, read again while the server runs, safe from a kill."""

import datetime
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from small_world import FakeEngine
from sqlalchemy.orm import Session

from malmoi.kit.errors import UserError
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import add_key, change_key
from malmoi.serve.quota import Use, month_of
from malmoi.serve.records import database
from malmoi.serve.records.answers import ids_hash
from malmoi.serve.records.database import HASH_KEY, open_database
from malmoi.serve.records.erasing import erase
from malmoi.serve.records.stored_keys import add_stored, change_stored, list_stored
from malmoi.serve.records.tables import PolicyRow
from malmoi.serve.records.writer import Records
from malmoi.serve.safety.policy import Rules, SafetySettings
from malmoi.serve.served import Served
from malmoi.serve.settings import Policy, RecordSettings, ServeSettings

BASE = "http://127.0.0.1:8500"
ASK = {"messages": [{"role": "user", "content": "안녕"}]}


def opened(codec, path, keys=None, **settings):
    """A client of a server with a database, its records and what is served."""
    settings = ServeSettings(records=RecordSettings(path), keys=keys, **settings)
    records = Records(path, settings, tick_s=0.05)
    served = Served(FakeEngine(codec), codec, settings, records=records)
    return TestClient(create_app(served), base_url=BASE), records, served


def asked(client, key=None, **change):
    headers = {} if key is None else {"x-api-key": key}
    return client.post("/v1/chat/completions", json={**ASK, **change}, headers=headers)


def table(path, name):
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
    connection.close()
    return found


def until(is_done, limit_s=20.0):
    deadline = time.monotonic() + limit_s
    while not is_done() and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_done()


def test_a_file_of_keys_is_read_into_the_database_and_its_lines_count_while_the_server_runs(codec, tmp_path):
    file, path = tmp_path / "keys", tmp_path / "records.db"
    first = add_key(file, "first", "qpm=100")
    (tmp_path / "keys.use.json").write_text(json.dumps({"first": {"month": month_of(), "tokens": 70, "requests": 3}}))
    client, records, served = opened(codec, path, file)
    with client, records:
        assert asked(client).status_code == 401
        assert asked(client, first).status_code == 200
        assert served.server.quota.use_of("first").tokens > 70, "what the file told of the month is taken over"
        second = add_key(file, "second")
        assert until(lambda: asked(client, second).status_code == 200)
        change_key(file, "first", None)
        assert until(lambda: asked(client, first).status_code == 401)
        file.unlink()
        assert until(lambda: asked(client, second).status_code == 401), "without its file no key of it is left"
        assert asked(client).status_code == 401


def test_a_key_of_the_database_is_added_changed_and_revoked_while_the_server_runs(codec, tmp_path):
    path = tmp_path / "records.db"
    client, records, _ = opened(codec, path)
    with client, records:
        assert asked(client).status_code == 200, "no key is there, so none is asked for"
        key = add_stored(records.engine, "team", "qpm=2")
        assert until(lambda: asked(client).status_code == 401)
        assert asked(client, key).status_code == 200
        with pytest.raises(UserError, match="already"):
            add_stored(records.engine, "team")
        change_stored(records.engine, "team", "models=other")
        assert until(lambda: asked(client, key).status_code == 403)
        change_stored(records.engine, "team", None)
        assert until(lambda: asked(client, key).status_code == 401)
        assert asked(client).status_code == 401, "a server that asked for keys does not open when the last is revoked"
        with pytest.raises(UserError, match="no key"):
            change_stored(records.engine, "absent", None)
        assert until(lambda: list_stored(records.engine)[0]["failed"] > 0), "tries with a revoked key are counted"
    (told,) = list_stored(open_database(path))
    assert told["revoked"] and told["last_used"] and told["month_requests"] >= 1
    assert key not in json.dumps(table(path, "api_key"))


def test_a_revoked_key_stays_out_whatever_its_file_says_and_a_file_takes_no_name_of_another(codec, tmp_path, caplog):
    file, path = tmp_path / "keys", tmp_path / "records.db"
    key, rest = add_key(file, "team"), add_key(file, "rest")
    client, records, _ = opened(codec, path, file)
    with client, records:
        change_stored(records.engine, "team", None)
        made = add_stored(records.engine, "own")
        with pytest.raises(UserError, match="file"):
            change_stored(records.engine, "rest", "qpm=1")
        lines = file.read_text()
        file.write_text(lines.replace("team", "gone") + f"own {'a' * 64}\n")
        assert until(lambda: "own" in caplog.text)
        file.write_text(lines + "\n")
        assert until(lambda: asked(client, rest).status_code == 200 and asked(client, made).status_code == 200)
        assert asked(client, key).status_code == 401


def test_a_policy_that_a_key_names_says_what_is_kept_and_what_is_let_in(codec, tmp_path):
    file, path = tmp_path / "keys", tmp_path / "records.db"
    strict = Policy("whole", 3, SafetySettings(input=Rules(profanity="block")))
    made = {name: add_key(file, name, words) for name, words in {"a": "policy=strict", "b": "records=none"}.items()}
    client, records, _ = opened(codec, path, file, policies={"strict": strict})
    with client, records:
        bad = {"messages": [{"role": "user", "content": "이 병신아"}]}
        assert asked(client, made["b"], **bad).status_code == 200
        refused = asked(client, made["a"], **bad)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "content_filter")
        assert asked(client, made["a"]).status_code == 200
    (answer,) = table(path, "answer")
    assert (answer["key"], answer["policy"]) == ("a", "whole")
    days = datetime.datetime.fromisoformat(answer["expires"]) - datetime.datetime.fromisoformat(answer["at"])
    assert round(days.total_seconds() / 86400) == 3
    assert {row["status"] for row in table(path, "request")} == {200, 400}
    other = tmp_path / "others"
    add_key(other, "c", "policy=absent")
    with pytest.raises(UserError, match="no policy 'absent'"):
        create_app(Served(FakeEngine(codec), codec, ServeSettings(keys=other)))


def test_requests_are_kept_also_when_refused_and_never_those_of_strangers(codec, tmp_path):
    file, path = tmp_path / "keys", tmp_path / "records.db"
    key, old = add_key(file, "team", "qpm=2"), add_key(file, "old", "expires=2020-01-01")
    client, records, _ = opened(codec, path, file)
    with client, records:
        asked(client, key, user="kim@example.kr")
        asked(client, key, temperature=-5)
        asked(client, key)
        asked(client, key)
        asked(client, old)
        asked(client, "mm_wrong")
        client.get("/v1/models", headers={"x-api-key": key})
    found = table(path, "request")
    assert sorted((row["key"], row["status"]) for row in found) == [
        ("old", 401),
        ("team", 200),
        ("team", 200),
        ("team", 400),
        ("team", 429),
    ]
    shown = json.dumps(found, ensure_ascii=False)
    assert "안녕" not in shown and "kim@" not in shown
    assert next(row for row in found if row["user_hmac"])["prompt_tokens"] > 0


def test_a_policy_that_cannot_be_understood_keeps_no_revoked_key_in(codec, tmp_path):
    path = tmp_path / "records.db"
    client, records, _ = opened(codec, path)
    with client, records:
        key = add_stored(records.engine, "team")
        assert until(lambda: records.keys.number == 1)
        with Session(records.engine) as session, session.begin():
            session.add(PolicyRow(name="later", records="shredded", retention_days=1, safety=None))
        change_stored(records.engine, "team", None)
        assert until(lambda: asked(client, key).status_code == 401)


def test_nothing_is_kept_of_a_key_that_asked_for_nothing_also_when_it_is_revoked(codec, tmp_path):
    path = tmp_path / "records.db"
    client, records, _ = opened(codec, path)
    with client, records:
        key = add_stored(records.engine, "private", "records=none")
        assert until(lambda: asked(client, key).status_code == 200 and records.keys.number == 1)
        change_stored(records.engine, "private", None)
        assert until(lambda: asked(client, key).status_code == 401)
        asked(client, key)
    assert [row for row in table(path, "request") if row["key"] == "private"] == []


def test_erasing_a_user_leaves_no_link_to_them_in_any_table(codec, tmp_path):
    path = tmp_path / "records.db"
    client, records, _ = opened(codec, path)
    with client, records:
        asked(client, user="kim")
        asked(client, user="lee")
    link = next(row["user_hmac"] for row in table(path, "request") if row["user_hmac"])
    engine = open_database(path)
    assert erase(engine, user="kim") == 2
    assert erase(engine, user="lee") == 2
    names = [
        name for name, kind in sqlite3.connect(path).execute("SELECT name, type FROM sqlite_master") if kind == "table"
    ]
    assert {"usage", "request", "answer"} <= set(names)
    assert not any(link in json.dumps(table(path, name), default=str) for name in names)
    assert link.encode() not in path.read_bytes()
    assert table(path, "usage")[0]["requests"] == 2, "how much was used stays: it is numbers"


def test_a_short_prompt_cannot_be_guessed_from_its_hash_without_the_key_beside_the_database(tmp_path):
    path = tmp_path / "records.db"
    assert ids_hash([1, 2], b"a" * 32) != ids_hash([1, 2], b"b" * 32)
    Records(path).close()
    key_file = tmp_path / ("records.db" + HASH_KEY)
    assert key_file.stat().st_mode & 0o77 == 0
    key_file.unlink()
    with pytest.raises(UserError, match="missing"):
        Records(path)


def test_old_hashes_become_keyed_ones(tmp_path, monkeypatch):
    path = tmp_path / "records.db"
    upgrade = database.command.upgrade
    monkeypatch.setattr(database.command, "upgrade", lambda config, _head: upgrade(config, "0002"))
    old = open_database(path)
    monkeypatch.undo()
    with old.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO answer (id, request_id, at, expires, key, user_sha256, policy, made_with, request, finish,"
            " prompt_tokens, answer_tokens, prompt_sha256, answer_sha256)"
            " VALUES ('a-0', 'r', '2026', '2027', 'k', NULL, 'metadata', '{}', '{}', 'stop', 1, 1,"
            f" '{PLAIN}', '{PLAIN}')"
        )
    old.dispose()
    open_database(path).dispose()
    key = bytes.fromhex((tmp_path / ("records.db" + HASH_KEY)).read_text())
    (row,) = table(path, "answer")
    assert row["prompt_hmac"] == row["answer_hmac"] == ids_hash([7], key) != PLAIN
    assert row["user_hmac"] is None
    assert PLAIN.encode() not in path.read_bytes()


PLAIN = "e8613f5a5bc9f9feeda32a8e7c80b69dd4878e47b6a91723fb15eb84236b6a2b"
"""SHA-256 of the ids [7]."""


def test_the_migrations_are_one_line_that_whoever_stands_above_can_go_on():
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    numbers = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_an_answer_that_its_client_leaves_is_kept_as_cut(codec, tmp_path):
    from malmoi.serve.server import running

    path = tmp_path / "records.db"
    settings = ServeSettings(records=RecordSettings(path, "whole"))
    with Records(path, settings) as records:
        served = Served(FakeEngine(codec, "사과 과자 자동차 " * 40, delay_s=0.02), codec, settings, records=records)
        with running(create_app(served)) as url:
            import urllib.request

            body = json.dumps({**ASK, "stream": True, "max_tokens": 500}).encode()
            sent = urllib.request.Request(f"{url}/v1/chat/completions", body, {"content-type": "application/json"})
            with urllib.request.urlopen(sent) as reply:
                for _ in range(8):
                    reply.readline()
            assert until(lambda: len(table(path, "answer")) == 1)
    (row,) = table(path, "answer")
    assert row["finish"] == "cut"
    assert 0 < row["answer_tokens"] == len(json.loads(row["answer_ids"])) < 500
    assert [(each["status"], each["model"]) for each in table(path, "request")] == [(499, "fake")]


def test_use_is_not_lost_while_the_database_is_locked_and_no_answer_fails(codec, tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_BUSY_MS", 50)
    path = tmp_path / "records.db"
    client, records, served = opened(codec, path)
    with client, records:
        lock = sqlite3.connect(path, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        assert asked(client).status_code == 200
        assert until(lambda: records.num_lost > 0)
        lock.execute("ROLLBACK")
        lock.close()
        assert asked(client).status_code == 200
        assert until(lambda: len(table(path, "answer")) == 1)
    assert f"malmoi_records_lost {float(records.num_lost)}".encode() in served.server.metrics.text()
    assert table(path, "usage")[0]["requests"] == 2


def test_a_full_or_read_only_database_gives_counted_losses_and_no_failed_answer(codec, tmp_path):
    path = tmp_path / "records.db"
    client, records, _ = opened(codec, path)
    with client, records:
        for pragma in ("max_page_count=1", "query_only=ON"):
            lost = records.num_lost
            with records.engine.connect() as connection:  # the one connection of the writer's pool
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            big = "가나다라마바사 " * 60
            for _ in range(12):
                assert asked(client, messages=[{"role": "user", "content": big}]).status_code == 200
            assert until(lambda lost=lost: records.num_lost > lost), pragma
    assert records.num_lost > 1


KILLED = """
import sys, time, datetime
from pathlib import Path
from malmoi.serve.quota import Use, month_of
from malmoi.serve.records.answers import Asked
from malmoi.serve.records.writer import Records
records = Records(Path(sys.argv[1]), tick_s=0.05)
told = dict(route="/", model="m", status=200, code="", prompt_tokens=1, answer_tokens=1, ms=1.0)
for number in range(10**6):
    now = datetime.datetime.now(datetime.UTC)
    records.put(Asked(f"{number:08}", "r", "k", None, "metadata", 30, told, now))
    records.usage.add("k", month_of(), Use(requests=1, tokens=2))
    print(number, flush=True)
    time.sleep(0.0005)
"""


def test_a_killed_server_loses_what_waited_and_starts_clean(tmp_path):
    path = tmp_path / "records.db"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(told, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        while (last := int(process.stdout.readline())) < 300:
            pass
        process.send_signal(signal.SIGKILL)
        last = max(map(int, process.stdout.read().split()), default=last)
    with Records(path) as again:
        written = sorted(int(row["id"]) for row in table(path, "request"))
        assert written == list(range(len(written))), "what is there has no hole: the queue's end is lost and no more"
        assert 0 < len(written) <= last + 2
        use = again.usage.of("k", month_of())
        assert use.tokens == 2 * use.requests > 0
        again.usage.add("k", month_of(), Use(requests=1))
    assert table(path, "usage")[0]["requests"] == use.requests + 1
