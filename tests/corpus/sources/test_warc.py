import gzip
import json
import zlib

import pytest

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw

PAGE = "<html><body><p>첫눈이 내렸다.</p></body></html>"


def http(body, **headers):
    lines = ["HTTP/1.1 200 OK", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def record(
    payload, kind="response", content_type="application/http; msgtype=response", version="1.0", url="http://a.kr/1"
):
    head = f"WARC/{version}\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: {content_type}\r\n"
    return head.encode() + f"Content-Length: {len(payload)}\r\n\r\n".encode() + payload + b"\r\n\r\n"


def items(tmp_path, content, **options):
    (tmp_path / "a.warc.gz").write_bytes(content)
    return list(read(Input(tmp_path, **options)))


def test_only_records_with_a_document_count_but_all_are_numbered(tmp_path):
    records = [
        record(b"software: x", "warcinfo", "application/warc-fields"),
        record(b"GET / HTTP/1.1\r\n\r\n", "request"),
        record(http(PAGE.encode("cp949"), Content_Type="text/html; charset=EUC-KR")),
        record(b"x", "metadata"),
        record(b"", "revisit"),
        record("글만 있는 기록".encode(), "conversion", "text/plain", "1.1", "<http://a.kr/2>"),
        record(PAGE.encode(), "resource", "text/html"),
    ]
    for content in (b"".join(records), b"".join(map(gzip.compress, records)), gzip.compress(b"".join(records))):
        found = items(tmp_path, content)
        assert [(item.origin_offset, item.format) for item in found] == [(2, "html"), (5, "text"), (6, "html")]
        assert found[0].fields == {"url": "http://a.kr/1", "charset": "EUC-KR"}
        assert found[1].fields["url"] == "http://a.kr/2"
        assert found[0].content.decode("cp949") == PAGE


@pytest.mark.parametrize(
    "payload",
    [
        http(b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE.encode()), PAGE.encode()), Transfer_Encoding="chunked"),
        http(gzip.compress(PAGE.encode()), Content_Encoding="gzip", Content_Type="text/html"),
        http(zlib.compress(PAGE.encode()), Content_Encoding="deflate", Content_Type="text/html"),
        http(PAGE.encode(), Content_Type="application/xhtml+xml"),
        http(PAGE.encode()),
    ],
)
def test_what_http_wraps_around_a_page_is_taken_off(payload, tmp_path):
    (found,) = items(tmp_path, gzip.compress(record(payload)))
    assert isinstance(found, Raw)
    assert found.content.decode() == PAGE


def test_a_page_that_grows_when_decoded_is_too_large(tmp_path):
    bomb = http(gzip.compress(bytes(3_000_000)), Content_Encoding="gzip", Content_Type="text/html")
    (found,) = items(tmp_path, record(bomb), max_bytes_per_document=100_000)
    assert found.reason == "too_large"


def test_records_after_a_damaged_one_are_read_where_each_has_its_gzip_member(tmp_path):
    good = [
        gzip.compress(record(http(PAGE.encode(), Content_Type="text/html"), url=f"http://a.kr/{n}")) for n in range(6)
    ]
    for where in (20, 60, len(good[0]) // 2, len(good[0]) - 10):
        broken = bytearray(good[2])
        broken[where : where + 6] = b"\xff\x00\xff\x00\xff\x00"
        found = items(tmp_path, b"".join([*good[:2], bytes(broken), *good[3:]]))
        urls = [item.fields["url"][-1] for item in found if isinstance(item, Raw)]
        assert [url for url in urls if url != "2"] == ["0", "1", "3", "4", "5"]
        assert any(not isinstance(item, Raw) for item in found)


def test_records_end_as_different_writers_end_them(tmp_path):
    one = record(http(PAGE.encode(), Content_Type="text/html"))
    for end in (b"\r\n\r\n", b"\n\n", b"\r\n", b""):
        found = items(tmp_path, one + one[:-4] + end)
        assert [type(item) for item in found] == [Raw, Raw]


@pytest.mark.parametrize(
    "payload",
    [
        http(PAGE.encode(), Transfer_Encoding="chunked", Content_Type="text/html"),
        http(PAGE.encode(), Content_Encoding="gzip", Content_Type="text/html"),
        http(PAGE.encode(), Content_Encoding="br", Content_Type="text/html"),
        http(PAGE.encode(), Content_Encoding="deflate", Transfer_Encoding="chunked", Content_Type="text/html"),
        http(gzip.compress(PAGE.encode()), Content_Encoding="gzip", Transfer_Encoding="chunked"),
        http(b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE.encode()), PAGE.encode()), Transfer_Encoding="chunked", Content_Encoding="gzip"),  # noqa: E501
        http(PAGE.encode(), Content_Type="text/html").replace(b"\r\n", b"\n"),
        http(PAGE.encode(), Content_Type="text/html").replace(b"200 OK", b"203 Non-Authoritative"),
        http(PAGE.encode(), Content_Type="application/octet-stream"),
    ],
)  # fmt: skip
def test_headers_that_are_not_true_of_the_body_are_not_believed(payload, tmp_path):
    (found,) = items(tmp_path, gzip.compress(record(payload)))
    assert isinstance(found, Raw)
    assert found.content.decode() == PAGE
    assert found.format == "html"


