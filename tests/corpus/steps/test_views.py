"""Views of documents: places that hold after masking, and rows for fine-tuning that say the same."""

import itertools
import json
import tarfile
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from small_batches import document

from malmoi.corpus.document import DOCUMENTS, SCHEMA
from malmoi.corpus.ledger.pairs import rows
from malmoi.corpus.sources.dialogue import written
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Unreadable
from malmoi.corpus.sources.record import given_views
from malmoi.corpus.sources.web_page import to_document
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.views import add_views
from malmoi.kit import manifest
from malmoi.kit.errors import UserError

LABELLED = Path(__file__).parents[4] / "shared" / "data" / "labelled.tar.zst"
BODY = "나라의 말이 중국과 달라 문자와 서로 통하지 아니하므로 어리석은 백성이 말하고자 하는 바가 있어도. " * 8


def turn(speaker: str | None, text: str, role: str | None = None) -> dict:
    return {"speaker": speaker, "text": text, "role": role}


def talk(*turns: dict, kind: str = "dialogue", **columns) -> dict:
    return document(written(turns), kind, turns=list(turns), **columns)


def viewed(*documents: dict) -> list[list[tuple[str, str, str]]]:
    """(use, prompt, the answering characters) of each document."""
    batch = add_views(pa.RecordBatch.from_pylist(list(documents), DOCUMENTS))
    return [
        [(view["use"], view["prompt"], row["text"][view["start"] : view["end"]]) for view in row["views"] or ()]
        for row in batch.to_pylist()
    ]


def test_a_title_finds_its_document_and_a_headline_sums_it_up():
    short, news, law, nameless = viewed(
        document("짧은 글", "news", title="제목"),
        document(BODY, "news", title="훈민정음을 반포하다"),
        document(BODY, "law", title="민법"),
        document(BODY, "news"),
    )
    assert short == [("search", "제목", "짧은 글")]
    assert news == [("search", "훈민정음을 반포하다", BODY), ("summary", "훈민정음을 반포하다", BODY)]
    assert law == [("search", "민법", BODY)]
    assert nameless == []


def test_documents_without_anything_have_null():
    batch = add_views(pa.RecordBatch.from_pylist([document("글")], DOCUMENTS))
    assert batch.column("views").to_pylist() == [None]
    assert batch.schema == DOCUMENTS
    empty = add_views(pa.RecordBatch.from_pylist([], DOCUMENTS))
    assert (empty.num_rows, empty.schema) == (0, DOCUMENTS)


def test_each_reply_follows_from_what_was_said_before():
    (found,) = viewed(
        talk(turn("가", "안녕?"), turn("나", "안녕!\n잘 지냈어?"), turn("나", "응?"), turn("가", "안녕?"))
    )
    assert found == [("dialogue", "안녕?", "안녕!\n잘 지냈어?"), ("dialogue", "응?", "안녕?")]


def test_roles_tell_speakers_apart_where_names_are_missing():
    (found, unknown) = viewed(
        talk(turn(None, "노래 틀어 줘", "user"), turn(None, "틀어 드릴까요?", "assistant")),
        talk(turn(None, "하나"), turn(None, "둘")),
    )
    assert found == [("dialogue", "노래 틀어 줘", "틀어 드릴까요?")]
    assert unknown == []


def test_a_question_is_answered_by_what_was_accepted_else_by_the_first():
    asked = turn("ㄱ", "왜 하늘은 파란가요?", "question")
    first, second = turn("ㄴ", "바다가 비쳐서요.", "answer"), turn("ㄷ", "빛이 흩어져서요.", "accepted_answer")
    accepted, plain, none = viewed(
        talk(asked, first, second, title="하늘 색"),
        talk(asked, first),
        talk(asked, turn("ㄴ", "저도 궁금해요", "comment")),
    )
    assert ("qa", "하늘 색\n\n왜 하늘은 파란가요?", "빛이 흩어져서요.") in accepted
    assert plain == [("qa", "왜 하늘은 파란가요?", "바다가 비쳐서요.")]
    assert none == []


