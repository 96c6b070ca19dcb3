"""A site has one name: the same answer for the same address in every room that looks at one."""

import unicodedata

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_batches import batch_of

from malmoi.corpus.composition.trust import Trust
from malmoi.corpus.html.attributes import hosts as hosts_of_links
from malmoi.corpus.html.core_region import parse
from malmoi.corpus.html.page_metadata import host_of as host_of_page
from malmoi.corpus.learning.labelled_pages import site_of
from malmoi.corpus.passes.scan import hosts as hosts_of_documents
from malmoi.corpus.steps import boilerplate
from malmoi.corpus.text.host import AUTHORITY, host_of, host_of_authority, hosts, registrable_domain

HARD = {
    "https://example.com": "example.com",
    "https://Example.COM/A?b#c": "example.com",
    "HTTPS://example.com?q": "example.com",
    "https://example.com:443/": "example.com",
    "https://example.com:/": "example.com",
    "https://example.com:port/": "example.com",
    "https://example.com:99999/": "example.com",
    "https://user@example.com/": "example.com",
    "https://user:p@ss:word@example.com:80/": "example.com",
    "https://a.kr@example.com/": "example.com",
    "https://example.com./": "example.com",
    "https://example.com/a@b.kr": "example.com",
    "https://example.com?a@b.kr": "example.com",
    "https://example.com\\a@b.kr": "example.com",
    " https://example.com ": "example.com",
    "https://%65xample%2Ecom/": "example.com",
    "https://ｅｘａｍｐｌｅ．com/": "example.com",
    "https://my_blog.tistory.com/1": "my_blog.tistory.com",
    "https://한글.kr/": "한글.kr",
    "https://한글。kr/": "한글.kr",
    unicodedata.normalize("NFD", "https://한글.kr/"): "한글.kr",
    "https://XN--BJ0BJ06E.kr.:8080/": "한글.kr",
    "https://%ED%95%9C%EA%B8%80.kr/": "한글.kr",
    "https://straße.de": "straße.de",
    "https://xn--strae-oqa.de": "straße.de",
    "https://💩.la": "💩.la",
    "https://xn--ls8h.la": "💩.la",
    "https://xn--.kr": "xn--.kr",
    "https://xn--99999999.kr": "xn--99999999.kr",
    "https://localhost:8000": "localhost",
    "http://10.0.0.1:80/": "10.0.0.1",
    "http://[::1]:80/": "::1",
    "http://user@[2001:DB8:0:0::1]/": "2001:db8::1",
    "http://[::1": "::1",
    "http://[없다]/": None,
    "http:/example.com": None,
    "https:///path": None,
    "https://:80/": None,
    "https://user@/": None,
    "https://.../": None,
    "https://a..kr/": None,
    "https://a b.kr/": None,
    "https://a%00b.kr/": None,
    "https://a%40b.kr/": None,
    "https://%zz.kr/": None,
    "https://<a>.kr/": None,
    f"https://{'a' * 250}.com/": None,
    "mailto:a@b.kr": None,
    "/own/path": None,
    "": None,
}


@pytest.mark.parametrize(("url", "host"), HARD.items())
def test_an_address_has_one_host_in_every_room(url: str, host: str | None):
    assert host_of(url) == host_of_page(url) == host
    assert hosts_of_documents(pa.array([url])).to_pylist() == [host]
    page = f'<html><body><a href="{url}">x</a></body></html>'.encode()
    links = hosts_of_links(parse(page))
    assert links == ([host] if host else [])


def test_an_erasure_asks_its_database_for_the_same_host():
    found = duckdb.sql("SELECT regexp_extract(unnest($urls), $part, 1)", params={"urls": list(HARD), "part": AUTHORITY})
    assert [host_of_authority(part) for (part,) in found.fetchall()] == list(HARD.values())


def test_batches_of_addresses_have_the_hosts_of_each_and_null_where_there_is_none():
    urls = [*HARD, None, *HARD]
    for kind in (pa.string(), pa.large_string()):
        assert hosts(pa.array(urls, kind)).to_pylist() == [*HARD.values(), None, *HARD.values()]
    assert hosts(pa.array([], pa.string())).to_pylist() == []
    assert hosts(pa.array(["x", *HARD], pa.string()).slice(1)).to_pylist() == list(HARD.values())


def test_boilerplate_and_trust_know_the_same_sites():
    """Five ways to write one address had five hashes."""
    ways = [url for url, host in HARD.items() if host == "example.com"]
    rows = [{"kind": "web", "url": url, "name": None} for url in (*ways, "https://b.kr")]
    batch = batch_of(["글"] * len(rows))
    place = batch.schema.get_field_index("source")
    source = pa.array([{**batch.column("source")[0].as_py(), **row} for row in rows], batch.schema.field(place).type)
    found = boilerplate._sites(batch.set_column(place, batch.schema.field(place), source)).tolist()
    assert len(set(found[:-1])) == 1
    assert found[-1] not in (0, found[0])


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.a.co.kr", "a.co.kr"),
        ("a.co.kr", "a.co.kr"),
        ("co.kr", "co.kr"),
        ("blog.naver.com", "naver.com"),
        ("a.tistory.com", "tistory.com"),
        ("a.blogspot.com", "blogspot.com"),
        ("gangnam.go.kr", "gangnam.go.kr"),
        ("www.gangnam.go.kr", "gangnam.go.kr"),
        ("a.b.seoul.kr", "b.seoul.kr"),
        ("가게.한글.kr", "한글.kr"),
        ("www.가게.한국", "가게.한국"),
        ("a.b.city.kawasaki.jp", "city.kawasaki.jp"),
        ("a.b.c.kawasaki.jp", "b.c.kawasaki.jp"),
        ("localhost", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("no.such.suffix.zz9", "suffix.zz9"),
    ],
)
def test_a_host_is_registered_under_its_public_suffix(host: str, domain: str):
    assert registrable_domain(host) == domain


@pytest.mark.parametrize("url", [url for url, host in HARD.items() if host == "example.com"])
def test_a_publisher_of_labelled_pages_is_known_by_the_same_host(url: str):
    assert site_of(url) == "example"


@given(st.text(alphabet=st.sampled_from("aZ가한.-:@[]%2e/\\ xn-ßİ。．１\u1112\u1161\u11ab😀"), max_size=30))
def test_a_host_stays_as_it_is_when_it_is_read_again(text: str):
    host = host_of_authority(text)
    if host and ":" not in host:
        assert host_of(f"https://{host}/") == host
        assert Trust(sites={host: 0.5}).sites == {host: 0.5}
