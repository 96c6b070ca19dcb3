"""Short Korean texts of all kinds through a whole build: what stays, what is masked, what goes, as judged by hand."""

import re
import tomllib
import unicodedata
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_batches import quiet, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.document import KINDS
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.written_forms import MASKS

TABLE = tomllib.loads(Path(__file__).with_name("good_korean_texts.toml").read_text(encoding="utf-8"))
ROWS = [*TABLE["kept"], *TABLE["dropped"]]
IN_EUC_KR = (
    "동네 책방에서 열린 낭독회에 다녀왔다. 시인은 작은 목소리로 새 시를 읽었고, 문의는 010-5521-0837로 받는다고 했다."
)
MASK = re.compile("|".join(map(re.escape, MASKS.values())))


def params(rows):
    """A test for each row; those that are known to fail must fail."""
    marks = {
        row["name"]: [pytest.mark.xfail(strict=True, reason=row["fails"])] if "fails" in row else [] for row in rows
    }
    return [pytest.param(row, id=row["name"], marks=marks[row["name"]]) for row in rows]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> dict[str, dict]:
    """By title (the EUC-KR file: by its name) the row of the ledger, with the text also where it is kept."""
    folder = tmp_path_factory.mktemp("good")
    write_rows(
        folder / "raw" / "texts.jsonl",
        [
            {
                "title": row["name"],
                "kind": row["kind"],
                "text": unicodedata.normalize(row.get("form", "NFC"), row["text"]),
            }
            for row in ROWS
        ],
    )
    (folder / "raw" / "euckr.txt").write_bytes(IN_EUC_KR.encode("euc-kr"))
    build(CorpusRecipe(inputs=(Input(folder / "raw"),), processes=1), folder / "corpus", quiet)
    texts = {row["id"]: row["text"] for row in pq.read_table(folder / "corpus" / "shards").to_pylist()}
    rows = pq.read_table(folder / "corpus" / "ledger").to_pylist()
    return {row["title"] or row["origin"]["file"]: {**row, "text": texts.get(row["id"], row["text"])} for row in rows}


def test_the_table_has_every_kind_and_no_name_twice():
    assert {row["kind"] for row in ROWS} == set(KINDS)
    assert len({row["name"] for row in ROWS}) == len(ROWS) > 100


@pytest.mark.parametrize("row", params(TABLE["kept"]))
def test_good_text_stays_and_only_what_is_personal_is_masked(row, outcome):
    found = outcome[row["name"]]
    assert found["reasons"] == []
    assert [piece for piece in row.get("has", []) if piece not in found["text"]] == []
    assert [piece for piece in row.get("lacks", []) if piece in found["text"]] == []
    assert set(MASK.findall(found["text"])) == set(MASK.findall(" ".join(row.get("has", []))))
    if not MASK.search(found["text"]):
        assert found["text"].split() == unicodedata.normalize("NFC", row["text"]).split()


@pytest.mark.parametrize("row", params(TABLE["dropped"]))
def test_text_that_nobody_wants_goes_for_the_reason_a_reader_would_give(row, outcome):
    assert outcome[row["name"]]["reasons"][:1] == [row["reason"]]


def test_a_file_in_euc_kr_is_read_and_masked_like_any_other(outcome):
    assert outcome["euckr.txt"]["reasons"] == []
    assert outcome["euckr.txt"]["text"] == IN_EUC_KR.replace("010-5521-0837", "<전화번호>")
