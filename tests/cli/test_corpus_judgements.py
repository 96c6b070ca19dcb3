"""One judgement alone on files that are in no corpus: what a person types, and one JSON object a line for programs."""

import io
import json
import sys

import pytest

from malmoi.cli.main import main

PAGE = """<html lang="ko"><head><title>비가 온 날</title>
<meta property="article:published_time" content="2021-05-25"><meta property="og:site_name" content="우리신문"></head>
<body><nav><a href="/">홈</a><a href="/news">뉴스</a></nav><article><h1>비가 온 날</h1>
<p>오늘 아침에는 비가 내렸다. 우산을 챙기지 못한 사람들이 처마 밑에서 비가 그치기를 기다렸다. 나도 그랬다.</p>
<p>점심이 지나자 해가 났다. 사람들은 다시 걸었고 거리는 환해졌다. 문의는 010-1234-5678로 하면 된다고 했다.</p>
</article><footer>저작권</footer></body></html>"""
LINES = "연락처는 010-1234-5678\n\n혼자 남은 줄입니다. 다른 줄과 닮지 않았어요.\n연락처는 010-1234-5678\n"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return str(path)


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text(LINES, encoding="utf-8")
    return str(path)


def rows(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_page_gives_its_text_and_what_it_says_of_itself(page, capsys):
    assert main(["corpus", "extract", page, "--json"]) == 0
    (row,) = rows(capsys)
    assert row["file"] == page
    assert "오늘 아침에는" in row["text"]
    assert "홈" not in row["text"]
    assert (row["title"], row["published"], row["name"], row["language"]) == (
        "비가 온 날",
        "2021-05-25",
        "우리신문",
        "ko",
    )
    assert main(["corpus", "extract", page]) == 0
    assert "오늘 아침에는" in capsys.readouterr().out


def test_masking_tells_what_was_where(lines, capsys):
    assert main(["corpus", "mask", lines, "--lines", "--json"]) == 0
    first, second, third = rows(capsys)
    assert first["text"] == third["text"] == "연락처는 <전화번호>"
    assert LINES.splitlines()[0][first["spans"][0]["start"] : first["spans"][0]["end"]] == "010-1234-5678"
    assert second["spans"] == []
    assert [row["offset"] for row in (first, third)] == [0, LINES.encode().rindex("연락처".encode())]


def test_standard_input_is_a_file_too(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("메일은 haneul@mail.com".encode())))
    assert main(["corpus", "mask", "-", "--json"]) == 0
    assert rows(capsys)[0]["text"] == "메일은 <이메일>"


def test_copies_name_the_one_that_stays(lines, page, capsys):
    assert main(["corpus", "duplicates", lines, "--lines", "--json"]) == 0
    first, alone, copy = rows(capsys)
    assert first["representative"] == first["file"]
    assert copy["representative"] == first["file"]
    assert copy["similarity"] == 1.0
    assert alone["cluster"] is None
    assert main(["corpus", "duplicates", page, page]) == 0
    assert "copy of" in capsys.readouterr().out


def test_scores_are_numbers_with_names(page, capsys):
    assert main(["corpus", "score", page, "--json"]) == 0
    (row,) = rows(capsys)
    for name in ("value", "harm", "spam"):
        assert 0 <= row[name] <= 1
    assert row["features"]["korean_share"] > 0.9
    assert row["language"] == "ko"


def test_what_cannot_be_read_is_told_on_stderr_and_the_rest_goes_on(tmp_path, page, capsys):
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4")
    assert main(["corpus", "extract", str(tmp_path), "--json"]) == 1
    said = capsys.readouterr()
    assert [json.loads(line)["file"] for line in said.out.splitlines()] == [page]
    assert "bad.pdf" in said.err
    assert "malformed_document" in said.err


@pytest.mark.parametrize("verb", ["extract", "mask", "score", "duplicates"])
def test_a_missing_file_gets_one_line_and_exit_code_2(verb, capsys):
    assert main(["corpus", verb, "/nowhere/at/all"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_unknown_stage_or_model_gets_one_line(tmp_path, capsys):
    assert main(["corpus", "work", str(tmp_path), "pas", "0"]) == 2
    assert "did you mean 'pass'" in capsys.readouterr().err
    assert main(["corpus", "learn", "harmm", str(tmp_path), "--out", str(tmp_path / "w.npz")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["corpus", "learn", "core-regoin", str(tmp_path), "--out", str(tmp_path / "w.npz")]) == 2
    assert "did you mean 'core-region'" in capsys.readouterr().err


def test_an_empty_folder_is_said_to_be_empty(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["corpus", "mask", str(tmp_path / "empty")]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "nothing to read in" in said.err


def test_the_text_of_rows_may_lie_in_another_field(tmp_path, capsys):
    rows = tmp_path / "reviews.jsonl"
    rows.write_text('{"review": "문의는 010-1234-5678", "rating": "10"}\n', encoding="utf-8")
    assert main(["corpus", "mask", str(rows)]) == 1
    assert "fields: review, rating" in capsys.readouterr().err
    assert main(["corpus", "mask", str(rows), "--text-field", "review"]) == 0
    assert capsys.readouterr().out == "문의는 <전화번호>\n"
    assert main(["corpus", "mask", str(rows), "--text-field", ""]) == 2
    assert "text_field is empty" in capsys.readouterr().err


def test_lines_of_a_folder_are_refused_for_what_it_is(tmp_path, capsys):
    assert main(["corpus", "mask", "--lines", str(tmp_path)]) == 2
    assert f"{tmp_path} is a folder" in capsys.readouterr().err
