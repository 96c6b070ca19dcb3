"""Bad rows: JSON Lines, JSON, CSV and Parquet, each between good rows that must survive."""

# ruff: noqa: E501 (one kind a line: a table is read by its names)
import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
from bad_inputs import LIMIT, MORE, Kind, kind, row

DEEP = 50_000
WORDS = "봄비가 내린 뒤 마을 사람들은 무너진 둑을 다시 쌓았다"


def _lines(bad):
    """A bad line between two good ones."""
    line = bad if isinstance(bad, bytes) else bad.encode("utf-8", "surrogatepass")
    return lambda good: row(text=good()).encode() + line + b"\n" + row(text=good()).encode()


def _beside(value: str):
    """Rows whose metadata make no sense: their texts are documents like any other."""
    return lambda good: "".join(f'{{"text": {json.dumps(good(), ensure_ascii=False)}, {value}}}\n' for _ in range(2))


BROKEN = {
    "a key without quotes": '{text: "글"}',
    "single quotes": "{'text': '글'}",
    "a comma too many": '{"text": "글",}',
    "two values in one line, one a word": '{"text": "글"} "글"',
    "cut in a string": '{"text": "강릉에 올겨울 첫',
    "cut in an escape": '{"text": "강릉\\u00',
    "cut in a character": '{"text": "강릉'.encode()[:-1],
    "an escape that is none": '{"text": "\\x41"}',
    "lists without end": "[" * DEEP,
    "tables without end": '{"text":' * 20_000,
    "lists that end, too deep": "[" * DEEP + "]" * DEEP,
    "a comment": "// 주석",
    "a row of Python": "{'text': None, 'n': True}",
    "undefined": '{"text": undefined}',
    "markup": "<row><text>글</text></row>",
    "a line of CSV": "글,제목,3",
    "a number in hexadecimal": '{"text": 0x10}',
    "a number with zeros before it": '{"n": 007}',
    "one quotation mark": '"',
    "one brace": "{",
    "NULs": b"\0" * 40,
    "curly quotation marks": "{“text”: “글”}",
    "full-width signs": "｛＂text＂： ＂글＂｝",
    "a key without a value": '{"text"}',
    "a value without a key": '{"글"}',
    "a byte order mark in the middle": '\ufeff{"text": "글"',
    "plain words": WORDS,
    "signs of a terminal": "\x1b[31m{}\x1b[0m",
}
NOT_TEXT = {
    "a list": '["글"]', "an empty list": "[]", "a number": "7", "a fraction": "-1.5e300", "null": "null", "true": "true",
    "text that is a number": '{"text": 7}', "text that is true": '{"text": true}', "text that is a list": '{"text": ["글"]}',
    "text that is a table": '{"text": {"ko": "글"}}', "text that is NaN": '{"text": NaN}',
    "text that is infinite": '{"text": -Infinity}', "text that is huge": '{"text": 1e999}',
    "text that is lists in lists": '{"text": ' + "[" * 500 + "]" * 500 + "}",
}  # fmt: skip
NO_TEXT = {
    "nothing in the table": "{}", "another field": '{"body": "글"}', "the field in capitals": '{"TEXT": "글"}',
    "a field without a name": '{"": "글"}', "null text": '{"text": null}', "empty text": '{"text": ""}', "empty row": '""',
    "spaces": '{"text": " \\t\\u3000\\u00a0"}', "line ends": '{"text": "\\r\\n\\n\\u000b\\f"}',
    "NULs as text": '{"text": "\\u0000\\u0000"}', "a byte order mark as text": '{"text": "\\ufeff"}',
    "signs of pictures": '{"text": "\\ufffc\\ufffc"}', "the same key twice": '{"text": "글", "text": null}',
    "a page of nothing": '{"text": "<html><body></body></html>"}', "html that is null": '{"html": null, "text": null}',
    "turns of nobody": '{"turns": []}', "turns without words": '{"turns": [{"speaker": "가", "text": ""}]}',
    "a picture's name": '{"image": "a.png", "caption": null}',
}  # fmt: skip
DIGITS_400, DIGITS_5000 = "9" * 400, "9" * 5_000
BESIDE = {
    **{
        f"published: {name}": f'"published": {value}'
        for name, value in {
            "a number of 400 digits": DIGITS_400, "a string of 5,000 digits": f'"{DIGITS_5000}"', "NaN": "NaN",
            "infinity": "-Infinity", "a fraction beyond all": "1e308", "below zero": "-62135596801",
            "the year 0": '"0000-00-00"', "the year 9999": '"9999-12-31T23:59:60Z"', "no such day": '"2021-02-30"',
            "a month 13": "20211301", "full-width digits": '"２０２１년 ５월 ２５일"', "a word": '"어제"', "a list": '[["2021"]]',
            "a table": '{"$date": {"$numberLong": "1"}}', "true": "true",
            "a letter's date of a far year": f'"Tue, 25 May {"9" * 20} 09:00:00 +0900"',
            "a letter's date of nothing": '"Tue, May :: +"', "a letter's date of commas": f'"{"," * 90}"',
            "milliseconds beyond all": "99999999999999999", "half a character": '"\\ud800"',
        }.items()
    },
    **{
        f"title: {name}": f'"title": {value}'
        for name, value in {
            "a list of lists": "[[[[[[[]]]]]]]", "a table in tables": '{"name": {"name": {"name": 1}}}', "a number": "1e999",
            "a number of 400 digits": DIGITS_400, "of 50,000 letters": f'"{"가" * 50_000}"', "lines": '"a\\r\\nb\\u2028c"',
            "half a character": '"\\udfff"', "control characters": '"\\u0000\\u0007\\u001b"', "true": "false",
            "signs of direction": '"\\u202e\\u2066"', "an object's sign": '"\\ufffc"', "NFD": '"제목"',
        }.items()
    },
    **{
        f"url: {name}": f'"url": {value}'
        for name, value in {
            "a script": '"javascript:alert(1)"', "an open bracket": '"http://[::1"', "a port of letters": '"http://a.kr:xx/"',
            "half a character": '"http://\\ud83d.kr/"', "of 100,000 letters": f'"http://a.kr/{"a" * 100_000}"',
            "a list": '["http://a.kr"]', "a number": "5", "NULs": '"http://a\\u0000.kr"', "a host of dots": f'"http://{"." * 300}/"',
            "a host of 70 letters": f'"http://{"가" * 70}.kr/"', "spaces": '" http : // "', "only a scheme": '"http://"',
            "a host of one IPv6 zone": '"http://[fe80::1%25eth0]/"',
        }.items()
    },
    "kind of nothing known": '"kind": "cinema"', "kind that is a list": '"kind": ["news"]', "kind that is a number": '"kind": 3',
    "name that is an address": '"name": "https://["', "name that is a table": '"source": {"name": {"a": 1}}',
    "source in itself": '"source": {"source": {"source": {"source": {}}}}', "source that is a list": '"source": [1, [2]]',
    "source that is null": '"source": null', "source of wrong types": '"source": {"kind": 1, "url": [], "popularity": {}}',
    "author who is nobody": '"author": [null, {}]', "author with half a character": '"author": "\\ud800"',
    "licence that is a list": '"licence": [[], "CC"]', "category that is a table": '"category": {"a": "b"}',
    "popularity that is a word": '"popularity": "많음"', "popularity without end": '"popularity": 1e999',
    "popularity of 400 digits": f'"popularity": {DIGITS_400}', "popularity that is NaN": '"popularity": "nan"',
    "popularity in full-width digits": '"popularity": "１，２３４"', "popularity that is a list": '"popularity": [1]',
    "turns that are a word": '"turns": "글"', "turns that are numbers": '"turns": [1, 2]', "turns that are lists": '"turns": [[]]',
    "turns that are tables of nothing": '"turns": [{}, {}]', "turns of wrong types": '"turns": [{"text": 5, "speaker": {}}]',
    "turns of speakers that are lists": '"turns": [{"text": "글", "speaker": [[{"name": {}}]]}]',
    "turns of half characters": '"turns": [{"speaker": "\\ud800", "text": "\\udc00 글", "role": "\\ud800"}]',
    "turns in turns": '"turns": [{"text": {"text": {"text": "글"}}}]', "a role that is a list": '"turns": [{"text": "글", "role": []}]',
    "turns that are null": '"turns": null, "messages": [null]', "ten thousand turns": '"turns": [' + '{"text": "응"},' * 9_999 + '"응"]',
    "speakers of 5,000 digits": f'"speakers": [[["{DIGITS_5000}", "6", "가"]]]',
    "speakers outside the text": '"speakers": [[["90000", "99999", "가"], ["6", "2", "나"]]]',
    "speakers of wrong types": '"speakers": [1, [2], [[3]], [["-1", "2", []]], [[null, null, null]]]',
    "segments of nonsense": '"segments": [{"type": 5, "start": -1, "end": "x"}]', "segments that are a word": '"segments": "글"',
    "summary of 200,000 letters": f'"summary": "{"a" * 200_000}"', "summary that is a list": '"summary": [1]',
    "summary of half a character": '"summary": "\\ud800"', "views of nonsense": '"views": [{"use": []}]',
    "columns of ours": '"id": 5, "origin": {"file": 1}, "kept": "x", "drop_spam": 3, "quality": NaN, "raw_bytes": -1',
    "ten thousand fields": ", ".join(f'"f{n}": {n}' for n in range(10_000)), "fields of long names": f'"{"k" * 100_000}": 1',
    "a field whose name is half a character": '"\\ud800": 1', "a question without an answer": '"question": "무엇?", "answer": null',
    "a question of spaces": '"question": " ", "answer": "nan"', "a language of nonsense": '"language": ["ko", 5]',
    "a charset that is none": '"charset": "utf-7"', "metadata that are a table of tables": '"meta": ' + '{"a":' * 400 + "1" + "}" * 400,
    "sentences of wrong types": '"sentences": [1, null], "summaries": "x"',
}  # fmt: skip
DOCUMENTS = {
    "half a character in the text": '{"text": "봄이 왔다 \\ud83d 그리고"}',
    "halves of a character the wrong way round": '{"text": "봄이 왔다 \\ude00\\ud83d"}',
    "NULs between letters": '{"text": "봄\\u0000이\\u0000 \\u0000왔다"}',
    "a row that is a string": '"봄이 왔다고 사람들은 말했다"',
    "a number of five thousand digits": '{"text": "봄이 왔다고 사람들은 말했다", "n": ' + "9" * 5_000 + "}",
    "text of CP949": '{"text": "봄이 왔다고 사람들은 말했다"}'.encode("cp949"),
    "text of CP949 cut in a character": '{"text": "봄이 왔다고 사람들은 말했다'.encode("cp949") + b'\xb0"}',
    "raw control characters": '{"text": "봄이\x01\x02 왔다\t고"}',
    "sentences with numbers outside them": '{"sentences": ["봄이 왔다.", "눈이 녹았다."], "summaries": [7, -1, "x", null, 0]}',
    "turns of 500 speakers": json.dumps({"turns": [{"speaker": f"손님 {n}", "text": "예"} for n in range(500)]}),
    "the last of two texts": '{"text": null, "text": "봄이 왔다고 사람들은 말했다"}',
    "a page that is broken": '{"html": "<html><body><p>봄이 왔다고 사람들은 말했다<table></div"}',
    "a list of turns of both sorts": '{"messages": [{"role": "system", "content": "너는"}, "응", {"question": "왜?", "answer": "몰라"}]}',
}  # fmt: skip
JSONL = {
    "lines of other ends": kind("a.jsonl", lambda good: row(text=good()).replace("\n", "\r\n") + "\r\n" + row(text=good())),
    "one line with ends of an old Mac": kind("a.jsonl", f'{{"text": "{WORDS}"}}\r{{"text": "{WORDS}"}}\r', "", 2),
    "two objects in one line": kind("a.jsonl", f'{{"text": "{WORDS}"}} {{"text": "{WORDS}"}}\n', "", 2),
    "a line over the limit": kind("a.jsonl", _lines('{"text": "' + "가" * LIMIT + '"}'), "line_too_long"),
    "a line just under the limit": kind("a.jsonl", _lines('{"text": "' + "a" * (LIMIT - 13) + '"}'), "", 1),
    "a line one byte over the limit": kind("a.jsonl", _lines('{"text": "' + "a" * (LIMIT - 11) + '"}'), "line_too_long"),
    "ten thousand blank lines": kind("a.jsonl", lambda good: "\n \n" * 10_000 + row(text=good())),
    "ten thousand broken lines": kind("a.jsonl", lambda good: "{\n" * 10_000 + row(text=good()), "malformed_json"),
    "UTF-16 lines": kind("a.jsonl", row(text=WORDS).encode("utf-16"), "", 1),
    "JSON Lines in a file for one JSON": kind("a.json", lambda good: row(text=good()) + row(text=good())),
    "the same row twice with the same address": kind("a.jsonl", row(text=WORDS * 9, url="http://a.kr/1") * 2, "", 2),
    "Parquet called JSON Lines": kind("a.jsonl", b"PAR1\x15\x04\x15" + bytes(range(11, 256)) + b"PAR1", "malformed_json encoding", MORE),
}  # fmt: skip


