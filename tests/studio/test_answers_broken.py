"""What breaks loses nothing: connections cut at random places, and a server that is killed while it answers."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from slow_studio import TEXT, make_studio
from sqlalchemy import select
from sqlalchemy.orm import Session

from malmoi.serve.records.database import open_database
from malmoi.serve.server import running
from malmoi.studio.answers.making import Step
from malmoi.studio.answers.tables import HistoryPart

BODY = {"prompt": "옛날에", "max_tokens": 1500, "logprobs": 1}


def ask(client):
    made = client.post("/api/answers", json={"kind": "completion", "body": BODY})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def read_on(client, ids, last, num_bytes):
    """Events of one connection that breaks after so many bytes, as a network does: anywhere, also inside a syllable."""
    content = b""
    headers = {"Last-Event-ID": last} if last else {}
    with client.stream("GET", f"/api/events?answers={','.join(ids)}", headers=headers) as response:
        assert response.status_code == 200
        for chunk in response.iter_raw():
            content += chunk
            if len(content) >= num_bytes:
                break
    whole = content[:num_bytes].rpartition(b"\n\n")[0].decode()
    blocks = [block.split("\n") for block in whole.split("\n\n") if block.startswith("id: ")]
    return [(block[0][4:], json.loads(block[1][6:])) for block in blocks]


def test_twenty_broken_connections_lose_no_character_of_four_answers(tmp_path):
    draw, broken = random.Random(20261130), 0
    app, _ = make_studio(tmp_path)
    with running(app) as url, httpx.Client(base_url=url, timeout=20) as client:
        ids = [ask(client) for _ in range(4)]
        texts, tokens, ended, last = dict.fromkeys(ids, ""), {each: [] for each in ids}, set(), None
        while len(ended) < 4:
            num_bytes = draw.randint(200, 9_000) if broken < 20 else 10**9
            broken += 1
            for place, event in read_on(client, ids, last, num_bytes):
                each, last = event["answer"], place
                assert event["begin"] == [len(texts[each]), len(tokens[each])]
                texts[each] += event["text"]
                tokens[each] += event.get("tokens", [])
                if event.get("end"):
                    ended.add(each)
        assert broken > 20
        assert set(texts.values()) == {TEXT}
        for each in ids:
            kept = client.get(f"/api/answers/{each}").json()
            assert (kept["state"], kept["text"], kept["tokens"]) == ("done", TEXT, tokens[each])


@pytest.fixture
def process(tmp_path):
    started = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("slow_studio.py")), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


@pytest.mark.slow
def test_a_killed_server_leaves_the_text_so_far(process, tmp_path):
    url = process.stdout.readline().strip()
    with httpx.Client(base_url=url, timeout=20) as client:
        answer_id = ask(client)
        database = open_database(tmp_path / "runs" / "studio.db")
        saved = wait_for(lambda: written(database))
        process.send_signal(signal.SIGKILL)
        process.wait()
    saved = written(database)
    database.dispose()
    assert saved and TEXT.startswith(saved) and saved != TEXT
    app, _ = make_studio(tmp_path)
    with TestClient(app, base_url="http://127.0.0.1:8600") as client:
        kept = client.get(f"/api/answers/{answer_id}").json()
        assert (kept["state"], kept["text"]) == ("cut", saved)
        assert kept["answer_tokens"] == len(kept["tokens"]) > 0
        assert kept["seconds"] > 0
        # A page that had seen more than the disk keeps what it has and learns that it is over.
        seen = f"{len(saved) + 5}.{len(kept['tokens']) + 1}"
        told = client.get(f"/api/events?answers={answer_id}", headers={"Last-Event-ID": seen}).text
        assert '"state":"cut"' in told
        assert client.app.state.answers.live(answer_id) is None


def written(database):
    with Session(database) as session:
        return "".join(session.scalars(select(HistoryPart.text).order_by(HistoryPart.number)))


def wait_for(found, limit_s=20.0):
    end = time.monotonic() + limit_s
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return value


def test_an_answer_that_no_database_takes_as_it_is_keeps_no_other_from_being_written(tmp_path):
    app, _ = make_studio(tmp_path)
    with TestClient(app, base_url="http://127.0.0.1:8600") as client:
        odd, plain = ask(client), ask(client)
        client.app.state.answers.live(odd).add(Step("반쪽 \ud83d 와 \0 뒤"))
        wait_for(lambda: client.app.state.answers.live(odd) is client.app.state.answers.live(plain) is None)
        texts = [client.get(f"/api/answers/{each}").json()["text"] for each in (odd, plain)]
        assert "반쪽 \ufffd 와 \ufffd 뒤" in texts[0]
        assert len(texts[0]) == len(TEXT) + 10
        assert texts[1] == TEXT


def test_what_the_database_refuses_of_one_answer_is_not_lost_of_another(tmp_path):
    app, _ = make_studio(tmp_path)
    with TestClient(app, base_url="http://127.0.0.1:8600") as client:
        twice, plain = ask(client), ask(client)
        with Session(app.state.store) as session, session.begin():  # as of a commit whose answer has been lost
            for number in range(1000):
                told = {"text": "", "tokens": [], "num_tokens": 0, "seconds": 0.0}
                session.add(HistoryPart(answer_id=twice, number=number, **told))
        own = select(HistoryPart.text).where(HistoryPart.answer_id == plain)

        def is_kept():
            with Session(app.state.store) as session:
                return session.scalars(own).all()

        kept = wait_for(is_kept)
        assert TEXT.startswith("".join(kept))
        wait_for(lambda: client.app.state.answers.live(twice) is None)
        assert client.get(f"/api/answers/{twice}").json()["text"] == TEXT
