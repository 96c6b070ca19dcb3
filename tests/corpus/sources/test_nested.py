"""Nested JSON: paths of text_field, and a small file of our own in each shape that json_shapes.toml knows."""

# ruff: noqa: E501 (one shape a line: a table is read by its names)
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.sources import nested
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable

ONE = "나루터에는 새벽마다 안개가 끼었고 사공은 노를 저어 강을 건넜다."
TWO = "장날이면 소금을 진 사람들이 줄을 서서 배를 기다렸다고 한다."
TALK = [{"speaker": "1", "text": ONE}, {"speaker": "2", "text": TWO}]


def items_of(folder, value, name="a.json", **settings):
    (folder / name).write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), "utf-8")
    return list(read(Input(folder / name, **settings)))


def modu(**document):
    return {
        "id": "N1",
        "metadata": {"title": "말뭉치 2021", "creator": "우리말모임", "category": "신문"},
        "document": [{"id": "N1.1", **document}],
    }


METADATA = {"title": "나루터", "author": "강나루", "publisher": "강변일보", "date": "20210503", "topic": "생활"}
SAID = [
    {"id": "1", "form": ONE, "original_form": ONE, "speaker_id": "1"},
    {"id": "2", "form": "", "speaker_id": "1"},
    {"id": "3", "form": TWO, "speaker_id": "2"},
]
FORMS = [{"id": "p1", "form": ONE}, {"id": "p2", "form": TWO}]
LINES = [
    {"utteranceID": "U1", "participantID": "P01", "utterance": ONE},
    {"utteranceID": "U2", "participantID": "P02", "utterance": TWO},
]
HEADER = {"dialogueInfo": {"topic": "여행", "dialogueID": "d1"}}
BOOK = {"doc_name": "강가의 책", "author": "강나루", "publisher": "나루출판"}
SJML = {"title": "나루터", "content": ONE, "board": "여행", "writeDate": "2021-05-03 11:00:00", "source_site": "강변"}
TEXTS = {
    "모두의 말뭉치: 신문": (modu(metadata=METADATA, paragraph=FORMS), f"{ONE}\n\n{TWO}", {"name": "강변일보", "published": "2021-05-03"}),
    "모두의 말뭉치: 분석": (modu(sentence=FORMS), f"{ONE}\n{TWO}", {"category": "신문"}),
    "문서 요약": ({"name": "기사", "documents": [{"id": "1", "text": [[{"index": 0, "sentence": ONE}], [{"index": 1, "sentence": TWO}]], "abstractive": [TWO]}]}, f"{ONE}\n{TWO}", {"summary": TWO}),
    "문서 요약, 한 줄에 한 편": ({"media": "강변일보", "id": "1", "article_original": [ONE, TWO], "abstractive": TWO, "extractive": [0]}, f"{ONE}\n{TWO}", {"name": "강변일보"}),
    "논문 요약": ({"data": [{"doc_id": "1", "title": "나루터", "issued_by": "강변학회", "summary_entire": [{"orginal_text": ONE, "summary_text": TWO}]}]}, ONE, {"title": "나루터", "name": "강변학회"}),
    "도서 요약": ({"passage_id": "1", "metadata": BOOK, "passage": ONE, "summary": TWO}, ONE, {"title": "강가의 책", "author": "강나루"}),
    "info 곁의 data": ({"info": {"name": "요약"}, "data": [{"doc_id": 0, "doc_type": "신문", "title": "나루터", "passage": ONE}]}, ONE, {"title": "나루터", "name": "요약"}),
    "요약문 및 보고서": ({"Meta(Acqusition)": {"doc_name": "보고서", "doc_category": "사회"}, "Meta(Refine)": {"passage": ONE}, "Annotation": {"summary1": TWO}}, ONE, {"title": "보고서", "category": "사회"}),
    "SJML": ({"SJML": {"header": {"source_file": "b"}, "text": [SJML]}}, ONE, {"title": "나루터", "published": "2021-05-03", "category": "여행"}),
    "문장의 목록": ({"named_entity": [{"title": [{"sentence": "나루터"}], "content": [{"sentence": ONE}, {"sentence": TWO}], "url": "https://a.kr/1"}]}, f"{ONE}\n{TWO}", {"title": "나루터", "url": "https://a.kr/1"}),
    "SQuAD": ({"version": "1", "data": [{"title": "나루터", "paragraphs": [{"context": ONE, "qas": []}, {"context": TWO, "qas": []}]}]}, f"{ONE}\n\n{TWO}", {"title": "나루터"}),
    "기계 독해": ({"data": [{"doc_title": "나루터", "doc_source": "강변일보", "paragraphs": [{"context": ONE, "qas": []}]}]}, ONE, {"title": "나루터", "name": "강변일보"}),
    "한 단락이 한 행": ({"data": [{"context": ONE, "qas": [{"question": "무엇?", "answers": []}]}]}, ONE, {}),
    "구매 도서": ({"title": "강가의 책", "paragraphs": [{"sentences": [{"text": ONE}, {"text": TWO}]}]}, f"{ONE}\n{TWO}", {"title": "강가의 책"}),
}  # fmt: skip
TALKS = {
    "모두의 말뭉치: 메신저": (modu(metadata={"title": "대화", "topic": "여행"}, utterance=SAID), ("1", "2")),
    "방언 발화": ({"id": "D1", "metadata": {"title": "방언"}, "speaker": [{"id": "1"}], "utterance": SAID}, ("1", "2")),
    "대화 요약": ({"numberOfItems": 1, "data": [{"header": HEADER, "body": {"dialogue": LINES, "summary": TWO}}]}, ("P01", "P02")),
    "SNS 대화": ({"data": [{"header": HEADER, "body": LINES}]}, ("P01", "P02")),
    "주제별 일상 대화": ({"info": [{"id": 1, "annotations": {"subject": "여행", "lines": [{"norm_text": ONE, "speaker": {"id": "1번"}}, {"norm_text": TWO, "speaker": {"id": "2번"}}]}}]}, ("1번", "2번")),
    "감성 대화": ([{"profile": {"id": 1}, "talk": {"content": {"HS01": ONE, "SS01": TWO, "HS02": ""}}}], ("HS", "SS")),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_in_the_shape_of_a_korean_corpus_is_one_document(name, tmp_path):
    value, text, fields = TEXTS[name]
    items = items_of(tmp_path, value)
    assert [item.content for item in items if isinstance(item, Raw)] == [text]
    assert len(items) == 1
    assert {key: items[0].fields.get(key) for key in fields} == fields


@pytest.mark.parametrize("name", TALKS)
def test_a_talk_in_the_shape_of_a_korean_corpus_is_one_document_with_turns(name, tmp_path):
    value, speakers = TALKS[name]
    (item,) = items_of(tmp_path, value)
    assert isinstance(item, Raw)
    assert [(turn["speaker"], turn["text"]) for turn in item.fields["turns"]] == list(
        zip(speakers, (ONE, TWO), strict=True)
    )


@pytest.mark.parametrize("name", [*TEXTS, *TALKS])
def test_a_shape_is_known_in_a_line_of_json_lines_too(name, tmp_path):
    value = (TEXTS.get(name) or TALKS[name])[0]
    lines = value if isinstance(value, list) else [value]
    items = items_of(tmp_path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "a.jsonl")
    assert [type(item) for item in items] == [Raw]


def test_every_shape_of_the_table_has_a_file_here():
    met = set()
    for value, *_ in (*TEXTS.values(), *TALKS.values()):
        rows = value if isinstance(value, list) else [value]
        met |= {shape.of for shape in nested.shapes() for row in rows if _holds(row, shape)}
    missing = {shape.of for shape in nested.shapes()} - met - {"AI Hub: 논문 요약 (바르게 적은 이름)"}
    assert not missing


def _holds(value, shape):
    """Whether a shape fits a table anywhere in a value."""
    if isinstance(value, list):
        return any(_holds(each, shape) for each in value)
    if not isinstance(value, dict):
        return False
    path = (shape.text or shape.turns).split(".")
    at = nested._at(value, path[:1])
    fits = all(key in value for key in shape.keys) and at is not None
    reached = list(nested.strings_at(value, path)) or nested._turns(nested._at(value, path))
    return bool(fits and reached) or any(_holds(each, shape) for each in value.values())


PATHS = [
    ("a.json", modu(metadata=METADATA, paragraph=FORMS), "document.paragraph.form", [f"{ONE}\n\n{TWO}"]),
    ("a.json", {"x": [{"y": [{"z": ONE}]}, {"y": [{"z": TWO}]}]}, "x.y.z", [ONE, TWO]),
    ("a.json", {"x": [{"y": [{"z": ONE}, {"z": TWO}]}]}, "x.y[].z", [ONE, TWO]),
    ("a.json", [{"x": {"y": ONE}}, {"x": {"y": TWO}}], "x.y", [ONE, TWO]),
    ("a.json", [{"x": [{"y": ONE}, {"y": TWO}]}], "x.y", [f"{ONE}\n\n{TWO}"]),
    ("a.json", [{"x": [{"y": ONE}, {"y": TWO}]}], "x[].y", [ONE, TWO]),
    ("a.json", {"x": [[ONE], [TWO]]}, "x[]", [ONE, TWO]),
    ("a.jsonl", {"x": [{"y": ONE}, {"y": TWO}]}, "x.y", [f"{ONE}\n\n{TWO}"]),
    ("a.jsonl", {"x.y": ONE}, "x.y", [ONE]),
]


@pytest.mark.parametrize(("name", "value", "path", "texts"), PATHS)
def test_text_field_may_be_a_path_through_tables_and_lists(name, value, path, texts, tmp_path):
    items = items_of(tmp_path, value, name, text_field=path)
    assert [item.content for item in items if isinstance(item, Raw)] == texts
    assert len({item.origin_offset for item in items}) == len(items)


def test_what_stands_around_a_text_at_a_path_describes_it(tmp_path):
    value = {
        "info": {"license": "CC BY"},
        "data": [{"meta": {"title": "하나", "date": "2021-05-03"}, "body": {"ko": ONE}}],
    }
    (item,) = items_of(tmp_path, value, text_field="data.body.ko")
    assert item.fields == {"licence": "CC BY", "title": "하나", "published": "2021-05-03"}


def test_a_path_that_leads_nowhere_is_told_with_one_that_would_do(tmp_path):
    (item,) = items_of(tmp_path, {"data": [{"body": {"ko": ONE}}]}, text_field="data.text.ko")
    assert isinstance(item, Unreadable)
    assert "text_field = 'data.body.ko' would do" in item.detail


@pytest.mark.parametrize(
    ("value", "path", "texts"),
    [([ONE, TWO], "text[]", [ONE, TWO]), ({"ko": ONE}, "text.ko", [ONE])],
)
def test_a_text_that_is_a_list_or_a_table_is_told_with_the_path_that_reads_it(value, path, texts, tmp_path):
    (told,) = items_of(tmp_path, {"text": value}, "a.jsonl")
    assert (told.reason, told.detail.partition("; ")[2]) == ("not_text", f"text_field = {path!r} reads it")
    assert [item.content for item in items_of(tmp_path, {"text": value}, "a.jsonl", text_field=path)] == texts


def test_an_object_larger_than_a_document_is_read_row_by_row(tmp_path):
    rows = [{"id": n, "metadata": {"title": f"글 {n}"}, "paragraph": [{"form": f"{n} {ONE}"}]} for n in range(2_000)]
    value = {"id": "N", "metadata": {"category": "신문"}, "document": rows, "end": {"of": ["file"]}}
    items = items_of(tmp_path, value, max_bytes_per_document=20_000)
    whole = items_of(tmp_path, value)
    assert [(item.content, item.fields) for item in items] == [(item.content, item.fields) for item in whole]
    assert len(items) == 2_000
    plain = items_of(tmp_path, {"rows": [{"text": f"{n} {ONE}"} for n in range(2_000)]}, max_bytes_per_document=20_000)
    assert [item.content for item in plain] == [f"{n} {ONE}" for n in range(2_000)]


def test_a_fault_in_a_large_object_costs_what_follows_it_and_is_told(tmp_path):
    rows = json.dumps({"data": [{"text": f"{n} {ONE}"} for n in range(500)]}, ensure_ascii=False)
    items = items_of(tmp_path, rows[:-40], max_bytes_per_document=10_000)
    assert [type(item) for item in items] == [Raw] * 499 + [Unreadable]
    assert items[-1].reason == "malformed_json"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"text": "가",}', "a comma before a closing bracket"),
        ('[{"text": "가", "n": [1, 2,]}]', "a comma before a closing bracket"),
        ('{\n  // 주석\n  "text": "가"\n}', "a comment"),
        ("{'text': '가'}", "single quotation marks"),
        ('{"text": None}', "a word of Python"),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_the_usual_faults_of_written_json_are_told_in_plain_words(text, words, name, tmp_path):
    items = items_of(tmp_path, text, name)
    assert words in items[0].detail
    assert all(isinstance(item, Unreadable) for item in items)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"text": ONE}, {"text": TWO}], ensure_ascii=False),
        json.dumps([{"text": ONE}, {"text": TWO}], ensure_ascii=False, indent=2),
        "// 말뭉치\n" + json.dumps([{"text": ONE}, {"text": TWO}]) + "\n",
        json.dumps([{"text": ONE}, {"text": TWO}])[:-1] + ",]",
        "\n".join(json.dumps({"text": text}, indent=1) for text in (ONE, TWO)),
        "\r".join(json.dumps({"text": text}, ensure_ascii=False) for text in (ONE, TWO)),
        "".join(json.dumps({"text": text}) + "\n" for text in (ONE, TWO)),
        "".join(json.dumps({"text": text}) for text in (ONE, TWO)),
    ],
)
def test_json_is_read_in_whatever_form_it_stands_under_its_suffix(text, name, tmp_path):
    assert [item.content for item in items_of(tmp_path, text, name) if isinstance(item, Raw)] == [ONE, TWO]


