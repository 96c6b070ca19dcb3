"""Trust and popularity of sources: a table of sites from official suffixes, a user's list and the crawl's own links.

The host graph is ranked in DuckDB (PageRank, Page and others 1998), so that it may be larger than the memory. Links
within a registrable domain do not count, and chance visits go to domains by their trust (TrustRank, Gyöngyi and others
2004) and are shared among the hosts of one: a thousand hosts under one bought name weigh as much as one. Ranks are
whole numbers, so that sums do not depend on the order: any number of threads gives the same bits.

What it does on the mixed sample of 5,638 documents and 129 sites (benchmarks/golden_hashes.py, 2026-11-30): weighing by
trust changes how often 15 documents are read, and which documents stay for none. Links raise the trust of 102 sites;
with the lift off every document is read as often as with it. Few sites link to one another there: a crawl is the use.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from malmoi.corpus.document import require_kind
from malmoi.corpus.text.host import host_of_authority, registrable_domain
from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least, require

if TYPE_CHECKING:
    import duckdb

MASS = 1 << 60
"""All ranks together. 64 bits leave room for it, and a host among 100 million still has ten digits."""
CHANCE_POWER = 4
"""Chance visits go to domains by their own trust to this power: one of the state weighs as a hundred bought ones."""
TABLE = Path(__file__).with_name("trust.toml")
_TABLE_FIELDS = ("sites", "suffixes", "names", "kinds")


@dataclass(frozen=True)
class Trust:
    """How sites are trusted. Every trust is 0..1.

    sites: a list of one's own, host to trust; a host counts with its subdomains and nothing is added to its word.
    suffixes, names, kinds: put before those of trust.toml: official suffixes of hosts; and where a document has no
    host, its source's name, else its kind. unknown: of a host that no table names; None takes that of trust.toml.
    popularity_lift: how far links may raise a host towards 1: trust = own + popularity_lift x popularity x (1 - own).
    enough_domains: so many other domains must link to a host for its popularity to count in full.
    damping, tolerance, most_rounds: of PageRank; it ends when all ranks together move by less than `tolerance`.
    """

    sites: dict[str, float] = field(default_factory=dict)
    suffixes: dict[str, float] = field(default_factory=dict)
    names: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, float] = field(default_factory=dict)
    unknown: float | None = None
    popularity_lift: float = 0.5
    enough_domains: int = 20
    damping: float = 0.85
    tolerance: float = 1e-6
    most_rounds: int = 200

    def __post_init__(self) -> None:
        for kind in self.kinds:
            require_kind(kind, "a kind in kinds")
        shares = {f"{table}.{key}": value for table in _TABLE_FIELDS for key, value in getattr(self, table).items()}
        shares |= {"popularity_lift": self.popularity_lift, "damping": self.damping, "unknown": self.unknown or 0.0}
        for name, value in shares.items():
            if not 0 <= value <= 1:
                raise UserError(f"{name} is {value}", "0 to 1")
        for host in (*self.sites, *self.suffixes):
            if not host or any(sign in host for sign in "/: "):
                raise UserError(f"{host!r} is no host", 'a name such as "www.go.kr", without https:// and path')
        if self.damping == 1:
            raise UserError("damping is 1", "below 1, or the ranks need not settle")
        require(self, "above 0", lambda tolerance: tolerance > 0, "tolerance")
        at_least(self, 1, "enough_domains", "most_rounds")


def judge_sites(database: "duckdb.DuckDBPyConnection", settings: Trust) -> int:
    """Makes `sites`, `unhosted` and `document_trust`; returns how many rounds the ranks took to settle.

    Reads the views `documents(number, host, kind, source_name)`, host null where a document has none, and
    `links(from_host, to_host, documents)`: how many documents of one host link to another. Hosts are as text/host.py
    gives them: one name a site.

    sites(host, domain, documents, in_hosts, in_domains, page_rank, popularity, basis, own_trust, trust): one row a host
    that has documents or is linked to. in_hosts and in_domains count other domains only. page_rank sums to 1 but for
    rounding. popularity 0..1: 1 - ln(place)/ln(hosts + 1), the first being 1, ties having the place of their last, less
    where fewer than `enough_domains` link to it, 0 where none does. basis: what own_trust comes from ("listed a.kr",
    "suffix go.kr", "unknown").
    unhosted(kind, source_name, documents, basis, trust): sources of documents without a host ("name …", "kind …").
    document_trust(number, trust): a view, one row a document.
    """
    _make_own_trust(database, settings)
    _make_edges(database)
    rounds = _rank(database, settings)
    _make_sites(database, settings)
    _make_unhosted(database, settings)
    for name in ("site_edges", "site_ranks", "site_own"):
        database.execute(f"DROP TABLE {name}")
    return rounds


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def _unknown(settings: Trust) -> float:
    """The trust of what no table names."""
    return _tables()["unknown"] if settings.unknown is None else settings.unknown


def _make_own_trust(database: "duckdb.DuckDBPyConnection", settings: Trust) -> None:
    """site_own(node, host, domain, basis, own_trust, teleport): the hosts numbered by name, from 0.

    teleport: the share of chance visits: each domain by the mean of its hosts' trust^CHANCE_POWER, shared equally. The
    domain is found in Python, 7 us a host (2026-11).
    """

    listed = {host_of_authority(name) or name: trust for name, trust in settings.sites.items()}
    _register(database, "listed_sites", listed)
    _register(database, "official_suffixes", {**_tables()["suffixes"], **settings.suffixes})
    database.create_function("registrable_domain", registrable_domain)
    database.execute(
        """
