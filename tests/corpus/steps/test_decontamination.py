import json
import random
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_batches import batch_of, judge, sentences, verdict

from malmoi.corpus.kernels import ngrams
from malmoi.corpus.report.contamination import report
from malmoi.corpus.steps.decontamination import Decontamination, read_all
from malmoi.corpus.steps.evaluation_sets import EvaluationSet, read_items
from malmoi.kit.errors import UserError

QUESTION = "흡연자분들은 발코니가 있는 방이면 발코니에서 흡연이 가능합니다."
SHORT = "오늘 저녁은 국수예요."  # 8 letters
MIDDLE = "내일 아침에 만나서 얘기해요"  # 12 letters
ARTICLE = "\n".join(sentences(number) for number in range(40, 43))


@pytest.fixture
def sets(tmp_path):
    rows = [{"premise": QUESTION, "hypothesis": SHORT}, {"premise": MIDDLE, "hypothesis": QUESTION}]
    (tmp_path / "nli.json").write_text(json.dumps(rows), "utf-8")
    (tmp_path / "news.jsonl").write_text(json.dumps({"sentences": ARTICLE.split("\n")}) + "\n", "utf-8")
    nli = EvaluationSet("nli", tmp_path / "nli.json", ("premise", "hypothesis"))
    return nli, EvaluationSet("news", tmp_path / "news.jsonl", ("sentences",))


def hosting(item, number=1):
    lines = sentences(number).split("\n")
    return "\n".join([*lines[:2], item, *lines[2:]])


@pytest.mark.parametrize(
    ("text", "leaked"),
    [
        (QUESTION, True),
        (f"앞말 {QUESTION} 뒷말", True),
        (QUESTION.replace(" ", ""), True),
        ("흡연 자분들은, 발코니가 있는 방 이면 발코니 에서 흡연이 가능 합니다", True),
        ("흡연자분들이 발코니가 있는 방이면 발코니에서 흡연이 가능합니다.", True),
        ("흡연자분들은 발코니가 있는 방에 묵습니다.", False),
        (f"「{MIDDLE}」라고 했다", True),
        (MIDDLE[:-2], False),
        (SHORT, False),
        ("", False),
        ("ㅋㅋㅋ 😀 漢字 １２３", False),
    ],
)
def test_item_is_found_however_it_is_spaced_and_a_part_of_one_is_not(sets, text, leaked):
    found = judge(Decontamination(sets), batch_of([hosting(text), hosting("다른 글", 2)]))
    assert verdict(found, "contaminated") == [leaked, False]


def test_words_find_only_what_is_spaced_alike(sets):
    step = Decontamination(sets, unit="words", ngram=13, least=4)
    texts = [QUESTION, QUESTION.replace("발코니가 있는", "발코니가있는"), "「" + QUESTION[:-1] + "」", MIDDLE]
    assert verdict(judge(step, batch_of(texts)), "contaminated") == [True, False, True, True]


