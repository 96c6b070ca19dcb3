import random
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_batches import batch_of, document, quiet, sentences, verdict, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.document import DOCUMENTS
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.letter_account import letters_in
from malmoi.corpus.steps.boilerplate import Paragraphs, Repeats, gathered, repeated, sign, without
from malmoi.corpus.steps.verdicts import judged
from malmoi.kit.errors import UserError

NOTICE = "무단 전재와 재배포를 금지하며 이를 어길 때에는 법에 따라 책임을 물을 수 있습니다."
SMALL = Paragraphs(most_documents=10, most_documents_of_site=3)
OWN = (
    "봄에 심은 나무가 올해도 꽃을 피워서 온 마을이 환해졌다고 한다.",
    "가을 들판에는 벼 이삭이 고개를 숙이고 있었다.",
)


def found_in(batch, ranks, settings, partitions=1):
    """What a build does: keys with ranks by partition, then `repeated` on each."""
    keys = sign(batch, settings)
    rows = keys.column("row").to_numpy()
    table = pa.table({"hash": keys["hash"], "rank": ranks[rows], "site": keys["site"]})
    parts = []
    for partition in range(partitions):
        chosen = table.column("hash").to_numpy() % partitions == partition
        with duckdb.connect() as database:
            database.register("paragraphs", table.filter(pa.array(chosen)))
            parts.append(repeated(database, settings))
    return gathered(parts)


def cut_all(batch, settings, ranks=None, partitions=1):
    ranks = np.arange(batch.num_rows) if ranks is None else ranks
    return without(batch, ranks, found_in(batch, ranks, settings, partitions), settings)


def page(number: int, *extra: str, url: str | None = "https://news.example/1", **columns: Any) -> dict[str, Any]:
    text = "\n\n".join((f"{number}번째 글입니다. {OWN[number % 2]} 번호는 {number}이고 내용은 서로 다릅니다.", *extra))
    row = document(text, **columns)
    row["source"]["url"] = url
    return row


def test_notice_of_a_site_stays_in_its_best_document_only():
    batch = pa.RecordBatch.from_pylist([page(number, NOTICE) for number in range(5)], DOCUMENTS)
    ranks = np.array([4, 2, 0, 1, 3])
    found = cut_all(batch, SMALL, ranks, partitions=4)
    assert [NOTICE in text for text in found.column("text").to_pylist()] == [False, False, True, False, False]
    size = len(NOTICE.encode()) + 2
    assert found.column("repeated_bytes").to_pylist() == [size, size, 0, size, size]
    assert found.column("left_characters").is_valid().to_pylist() == [True, True, False, True, True]
    assert found.column("repeated_share")[0].as_py() == pytest.approx(size / len(batch["text"][0].as_py().encode()))


def test_few_quotations_of_a_paragraph_stay_and_more_over_many_sites_go():
    settings = Paragraphs(most_documents=6, most_documents_of_site=3)
    for count, kept in ((3, 3), (6, 6), (7, 1)):
        rows = [page(number, NOTICE, url=f"https://s{number}.example/") for number in range(count)]
        found = cut_all(pa.RecordBatch.from_pylist(rows, DOCUMENTS), settings)
        assert sum(NOTICE in text for text in found.column("text").to_pylist()) == kept


def test_documents_without_url_and_name_are_of_no_common_site():
    batch = pa.RecordBatch.from_pylist([page(number, NOTICE, url=None) for number in range(5)], DOCUMENTS)
    assert cut_all(batch, SMALL).column("repeated_bytes").to_pylist() == [0] * 5


def test_document_with_too_little_left_is_boilerplate():
    rows = [page(number, NOTICE) for number in range(5)]
    rows.append({**page(9), "text": f"짧은 글\n{NOTICE}\n{NOTICE}\n"})
    found = cut_all(pa.RecordBatch.from_pylist(rows, DOCUMENTS), settings := replace(SMALL, least_left_characters=20))
    assert found.column("text")[5].as_py() == "짧은 글"
    assert verdict(judged(found, settings.rules()), "boilerplate") == [False] * 5 + [True]


@pytest.mark.parametrize("kind", ["code", "dialogue"])
def test_kinds_that_are_off_are_neither_cut_nor_counted(kind):
    rows = [page(number, NOTICE, kind=kind) for number in range(5)] + [page(number, NOTICE) for number in range(3)]
    found = cut_all(pa.RecordBatch.from_pylist(rows, DOCUMENTS), SMALL)
    assert found.column("repeated_bytes").to_pylist() == [0] * 8


@pytest.mark.parametrize(
    "block",
    [
        f"```\nfor x in range(10):\n{NOTICE}\n\nprint(x)\n```",
        f"| 이름 | 설명 |\n|---|---|\n| 가 | {NOTICE} |\n| 나 | 서로 다른 내용이 들어 있는 칸 |",
        f"┌────┐\n│ {NOTICE} │\n└────┘",
        f"    x = 1\n    # {NOTICE}\n\n    y = 2",
    ],
)
def test_block_of_code_or_table_is_cut_whole_or_not_at_all(block):
    rows = [page(number, NOTICE, block + f"\n\n끝 {number}") for number in range(5)]
    rows += [page(9, block.replace("x", "z").replace("나", "다").replace("│ ", "│ 또 ") + "\n\n끝")]
    found = cut_all(pa.RecordBatch.from_pylist(rows, DOCUMENTS), SMALL).column("text").to_pylist()
    for text in found[1:5]:
        assert NOTICE not in text
        assert block.splitlines()[0] not in text.splitlines()
        assert text.splitlines()[-1].startswith("끝")
    assert found[5] == rows[5]["text"]


