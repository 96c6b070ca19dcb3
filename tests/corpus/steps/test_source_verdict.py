import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_batches import batch_of, judge, verdict

from malmoi.corpus.build import build
from malmoi.corpus.document import VERDICT
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.source_verdict import verdict_of
from malmoi.corpus.steps.source_verdict import SourceVerdict
from malmoi.kit.errors import UserError

TEXT = "지난 봄에 심은 {0}번 감나무가 자라 올해 처음으로 열매를 맺었다. 사람들은 감을 따서 이웃과 나누어 먹었다. " * 3


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (True, 1.0),
        (0, 0.0),
        (0.7, 0.7),
        ("스팸", 1.0),
        ("정상", 0.0),
        ("0.25", 0.25),
        (7, None),
        ("모름", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_a_verdict_of_spam_is_read_from_words_and_numbers(tmp_path, given, read):
    source = Input(tmp_path, spam_field="meta.spam", category_field="갈래")
    assert verdict_of({"meta": {"spam": given}, "갈래": " 여행\n후기 "}, source) == {
        "spam": read,
        "popularity": None,
        "category": "여행 후기",
    }
    assert verdict_of({"text": "가"}, source) is None


def test_nothing_is_dropped_where_no_limit_is_set_or_the_source_says_nothing():
    batch = batch_of(["가", "나"])
    assert SourceVerdict().rules() == ()
    limits = SourceVerdict(maximum_spam=0.5, minimum_popularity=3, left_out_categories=("광고",))
    judged = judge(limits, batch)
    assert verdict(judged, "source_spam") == verdict(judged, "source_category") == [False, False]
    assert judged.column("source_popularity").to_pylist() == [None, None]


def test_limits_drop_by_spam_by_readers_and_by_category():
    said = [
        {"spam": 1.0, "popularity": 100.0, "category": "일상"},
        {"spam": 0.0, "popularity": 2.0, "category": "일상"},
        {"spam": None, "popularity": 300.0, "category": "광고"},
    ]
    batch = batch_of(["가", "나", "다"])
    place = batch.schema.get_field_index("source_verdict")
    batch = batch.set_column(place, pa.field("source_verdict", VERDICT), pa.array(said, VERDICT))
    judged = judge(SourceVerdict(maximum_spam=0.5, minimum_popularity=3, left_out_categories=("광고",)), batch)
    assert verdict(judged, "source_spam") == [True, False, False]
    assert verdict(judged, "source_unpopular") == [False, True, False]
    assert verdict(judged, "source_category") == [False, False, True]
    assert judged.column("source_popularity").to_pylist() == pytest.approx([0.5, 2 / 102, 0.75])


def test_a_build_reads_the_verdict_from_json_lines_and_parquet_and_keeps_it_in_the_ledger(tmp_path):
    rows = [{"text": TEXT.format(n), "광고": n % 2, "조회": str(n * 1_000), "분류": "일상"} for n in range(4)]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist([{**row, "text": row["text"] + "끝."} for row in rows]), folder / "b.parquet")
    source = Input(folder, spam_field="광고", popularity_field="조회", category_field="분류", kind="blog")
    step = SourceVerdict(maximum_spam=0.5)
    recipe = CorpusRecipe((source,), source_verdict=step, off=("near_duplicate", "learned", "paragraphs"), processes=1)
    build(recipe, tmp_path / "out", lambda *_: None)
    with opened(tmp_path / "out") as database:
        ledger = query(database, "SELECT origin.file AS file, source_verdict AS said, reasons FROM ledger")
    assert len(ledger) == 8
    assert {(row["file"], row["said"]["popularity"]) for row in ledger} == {
        (file, n * 1_000.0) for file in ("a.jsonl", "b.parquet") for n in range(4)
    }
    assert all(("source_spam" in row["reasons"]) == (row["said"]["spam"] == 1.0) for row in ledger)
    assert {row["said"]["category"] for row in ledger} == {"일상"}


def test_an_empty_name_of_a_field_is_asked_wrongly(tmp_path):
    with pytest.raises(UserError, match="spam_field is empty"):
        Input(tmp_path, spam_field="")
