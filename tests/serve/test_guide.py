import contextlib
import json
import string
import time
import unicodedata

import numpy as np
import pytest

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Guide
from malmoi.serve.guide import Grammars, check
from malmoi.serve.guide_json import MAX_FIELD_CHARACTERS, MAX_INTEGER, bounded


@pytest.fixture(scope="module")
def grammars(codec):
    return Grammars(codec, (0, 4), codec.vocabulary_tokens + 3)


def follow(grammars, codec, guide, seed=0, most=200):
    """What a model that knows nothing writes under the guide."""
    matcher, draw, content = grammars.matcher(guide), np.random.default_rng(seed), b""
    for count in range(most):
        allowed = np.flatnonzero(~matcher.forbidden(most - count))
        assert not set(allowed.tolist()) & set(range(5, 1029)), "reserved ids are never allowed"
        assert allowed.max() < codec.vocabulary_tokens, "nor is padding of the output matrix"
        chosen = int(draw.choice(allowed))
        if chosen in (0, 4):
            return content.decode()
        matcher.accept(chosen)
        content += codec.token_bytes(chosen)
        if matcher.is_complete:
            return content.decode()
    return None


@pytest.mark.parametrize("seed", range(4))
def test_a_choice_gives_one_of_the_choices(grammars, codec, seed):
    choices = ["긍정", "부정", "긍정적", "중립", "a.b*c", string.punctuation, " 두 낱말\n"]
    assert follow(grammars, codec, Guide("choice", choices), seed) in choices


def test_a_choice_in_decomposed_form_can_be_spelt(grammars, codec):
    decomposed = unicodedata.normalize("NFD", "한국어")
    assert follow(grammars, codec, Guide("choice", [decomposed])) == "한국어"


def test_json_is_compact_and_keeps_its_schema(grammars, codec):
    text = {"type": "string", "pattern": "^[가-힣 ]{2,9}$"}
    schema = {"type": "object", "properties": {"제목": text, "점수": {"enum": [1, 2]}}, "required": ["제목", "점수"]}
    written = follow(grammars, codec, Guide("json", {**schema, "additionalProperties": False}), seed=1)
    assert json.dumps(json.loads(written), ensure_ascii=False, separators=(",", ":")) == written
    assert 2 <= len(json.loads(written)["제목"]) <= 9


def test_regex_and_lark_are_followed(grammars, codec):
    assert follow(grammars, codec, Guide("regex", "01[0-9]-[0-9]{4}")).startswith("01")
    assert follow(grammars, codec, Guide("lark", 'start: "가" "나"')) == "가나"


def nested(depth):
    schema = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(
    "guide",
    [
        Guide("regex", "["),
        Guide("regex", ""),
        Guide("regex", 3),
        Guide("lark", "start: absent"),
        Guide("json", {"type": "objekt"}),
        Guide("json", "{}"),
        Guide("choice", []),
        Guide("choice", [""]),
        Guide("choice", "긍정"),
        Guide("choice", ["a"] * 50_001),
        Guide("gbnf", "root ::= x"),
        Guide("regex", "\ud800"),
        Guide("choice", ["\ud800"]),
        Guide("json", {"\ud800": 1}),
        Guide("json", nested(400)),
        Guide("json", nested(5_000)),
        Guide("json", {"type": "object", "properties": {f"k{number}": {} for number in range(2_000)}}),
        Guide("lark", "start: r0\n" + "".join(f"r{n}: r{n + 1}\n" for n in range(5_000)) + 'r5000: "a"'),
    ],
)
def test_a_guide_that_cannot_be_followed_is_told_in_one_line(guide):
    with pytest.raises(UserError) as caught:
        check(guide)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("guide.")


def test_a_guide_that_is_nested_very_deep_is_refused_before_it_is_built(grammars):
    built = grammars.num_built
    with pytest.raises(UserError, match="nested too deep"):
        grammars.building(Guide("json", nested(300)))
    assert grammars.num_built == built