def _array(*values: str, end="]"):
    return lambda good: "[" + row(text=good()) + "".join(f", {one}" for one in values) + end


JSON = {
    "an array cut off": kind("a.json", _array(end=""), "malformed_json"),
    "an array cut in a string": kind("a.json", _array('{"text": "강', end=""), "malformed_json"),
    "an array with a fault": kind("a.json", _array("{bad}"), "malformed_json"),
    "an array of everything": kind("a.json", _array("null", "7", "[]", '"봄이 왔다고 한다"', "{}", "true"), "not_text no_text", 1),
    "an array too deep": kind("a.json", _array("[" * DEEP), "malformed_json"),
    "an array with commas too many": kind("a.json", _array(",,,", "")),
    "an array with a huge number": kind("a.json", _array('{"n": ' + DIGITS_5000 + "}"), "no_text"),
    "an array with a value over the limit": kind("a.json", _array('{"text": "' + "a" * 3 * LIMIT + '"}'), "too_large"),
    "an array that is followed by another": kind("a.json", lambda good: f"[{row(text=good())}]\n[{row(text=good())}]"),
    "an array that is followed by a row": kind("a.json", lambda good: f"[{row(text=good())}]\n{row(text=good())}"),
    "an array that is followed by nonsense": kind("a.json", lambda good: f"[{row(text=good())}] 끝.", "malformed_json"),
    "an array of no rows": kind("a.json", "[]", "empty"),
    "an object of no keys": kind("a.json", "{}", "no_text"),
    "an object with a list of nothing": kind("a.json", '{"data": []}', "no_text"),
    "an object of rows under seven keys": kind("a.json", '{"a":{"b":{"c":{"d":{"e":{"f":{"g":[{"text":"글"}]}}}}}}}', "no_text"),
    "a lone number": kind("a.json", "12", "not_text"),
    "a lone word": kind("a.json", "글", "malformed_json"),
    "a lone bracket": kind("a.json", "[", "malformed_json"),
    "white space in a .json": kind("a.json", " \n\t\ufeff ", "empty"),
    "UTF-16 JSON": kind("a.json", lambda good: f"[{row(text=good())}]".encode("utf-16")),
    "UTF-16 JSON cut in a character": kind("a.json", lambda good: f"[{row(text=good())}]".encode("utf-16")[:-1], "malformed_json"),
    "CP949 JSON": kind("a.json", lambda good: f"[{row(text=good())}]".encode("cp949", "replace")),
    "a hundred thousand empty rows": kind("a.json", "[" + "{}," * 100_000 + "{}]", "no_text"),
    "JSON of NULs": kind("a.json", bytes(3_000), "malformed_json"),
    "a web page in a .json": kind("a.json", "<html><body>404</body></html>", "malformed_json"),
}  # fmt: skip