def test_a_broken_first_line_does_not_hide_the_lines_that_follow(tmp_path):
    lines = ['{"text": "닫지 않은', *(json.dumps({"text": ONE}) for _ in range(3))]
    items = items_of(tmp_path, "\n".join(lines), "a.jsonl")
    assert [type(item) for item in items] == [Unreadable, Raw, Raw, Raw]


def test_a_null_text_and_a_number_of_a_hundred_thousand_digits_are_told_and_read(tmp_path):
    lines = ['{"text": null}', f'{{"n": {"9" * 100_000}, "text": "{ONE}"}}']
    null, read_row = items_of(tmp_path, "\n".join(lines), "a.jsonl")
    assert null.detail == "the field 'text' is null"
    assert read_row.content == ONE


def test_ascii_that_turns_into_cp949_after_the_first_pieces_is_cp949(tmp_path):
    rows = [{"text": "plain English words " * 10} for _ in range(800)] + [{"text": ONE + TWO}]
    (tmp_path / "a.json").write_bytes(json.dumps(rows, ensure_ascii=False).encode("cp949"))
    items = list(read(Input(tmp_path)))
    assert items[-1].content == ONE + TWO


@pytest.mark.parametrize("path", [None, *sorted({path for _, _, path, _ in PATHS})])
def test_parquet_is_read_by_shapes_and_paths_as_json_lines_are(path, tmp_path):
    settings = {"text_field": path} if path else {}
    values = [value for _, value, of, _ in PATHS if of == path] or [v for v, *_ in (*TEXTS.values(), *TALKS.values())]
    assert values
    for number, value in enumerate(values):
        rows = value if isinstance(value, list) else [value]
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{number}.parquet")
        found = list(read(Input(tmp_path / f"{number}.parquet", **settings)))
        expected = items_of(tmp_path, lines, f"{number}.jsonl", **settings)
        assert [(one.content, one.fields) for one in found] == [(one.content, one.fields) for one in expected]


