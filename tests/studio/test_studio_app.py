import re

import pytest
from fastapi.testclient import TestClient

from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings

BASE = "http://127.0.0.1:8600"


def test_every_answer_has_the_strict_headers(client):
    for path in ("/", "/api/about", "/v1/models", "/assets/index-1a2b.js", "/api/absent", "/deep/page"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_pages_of_the_application_are_its_index_with_a_fresh_nonce(client):
    first, second = client.get("/"), client.get("/runs/demo")
    nonces = [re.search(r'content="([\w-]{20,})"', answer.text)[1] for answer in (first, second)]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip((first, second), nonces, strict=True):
        assert f"style-src 'self' 'nonce-{nonce}'" in answer.headers["content-security-policy"]
        assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert client.head("/").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/runs", 200),
        ("/runs/", 200),
        ("/runs/first.json", 200),
        ("/runs/a%20b%EA%B0%80", 200),
        ("/runs/a/b", 404),
        ("/documents/a", 200),
        ("/documents", 200),
        ("/documents/a/b", 404),
        ("/run", 404),
    ],
)
def test_an_address_that_the_table_of_routes_lacks_is_the_application_with_404(served, tmp_path, bundle, path, status):
    (bundle / "addresses.json").write_text('["/", "/runs", "/runs/$run", "/documents/{-$id}"]')
    with TestClient(create_app(StudioSettings(), served, tmp_path, bundle), base_url=BASE) as client:
        answer = client.get(path)
    assert (answer.status_code, "말모이" in answer.text) == (status, True)


def test_assets_have_their_types_and_last(client):
    script, font = client.get("/assets/index-1a2b.js"), client.get("/assets/pretendard.woff2")
    assert script.headers["content-type"].startswith("text/javascript")
    assert font.headers["content-type"] == "font/woff2"
    assert "immutable" in font.headers["cache-control"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.0", None),
        ("", None),
        ("identity", None),
        ("BR", "br"),
        ("xbr, brotli", None),
    ],
)
def test_a_script_is_sent_as_the_browser_takes_it(client, bundle_forms, accepted, coding):
    answer = client.get("/assets/index-1a2b.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-length"] == str(bundle_forms[coding])
    font = client.get("/assets/pretendard.woff2", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in font.headers and "vary" not in font.headers


def test_each_form_of_a_file_has_an_etag_of_its_own(client, bundle_forms):
    sent = [client.get("/assets/index-1a2b.js", headers={"Accept-Encoding": each}) for each in ("br", "gzip", "")]
    assert len({answer.headers["etag"] for answer in sent}) == len(bundle_forms) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/assets/%00.js",
        "/assets/missing.js",
        "/api/runs/..%2f..",
        "/api/runs/%2e%2e/report",
        "/api/absent",
        "/v1/absent",
    ],
)
def test_no_path_leads_out_of_the_bundle_or_the_runs(client, path):
    response = client.get(path)
    assert "secret" not in response.text
    assert "root:" not in response.text
    assert response.status_code == 404 or "말모이" in response.text


def test_a_name_of_dots_is_no_run_even_where_a_run_lies(client):
    for folder in (client.runs.parent, client.runs / "run"):
        (folder / "report").mkdir(parents=True)
        (folder / "report" / "report.html").write_text("<p>secret</p>")
    assert client.get("/api/runs/run/report/report.html").status_code == 200
    for name in ("%2e%2e", ".%2E", "%2e", "run%2f..%2f.."):
        response = client.get(f"/api/runs/{name}/report/report.html")
        assert (response.status_code, "secret" in response.text) == (404, False)


def test_without_a_bundle_a_friendly_page_says_what_to_do(served, tmp_path):
    (tmp_path / "empty").mkdir()
    with TestClient(create_app(StudioSettings(), served, tmp_path, tmp_path / "empty"), base_url=BASE) as client:
        answer = client.get("/")
        assert answer.status_code == 200
        assert "만들어지지 않았어요" in answer.text
        assert "<script" not in answer.text


def test_a_foreign_host_or_origin_is_refused(client):
    assert client.get("/", headers={"Host": "evil.example:8600"}).status_code == 403
    assert client.get("/api/about", headers={"Host": "127.0.0.1.evil.example"}).status_code == 403
    prompt = {"title": "t", "body": {}}
    for method, path in (("POST", "/api/prompts"), ("PUT", "/api/prompts/x"), ("DELETE", "/api/prompts/x")):
        refused = client.request(method, path, json=prompt, headers={"Origin": "https://evil.example"})
        assert refused.status_code == 403
    assert client.post("/api/prompts", json=prompt, headers={"Origin": BASE}).status_code == 201
    assert client.get("/api/about", headers={"Host": "localhost:8600"}).status_code == 200


