"""The quick way through JSON Lines and the long one give the same documents and refusals, row by row."""

import json
import random

import pytest
from test_arrow_rows import HARD, rows_of

from malmoi.corpus.passes.attempts import Attempts
from malmoi.corpus.sources import json_batches
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable

ONE = "나루터에는 새벽마다 안개가 끼었고 사공은 노를 저어 강을 건넜다."
ODD_LINES = {
    "broken": '{"text": "닫지 않은',
    "blank": "   ",
    "two values": '{"text": "가"} {"text": "나"}',
    "a list": "[1, 2]",
    "a number of many digits": f'{{"text": "{ONE}", "n": {"9" * 5_000}}}',
    "NaN": f'{{"text": "{ONE}", "n": NaN}}',
    "half a character": '{"text": "가 \\ud800 나"}',
    "the same key twice": '{"text": "가", "text": "나"}',
    "no text": '{"body": "가"}',
    "null": '{"text": null}',
    "text that is a number": '{"text": 7}',
    "text that is a table": '{"text": {"ko": "가"}}',
    "a NUL": '{"text": "가\\u0000나"}',
    "turns": '{"turns": [{"speaker": "가", "text": "말"}, {"text": "말"}]}',
    "a question": '{"question": "왜?", "answer": "그래서"}',
    "html": '{"html": "<p>글</p>", "text": null}',
    "source": f'{{"text": "{ONE}", "source": {{"name": "누리집"}}}}',
    "another title": f'{{"text": "{ONE}", "Title": "큰 글자"}}',
    "a title of numbers": f'{{"text": "{ONE}", "title": 7}}',
    "nested": json.dumps({"document": [{"paragraph": [{"form": ONE}]}]}, ensure_ascii=False),
    "spaces around": f'  {{"text": "{ONE}"}}  ',
    "other line ends": f'{{"text": "{ONE}"}}\r',
    "no whole line": f'{{"text": "{ONE}"',
    "open and close": '{"a": {}',
    "a text like a date": '{"text": "2021-05-03"}',
    "deep": '{"text": "가", "x": ' + "[" * 200 + "]" * 200 + "}",
    "not in the shape of the others": f'{{"text": "{ONE}", "n": "글"}}',
    "a byte order mark": "\ufeff" + f'{{"text": "{ONE}"}}',
}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw" / "texts.jsonl"


def both_ways(path, source):
    slow = rows_of(path, source, Attempts(failures=1))
    assert rows_of(path, source) == slow
    return slow


def batched(path, source):
    found = json_batches.read(path, source)
    return 0 if found is None else sum(item.num_rows for item in found if not isinstance(item, Raw | Unreadable))


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_hard_texts_come_out_the_same_as_by_the_long_way(path):
    texts = [text for text in HARD.values() for _ in range(2)] + [ONE] * 30
    path.write_text(lines({"id": n, "text": text} for n, text in enumerate(texts)), "utf-8")
    source = Input(path.parent, name="글", licence="KOGL", max_bytes_per_document=2_000)
    rows = both_ways(path, source)
    assert len(rows) == len(texts)
    assert batched(path, source) >= 40
    assert sum(row["raw_bytes"] for row in rows) == path.stat().st_size


@pytest.mark.parametrize("name", ODD_LINES)
@pytest.mark.parametrize("code", ["utf-8", "cp949"])
def test_an_odd_line_is_told_or_read_as_by_the_long_way(name, code, path):
    good = [json.dumps({"text": f"{n} {ONE}", "n": n}, ensure_ascii=False) for n in range(6)]
    content = "\n".join([*good, ODD_LINES[name], *good, ""])
    path.write_bytes(content.encode(code, "replace"))
    rows = both_ways(path, Input(path.parent))
    assert len(rows) >= 12


def test_metadata_of_any_kind_comes_out_the_same(path):
    rows = [
        {"text": f"{n} {ONE}", "title": f"글 {n}", "url": f"https://a.kr/{n}", "date": "2021-05-03", "views": n}
        for n in range(50)
    ]
    path.write_text(lines(rows) + lines({**row, "likes": 1.5, "author": "강나루"} for row in rows), "utf-8")
    found = both_ways(path, Input(path.parent))
    assert found[0]["source"]["published"] == "2021-05-03"
    assert batched(path, Input(path.parent)) in (0, 50, 100)


def test_blocks_and_batches_end_anywhere(path, monkeypatch):
    chance = random.Random(3)
    rows = [{"text": " ".join([ONE] * chance.randint(1, 9)), "id": str(n)} for n in range(400)]
    path.write_text(lines(rows).removesuffix("\n"), "utf-8")
    for size in (1_000, 5_000, 70_000):
        monkeypatch.setattr(json_batches, "BLOCK_BYTES", size)
        assert len(both_ways(path, Input(path.parent, max_bytes_per_document=900))) == 400
        assert batched(path, Input(path.parent)) > 300