def test_share_is_of_one_item_and_items_are_named(sets):
    half = ARTICLE[: len(ARTICLE) // 2]
    found = Decontamination(sets)(batch_of([half, ARTICLE, f"{QUESTION}\n{MIDDLE}", sentences(1)]))
    shares = found.column("contaminated_share").to_pylist()
    assert shares[0] == pytest.approx(0.5, abs=0.05)
    assert shares[1:3] == [1.0, 1.0]
    assert shares[3] < 0.3
    assert found.column("contaminated_items").to_pylist() == [
        ["news:news.jsonl:1:sentences"],
        ["news:news.jsonl:1:sentences"],
        ["nli:nli.json:1:premise", "nli:nli.json:2:premise", "nli:nli.json:2:hypothesis"],
        None,
    ]
    assert found.column("contaminated_ngrams")[2].as_py() == 16 + 1  # 28 letters in windows of 13, and a whole item


def test_repeated_quotation_counts_once(sets):
    part = "흡연자분들은 발코니가 있는 방"  # 13 letters: one of 16 windows
    shares = Decontamination(sets)(batch_of([part, f"{part}! 참 좋다. " * 9])).column("contaminated_share")
    assert shares.to_pylist() == [1 / 16, 1 / 16]


def test_found_is_the_same_alone_and_in_a_batch_and_across_spans(sets):
    chance = random.Random(5)
    filler = "".join(chr(chance.randrange(0xAC00, 0xD7A4)) for _ in range(3 * ngrams.SPAN_TOKENS))
    texts = [
        filler[:cut] + QUESTION + filler[cut:] for cut in range(ngrams.SPAN_TOKENS - 40, ngrams.SPAN_TOKENS + 20, 3)
    ]
    texts += [filler[:cut] + MIDDLE for cut in range(ngrams.SPAN_TOKENS - 20, ngrams.SPAN_TOKENS + 2)]
    step = Decontamination(sets)
    together = step(batch_of(texts))
    assert together.column("contaminated_share").to_pylist() == [1.0] * len(texts)
    assert step(batch_of(texts[3:4])).column("contaminated_ngrams")[0] == together.column("contaminated_ngrams")[3]
    assert step(batch_of([filler])).column("contaminated_ngrams")[0].as_py() == 0


def test_windows_across_spans_of_words(sets):
    step = Decontamination(sets, unit="words", ngram=5, least=3)
    texts = ["말 " * count + QUESTION for count in range(ngrams.SPAN_TOKENS - 10, ngrams.SPAN_TOKENS + 3)]
    assert step(batch_of(texts)).column("contaminated_share").to_pylist() == [1.0] * len(texts)


def test_report_names_sets_items_and_documents(sets, tmp_path):
    step = Decontamination(sets)
    found = step(batch_of([ARTICLE, hosting(QUESTION), hosting(QUESTION, 2), sentences(3)]))
    (tmp_path / "out" / "ledger").mkdir(parents=True)
    pq.write_table(pa.table(found), tmp_path / "out" / "ledger" / "part-0.parquet")
    nli, news = report(tmp_path / "out", step)
    assert (nli["set"], nli["items"], nli["leaked"], nli["documents"]) == ("nli", 3, 2, 2)
    assert nli["examples"][0]["item"] == "nli:nli.json:1:premise"
    assert nli["examples"][0]["text"] == QUESTION
    assert len(nli["examples"][0]["documents"]) == 2
    assert (news["items"], news["leaked"], news["documents"]) == (1, 1, 1)


def test_batch_without_rows_gets_its_columns(sets):
    found = Decontamination(sets)(batch_of([]))
    assert found.schema.names[-3:] == ["contaminated_ngrams", "contaminated_share", "contaminated_items"]


def test_report_reads_the_ledger_of_a_corpus(sets, tmp_path):
    step = Decontamination(sets)
    (tmp_path / "out" / "ledger").mkdir(parents=True)
    for number, texts in enumerate(([hosting(QUESTION)], [sentences(3), ARTICLE])):
        pq.write_table(pa.table(step(batch_of(texts))), tmp_path / "out" / "ledger" / f"part-{number}.parquet")
    assert [each["documents"] for each in report(tmp_path / "out", step)] == [1, 1]
    with pytest.raises(UserError, match="without evaluation sets"):
        report(tmp_path / "out", Decontamination())


def test_without_sets_nothing_is_looked_for():
    batch = batch_of([sentences(1)])
    assert Decontamination()(batch) is batch
    assert Decontamination().rules() == ()


@pytest.mark.parametrize(
    ("name", "content", "fields", "expected"),
    [
        ("a.jsonl", '{"text": "가"}\n\n{"text": "나"}\n', ("text",), ["가", "나"]),
        ("a.json", '[{"a": {"b": ["가", "나"]}}, {"a": null}]', ("a.b",), ["가\n나"]),
        ("a.json", '{"data": [{"q": "가"}, {"q": "나"}]}', ("data.q",), ["가\n나"]),
        ("a.csv", '\ufefftext,label\n"가, ""나""",1\n', ("text",), ['가, "나"']),
        ("a.tsv", 'label\ttext\n0\t"가 나\n', ("text",), ['"가 나']),
        ("a.tsv", "0\t가\n1\t나\n", ("1",), ["가", "나"]),
        ("a.txt", "가\n\n나\n", ("text",), ["가", "나"]),
        ("a.txt", unicodedata.normalize("NFD", "한글\n"), ("text",), ["한글"]),
    ],
)
def test_every_format_gives_its_texts_in_nfc(tmp_path, name, content, fields, expected):
    (tmp_path / name).write_text(content, "utf-8")
    assert [text for _, text in read_items(EvaluationSet("x", tmp_path / name, fields))] == expected
    assert [text for _, text in read_items(EvaluationSet("x", tmp_path, fields))] == expected


@pytest.mark.parametrize(
    ("name", "content"), [("a.json", "{"), ("a.jsonl", '{"other": "가"}'), ("a.txt", b"\xb0\xa1"), ("a.doc", "가")]
)
def test_what_cannot_be_read_is_refused_with_its_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=name):
        read_all(Decontamination((EvaluationSet("x", tmp_path / name),)))


def test_changed_file_is_read_again(tmp_path):
    settings = Decontamination((EvaluationSet("x", tmp_path / "a.txt"),))
    for text in (QUESTION, f"{MIDDLE} 그리고 {QUESTION}"):
        (tmp_path / "a.txt").write_text(text, "utf-8")
        assert read_all(settings).texts == [text]
        assert read_all(settings) is read_all(settings)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"none\.json"):
        list(read_items(EvaluationSet("x", tmp_path / "none.json")))


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [({"least": 14}, "14"), ({"least": 0}, "0"), ({"maximum_share": 1.0}, "1.0"), ({"ngram": 2000}, "2000")],
)
def test_impossible_settings_are_refused_with_their_value(wrong, shown):
    with pytest.raises(UserError, match=shown):
        Decontamination(**wrong)


def test_two_sets_of_one_name_and_a_name_with_a_colon_are_refused(tmp_path):
    one = EvaluationSet("x", tmp_path)
    with pytest.raises(UserError, match="x, x"):
        Decontamination((one, one))
    with pytest.raises(UserError, match="a:b"):
        EvaluationSet("a:b", tmp_path)