def _csv(*bad: str, head="text,n", code="utf-8"):
    """Bad lines between good rows of two columns."""
    return lambda good: "\n".join([head, f'"{good()}",1', *bad, f'"{good()}",2', ""]).encode(code, "surrogateescape")


CSV = {
    "too many fields": kind("a.csv", _csv("a,1,2,3"), "malformed_table"),
    "a hundred thousand fields": kind("a.csv", _csv("a" + ",b" * 100_000), "malformed_table"),
    "too few fields": kind("a.csv", lambda good: f"n,text\n1\n2,\"{good()}\"\n", "no_text"),
    "a quotation mark that never ends": kind("a.csv", lambda good: f'text,n\n"{good()}",1\n"글이 끝나지 않는다,2\n가,3\n', "malformed_table", 1),
    "a quotation mark that ends beyond the limit": kind("a.csv", lambda good: f'text,n\n"{good()}",1\n"' + f"{WORDS}\n" * 9_000, "malformed_table line_too_long", MORE),
    "a line of a file over the limit": kind("a.csv", _csv("x" * LIMIT + "xx"), "line_too_long"),
    "a NUL": kind("a.csv", _csv("봄이\0 왔다,3"), "", 1),
    "a carriage return in a field": kind("a.csv", _csv("봄이\r왔다,3"), "", 1),
    "bytes of no charset": kind("a.csv", _csv("\udc80\udcff\udcfe,3"), "", 1),
    "a header twice": kind("a.csv", lambda good: f'text,text\n가,"{good()}"\n', "malformed_table"),
    "a header over the limit": kind("a.csv", "text" + ",n" * LIMIT + "\n글\n", "line_too_long empty no_text", MORE),
    "a header of quotation marks": kind("a.csv", '"text\n글\n', "no_text", MORE),
    "a header of nothing": kind("a.csv", ",,,\n글,1\n", "no_text"),
    "no header": kind("a.csv", f"{WORDS},1\n", "no_text"),
    "a header alone": kind("a.csv", "text,n\n", "empty"),
    "a header without its column": kind("a.csv", "제목,내용\n글,글\n", "no_text"),
    "a header with a byte order mark and quotation marks": kind("a.csv", lambda good: f'\ufeff"text","n"\n"{good()}",1\n'),
    "a header in capitals": kind("a.csv", "TEXT\n글\n", "no_text"),
    "CP949": kind("a.csv", _csv(code="cp949")),
    "CP949 below UTF-8": kind("a.csv", lambda good: f'text\n"{good()}"\n'.encode() + f'"{good()}"\n'.encode("cp949", "replace")),
    "UTF-16": kind("a.csv", f"text\n{WORDS}\n".encode("utf-16"), "no_text empty", MORE),
    "fields of spaces": kind("a.csv", _csv('" ",3', ",4", ",,"), "no_text"),
    "formulas": kind("a.csv", _csv("=cmd|' /C calc'!A0,3", "@SUM(1+1),4"), "", 2),
    "semicolons and tabs": kind("a.tsv", lambda good: f'n;x\ttext\n1;2\t{good()}\n'.replace("\n\n", " ")),
    "a tab-separated file of quotation marks": kind("a.tsv", lambda good: f'text\tn\n"{good()}"\t1\n"""\t"\n', "", 1),
    "a table of one empty quoted field": kind("a.csv", '""\n""\n', "no_text"),
    "a question and an answer of nothing": kind("a.csv", "question,answer\nnull,nan\n,\n", "no_text"),
}  # fmt: skip


