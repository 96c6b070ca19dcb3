"""After an erasure every file of a run is searched: nothing of the document is left, or the file is named."""

import html
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from malmoi.cli.main import main
from malmoi.corpus.build import build
from malmoi.corpus.composition.settings import Mix
from malmoi.corpus.ledger.layout import SITES
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report.page import write_report
from malmoi.corpus.sources.input import Input
from malmoi.evaluate.run import measure
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.kit import manifest
from malmoi.kit.lock import lock
from malmoi.sample import grammar
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.encode import encode
from malmoi.tokenizer.learn import learn
from malmoi.tokenizer.settings import EncodeSettings, LearnSettings

HOST, DIARY, LINKED = "hong-gildong.example.kr", "홍길동의 일기장", "friend-of-hong.example.com"
NEIGHBOURS = ("neighbour.example.org", "villager.example.gov", "stranger.example.edu")
SHARED, POPULAR = "shared.example.net", "popular.example.info"
PERSONAL = (HOST, DIARY, LINKED, "첫째 편지", "둘째 편지", f"{SHARED}/hong", "오늘의 비밀 제목")
LETTERS = 20
"""So many that some of them are held out."""


def text(opening: str, number: int) -> str:
    return f"{opening} 오늘 아침에 천천히 다 읽었다. {grammar.text(number, 5).body}"


def page(host: str, name: str, body: str, *links: str) -> str:
    address = f'<link rel="canonical" href="https://{host}/1"><meta property="og:site_name" content="{name}">'
    paragraphs = "".join(f"<p>{line}</p>" for line in body.splitlines())
    anchors = "".join(f'<p><a href="https://{link}/about">이웃의 누리집을 함께 본다</a></p>' for link in links)
    article = f"<article>{paragraphs}{anchors}</article>"
    return f"<html><head><title>오늘의 비밀 제목</title>{address}</head><body>{article}</body></html>"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> CorpusRecipe:
    """Raw files: a blog of one page in a folder called after it, a page that links to it, and rows of other sites."""
    raw = tmp_path_factory.mktemp("raw")
    (raw / HOST).mkdir()
    (raw / HOST / "1.html").write_text(page(HOST, DIARY, text("첫째 편지", 0), LINKED), encoding="utf-8")
    for number, host in enumerate(NEIGHBOURS):
        other = page(host, f"이웃 {number}", text(f"이웃 {number}의 글", 71 + number), HOST, POPULAR)
        other = other.replace("오늘의 비밀 제목", "이웃의 하루")
        (raw / f"neighbour{number}.html").write_text(other, encoding="utf-8")
    rows = [{"text": text(f"{n}번 글", n), "url": f"https://site{n % 4}.example.com/{n}"} for n in range(2, 70)]
    rows += [{"text": text("둘째 편지", n), "url": f"https://{SHARED}/hong{n}"} for n in range(80, 80 + LETTERS)]
    rows += [{"text": text("남의 편지", 70), "url": f"https://{SHARED}/other"}]
    lines = "".join(json.dumps({**row, "kind": "web"}, ensure_ascii=False) + "\n" for row in rows)
    (raw / "rows.jsonl").write_text(lines, encoding="utf-8")
    inputs = (Input(raw, name="raw"),)
    return CorpusRecipe(inputs=inputs, mix=Mix(), processes=1)


@pytest.fixture
def run(made, tmp_path) -> Path:
    """A copy of the run, to be written to."""
    return shutil.copytree(made, tmp_path / "run")


@pytest.fixture(scope="module")
def made(recipe, make_engine, tmp_path_factory) -> Path:
    """A run with corpus, tokenizer, tokens and reports: all that is held out stands in the report."""
    folder = tmp_path_factory.mktemp("made") / "run"
    corpus = folder / "corpus"
    build(recipe, corpus, quiet)
    write_report(corpus)
    learn(LearnSettings(1400, guide="none", processes=1), corpus, folder / "tokenizer", quiet)
    encode(EncodeSettings(0.2, processes=1), corpus, folder / "tokenizer", folder / "tokens", quiet)
    settings = EvaluateSettings(samples=80, heldout_bytes_per_kind=1_000_000, sample_tokens=8)
    measure(settings, make_engine(), folder, quiet)
    return folder


def quiet(done: int, total: int) -> None:
    """A progress that nobody watches."""
    assert 0 <= done <= total


def content(file: Path, codec: Codec) -> str:
    """All that a file says, however it is packed: its raw bytes, and what they stand for."""
    raw = file.read_bytes()
    said = [raw.decode("utf-8", "replace"), html.unescape(raw.decode("utf-8", "replace"))]
    if raw.startswith(b"PAR1"):
        said.append(json.dumps(pq.read_table(file).to_pylist(), ensure_ascii=False, default=str))
    if file.suffix == ".json":
        said.append(json.dumps(json.loads(raw), ensure_ascii=False))
    if file.suffix == ".bin":
        said.append(codec.decode(np.fromfile(file, "<u2").tolist()))
    return "\n".join(said)


def files_with(folder: Path, words: tuple[str, ...] = PERSONAL) -> dict[str, list[str]]:
    """The files below a run's folder in which any of the words is found, by relative name."""
    codec = Codec(folder / "tokenizer")
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        said = content(file, codec)
        if hits := [word for word in words if word in said]:
            found[file.relative_to(folder).as_posix()] = hits
    return found


