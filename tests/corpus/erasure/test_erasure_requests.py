"""What is asked to be erased, from words and from files."""

import unicodedata

import pytest

from malmoi.corpus.erasure.request import Request, from_file
from malmoi.kit.errors import UserError

ID = "0123456789abcdef" * 2


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_plain_lines_are_names_addresses_and_ids(tmp_path):
    path = written(tmp_path, "asked.txt", f"\ufeff홍길동\n\nhttps://blog.example/hong\n{ID}\n")
    assert from_file(path) == [
        Request(names=("홍길동",)),
        Request(addresses=("https://blog.example/hong",)),
        Request(ids=(ID,)),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_csv_has_a_person_a_row_and_several_values_a_cell(tmp_path, encoding):
    path = written(
        tmp_path, "asked.csv", "이름,주소,필명\n홍길동|길동,https://a.example/,나루\n,,\n성춘향,,\n".encode(encoding)
    )
    assert from_file(path) == [
        Request(names=("홍길동", "길동"), addresses=("https://a.example/",), authors=("나루",)),
        Request(names=("성춘향",)),
    ]


def test_columns_of_one_name_are_read_all_and_one_person_needs_no_list(tmp_path):
    path = written(tmp_path, "asked.csv", "이름,이름,,\n홍길동,길동,,\n")
    assert from_file(path) == [Request(names=("홍길동", "길동"))]
    path = written(tmp_path, "asked.toml", '[person]\nname = "홍길동"\n')
    assert from_file(path) == [Request(names=("홍길동",))]


def test_a_toml_has_a_table_a_person(tmp_path):
    tables = ['name = "홍길동"\ntexts = ["가나다라"]', f'id = "{ID}"\nmatching = "길.동"']
    path = written(tmp_path, "asked.toml", "".join(f"[[person]]\n{table}\n" for table in tables))
    assert from_file(path) == [
        Request(names=("홍길동",), texts=("가나다라",)),
        Request(ids=(ID,), matching="(?:길.동)"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.toml", '[[person]]\nnaem = "홍길동"\n', "'naem'"),
        ("a.toml", "[[person]]\nname = 3\n", "name is 3"),
        ("a.toml", "[[person\n", "cannot be read"),
        ("a.toml", 'person = "홍길동"\n', "'person'"),
        ("a.toml", '[[person]]\nname = "홍길동"\n[[persons]]\nname = "성춘향"\n', "'persons'"),
        ("a.csv", "색\n빨강\n", "'색'"),
        ("a.csv", '이름\n"홍길동"씨\n', "line 2, cannot be read"),
        ("a.csv", '이름\n"홍길동\n', "cannot be read"),
        ("a.csv", "이름\n홍길동,성춘향\n", "line 2: 2 cells below 1 columns"),
        ("a.txt", "\n\n", "asks for nothing"),
        ("a.txt", "가\n", "2 letters"),
        ("a.csv", "주소\n어딘가\n", "the address '어딘가'"),
        ("a.txt", b"\xff\xfe\xfa\xff\x00", "asks for|no text|letters"),
    ],
)
def test_a_file_that_asks_wrongly_gets_one_sentence(tmp_path, name, content, said):
    with pytest.raises(UserError, match=said):
        from_file(written(tmp_path, name, content))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        from_file(tmp_path / "none.csv")


def test_one_letter_and_invisible_signs_alone_ask_for_everything_and_are_refused():
    for name in ("가", "\u200b\u200b", " ", unicodedata.normalize("NFD", "각"), "''", "“”", "...", "***", "가!", "♥♥"):
        with pytest.raises(UserError, match="letters or more"):
            Request(names=(name,))
        with pytest.raises(UserError, match="letters or more"):
            Request(texts=(name,))
    assert Request(authors=("♥♥",)), "an author is one name at one place, whatever it is written with"
    with pytest.raises(UserError, match="nothing is asked"):
        Request()
    with pytest.raises(UserError, match=r"the pattern '\(' cannot be read"):
        Request(matching="(")


def test_terms_are_named_by_kind():
    asked = Request(ids=(ID,), names=("홍길동",), matching="길.동")
    assert asked.terms == [("name", "홍길동"), ("id", ID), ("matching", "길.동")]
