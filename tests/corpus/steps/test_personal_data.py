import json
import random
import re
import time

import pyarrow as pa
import pytest
from small_batches import batch_of, document, judge, sentences

from malmoi.corpus.document import DOCUMENTS
from malmoi.corpus.steps.masking import find_spans_of
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.written_forms import MASKS, TYPES
from malmoi.kit.config import parse
from malmoi.kit.errors import UserError
from malmoi.sample import plant


def test_mask_keeps_word_boundaries_in_mixed_script():
    batch = PersonalData()(batch_of(["연락처는010-1234-5678이고,메일은Haneul@naver.com입니다🎉", "없음"]))
    assert batch.column("text").to_pylist() == ["연락처는<전화번호>이고,메일은<이메일>입니다🎉", "없음"]
    assert batch.column("masked_phone").to_pylist() == [1, 0]
    assert batch.column("masked_email").to_pylist() == [1, 0]


def test_every_planted_form_is_masked_and_nothing_else_in_a_batch():
    chance = random.Random(3)
    texts, planted = [], []
    for number in range(400):
        item = plant.personal(chance.choice(("phone", "email", "resident_number")), chance)
        planted.append(item)
        texts.append(plant.plant_personal(sentences(number % 50), [item], chance))
    batch = PersonalData()(batch_of([*texts, *(sentences(number) for number in range(50))]))
    after = batch.column("text").to_pylist()
    assert [item for item, text in zip(planted, after, strict=False) if item.text in text] == []
    counts = [
        sum(batch.column(f"masked_{name}")[row].as_py() for name in ("phone", "email", "resident_number"))
        for row in range(450)
    ]
    assert counts == [1] * 400 + [0] * 50


def test_text_edges_and_neighbouring_texts_do_not_make_or_hide_a_number():
    batch = PersonalData()(batch_of(["010-1234-5678", "9", "010-1234-567", "8", "끝 010-1234-5678"]))
    assert batch.column("masked_phone").to_pylist() == [1, 0, 0, 0, 1]


def test_title_turns_and_segments_follow_the_mask():
    turns = [{"speaker": "가온", "text": "제 번호는 010-1234-5678이에요."}, {"speaker": None, "text": None}]
    text = "사진 앞 010-1234-5678 사진 뒤"
    segment = dict.fromkeys(("uri", "sha256", "caption"))
    segments = [
        {**segment, "type": "image", "start": 0, "end": 2},
        {**segment, "type": "image", "start": text.index("뒤"), "end": len(text)},
    ]
    row = document(text, "dialogue", title="문의 a@b.co.kr", turns=turns, segments=segments)
    batch = PersonalData()(pa.RecordBatch.from_pylist([row, document("다른 글")], DOCUMENTS))
    batch.validate(full=True)
    masked = batch.column("text")[0].as_py()
    assert batch.column("title").to_pylist() == ["문의 <이메일>", None]
    assert batch.column("turns")[0].as_py() == [
        {"speaker": "가온", "text": "제 번호는 <전화번호>이에요.", "role": None},
        {"speaker": None, "text": None, "role": None},
    ]
    assert batch.column("turns")[1].as_py() is None
    assert [masked[one["start"] : one["end"]] for one in batch.column("segments")[0].as_py()] == ["사진", "뒤"]


def test_types_that_are_not_wanted_are_left_and_unknown_ones_refused():
    batch = PersonalData(types=("email",))(batch_of(["010-1234-5678, a@b.com"]))
    assert batch.column("text").to_pylist() == ["010-1234-5678, <이메일>"]
    assert [name for name in batch.schema.names if name.startswith("masked_")] == ["masked_email", "masked_per_1000"]
    with pytest.raises(UserError, match="'fax'"):
        PersonalData(types=("fax",))
    with pytest.raises(UserError, match="'fax'"):
        PersonalData(policy={"fax": "remove"})


def test_list_of_addresses_is_dropped():
    addresses = "\n".join(f"가온{n} 010-1234-{n:04d} name{n}@mail.com" for n in range(30))
    batch = judge(PersonalData(), batch_of([addresses]))
    assert batch.column("drop_address_list").to_pylist() == [True]


def test_notice_with_one_contact_and_latin_words_counted_by_characters_are_no_lists():
    notice = "수강생 모집\n전화 041-555-7701, 팩스 041-555-7710\n담당자: 김영희 주무관 yhkim@example.org, 010-1234-5678"
    latin = "The quick brown fox jumps over the lazy dog. " * 10 + "a1@b.com, a2@b.com, a3@b.com, a4@b.com, a5@b.com, "
    latin += "a6@b.com, a7@b.com"
    batch = judge(PersonalData(), batch_of([notice, latin]))
    assert batch.column("drop_address_list").to_pylist() == [False, False]


KEY = "a key of sixteen bytes or more"
PERSONAL = "김하늘 과장님 010-1234-5678, haneul@naver.com, 900101-1234567, 국민은행 123456-12-123456, 12가3456"


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY, encoding="utf-8")
    return file


