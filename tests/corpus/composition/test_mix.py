"""Mixtures: shares, caps and epochs, solved and drawn, on small and on random corpora."""

import random
import time
from collections import defaultdict

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi.corpus.composition.mix import plan, summary
from malmoi.corpus.composition.settings import Mix
from malmoi.corpus.composition.shares import solve
from malmoi.corpus.document import document_id
from malmoi.kit.errors import UserError

CANDIDATES = pa.schema(
    [
        ("number", pa.int64()), ("id", pa.string()), ("kind", pa.string()), ("source_name", pa.string()),
        ("text_bytes", pa.int64()), ("trust", pa.float64()), ("value", pa.float64()),
        ("source_popularity", pa.float64()),
    ]
)  # fmt: skip


def rows_of(kind: str, name: str | None, count: int, size: int = 1000, trust: float | None = 0.5) -> list[tuple]:
    ids = (document_id(f"{kind} {name}", str(n).encode()) for n in range(count))
    return [(id_, kind, name, size, trust, 0.5, None) for id_ in ids]


def mixed(rows: list[tuple], mix: Mix, threads: int = 1) -> tuple[list[tuple], duckdb.DuckDBPyConnection]:
    """The rows with their epochs behind, and the database."""
    database = duckdb.connect()
    database.execute(f"SET threads = {threads}")
    numbered = [(number, *row) for number, row in enumerate(rows)]
    columns = list(map(list, zip(*numbered, strict=True))) if numbered else [[] for _ in CANDIDATES]
    database.register("rows", pa.table(columns, schema=CANDIDATES))
    database.execute("CREATE VIEW candidates AS SELECT * FROM rows")
    plan(database, mix)
    found = database.sql("SELECT number, over_share, epochs FROM mixed ORDER BY number").fetchall()
    assert [number for number, _, _ in found] == list(range(len(rows)))
    assert all(over == (epochs == 0) and epochs >= 0 for _, over, epochs in found)
    return [(*row, epochs) for row, (_, _, epochs) in zip(rows, found, strict=True)], database


def size_by(found: list[tuple], place: int) -> dict:
    sizes: defaultdict = defaultdict(int)
    for row in found:
        sizes[row[place]] += row[3] * row[-1]
    return dict(sizes)


def test_without_wishes_every_document_is_read_once():
    rows = rows_of("law", "민법", 7, 3333) + rows_of("web", None, 5, 17) + rows_of("blog", "블로그", 1, 1)
    found, _ = mixed(rows, Mix())
    assert [row[-1] for row in found] == [1] * 13


def test_a_large_kind_shrinks_and_a_small_one_is_repeated():
    rows = rows_of("law", "법", 900) + rows_of("wiki", "백과", 100)
    found, database = mixed(rows, Mix(shares={"law": 0.7, "wiki": 0.3}))
    assert size_by(found, 1) == {"law": 700_000, "wiki": 300_000}
    assert {row[-1] for row in found if row[1] == "wiki"} == {3}
    shown = summary(database)
    assert [(row["kind"], row["asked_share"], row["mixed_share"]) for row in shown["kinds"]] == [
        ("law", 0.7, 0.7),
        ("wiki", 0.3, 0.3),
    ]


def test_part_of_an_epoch_goes_to_some_documents():
    rows = rows_of("law", "법", 700) + rows_of("wiki", "백과", 200)
    found, _ = mixed(rows, Mix(shares={"law": 0.5, "wiki": 0.5}))
    epochs = [row[-1] for row in found if row[1] == "wiki"]
    assert set(epochs) == {2, 3}
    assert sum(epochs) == 450


def test_what_a_kind_cannot_give_goes_to_the_others_and_the_report_says_so():
    rows = rows_of("law", "법", 900) + rows_of("wiki", "백과", 10)
    found, database = mixed(rows, Mix(shares={"law": 0.5, "wiki": 0.5}))
    assert size_by(found, 1) == {"law": 870_000, "wiki": 40_000}
    (law, wiki) = summary(database)["kinds"]
    assert (wiki["asked_share"], wiki["mean_epochs"]) == (0.5, 4.0)
    assert wiki["mixed_share"] == pytest.approx(40 / 910)
    assert (law["kept"], law["documents"], law["asked_bytes"]) == (870, 900, 455_000)


