"""Sites ranked and trusted, against a dense PageRank, farms of links, and hosts as they are written."""

import random
import time
from collections.abc import Iterable

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.composition.trust import Trust, judge_sites
from malmoi.corpus.text.host import registrable_domain
from malmoi.kit.errors import UserError

LINKS = pa.schema([("from_host", pa.string()), ("to_host", pa.string()), ("documents", pa.int64())])
DOCUMENTS = pa.schema(
    [("number", pa.int64()), ("host", pa.string()), ("kind", pa.string()), ("source_name", pa.string())]
)


def opened(links: Iterable[tuple], documents: Iterable[tuple] = (), threads: int = 2) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    database.execute(f"SET threads = {threads}")
    for name, schema, rows in (("links", LINKS, links), ("documents", DOCUMENTS, documents)):
        columns = zip(*rows, strict=True) if (rows := list(rows)) else [[] for _ in schema]
        database.register(f"{name}_rows", pa.table(list(map(list, columns)), schema=schema))
        database.execute(f"CREATE VIEW {name} AS SELECT * FROM {name}_rows")
    return database


def sites(database: duckdb.DuckDBPyConnection, settings: Trust) -> dict[str, dict]:
    judge_sites(database, settings)
    return {row["host"]: row for row in database.sql("FROM sites").to_arrow_table().to_pylist()}