def erase_cli(corpus: Path, capsys, *more: str) -> dict:
    assert main(["corpus", "erase", str(corpus), "--matching", "(첫째|둘째) 편지", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_nothing_is_left_in_any_file_but_in_those_that_are_named(run, recipe, capsys):
    before = files_with(run)
    assert {"corpus/sites.parquet", "corpus/mix.json", "corpus/manifest.json", "corpus/report.html"} <= before.keys()
    assert {"report/report.html", "report/report.json", "report/measurements.json"} <= before.keys()
    assert any(name.startswith("tokens/heldout") for name in before)
    (run / "corpus" / "sites.parquet.host.1.partial").write_text(HOST)
    said = erase_cli(run / "corpus", capsys)
    assert len(said["documents"]) == LETTERS + 1
    assert files_with(run) == {}
    assert said["left"] == []
    assert said["erased"]["tokens (heldout)"] > 0
    assert said["erased"]["tokens (train)"] + said["erased"]["tokens (heldout)"] == LETTERS + 1
    assert said["removed"] == [str(run / "report")]
    assert manifest.verify(run / "corpus") is None
    assert manifest.verify(run / "tokens") is None
    (run / "corpus" / manifest.NAME).unlink()
    build(recipe, run / "corpus", quiet)
    words = tuple(word for word in PERSONAL if word != HOST)  # the neighbour's page still links there
    assert not [name for name in files_with(run, words) if name.startswith("corpus/")]


def test_of_sites_only_those_go_that_nothing_but_erased_documents_can_have_named(run):
    before = set(pq.read_table(run / "corpus" / SITES)["host"].to_pylist())
    assert main(["corpus", "erase", str(run / "corpus"), "--matching", "첫째 편지"]) == 0
    hosts = set(pq.read_table(run / "corpus" / SITES)["host"].to_pylist())
    assert hosts >= {*NEIGHBOURS, SHARED, POPULAR}
    assert before - hosts == {HOST, LINKED}  # three others link to the one, nobody else to the other


def no_checkpoint(run: Path) -> None:
    (run / "train").mkdir()


def torn_tokens(run: Path) -> None:
    for table in (run / "tokens").glob("*.documents.parquet"):
        table.write_bytes(b"torn")


def unfinished_tokens(run: Path) -> None:
    (run / "tokens" / manifest.NAME).unlink()


def torn_manifest(run: Path) -> None:
    no_checkpoint(run)
    checkpoint = run / "train" / "checkpoints" / "step-00000001"
    checkpoint.mkdir(parents=True)
    (checkpoint / manifest.NAME).write_text('{"inputs": []}')


def unreadable(run: Path) -> None:
    (run / "tokens").chmod(0)
    if os.access(run / "tokens", os.R_OK):
        pytest.skip("this user may read everything")


@pytest.mark.parametrize("harm", [unreadable, no_checkpoint, torn_tokens, unfinished_tokens, torn_manifest])
def test_a_run_that_cannot_be_read_hinders_nothing_and_its_steps_are_unknown(run, capsys, harm):
    harm(run)
    said = erase_cli(run / "corpus", capsys, "--runs", str(run.parent))
    assert [(one["run"], one["steps"]) for one in said["seen_by"]] == [(str(run), "unknown")]
    assert said["erased"]["shards"] == LETTERS + 1
    (run / "tokens").chmod(0o755)
    assert not [name for name in files_with(run) if name.startswith(("corpus/", "report/"))]


def test_people_are_told_the_steps_what_is_left_and_the_command(run, capsys):
    no_checkpoint(run)
    assert main(["corpus", "erase", str(run / "corpus"), "--matching", "첫째 편지"]) == 0
    out = capsys.readouterr().out
    assert "steps: unknown (no checkpoint in" in out
    assert f"left in {run / 'train'} (weights)" in out
    assert f"rm -r {run / 'train'} && malmoi run RECIPE" in out


def test_asked_once_more_the_weights_are_still_named(run, capsys):
    no_checkpoint(run)
    first = erase_cli(run / "corpus", capsys)
    again = erase_cli(run / "corpus", capsys)
    assert (again["documents"], again["seen_by"]) == ([], first["seen_by"])
    assert str(run / "train") in {one["path"] for one in again["left"]}
    assert set(again["erased_before"]) == {hit["id"] for hit in first["documents"]}


def test_a_dry_run_leaves_every_file_as_it_is(run, capsys):
    before = files_with(run)
    assert erase_cli(run / "corpus", capsys, "--dry-run")["removed"] == []
    assert files_with(run) == before


def test_the_report_stays_where_the_corpus_may_not_be_erased_from_now(run, capsys):
    before = {path: path.read_bytes() for path in (run / "report").rglob("*") if path.is_file()}
    with lock(run / "corpus"):
        assert main(["corpus", "erase", str(run / "corpus"), "--matching", "둘째 편지"]) == 75
    assert "is at work in" in capsys.readouterr().err
    assert before
    assert {path: path.read_bytes() for path in (run / "report").rglob("*") if path.is_file()} == before