def test_each_policy_does_what_it_says(key_file):
    policy = {"phone": "remove", "email": "keep", "resident_number": "pseudonym"}
    batch = PersonalData(policy=policy, key_file=key_file)(batch_of([PERSONAL]))
    text = batch.column("text")[0].as_py()
    assert text.startswith("<이름> 과장님 , haneul@naver.com, ")
    assert "900101-1234567" not in text
    assert re.search(r"\d{6}-\d{7}, 국민은행 <계좌번호>, <차량번호>$", text)
    for name in ("name", "phone", "email", "resident_number", "bank_account", "vehicle_plate"):
        assert batch.column(f"masked_{name}").to_pylist() == [1], name


def test_policies_are_read_strictly_from_a_recipe():
    table = {"policy": {"phone": "remove"}, "default_policy": "keep"}
    assert parse(PersonalData, table, "corpus.personal_data").policy_of("phone") == "remove"
    assert parse(PersonalData, table, "corpus.personal_data").policy_of("email") == "keep"
    with pytest.raises(UserError, match="'blur'"):
        parse(PersonalData, {"policy": {"phone": "blur"}}, "corpus.personal_data")
    with pytest.raises(UserError, match="'blur'"):
        PersonalData(default_policy="blur")  # type: ignore[arg-type]


def test_pseudonyms_need_a_key(tmp_path, monkeypatch, key_file):
    monkeypatch.delenv("MALMOI_PSEUDONYM_KEY", raising=False)
    with pytest.raises(UserError, match="no key"):
        PersonalData(default_policy="pseudonym")
    with pytest.raises(UserError, match="cannot be read"):
        PersonalData(default_policy="pseudonym", key_file=tmp_path / "absent").key()
    (tmp_path / "short").write_text("short", encoding="utf-8")
    with pytest.raises(UserError, match="5 bytes"):
        PersonalData(default_policy="pseudonym", key_file=tmp_path / "short").key()
    monkeypatch.setenv("MALMOI_PSEUDONYM_KEY", KEY)
    assert PersonalData(default_policy="pseudonym").key() == PersonalData(key_file=key_file).key()


def test_pseudonym_is_the_same_in_a_document_however_it_is_written_and_another_elsewhere(key_file):
    forms = [
        "010-1234-5678",
        "+82 10 1234 5678",
        "공일공 일이삼사 오육칠팔",
        "０１０－１２３４－５６７８",
        "o1o-1234-5678",
    ]
    settings = PersonalData(default_policy="pseudonym", key_file=key_file)
    text = " / ".join(forms)
    row = {
        **document(text),
        "id": "a" * 32,
        "title": forms[0],
        "turns": [{"speaker": None, "text": forms[1], "role": None}],
    }
    other = {**row, "id": "b" * 32}
    batch = settings(pa.RecordBatch.from_pylist([row, other], DOCUMENTS))
    first, second = batch.column("text").to_pylist()
    written = first.split(" / ")
    spoken = dict(zip("공일이삼사오육칠팔구", "0123456789", strict=True))
    digits = {
        re.sub("^82", "0", re.sub("[^0-9]", "", "".join(spoken.get(one, one) for one in form))) for form in written
    }
    wide = {form.translate({ord("０") + n: str(n) for n in range(10)} | {ord("－"): "-"}) for form in written[3:4]}
    assert {re.sub("[^0-9]", "", one) for one in wide} <= digits
    assert len({one for one in digits if len(one) == 11 and one.isascii()}) == 1
    assert batch.column("title")[0].as_py() == written[0]
    assert batch.column("turns")[0].as_py()[0]["text"] == written[1]
    assert first != second
    assert settings(pa.RecordBatch.from_pylist([row], DOCUMENTS)).column("text")[0].as_py() == first


WRITTEN = {
    "phone": "010-1234-5678",
    "email": "gildong@naver.com",
    "resident_number": "900101-1234567",
    "foreigner_number": "911124-5678901",
    "business_number": "104-86-56659",
    "corporate_number": "110111-1234567",
    "passport": "M123A4567",
    "driver_licence": "11-22-123456-12",
    "card": "4012-8888-8888-1881",
    "bank_account": "123456-12-123456",
    "vehicle_plate": "12가3456",
    "ip_address": "211.234.56.178",
    "address": "서울특별시 강남구 테헤란로 123, 101동 1203호",
    "birth_date": "1996년 1월 12일",
    "messenger_id": "gaon_na96",
    "personal_code": "2015-123456",
    "name": "홍길동",
}


