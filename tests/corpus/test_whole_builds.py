"""What only a whole build shows: limits that are learnt, media, comments, evaluation sets, repeats and the mixture."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows
from small_engines import at_home

from malmoi.corpus.build import build
from malmoi.corpus.composition.settings import Mix
from malmoi.corpus.passes import phases, tasks, units
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report import questions
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.boilerplate import Paragraphs
from malmoi.corpus.steps.quality import Limit, Quality
from malmoi.kit import pool

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
GIF = b"GIF89a\1\0\1\0\0\0\0;"
NOTICE = "이 누리집의 모든 글은 저작권법의 보호를 받으므로 허락 없이 옮기거나 나누어 줄 수 없음을 알려 드립니다."
COMMENTS = ("저 갈게요! 도시락은 김밥이면 될까요? 물은 제가 챙길게요.", "처음인데 괜찮을까요? 운동화밖에 없어요.")


def rows(folder: Path, name: str = "ledger") -> list[dict]:
    return pq.read_table(folder / name).to_pylist()


def numbers(seed: int, count: int) -> str:
    """Numbers of three digits, `count` x 2.5 of them, that are neither a repetition nor anybody's."""
    return "".join(f" {(seed * 37 + place * 71) % 900 + 100}" for place in range(count * 5 // 2))


def test_a_limit_that_is_learnt_is_written_told_and_what_dropped(tmp_path):
    texts = [f"{sentences(number)[:200]}{numbers(number, number % 20)}" for number in range(600)]
    few = [{"text": f"{sentences(900 + number)[:200]}{numbers(number, 12)}", "kind": "news"} for number in range(5)]
    few += [{"text": texts[number], "kind": "news"} for number in (*range(16, 600, 20), *range(18, 600, 20))]
    write_rows(tmp_path / "raw.jsonl", [*({"text": text, "kind": "web"} for text in texts), *few])
    limit = Limit(quantile=0.8, mildest=0.6, strictest=0.05)
    recipe = CorpusRecipe(
        inputs=(Input(tmp_path / "raw.jsonl"),), quality=Quality({"bare_digit_share": limit}), processes=1
    )
    build(recipe, tmp_path / "out", quiet)
    told = {
        row["kind"]: row
        for row in json.loads((tmp_path / "out" / "thresholds.json").read_text())
        if row["score"] == "bare_digit_share"
    }
    assert (told["web"]["learned"], told["news"]["learned"]) == (True, False)
    assert (told["web"]["documents"], told["news"]["limit"]) == (600, 0.5)
    assert 0.05 < told["web"]["limit"] < 0.5
    found = rows(tmp_path / "out")
    over = [row for row in found if row["bare_digit_share"] > told[row["source"]["kind"]]["limit"]]
    assert [row for row in found if "digits" in row["reasons"]] == over
    assert (
        60 <= sum(row["source"]["kind"] == "web" for row in over) <= 120
    )  # a fifth at most lies over the value at four fifths
    between = [row for row in found if told["web"]["limit"] < row["bare_digit_share"] <= told["news"]["limit"]]
    stays = [row["kept"] for row in between if row["source"]["kind"] == "news"]
    assert stays == [True] * len(stays)  # no copy goes for one that the learnt limit drops
    assert len(stays) >= 10
    (trail,) = questions.explain(tmp_path / "out", over[0]["id"])
    (judgement,) = [one for one in trail["judgements"] if one["score"] == "bare_digit_share"]
    assert (judgement["limit"], judgement["dropped"]) == (told["web"]["limit"], True)


def notebook(text: str, picture: bytes) -> str:
    shown = {"data": {"image/png": base64.b64encode(picture).decode()}}
    cells = [
        {"cell_type": "markdown", "source": text},
        {"cell_type": "code", "source": "plot()", "outputs": [shown]},
    ]
    return json.dumps({"nbformat": 4, "cells": cells})


def test_a_picture_is_stored_while_its_document_stays_and_goes_with_one_that_goes(tmp_path):
    (tmp_path / "raw").mkdir()
    pictures = {hashlib.sha256(picture).hexdigest(): picture for picture in (PNG, GIF)}
    for name, picture in zip("ab", pictures.values(), strict=True):
        (tmp_path / "raw" / f"{name}.ipynb").write_text(notebook(sentences(1), picture), "utf-8")
    counts = build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),), processes=1), tmp_path / "out", quiet)
    assert counts["dropped_by_reason"] == {"exact_duplicate": 1}
    (kept,) = rows(tmp_path / "out", "shards")
    (segment,) = kept["segments"]
    (stored,) = (path for path in (tmp_path / "out" / "media").rglob("*") if path.is_file())
    assert stored.stem == segment["sha256"]
    assert stored.read_bytes() == pictures[segment["sha256"]]


