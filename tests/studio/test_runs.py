import dataclasses
import json
import math
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.document import SOURCE
from malmoi.corpus.ledger.rows import judged_schema, ledger_schema
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report import labels as words
from malmoi.corpus.sources.input import Input
from malmoi.kit import events, files, manifest
from malmoi.kit.config import to_table
from malmoi.kit.manifest import Manifest
from malmoi.studio import run_folder

COUNTS = {
    "documents_in": 3,
    "documents_kept": 1,
    "documents_dropped": 2,
    "raw_bytes_in": 300,
    "text_bytes_kept": 30,
    "dropped_by_reason": {"unreadable": 1, "near_duplicate": 1},
    "by_kind": {"news": {"documents": 1, "text_bytes": 30}},
    "by_source": {"가나일보": {"documents": 1}},
    "masked": {"phone": 2},
}
KEPT, DROPPED = "0" * 32, "f" * 32


def source(kind):
    empty = {field.name: None for field in SOURCE}
    return {**empty, "kind": kind, "name": "가나일보"}


@pytest.fixture
def run(client):
    folder = client.runs / "demo"
    (folder / "corpus" / "ledger").mkdir(parents=True)
    (folder / "corpus" / "shards").mkdir()
    origins = [{"file": f"{name}.html", "offset": 0} for name in "가나다"]
    ledger = pa.table(
        {
            "id": [KEPT, DROPPED, None],
            "title": pa.nulls(3, pa.string()),
            "origin": origins,
            "input": ["raw", "raw", "raw"],
            "source": pa.array([source("news"), source("cafe"), None], SOURCE),
            "text_bytes": [30, 40, None],
            "kept": [True, False, False],
            "reasons": [[], ["near_duplicate", "short"], ["unreadable"]],
            "detail": [None, f"of {KEPT}", "malformed_json"],
            "drop_near_duplicate": [False, True, None],
            "drop_short": [False, True, None],
            "near_duplicate_of": [None, KEPT, None],
            "exact_duplicate_of": pa.nulls(3, pa.string()),
            "hangul_share": [0.9, math.nan, None],
            "text": [None, "뺀 글 <script>alert(1)</script>", None],
        }
    )
    pq.write_table(ledger, folder / "corpus" / "ledger" / "part-00000.parquet")
    shard = pa.table({"id": [KEPT], "title": ["제목"], "text": ["남긴 글 " * 200]})
    pq.write_table(shard, folder / "corpus" / "shards" / "part-00000.parquet")
    manifest.write(folder / "corpus", Manifest("corpus", {"seed": 1}, counts=COUNTS, seconds=2.5))
    events.append(folder / "train", "start", step=0)
    for step in range(1, 101):
        events.append(folder / "train", "step", step=step, tokens=step * 10, loss=10 / step, learning_rate=1e-3)
    events.append(folder / "train", "checkpoint", step=50)
    events.append(folder / "train", "resume", step=50)
    for step in range(51, 61):
        events.append(folder / "train", "step", step=step, tokens=step * 10, loss=5.0, learning_rate=1e-3)
    return folder


def test_runs_are_listed_with_their_stages(client, run):
    (client.runs / "notes").mkdir()
    (client.runs / ".hidden" / "corpus").mkdir(parents=True)
    (found,) = client.get("/api/runs").json()["runs"]
    assert found["name"] == "demo"
    status = {stage["name"]: stage["status"] for stage in found["stages"]}
    assert (status["corpus"], status["train"], status["model"]) == ("finished", "unfinished", "absent")
    assert not found["finished"]
    assert found["updated"] >= max((run / "train" / "events").iterdir()).stat().st_mtime - 1


@pytest.mark.usefixtures("run")
def test_a_run_shows_its_settings_and_counts(client):
    detail = client.get("/api/runs/demo").json()
    assert detail["stages"][0]["config"] == {"seed": 1}
    assert detail["stages"][0]["counts"]["documents_in"] == 3
    assert (detail["has_report"], detail["has_loss"], detail["has_corpus"]) == (False, True, True)
    assert client.get("/api/runs/absent").json()["error"]["param"] == "run"


@pytest.mark.usefixtures("run")
def test_the_loss_is_thinned_out_and_a_repeated_step_counts_once(client):
    loss = client.get("/api/runs/demo/loss?points=10").json()
    assert loss["steps"] == 60  # those after step 50 were done again as far as 60
    columns = loss["columns"]
    assert {len(column) for column in columns.values()} == {10}
    assert columns["step"] == list(range(6, 61, 6))
    assert columns["loss"][9] == columns["loss_min"][9] == columns["loss_max"][9] == 5.0
    assert columns["gradient_norm"] == [None] * 10
    assert (loss["checkpoints"], loss["resumes"]) == ([50], [50])
    assert client.get("/api/runs/demo/loss?points=9").json()["error"]["param"] == "points"