def test_stories_and_comments_are_no_dialogues():
    said = [turn("A", "아이고.", "quotation"), turn("B", "왜 그래?", "quotation")]
    story = document('"아이고." 하니 "왜 그래?" 한다.', "book", turns=said)
    comments = talk(turn("가", "글", "post"), turn("나", "ㅋㅋ", "comment"), kind="cafe")
    assert viewed(story, comments) == [[], []]


def test_what_a_reader_said_goes_first_and_once():
    own = {"use": "summary", "prompt": "직접 쓴 요약", "start": 0, "end": 4}
    cut = {"use": "qa", "prompt": "잘려 나간 것", "start": 4, "end": 4}
    (found,) = viewed(document(BODY, "news", title="제목", views=[cut, own]))
    assert found == [("summary", "직접 쓴 요약", BODY[:4]), ("search", "제목", BODY)]


def test_an_abstract_under_its_heading_sums_up_what_follows():
    abstract = "이 글은 훈민정음이 만들어진 까닭과 그 쓰임을 여러 갈래의 옛 기록에서 두루 밝힌 것이다."
    for heading in ("## 초록", "요약", "[국문 초록]", "**Abstract**"):
        (found,) = viewed(document(f"제목\n\n{heading}\n\n{abstract}\n\n{BODY}", "expert"))
        assert found == [("summary", abstract, BODY)]
    assert viewed(document(f"요약하면 이렇다.\n{BODY}", "expert")) == [[]]


HARD = [
    ("나랏말ᄊᆞ미 듕귁에 달아", "옛한글 ㆍᆞ"),
    ("👨‍👩‍👧 가족 이모지 🍀", "🇰🇷 국기"),
    (unicodedata.normalize("NFC", unicodedata.normalize("NFD", "각난닫")), "ㅋㅋㅋ ㅠㅠ"),
    ("漢字와 ひらがな", "全角 ABC 123"),
]


@pytest.mark.parametrize(("asked", "said"), HARD)
def test_places_count_characters_after_masking_and_in_the_export(asked: str, said: str, tmp_path: Path):
    turns = [
        turn("가", f"{asked} 010-1234-5678 로 걸어"),
        turn("나", f"{said} a@b.co.kr 로 보냈어"),
        turn("가", f"{said}!"),
    ]
    batch = pa.RecordBatch.from_pylist([talk(*turns, title=f"{asked} 010-1234-5678")], DOCUMENTS)
    masked = add_views(PersonalData()(batch).select(DOCUMENTS.names))
    (row,) = masked.to_pylist()
    assert "010-1234" not in row["text"] + row["title"]
    found = [
        (view["prompt"], row["text"][view["start"] : view["end"]]) for view in row["views"] if view["use"] == "dialogue"
    ]
    assert [response for _, response in found] == [one["text"] for one in row["turns"][1:]]
    assert [prompt for prompt, _ in found] == [one["text"] for one in row["turns"][:-1]]
    folder = corpus(tmp_path, masked)
    exported = [(one["prompt"], one["response"]) for one in rows(folder, "dialogue")]
    assert exported == found
    assert [one["response"] for one in rows(folder, "search")] == [row["text"]]


def corpus(folder: Path, *batches: pa.RecordBatch) -> Path:
    (folder / "shards").mkdir()
    for number, batch in enumerate(batches):
        table = pa.Table.from_batches([batch]).select(SCHEMA.names)
        pq.write_table(table, folder / "shards" / f"part-{number:05d}.parquet", row_group_size=3)
    manifest.write(folder, manifest.Manifest("corpus", {}))
    return folder


def test_rows_come_in_the_order_of_the_shards_and_a_summary_is_turned_round(tmp_path: Path):
    made = [
        [document(f"{n} {BODY}", "news", id=f"{n:032x}", title=f"제목 {n}") for n in range(k, k + 10)] for k in (0, 10)
    ]
    folder = corpus(tmp_path, *(add_views(pa.RecordBatch.from_pylist(one, DOCUMENTS)) for one in made))
    found = list(rows(folder, "summary"))
    assert [row["id"] for row in found] == [f"{n:032x}" for n in range(20)]
    assert found[3] == {"prompt": f"3 {BODY}", "response": "제목 3", "id": f"{3:032x}"}
    assert next(iter(rows(folder, "search"))) == {"prompt": "제목 0", "response": f"0 {BODY}", "id": f"{0:032x}"}
    assert list(rows(folder, "qa")) == []


