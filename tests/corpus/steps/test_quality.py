import random

import duckdb
import pyarrow as pa
import pytest
from small_batches import batch_of, judge, sentences, verdict

from malmoi.corpus.kernels.feature_names import FEATURES
from malmoi.corpus.steps import thresholds, verdicts
from malmoi.corpus.steps.quality import Limit, Quality
from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.sample import plant

CODE = """def add(a, b):
    return a + b

# 두 수를 더하는 함수입니다.
# 형식은 호출하는 쪽에서 확인합니다.
print(add(1, 2))
"""
LAW = """제1조(목적) 이 법은 공공기관의 개인정보 처리에 관한 사항을 정함을 목적으로 한다.
제2조(정의) ① 이 법에서 사용하는 용어의 뜻은 다음과 같다."""


def reasons(text: str, kind: str = "web") -> set[str]:
    batch = judge(Quality(), batch_of([text], kind))
    return {
        name.removeprefix("drop_")
        for name in batch.schema.names
        if name.startswith("drop_") and batch.column(name)[0].as_py()
    }


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (sentences(1), "web", set()),
        (LAW, "law", set()),
        (CODE, "code", set()),
        ("짧다.", "web", {"too_short"}),
        ("재미있게 잘 봤습니다", "comment", set()),
        ("ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ 아", "comment", {"jamo"}),
        ("또 봄ㅠㅠㅠ 눈물 나ㅠㅠ", "comment", set()),
        ("좋아요!!!! 또 볼래요 ♥♥♥♥", "comment", set()),
        ("★★★★★ !!!!!! ♥♥♥♥♥ 굿", "comment", {"symbols"}),
        ("This page is written in English only and nobody wrote a Korean word into it.", "web", {"not_korean"}),
        (
            "これは日本語で書かれた文章です。韓国語は一つも含まれていません。本当に一つもありませんよ。",
            "web",
            {"not_korean"},
        ),
        ("★★★☆☆ ▶▶▶ ◆◆◆ 최고 !!!!! ----- ===== +++++ ***** ##### 추천", "web", {"symbols"}),
        ("\n".join(["새로 나온 상품을 지금 만나 보세요."] * 30), "web", {"repetition"}),
        ("아" * 300, "web", {"repetition"}),
        ("010 123 4567 89 12 34 56 78 90 가격 12,000 13,000 14,000 표 2021 2022 2023 2024", "web", {"digits"}),
    ],
)
def test_reason_is_the_one_that_a_reader_would_give(text, kind, expected):
    assert reasons(text, kind) == expected


def test_every_planted_word_list_and_broken_text_is_found_and_no_clean_text_is_lost():
    chance = random.Random(5)
    clean = [sentences(number) for number in range(60)]
    lists = [plant.word_list(chance) for _ in range(40)]
    broken = [plant.mojibake(text) for text in clean[:20]] + [plant.torn(text, chance) for text in clean[20:40]]
    batch = judge(Quality(), batch_of([*clean, *lists, *broken]))
    assert verdict(batch, "word_list")[60:100] == [True] * 40
    assert verdict(batch, "broken_encoding")[100:] == [True] * 40
    dropped = [
        name for name in batch.schema.names if name.startswith("drop_") and any(batch.column(name).to_pylist()[:60])
    ]
    assert dropped == []


@pytest.mark.parametrize("planted_share", [0.0, 0.05, 0.4])
def test_limits_learnt_from_a_spoilt_source_find_every_fault_and_lose_no_clean_text(planted_share):
    chance = random.Random(7)
    clean = [sentences(number) for number in range(600)]
    count = int(planted_share * len(clean))
    lists = [plant.word_list(chance) for _ in range(count)]
    broken = [
        plant.mojibake(text) if place % 2 else plant.torn(text, chance) for place, text in enumerate(clean[:count])
    ]
    batch = Quality()(batch_of([*clean, *lists, *broken]))
    connection = duckdb.connect()
    connection.register("batch", pa.Table.from_batches([batch]))
    connection.execute("CREATE VIEW scores AS SELECT source.kind AS kind, * EXCLUDE (source) FROM batch")
    found = thresholds.learn(connection, Quality().rules())
    judged = verdicts.judged(batch, thresholds.apply(Quality().rules(), found))
    assert all(threshold.learned for threshold in found if threshold.score == "ending_share")
    assert all(verdict(judged, "word_list")[600 : 600 + count])
    assert all(verdict(judged, "broken_encoding")[600 + count :])
    lost = [name for name in verdicts.reasons(judged.schema.names) if any(verdict(judged, name[5:])[:600])]
    assert lost == []


def test_limits_of_a_kind_go_before_the_general_ones():
    settings = Quality(limits={"characters": Limit(fixed=100, by_kind={"comment": 2})})
    text = "조금 짧은 글이지만 댓글로는 충분합니다."
    assert verdict(judge(settings, batch_of([text], "comment")), "too_short") == [False]
    assert verdict(judge(settings, batch_of([text], "news")), "too_short") == [True]


def test_a_recipe_says_limits_by_their_scores_and_a_slip_is_told():
    table = {"limits": {"characters": {"fixed": 100, "by_kind": {"comment": 2}}, "jamo_share": {"quantile": 0.99}}}
    settings = config.parse(Quality, table, "corpus.quality")
    assert settings.limits["characters"] == Limit(fixed=100, by_kind={"comment": 2})
    assert config.parse(Quality, config.to_table(settings), "corpus.quality") == settings
    with pytest.raises(UserError, match=r"corpus.quality: limits.jamo_shares: .*did you mean 'jamo_share'"):
        config.parse(Quality, {"limits": {"jamo_shares": {}}}, "corpus.quality")
    with pytest.raises(UserError, match=r"corpus.quality.limits.jamo_share.fixd"):
        config.parse(Quality, {"limits": {"jamo_share": {"fixd": 1}}}, "corpus.quality")


def test_every_rule_judges_a_feature_and_its_default_lies_between_its_bounds():
    rules = Quality().rules()
    assert [rule.score for rule in rules if rule.learned is None] == ["korean_share", "characters", "longest_run"]
    for rule in rules:
        assert rule.score in FEATURES
        if rule.learned is not None:
            low, high = sorted((rule.learned.mildest, rule.learned.strictest))
            assert low < rule.limit("") < high
            assert (rule.learned.quantile < 0.5) == (rule.maximum is None)


def test_language_stands_beside_the_scores():
    batch = Quality()(batch_of([sentences(1), "This is the end of it, and that is all.", "★"]))
    assert batch.column("language").to_pylist() == ["ko", "en", "none"]


def test_no_row_is_taken_away_and_an_empty_batch_keeps_its_columns():
    full, empty = Quality()(batch_of(["", "가", sentences(2)])), Quality()(batch_of([]))
    assert full.num_rows == 3
    assert empty.schema == full.schema


def test_a_text_without_spaces_is_judged_as_the_same_text_with_them():
    for number in range(1, 9):
        text = sentences(number)
        rows = [Quality()(batch_of([written])).to_pylist()[0] for written in (text, "".join(text.split(" ")))]
        assert [row["language"] for row in rows] == ["ko", "ko"]
        assert reasons("".join(text.split(" ")), "web") == reasons(text, "web") == set()
        assert abs(rows[0]["quality"] - rows[1]["quality"]) < 0.3
