import json
import math
import random
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.steps import thresholds
from malmoi.corpus.steps.quality import Limit, Quality
from malmoi.corpus.steps.rule import LearnedLimit, Rule
from malmoi.kit.errors import UserError

ENOUGH = LearnedLimit(quantile=0.99, mildest=0.6, strictest=0.2, least_documents=100)
REPEATS = Rule("repetition", "repeated", maximum=0.5, by_kind={"comment": 0.9}, learned=ENOUGH)
ENDINGS = Rule("word_list", "ending", minimum=0.25, learned=LearnedLimit(0.01, 0.1, 0.4, least_documents=100))


def database(**columns):
    connection = duckdb.connect(config={"memory_limit": "250MB", "threads": 1})
    connection.register("scores", pa.table(columns))
    return connection


def learn_one(rule: Rule, kind: str, values) -> thresholds.Threshold:
    (found,) = thresholds.learn(database(kind=[kind] * len(values), **{rule.score: values}), [rule])
    return found


def test_limit_is_the_quantile_of_the_scores_of_its_kind():
    found = learn_one(REPEATS, "web", [number / 1000 for number in range(400)])
    assert (found.documents, found.quantile, found.learned) == (400, 0.99, True)
    assert found.value_at_quantile == found.limit == pytest.approx(0.395)


@pytest.mark.parametrize("side", ["maximum", "minimum"])
def test_no_more_than_the_asked_share_of_documents_lies_beyond_a_learnt_limit(side):
    quantile, bounds = (0.99, (1.0, 0.0)) if side == "maximum" else (0.01, (0.0, 1.0))
    rule = replace(REPEATS if side == "maximum" else ENDINGS, learned=LearnedLimit(quantile, *bounds))
    chance = random.Random(3)
    values = np.array([chance.betavariate(3, 6) for _ in range(3000)], np.float32)
    (applied,) = thresholds.apply([rule], [learn_one(rule, "web", values)])
    fired = sum(applied.fires(float(value), "web") for value in values)
    assert 27 <= fired <= 30


@pytest.mark.parametrize(
    ("rule", "values", "limit"),
    [
        (REPEATS, [0.01] * 200, 0.2),  # a clean kind: no stricter than the strictest
        (REPEATS, [0.9] * 200, 0.6),  # a spoilt one: no milder than the mildest
        (ENDINGS, [0.9] * 200, 0.4),
        (ENDINGS, [0.01] * 200, 0.1),
    ],
)
def test_a_limit_stays_between_its_bounds(rule, values, limit):
    found = learn_one(rule, "web", values)
    assert (found.limit, found.learned) == (limit, True)


def test_a_kind_with_a_limit_of_its_own_widens_the_bounds_to_it():
    assert learn_one(REPEATS, "comment", [0.8] * 200).limit == 0.8
    assert learn_one(REPEATS, "comment", [0.95] * 200).limit == 0.9


def test_too_few_documents_take_the_limit_of_the_rule_and_say_so():
    for kind, limit in (("web", 0.5), ("comment", 0.9)):
        found = learn_one(REPEATS, kind, [0.3] * 99)
        assert (found.limit, found.learned, found.documents, found.value_at_quantile) == (limit, False, 99, 0.3)
    assert [row["how"] for row in thresholds.describe([found])] == ["too_few"]


def test_documents_without_the_score_are_not_counted():
    values = pa.array([0.3] * 120 + [None] * 500 + [math.nan] * 500, pa.float32())
    found = learn_one(REPEATS, "web", values)
    assert found.documents == 120
    (none,) = thresholds.learn(database(kind=["web"], repeated=pa.array([None], pa.float32())), [REPEATS])
    assert (none.documents, none.value_at_quantile, none.limit, none.learned) == (0, None, 0.5, False)


def test_fixed_limits_are_told_and_not_learnt():
    fixed = Rule("too_short", "characters", minimum=40, by_kind={"comment": 8})
    partly = Rule("r", "s", maximum=0.5, by_kind={"law": 0.7}, learned=LearnedLimit(0.9, 0.6, 0.1, ("law",), 10))
    columns = {"kind": ["law", "comment"] * 50, "characters": [3] * 100, "s": [0.4] * 100}
    found = thresholds.learn(database(**columns), [fixed, partly])
    assert [(one.reason, one.kind, one.limit, one.learned) for one in found] == [
        ("too_short", "comment", 8, False),
        ("too_short", "law", 40, False),
        ("r", "comment", 0.4, True),
        ("r", "law", 0.7, False),
    ]
    assert [row["how"] for row in thresholds.describe(found)] == ["fixed", "fixed", "learned", "fixed"]


