"""CSV and TSV as they are found: what stands above a header, what is wrong with quotation marks, which charset."""

import csv
import io

import pytest

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable

ONE = "나루터에는 새벽마다 안개가 끼었고, 사공은 노를 저어 강을 건넜다."
TWO = "장날이면 소금을 진 사람들이 줄을 서서 배를 기다렸다고 한다."


def items_of(folder, content, name="a.csv", **settings):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read(Input(folder / name, **settings)))


def texts(items):
    return [item.content for item in items if isinstance(item, Raw)]


def told(items):
    return [item.detail for item in items if isinstance(item, Unreadable)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_is_read_with_any_delimiter_line_end_and_charset(delimiter, end, code, tmp_path):
    made = io.StringIO()
    rows = [["번호\n(줄)", "text"], ["1", f'{ONE} "인용" 둘째{delimiter}'], ["2", TWO]]
    csv.writer(made, delimiter=delimiter, lineterminator=end).writerows(rows)
    items = items_of(tmp_path, made.getvalue().encode(code))
    assert texts(items) == [rows[1][1], TWO]
    assert not told(items)
    assert sum(item.raw_bytes for item in items) < len(made.getvalue().encode(code))


def test_a_field_may_hold_lines(tmp_path):
    items = items_of(tmp_path, f'text,n\r\n"{ONE}\r\n\r\n{TWO}",1\r\n{TWO},2\r\n')
    assert texts(items) == [f"{ONE}\r\n\r\n{TWO}", TWO]


@pytest.mark.parametrize(
    ("above", "detail"),
    [
        ("sep=;\n", None),
        ("\n\n", None),
        ("공공데이터 목록;;\n\n", "lines 1 to 2"),
        ("제목\n기준일: 2021-05-03\n;;\n", "lines 1 to 3"),
    ],
)
def test_what_stands_above_the_header_is_passed_over_and_told(above, detail, tmp_path):
    items = items_of(tmp_path, f'{above}번호;text;비고\n1;"{ONE}";\n2;"{TWO}";\n')
    assert texts(items) == [ONE, TWO]
    assert [detail in words for words in told(items)] == ([True] if detail else [])


def test_a_field_that_is_opened_and_never_closed_costs_its_own_line(tmp_path):
    rows = [f'1,"{TWO}', f"2,{TWO}", f'3,"{ONE}"', f"4,{TWO}", f'5,"{ONE}\n{TWO}"']
    items = items_of(tmp_path, "\n".join(["n,text", *rows, ""]))
    assert texts(items) == [TWO, ONE, TWO, f"{ONE}\n{TWO}"]
    assert told(items) == ["line 2: a quotation mark is opened and not closed; the rows after it are read"]
    assert [item.origin_offset for item in items] == [0, 1, 2, 3, 4]


def test_a_field_that_is_opened_in_the_last_line_is_told(tmp_path):
    items = items_of(tmp_path, f'n,text\n1,{TWO}\n2,"{TWO}')
    assert texts(items) == [TWO]
    assert "line 3" in told(items)[0]


def test_in_a_table_of_one_column_an_open_field_takes_no_other_row_with_it(tmp_path):
    items = items_of(tmp_path, f'text\n"{TWO}\n"{ONE}"\n{TWO}\n')
    assert texts(items) == [ONE, TWO]
    assert len(told(items)) == 1


@pytest.mark.parametrize(
    "field",
    [
        '"그는 \\"늦었다\\"고 했다, 정말로."',
        '"그는 "늦었다"고 했다, 정말로."',
        '"그는 ""늦었다""고 했다, 정말로."',
    ],
)
def test_quotation_marks_inside_a_field_are_its_text(field, tmp_path):
    items = items_of(tmp_path, f"n,text\n1,{field}\n2,{TWO}\n")
    assert texts(items) == ['그는 "늦었다"고 했다, 정말로.', TWO]


def test_quotation_marks_inside_a_field_of_several_lines_are_its_text(tmp_path):
    items = items_of(tmp_path, f'n,text,x\n1,"첫 줄 "인용" 이다\n둘째 줄",끝\n2,{TWO},끝\n')
    assert texts(items) == ['첫 줄 "인용" 이다\n둘째 줄', TWO]


def test_quotation_marks_of_a_tab_separated_file_belong_to_the_text(tmp_path):
    items = items_of(tmp_path, f'n\ttext\n1\t"열기만 한 {TWO}\n2\t{TWO}\n3\t5" 화면\n', "a.tsv")
    assert texts(items) == [f'"열기만 한 {TWO}', TWO, '5" 화면']


def test_of_columns_of_one_name_the_longest_is_read_and_it_is_told(tmp_path):
    items = items_of(tmp_path, f"text,text,비고,비고\n짧다,{TWO},가,나\n{TWO},,가,나\n")
    assert texts(items) == [TWO, TWO]
    assert told(items) == ["2 columns are called 'text'; of each row the longest of them is read"]


def test_a_table_without_the_column_is_told_whole_with_the_column_that_would_do(tmp_path):
    content = f"번호,본문\n1,{TWO}\n2,{TWO}\n".encode()
    (item,) = items_of(tmp_path, content)
    assert item.detail == "no column 'text'; text_field = '본문' would do; columns: 번호, 본문; no row is read"
    assert item.raw_bytes == len(content)
    assert texts(items_of(tmp_path, content, text_field="본문")) == [TWO, TWO]


def test_a_table_without_a_header_is_told_as_such(tmp_path):
    (item,) = items_of(tmp_path, f"1,{TWO * 3}\n2,{TWO}\n")
    assert item.detail.startswith(
        "no column 'text'; its first line is a row and no header: write one above it; columns:"
    )


@pytest.mark.parametrize("code", ["utf-8", "cp949"])
def test_lines_that_end_as_on_an_old_mac_are_rows(code, tmp_path):
    content = f'제목,text\r하나,"{ONE}"\r둘,"{TWO}\r다음 줄"\r'.encode(code)
    first, second = items_of(tmp_path, content)
    assert (first.content, second.content.split()) == (ONE, [*TWO.split(), "다음", "줄"])
    assert first.raw_bytes + second.raw_bytes == len(content) - len("제목,text\r".encode(code))


def test_the_mark_of_utf8_before_cp949_does_not_deceive(tmp_path):
    assert texts(items_of(tmp_path, b"\xef\xbb\xbf" + f"번호,text\n1,{TWO}\n".encode("cp949"))) == [TWO]


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_a_wide_charset_are_documents_with_their_place_in_the_file(code, end, tmp_path):
    lines = [f"{ONE} {n} 😀" for n in range(4)]
    content = "".join(line + end for line in lines).encode(code)
    first, second = items_of(tmp_path, content, "a.txt", rows_per_document=2)
    assert first.content.decode().split() == f"{lines[0]} {lines[1]}".split()
    assert second.content.decode().split() == f"{lines[2]} {lines[3]}".split()
    assert content[second.origin_offset :].decode(code.replace("16", "16-le") if code == "utf-16" else code.replace("32", "32-le") if code == "utf-32" else code).startswith(lines[2])  # fmt: skip  # noqa: E501


def test_a_wide_line_above_the_limit_is_told_and_the_rest_read(tmp_path):
    content = f'{{"text": "{TWO}"}}\n{{"text": "{"가" * 9_000}"}}\n{{"text": "{ONE}"}}\n'.encode("utf-16")
    items = items_of(tmp_path, content, "a.jsonl", max_bytes_per_document=2_000)
    assert texts(items) == [TWO, ONE]
    assert items[1].reason == "line_too_long"
    assert sum(item.raw_bytes for item in items) == len(content)


def test_the_limit_of_one_source_is_not_the_limit_of_all_csv_files(tmp_path):
    items_of(tmp_path, f'번호,text\n1,"{TWO}"\n', max_bytes_per_document=149)
    assert next(csv.reader([f'"{ONE * 10}"'])) == [ONE * 10]


def test_a_field_of_many_lines_ends_at_the_limit_of_a_document(tmp_path):
    rows = "".join(f"{TWO}\n" for _ in range(20))
    items = items_of(tmp_path, f'번호,text\n1,"{rows}"\n2,"{ONE}"\n', max_bytes_per_document=400)
    assert texts(items) == [ONE]
    assert len(told(items)) > 0