def test_segments_and_views_move_with_the_text_and_nulls_stay():
    def image(start, end):
        return {**dict.fromkeys(("uri", "sha256", "caption")), "type": "image", "start": start, "end": end}

    rows = []
    for number in range(5):
        row = page(number, NOTICE, f"그림 설명 😀 {number}")
        place, notice = row["text"].index("그림"), row["text"].index(NOTICE)
        row["segments"] = [image(0, 3), image(notice + 2, notice + 5), image(place, place + 2), image(None, None)]
        row["views"] = [{"use": "summary", "prompt": "물음", "start": 0, "end": len(row["text"])}]
        rows.append(row)
    rows.append(page(5))
    found = cut_all(pa.RecordBatch.from_pylist(rows, DOCUMENTS), SMALL)
    assert found.schema.field("segments") == DOCUMENTS.field("segments")
    columns = (found.column(name).to_pylist() for name in ("text", "segments", "views"))
    for text, segments, views in zip(*columns, strict=True):
        if segments:
            spans = [(each["start"], each["end"]) for each in segments]
            assert text[slice(*spans[2])] == "그림"
            assert spans[0] == (0, 3)
            assert spans[3] == (None, None)
            assert (spans[1][0] == spans[1][1]) is (NOTICE not in text)
            assert text[views[0]["start"] : views[0]["end"]] == text
    assert found.column("segments")[5].as_py() is None


def test_document_with_turns_is_left_as_it_is():
    rows = [page(number, NOTICE) for number in range(5)]
    rows[3]["turns"] = [{"speaker": "가", "text": rows[3]["text"], "role": None}]
    found = cut_all(pa.RecordBatch.from_pylist(rows, DOCUMENTS), SMALL)
    assert found.column("text")[3].as_py() == rows[3]["text"]
    assert found.column("repeated_bytes")[4].as_py() > 0


@pytest.mark.parametrize("seed", range(5))
def test_result_does_not_depend_on_order_batches_or_partitions(seed):
    chance = random.Random(seed)
    notices = [f"{NOTICE} 판본 {number}호" for number in range(4)]
    rows = [page(number, *chance.sample(notices, chance.randrange(4))) for number in range(30)]
    ranks = np.array(chance.sample(range(100), 30))

    def texts(order, partitions, batches):
        batch = pa.RecordBatch.from_pylist([rows[k] for k in order], DOCUMENTS)
        repeats = found_in(batch, ranks[order], SMALL, partitions)
        size = -(-len(order) // batches)
        parts = [
            without(batch.slice(first, size), ranks[order][first : first + size], repeats, SMALL)
            for first in range(0, len(order), size)
        ]
        found = [text for part in parts for text in part.column("text").to_pylist()]
        return {int(k): text for k, text in zip(order, found, strict=True)}

    order = np.arange(30)
    expected = texts(order, 1, 1)
    assert texts(np.array(chance.sample(range(30), 30)), 3, 4) == expected
    assert all(sum(notice in text for text in expected.values()) == 1 for notice in notices)


def test_no_paragraph_is_repeated_and_the_batch_is_as_it_was():
    batch = batch_of([OWN[0], OWN[1], ""])
    found = without(batch, np.arange(3), Repeats(np.empty(0, np.uint64), np.empty(0, np.int64)), SMALL)
    names = [name for name in DOCUMENTS.names if name != "letters"]
    assert found.select(names).equals(batch.select(names))
    assert found.column("letters").to_pylist() == [letters_in(text) for text in (OWN[0], OWN[1], "")]
    assert gathered([]).hashes.size == 0


def test_batch_without_rows_gets_its_columns():
    batch = batch_of([])
    found = without(batch, np.empty(0, np.int64), gathered([]), SMALL)
    assert found.schema.names[-3:] == ["repeated_bytes", "repeated_share", "left_characters"]
    assert sign(batch, SMALL).num_rows == 0


@pytest.mark.parametrize(
    "wrong", [{"least_characters": 0}, {"most_documents": 0}, {"least_left_characters": -1}, {"off_kinds": ("blgo",)}]
)
def test_impossible_settings_are_refused_with_their_value(wrong):
    value = next(iter(wrong.values()))
    with pytest.raises(UserError, match=str(value[0] if isinstance(value, tuple) else value)):
        Paragraphs(**wrong)


def test_a_build_cuts_a_notice_everywhere_but_once(tmp_path):
    rows = [{"text": f"{sentences(number)}\n\n{NOTICE}", "kind": "web", "name": "누리집"} for number in range(8)]
    write_rows(tmp_path / "raw.jsonl", rows)
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw.jsonl"),), processes=1), tmp_path / "corpus", quiet)
    kept = pq.read_table(tmp_path / "corpus" / "shards").to_pylist()
    assert len(kept) == 8
    assert sum(NOTICE in row["text"] for row in kept) == 1
    assert sorted(row["repeated_bytes"] for row in kept) == [0] + [len(NOTICE.encode()) + 2] * 7
