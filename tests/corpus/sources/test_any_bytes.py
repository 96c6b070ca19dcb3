"""Whatever the bytes, no reader raises, every item is one thing, and reading ends."""

import gzip
import io
import json
import tarfile
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from malmoi.corpus.sources import markdown
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_document
from malmoi.corpus.text import charset

QUICK = settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
ROWS = [{"text": f"{n}번째 글", "title": None, "n": n} for n in range(40)]


def _whole_files():
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), table, row_group_size=7)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("a.jsonl", "b/c.txt"):
            info = tarfile.TarInfo(name)
            info.size = len(lines)
            archive.addfile(info, io.BytesIO(lines))
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + lines
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    warc = (head + body + b"\r\n\r\n") * 3
    csv = "n,text\n" + "".join(f'{row["n"]},"{row["text"]}"\n' for row in ROWS)
    return {
        "a.jsonl": lines, "a.jsonl.gz": gzip.compress(lines), "a.json": json.dumps(ROWS).encode(),
        "a.csv": csv.encode(), "a.parquet": table.getvalue(), "a.ipynb": b'{"cells": [{"source": "a"}]}',
        "a.tar": packed.getvalue(), "a.tar.gz": gzip.compress(packed.getvalue()),
        "a.warc": warc, "a.warc.gz": gzip.compress(warc[: len(warc) // 3]) * 3,
    }  # fmt: skip


FILES = _whole_files()


def check(name, content):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        source = Input(Path(folder), max_bytes_per_document=20_000)
        items = list(read(source))
        assert items
        for item in items:
            result = to_document(item, source) if isinstance(item, Raw) else item
            assert isinstance(result, (dict, Unreadable))
            if isinstance(result, dict):
                result["text"].encode()
                assert result["text"]
    return items


@pytest.mark.parametrize("name", [*FILES, "a.txt", "a.md"])
@QUICK
@given(content=st.binary(max_size=600))
def test_random_bytes(name, content):
    check(name, content)


@pytest.mark.parametrize("name", FILES)
@QUICK
@given(data=st.data())
def test_files_cut_or_overwritten_anywhere(name, data):
    content = FILES[name]
    start = data.draw(st.integers(0, len(content)))
    if data.draw(st.booleans()):
        broken = content[:start]
    else:
        patch = data.draw(st.binary(min_size=1, max_size=40))
        broken = content[:start] + patch + content[start + len(patch) :]
    items = check(name, broken)
    assert len(items) <= 200


@QUICK
@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "euc-kr", "utf-16", "hex", "x", "iso-2022-kr"]))
def test_any_bytes_are_decoded_or_refused(content, declared):
    decoded = charset.decode(content, declared, is_html=True)
    assert decoded is None or 0 <= decoded.damage_share <= 1
    charset.looks_binary(content)


@QUICK
@given(st.text(alphabet="가a<>!-[]()`~\\{}#:_* \n|/\0", max_size=200))
def test_any_markdown_is_cleaned_without_growing(text):
    assert len(markdown.clean(text)) <= len(text)