def _parquet(table: pa.Table, **options) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def _column(values, kind_of=None, **options):
    """A file whose column of text is of another type."""
    return _parquet(pa.table({"text": pa.array(values, kind_of)}), **options)


def _typed(name: str, values, kind_of=None):
    """A file of two good texts with a column of metadata of an odd type beside them."""
    return lambda good: _parquet(pa.table({"text": [good(), good()], name: pa.array(values, kind_of)}))


def _as(type_of, **options):
    """Two good texts in another type of string."""
    return lambda good: _column([good(), good()], type_of, **options)


def _bytes_as_strings(values: list[bytes]) -> pa.Array:
    raw = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(values), raw.buffers())


def _broken_group(content: bytes, group: int, byte: bytes = b"\xff") -> bytes:
    column = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(group).column(0)
    start, size = column.dictionary_page_offset or column.data_page_offset, column.total_compressed_size
    return content[:start] + byte * size + content[start + size :]


def _groups(good, byte=b"\xff", **options):
    table = pa.table({"text": [good(), WORDS, good()]})
    return _broken_group(_parquet(table, row_group_size=1, **options), 1, byte)


def _changed(content: bytes, place: int) -> bytes:
    """One byte of a file changed, counted from its end."""
    return content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]


def _text_beside(name, column):
    return lambda good: _parquet(pa.table({"text": [good(), good()], name: column}))


