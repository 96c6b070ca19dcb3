import csv
import datetime
import io
import json
import re
import time

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from malmoi.serve.records.tables import AnswerRow, RequestRow
from malmoi.studio.answers import listing, open_answers, store
from malmoi.studio.answers.card_shapes import CardResult
from malmoi.studio.answers.live import Live, Place
from malmoi.studio.answers.making import Step
from malmoi.studio.answers.store import first_id_of, new_id
from malmoi.studio.answers.tables import HistoryPart, HistoryRow
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings

BASE = "http://127.0.0.1:8600"


def asked(client, kind="completion", body=None, **more):
    body = {"prompt": "옛날에", "max_tokens": 50} if body is None else body
    response = client.post("/api/answers", json={"kind": kind, "body": body, **more})
    assert response.status_code == 201, response.text
    return response.json()["id"]


def heard(client, *ids, last=None):
    headers = {} if last is None else {"Last-Event-ID": last}
    response = client.get(f"/api/events?answers={','.join(ids)}", headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream"), response.text
    blocks = [block.split("\n") for block in response.text.split("\n\n") if block.startswith("id: ")]
    return [(block[0][4:], json.loads(block[1][6:])) for block in blocks]


def detail(client, answer_id):
    return client.get(f"/api/answers/{answer_id}").json()


def wait_until(holds, limit_s=10.0):
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_answer_is_made_followed_and_kept(client, served):
    answer_id = asked(client, source={"prompt": "p1", "version": 3})
    events = heard(client, answer_id)
    assert "".join(event["text"] for _, event in events) == served.engine.text
    assert events[0][1]["begin"] == [0, 0]
    assert events[-1][1]["end"]["state"] == "done"
    kept = detail(client, answer_id)
    assert (kept["state"], kept["text"], kept["asked"]) == ("done", served.engine.text, "옛날에")
    assert kept["body"] == {"prompt": "옛날에", "max_tokens": 50}
    assert (kept["source"], kept["subject"]) == ({"prompt": "p1", "version": 3}, "p1")
    assert served.num_requests == 0


def test_a_chat_and_a_card_go_the_same_way(client):
    messages = [{"role": "system", "content": "짧게"}, {"role": "user", "content": "안녕 👋"}]
    chat = asked(client, "chat", {"messages": messages, "logprobs": True, "top_logprobs": 2})
    card = asked(client, "card", {"card": "word_chain", "inputs": {"word": "사과", "history": []}})
    by_answer = {chat: [], card: []}
    for _, event in heard(client, chat, card):
        by_answer[event["answer"]].append(event)
    tokens = [token for event in by_answer[chat] for token in event.get("tokens", [])]
    assert len(tokens) == by_answer[chat][-1]["end"]["answer_tokens"]
    assert [len(token["top"]) for token in tokens] == [2] * len(tokens)
    end = by_answer[card][-1]["end"]
    assert end["result"]["output"]["history"][0] == "사과"
    assert any(event.get("told", {}).get("start", {}).get("prompt") for event in by_answer[card])
    assert (detail(client, chat)["asked"], detail(client, card)["subject"]) == ("안녕 👋", "word_chain")
    assert detail(client, card)["result"] == end["result"]
    assert detail(client, chat)["tokens"] == tokens


@pytest.mark.parametrize(
    ("card", "inputs"),
    [
        ("word_chain", {"word": "사과", "history": []}),
        ("word_chain", {"word": "쀍", "history": []}),
        ("content_classification", {"text": "새 다리가 놓였다"}),
        ("marketing_copy", {"product": "접는 의자", "features": "가볍다", "tone": "담백하게"}),
    ],
)
def test_the_result_of_a_card_has_the_shape_that_the_schema_names(client, card, inputs):
    answer_id = asked(client, "card", {"card": card, "inputs": inputs})
    end = heard(client, answer_id)[-1][1]["end"]
    assert end["state"] == "done"
    TypeAdapter(CardResult).validate_python(end["result"], extra="forbid")
    assert detail(client, answer_id)["result"] == end["result"]


def test_a_reader_that_comes_back_misses_nothing_and_gets_nothing_twice(client, served):
    served.engine.text = "나무꾼은 산에 올랐습니다. 한글 자모 ㄱㅏ 漢字 👩‍👩‍👧 끝. " * 8
    served.engine.delay_s = 0.002
    answer_id = asked(client, body={"prompt": "옛날에", "max_tokens": 2000, "logprobs": 1})
    text, tokens, last = "", [], None
    for cut in (1, 2, 3, 5, 8, 13):  # as if the connection broke after so many events
        for place, event in heard(client, answer_id, last=last)[:cut]:
            last = place
            assert event["begin"] == [len(text), len(tokens)]
            text, tokens = text + event["text"], tokens + event.get("tokens", [])
            assert event["to"] == [len(text), len(tokens)] == [int(part) for part in last.split(".")]
    for _, event in heard(client, answer_id, last=last):
        text, tokens = text + event["text"], tokens + event.get("tokens", [])
    assert text == served.engine.text
    assert tokens == detail(client, answer_id)["tokens"]
    assert [event["end"]["state"] for _, event in heard(client, answer_id, last=f"{len(text)}.{len(tokens)}")] == [
        "done"
    ]


def test_an_answer_goes_on_when_nobody_reads_and_its_text_is_in_the_database_meanwhile(client, served):
    served.engine.text, served.engine.delay_s = "가나다라 " * 400, 0.005
    answer_id = asked(client, body={"prompt": "옛날에", "max_tokens": 2000})
    wait_until(lambda: parts(client))
    before = "".join(part.text for part in parts(client))
    assert served.engine.text.startswith(before) and before
    assert detail(client, answer_id)["state"] == "running"
    assert len(detail(client, answer_id)["text"]) >= len(before)
    client.post(f"/api/answers/{answer_id}/stop")
    kept = detail(client, answer_id)
    assert kept["state"] == "stopped"
    assert served.engine.text.startswith(kept["text"]) and len(kept["text"]) >= len(before)
    wait_until(lambda: served.engine.num_open == 0 and served.num_requests == 0)
    wait_until(lambda: not parts(client))
    assert client.post(f"/api/answers/{answer_id}/stop").status_code == 204
    assert detail(client, answer_id)["state"] == "stopped"


def parts(client):
    with Session(client.app.state.store) as session:
        return session.scalars(select(HistoryPart).order_by(HistoryPart.number)).all()


def test_what_the_end_of_the_server_cuts_is_kept(served, bundle, tmp_path):
    served.engine.text, served.engine.delay_s = "가나다라 " * 400, 0.005
    with TestClient(create_app(StudioSettings(), served, tmp_path, bundle), base_url=BASE) as client:
        answer_id = asked(client, body={"prompt": "옛날에", "max_tokens": 2000})
        wait_until(lambda: len(detail(client, answer_id)["text"]) > 20)
    with TestClient(create_app(StudioSettings(), None, tmp_path, bundle), base_url=BASE) as client:
        kept = detail(client, answer_id)
        assert kept["state"] == "cut"
        assert served.engine.text.startswith(kept["text"]) and len(kept["text"]) > 20


@pytest.mark.parametrize(
    ("kind", "body", "param"),
    [
        ("completion", {"prompt": "가", "max_tokens": 99_999}, "max_tokens"),
        ("completion", {"prompt": ["가", "나"]}, "prompt"),
        ("completion", {"prompt": "가", "n": 2}, "prompt"),
        ("completion", {"prompt": "가", "bogus": 1}, "bogus"),
        ("chat", {"messages": []}, "messages"),
        ("chat", {"messages": [{"role": "user", "content": "가"}], "n": 2}, "n"),
        ("card", {"card": "absent", "inputs": {}}, "card"),
        ("card", {"card": "content_classification", "inputs": {}}, "inputs.text"),
        ("card", {"card": "content_classification", "inputs": {"text": "가" * 2000}}, "inputs.text"),
        ("card", {"card": "content_classification", "inputs": {"text": "가", "x": 1}}, "inputs.x"),
        ("card", {"card": "word_chain", "inputs": {}, "decoding": {"temperature": 9}}, "decoding.temperature"),
        ("card", {"card": "word_chain", "inputs": {}, "decoding": {"stop": "x"}}, "decoding.stop"),
        ("card", {"card": "word_chain", "inputs": []}, "inputs"),
        ("picture", {}, "kind"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_kept(client, served, kind, body, param):
    response = client.post("/api/answers", json={"kind": kind, "body": body})
    assert response.status_code in (400, 404)
    assert response.json()["error"]["param"] == param
    assert served.num_requests == 0
    assert client.get("/api/answers").json() == {"answers": [], "after": None}


def test_a_full_server_is_a_429_and_a_failing_engine_a_kept_failure(client, served):
    taken = [served.admission.take("x") for _ in range(3)]
    full = client.post("/api/answers", json={"kind": "completion", "body": {"prompt": "가"}})
    assert (full.status_code, full.json()["error"]["code"]) == (429, "queue_full")
    for place in taken:
        place.release()
    served.engine.error = ValueError("비밀")
    for kind, body in (("completion", {"prompt": "가"}), ("card", {"card": "word_chain", "inputs": {}})):
        answer_id = asked(client, kind, body)
        end = heard(client, answer_id)[-1][1]["end"]
        assert (end["state"], end["error"]["type"]) == ("failed", "server_error")
        assert "비밀" not in json.dumps(end, ensure_ascii=False)
        assert detail(client, answer_id)["error"] == end["error"]
    assert served.num_requests == 0


def test_no_more_answers_than_the_studio_holds_are_under_way(client, served, monkeypatch):
    monkeypatch.setattr(open_answers, "MAX_OPEN", 1)
    served.engine.delay_s = 0.05
    first = asked(client)
    refused = client.post("/api/answers", json={"kind": "completion", "body": {"prompt": "가"}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_answers")
    client.post(f"/api/answers/{first}/stop")
    wait_until(lambda: client.post("/api/answers", json={"kind": "completion", "body": {"prompt": "가"}}).is_success)


def test_the_same_is_asked_again_and_said_to_be_equal_or_where_it_differs(client, served):
    first = asked(client, body={"prompt": "옛날에"})
    heard(client, first)
    wait_until(lambda: client.app.state.answers.live(first) is None)
    again = client.post(f"/api/answers/{first}/again").json()["id"]
    heard(client, again)
    kept = detail(client, again)
    assert kept["again"] == {"of": first, "is_equal": True, "place": None, "was": None, "now": None}
    assert kept["seed"] == detail(client, first)["seed"] == str(served.engine.requests[0].seed)
    served.engine.text = "안녕하세요, 또 만났네요."
    other = client.post(f"/api/answers/{first}/again").json()["id"]
    heard(client, other)
    differs = detail(client, other)["again"]
    assert (differs["is_equal"], differs["place"]) == (False, 5)
    assert (differs["was"], differs["now"]) == (". 반갑습니다.", ", 또 만났네요.")
    card = asked(client, "card", {"card": "word_chain", "inputs": {"word": "사과", "history": []}})
    heard(client, card)
    wait_until(lambda: client.app.state.answers.live(card) is None)
    again = client.post(f"/api/answers/{card}/again").json()["id"]
    heard(client, again)
    assert detail(client, again)["again"]["is_equal"]
    assert detail(client, again)["seed"] == detail(client, card)["seed"]


def test_the_servers_records_and_the_history_have_one_id(client, served):
    answer_id = asked(client)
    heard(client, answer_id)

    def rows():
        with Session(client.app.state.store) as session:
            return session.get(AnswerRow, f"{answer_id}-0"), session.get(RequestRow, answer_id)

    wait_until(lambda: all(rows()))
    record, request = rows()
    assert (record.policy, record.key) == ("whole", "studio")
    assert served.codec.decode(record.answer_ids[:-1]) == detail(client, answer_id)["text"]
    assert (request.status, request.route) == (200, "/api/answers")
    assert detail(client, answer_id)["made_with"]["model_sha256"] == "0" * 64


def test_the_trash_keeps_an_answer_for_thirty_days(client):
    answer_id, other = asked(client), asked(client)
    heard(client, answer_id, other)
    wait_until(lambda: client.app.state.answers.live(answer_id) is None)
    assert client.delete(f"/api/answers/{answer_id}").status_code == 204
    assert [each["id"] for each in client.get("/api/answers").json()["answers"]] == [other]
    assert [each["id"] for each in client.get("/api/answers?trash=1").json()["answers"]] == [answer_id]
    assert client.post(f"/api/answers/{answer_id}/restore").status_code == 204
    assert len(client.get("/api/answers").json()["answers"]) == 2
    client.delete(f"/api/answers/{answer_id}")
    wait_until(lambda: detail(client, answer_id)["made_with"])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    assert store.purge(client.app.state.store, now + 29 * day) == 0
    assert store.purge(client.app.state.store, now + 31 * day) == 1
    assert client.get(f"/api/answers/{answer_id}").status_code == 404
    with Session(client.app.state.store) as session:
        assert session.get(AnswerRow, f"{answer_id}-0") is None
        assert session.get(RequestRow, answer_id) is None
        assert session.get(AnswerRow, f"{other}-0") is not None


def test_an_answer_under_way_is_not_thrown_away(client, served):
    served.engine.delay_s = 0.05
    answer_id = asked(client)
    refused = client.delete(f"/api/answers/{answer_id}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "answer_running")
    client.post(f"/api/answers/{answer_id}/stop")
    for method, path in (("DELETE", ""), ("POST", "/restore"), ("POST", "/again"), ("GET", "")):
        assert client.request(method, f"/api/answers/{'0' * 32}{path}").status_code == 404


@pytest.mark.parametrize(
    ("query", "last", "param"),
    [
        ("answers=", None, "answers"),
        ("answers=x", None, "answers"),
        ("answers=" + "," * 200, None, "answers"),
        ("answers=" + ",".join([f"{7:032x}"] * 2), None, "answers"),
        (f"answers={7:032x}", "1", "Last-Event-ID"),
        (f"answers={7:032x}", "1.2,3.4", "Last-Event-ID"),
        (f"answers={7:032x}", "-1.0", "Last-Event-ID"),
        (f"answers={7:032x}", "1" * 20 + ".0", "Last-Event-ID"),
    ],
)
def test_a_connection_with_a_wrong_list_or_place_is_refused(client, query, last, param):
    response = client.get(f"/api/events?{query}", headers={} if last is None else {"Last-Event-ID": last})
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_one_page_too_many_is_told_so_by_its_status(client, monkeypatch):
    monkeypatch.setattr(open_answers, "_MAX_READERS", 0)
    refused = client.get(f"/api/events?answers={7:032x}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_readers")


def test_an_answer_that_is_gone_is_said_to_be(client):
    assert heard(client, f"{7:032x}")[-1][1]["end"] == {"state": "gone"}


def test_ids_sort_by_age_and_a_moment_has_its_first_id():
    before = datetime.datetime.now(datetime.UTC)
    ids = [new_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert all(first_id_of(before) <= each < first_id_of(before + datetime.timedelta(minutes=1)) for each in ids)


def test_a_long_answer_is_read_from_any_place_without_reading_it_all():
    live = Live("x")
    for number in range(10_000):
        live.add(Step(f"{number}번 "))
    whole = live.text()
    assert [live.text(start) for start in (0, 1, 777, len(whole) - 1, len(whole), len(whole) + 9)] == [
        whole[start:] for start in (0, 1, 777, len(whole) - 1, len(whole), len(whole) + 9)
    ]
    place = Place(characters=len(whole) - 2)
    assert live.news(place)["text"] == whole[-2:]
    assert live.news(place) is None


def test_a_list_is_paged_filtered_and_searched(client):
    rows = [row(f"옛날 {number}", f"나무꾼 {number}번째 100% 이야기", at_ms=number) for number in range(7)]
    rows[2].kind, rows[3].subject, rows[4].model = "card", "p9", "other"
    rows[5].text, rows[6].deleted = "café NFC 도토리_묵", "2026-11-30T00:00:00.000+00:00"
    for each in rows:
        store.insert(client.app.state.store, each)
    assert [found["asked"] for found in listed(client, size=3)] == ["옛날 5", "옛날 4", "옛날 3"]
    first = client.get("/api/answers?size=3").json()
    assert [found["asked"] for found in listed(client, size=3, after=first["after"])] == ["옛날 2", "옛날 1", "옛날 0"]
    assert client.get("/api/answers?size=6").json()["after"] is None
    for words, number in (
        ("나무꾼", 5),
        ("100%", 5),
        ("1_0", 0),
        ("CAFé", 1),
        ("cafe\u0301", 1),
        ("옛날 3", 1),
        ("도토리_", 1),
    ):
        assert len(listed(client, q=words)) == number, words
    assert [found["asked"] for found in listed(client, kind="card")] == ["옛날 2"]
    assert [found["asked"] for found in listed(client, subject="p9")] == ["옛날 3"]
    assert [found["asked"] for found in listed(client, model="other")] == ["옛날 4"]
    assert [found["asked"] for found in listed(client, trash=1)] == ["옛날 6"]
    assert len(listed(client, **{"from": "1970-01-01T00:00:00.004Z"})) == 2
    for query, param in (("from=soon", "from"), ("after=x", "after"), ("size=0", "size"), ("kind=x", "kind")):
        refused = client.get(f"/api/answers?{query}")
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


def test_a_page_that_looks_for_a_rare_word_says_where_to_go_on(client, monkeypatch):
    monkeypatch.setattr(listing, "WINDOW", 3)
    for number in range(8):
        store.insert(client.app.state.store, row("물음", "도토리" if number == 0 else "다른 말", at_ms=number))
    found, after, pages = [], "f" * 32, 0
    while after is not None:
        page = client.get(f"/api/answers?q=도토리&after={after}").json()
        found, after, pages = found + page["answers"], page["after"], pages + 1
    assert (len(found), pages) == (1, 3)


@pytest.mark.parametrize("form", ["txt", "md", "jsonl", "csv"])
def test_answers_are_taken_away_as_a_file(client, form):
    messages = [{"role": "system", "content": "짧게"}, {"role": "user", "content": [{"type": "text", "text": "=1+1?"}]}]
    kept = [
        row("옛날에", '줄 1\n줄 2, "따옴표"', at_ms=1, body={"prompt": "옛날에"}),
        row("=1+1?", "=2", at_ms=2, kind="chat", body={"messages": messages}),
        row("의자", "앉아요", at_ms=3, kind="card", body={"card": "marketing_copy", "inputs": {"product": "의자"}}),
    ]
    kept[2].result = {"output": {"fields": {"제목": "앉아요"}, "complete": True, "text": "앉아요"}}
    ids = [each.id for each in kept]
    for each in kept:
        store.insert(client.app.state.store, each)
    answer = client.get(f"/api/answers/export?format={form}")
    assert answer.headers["content-disposition"].endswith(f'.{form}"')
    for words in ("옛날에", "줄 2", "짧게", "의자", "앉아요"):
        assert words in answer.text
    if form == "csv":
        lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert [line[-1] for line in lines[1:]] == ["제목: 앉아요", "'=2", '줄 1\n줄 2, "따옴표"']
        assert answer.content.startswith(b"\xef\xbb\xbf")
    if form == "jsonl":
        tables = [json.loads(line) for line in answer.text.splitlines()]
        assert [table["id"] for table in tables] == ids[::-1]
        assert tables[1]["body"] == {"messages": messages}
    one = client.get(f"/api/answers/export?format={form}&ids={ids[0]}").text
    assert "줄 2" in one and "의자" not in one
    assert client.get(f"/api/answers/export?format={form}&ids=x").status_code == 400


@pytest.mark.parametrize(
    ("card", "inputs", "said"),
    [
        ("word_chain", {"word": "쀍", "history": []}, r"\[답\]\n\S.*요\.\n"),
        ("content_classification", {"text": "새 다리가 놓였다"}, r"\[답\]\n(고르지 않았어요|\S+ \([\d.]+%\))\n"),
    ],
)
def test_a_file_also_says_what_a_card_chose(client, card, inputs, said):
    answer_id = asked(client, "card", {"card": card, "inputs": inputs})
    assert heard(client, answer_id)[-1][1]["end"]["state"] == "done"
    of_it = f"/api/answers/export?ids={answer_id}&format="
    wait_until(lambda: '"state": "done"' in client.get(f"{of_it}jsonl").text)  # written down after its last event
    text = client.get(f"{of_it}txt").text
    assert re.search(said, text), text
    assert "[history]" not in text


def row(asked_words, text, at_ms, kind="completion", body=None):
    table = {"subject": None, "source": {}, "finish": "stop", "result": None, "error": None, "tokens": None}
    return HistoryRow(
        **{**table, "again_of": None, "deleted": None, "told": {}, "seed": 7, "model": "fake", "state": "done"},
        prompt_tokens=1,
        answer_tokens=2,
        seconds=0.5,
        at="2026-11-30T00:00:00.000+00:00",
        id=f"{at_ms:012x}" + "7" * 20,
        kind=kind,
        asked=asked_words,
        text=text,
        body=body or {},
    )


def listed(client, **query):
    answer = client.get("/api/answers", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["answers"]