def test_strict_shares_shrink_the_whole_instead():
    rows = rows_of("law", "법", 900) + rows_of("wiki", "백과", 10) + rows_of("web", "빈 것", 1, 0)
    found, _ = mixed(rows, Mix(shares={"law": 0.5, "wiki": 0.5}, strict=True))
    assert size_by(found, 1) == {"law": 40_000, "wiki": 40_000, "web": 0}


def test_caps_bind_on_the_whole_that_comes_out():
    rows = (
        rows_of("law", "법", 900) + rows_of("wiki", "백과", 60) + rows_of("news", "가", 40) + rows_of("news", "나", 40)
    )
    found, database = mixed(rows, Mix(largest_kind_share=0.5, largest_source_share=0.25, most_epochs=1))
    assert size_by(found, 2) == {"법": 40_000, "백과": 40_000, "가": 40_000, "나": 40_000}
    assert (summary(database)["kind_cap"], summary(database)["source_cap"]) == (0.5, 0.25)


def test_caps_that_cannot_be_kept_grow_as_far_as_needed_and_are_told():
    rows = rows_of("law", "법", 50) + rows_of("wiki", "백과", 50)
    found, database = mixed(rows, Mix(largest_kind_share=0.2))
    assert [row[-1] for row in found] == [1] * 100
    assert summary(database)["kind_cap"] == pytest.approx(0.5)
    _, database = mixed(rows, Mix(largest_source_share=0.1))
    assert summary(database)["source_cap"] == pytest.approx(0.5)


def test_sources_without_a_name_have_no_cap():
    rows = rows_of("web", None, 80) + rows_of("web", "누리집", 80)
    found, _ = mixed(rows, Mix(largest_source_share=0.2, most_epochs=1))
    assert size_by(found, 2) == {None: 80_000, "누리집": 20_000}


def test_kinds_that_are_not_wanted_are_over_their_share():
    rows = rows_of("law", "법", 30) + rows_of("web", None, 5000)
    found, _ = mixed(rows, Mix(shares={"law": 1.0}, most_epochs=2))
    assert size_by(found, 1) == {"law": 60_000, "web": 0}


def test_trusted_and_valued_documents_stay_first():
    rows = rows_of("web", "좋은 곳", 500, trust=0.9) + rows_of("web", "나쁜 곳", 500, trust=0.1)
    sizes = size_by(mixed(rows, Mix(total_bytes=300_000))[0], 2)
    # Inclusion of Efraimidis-Spirakis with weights 9:1 when 30 % are drawn: 1 - exp(-9t) and 1 - exp(-t) with t = .087.
    assert sizes["좋은 곳"] / 300_000 == pytest.approx(0.905, abs=0.03)
    even = size_by(mixed(rows, Mix(total_bytes=300_000, trust_power=0))[0], 2)
    assert even["좋은 곳"] / 300_000 == pytest.approx(0.5, abs=0.06)


def test_a_smaller_mixture_is_part_of_a_larger_one():
    rows = rows_of("web", "곳", 400)
    kept = [{row[0] for row in mixed(rows, Mix(total_bytes=size))[0] if row[-1]} for size in (50_000, 100_000, 300_000)]
    assert kept[0] < kept[1] < kept[2]
    other = {row[0] for row in mixed(rows, Mix(total_bytes=50_000, seed=1))[0] if row[-1]}
    assert other != kept[0]


def test_order_and_threads_change_nothing():
    chance = random.Random(3)
    rows = [row for kind in ("web", "news") for n in range(40) for row in rows_of(kind, f"곳 {n}", n, 100 + 7 * n, 0.4)]
    mix = Mix(shares={"news": 0.7}, largest_source_share=0.03, total_bytes=1_500_000)
    results = []
    for threads in (1, 4):
        chance.shuffle(rows)
        results.append({row[0]: row[-1] for row in mixed(rows, mix, threads)[0]})
    assert results[0] == results[1]


def test_an_empty_corpus_has_an_empty_mixture():
    found, database = mixed([], Mix(shares={"law": 0.5}))
    assert found == []
    assert summary(database) == {"total_bytes": 0, "kind_cap": 1.0, "source_cap": 1.0, "kinds": [], "sources": []}