OPEN = [
    {"type": "object", "properties": {"글": {"type": "string"}, "끝": {"type": "string"}}, "required": ["글", "끝"]},
    {"type": "array", "items": {"type": "string"}},
    {"type": "object", "properties": {"n": {"type": "number"}, "i": {"type": "integer"}}, "required": ["n", "i"]},
    {"type": "object"},
    {"type": "array", "items": {"type": "array", "items": {"type": "object", "additionalProperties": True}}},
    {"type": "string", "minLength": 20},
    {},
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("schema", OPEN, ids=str)
def test_json_is_whole_whatever_a_model_that_knows_nothing_writes(grammars, codec, schema, seed):
    written = follow(grammars, codec, Guide("json", schema), seed, most=60)
    assert written is not None, "the tokens ran out inside the answer"
    json.loads(written)


def test_every_field_has_a_bound_and_what_the_schema_says_stays():
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "array", "items": {"type": "integer"}, "minItems": 500},
            "c": {"type": "string", "maxLength": 9, "enum": ["x"]},
            "type": {"type": "integer", "minimum": 3},
        },
        "enum": [{"type": "string"}],
    }
    inside = bounded(schema)["properties"]
    assert inside["a"]["maxLength"] == MAX_FIELD_CHARACTERS
    assert (inside["b"]["maxItems"], inside["b"]["items"]["maximum"]) == (500, MAX_INTEGER)
    assert inside["c"] == schema["properties"]["c"]
    assert (inside["type"]["minimum"], inside["type"]["maximum"]) == (3, MAX_INTEGER)
    assert bounded(schema)["enum"] == schema["enum"]


def test_a_string_without_a_bound_ends_at_the_bound_of_fields(grammars):
    matcher, letters = grammars.matcher(Guide("json", {"type": "string"})), 0
    (quote,) = (token_id for token_id, content in enumerate(grammars._masks.contents) if content == b'"')
    (letter,) = (token_id for token_id, content in enumerate(grammars._masks.contents) if content == b"a")
    matcher.accept(quote)
    while not matcher.forbidden(10**6)[letter]:
        matcher.accept(letter)
        letters += 1
    assert letters == MAX_FIELD_CHARACTERS


def test_the_same_guide_is_built_once(grammars):
    first = grammars.building(Guide("choice", ["하나", "둘"]))
    assert grammars.building(Guide("choice", ["하나", "둘"])) is first
    assert grammars.building(Guide("choice", ["둘", "하나"])) is not first


def test_two_answers_under_one_guide_go_their_own_ways(grammars, codec):
    one, other = (grammars.matcher(Guide("choice", ["가나", "다라"])) for _ in range(2))
    first = codec.encode("가")[0]
    one.accept(first)
    assert not other.forbidden(9)[first]
    assert one.forbidden(9)[first]


@pytest.mark.parametrize("value", ["((a{1000}){1000}){1000}", "(.|\\n)*[가-힣](.|\\n){200}", "(.*a.{12}){3}"])
def test_a_guide_that_is_costly_to_follow_has_a_limit_of_work(grammars, codec, value):
    began_s = time.process_time()
    with contextlib.suppress(UserError):
        follow(grammars, codec, Guide("regex", value), most=10)
    # Without the limit the first one takes 6 s of CPU here for its first mask alone, and 200 times as much in all.
    assert time.process_time() - began_s < 6


def test_masks_of_one_answer_have_a_budget_of_time(grammars):
    matcher = grammars.matcher(Guide("regex", "[가-힣]{9}"))
    matcher.forbidden(9)
    matcher._spent_s = 6.0
    with pytest.raises(UserError, match="6 s of work; expected at most 5 s"):
        matcher.forbidden(9)


def test_a_grammar_in_llama_cpps_form_is_read_and_one_with_a_missing_rule_is_told(codec):
    grammars = Grammars(codec, (codec.special("<|endoftext|>"),), codec.vocabulary_tokens)
    assert grammars.matcher(Guide("lark", 'root ::= "가" | "나" item+\nitem ::= [a-z]')) is not None
    for wrong in ("root ::= x", "root ::= " + "(" * 1500 + '"a"' + ")" * 1500):
        with pytest.raises(UserError, match=r"guide\.value"):
            grammars.matcher(Guide("lark", wrong))


def test_large_guides_that_are_kept_have_a_bound_of_size_together(codec):
    grammars = Grammars(codec, (0,), codec.vocabulary_tokens)
    for number in range(5):
        grammars.building(Guide("choice", [f"{number} {word:05d}" + "가" * 12 for word in range(10_000)]))
    small = Guide("choice", ["가"])
    grammars.building(small).result()
    kept = sum(size for _, size in grammars._built.values())
    assert 1 < len(grammars._built) < 5
    assert kept <= 1_000_000
    assert grammars.building(small).result()
    grammars.close()


def test_choices_with_signs_of_regular_expressions_stand_for_themselves(codec):
    grammars = Grammars(codec, (0,), codec.vocabulary_tokens)
    word = "\\.+*?()|[]{}^$#&-~/\"'가"
    matcher = grammars.matcher(Guide("choice", [word, "나"]))
    was_forbidden = []
    for token_id in codec.encode(word):
        was_forbidden.append(bool(matcher.forbidden(50)[token_id]))
        matcher.accept(token_id)
    grammars.close()
    assert was_forbidden == [False] * len(codec.encode(word))