def test_the_loss_is_asked_for_again_and_only_what_is_new_is_read(client, run, monkeypatch):
    before = client.get("/api/runs/demo/loss").json()["steps"]
    opened = []
    monkeypatch.setattr(events, "opened", lambda path: opened.append(path) or files.opened(path))
    assert client.get("/api/runs/demo/loss").json()["steps"] == before
    assert client.get("/api/runs/demo").json()["has_loss"]
    assert opened == []
    events.append(run / "train", "step", step=before + 1, tokens=1, loss=1.0)
    assert client.get("/api/runs/demo/loss").json()["steps"] == before + 1


def test_a_loss_that_is_no_number_does_not_break_the_curve(tmp_path):
    events.append(tmp_path, "step", step=1, tokens=10, loss=math.nan)
    events.append(tmp_path, "step", step=2, tokens=20, loss=math.inf)
    curve = run_folder.loss_curve(events.Curve(tmp_path).update(), 10)
    assert curve.columns.loss == (None, None)
    json.dumps(dataclasses.asdict(curve), allow_nan=False)


@pytest.mark.usefixtures("run")
def test_the_corpus_numbers_come_from_the_manifest(client):
    numbers = client.get("/api/runs/demo/corpus").json()
    assert numbers["documents_in"] == numbers["documents_kept"] + numbers["documents_dropped"]
    assert {row["reason"] for row in numbers["dropped_by_reason"]} == {"unreadable", "near_duplicate"}
    assert numbers["by_kind"] == [{"kind": "news", "documents": 1, "text_bytes": 30}]
    assert numbers["masked"] == [{"type": "phone", "count": 2}]


@pytest.mark.usefixtures("run")
def test_the_studio_gets_the_labels_of_the_corpus_report(client):
    labels = client.get("/api/runs/demo/corpus").json()["labels"]
    for group, table in (("reason", words.REASONS), ("kind", words.KINDS), ("masked", words.PERSONAL)):
        assert labels[group] == {name: {"ko": korean, "en": english} for name, (korean, english) in table.items()}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [KEPT, DROPPED, None]),
        ("?status=kept", [KEPT]),
        ("?status=dropped", [DROPPED, None]),
        ("?reason=short", [DROPPED]),
        ("?reason=unreadable", [None]),
        ("?kind=news", [KEPT]),
        ("?source=가나일보&status=dropped", [DROPPED]),
        ("?source=raw", [None]),
        ("?reason=' OR 1=1 --", []),
        ("?page=7", [KEPT, DROPPED, None]),
        ("?q=남긴 글", [KEPT]),
        ("?q=" + unicodedata.normalize("NFD", "제목"), [KEPT]),
        ("?q=script&status=dropped", [DROPPED]),
        ("?q=SCRIPT&status=kept", []),
        ("?q=" + DROPPED, [DROPPED]),
        ("?q=다.html", [None]),
        ("?q=%25", []),
        ("?q=%20%20", [KEPT, DROPPED, None]),
    ],
)
@pytest.mark.usefixtures("run")
def test_documents_are_listed_by_what_was_decided(client, query, ids):
    page = client.get(f"/api/runs/demo/documents{query}").json()
    assert sorted(document["id"] or "" for document in page["documents"]) == sorted(one or "" for one in ids)


@pytest.mark.usefixtures("run")
def test_a_listed_document_shows_the_beginning_of_its_text(client):
    documents = {document["id"]: document for document in client.get("/api/runs/demo/documents").json()["documents"]}
    assert documents[KEPT]["title"] == "제목"
    assert documents[KEPT]["excerpt"].startswith("남긴 글")
    assert len(documents[KEPT]["excerpt"]) == 600
    assert documents[DROPPED]["excerpt"].startswith("뺀 글")
    assert documents[None]["excerpt"] is None


