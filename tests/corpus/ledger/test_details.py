"""What the ledger says of an item without a text holds none of it."""

import pyarrow.parquet as pq
import pytest
from small_batches import quiet
from small_engines import at_home

from malmoi.corpus.build import build
from malmoi.corpus.ledger.details import without_content
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input

PAGE = "<html><body><p>홍길동 전화 010-1234-5678 메일 hong@example.com 오늘은 산책을 하였다</p></body></html>"


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("no field 'text'; fields: title, url", "no field 'text'; fields: title, url"),
        ("the field 'text' is of type dict", "the field 'text' is of type dict"),
        (f"HTTP: Invalid chunk header: '{PAGE}'", "HTTP: Invalid chunk header: '…'"),
        ("call 010-1234-5678", "call <전화번호>"),
        ("columns: hong@example.com, 이름", "columns: <이메일>, 이름"),
        (
            "bad line: '오늘 나는 강가에 나가 한참을 앉아 있다가 해가 지고 나서야 돌아왔다'",
            "bad line: '오늘 나는 강가에 나가 한참을 앉아 있다가 …'",
        ),
        ("unit \ud800 half", "unit ? half"),
        ("", ""),
        (None, None),
    ],
)
def test_quotations_are_cut_markup_goes_and_personal_data_are_masked(told, written):
    assert without_content([told]) == [written]


def warc(body):
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body + b"\r\n\r\n"


def test_no_detail_of_a_build_holds_a_page(tmp_path):
    (tmp_path / "raw").mkdir()
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + PAGE.encode()
    typed = b"HTTP/1.1 200 OK\r\nContent-Type: " + PAGE.encode() + b"\r\n\r\n" + PAGE.encode()
    (tmp_path / "raw" / "a.warc").write_bytes(warc(chunked) + warc(typed) + warc(PAGE.encode()))
    (tmp_path / "raw" / "a.csv").write_text("hong@example.com,010-1234-5678\n가,나\n")
    (tmp_path / "raw" / "a.jsonl").write_text('{"hong@example.com 010-1234-5678": 1}\n"' + PAGE + '"\n')
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw"),), processes=1), tmp_path / "corpus", quiet, at_home)
    details = [row["detail"] or "" for row in pq.read_table(tmp_path / "corpus" / "ledger").to_pylist()]
    assert len(details) >= 6
    said = "\n".join(details)
    assert not [word for word in ("hong@", "1234-5678", "산책", "<p>") if word in said], said
