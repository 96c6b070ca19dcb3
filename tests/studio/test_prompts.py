import json
import sqlite3
import time
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from malmoi.serve.http_errors import ApiError
from malmoi.serve.records.database import HASH_KEY, open_database
from malmoi.studio import app
from malmoi.studio.prompts import store
from malmoi.studio.prompts.content import Content, request_of, variables_of
from malmoi.studio.prompts.tables import Prompt
from malmoi.studio.settings import StudioSettings

BASE = "http://127.0.0.1:8600"
CASES = json.loads(Path(__file__).with_name("prompt_requests.json").read_text(encoding="utf-8"))
BEFORE = Path(__file__).with_name("studio_before_versions.sql")
"""A studio.db with four saved prompts, written by the studio of the day before prompts had versions."""


@pytest.fixture
def engine(tmp_path):
    engine = open_database(tmp_path / "studio.db")
    yield engine
    engine.dispose()


def text(words: str) -> dict:
    return {"draft": {"mode": "completion", "prompt": words, "system": "", "turns": []}}


def save(client, title: str, words: str = "글") -> dict:
    made = client.post("/api/prompts", json={"title": title, "body": text(words)})
    assert made.status_code == 201, made.text
    return made.json()


def save_on(client, prompt: dict, base: int, words: str, message: str = ""):
    address = f"/api/prompts/{prompt['id']}/versions"
    return client.post(address, json={"base": base, "body": text(words), "message": message})


def titles(client, **query) -> list[str]:
    return [prompt["title"] for prompt in client.get("/api/prompts", params=query).json()["prompts"]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_body_makes_the_request_that_the_editor_makes(case):
    assert request_of(case["body"], case["given"]) == (case["path"], case["request"])


def test_a_variable_without_a_value_or_without_a_place_is_named():
    body = text("{{이름}} {{곳}}") | {"variables": {"이름": "가"}}
    assert variables_of(Content.model_validate(body)) == ["이름", "곳"]
    with pytest.raises(ApiError, match=r"variables\.곳 has no value"):
        request_of(body, {})
    with pytest.raises(ApiError, match="'곧', which the prompt does not name; it has 이름, 곳"):
        request_of(body, {"곧": "서울"})


def test_prompts_that_the_studio_saved_before_versions_are_their_own_first_version(tmp_path):
    path = tmp_path / "studio.db"
    with sqlite3.connect(path) as old:
        old.executescript(BEFORE.read_text(encoding="utf-8"))
        before = {row[0]: row[1:] for row in old.execute("SELECT id, title, body, created, updated FROM prompt")}
    old.close()
    (tmp_path / f"studio.db{HASH_KEY}").write_text("ab" * 32, encoding="ascii")
    engine = open_database(path)
    rows, after = store.list_prompts(engine, store.Query())
    assert (len(rows), after) == (4, None)
    for row in rows:
        kept = store.read_prompt(engine, row["id"])
        title, body, created, updated = before[row["id"]]
        assert (kept["title"], kept["created"], kept["updated"]) == (title, created, updated)
        assert (kept["n"], kept["version"]["body"], kept["version"]["parent"]) == (1, json.loads(body), None)
        assert kept["version"]["sha256"] == store.sha256_of(json.loads(body))
    lines = {row["title"]: row["first_line"] for row in rows if row["title"] != "옛날이야기"}
    assert lines == {"상담 👋": "친절하게 답해요.", "빈 것": ""}
    found, _ = store.list_prompts(engine, store.Query("환불되나요"))  # what was saved decomposed is found composed
    assert [row["title"] for row in found] == ["상담 👋"]
    talk = found[0]
    assert store.add_version(engine, talk["id"], 1, text("새 글"))["n"] == 2
    assert store.read_version(engine, talk["id"], 1)["body"] == json.loads(before[talk["id"]][1])
    engine.dispose()


def test_saving_again_makes_a_version_and_rewrites_none(client):
    prompt = save(client, "인사", "안녕")
    second = save_on(client, prompt, 1, "안녕하세요", "높임말로")
    assert (second.status_code, second.json()["n"], second.json()["version"]["parent"]) == (201, 2, 1)
    assert save_on(client, prompt, 2, "안녕하세요").json()["n"] == 2  # the same text is no version
    listed = client.get(f"/api/prompts/{prompt['id']}/versions").json()
    assert [(row["n"], row["message"]) for row in listed["versions"]] == [(2, "높임말로"), (1, "")]
    assert listed["next"] is None
    assert client.get(f"/api/prompts/{prompt['id']}/versions/1").json() == prompt["version"]
    page = client.get(f"/api/prompts/{prompt['id']}/versions", params={"limit": 1}).json()
    assert (len(page["versions"]), page["next"]) == (1, 2)
    rest = client.get(f"/api/prompts/{prompt['id']}/versions", params={"limit": 1, "before": 2}).json()
    assert ([row["n"] for row in rest["versions"]], rest["next"]) == ([1], None)
    # To roll back is to save the old text as the newest version.
    assert save_on(client, prompt, 2, "안녕", "1판으로 되돌림").json()["n"] == 3
    missing = client.get(f"/api/prompts/{prompt['id']}/versions/9")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "version_not_found")


