import pyarrow as pa
import pytest
from small_batches import batch_of, judge, sentences, verdict

from malmoi.corpus.classify.columns import COLUMNS
from malmoi.corpus.steps import verdicts
from malmoi.corpus.steps.learned import Learned
from malmoi.kit.errors import UserError

ARTICLE = (
    "광합성은 식물이 빛 에너지를 이용하여 유기물을 합성하는 과정이다. 엽록체에서 일어나며 두 반응으로 나뉜다. "
    "명반응에서는 물이 분해되어 산소가 발생하고, 암반응에서는 이산화 탄소가 고정된다."
)
REMARK = "진짜 너무 재미없다ㅋㅋㅋㅋ 왜 봤는지 모르겠음 그냥 시간 아깝다ㅡㅡ"
CURSES = "씨발 뭐하는 새끼야. 병신 같은 놈아 꺼져라. ㅅㅂ 존나 짜증나네"


def test_every_score_is_a_column_of_small_floats_and_nothing_is_dropped_by_default():
    batch = judge(Learned(), batch_of([ARTICLE, REMARK, CURSES, ""]))
    for name in COLUMNS:
        assert batch.schema.field(name).type == pa.float32()
        assert all(0 <= share <= 1 for share in batch.column(name).to_pylist())
    assert verdicts.reasons(batch.schema.names) == []


def test_value_and_profanity_tell_an_article_from_a_remark_from_curses():
    batch = Learned()(batch_of([ARTICLE, REMARK, CURSES]))
    value, swearing = batch.column("value").to_pylist(), batch.column("profanity_mean").to_pylist()
    assert value[0] > 0.55 > 0.2 > value[1]
    assert swearing[2] > 0.7 > 0.3 > swearing[0]


def test_limits_that_are_asked_for_drop_by_their_own_reasons():
    limits = Learned(maximum_profanity_mean=0.6, maximum_harm_mean=0.9, maximum_spam=0.99, minimum_value=0.5)
    batch = judge(limits, batch_of([ARTICLE, REMARK, CURSES]))
    assert verdict(batch, "swearing") == [False, False, True]
    assert verdict(batch, "low_value") == [False, True, True]
    assert verdict(batch, "harmful") == [False, False, True]
    assert verdict(batch, "spam") == [False] * 3


def test_a_limit_of_value_may_hold_for_one_kind_alone():
    limits = Learned(minimum_value_by_kind={"wiki": 0.5})
    assert verdict(judge(limits, batch_of([ARTICLE, REMARK], "wiki")), "low_value") == [False, True]
    assert verdict(judge(limits, batch_of([ARTICLE, REMARK], "comment")), "low_value") == [False, False]


def test_one_curse_in_a_long_text_raises_the_highest_sentence_and_hardly_the_mean():
    text = " ".join([ARTICLE, sentences(1), ARTICLE])
    batch = Learned()(batch_of([text, f"{text} 씨발 병신 새끼야."]))
    highest, mean = batch.column("profanity").to_pylist(), batch.column("profanity_mean").to_pylist()
    assert highest[1] > highest[0] + 0.2
    assert mean[1] < mean[0] + 0.1


def test_a_text_that_is_harmful_in_the_mean_is_told_by_types_and_prose_is_not():
    batch = Learned()(batch_of([ARTICLE, CURSES, "김치녀들 극혐이다. 전라도 것들은 다 쓸어버려라. 짱깨도 꺼져라"]))
    assert batch.schema.field("harm_types").type == pa.list_(pa.string())
    types = batch.column("harm_types").to_pylist()
    assert types[0] is None
    assert types[1] == ["profanity"]
    assert "origin" in types[2]


@pytest.mark.parametrize("limit", [-0.1, 1.5])
def test_a_limit_that_is_no_probability_is_asked_wrongly(limit):
    with pytest.raises(UserError, match="maximum_spam"):
        Learned(maximum_spam=limit)


def test_a_quantile_of_value_is_learnt_and_never_reaches_edited_prose():
    (rule,) = Learned(value_quantile=0.05, minimum_value_by_kind={"wiki": 0.2}).rules()
    assert rule.learned is not None
    assert (rule.learned.quantile, rule.learned.strictest, rule.learned.fixed_kinds) == (0.05, 0.5, ("wiki",))
    assert not rule.fires(0.0, "blog")
    assert rule.fires(0.1, "wiki")
