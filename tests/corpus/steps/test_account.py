"""Every letter of an item is in its text, or a step says that it took it."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from small_batches import batch_of, document, quiet, sentences, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.document import DOCUMENTS, TAKEN
from malmoi.corpus.kernels import letter_counts
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report.losses import losses
from malmoi.corpus.report.losses import sentences as in_words
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.letter_account import letters_in
from malmoi.corpus.steps.account import Losses, settled, took
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.quality import Quality
from malmoi.kit import manifest
from malmoi.kit.errors import UserError

LETTERS = {
    "가나다 라마, 바!": 6,
    "ㅋㅋㅋ ㅠㅠ": 5,
    "國漢文 섞어 쓰기": 7,
    "제1조ㆍ제2조": 6,  # U+318D is punctuation of the law
    "𠀀 🙂 1２": 3,  # an ideograph of the second plane, an emoji, digits of half and full width
    "\u1112\u1161\u11ab\u1100\u1173\u11af": 2,  # conjoining jamo: NFC has two syllables
    "Größe café": 9,
    "a\u200bb\u00adc": 3,
    "\ufffd\ue000": 0,
    "": 0,
    "가": 1,
    "z": 1,
}


@pytest.mark.parametrize(("text", "letters"), LETTERS.items())
def test_letters_are_letters_and_digits_of_the_text_in_nfc(text, letters):
    assert letters_in(text) == letters_in(text.encode()) == letters
    assert letters_in(np.frombuffer(text.encode(), np.uint8)) == letters


def test_quality_counts_the_letters_that_the_account_counts():
    signs = "".join(map(chr, range(0x3000, 0x3400)))
    texts = [*(text for text in LETTERS if "\u1112" not in text), sentences(1), signs]
    batch = batch_of(texts)
    assert Quality()(batch).column("letters").to_pylist() == [letters_in(text) for text in texts]
    assert letter_counts.count(*string_buffers(batch.column("text"))).tolist() == [letters_in(text) for text in texts]


def rows(*accounts: tuple[str, int | None, list[tuple[str, int | None]] | None]) -> pa.RecordBatch:
    made = [
        document(text, letters_read=read, letters_taken=entries and [{"step": s, "letters": n} for s, n in entries])
        for text, read, entries in accounts
    ]
    return Quality()(pa.RecordBatch.from_pylist(made, DOCUMENTS))


def account(batch: pa.RecordBatch) -> list[tuple[int, int, list[tuple[str, int]]]]:
    columns = (batch.column(name).to_pylist() for name in ("letters", "letters_read", "letters_taken"))
    return [
        (letters, read, [(entry["step"], entry["letters"]) for entry in entries or ()])
        for letters, read, entries in zip(*columns, strict=True)
    ]


def test_what_nobody_names_goes_to_the_rest_and_without_a_rest_it_is_unexplained():
    batch = rows(
        ("가나다", None, None),
        ("가나다", 10, [("front_matter", 4), ("markup", None)]),
        ("가나다", 10, [("talk", 4)]),
        ("가나다", 3, [("normalised", None)]),
        ("가나다", None, [("talk", 2)]),
    )
    assert account(settled(batch)) == [
        (3, 3, []),
        (3, 10, [("front_matter", 4), ("markup", 3)]),
        (3, 10, [("talk", 4), ("unexplained", 3)]),
        (3, 3, []),
        (3, 5, [("talk", 2)]),
    ]
    assert settled(batch).schema.field("letters_taken").type == TAKEN


def test_a_step_that_takes_letters_is_named_behind_those_before_it():
    batch = took(
        rows(("가나다라마", None, [("markup", 2)]), ("가", None, None)), "repeated_paragraphs", np.array([3, 0])
    )
    assert account(settled(batch)) == [(2, 7, [("markup", 2), ("repeated_paragraphs", 3)]), (1, 1, [])]


def test_what_masks_take_and_add_is_in_the_account():
    text = "연락처는 010-1234-5678 이고 메일은 gaon@example.com 입니다."
    batch = settled(PersonalData()(Quality()(batch_of([text, "가릴 것이 없는 글"]))))
    (letters, read, taken), plain = account(batch)
    masked = batch.column("text").to_pylist()[0]
    assert "010" not in masked
    assert (letters, read) == (letters_in(masked), letters_in(text))
    assert taken == [("personal_data", read - letters)]
    assert plain == (7, 7, [])


PAGE = (
    "<html><body><nav><a href='/'>처음으로</a></nav><article><p>{}</p></article><script>var a=1;</script></body></html>"
)
CHAT = "[가온] [오후 3:21] 오늘 산책 갈까요?\n[나래] [오후 3:22] 네 좋아요.\n[가온] [오후 3:23] 사진\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    raw = tmp_path_factory.mktemp("raw")
    notice = "이 글의 저작권은 말모이 모임에 있으니 허락 없이 퍼 가지 마시고 출처를 꼭 밝혀 주시기 바랍니다."
    write_rows(raw / "a.jsonl", [{"text": f"{sentences(n)}\n\n{notice}"} for n in range(30)])
    write_rows(raw / "b.jsonl", [{"text": sentences(n) + " 전화 010-1234-5678"} for n in range(40, 44)])
    (raw / "page.html").write_text(PAGE.format(sentences(100)), encoding="utf-8")
    (raw / "empty.html").write_text("<html><body><nav>차례</nav></body></html>", encoding="utf-8")
    (raw / "talk.txt").write_text(CHAT, encoding="utf-8")
    (raw / "doc.md").write_text(f"---\ntitle: 머리말\n---\n\n{sentences(101)} [말](https://a.kr/b)", encoding="utf-8")
    (raw / "cut.jsonl").write_text('{"text": "끝이 없', encoding="utf-8")
    (raw / "nfd.txt").write_text(unicodedata.normalize("NFD", sentences(102)), encoding="utf-8")
    out = tmp_path_factory.mktemp("out")
    build(CorpusRecipe(inputs=(Input(raw, name="raw"),), processes=1), out, quiet)
    return out


def test_in_a_whole_build_letters_in_are_kept_plus_taken_for_every_row(folder):
    with opened(folder) as database:
        found = query(
            database,
            "SELECT l.origin.file AS file, letters, letters_read AS read, letters_taken AS taken, l.text AS dropped,"
            " s.text AS kept FROM ledger l LEFT JOIN shards s USING (id)",
        )
    assert len(found) == 40
    for row in found:
        assert row["read"] == row["letters"] + sum(entry["letters"] for entry in row["taken"] or ()), row
        assert row["letters"] == letters_in(row["kept"] or row["dropped"] or "")
        assert all(entry["letters"] for entry in row["taken"] or ())
        assert "unexplained" not in [entry["step"] for entry in row["taken"] or ()]
    steps = {row["file"]: [entry["step"] for entry in row["taken"] or ()] for row in found}
    assert steps["page.html"] == ["core_region"]
    assert steps["empty.html"] == []  # a page of a menu alone is its menu
    assert steps["doc.md"] == ["front_matter", "markup"]
    assert steps["talk.txt"] == ["talk"]
    assert steps["b.jsonl"] == ["personal_data"]
    assert steps["nfd.txt"] == steps["cut.jsonl"] == []
    assert sum(row["file"] == "a.jsonl" and bool(row["taken"]) for row in found) == 29  # one keeps the notice


def test_the_counts_hold_the_account_by_step_reason_and_source(folder):
    counts = manifest.read(folder)["counts"]
    lost = sum(counts["letters_taken"].values()) + sum(counts["letters_dropped"].values())
    assert counts["letters_in"] == counts["letters_kept"] + lost > 0
    source = counts["by_source"]["raw"]
    assert source["letters_in"] == counts["letters_in"]
    assert sum(loss["letters"] for loss in source["losses"].values()) == lost
    assert source["losses"]["repeated_paragraphs"]["documents"] == 29


def a_source(**losses: tuple[int, int, int]) -> dict:
    names = ("letters", "documents", "documents_mostly")
    of = {"letters_in": 100_000, "documents_in": 200, "losses": {}}
    return {"by_source": {"신문": {**of, "losses": {s: dict(zip(names, n, strict=True)) for s, n in losses.items()}}}}


def test_a_source_is_named_where_a_step_took_more_than_expected():
    counts = a_source(
        core_region=(60_000, 200, 150), markup=(2_000, 20, 5), not_korean=(31_000, 70, 70), unexplained=(1, 1, 0)
    )
    found = losses(counts, Losses())
    assert [(row["step"], row["excess"]) for row in found] == [
        ("core_region", None),
        ("not_korean", "share"),
        ("markup", "documents"),
        ("unexplained", "share"),
    ]
    said = in_words(found, Losses())
    assert len(said) == 3
    assert said[0][0].startswith("신문: '한국어가 아님' 단계가 글자의 31.0%를 뺐어요. 30%까지")
    assert said[1][1].startswith("신문: 5 documents lost more than half of their letters to markup")
    assert losses(a_source(markup=(31, 1, 1)), Losses(least_letters=200_000))[0]["excess"] is None


@pytest.mark.parametrize(
    "wrong", [{"most_share": 1.5}, {"most_share_by_step": {"markup": -1.0}}, {"least_letters": -1}]
)
def test_limits_of_losses_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UserError):
        Losses(**wrong)