def test_who_saves_on_an_old_version_gets_the_newer_text_and_writes_nothing(client):
    prompt = save(client, "인사", "안녕")
    save_on(client, prompt, 1, "그의 글")
    refused = save_on(client, prompt, 1, "나의 글")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "version_conflict")
    assert refused.json()["newest"]["n"] == 2
    assert refused.json()["newest"]["body"] == text("그의 글")
    assert client.get(f"/api/prompts/{prompt['id']}").json()["n"] == 2
    assert save_on(client, prompt, 2, "나의 글").json()["n"] == 3


def test_two_writers_at_one_moment_make_two_numbers_or_one_conflict(engine):
    prompt = store.add_prompt(engine, "인사", text("안녕"))
    taken = dict(prompt["version"], n=2)
    with engine.begin() as connection:  # the other writer's row, put in after this one has read that 1 is the newest
        connection.exec_driver_sql(
            "CREATE TRIGGER other BEFORE INSERT ON prompt_version BEGIN SELECT RAISE(ABORT, 'UNIQUE'); END"
        )
    with pytest.raises(store.ConflictError) as conflict:
        store.add_version(engine, prompt["id"], 1, text("둘"))
    assert conflict.value.newest["n"] == taken["n"] - 1


def test_a_name_that_is_taken_is_refused_so_that_nothing_is_overwritten(client):
    first = save(client, "인사")
    for name in ("인사", unicodedata.normalize("NFD", "인사"), "  인사 \n"):
        again = client.post("/api/prompts", json={"title": name, "body": text("다른 글")})
        assert (again.status_code, again.json()["error"]["code"]) == (409, "name_taken")
        assert first["id"] in again.json()["error"]["message"]
    other = save(client, "작별")
    address = f"/api/prompts/{other['id']}"
    assert client.put(address, json={"title": "인사"}).json()["error"]["code"] == "name_taken"
    assert client.put(address, json={"title": "작별 인사"}).json()["title"] == "작별 인사"
    assert client.put(address, json={"title": "작별 인사"}).status_code == 200
    assert titles(client, q="작별") == ["작별 인사"]


def test_lists_come_in_pages_without_bodies_and_are_searched_by_all_words(client):
    for number in range(5):
        save(client, f"이름 {number}", f"\n\n  {'짝수' if number % 2 == 0 else '홀수'} 100% 글_{number}\n둘째 줄")
    first = client.get("/api/prompts", params={"limit": 2}).json()
    save(client, "그 사이에 저장한 것")
    second = client.get("/api/prompts", params={"limit": 2, "after": first["next"]}).json()
    third = client.get("/api/prompts", params={"limit": 2, "after": second["next"]}).json()
    pages = [[prompt["title"] for prompt in page["prompts"]] for page in (first, second, third)]
    assert pages == [["이름 4", "이름 3"], ["이름 2", "이름 1"], ["이름 0"]]
    assert third["next"] is None
    assert first["prompts"][0]["first_line"] == "짝수 100% 글_4"
    assert "version" not in first["prompts"][0]
    assert titles(client, q="짝수 둘째") == ["이름 4", "이름 2", "이름 0"]
    assert titles(client, q="글_2") == ["이름 2"]  # no wildcard: 글_2 is not 글x2
    assert titles(client, q="0% 홀수") == ["이름 3", "이름 1"]
    assert titles(client, q=unicodedata.normalize("NFD", "짝수")) == titles(client, q="짝수")
    wrong = client.get("/api/prompts", params={"after": "xyz"})
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "after")