@pytest.mark.parametrize("kind", TYPES)
def test_pseudonym_has_the_shape_of_what_it_replaces_and_points_at_nobody(kind):
    from malmoi.corpus.steps.personal.accounts import luhn_fits
    from malmoi.corpus.steps.personal.identity import business_check_fits, resident_check_fits
    from malmoi.corpus.steps.personal.pseudonyms import pseudonym

    written = WRITTEN[kind]
    made = [pseudonym(kind, written, KEY.encode(), f"document {n}") for n in range(200)]
    assert written not in made
    assert len(set(made)) > (40 if kind == "birth_date" else 100)
    shape = re.compile({"email": r"[a-z]+\d{4}@example\.com", "messenger_id": r"[a-z]+_\d{6}",
                        "birth_date": "19[0-9]{2}년 2월 30일", "ip_address": r"(\d+\.){3}\d+", "name": "[가-힣]{3}",
                        "address": "서울특별시 강남구 [가-힣]+로 [0-9]{3}, [0-9]{3}동 [0-9]{4}호"}
                       .get(kind) or re.sub(r"\d", r"\\d", re.escape(written)))  # fmt: skip
    assert [one for one in made if not shape.fullmatch(one)] == []
    digits = [re.sub("[^0-9]", "", one) for one in made]
    assert kind != "phone" or all(one.startswith(("0100", "0101")) for one in digits)
    assert (
        "number" not in kind
        or kind == "corporate_number"
        or not any((business_check_fits if kind == "business_number" else resident_check_fits)(one) for one in digits)
    )
    assert kind != "card" or not any(luhn_fits(one) for one in digits)


def test_views_captions_and_segments_move_with_every_policy(key_file):
    text = "질문 010-1234-5678 사진 앞 haneul@naver.com 사진 뒤 답변 끝"
    segment = {**dict.fromkeys(("uri", "sha256")), "type": "image", "caption": "연락 010-1234-5678"}
    start, answer = text.index("뒤"), text.index("답변")
    rows = [
        {
            **document(
                text, views=[{"use": "qa", "prompt": "haneul@naver.com 은?", "start": answer, "end": len(text)}]
            ),
            "segments": [{**segment, "start": start, "end": start + 1}, {**segment, "start": None, "end": None}],
        },
        document("두 번째 010-1234-5678 글"),
    ]
    for policy in ("mask", "remove", "pseudonym", "keep"):
        batch = PersonalData(default_policy=policy, key_file=key_file)(pa.RecordBatch.from_pylist(rows, DOCUMENTS))
        batch.validate(full=True)
        masked = batch.column("text")[0].as_py()
        view, (moved, whole) = batch.column("views")[0].as_py()[0], batch.column("segments")[0].as_py()
        assert masked[view["start"] : view["end"]] == "답변 끝"
        assert masked[moved["start"] : moved["end"]] == "뒤"
        assert whole["start"] is None
        assert ("010-1234-5678" in moved["caption"]) == ("haneul" in view["prompt"] and "naver" in view["prompt"])
        assert ("010-1234-5678" in masked) == (policy == "keep")
        assert batch.column("views")[1].as_py() is None


def test_spans_are_characters_of_the_original_with_emoji_and_old_hangul_before_them():
    text = "🎉 ᄒᆞᆫ글 담당자: 김하늘 010-1234-5678 🎉 haneul@naver.com"
    ((masked, spans),) = find_spans_of([text], PersonalData())
    assert masked == "🎉 ᄒᆞᆫ글 담당자: <이름> <전화번호> 🎉 <이메일>"
    assert [(span["type"], text[span["start"] : span["end"]]) for span in spans] == [
        ("name", "김하늘"),
        ("phone", "010-1234-5678"),
        ("email", "haneul@naver.com"),
    ]
    assert find_spans_of([""], PersonalData()) == [("", [])]
    assert json.loads(json.dumps(spans)) == spans


def test_many_texts_in_one_scan_give_what_each_gives_alone():
    texts = [PERSONAL, "", "없음", "끝 010-1234-5678", "1234 시작", PERSONAL * 3]
    assert find_spans_of(texts, PersonalData()) == [find_spans_of([text], PersonalData())[0] for text in texts]


def test_batch_that_is_a_slice_is_masked_like_a_whole_one():
    texts = [f"{n}번 글 010-1234-567{n} 그리고 n{n}@mail.com" for n in range(9)]
    whole, part = batch_of(texts), batch_of(texts).slice(3, 4)
    masked = PersonalData()(part)
    assert masked.column("text").to_pylist() == PersonalData()(whole).column("text").to_pylist()[3:7]
    assert masked.column("masked_phone").to_pylist() == [1] * 4


def test_list_of_addresses_in_any_policy_is_counted(key_file):
    addresses = "\n".join(f"가온{n} 010-1234-{n:04d} name{n}@mail.com" for n in range(30))
    for policy in ("keep", "remove", "pseudonym"):
        step = PersonalData(default_policy=policy, key_file=key_file)
        assert judge(step, batch_of([addresses])).column("drop_address_list").to_pylist() == [True]


def test_masks_are_one_for_each_type_and_unlike():
    assert len(set(MASKS.values())) == len(TYPES) == 17


@pytest.mark.parametrize(
    "hostile",
    [
        "010-1234-5678 a@b.com\n" * 20_000,
        "a@" * 300_000,
        "1" * 600_000,
        "1-" * 300_000,
        "공일" * 100_000,
        "서울특별시 강남구 " * 20_000,
        "테헤란로 1" * 30_000,
        "a.b." * 100_000 + "@",
        "성명: 김" * 50_000,
        "(" * 300_000 + "010",
        "1.1.1.1." * 50_000,
        "2001:" * 60_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_takes_time_in_proportion_to_its_length(hostile):
    start = time.process_time()
    PersonalData()(batch_of([hostile]))
    assert time.process_time() - start < 8