CREATE OR REPLACE TABLE site_own AS
WITH hosts AS (
  SELECT host, registrable_domain(host) AS domain FROM (
    SELECT host FROM documents UNION SELECT from_host FROM links UNION SELECT to_host FROM links) WHERE host <> ''),
ends AS (
  SELECT host, array_to_string(labels[first:], '.') AS name
  FROM (SELECT host, labels, unnest(range(1, length(labels) + 1)) AS first
        FROM (SELECT host, split(host, '.') AS labels FROM hosts))),
found AS (
  SELECT host, 'listed ' || name AS basis, trust, 1000 + length(name) AS weight FROM ends JOIN listed_sites USING (name)
  UNION ALL
  SELECT host, 'suffix ' || name, trust, length(name) FROM ends JOIN official_suffixes USING (name)),
best AS (SELECT host, arg_max(basis, weight) AS basis, arg_max(trust, weight) AS trust FROM found GROUP BY host),
own AS (
  SELECT host, domain, coalesce(basis, 'unknown') AS basis, coalesce(trust, $unknown) AS own_trust
  FROM hosts LEFT JOIN best USING (host)),
-- Sums of whole numbers: those of floating-point ones depend on the order, that is, on the threads.
domains AS (
  SELECT domain, count(*) AS hosts, round(sum((pow(own_trust, $power) * 1e6)::BIGINT) / count(*))::BIGINT + 1 AS weight
  FROM own GROUP BY domain),
whole AS (SELECT sum(weight) AS weight FROM domains)
SELECT (row_number() OVER (ORDER BY host))::INTEGER - 1 AS node, host, domain, basis, own_trust,
  domains.weight / hosts / whole.weight AS teleport
FROM own JOIN domains USING (domain), whole""",
        {"unknown": _unknown(settings), "power": CHANCE_POWER},
    )
    database.remove_function("registrable_domain")


def _make_edges(database: "duckdb.DuckDBPyConnection") -> None:
    """site_edges(source, target): each pair of hosts of different domains once, however many documents link.

    A link in the frame of every page is one word for a site, as is a link in one article.
    """
    database.execute(
        "CREATE OR REPLACE TABLE site_edges AS SELECT DISTINCT a.node AS source, b.node AS target FROM links"
        " JOIN site_own a ON a.host = from_host JOIN site_own b ON b.host = to_host WHERE a.domain <> b.domain"
    )


def _rank(database: "duckdb.DuckDBPyConnection", settings: Trust) -> int:
    """site_ranks(node, rank, links, teleport): ranks in MASS-ths. Returns the rounds it took."""
    database.execute(
        "CREATE OR REPLACE TABLE site_ranks AS SELECT node, (teleport * $mass)::BIGINT AS rank, coalesce(links, 0) AS"
        " links, teleport FROM site_own LEFT JOIN (SELECT source AS node, count(*) AS links FROM site_edges GROUP BY 1)"
        " USING (node)",
        {"mass": MASS},
    )
    for number in range(1, settings.most_rounds + 1):
        moved = _one_round(database, settings.damping)
        if moved <= settings.tolerance * MASS:
            return number
    return settings.most_rounds


def _one_round(database: "duckdb.DuckDBPyConnection", damping: float) -> int:
    """Replaces site_ranks by what the ranks give on; returns how far all of them moved.

    What hosts without links have goes where chance visits go. All sums are of whole numbers.
    """
    ((dangling,),) = database.execute("SELECT coalesce(sum(rank), 0) FROM site_ranks WHERE links = 0").fetchall()
    chance = (1 - damping) * MASS + damping * float(dangling)
    database.execute(
        "CREATE OR REPLACE TABLE site_ranks_next AS WITH given AS ("
        " SELECT target AS node, sum(share)::BIGINT AS given FROM site_edges"
        " JOIN (SELECT node AS source, ($damping * rank / links)::BIGINT AS share FROM site_ranks WHERE links > 0)"
        " USING (source) GROUP BY 1)"
        " SELECT node, ($chance * teleport)::BIGINT + coalesce(given, 0) AS rank, links, teleport, rank AS before"
        " FROM site_ranks LEFT JOIN given USING (node)",
        {"damping": damping, "chance": chance},
    )
    ((moved,),) = database.execute("SELECT coalesce(sum(abs(rank - before)), 0) FROM site_ranks_next").fetchall()
    database.execute("DROP TABLE site_ranks")
    database.execute("ALTER TABLE site_ranks_next RENAME TO site_ranks")
    return int(moved)


def _make_sites(database: "duckdb.DuckDBPyConnection", settings: Trust) -> None:
    database.execute(
        f"""