def test_applied_limits_replace_those_of_their_kind_and_leave_the_rest():
    found = learn_one(REPEATS, "web", [0.3] * 200)
    (rule, other) = thresholds.apply([REPEATS, ENDINGS], [found])
    assert (rule.limit("web"), rule.limit("comment"), rule.limit("law")) == (0.3, 0.9, 0.5)
    assert other == ENDINGS
    assert thresholds.apply([REPEATS], []) == (REPEATS,)


def test_thresholds_come_back_from_json_as_they_were():
    columns = {"kind": ["web"] * 200 + ["한"] * 3, "repeated": [0.123456] * 203, "ending": [0.3] * 203}
    found = thresholds.learn(database(**columns), [REPEATS, ENDINGS])
    assert thresholds.from_table(json.loads(json.dumps(thresholds.to_table(found)))) == found


def test_a_damaged_table_is_told_by_its_entry():
    table = thresholds.to_table([learn_one(REPEATS, "web", [0.3] * 200)])
    with pytest.raises(UserError, match=r"thresholds\[0\].limit"):
        thresholds.from_table([{**table[0], "limit": "much"}])


def test_the_order_of_the_documents_and_the_number_of_threads_change_nothing():
    chance = random.Random(1)
    values = [chance.random() ** 3 * 1e4 for _ in range(20_000)]
    rule = Rule("r", "s", maximum=1.0, learned=LearnedLimit(0.999, 1e9, 0.0))
    results = set()
    for threads in (1, 4):
        chance.shuffle(values)
        connection = database(kind=["web"] * len(values), s=values)
        connection.execute(f"SET threads = {threads}")
        results.add(thresholds.learn(connection, [rule]))
    (found,) = results.pop()
    assert results == set()
    exact = sorted(values)[math.ceil(0.999 * len(values)) - 1]
    assert exact <= found.limit <= exact * 1.001


def test_negative_scores_zero_and_whole_numbers_are_rounded_towards_letting_pass():
    rule = Rule("r", "s", minimum=-5.0, learned=LearnedLimit(0.5, -1e9, 1e9, least_documents=1))
    assert learn_one(rule, "web", [-12345.6]).limit == -12350.0
    assert learn_one(rule, "web", [0.0]).limit == 0.0
    assert learn_one(rule, "web", pa.array([123456], pa.int64())).limit == 123400.0


def test_ten_million_scores_are_learnt_in_a_small_memory():
    connection = duckdb.connect(config={"memory_limit": "250MB", "threads": 2})
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(
        "CREATE VIEW scores AS SELECT ['web', 'news', 'law'][1 + i % 3] AS kind, CAST(hash(i) / 1.8446744e19 AS FLOAT)"
        " AS repeated FROM range(10000000) t(i)"
    )
    found = thresholds.learn(connection, [REPEATS])
    assert [one.documents for one in found] == [3333333, 3333333, 3333334]
    assert all(one.value_at_quantile == pytest.approx(0.99, abs=0.001) for one in found)


def test_quality_asks_for_learning_and_a_recipe_can_fix_or_change_it():
    rules = {rule.score: rule for rule in Quality().rules()}
    assert rules["damage_share"].learned is not None
    assert rules["characters"].learned is None
    limits = {"damage_share": Limit(fixed=0.02), "jamo_share": Limit(by_kind={"cafe": 0.9}, quantile=0.995)}
    changed = {rule.score: rule for rule in Quality(limits=limits, least_documents=50).rules()}
    assert (changed["damage_share"].learned, changed["damage_share"].limit("comment")) == (None, 0.02)
    jamo = changed["jamo_share"]
    assert jamo.learned == LearnedLimit(0.995, 0.5, 0.25, ("cafe",), 50)
    assert (jamo.limit("cafe"), jamo.limit("web")) == (0.9, 0.4)
    assert all(rule.learned is None for rule in Quality(learn=False).rules())


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"damge_share": Limit(fixed=0.1)}, "did you mean 'damage_share'"),
        ({"jamo_share": Limit(mildest=0.1)}, "mildest is 0.1; expected at least strictest"),
        ({"ending_share": Limit(mildest=0.5)}, "mildest is 0.5; expected at most strictest"),
        ({"characters": Limit(quantile=0.5)}, "characters.quantile is set; expected fixed or by_kind"),
    ],
)
def test_limits_that_cannot_be_are_told_in_one_line(limits, message):
    with pytest.raises(UserError, match=message):
        Quality(limits=limits)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"by_kind": {"coment": 1.0}}, "did you mean 'comment'"),
        ({"quantile": 1.5}, "quantile is 1.5"),
        ({"fixed": 1.0, "strictest": 0.5}, "strictest stands beside fixed"),
    ],
)
def test_a_limit_that_contradicts_itself_is_told(fields, message):
    with pytest.raises(UserError, match=message):
        Limit(**fields)