def dense_page_rank(rows: dict[str, dict], links: list[tuple], damping: float) -> dict[str, float]:
    """PageRank with a full matrix, by 1,000 multiplications."""
    hosts = sorted(rows)
    place = {host: number for number, host in enumerate(hosts)}
    own = np.array([round(rows[host]["own_trust"] ** 4 * 1e6) for host in hosts])
    domains = [rows[host]["domain"] for host in hosts]
    weight = {one: round(np.mean(own[[d == one for d in domains]])) + 1 for one in set(domains)}
    chance = np.array([weight[d] / domains.count(d) for d in domains]) / sum(weight.values())
    matrix = np.zeros((len(hosts), len(hosts)))
    for source, target, _ in links:
        if rows[source]["domain"] != rows[target]["domain"]:
            matrix[place[target], place[source]] = 1
    out = matrix.sum(axis=0)
    matrix = np.where(out > 0, matrix / np.maximum(out, 1), chance[:, None])
    rank = chance
    for _ in range(1000):
        rank = damping * matrix @ rank + (1 - damping) * chance
    return dict(zip(hosts, rank.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("damping", [0.5, 0.85])
def test_ranks_are_those_of_a_dense_matrix(seed: int, damping: float):
    chance = random.Random(seed)
    endings = ["com", "co.kr", "go.kr", "a.com", "blog.b.kr", "pe.kr"]
    hosts = [f"h{number}.{chance.choice(endings)}" for number in range(40)]
    links = [(chance.choice(hosts), chance.choice(hosts), 1 + chance.randrange(9)) for _ in range(150)]
    found = sites(opened(links), Trust(damping=damping, tolerance=1e-12))
    expected = dense_page_rank(found, links, damping)
    for host, row in found.items():
        assert row["page_rank"] == pytest.approx(expected[host], abs=1e-10)
    assert sum(row["page_rank"] for row in found.values()) == pytest.approx(1, abs=1e-10)


def test_a_chain_that_ends_gives_its_rank_back_by_chance():
    links = [("a.com", "b.com", 1), ("b.com", "c.com", 1)]
    found = sites(opened(links), Trust(tolerance=1e-12))
    assert found["c.com"]["page_rank"] > found["b.com"]["page_rank"] > found["a.com"]["page_rank"]
    assert [found[host]["in_hosts"] for host in ("a.com", "b.com", "c.com")] == [0, 1, 1]


def test_threads_and_the_order_of_rows_change_no_bit():
    chance = random.Random(1)
    links = [(f"h{chance.randrange(900)}.com", f"h{int(chance.random() ** 3 * 900)}.com", 1) for _ in range(8_000)]
    links = list(dict.fromkeys(links))
    documents = [(number, f"h{number % 700}.com", "web", None) for number in range(3_000)]
    results = []
    for threads in (1, 2, 4):
        chance.shuffle(links)
        database = opened(links, documents, threads)
        judge_sites(database, Trust())
        results.append(database.sql("FROM sites ORDER BY host").fetchall())
    assert results[0] == results[1] == results[2]


def test_links_inside_a_registrable_domain_do_not_count():
    links = [(f"b{number}.spam.co.kr", "www.spam.co.kr", 50) for number in range(500)]
    links += [(f"n{number}.co.kr", "good.co.kr", 1) for number in range(30)]
    found = sites(opened(links), Trust())
    assert found["www.spam.co.kr"]["in_hosts"] == found["www.spam.co.kr"]["popularity"] == 0
    assert found["www.spam.co.kr"]["trust"] == 0.3
    assert (found["good.co.kr"]["in_hosts"], found["good.co.kr"]["in_domains"]) == (30, 30)
    assert found["good.co.kr"]["popularity"] == 1.0


def test_a_farm_of_hosts_under_one_name_weighs_as_one():
    honest = [(f"n{number}.co.kr", "good.or.kr", 1) for number in range(30)]
    farm = [(f"b{number}.farm.com", "shop.com", 1_000) for number in range(5_000)]
    found = sites(opened(honest + farm), Trust())
    assert (found["shop.com"]["in_hosts"], found["shop.com"]["in_domains"]) == (5_000, 1)
    assert found["shop.com"]["page_rank"] < found["good.or.kr"]["page_rank"] / 5
    assert found["shop.com"]["trust"] < 0.3 + 0.1 < found["good.or.kr"]["trust"]
    alone = sites(opened([*honest, ("b0.farm.com", "shop.com", 1)]), Trust())
    assert found["shop.com"]["page_rank"] == pytest.approx(alone["shop.com"]["page_rank"], rel=0.05)


def test_three_hundred_bought_names_weigh_less_than_thirty_of_the_state():
    links = [(f"city{number}.go.kr", "good.or.kr", 1) for number in range(30)]
    links += [(f"bought{number}.com", "shop.com", 1_000) for number in range(300)]
    found = sites(opened(links), Trust())
    assert found["shop.com"]["page_rank"] < found["good.or.kr"]["page_rank"] / 3
    assert found["shop.com"]["trust"] < found["good.or.kr"]["trust"]


def test_trust_says_what_it_is_made_of():
    links = [(f"n{number}.com", host, 1) for number in range(40) for host in ("www.seoul.go.kr", "jumin.org", "a.kr")]
    settings = Trust(sites={"jumin.org": 0.9, "bad.kr": 0.0}, suffixes={"kr": 0.4})
    documents = [(0, "cafe.bad.kr", "cafe", "카페"), (1, "x.pe.kr", "blog", None), (2, "news.com", "news", None)]
    found = sites(opened(links, documents), settings)
    shown = {host: (row["basis"], row["own_trust"]) for host, row in found.items() if not host.startswith("n")}
    assert shown == {
        "www.seoul.go.kr": ("suffix go.kr", 0.95),
        "jumin.org": ("listed jumin.org", 0.9),
        "a.kr": ("suffix kr", 0.4),
        "cafe.bad.kr": ("listed bad.kr", 0.0),
        "x.pe.kr": ("suffix pe.kr", 0.3),
    }
    assert found["news.com"]["basis"] == "unknown"
    assert found["jumin.org"]["trust"] == 0.9
    assert found["cafe.bad.kr"]["trust"] == 0.0
    for host in ("www.seoul.go.kr", "a.kr", "news.com"):
        row = found[host]
        lifted = row["own_trust"] + 0.5 * row["popularity"] * (1 - row["own_trust"])
        assert row["trust"] == pytest.approx(lifted, abs=1e-6)
        assert 0 <= row["trust"] <= 1


def test_documents_without_a_host_are_trusted_by_name_then_by_kind():
    documents = [
        (0, None, "law", "법령"),
        (1, None, "web", "잡동사니"),
        (2, "", "law", None),
        (3, "law.go.kr", "law", "법령"),
        (4, None, "wiki", "백과"),
        (5, "law.go.kr", "law", None),
    ]
    database = opened([], documents)
    judge_sites(database, Trust(names={"잡동사니": 0.05}, kinds={"wiki": 0.6}))
    trust = dict(database.sql("SELECT number, trust FROM document_trust").fetchall())
    assert trust == {0: 0.95, 1: 0.05, 2: 0.95, 3: 0.97, 4: 0.6, 5: 0.97}
    bases = dict(database.sql("SELECT source_name, basis FROM unhosted WHERE source_name IS NOT NULL").fetchall())
    assert bases == {"법령": "kind law", "잡동사니": "name 잡동사니", "백과": "kind wiki"}
    assert database.sql("SELECT host, documents FROM sites").fetchall() == [("law.go.kr", 2)]


def test_a_host_of_ones_own_list_is_found_however_it_is_written():
    links = [("a.com", "한글.kr", 1), ("b.com", "한글.kr", 1)]
    found = sites(opened(links), Trust(sites={"XN--BJ0BJ06E.kr.": 0.7}))
    assert (found["한글.kr"]["in_hosts"], found["한글.kr"]["trust"]) == (2, 0.7)


@pytest.mark.parametrize("host", ["a.pvt.k12.ma.us", "x.city.kawasaki.jp", "10.0.0.1", "가게.한글.kr", "localhost"])
def test_the_domain_of_a_site_is_the_registered_one(host: str):
    assert sites(opened([("other.net", host, 1)]), Trust())[host]["domain"] == registrable_domain(host)


def test_an_empty_corpus_has_no_sites():
    database = opened([], [])
    judge_sites(database, Trust())
    assert database.sql("FROM sites").fetchall() == database.sql("FROM document_trust").fetchall() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"sites": {"a.kr": 1.5}}, {"suffixes": {"kr": -0.1}}, {"damping": 1.0}, {"damping": 2.0}, {"unknown": 3.0},
        {"tolerance": 0.0}, {"most_rounds": 0}, {"enough_domains": 0}, {"popularity_lift": -1.0},
        {"kinds": {"law": 9.0}},
    ],
)  # fmt: skip
def test_impossible_settings_are_refused_by_name(wrong: dict):
    with pytest.raises(UserError, match=next(iter(wrong))):
        Trust(**wrong)