def test_a_table_of_lists_without_any_text_is_told_row_by_row(tmp_path):
    pq.write_table(pa.Table.from_pylist([{"a": [1, 2], "b": 3}] * 2), tmp_path / "a.parquet")
    assert [item.reason for item in read(Input(tmp_path / "a.parquet"))] == ["no_text"] * 2


LONG = '{"\\\\": "\\"}[' * 30_000
"""Brackets and escaped quotation marks in a string, over several of the pieces in which a file is read."""


@pytest.mark.parametrize("large", [{"text": LONG}, [[LONG]], LONG, {"a": {"b": [{"c": LONG}, 1]}}, [1] * 200_000])
@pytest.mark.parametrize(
    "around", ['[{"text": "하나"}, %s, {"text": "둘"}]', '{"data": [{"text": "하나"}, %s, {"text": "둘"}]}']
)
def test_a_row_beyond_the_limit_costs_itself_alone_and_is_told_with_its_size(large, around, tmp_path):
    written = json.dumps(large, ensure_ascii=False)
    one, told, two = items_of(tmp_path, around % written, max_bytes_per_document=100_000)
    assert (one.content, two.content) == ("하나", "둘")
    assert (told.reason, told.raw_bytes) == ("too_large", len(written))
    assert "row 1 has" in told.detail
    assert "100000" in told.detail


