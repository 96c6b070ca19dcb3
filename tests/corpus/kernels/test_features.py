import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from small_batches import sentences

from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.kernels.feature_names import FEATURES
from malmoi.corpus.kernels.quality_features import MEASURED_WORDS, measure, quality

SCRIPTS = ("hangul_share", "latin_share", "hanja_share", "kana_share", "foreign_letter_share", "digit_share",
           "jamo_share", "symbol_share")  # fmt: skip


def features(*texts: str) -> list[dict[str, float]]:
    measured = measure(*string_buffers(pa.array(texts, pa.large_string())))
    return [dict(zip(FEATURES, row.tolist(), strict=True)) for row in measured]


def test_every_count_of_a_mixed_text_is_what_a_person_counts():
    (row,) = features("한글 abc 123!\n\nㅋㅋ 漢字 é")
    assert row["characters"] == 20
    assert row["words"] == 6
    assert row["lines"] == 2
    dense = 2 + 3 + 4 + 2 + 2 + 1
    assert row["hangul_share"] == pytest.approx(2 / dense)
    assert row["latin_share"] == pytest.approx(4 / dense)
    assert row["digit_share"] == pytest.approx(3 / dense)
    assert row["symbol_share"] == pytest.approx(1 / dense)
    assert row["jamo_share"] == pytest.approx(2 / dense)
    assert row["hanja_share"] == pytest.approx(2 / dense)
    assert row["korean_share"] == pytest.approx(6 / 10)  # Hanja beside Hangul is Korean
    assert row["damage_share"] == 0


@pytest.mark.parametrize("text", ["", " ", "\n\n\t", "\u200b\ufeff"])
def test_text_without_a_visible_character_measures_zero(text):
    (row,) = features(text)
    says_nothing = ("ending_share", "top_word_share", "spaced_share", "english_share", "unseen_pair_share")
    assert [name for name, value in row.items() if value != 0] == [name for name in FEATURES if name in says_nothing]
    assert [name for name, value in row.items() if value != value] == [
        name for name in FEATURES if name in says_nothing
    ]


def test_empty_batch_gives_no_rows():
    assert measure(*string_buffers(pa.array([], pa.large_string()))).shape == (0, len(FEATURES))


def test_sliced_array_measures_its_own_texts_only():
    whole = pa.array(["가", sentences(1), sentences(2), "나"], pa.large_string())
    direct = measure(*string_buffers(pa.array(whole.to_pylist()[1:3], pa.large_string())))
    np.testing.assert_array_equal(measure(*string_buffers(whole.slice(1, 2))), direct)


def test_emoji_and_plane_two_hanja_are_read_as_one_character_each():
    (row,) = features("가🎉𠀋")
    assert row["characters"] == 3
    assert row["symbol_share"] == pytest.approx(1 / 3)


def test_old_hangul_and_middle_dots_of_law_are_no_damage():
    (row,) = features("나랏말ᄊᆞ미 中듕國귁에 달아 · ㆍ 제1조ㆍ제2조")
    assert row["damage_share"] == pytest.approx(0.0)
    assert row["jamo_share"] == 0


@pytest.mark.parametrize(
    "broken",
    [
        "안녕하세요 반갑습니다".encode().decode("latin-1"),
        "안녕하세요 반갑습니다".encode().decode("cp949", "replace"),
        "안녕하세요 반갑습니다".encode("cp949").decode("latin-1"),
        "안녕하세요 반갑습니다".encode("cp949").decode("utf-8", "replace"),
        "안녕하세요 반갑습니다".encode().decode("cp1252", "ignore"),
        "안녕하세요 반갑습니다".encode().decode("latin-1").encode().decode("latin-1"),  # twice over
    ],
)
def test_every_wrong_charset_shows_as_damage(broken):
    assert features(broken)[0]["damage_share"] > 0.3


def test_colloquial_syllables_outside_ks_x_1001_are_little_damage():
    assert features("뷁 쵝오 욬 그런 말이 어디 있어요 진짜 재미있네요 하하하")[0]["damage_share"] < 0.15


@pytest.mark.parametrize(
    "whole",
    [
        "Ceci n'est pas une pâte brisée, c'est l'été à Orléans où Noël fût déjà fêté",
        "Über den Wolken muß die Freiheit wohl grenzenlos sein, Größe und Übermut",
        "“그래.” ‘정말…?’ «네» 20℃ ± 0.5 × 3 § 12 ¶ 3 ® ™ ½",
        "나는 café에서 naïve한 résumé를 썼다",
    ],
)
def test_accents_and_quotation_marks_where_they_belong_are_no_damage(whole):
    assert features(whole)[0]["damage_share"] == 0


