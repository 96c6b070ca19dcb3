import random

import pytest
from small_batches import batch_of, document, judge, sentences

from malmoi.corpus.entries import DOCUMENTS
from malmoi.corpus.sample import plant
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.written_forms import find
from malmoi.kit.errors import UserError

PHONES = """010-1234-5678|010.1234.5678|010 1234 5678|01012345678|010)1234-5678|(010) 1234-5678|010–1234–5678
010/1234/5678|０１０－１２３４－５６７８|010 - 1234 - 5678|0 1 0 1 2 3 4 5 6 7 8|011-123-4567|016.234.5678
공일공 일이삼사 오육칠팔|공일공일이삼사오육칠팔|공일공-일이삼사-오육칠팔|공1공-1234-5678|o1o-1234-5678
010-일이삼사-오육칠팔|공 일 공 일 이 삼 사 오 육 칠 팔|+82 10-1234-5678|+82-10-1234-5678|+821012345678
(+82)10-1234-5678|+82 (0)10-1234-5678|0082-10-1234-5678|82-10-1234-5678|02-123-4567|02)1234-5678|(02) 123-4567
031-123-4567|064-712-3456|070-1234-5678|+82-2-123-4567|0504-123-4567|02 123 4567"""
EMAILS = """haneul@naver.com|haneul.kim+news@mail.co.kr|haneul@naver.com|haneul＠mail.example|haneul @ mail.example
haneul 골뱅이 mail.example|haneul골뱅이naver.com|haneul(at)mail.com|haneul [at] mail.com|haneul골뱅이네이버닷컴
haneul@mail(dot)com|HANEUL_1@Sub.Mail.org|haneul@naver점com"""
RESIDENT_NUMBERS = """900101-1234567|900101 - 1234567|９００１０１－１２３４５６７|050912-3000019|911124-5678901
000229-4123456|900101-1******|900101-*******"""
CUED = [
    "주민등록번호 9001011234567",
    "주민번호: 900101 1234567",
    "본인 확인을 위해 620812 2521936 을",
    "외국인등록번호 9111245678901",
]
INNOCENT = """제10조의2제1항제3호에 따라 1588-1234로 문의|대표번호 1577-0000, 080-123-4567, 긴급 112·119
2021-05-25 10:30:00|2021.05.06.-2021.05.09.|가격 1,234,567원
버전 3.10.1234.5678|주문번호 20210525-1234567|ISBN 979-11-1234-567-8
ISBN 9788912345678|바코드 8801234567893|계좌 110-234-567890|법률 제12345-1234567호|부칙 <제07774호,2005.1.1>
품목번호 제0303440000호|IP 192.168.0.1|0.01012345678|1700000000000|좌표 37.5665, 126.9780
f058232712d4b272f1d4b27201012345678|@decorator 아래에|icon@2x.png|react@18.2.0|git@github.com:org/name.git
a @ b.T|공일공 특공대|다음@네이버 블로그를 보면|991332-1234567|900101-0234567|900101-9234567|001332-1234567
960111-10214131|960121+1021413|410101-3123456|6개월-1234567|010-123-45|02-12-3456|사건번호 2019가합123456
123456-1234567890|P02-123-4567|2002-123-4567|골뱅이 무침 레시피|이메일 주소는 비워 두세요 @|통계 010131 2345678"""


def listed(table: str) -> list[str]:
    return table.replace("\n", "|").split("|")


FORMS = [
    (kind, form)
    for kind, table in (("phone", PHONES), ("email", EMAILS), ("resident_number", RESIDENT_NUMBERS))
    for form in listed(table)
]


@pytest.mark.parametrize(("kind", "written"), FORMS)
def test_form_is_found_whole_inside_a_sentence(kind, written):
    text = f"자세한 것은 {written}로 알려 주세요."
    (span,) = find(text)
    assert (text[span.start : span.stop], span.type) == (written, kind)


def test_every_form_is_a_candidate_of_the_scan_too():
    texts = [f"자세한 것은 {written}로 알려 주세요." for _, written in FORMS] + CUED
    masked = PersonalData()(batch_of(texts)).column("text").to_pylist()
    assert [text for text in masked if "<" not in text] == []


@pytest.mark.parametrize("text", CUED)
def test_number_without_a_hyphen_is_a_resident_number_beside_a_word_that_says_so(text):
    assert [span.type for span in find(text)] == ["resident_number"]


def test_check_digit_is_evidence_where_there_is_neither_hyphen_nor_word():
    assert [span.type for span in find("번호 9601211021413 확인")] == ["resident_number"]
    assert find("번호 9601211021414 확인") == []


@pytest.mark.parametrize("text", listed(INNOCENT))
def test_what_only_looks_like_personal_data_is_left_alone(text):
    assert find(text) == []
    assert PersonalData()(batch_of([text])).column("text").to_pylist() == [text]


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
    import pyarrow as pa

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
    with pytest.raises(UserError, match="'fax'"):
        PersonalData(types=("fax",))


def test_list_of_addresses_is_dropped():
    addresses = "\n".join(f"가온{n} 010-1234-{n:04d} name{n}@mail.com" for n in range(30))
    batch = judge(PersonalData(), batch_of([addresses]))
    assert batch.column("drop_address_list").to_pylist() == [True]