def _dictionary(index):
    return lambda good: _parquet(
        pa.table({"text": pa.DictionaryArray.from_arrays(pa.array([0, 1], index), [good(), good()])})
    )


def _nested_array(depth: int) -> pa.Array:
    array = pa.array([1])
    for _ in range(depth):
        array = pa.ListArray.from_arrays([0, 1], array)
    return array


BAD_UTF8 = _bytes_as_strings([b"\xff\xfe\x80", "봄".encode("cp949")])
TURN = pa.list_(pa.struct([("speaker", pa.string()), ("text", pa.string())]))
BAD_TURNS = pa.ListArray.from_arrays([0, 1, 2], pa.StructArray.from_arrays([BAD_UTF8, BAD_UTF8], ["speaker", "text"]))
PARQUET = {
    "whole numbers": kind("a.parquet", _column([1, 2]), "not_text"),
    "booleans": kind("a.parquet", _column([True, False]), "not_text"),
    "fractions that are none": kind("a.parquet", _column([float("nan"), float("inf")]), "not_text"),
    "days": kind("a.parquet", _column([1, 2], pa.date32()), "not_text"),
    "days beyond the calendar": kind("a.parquet", _column([2**30, -(2**30)], pa.date32()), "no_text"),
    "lists of text": kind("a.parquet", _column([["글"], []]), "not_text"),
    "tables of text": kind("a.parquet", _column([{"a": "글"}]), "not_text"),
    "maps": kind("a.parquet", _column([[("a", "글")]], pa.map_(pa.string(), pa.string())), "not_text"),
    "decimals": kind("a.parquet", _parquet(pa.table({"text": pa.array([1, 2]).cast(pa.decimal128(30, 2))})), "not_text"),
    "nothing but null": kind("a.parquet", _column([None, None], pa.null()), "no_text"),
    "null among text": kind("a.parquet", lambda good: _column([good(), None, "", good()]), "no_text"),
    "bytes that are UTF-8": kind("a.parquet", lambda good: _column([good().encode()], pa.binary())),
    "bytes of CP949": kind("a.parquet", _column([(WORDS * 3).encode("cp949")], pa.binary()), "", 1),
    "bytes of a picture": kind("a.parquet", _column([b"\x89PNG\r\n\x1a\n\0\0"], pa.binary()), "binary"),
    "bytes of one length": kind("a.parquet", _column([b"abcdefgh"], pa.binary(8)), "", 1),
    "strings that are no UTF-8": kind("a.parquet", _parquet(pa.table({"text": BAD_UTF8})), "encoding", MORE),
    "strings of CP949": kind("a.parquet", _parquet(pa.table({"text": _bytes_as_strings([(WORDS * 3).encode("cp949")])})), "", 1),
    "large strings": kind("a.parquet", _as(pa.large_string())),
    "views of strings": kind("a.parquet", _as(pa.string_view())),
    "a dictionary of strings": kind("a.parquet", _dictionary(pa.int8())),
    "a dictionary of large numbers": kind("a.parquet", _dictionary(pa.int64())),
    "pages of the second version": kind("a.parquet", _as(pa.string(), data_page_version="2.0", compression="zstd")),
    "strings as differences": kind("a.parquet", _as(pa.string(), use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})),
    "a hundred row groups": kind("a.parquet", lambda good: _parquet(pa.table({"text": [good() for _ in range(20)]}), row_group_size=1)),
    "no rows": kind("a.parquet", _column([], pa.string()), "empty"),
    "no columns": kind("a.parquet", _parquet(pa.table({})), "no_text"),
    "no column of text": kind("a.parquet", _parquet(pa.table({"body": ["글"]})), "no_text"),
    "two columns of one name": kind("a.parquet", _parquet(pa.Table.from_arrays([pa.array(["글"]), pa.array(["말"])], ["text", "text"])), "malformed_table", MORE),
    "a title of bytes": kind("a.parquet", _typed("title", [b"\xff\xfe", b""])),
    "a title that is no UTF-8": kind("a.parquet", _text_beside("title", BAD_UTF8)),
    "a title of lists": kind("a.parquet", _typed("title", [["a", "b"], []])),
    "a title of tables": kind("a.parquet", _typed("title", [{"name": {"x": 1}}, None])),
    "turns that are no UTF-8": kind("a.parquet", _text_beside("turns", BAD_TURNS)),
    "a source that is no UTF-8": kind("a.parquet", _text_beside("source", pa.StructArray.from_arrays([BAD_UTF8], ["name"]))),
    "a dictionary that is no UTF-8": kind("a.parquet", lambda _: _text_beside("name", pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), BAD_UTF8))(lambda: WORDS), "malformed_table"),
    "times to a billionth of a second": kind("a.parquet", _typed("published", [1, 1_621_900_800_123_456_789], pa.timestamp("ns"))),
    "times beyond the calendar": kind("a.parquet", _typed("published", [2**62, -(2**62)], pa.timestamp("us"))),
    "times of a zone that is none": kind("a.parquet", _typed("published", [0, 1], pa.timestamp("us", tz="Asia/Nowhere"))),
    "days of metadata beyond the calendar": kind("a.parquet", _typed("date", [2**30, -(2**30)], pa.date32())),
    "times of day": kind("a.parquet", _typed("published", [0, 1], pa.time64("ns"))),
    "spans of time": kind("a.parquet", _typed("published", [2**62, 1], pa.duration("s"))),
    "popularity that is no number": kind("a.parquet", _typed("popularity", [float("nan"), float("-inf")])),
    "popularity of decimals": kind("a.parquet", _text_beside("views", pa.array([1, 2]).cast(pa.decimal128(38, 9)))),
    "kinds that are none": kind("a.parquet", _typed("kind", ["cinema", ""])),
    "turns of numbers": kind("a.parquet", _typed("turns", [[1, 2], []])),
    "turns that are null": kind("a.parquet", _typed("turns", [None, [{"speaker": None, "text": None}]], TURN)),
    "a thousand columns": kind("a.parquet", lambda good: _parquet(pa.table({"text": [good()], **{f"c{n}": [n] for n in range(1_000)}}))),
    "lists forty deep": kind("a.parquet", lambda good: _parquet(pa.table({"text": [good()], "title": _nested_array(40)}))),
    "lists deeper than Arrow reads": kind("a.parquet", _parquet(pa.table({"text": [WORDS], "title": _nested_array(60)})), "malformed_table"),
    "a text over the limit": kind("a.parquet", lambda good: _column([good(), "가" * LIMIT * 2, good()]), "too_large"),
    "text with NULs": kind("a.parquet", lambda good: _column([good(), "봄이\0 왔다"]), "", 1),
    "text with half characters as bytes": kind("a.parquet", _parquet(pa.table({"text": _bytes_as_strings([WORDS.encode() * 3 + b"\xed\xa0\x80"])})), "", 1),
    "a footer cut off": kind("a.parquet", _column([WORDS])[:-20], "malformed_table"),
    "a footer of a false length": kind("a.parquet", _column([WORDS])[:-8] + b"\xff\xff\xff\x7fPAR1", "malformed_table"),
    "a footer with a changed byte": kind("a.parquet", _changed(_column([WORDS, WORDS], row_group_size=1), -30), "malformed_table empty no_text not_text", MORE),
    "a beginning alone": kind("a.parquet", b"PAR1", "malformed_table"),
    "noise": kind("a.parquet", b"PAR1" + random.Random(1).randbytes(3_000) + b"PAR1", "malformed_table"),
    "a damaged row group": kind("a.parquet", _groups, "malformed_table"),
    "a row group of zeros": kind("a.parquet", lambda good: _groups(good, b"\0"), "malformed_table"),
    "a damaged row group in zstd": kind("a.parquet", lambda good: _groups(good, compression="zstd"), "malformed_table"),
    "JSON Lines called Parquet": kind("a.parquet", row(text=WORDS), "malformed_table"),
    "Arrow's own format called Parquet": kind("a.pq", b"ARROW1\0\0" + bytes(200) + b"ARROW1", "malformed_table"),
}  # fmt: skip