CREATE OR REPLACE TABLE sites AS
WITH counted AS (
  SELECT host, count(*) AS documents FROM documents GROUP BY 1),
linked AS (
  SELECT target AS node, count(*) AS in_hosts, count(DISTINCT o.domain) AS in_domains
  FROM site_edges JOIN site_own o ON o.node = source GROUP BY 1),
placed AS (
  SELECT node, count(*) OVER (ORDER BY rank DESC) AS place, count(*) OVER () AS hosts, rank FROM site_ranks),
popular AS (
  SELECT node, rank / {MASS} AS page_rank, coalesce(in_hosts, 0) AS in_hosts, coalesce(in_domains, 0) AS in_domains,
    round((1 - ln(place) / ln(hosts + 1)) * least(1, ln(1 + coalesce(in_domains, 0)) / ln(1 + $enough)), 6)
    AS popularity
  FROM placed LEFT JOIN linked USING (node))
SELECT host, domain, coalesce(documents, 0) AS documents, in_hosts, in_domains, page_rank, popularity, basis, own_trust,
  CASE WHEN starts_with(basis, 'listed ') THEN own_trust
    ELSE round(own_trust + $lift * popularity * (1 - own_trust), 6) END AS trust
FROM site_own JOIN popular USING (node) LEFT JOIN counted USING (host) ORDER BY host""",  # noqa: S608  a number
        {"enough": settings.enough_domains, "lift": settings.popularity_lift},
    )


def _make_unhosted(database: "duckdb.DuckDBPyConnection", settings: Trust) -> None:
    """`unhosted`, and the view that gives each document its trust."""
    _register(database, "trusted_names", settings.names)
    _register(database, "trusted_kinds", {**_tables()["kinds"], **settings.kinds})
    database.execute(
        "CREATE OR REPLACE TABLE unhosted AS SELECT d.kind, d.source_name, count(*) AS documents,"
        " CASE WHEN any_value(n.trust) IS NOT NULL THEN 'name ' || d.source_name"
        " WHEN any_value(k.trust) IS NOT NULL THEN 'kind ' || d.kind ELSE 'unknown' END AS basis,"
        " coalesce(any_value(n.trust), any_value(k.trust), $unknown) AS trust FROM documents d"
        " LEFT JOIN trusted_names n ON n.name = d.source_name LEFT JOIN trusted_kinds k ON k.name = d.kind"
        " WHERE coalesce(d.host, '') = ''"
        " GROUP BY d.kind, d.source_name ORDER BY d.kind, d.source_name",
        {"unknown": _unknown(settings)},
    )
    database.execute(
        "CREATE OR REPLACE VIEW document_trust AS SELECT d.number, coalesce(s.trust, u.trust) AS trust FROM documents d"
        " LEFT JOIN sites s ON s.host = d.host"
        " LEFT JOIN unhosted u ON s.host IS NULL AND u.kind = d.kind"
        " AND u.source_name IS NOT DISTINCT FROM d.source_name"
    )


def _register(database: "duckdb.DuckDBPyConnection", name: str, trusts: dict[str, float]) -> None:
    """A table (name, trust)."""

    columns = {"name": pa.array(trusts, pa.string()), "trust": pa.array(trusts.values(), pa.float64())}
    database.register("given", pa.table(columns))
    database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")  # noqa: S608  one of our own names
    database.unregister("given")
