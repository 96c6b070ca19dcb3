"""raw_bytes is right for every item, also for what could not be read: who lost most is told by it."""

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input

ROWS = [{"글": "여기는 글이 있는 줄입니다."}, {"글": "둘째 줄입니다."}] * 50
CSV = "제목,내용\r\n" + "하나,둘 셋 넷\r\n" * 200
JSON = "[" + ", ".join(json.dumps(row, ensure_ascii=False) for row in ROWS) + ", {'broken'" + " " * 100_000


def table(columns: dict) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


WHOLE = {
    "CSV without the text column": ("a.csv", CSV.encode()),
    "TSV in CP949": ("a.tsv", CSV.replace(",", "\t").encode("cp949")),
    "Parquet without the text column": ("a.parquet", table({"본문": ["글"] * 100})),
    "what is called Parquet": ("a.pq", b"no Parquet at all" * 9),
    "Parquet without rows": ("a.parquet", table({"text": pa.array([], pa.string())})),
    "JSON that breaks off at once": ("a.json", b"{'a': 1}" + b" " * 200_000 + b"1"),
    "a suffix of nobody": ("a.xyz", b"abc"),
    "gzip of nothing": ("a.jsonl.gz", b"\x1f\x8b\x08" + b"\0" * 300),
    "a picture": ("a.txt", b"\x89PNG\r\n" + bytes(600)),
}


@pytest.mark.parametrize("case", WHOLE)
def test_what_is_refused_as_a_whole_has_the_bytes_of_the_file(case, tmp_path):
    from malmoi.corpus.sources.raw import Unreadable
    from malmoi.corpus.sources.web_page import to_documents

    name, content = WHOLE[case]
    (tmp_path / name).write_bytes(content)
    source = Input(tmp_path)
    (item,) = list(read(source))
    refused = item if isinstance(item, Unreadable) else to_documents(item, source)
    assert isinstance(refused, Unreadable)
    assert refused.raw_bytes == len(content)


def test_what_follows_a_fault_in_a_json_array_is_counted_to_the_end_of_the_file(tmp_path):
    (tmp_path / "a.json").write_text(JSON, encoding="utf-8")
    *rows, rest = list(read(Input(tmp_path, text_field="글")))
    assert len(rows) == len(ROWS)
    between = 2 * len(ROWS) + 1  # commas, blanks and the bracket belong to nobody
    assert sum(row.raw_bytes for row in rows) + rest.raw_bytes == pytest.approx(len(JSON.encode()) - between, abs=20)


def test_what_follows_a_fault_in_korean_is_counted_in_bytes(tmp_path):
    rest = "] 뒤에 붙은 말이다"
    (tmp_path / "a.json").write_text('[{"text": "글이다."}' + rest, encoding="utf-8")
    assert list(read(Input(tmp_path)))[-1].raw_bytes == len(rest.removeprefix("] ").encode())


def test_what_a_damaged_archive_still_holds_is_counted_as_it_is_stored(tmp_path):
    lines = "\n".join(json.dumps({"text": f"{number} 번째 줄입니다."}) for number in range(50_000)).encode()
    packed = gzip.compress(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2] + b"\xff" * (len(packed) // 2))
    *rows, rest = list(read(Input(tmp_path)))
    assert rows
    assert rest.reason in ("damaged_archive", "truncated_archive")
    assert 0 <= rest.raw_bytes <= len(packed) // 2 + 1


def test_a_record_of_warc_that_is_cut_off_or_faulty_has_its_bytes(tmp_path):
    head = "WARC/1.0\r\nWARC-Type: resource\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n"
    good, body = head.format(9) + "글이다\r\n\r\n", "나머지 글이다."
    (tmp_path / "a.warc").write_bytes((good + head.format(999) + body).encode())
    cut = list(read(Input(tmp_path)))[-1]
    assert (cut.reason, cut.raw_bytes) == ("truncated_archive", len((head.format(999) + body).encode()))
    (tmp_path / "a.warc").write_bytes((head.format(-9) + good).encode())
    faulty, whole = read(Input(tmp_path))
    assert (faulty.reason, faulty.raw_bytes) == ("malformed_record", len(head.format(-9)))
    assert whole.content.decode() == "글이다"


def test_a_talk_in_parquet_has_the_bytes_of_what_is_said(tmp_path):
    turns = [[{"role": "user", "content": "안녕하세요?"}, {"role": "assistant", "content": "네, 반갑습니다."}]]
    pq.write_table(pa.table({"messages": turns}), tmp_path / "a.parquet")
    (talk,) = list(read(Input(tmp_path)))
    assert talk.raw_bytes == len("user안녕하세요?assistant네, 반갑습니다.".encode())


def test_rows_of_a_damaged_group_have_their_share_of_its_bytes(tmp_path):
    texts = [f"{number}번째 글입니다. " * 20 for number in range(2_000)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", compression="none", use_dictionary=False)
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[40:4_000] = b"\xff" * 3_960
    (tmp_path / "a.parquet").write_bytes(content)
    items = list(read(Input(tmp_path)))
    assert items[-1].reason == "malformed_table"
    assert items[-1].raw_bytes > 0.5 * sum(len(text.encode()) for text in texts)


def test_the_limit_of_a_row_is_in_bytes(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "가" * 50}) + "\n" + json.dumps({"text": "a" * 120}) + "\n")
    large, plain = list(read(Input(tmp_path, max_bytes_per_document=1_000)))
    assert (large.content, plain.content) == ("가" * 50, "a" * 120)
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "가" * 50}, ensure_ascii=False) + "\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("text\n" + "가" * 50 + "\n" + "a" * 140 + "\n", encoding="utf-8")
    found = {item.origin_file: item for item in read(Input(tmp_path, max_bytes_per_document=149))}
    assert found["a.jsonl"].reason == "line_too_long"
    row = {"글": "가" * 50}
    pq.write_table(pa.table({"text": [row["글"]], "category": ["뉴스"], "turns": ["x"]}), tmp_path / "c.parquet")
    (item,) = list(read(Input(tmp_path / "c.parquet", max_bytes_per_document=149)))
    assert (item.reason, item.detail) == ("too_large", "150 bytes; the limit is 149")
