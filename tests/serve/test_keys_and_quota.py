"""What a key may do, what it has used, and that the file of keys counts while the server runs."""

import datetime
import json

import pytest
from fastapi.testclient import TestClient
from small_world import FakeEngine

from malmoi.kit.errors import UserError
from malmoi.serve import keys as keys_module
from malmoi.serve.http_api import create_app
from malmoi.serve.keys import Key, add_key, parse, read_keys
from malmoi.serve.quota import OverQuotaError, Quota, UseFile
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings

BASE = "http://127.0.0.1:8500"
ASK = {"messages": [{"role": "user", "content": "안녕"}]}


class Clock:
    def __init__(self):
        self.now_s = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC).timestamp()

    def __call__(self):
        return self.now_s


def asked(client, key, **change):
    return client.post("/v1/chat/completions", json={**ASK, **change}, headers={"Authorization": f"Bearer {key}"})


def opened(codec, path):
    return TestClient(create_app(Served(FakeEngine(codec), codec, ServeSettings(keys=path))), base_url=BASE)


def test_a_line_of_a_key_says_what_it_may_do():
    line = f"team {'a' * 64} scopes=answer,tokens models=demo,big qpm=60 tpm=4000 monthly_tokens=9 expires=2027-01-31"
    found, problems = parse(f"{line} records=masked retention_days=7\nold {'b' * 64}\n")
    assert problems == []
    day = datetime.date(2027, 1, 31)
    limits = (("answer", "tokens"), ("demo", "big"), 60, 4000, 9, day, "masked", 7)
    assert found["a" * 64] == Key("team", "a" * 64, *limits)
    assert found["b" * 64] == Key("old", "b" * 64)


@pytest.mark.parametrize(
    "words", ["qpm=-1", "qpm=many", "scopes=all", "expires=soon", "records=some", "speed=3", "qpm", "retention_days="]
)
def test_a_word_that_is_no_limit_is_refused(tmp_path, words):
    with pytest.raises(UserError, match="qpm=60"):
        add_key(tmp_path / "keys", "team", words)
    assert parse(f"team {'a' * 64} {words}")[0] == {}


def test_a_key_is_taken_back_and_given_while_the_server_runs(codec, tmp_path, monkeypatch):
    monkeypatch.setattr(keys_module, "_LOOK_S", 0.0)
    path = tmp_path / "keys"
    first = add_key(path, "first")
    with opened(codec, path) as client:
        assert asked(client, first).status_code == 200
        second = add_key(path, "second")
        assert asked(client, second).status_code == 200
        path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("first")))
        assert asked(client, first).status_code == 401
        assert asked(client, second).status_code == 200
        path.write_text("nonsense\n" + path.read_text())
        assert asked(client, second).status_code == 200, "a broken line is no key and takes no other away"
        path.unlink()
        assert asked(client, second).status_code == 401, "without a file nobody is let in"


def test_a_file_of_keys_that_cannot_be_read_is_told_and_is_no_fault_of_a_request(codec, tmp_path, monkeypatch):
    monkeypatch.setattr(keys_module, "_LOOK_S", 0.0)
    path = tmp_path / "keys"
    key, text = add_key(path, "first"), path.read_text(encoding="utf-8")
    with opened(codec, path) as client:
        path.write_bytes(text.encode("utf-16"))
        assert [asked(client, key).status_code for _ in range(2)] == [401, 401]
        path.write_text(text, encoding="utf-8")
        assert asked(client, key).status_code == 200
    path.write_bytes(b"\xff" + text.encode())
    with pytest.raises(UserError, match="UTF-8"):
        read_keys(path)


def test_a_key_comes_as_bearer_or_in_the_headers_of_other_clients(codec, tmp_path):
    key = add_key(tmp_path / "keys", "team")
    with opened(codec, tmp_path / "keys") as client:
        for headers in ({"x-api-key": key}, {"api-key": key}, {"authorization": f"bearer {key}"}):
            assert client.get("/v1/models", headers=headers).status_code == 200
        for headers in ({}, {"x-api-key": "mm_wrong"}, {"authorization": f"Basic {key}"}, {"authorization": key}):
            assert client.get("/v1/models", headers=headers).status_code == 401
        told = client.get("/metrics", headers={"x-api-key": key}).text
        assert "malmoi_failed_keys_total 4.0" in told


def test_expiry_scope_and_model_of_a_key_are_told_apart(codec, tmp_path):
    path = tmp_path / "keys"
    limits = {"old": "expires=2020-01-01", "counter": "scopes=tokens", "other": "models=big", "now": "models=fake"}
    made = {name: add_key(path, name, words) for name, words in limits.items()}
    with opened(codec, path) as client:
        codes = {name: asked(client, key).json().get("error", {}).get("code") for name, key in made.items()}
        assert codes == {
            "old": "expired_api_key",
            "counter": "missing_scope",
            "other": "model_not_allowed",
            "now": None,
        }
        headers = {"x-api-key": made["counter"]}
        assert client.post("/tokenize", json={"prompt": "가"}, headers=headers).status_code == 200
        assert client.get("/metrics", headers=headers).status_code == 403
        assert client.get("/health").status_code == 200