def test_a_row_beyond_the_limit_that_never_ends_is_told_with_all_that_follows(tmp_path):
    begun = '[{"text": "하나"}, {"text": "' + "가" * 500_000
    one, told, end = items_of(tmp_path, begun, max_bytes_per_document=100_000)
    assert one.content == "하나"
    assert (told.reason, told.raw_bytes) == ("too_large", len(begun.encode()) - len('[{"text": "하나"}, '.encode()))
    assert end.reason == "malformed_json"


def test_strings_in_the_lists_of_a_large_object_are_read_by_a_path_and_told_without_one(tmp_path):
    value = {"about": ["원시"], "data": [f"{n} {ONE}" for n in range(2_000)]}
    (told,) = items_of(tmp_path, value, max_bytes_per_document=10_000)
    assert (told.reason, told.raw_bytes > 150_000) == ("no_text", True)
    found = items_of(tmp_path, value, max_bytes_per_document=10_000, text_field="data[]")
    assert [item.content for item in found if isinstance(item, Raw)] == value["data"]


def test_the_path_that_is_named_for_a_list_of_plain_texts_reads_it_at_once(tmp_path):
    value = {"data": ["첫 글은 나루터의 새벽 안개를 길게 이야기한다.", "둘째 글은 장터의 저녁을 길게 이야기한다."]}
    (told,) = items_of(tmp_path, value)
    assert "text_field = 'data[]' would do" in told.detail
    assert [item.content for item in items_of(tmp_path, value, text_field="data[]")] == value["data"]
