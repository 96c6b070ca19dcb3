"""Good input of every format, plain, compressed and in archives."""

import bz2
import gzip
import io
import json
import lzma
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.listing import list_files
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.kit.errors import UserError

ROWS = [{"text": f"{number}번째 글입니다. 값 ㅋㅋ 😂", "title": f"제목 {number}"} for number in range(5)]
TEXTS = [row["text"] for row in ROWS]


def jsonl(rows=ROWS):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def csv(separator=","):
    return "\n".join(
        ["title,text".replace(",", separator), *(f'{r["title"]}{separator}"{r["text"]}"' for r in ROWS)]
    ).encode()


def parquet(rows=ROWS):
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer, row_group_size=2)
    return buffer.getvalue()


TABLES = {
    "a.jsonl": jsonl(),
    "a.ndjson": jsonl().replace(b"\n", b"\r\n"),
    "a.json": json.dumps(ROWS, ensure_ascii=False, indent=1).encode(),
    "lines.json": jsonl(),
    "pretty.json": b"\n".join(json.dumps(row, indent=2).encode() for row in ROWS),
    "a.csv": csv(),
    "semicolon.csv": csv(";"),
    "a.tsv": csv("\t"),
    "korean.csv": csv().replace("😂".encode(), b"").decode().encode("cp949"),
    "a.parquet": parquet(),
    "bom.jsonl": b"\xef\xbb\xbf" + jsonl(),
    "bom.csv": b"\xef\xbb\xbf" + csv(),
    "bom.json": b"\xef\xbb\xbf" + json.dumps(ROWS).encode(),
}
PACKERS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress, ".xz": lzma.compress, ".bz2": bz2.compress}


def tar(files, mode="w", **options):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **options) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def contents(source):
    items = list(read(source))
    assert all(isinstance(item, Raw) for item in items), items
    return items


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", TABLES)
def test_every_table_gives_its_rows_in_order(name, suffix, tmp_path):
    (tmp_path / (name + suffix)).write_bytes(PACKERS[suffix](TABLES[name]))
    items = contents(Input(tmp_path))
    assert [item.content.replace(" 😂", "").strip() for item in items] == [text.replace(" 😂", "") for text in TEXTS]
    assert [item.fields["title"] for item in items] == [row["title"] for row in ROWS]
    assert {item.origin_file for item in items} == {name + suffix}


def test_offsets_lead_back_to_the_row(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"\n" + jsonl())
    for item in contents(Input(tmp_path)):
        with (tmp_path / "a.jsonl").open("rb") as file:
            file.seek(item.origin_offset)
            line = file.readline()
        assert (json.loads(line)["text"], len(line)) == (item.content, item.raw_bytes)
    for name in ("a.csv", "a.parquet", "a.json"):
        (tmp_path / name).write_bytes(TABLES[name])
        assert [item.origin_offset for item in contents(Input(tmp_path / name))] == [0, 1, 2, 3, 4]


def test_a_csv_cell_may_hold_lines_quotes_and_commas(tmp_path):
    (tmp_path / "a.csv").write_text('n,내용\n1,"첫 줄\n둘째, ""줄"""\n\n2,셋째\n', encoding="utf-8")
    assert [item.content for item in contents(Input(tmp_path, text_field="내용"))] == ['첫 줄\n둘째, "줄"', "셋째"]


@pytest.mark.parametrize("options", [{"format": tarfile.GNU_FORMAT}, {"format": tarfile.PAX_FORMAT}, {"mode": "w:gz"}])
def test_archives_are_read_as_folders_are(options, tmp_path):
    long = "가" * 90 + "/" + "나" * 80 + ".jsonl"
    packed = tar(
        {
            "./a.csv": csv(),
            long: jsonl(),
            "b/c.parquet": parquet(),
            ".git/x.txt": b"x",
            "d.txt.gz": gzip.compress(b"d"),
        },
        **options,
    )
    (tmp_path / "a.tar").write_bytes(packed)
    found = {}
    for item in contents(Input(tmp_path)):
        found.setdefault(item.origin_file, []).append(item.content)
    assert found == {
        "a.tar!a.csv": TEXTS, f"a.tar!{long}": TEXTS, "a.tar!b/c.parquet": TEXTS, "a.tar!d.txt.gz": [b"d"],
    }  # fmt: skip


def test_archives_after_one_another_and_every_compression(tmp_path):
    two = tar({"a.txt": b"a"}) + tar({"b.txt": b"b"})
    for suffix, pack in PACKERS.items():
        (tmp_path / f"a.tar{suffix}").write_bytes(pack(two))
    found = [(item.origin_file, item.content) for item in contents(Input(tmp_path))]
    assert len(found) == 2 * len(PACKERS)
    assert ("a.tar.zst!b.txt", b"b") in found


def test_members_of_one_compressed_file_are_read_one_after_another(tmp_path):
    half = len(ROWS) // 2
    for suffix in (".gz", ".zst", ".xz"):
        packed = PACKERS[suffix](jsonl(ROWS[:half])) + PACKERS[suffix](jsonl(ROWS[half:]))
        (tmp_path / f"a.jsonl{suffix}").write_bytes(packed)
    (tmp_path / "padded.jsonl.gz").write_bytes(gzip.compress(jsonl()) + bytes(3000))
    assert [item.content for item in contents(Input(tmp_path))] == TEXTS * 4