def test_a_removed_prompt_lies_in_the_trash_for_thirty_days(client, engine):
    prompt = save(client, "인사")
    address = f"/api/prompts/{prompt['id']}"
    assert client.delete(address).status_code == 204
    assert (titles(client), titles(client, trash=True)) == ([], ["인사"])
    assert client.get(address).json()["deleted"] is not None  # it can still be read
    for refused in (client.delete(address), client.put(address, json={"title": "가"}), save_on(client, prompt, 1, "x")):
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "prompt_not_found")
    assert save(client, "인사")["id"] != prompt["id"]  # the name is free again
    assert client.post(f"{address}/restore").json()["deleted"] is None
    assert titles(client) == ["인사", "인사 (2)"]
    kept = store.add_prompt(engine, "남는 것", text("가"))["id"]
    old = store.add_prompt(engine, "오래된 것", text("가"))["id"]
    store.move_to_trash(engine, old)
    now = datetime.now(UTC)
    assert store.empty_trash(engine, now + timedelta(days=store.TRASH_DAYS, seconds=-5)) == 0
    assert store.empty_trash(engine, now + timedelta(days=store.TRASH_DAYS, seconds=5)) == 1
    assert (store.read_prompt(engine, old), store.list_versions(engine, old, None, 9)) == (None, [])
    assert store.read_prompt(engine, kept)["n"] == 1


def test_a_label_stands_on_one_version_and_can_be_moved(client):
    prompt = save(client, "인사", "하나")
    save_on(client, prompt, 1, "둘")
    address = f"/api/prompts/{prompt['id']}/labels/운영"
    assert client.put(address, json={"n": 1}).json()["labels"] == [{"name": "운영", "n": 1}]
    assert client.put(address, json={"n": 2}).json()["labels"] == [{"name": "운영", "n": 2}]
    assert client.put(address, json={"n": 3}).json()["error"]["code"] == "version_not_found"
    rows = client.get(f"/api/prompts/{prompt['id']}/versions").json()["versions"]
    assert [(row["n"], row["labels"]) for row in rows] == [(2, ["운영"]), (1, [])]
    assert client.delete(address).json()["labels"] == []
    assert client.delete(address).json()["error"]["code"] == "label_not_found"
    assert client.put(f"/api/prompts/{prompt['id']}/labels/a@b", json={"n": 1}).status_code == 400


def call(client, reference: str, body: dict | None = None, path: str = "completions"):
    return client.post(f"/v1/prompts/{reference}/{path}", json={"max_tokens": 2, **(body or {})})


def test_a_prompt_answers_by_its_name_its_version_and_its_label(client, served):
    prompt = save(client, "인사/아침", "하나")
    save_on(client, prompt, 1, "둘")
    said = lambda: served.codec.decode(served.engine.requests[-1].prompt_ids)  # noqa: E731
    for reference, words, n in (("인사/아침", "둘", 2), ("인사/아침@1", "하나", 1), (prompt["id"], "둘", 2)):
        answer = call(client, reference)
        assert answer.status_code == 200, answer.text
        assert (said(), answer.headers["x-malmoi-prompt"]) == (words, f"{prompt['id']}@{n}")
    client.put(f"/api/prompts/{prompt['id']}/labels/운영", json={"n": 1})
    assert call(client, "인사/아침", {"prompt": " 그리고", "model": ""}).status_code == 200
    assert said() == "하나 그리고"
    assert call(client, "인사/아침@운영", {"stream": True}).text.endswith("[DONE]\n\n")
    missing = call(client, "인사/아침@시험")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "version_not_found")
    assert "1~2판" in missing.json()["error"]["message_ko"]
    assert call(client, "없는 것").json()["error"]["code"] == "prompt_not_found"
    wrong = call(client, "인사/아침", path="chat/completions")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (409, "wrong_way_to_call")
    assert call(client, "인사/아침", {"prompt": ["a", "b"]}).json()["error"]["param"] == "prompt"
    assert call(client, "인사/아침", {"temperature": 99}).json()["error"]["param"] == "temperature"