def test_a_shared_plane_of_rare_characters_is_still_counted_by_class():
    (row,) = features("가\U00020020나 \U0001f389\U00030020\U000e0041")
    assert row["words"] == 2
    assert row["hanja_share"] == pytest.approx(2 / 6) or row["symbol_share"] == pytest.approx(3 / 6)
    assert sum(row[name] for name in row if name in SCRIPTS) == pytest.approx(1)


def test_spaced_syllables_are_told_from_short_words():
    torn, verse = features(
        " ".join("데이터를분석하여결과를보고하는것이중요하다고말했다"),
        "그날 밤 내 맘속에 별 하나가 떴다 나 너 참 좋아해 " * 4,
    )
    assert torn["spaced_share"] == 1.0
    assert verse["spaced_share"] == 0


def test_word_chain_and_tables_are_no_word_lists():
    chain = (
        "사과 과일 일요일 일본 본인 인사 사람 남자 자녀 여자 자전거 거울 울산 산토끼 끼니 이불 불꽃 꽃집 집안 안개 개미"
    )
    menu = "김치찌개 8,000원\n된장국 7,000원\n" * 10
    listed = "부산 맛집 강남 병원 추천 가격 후기 쿠폰 배송 렌탈 견적 업체 예약 할인 학원 과외 보험 대출 금리 텐트"
    shares = [row["ending_share"] for row in features(chain, menu, listed)]
    assert shares[0] > 0.5
    assert shares[1] > 0.5
    assert shares[2] < 0.15


def test_sentences_are_counted_without_dates_and_numbers_of_lists():
    (row,) = features("1. 그는 2021. 5. 25. 왔다.\n2. “정말?” 하고 물었다! (그랬다.) 끝")
    assert row["sentences"] == 5
    assert row["closed_line_share"] == 0.5


def test_links_long_numbers_and_brackets_are_measured():
    link, numbers, open_brackets = features("보기 https://a.kr/b 끝", "번호 1234567890", "((((((((((")
    assert link["url_share"] == pytest.approx(9 / 17)
    assert numbers["longest_digits"] == 10
    assert open_brackets["bracket_imbalance"] == 1


def test_repeated_lines_words_and_phrases_are_measured():
    once, thrice = features("하나 둘 셋 넷 다섯\n여섯", "\n".join(["하나 둘 셋 넷 다섯"] * 3))
    assert once["duplicate_line_share"] == once["repeated_5gram_share"] == once["top_bigram_share"] == 0
    assert thrice["duplicate_line_share"] == pytest.approx(2 / 3)
    assert thrice["repeated_5gram_share"] == pytest.approx(2 / 3)
    assert thrice["unique_word_share"] == pytest.approx(1 / 3)
    assert features("하하 하하 하하 하하")[0]["top_bigram_share"] == 1.0


def test_sentences_end_like_sentences_and_word_lists_do_not():
    listed = "부산 맛집 강남 병원 추천 가격 후기 쿠폰 배송 렌탈 견적 업체 예약 할인 학원 과외 보험 대출 금리 캠핑 텐트"
    natural, words, few = features(sentences(4), listed, "맛집 추천")
    assert natural["ending_share"] > 0.6
    assert words["ending_share"] < 0.2
    assert np.isnan(few["ending_share"])


def test_decomposed_text_counts_as_hangul_too():
    (row,) = features(unicodedata.normalize("NFD", "가나다라"))
    assert row["korean_share"] == 1.0


def test_text_with_more_words_than_are_measured_for_repetition_is_still_counted_whole():
    (row,) = features("가 " * (MEASURED_WORDS + 50_000))
    assert row["words"] == MEASURED_WORDS + 50_000
    assert row["top_bigram_share"] == 1.0


def test_quality_prefers_the_whole_text_to_a_damaged_and_a_repeating_one():
    good = sentences(5)
    texts = [good, good[:200] + "\ufffd" * 5 + good[205:], "\n".join([good[:100]] * 6)]
    scores = quality(measure(*string_buffers(pa.array(texts, pa.large_string()))))
    assert scores[0] > scores[1] > 0
    assert scores[0] > scores[2]