def test_about_tells_the_model_and_the_limits(client):
    about = client.get("/api/about").json()
    assert about["model"]["name"] == "fake"
    assert about["limits"]["default_max_tokens"] == 256


def test_without_a_model_the_rest_works(tmp_path, bundle):
    with TestClient(create_app(StudioSettings(), None, tmp_path, bundle), base_url=BASE) as client:
        assert client.get("/api/about").json()["model"] is None
        assert len(client.get("/api/cards").json()["cards"]) >= 3
        for response in (
            client.get("/v1/models"),
            client.post("/v1/chat/completions", json={}),
            client.post("/api/answers", json={"kind": "card", "body": {"card": "word_chain", "inputs": {}}}),
            client.post("/api/tokens", json={"text": "가"}),
        ):
            assert response.status_code == 503
            assert response.json()["error"]["code"] == "no_model"
            assert "모델" in response.json()["error"]["message_ko"]


def test_the_playground_talks_to_v1(client, served):
    body = {"messages": [{"role": "user", "content": "안녕"}], "stream": True}
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.text.endswith("data: [DONE]\n\n")
    assert served.num_requests == 0


def test_tokens_shows_how_a_text_is_cut(client, codec):
    answer = client.post("/api/tokens", json={"text": "사과 뷁"}).json()
    assert answer["tokens"] == len(codec.encode("사과 뷁"))
    assert b"".join(bytes(piece["bytes"]) for piece in answer["pieces"]).decode() == "사과 뷁"
    assert client.post("/api/tokens", json={"text": "가" * 200_001}).json()["error"]["param"] == "text"


def test_score_is_the_probability_lens(client):
    answer = client.post("/api/score", json={"text": "사과 과자", "top": 2}).json()
    assert answer["tokens"][0]["logprob"] is None
    assert all(len(token["top"]) == 2 for token in answer["tokens"][1:])
    assert answer["bits_per_byte"] > 0
    for wrong in ({"text": ""}, {"text": "뷁" * 3000}, {"text": "가", "top": 99}, {"txt": "가"}):
        assert client.post("/api/score", json=wrong).status_code == 400


def test_cards_are_listed_whole(client):
    cards = {card["id"]: card for card in client.get("/api/cards").json()["cards"]}
    assert cards["content_classification"]["output"]["choices"]
    assert client.get("/api/cards/word_chain").json() == cards["word_chain"]
    assert client.get("/api/cards/absent").status_code == 404
    assert client.get("/api/cards/..%2fword_chain").status_code == 404


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"title": "", "body": {}}, "title"),
        ({"title": "가" * 201, "body": {}}, "title"),
        ({"title": "가", "body": {"x": "가" * 333_334}}, "body"),
        ({"title": " \n", "body": {}}, "title"),
        ({"title": "가", "body": []}, "body"),
        ({"title": "가"}, "body"),
        ({"title": "가", "body": {}, "id": "x"}, "id"),
    ],
)
def test_a_prompt_that_cannot_be_saved_names_the_field(client, body, param):
    response = client.post("/api/prompts", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    "body",
    [
        '{"a": ' * 300 + "1" + "}" * 300,
        '{"a": ' + "[" * 300 + "]" * 300 + "}",
        '{"a": NaN}',
        '{"a": [-Infinity]}',
        '{"a": "\\ud800"}',
        '{"\\ud800": 1}',
    ],
)
def test_what_could_not_be_shown_again_is_neither_saved_nor_run(client, body):
    headers = {"Content-Type": "application/json"}
    saved = client.post("/api/prompts", content=f'{{"title": "가", "body": {body}}}', headers=headers)
    assert (saved.status_code, saved.json()["error"]["param"]) == (400, "body")
    assert client.get("/api/prompts").json()["prompts"] == []
    asked = f'{{"kind": "card", "body": {{"card": "word_chain", "inputs": {body}}}}}'
    run = client.post("/api/answers", content=asked, headers=headers)
    assert (run.status_code, run.json()["error"]["param"]) == (400, "body")


def test_a_body_above_the_limit_is_refused(client):
    response = client.post("/api/prompts", json={"title": "가", "body": {"x": "a" * 1_100_000}})
    assert response.status_code == 413