def test_a_conversation_is_called_with_values_for_its_variables_and_further_turns(client, served):
    draft = {"mode": "chat", "prompt": "", "system": "{{말투}}로", "turns": [{"role": "user", "text": "안녕"}]}
    client.post("/api/prompts", json={"title": "상담", "body": {"draft": draft, "sampling": {"max_tokens": 3}}})
    more = {"messages": [{"role": "assistant", "content": "네"}, {"role": "user", "content": "환불"}]}
    client.post("/v1/prompts/상담/chat/completions", json={**more, "variables": {"말투": "해요체"}})
    sent = served.engine.requests[-1]
    assert served.codec.decode(sent.prompt_ids) == "해요체로안녕네환불"
    assert sent.max_tokens == 3
    missing = client.post("/v1/prompts/상담/chat/completions", json=more)
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, "variable_missing")
    wrong = client.post("/v1/prompts/상담/chat/completions", json={**more, "variables": {"말투": 3}})
    assert wrong.json()["error"]["param"] == "variables"


def test_two_old_prompts_of_one_name_are_called_by_their_ids(client):
    first = save(client, "인사")
    client.delete(f"/api/prompts/{first['id']}")
    second = save(client, "인사")
    with Session(client.app.state.store) as session, session.begin():  # as a studio of before has left it
        session.get(Prompt, first["id"]).deleted = None
    both = call(client, "인사")
    assert (both.status_code, both.json()["error"]["code"]) == (409, "name_not_unique")
    assert all(one["id"] in both.json()["error"]["message"] for one in (first, second))
    assert call(client, second["id"]).status_code == 200


def test_what_the_editor_did_not_write_is_kept_and_not_run(client):
    body = {"messages": [{"role": "user", "content": "안녕"}]}
    made = client.post("/api/prompts", json={"title": "남의 것", "body": body}).json()
    assert (made["version"]["body"], made["first_line"]) == (body, "")
    assert call(client, "남의 것").json()["error"]["code"] == "prompt_not_runnable"


def test_a_prompt_that_comes_back_to_a_name_that_is_taken_gets_a_free_one(client):
    old = save(client, "인사", "옛 글")
    client.delete(f"/api/prompts/{old['id']}")
    save(client, "인사", "새 글")
    back = client.post(f"/api/prompts/{old['id']}/restore").json()
    assert back["title"] == "인사 (2)"
    assert sorted(titles(client)) == ["인사", "인사 (2)"]
    assert call(client, "인사").status_code == call(client, "인사 (2)").status_code == 200


def test_names_and_labels_are_found_in_every_form_of_hangul(client):
    prompt = save(client, "인사")
    label = unicodedata.normalize("NFD", "운영")
    put = client.put(f"/api/prompts/{prompt['id']}/labels/{label}", json={"n": 1})
    assert put.json()["labels"] == [{"name": "운영", "n": 1}]
    assert call(client, unicodedata.normalize("NFD", "인사@운영")).status_code == 200
    assert client.delete(f"/api/prompts/{prompt['id']}/labels/{label}").json()["labels"] == []


@pytest.mark.parametrize("number", [0, 2**31, 10**30])
def test_a_number_that_no_version_can_have_is_refused(client, number):
    prompt = save(client, "인사")
    path = f"/api/prompts/{prompt['id']}"
    asked = [client.get(f"{path}/versions/{number}"), client.get(f"{path}/versions?before={number}")]
    asked += [client.put(f"{path}/labels/운영", json={"n": number}), save_on(client, prompt, number, "다른 글")]
    assert [answer.status_code for answer in asked] == [400] * 4


def test_values_that_would_fill_the_memory_are_refused_before_they_are_put_in(client):
    save(client, "폭탄", "{{가}}" * 20_000)
    refused = call(client, "폭탄", {"variables": {"가": "나" * 200_000}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "text_too_long")


def test_the_trash_is_emptied_while_the_studio_runs(served, bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "TRASH_S", 0.01)
    with TestClient(app.create_app(StudioSettings(), served, tmp_path, bundle), base_url=BASE) as client:
        prompt = save(client, "옛 글")
        client.delete(f"/api/prompts/{prompt['id']}")
        with Session(client.app.state.store) as session, session.begin():
            session.get(Prompt, prompt["id"]).deleted = "2020-01-01T00:00:00.000000Z"
        end = time.monotonic() + 10
        while client.get(f"/api/prompts/{prompt['id']}").status_code != 404:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert client.get("/api/prompts?trash=true").json()["prompts"] == []