@pytest.mark.parametrize("host", ["https://a.kr", "a.kr/길", "", "a kr"])
def test_an_address_in_the_list_of_sites_is_told(host: str):
    with pytest.raises(UserError, match="is no host"):
        Trust(sites={host: 0.5})


@pytest.mark.slow
def test_a_million_links_are_ranked_under_a_memory_limit(tmp_path):
    """200,000 hosts, 1,000,000 links with a heavy head."""
    chance = np.random.default_rng(5)
    source, target = chance.integers(0, 200_000, 1_000_000), (chance.random(1_000_000) ** 4 * 200_000).astype(int)
    database = duckdb.connect()
    database.execute("SET threads = 2")
    database.execute("SET memory_limit = '300MB'")
    database.execute("SET temp_directory = ?", [str(tmp_path)])
    database.register("pairs", pa.table({"a": source, "b": target}))
    database.execute(
        "CREATE TABLE links AS SELECT 'h' || a || '.co.kr' AS from_host, 'h' || b || '.co.kr' AS to_host,"
        " 1 AS documents FROM pairs"
    )
    database.register("no_documents", DOCUMENTS.empty_table())
    database.execute("CREATE VIEW documents AS SELECT * FROM no_documents")
    started = time.process_time()
    rounds = judge_sites(database, Trust())
    seconds = time.process_time() - started
    print(f"{rounds} rounds, {seconds:.1f} s of processor time")
    assert seconds < 60
    ((hosts, mass),) = database.sql("SELECT count(*), sum(page_rank) FROM sites").fetchall()
    assert hosts > 190_000
    assert mass == pytest.approx(1, abs=1e-6)