def test_names_in_every_script_are_sources_of_their_own():
    rows = (
        rows_of("web", "한글", 3)
        + rows_of("web", "漢字", 3)
        + rows_of("web", "나랏말ᄊᆞ미", 3)
        + rows_of("web", "🍀", 3)
    )
    rows += [(document_id("", b""), "web", "", 1000, None, None, None)]
    found, database = mixed(rows, Mix())
    assert [row[-1] for row in found] == [1] * 13
    assert len(summary(database)["sources"]) == 5


KINDS = ("law", "wiki", "web", "blog")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10**9), st.booleans()), min_size=1, max_size=30),
    st.dictionaries(st.sampled_from(KINDS), st.floats(0, 0.25), max_size=4),
    st.none() | st.floats(0.05, 1),
    st.none() | st.floats(0.01, 1),
    st.integers(1, 5),
    st.none() | st.integers(1, 10**10),
    st.booleans(),
)
def test_solved_sizes_keep_every_limit(sources, shares, kind_cap, source_cap, epochs, total, strict):
    mix = Mix(shares, kind_cap, source_cap, epochs, total, strict)
    kinds = [kind for kind, _, _ in sources]
    names = [f"{number}" if named else None for number, (_, _, named) in enumerate(sources)]
    available = np.array([size for _, size, _ in sources], float)
    sizes = solve(mix, kinds, names, available)
    got, whole = sizes.source_bytes, float(sizes.source_bytes.sum())
    slack = 1e-6 * whole + 1e-3
    assert (got >= 0).all()
    assert (got <= epochs * available * (1 + 1e-9)).all()
    assert whole <= (total or available.sum()) * (1 + 1e-9)
    for kind in KINDS:
        assert got[[k == kind for k in kinds]].sum() <= sizes.kind_cap * whole + slack
        if shares.get(kind, 1) < 1e-12:
            assert got[[k == kind for k in kinds]].sum() == 0
    named = np.array([name is not None for name in names])
    assert (got[named] <= sizes.source_cap * whole + slack).all()
    assert sizes.kind_cap >= (kind_cap or 1) - 1e-9
    wanted = sum(sizes.asked_bytes[k] > 0 for k in set(kinds) if available[[one == k for one in kinds]].sum())
    if wanted and not strict and kind_cap is None and source_cap is None:
        most = sum(available[i] * epochs for i, k in enumerate(kinds) if sizes.asked_bytes[k] > 0)
        assert whole == pytest.approx(min(total or available.sum(), most), rel=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shares": {"law": 1.2}}, {"shares": {"법": 0.1}}, {"shares": {"law": 0.6, "web": 0.6}},
        {"largest_kind_share": 0.0}, {"largest_source_share": 1.5}, {"most_epochs": 0}, {"total_bytes": 0},
        {"trust_power": -1.0}, {"value_power": 11.0},
    ],
)  # fmt: skip
def test_impossible_settings_are_refused_by_name(wrong: dict):
    with pytest.raises(UserError, match=next(iter(wrong))):
        Mix(**wrong)


@pytest.mark.slow
def test_two_million_documents_are_mixed_under_a_memory_limit(tmp_path):
    database = duckdb.connect()
    database.execute("SET threads = 2")
    database.execute("SET memory_limit = '400MB'")
    database.execute("SET temp_directory = ?", [str(tmp_path)])
    database.execute(
        "CREATE TABLE candidates AS SELECT range AS number, md5(range::VARCHAR) AS id,"
        " CASE WHEN range % 10 = 0 THEN 'news' ELSE 'web' END AS kind, 'n' || (range % 100003) AS source_name,"
        " 100 + range % 5000 AS text_bytes, 0.5 AS trust, (range % 97) / 97 AS value, NULL::FLOAT AS source_popularity"
        " FROM range(2_000_000)"
    )
    started = time.process_time()
    plan(database, Mix(shares={"news": 0.4}))
    print(f"{time.process_time() - started:.1f} s of processor time")
    kinds = {row["kind"]: row for row in summary(database)["kinds"]}
    assert kinds["news"]["mixed_share"] == pytest.approx(0.4, abs=1e-3)
    assert kinds["news"]["mean_epochs"] == pytest.approx(4, abs=0.1)
