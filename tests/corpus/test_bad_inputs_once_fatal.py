"""Inputs that once ended a whole build, hung it or went lost: each is read by itself, quickly."""

import pytest
from bad_inputs import INPUTS, all_kinds, row, write
from processor_time import least_seconds

from malmoi.corpus.passes.attempts import Attempts, Journal
from malmoi.corpus.passes.items import FAILED, read_entries
from malmoi.corpus.passes.units import Unit
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Unreadable
from malmoi.corpus.sources.web_page import to_documents

RAISED = """
JSON Lines: published: a number of 400 digits
JSON Lines: published: a month 13
JSON Lines: published: a letter's date of a far year
JSON Lines: speakers of 5,000 digits
Parquet: times of a zone that is none
Parquet: times to a billionth of a second
Parquet: times beyond the calendar
Parquet: days of metadata beyond the calendar
Parquet: times of day
Parquet: spans of time
Parquet: turns that are no UTF-8
Parquet: a source that is no UTF-8
front matter: a whole number of nothing
front matter: a fraction of nothing
front matter: a truth that is none
front matter: a time that is none
front matter: a number of 400 digits
front matter: a hexadecimal number
front matter: a hexadecimal title
front matter: a place beyond all
front matter: lists 40,000 deep
notebook: old sheets that are a number
notebook: old sheets that are true
notebook: front matter
page with a date of a far year
page that says it is idna
page that says it is punycode
page that says it is undefined
crawl with a charset of names
JSON: an array that is followed by another
JSON: an array that is followed by a row
JSON: an array that is followed by nonsense
Markdown: includes
Markdown: spaces that end in a word
Markdown: spaces that end in a word, in lines of other ends
talk: a chat in which all come and go
large: a chat of 8,000 people
""".strip().split("\n")
LONGEST_S = 1.0
"""CPU seconds for any of them; those that hung took 1.3 to 6."""


@pytest.fixture(scope="module")
def kinds():
    return all_kinds()


@pytest.mark.parametrize("name", RAISED)
def test_it_is_read_and_what_is_good_in_it_stays(name, kinds, tmp_path):
    one = write(tmp_path, {name: kinds[name]})[name]
    source = Input(tmp_path / one.input / one.folder, **INPUTS[one.input])  # type: ignore[arg-type]

    def documents() -> list:
        return [item if isinstance(item, Unreadable) else to_documents(item, source) for item in read(source)]

    made = documents()
    assert least_seconds(documents) < LONGEST_S
    texts = [document["text"] for found in made if isinstance(found, list) for document in found]
    assert all(any(good[:40] in text for text in texts) for good in one.good)


class Cursed(Input):
    """Settings that raise what no reader expects, as a fault of ours in a reader would, once they are armed."""

    armed = False

    def __getattribute__(self, name):
        if name == "text_field" and Cursed.armed:
            raise RuntimeError("a fault of ours")
        return super().__getattribute__(name)


def test_a_fault_of_ours_in_a_reader_costs_one_file_and_is_told(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text(row(text="봄이 왔다") * 3, encoding="utf-8")
    (tmp_path / "b.txt").write_text("봄이 왔다고 한다", encoding="utf-8")
    unit = Unit(0, 0, (tmp_path / "a.jsonl", tmp_path / "b.txt"), 0)
    source = Cursed(tmp_path)
    Cursed.armed = True
    try:
        found = [entry for _, entry in read_entries(unit, source, Attempts(), Journal(tmp_path / "journal"))]
    finally:
        Cursed.armed = False
    assert [entry.get("reason") for entry in found] == [FAILED, None]
    assert found[0]["origin"] == {"file": "a.jsonl", "offset": 0}
    assert found[1]["text"] == "봄이 왔다고 한다"
    assert "a fault of ours" in capsys.readouterr().err