def test_wrong_uses_and_folders_are_told(tmp_path: Path):
    with pytest.raises(UserError, match="did you mean 'qa'"):
        rows(tmp_path, "qaa")
    with pytest.raises(UserError, match="has no manifest"):
        list(rows(tmp_path, "qa"))
    folder = corpus(tmp_path, add_views(pa.RecordBatch.from_pylist([document("글")], DOCUMENTS)))
    (folder / "shards" / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="cannot be read"):
        list(rows(folder, "qa"))


def test_a_summary_beside_a_text_must_be_shorter_than_it():
    assert given_views(None, BODY) is given_views("", BODY) is given_views("글", BODY) is None
    assert given_views(BODY, BODY) is None
    decomposed = unicodedata.normalize("NFD", "훈민정음의 뜻")
    assert given_views(decomposed, BODY) == [
        {"use": "summary", "prompt": "훈민정음의 뜻", "start": 0, "end": len(BODY)}
    ]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not LABELLED.exists():
        pytest.skip(f"no real data at {LABELLED.parent}")
    folder = tmp_path_factory.mktemp("labelled")
    with (
        LABELLED.open("rb") as packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:
            if member.isfile() and any(name in member.name for name in ("sci_news_sum/", "songys", "hg_tods")):
                tar.extract(member, folder, filter="data")
    return next(folder.glob("**/sci_news_sum")).parent


def documents_of(source: Input) -> list[dict]:
    found = [to_document(raw, source) for raw in read(source) if not isinstance(raw, Unreadable)]
    return [one for one in found if not isinstance(one, Unreadable)]


def test_real_news_with_human_summaries(labelled: Path):
    source = Input(labelled / "sci_news_sum", kind="news", include=("*.json",))
    made = documents_of(source)
    files = sorted((labelled / "sci_news_sum").glob("*.json"))
    assert len(made) == len(files) > 30
    found = viewed(*({**document(""), **one} for one in made))
    for file, one, views in zip(files, made, found, strict=True):
        given = json.loads(file.read_text(encoding="utf-8"))
        assert one["title"] == " ".join(given["title"].split())
        summaries = {use: (prompt, body) for use, prompt, body in views}
        if "summary" in summaries and summaries["summary"][0] != one["title"]:
            chosen = [given["sentences"][n].strip() for n in sorted(given["summaries"])]
            assert summaries["summary"] == (unicodedata.normalize("NFC", "\n".join(chosen)), one["text"])
    human = sum(any(use == "summary" and "\n" in prompt for use, prompt, _ in views) for views in found)
    assert human > 0.8 * len(made)


def test_real_questions_and_answers(labelled: Path):
    (file,) = (labelled / "songys_chatbot").glob("*.csv")
    made = documents_of(Input(file, kind="dialogue"))
    assert len(made) == 11_823
    found = viewed(*({**document(""), **one} for one in made))
    assert found[0] == [("qa", "12시 땡!", "하루가 또 가네요.")]
    assert all(views for views in found)


def test_real_dialogues_between_users_and_machines(labelled: Path):
    made = documents_of(Input(labelled / "hg_tods", kind="dialogue", include=("*.json",)))
    assert len(made) == 500 + 2 * 298
    roles = [[one["role"] for one in row["turns"]] for row in made]
    assert all(set(own) <= {"user", "assistant"} for own in roles)
    assert sum(map(len, roles)) > 11_000
    found = viewed(*({**document(""), **one} for one in made))
    replies = sum(use == "dialogue" for views in found for use, _, _ in views)
    changes = sum(a != b for own in roles for a, b in itertools.pairwise(own))
    assert replies == changes