@pytest.mark.parametrize(
    "made",
    [
        record(http(b"<p>010-0000-0000 " * 50 + b"\xff\x00", Transfer_Encoding="chunked")),
        record(b"010-0000-0000 " * 50),
        record(b"x", content_type="010-0000-0000 of a person"),
        record(b"x", kind="010-0000-0000"),
        record(b"x").replace(b"Content-Length: 1", b"Content-Length: 010-0000-0000"),
    ],
)
def test_what_is_told_of_a_broken_record_holds_nothing_of_its_page(made, tmp_path):
    found = items(tmp_path, made)
    assert found
    assert not any("0000" in item.detail for item in found if not isinstance(item, Raw))


RSS = """<?xml version="1.0" encoding="utf-8"?>
<?xml-stylesheet href="a.xsl"?>
<rss version="2.0"><channel><title>소식</title>
<item><title>하나</title><link>http://a.kr/n/1</link><description>봄비가 내렸다.</description></item>
<item><title>둘</title><description>둑을 다시 쌓았다.</description></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>하나</title><link href="http://a.kr/n/1"/>
<content type="html">봄비가 내렸다.</content></entry><entry><content>둑을 다시 쌓았다.</content></entry></feed>"""
ROWS = [{"text": "봄비가 내렸다.", "title": "하나", "url": "http://a.kr/n/1"}, {"text": "둑을 다시 쌓았다."}]
SEVERAL = {
    "RSS": (RSS, "application/rss+xml; charset=utf-8"),
    "RSS called XML": (RSS, "text/xml"),
    "RSS called a page": (RSS, "text/html"),
    "RSS without a type": (RSS, ""),
    "RSS called text": (RSS, "text/plain"),
    "Atom": (ATOM, "application/atom+xml"),
    "Atom of an old server": ("\ufeff" + ATOM, "application/octet-stream"),
    "an array": (json.dumps(ROWS), "application/json"),
    "an object": (json.dumps({"data": ROWS}), "application/json;charset=UTF-8"),
    "lines": ("\n".join(map(json.dumps, ROWS)), "application/x-ndjson"),
    "lines called JSON": ("\n".join(map(json.dumps, ROWS)), "application/json"),
}


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("kind", ["response", "resource"])
def test_entries_of_feeds_and_rows_of_answers_in_json_are_documents(name, kind, tmp_path):
    text, content_type = SEVERAL[name]
    payload = http(text.encode(), Content_Type=content_type) if kind == "response" else text.encode()
    one_type = "application/http; msgtype=response" if kind == "response" else content_type
    found = items(tmp_path, record(b"", "request") + record(payload, kind, one_type) + record(http(PAGE.encode())))
    assert [item.content for item in found[:2]] == ["봄비가 내렸다.", "둑을 다시 쌓았다."]
    assert [item.fields.get("url") for item in found] == ["http://a.kr/n/1", "http://a.kr/1", "http://a.kr/1"]
    assert found[0].fields["title"] == "하나"
    assert [item.origin_offset for item in found] == [1, 1, 2]
    assert sum(item.raw_bytes for item in found[:2]) == len(payload)


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        ('<?xml version="1.0"?><urlset><url><loc>http://a.kr</loc></url></urlset>', "text/xml", "unsupported_format"),
        ("<rss><channel><title>빈 소식</title></channel></rss>", "application/rss+xml", "empty"),
        (RSS[:150], "application/rss+xml", "malformed_table"),
        ('{"status": "ok", "count": 3}', "application/json", "no_text"),
        ('{"status": ', "application/json", "malformed_json"),
        ("[]", "application/json", "empty"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><rss><channel>&b;</channel></rss>', "text/xml", "malformed_table"),
    ],
)
def test_an_answer_without_documents_is_one_row_that_says_why(content, content_type, reason, tmp_path):
    payload = http(content.encode(), Content_Type=content_type)
    (told,) = items(tmp_path, record(payload))
    assert (told.reason, told.raw_bytes) == (reason, len(payload))


def test_an_xhtml_page_under_a_type_of_xml_is_a_page(tmp_path):
    payload = http(b'<?xml version="1.0"?>\n' + PAGE.encode(), Content_Type="application/xml")
    (found,) = items(tmp_path, record(payload))
    assert found.format == "html"