def test_include_and_exclude_choose_files_and_members(tmp_path):
    (tmp_path / "law").mkdir()
    for name in ("a.txt", "b.md", "law/c.md", "law/README.md", ".hidden.md", "half.md.partial"):
        (tmp_path / name).write_text("글", encoding="utf-8")
    (tmp_path / "x.tar").write_bytes(tar({"d.md": b"d", "law/e.md": b"e", "f.txt": b"f"}))

    def names(**options):
        return [item.origin_file for item in read(Input(tmp_path, **options)) if isinstance(item, Raw)]

    assert names() == ["a.txt", "b.md", "law/README.md", "law/c.md", "x.tar!d.md", "x.tar!law/e.md", "x.tar!f.txt"]
    assert names(include=("*.md",), exclude=("*README.md",)) == ["b.md", "law/c.md", "x.tar!d.md", "x.tar!law/e.md"]
    assert names(include=("law/*",)) == ["law/README.md", "law/c.md", "x.tar!law/e.md"]
    assert names(exclude=("*.tar", "law/*")) == ["a.txt", "b.md"]


def test_several_rows_make_one_document_and_faults_pass_by(tmp_path):
    rows = [{"review": f"평 {n}", "title": "영화", "author": f"a{n}"} for n in range(5)]
    (tmp_path / "a.jsonl").write_bytes(jsonl(rows[:2]) + b"{bad\n" + jsonl(rows[2:]))
    items = list(read(Input(tmp_path, text_field="review", rows_per_document=3)))
    documents = [item for item in items if isinstance(item, Raw)]
    assert [item.content for item in documents] == ["평 0\n평 1\n평 2", "평 3\n평 4"]
    assert [item.fields for item in documents] == [{"title": "영화"}] * 2
    assert sum(isinstance(item, Unreadable) for item in items) == 1
    (tmp_path / "a.jsonl").rename(tmp_path / "b.jsonl")
    (tmp_path / "b.jsonl").write_bytes(gzip.compress(jsonl(rows))[:-6])
    items = list(read(Input(tmp_path, text_field="review", rows_per_document=3)))
    assert [item.content for item in items if isinstance(item, Raw)] == ["평 0\n평 1\n평 2", "평 3\n평 4"]


def test_rows_of_a_text_file_are_its_lines(tmp_path):
    (tmp_path / "a.txt").write_bytes("하나\r\n둘\n\n셋\n".encode("cp949"))
    items = contents(Input(tmp_path, rows_per_document=2))
    assert [(item.content.decode("cp949"), item.origin_offset) for item in items] == [("하나\n둘", 0), ("셋", 10)]
    assert contents(Input(tmp_path))[0].content.count(b"\n") == 4


def test_a_group_of_rows_never_grows_beyond_the_limit(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(jsonl([{"text": "가" * 30}] * 10))
    items = contents(Input(tmp_path, rows_per_document=10, max_bytes_per_document=250))
    assert len(items) == 5
    assert all(item.raw_bytes <= 250 for item in items)


def test_rows_of_html_turns_and_plain_strings_are_known(tmp_path):
    rows = [
        "글뿐인 줄",
        {"html": "<html><p>글</p></html>"},
        {"text": "<!DOCTYPE html><p>글</p>"},
        {"messages": [{"role": "가", "content": "응"}]},
    ]
    (tmp_path / "a.jsonl").write_bytes(jsonl(rows))
    items = contents(Input(tmp_path))
    assert [item.format for item in items] == ["text", "html", "html", "text"]
    assert (items[0].content, items[3].content) == ("글뿐인 줄", "가: 응")
    assert items[3].fields["turns"] == [{"speaker": "가", "text": "응"}]


def test_lines_of_other_charsets_and_sloppy_writers_are_read(tmp_path):
    lines = ['{"text": "조선글"}'.encode("cp949"), b'{"text": "\\ud83d half"}', b'{"text": "a\tb", "x": NaN}']
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    assert [item.content for item in contents(Input(tmp_path))] == ["조선글", "\ud83d half", "a\tb"]


def test_parquet_of_bytes_dictionaries_and_false_utf8(tmp_path):
    values = pa.array(["첫째", "둘째", "첫째"])
    false = pa.array(["글".encode("cp949"), "글".encode()], pa.binary())
    pq.write_table(pa.table({"text": values.dictionary_encode()}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": values.cast(pa.large_binary())}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"text": pa.Array.from_buffers(pa.string(), 2, false.buffers())}), tmp_path / "c.parquet")
    found = [item.content for item in contents(Input(tmp_path))]
    assert found == [
        "첫째",
        "둘째",
        "첫째",
        *(v.encode() for v in ["첫째", "둘째", "첫째"]),
        "글".encode("cp949"),
        "글".encode(),
    ]


def test_a_file_may_be_the_input_itself(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(jsonl())
    assert {item.origin_file for item in contents(Input(tmp_path / "a.jsonl"))} == {"a.jsonl"}


def test_a_missing_input_is_the_users_mistake(tmp_path):
    with pytest.raises(UserError, match="no input at"):
        list_files(Input(tmp_path / "none"))


def test_notebooks_keep_words_and_code_and_drop_pictures(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# 제목\n", "글"], "attachments": {"a.png": {"image/png": "A" * 99}}},
        {"cell_type": "code", "source": "print('```')", "outputs": [{"data": {"image/png": "B" * 99}}]},
        {"cell_type": "raw", "source": ""},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": "julia"}}}))
    (tmp_path / "b.ipynb").write_text(
        json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}]})
    )
    first, second = contents(Input(tmp_path))
    assert first.content == "# 제목\n글\n\n````julia\nprint('```')\n````"
    assert second.content == "```python\nx = 1\n```"