def test_comments_are_a_document_beside_their_page_and_its_bytes_are_counted_once(tmp_path):
    body = "".join(f"<p>{line}</p>" for line in sentences(1).split("\n") if line)
    said = "".join(f'<li class="cmt"><b class="nick">길손</b><p>{text}</p></li>' for text in COMMENTS)
    page = (
        f'<html><head><meta charset="utf-8"><title>글</title></head><body><div class="article_body"><h1>글</h1>{body}'
        f'</div><div class="comment_area"><h3>댓글 2</h3><ul>{said}</ul></div></body></html>'
    ).encode()
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.html").write_bytes(page)
    asked = CorpusRecipe(inputs=(Input(tmp_path / "raw", comments=True),), processes=1)
    counts = build(asked, tmp_path / "out", quiet)
    article, comments = rows(tmp_path / "out")
    assert (counts["documents_in"], counts["raw_bytes_in"]) == (2, len(page))
    assert comments["source"]["kind"] == "comment" != article["source"]["kind"]
    assert comments["origin"] == article["origin"]
    assert (article["raw_bytes"], comments["raw_bytes"]) == (len(page), 0)
    assert comments["id"] != article["id"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> CorpusRecipe:
    """Much of one kind and little of another, with a notice in many documents, in several files."""
    folder = tmp_path_factory.mktemp("mixed") / "raw"
    for number in range(4):
        texts = [sentences(100 * number + place) for place in range(15)]
        web = [{"text": f"{text}\n\n{NOTICE}", "kind": "web"} for text in texts]
        law = [{"text": sentences(1000 + number), "kind": "law"}]
        write_rows(folder / f"{number}.jsonl", [*web, *law, web[0]])
    mix = Mix(shares={"web": 0.5, "law": 0.5}, most_epochs=3, strict=True)
    settings = Paragraphs(most_documents=5)
    inputs = tuple(Input(path) for path in sorted(folder.iterdir()))  # each a unit of its own
    return CorpusRecipe(inputs=inputs, mix=mix, paragraphs=settings, shard_bytes=20_000, processes=1)


def test_a_mixture_repeats_what_is_short_drops_what_is_over_and_says_so_and_repeats_are_cut(mixed, tmp_path):
    build(mixed, tmp_path / "out", quiet)
    found = rows(tmp_path / "out")
    law = [row for row in found if row["source"]["kind"] == "law"]
    web = [row for row in found if row["source"]["kind"] == "web"]
    assert [(row["kept"], row["epochs"]) for row in law] == [(True, 3)] * 4
    over = [row for row in web if "over_share" in row["reasons"]]
    assert over
    assert all(not row["kept"] and row["text"] for row in over)
    told = {row["kind"]: row for row in json.loads((tmp_path / "out" / "mix.json").read_text())["kinds"]}
    assert (told["law"]["mean_epochs"], told["web"]["documents"] - told["web"]["kept"]) == (3, len(over))
    assert told["web"]["mixed_bytes"] <= told["law"]["mixed_bytes"]
    texts = [row["text"] for row in rows(tmp_path / "out", "shards") if row["source"]["kind"] == "web"]
    assert len(texts) > 5
    assert sum(NOTICE in text for text in texts) == 1


@pytest.fixture(scope="module")
def alone(mixed, tmp_path_factory) -> dict[str, bytes]:
    """Shards and ledger from one process with one partition."""
    return built(mixed, tmp_path_factory.mktemp("alone"), 1)


def built(recipe: CorpusRecipe, out: Path, partitions: int) -> dict[str, bytes]:
    plan = tasks.Plan(tasks.Workspace(recipe, out / "work", out, partitions), tuple(units.plan(recipe)))
    (out / "work").mkdir()
    tasks.write_plan(plan)
    phases.run(plan, at_home if recipe.processes == 1 else pool.run_all, lambda _: None)
    made = [path for name in ("shards", "ledger") for path in (out / name).iterdir()]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in made}


@pytest.mark.parametrize("partitions", [3, 7])
def test_partitions_change_no_byte_of_shards_and_ledger(mixed, alone, tmp_path, partitions):
    assert len(alone) > 3
    assert built(mixed, tmp_path, partitions) == alone


@pytest.mark.slow
@pytest.mark.parametrize("partitions", [1, 3, 7])
def test_two_processes_change_no_byte_of_shards_and_ledger(mixed, alone, tmp_path, partitions):
    assert built(replace(mixed, processes=2), tmp_path, partitions) == alone


def test_a_build_that_goes_on_takes_the_machine_as_it_is_set_now(mixed, tmp_path):
    def killed(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(mixed, tmp_path, killed)
    (folder,) = (tmp_path / "work").iterdir()
    assert tasks.read_plan(folder).space.recipe == mixed
    larger = replace(mixed, memory_bytes=2 * mixed.memory_bytes)  # the first one ran out of memory
    with pytest.raises(KeyboardInterrupt):
        build(larger, tmp_path, killed)
    assert tasks.read_plan(folder).space.recipe == larger