JOINED = {
    "rows that are joined, one broken": kind("a.jsonl", lambda good: row(text=good()) + "{\n" + row(text=good()) + row(text=good()), "malformed_json", 0, "joined"),
    "lines that are joined, one too long": kind("a.txt", lambda good: f"{good().replace(chr(10), ' ')}\n" + "x" * (LIMIT + 9) + "\n", "line_too_long", 0, "joined"),
    "lines that are joined, in two charsets": kind("a.txt", f"{WORDS}\n".encode() * 2 + f"{WORDS}\n".encode("cp949"), "", 1, "joined"),
    "rows that are joined, of bytes and of text": kind("a.parquet", _column([WORDS.encode(), b"\xff\xfe", "글".encode()], pa.binary()), "binary", MORE, "joined"),
    "rows that are joined, with turns": kind("a.jsonl", _beside('"turns": [{"text": "글"}]'), "", 0, "joined"),
}  # fmt: skip

KINDS: dict[str, Kind] = {
    **{f"JSON Lines: {name}": kind("a.jsonl", _lines(line), "malformed_json") for name, line in BROKEN.items()},
    **{f"JSON Lines: {name}": kind("a.jsonl", _lines(line), "not_text") for name, line in NOT_TEXT.items()},
    **{f"JSON Lines: {name}": kind("a.jsonl", _lines(line), "no_text") for name, line in NO_TEXT.items()},
    **{f"JSON Lines: {name}": kind("a.jsonl", _lines(line), "", 1) for name, line in DOCUMENTS.items()},
    **{f"JSON Lines: {name}": kind("a.jsonl", _beside(value)) for name, value in BESIDE.items()},
    **{f"JSON Lines: {name}": one for name, one in JSONL.items()},
    **{f"JSON: {name}": one for name, one in JSON.items()},
    **{f"CSV: {name}": one for name, one in CSV.items()},
    **{f"Parquet: {name}": one for name, one in PARQUET.items()},
    **JOINED,
}
