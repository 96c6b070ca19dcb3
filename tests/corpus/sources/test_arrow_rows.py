"""The quick way through a Parquet file and the long one give the same documents, row by row."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.cleanliness import LAST, ODD, clean, code_points
from malmoi.corpus.passes.attempts import Attempts, Journal
from malmoi.corpus.passes.items import read_entries, to_batch
from malmoi.corpus.passes.units import Unit
from malmoi.corpus.sources import arrow_rows
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.record import clean_text

HARD = {
    "plain": "대한민국은 민주공화국이다.\n모든 권력은 국민으로부터 나온다.",
    "decomposed": unicodedata.normalize("NFD", "한글은 소리글자다."),
    "jamo of the keyboard": "ㅋㅋㅋ 그렇구나 ㅠㅠ ㅇㅇ",
    "conjoining jamo alone": "초성 ᄒ 중성 ᅡ 종성 ᆫ",
    "leading jamo alone": "초성만 ᄒ 남았다",
    "old hangul": "나랏말ᄊᆞ미 듕귁에 달아",
    "compatibility hanja": "樂\uf914 金\uf90a 女\uf981",
    "ohm and angstrom signs": "저항 \u2126, 길이 \u212b, 온도 \u212a",
    "mixed script": "한국어 English 日本語 русский العربية ไทย",
    "devanagari of an excluded composition": "क\u093c \u0958",
    "combining acute": "cafe\u0301 과 café",
    "emoji": "좋아요 👍🏽 👨‍👩‍👧 ❤️ 😀",
    "emoji at the end": "좋아요 😀",
    "full width": "1234 ABC 전각",
    "rare hanja": "𠮷野家 \U0002f800",
    "two vowels": "두음법칙: 여자 녀자 리유 이유",
    "carriage returns": "한 줄\r\n두 줄\r세 줄",
    "blanks before a line's end": "한 줄  \n두 줄\t\n세 줄",
    "blank lines": "한 줄\n\n\n두 줄",
    "form feed": "한 쪽\f두 쪽\v세 쪽",
    "control characters": "소\x00리\x07와 \x1b[31m빛\x7f",
    "byte order mark": "\ufeff처음 \ufeff가운데",
    "blanks at both ends": "  앞뒤  ",
    "ideographic space first": "\u3000첫 문단",
    "no-break space last": "끝\u00a0",
    "next line": "한\u0085줄",
    "line separator": "한\u2028줄\u2029끝",
    "line end last": "끝\n",
    "replacement": "깨진 \ufffd 글자",
    "object mark": "그림 \ufffc 자리",
    "page": "<!DOCTYPE html><html><body><article><p>" + "본문은 여기에 있다. " * 20 + "</p></article></body></html>",
    "no page": "<제목> 꺾쇠로 시작하는 글",
    "xml": "<?xml version='1.0'?><a>글</a>",
    "only blanks": " \n\t ",
    "nothing": "",
    "null": None,
    "too large": "가" * 400,
    "one letter": "가",
    "soft hyphen and joiners": "부\u00ad드\u200b러\u200d운\u2060",
    "variation selector": "葛\U000e0100 ☎︎",
    "lines of print": "강변 산책로를 따라 걷다 보면 오래된 나\n루터 자리가 나온다. 지금은 표지석 "
    "하나\n만 남았지만 예전에는 소금과 쌀을 실은 \n배가 이곳에 닿았다고 한다. 마을 어른들\n은 뒷산으로 갔다.",
    "turns": "민수: 안녕?\n영희: 응, 안녕!",
}


def rows_of(path: Path, source: Input, attempts: Attempts = Attempts()) -> list[dict]:  # noqa: B008  frozen
    """Documents and refusals in order, as rows."""
    rows = []
    unit = Unit(0, 0, (path,), 1)
    for _, entry in read_entries(unit, source, attempts, Journal(path.parent / "journal")):
        if isinstance(entry, dict):
            rows += [entry] if "reason" in entry else to_batch([entry])[0].to_pylist()
        else:
            rows += entry.to_pylist()
    return rows


def both_ways(path: Path, source: Input) -> list[dict]:
    """The rows of the long way, when those of the quick one are the same."""
    slow = rows_of(path, source, Attempts(failures=1))
    assert rows_of(path, source) == slow
    return slow


def batches(path: Path, source: Input) -> int:
    """How many rows the quick way made into batches."""
    found = arrow_rows.read(path, source)
    assert found is not None
    return sum(item.num_rows for item in found if not isinstance(item, Raw | Unreadable))


@pytest.fixture
def path(tmp_path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw" / "texts.parquet"


@pytest.mark.parametrize("large", [False, True])
def test_hard_texts_come_out_the_same_as_by_the_long_way(path, large):
    texts = [text for text in HARD.values() for _ in range(2)] + ["깨끗한 글이다."] * 3
    kind = pa.large_string() if large else pa.string()
    pq.write_table(pa.table({"id": range(len(texts)), "text": pa.array(texts, kind)}), path, row_group_size=17)
    source = Input(path.parent, name="글", licence="KOGL", max_bytes_per_document=1_000)
    rows = both_ways(path, source)
    assert len(rows) == len(texts)
    assert 20 < batches(path, source) < len(texts) - 20


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, text in HARD.items() if text])
def test_a_text_that_is_called_clean_is_what_cleaning_leaves(name, text):
    (is_clean,) = clean(*string_buffers(pa.array([text])), 1_000_000)
    if is_clean:
        assert clean_text(text) == text
    assert is_clean == (name in CLEAN)


CLEAN = {
    "plain",
    "jamo of the keyboard",
    "mixed script",
    "emoji at the end",
    "full width",
    "two vowels",
    "blank lines",
    "next line",
    "too large",
    "one letter",
    "turns",
}


def test_every_pair_of_characters_that_composes_is_odd():
    table = code_points()
    for code in range(LAST):
        parts = unicodedata.decomposition(chr(code))
        if parts and not parts.startswith("<"):
            assert ODD in (table[code], *(table[int(part, 16)] for part in parts.split()[1:])), hex(code)
    for first, second in (("ᄒ", "ᅡ"), ("하", "ᆫ"), ("e", "\u0301"), ("か", "\u3099"), ("র", "\u09be")):
        assert ODD in (table[ord(first)], table[ord(second)])


def test_random_characters_called_clean_stay_as_they_are():
    chance = np.random.default_rng(5)
    codes = chance.integers(1, 0x3000, (4_000, 6))
    codes[:, ::2] = chance.integers(0xAC00, 0xD7A4, codes[:, ::2].shape)
    texts = ["".join(map(chr, row)) for row in codes]
    marked = clean(*string_buffers(pa.array(texts)), 1_000)
    assert marked.sum() > 1_000
    assert all(clean_text(text) == text for text, is_clean in zip(texts, marked, strict=True) if is_clean)


def test_bytes_that_are_no_utf8_go_the_long_way(path):
    content = [
        b"\xb0\xa1\xb3\xaa\xb4\xd9 " * 20,
        "가나다".encode(),
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xc0\x80",
        b"a\xe0\x80\x80",
    ]
    texts = pa.array(content, pa.binary())
    texts = pa.Array.from_buffers(pa.string(), len(texts), texts.buffers())
    pq.write_table(pa.table({"text": texts}), path)
    rows = both_ways(path, Input(path.parent))
    assert rows[0]["text"].startswith("가나다")
    assert batches(path, Input(path.parent)) == 1


def test_metadata_of_rows_comes_along(path):
    rows = [
        {
            "text": "국회는 법률을 의결한다.",
            "title": " 헌법\t제40조 ",
            "url": "https://a.kr/1",
            "date": "2024. 3. 5.",
            "조회수": "1,204",
        },
        {"text": "정부는 법률안을 낼 수 있다.", "title": "", "url": None, "date": "어제", "조회수": None},
        {
            "text": "두음법칙을 따른다.\n둘째 줄이다.",
            "title": "녀자와 여자",
            "url": "https://a.kr/2",
            "date": "20240305",
            "조회수": "x",
        },
        {"text": unicodedata.normalize("NFD", "나눠 쓴 글"), "title": "분해", "url": "u", "date": None, "조회수": "3"},
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = both_ways(path, Input(path.parent, kind="law", name="법령"))
    assert [row["source"]["published"] for row in found] == ["2024-03-05", None, "2024-03-05", None]
    assert found[0]["title"] == "헌법 제40조"
    assert batches(path, Input(path.parent)) == 3


def test_kinds_of_rows_and_of_inputs_that_have_turns_are_read_for_them(path):
    texts = [HARD["turns"], "한 줄뿐인 말"]
    pq.write_table(pa.table({"text": texts, "kind": ["dialogue", "news"]}), path)
    rows = both_ways(path, Input(path.parent))
    assert [turn["speaker"] for turn in rows[0]["turns"]] == ["민수", "영희"]
    assert arrow_rows.read(path, Input(path.parent, kind="comment")) is None


@pytest.mark.parametrize(
    "columns",
    [
        {"text": ["글"], "turns": [[{"speaker": "가", "text": "나"}]]},
        {"text": ["글"], "source": [{"name": "가"}]},
        {"text": [b"bytes"]},
        {"text": [3]},
        {"html": ["<html>글</html>"]},
        {"body": ["글"]},
        {"text": ["글"], "summary": ["요약"]},
        {"text": pa.array([], pa.string())},
    ],
    ids=["turns", "source", "bytes", "numbers", "pages", "no text", "summary", "empty"],
)
def test_files_that_are_more_than_texts_take_the_long_way(path, columns):
    pq.write_table(pa.table(columns), path)
    assert arrow_rows.read(path, Input(path.parent)) is None
    both_ways(path, Input(path.parent))


def test_damaged_group_loses_as_many_rows_as_by_the_long_way(path):
    texts = [f"{number}번째 글이다. " * 40 for number in range(3_000)]
    pq.write_table(pa.table({"text": texts}), path, row_group_size=1_000, compression="zstd", use_dictionary=False)
    chunk = pq.read_metadata(path).row_group(1).column(0)
    content = bytearray(path.read_bytes())
    middle = chunk.data_page_offset + chunk.total_compressed_size // 2
    content[middle : middle + 50] = bytes(50)
    path.write_bytes(content)
    rows = both_ways(path, Input(path.parent))
    assert any(row.get("reason") == "malformed_table" for row in rows)
    assert len(rows) >= 2_001


TALKS = {
    "KakaoTalk": "[한가온] [오후 3:21] 내일 볼래?\n[윤나래] [오후 3:22] 응, 좋아",
    "WhatsApp": "21. 5. 25. 오후 3:21 - 한가온: 내일 볼래?\n21. 5. 25. 오후 3:22 - 윤나래: 응, 좋아",
    "subtitles": "1\n00:00:01,000 --> 00:00:02,000\n내일 볼래?\n\n2\n00:00:03,000 --> 00:00:04,000\n응, 좋아",
}


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_a_talk_that_is_the_text_of_a_row_is_read_as_one(path, suffix):
    texts = ["깨끗한 글이다.", *TALKS.values(), "오후 3:21에 비가 왔다.\n그리고 그쳤다.", "또 깨끗한 글이다."]
    path = path.with_suffix(suffix)
    if suffix == ".parquet":
        pq.write_table(pa.table({"text": texts}), path)
    else:
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    rows = both_ways(path, Input(path.parent))
    assert [row["text"] for row in rows[1:3]] == ["화자 1: 내일 볼래?\n화자 2: 응, 좋아"] * 2
    assert rows[3]["text"].split() == ["내일", "볼래?", "응,", "좋아"]
    assert [rows[n]["text"] for n in (0, 4, 5)] == [texts[n] for n in (0, 4, 5)]


def test_rows_whose_speakers_are_to_be_labels_take_the_long_way(path):
    pq.write_table(pa.table({"text": ["한가온: 내일 볼래?\n윤나래: 응, 좋아"]}), path)
    (row,) = both_ways(path, Input(path.parent, speakers="labels"))
    assert row["text"] == "화자 1: 내일 볼래?\n화자 2: 응, 좋아"