def test_requests_a_minute_are_a_429_that_says_when(codec, tmp_path):
    key = add_key(tmp_path / "keys", "team", "qpm=2")
    with opened(codec, tmp_path / "keys") as client:
        assert [asked(client, key).status_code for _ in range(3)] == [200, 200, 429]
        refused = asked(client, key)
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_tokens_not_used_are_given_back_and_a_request_too_large_for_the_key_is_told_so(codec, tmp_path):
    key = add_key(tmp_path / "keys", "team", "tpm=400")
    with opened(codec, tmp_path / "keys") as client:
        used = asked(client, key, max_tokens=300).json()["usage"]["total_tokens"]
        assert used < 100
        assert asked(client, key, max_tokens=300).status_code == 200, "only what was used counts"
        refused = asked(client, key, max_tokens=1000)
        assert (refused.status_code, "retry-after" in refused.headers) == (429, False)


def test_a_month_is_counted_over_a_restart_and_ends(tmp_path):
    clock, key = Clock(), Key("team", "", monthly_tokens=100)
    quota = Quota(UseFile(tmp_path / "use.json"), clock)
    quota.reserve(key, 90)
    quota.settle(key, 90, 60)
    quota.begin(key)
    quota.save()
    again = Quota(UseFile(tmp_path / "use.json"), clock)
    assert (again.use_of("team").tokens, again.use_of("team").last_used) == (60, "2026-11-30T12:00:00+00:00")
    with pytest.raises(OverQuotaError) as over:
        again.reserve(key, 41)
    assert over.value.wait_s == 12 * 3600
    clock.now_s += over.value.wait_s
    again.reserve(key, 100)
    (tmp_path / "use.json").write_text("{")
    assert Quota(UseFile(tmp_path / "use.json"), clock).use_of("team").tokens == 0


def test_a_bucket_lets_no_more_than_its_limit_through_in_any_minute():
    clock, key = Clock(), Key("team", "", qpm=10)
    quota, times = Quota(None, clock), []
    for _ in range(600):
        try:
            quota.begin(key)
            times.append(clock.now_s)
        except OverQuotaError as over:
            assert 0 < over.wait_s <= 6.0
        clock.now_s += 0.5
    assert 50 <= len(times) <= 60, "five minutes of ten, and what the empty bucket held at first"
    most = max(sum(start <= each < start + 60 for each in times) for start in times)
    assert most <= 20


def test_what_a_key_used_is_beside_its_file_and_readable_by_its_owner_only(codec, tmp_path):
    key = add_key(tmp_path / "keys", "team")
    served = Served(FakeEngine(codec), codec, ServeSettings(keys=tmp_path / "keys"))
    with TestClient(create_app(served), base_url=BASE) as client:
        total = asked(client, key).json()["usage"]["total_tokens"]
    served.server.quota.save()
    use = json.loads((tmp_path / "keys.use.json").read_text())["team"]
    assert (use["tokens"], use["requests"]) == (total, 1)
    assert (tmp_path / "keys.use.json").stat().st_mode & 0o77 == 0
    assert read_keys(tmp_path / "keys").of({"x-api-key": key}).name == "team"


def test_a_long_answer_gives_back_no_tokens_that_have_run_out_of_the_bucket_already():
    clock, key = Clock(), Key("team", "", tpm=400)
    quota = Quota(None, clock)
    quota.reserve(key, 300)
    clock.now_s += 45
    with pytest.raises(OverQuotaError):
        quota.reserve(key, 300)
    quota.settle(key, 300, 50)
    quota.reserve(key, 300)
    with pytest.raises(OverQuotaError) as over:
        quota.reserve(key, 300)
    assert 0 < over.value.wait_s <= 60
    assert quota.use_of("team").tokens == 50


def test_a_refused_request_has_used_no_tokens(codec, tmp_path):
    key = add_key(tmp_path / "keys", "team", "tpm=100")
    with opened(codec, tmp_path / "keys") as client:
        assert asked(client, key, max_tokens=500).status_code == 429
        told = client.get("/metrics", headers={"x-api-key": key}).text
    lines = [line for line in told.splitlines() if line.startswith("malmoi_prompt_tokens_total")]
    assert all(line.endswith(" 0.0") for line in lines)
    use = json.loads((tmp_path / "keys.use.json").read_text())["team"]
    assert (use["tokens"], use["requests"]) == (0, 1)


def test_a_key_alone_has_all_places_and_with_a_second_one_half(codec, tmp_path):
    path = tmp_path / "keys"
    add_key(path, "first")
    server = Served(FakeEngine(codec), codec, ServeSettings(keys=path)).server
    assert server.key_share() == 1.0
    add_key(path, "second")
    assert Served(FakeEngine(codec), codec, ServeSettings(keys=path)).server.key_share() == 0.5
    (tmp_path / "one").write_text(f"a {'a' * 64} qpm=9999999999999999999\n")
    with pytest.raises(UserError, match="from 0 to"):
        read_keys(tmp_path / "one")
