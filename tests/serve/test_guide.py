import json
import string
import unicodedata

import numpy as np
import pytest

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Guide
from malmoi.serve.guide import Grammars, check


@pytest.fixture(scope="module")
def grammars(codec):
    return Grammars(codec, (0, 4), codec.vocabulary_tokens + 3)


def follow(grammars, codec, guide, seed=0, most=200):
    """What a model that knows nothing writes under the guide."""
    matcher, draw, content = grammars.matcher(guide), np.random.default_rng(seed), b""
    for _ in range(most):
        allowed = np.flatnonzero(~matcher.forbidden(most))
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