@pytest.mark.parametrize(
    "query", ["size=0", "size=101", "after=7", "after=0123abcd-x", "status=all", "q=" + "가" * 201]
)
@pytest.mark.usefixtures("run")
def test_pages_have_limits(client, query):
    response = client.get(f"/api/runs/demo/documents?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["param"] == query.partition("=")[0]


@pytest.mark.usefixtures("run")
def test_why_one_document_was_dropped(client):
    found = client.get(f"/api/runs/demo/documents/{DROPPED}").json()
    assert found["reasons"] == ["near_duplicate", "short"]
    assert {"reason": "short", "fired": True} in found["verdicts"]
    assert {"name": "hangul_share", "value": None} in found["scores"]
    assert found["detail"].endswith(KEPT)
    assert found["copy_of"] == KEPT
    assert found["text"].startswith("뺀 글")
    assert client.get(f"/api/runs/demo/documents/{KEPT}").json()["text_chars"] == 1000
    for absent in ("1234", "%27%20OR%201=1", "..%2fx"):
        assert client.get(f"/api/runs/demo/documents/{absent}").status_code == 404


def test_each_rule_of_the_recipe_is_shown_with_its_limit(client):
    corpus = client.runs / "real" / "corpus"
    recipe = CorpusRecipe(inputs=(Input(path=client.runs),))
    short = next(rule for rule in recipe.rules() if rule.reason == "too_short")
    origin = {"file": "a.txt", "offset": 0}
    row = {"id": DROPPED, "origin": origin, "kept": False, "reasons": ["too_short"], "text": "짧다", short.score: 2.0}
    table = pa.Table.from_pylist([row], schema=ledger_schema(judged_schema(recipe)))
    (corpus / "ledger").mkdir(parents=True)
    (corpus / "shards").mkdir()
    pq.write_table(table, corpus / "ledger" / "part-00000.parquet")
    shard = pa.table(
        {"id": pa.array([], pa.string()), "title": pa.array([], pa.string()), "text": pa.array([], pa.string())}
    )
    pq.write_table(shard, corpus / "shards" / "part-00000.parquet")
    manifest.write(corpus, Manifest("corpus", to_table(recipe)))
    judgements = client.get(f"/api/runs/real/documents/{DROPPED}").json()["judgements"]
    fired = next(one for one in judgements if one["reason"] == "too_short")
    assert fired["dropped"]
    assert fired["value"] < fired["limit"]


def test_an_unfinished_corpus_is_a_404_that_says_so(client, run):
    (run / "corpus" / "manifest.json").unlink()
    response = client.get("/api/runs/demo/corpus")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "corpus_not_finished")


def test_a_manifest_that_did_not_change_is_not_read_again(client, run, monkeypatch):
    assert client.get("/api/runs").json()["runs"][0]["stages"][0]["seconds"] == 2.5
    found = []
    find = manifest.find
    monkeypatch.setattr(manifest, "find", lambda folder: found.append(folder) or find(folder))
    assert client.get("/api/runs").json()["runs"][0]["stages"][0]["status"] == "finished"
    assert found == []
    manifest.write(run / "corpus", Manifest("corpus", {"seed": 1}, counts=COUNTS, seconds=3.5))
    assert client.get("/api/runs").json()["runs"][0]["stages"][0]["seconds"] == 3.5
    assert found == [run / "corpus"]


def test_a_damaged_manifest_shows_as_unfinished(client, run):
    (run / "corpus" / "manifest.json").write_text("{")
    assert client.get("/api/runs").json()["runs"][0]["stages"][0]["status"] == "unfinished"


def test_the_report_is_shown_in_a_sandbox(client, run):
    assert client.get("/api/runs/demo/report").status_code == 404
    (run / "report").mkdir()
    (run / "report" / "report.html").write_text("<script>alert(1)</script>보고서")
    report = client.get("/api/runs/demo/report")
    policy = report.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert report.headers["content-type"] == "text/html; charset=utf-8"


def test_the_link_from_the_runs_report_leads_to_the_corpus_report_in_the_same_sandbox(client, run):
    for stage in ("report", "corpus"):
        (run / stage).mkdir(exist_ok=True)
        (run / stage / "report.html").write_text(f"보고서 {stage}")
    report = client.get("/api/runs/demo/report")
    corpus = client.get(str(report.url.join("../corpus/report.html")))
    assert (report.text, corpus.text) == ("보고서 report", "보고서 corpus")
    assert corpus.headers["content-security-policy"] == report.headers["content-security-policy"]
    (run / "corpus" / "report.html").unlink()
    assert client.get("/api/runs/demo/corpus/report.html").json()["error"]["code"] == "report_not_finished"
    assert client.get("/api/runs/demo/train/report.html").status_code == 400
    assert client.get("/api/runs/none/report").status_code == 404
