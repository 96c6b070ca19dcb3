"""Every error that malmoi/ can raise over HTTP has a code, and every code a sentence in Korean and in English.

The codes are read out of the sources, so a new error without its sentences cannot be forgotten.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from source_files import ROOT, WEB, python_files

from malmoi.cards.card import read_library
from malmoi.cards.render import InputError, check_inputs
from malmoi.serve.http_errors import ApiError, as_api_error

PACKAGE = ROOT / "malmoi"
TABLES = (PACKAGE / "serve" / "errors.json", PACKAGE / "studio" / "errors.json")
CODE_PLACE = {"ApiError": 3, "bad": 2, "PydanticCustomError": 0, "InputError": 1}
"""The number of the argument that is the code, by the name of what is called."""
VARIANT_PLACE = {"ApiError": 6, "bad": 3}
FROM_TABLES = {"_of_engine", "as_api_error", "invalid", "bad"}
"""Functions of http_errors.py that take their codes from the tables *_CODES there."""
_PLACE = re.compile(r"\{(\w+)(?::[^}]+)?\}")
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z_-]*")


class Raised(NamedTuple):
    """A code with its variant, where it is raised, and the values that its sentence can be filled with."""

    key: str | None
    where: str
    values: frozenset[str]


@pytest.fixture(scope="module")
def sentences() -> dict[str, dict[str, str]]:
    tables = [json.loads(path.read_text(encoding="utf-8")) for path in TABLES]
    assert not tables[0].keys() & tables[1].keys(), "a code stands in one table, that of the room which raises it"
    return tables[0] | tables[1]


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in python_files(PACKAGE)}


@pytest.fixture(scope="module")
def raised(trees) -> list[Raised]:
    constants = {name: value for tree in trees.values() for name, value in constants_of(tree)}
    return [each for path, tree in trees.items() for each in raised_in(tree, path.relative_to(ROOT), constants)]


def constants_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """NAME = "text" of a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and is_text(node.value):
            yield node.targets[0].id, node.value.value


def raised_in(tree: ast.Module, path: Path, constants: dict[str, str]) -> Iterator[Raised]:
    """All errors that a module can raise."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = {
                key.value for each in ast.walk(node) if isinstance(each, ast.Dict) for key in each.keys if is_text(key)
            }
            for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
                called = getattr(call.func, "id", getattr(call.func, "attr", ""))
                if called in CODE_PLACE and not (path.name == "http_errors.py" and node.name in FROM_TABLES):
                    yield told_by(call, called, f"{path}:{call.lineno}", names, constants)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id.endswith("_CODES") and isinstance(node.value, ast.Dict):
                for value in node.value.values:
                    first = value.elts[0] if isinstance(value, ast.Tuple) else value
                    yield Raised(text_of(first, constants), f"{path}:{value.lineno}", frozenset())


def told_by(call: ast.Call, called: str, where: str, names: set[str], constants: dict[str, str]) -> Raised:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    node = argument(call, CODE_PLACE[called], given.get("code"))
    code = "bad_value" if node is None and called == "bad" else text_of(node, constants)
    variant = text_of(argument(call, VARIANT_PLACE.get(called, 99), given.get("variant")), constants)
    param = argument(call, {"bad": 0, "ApiError": 2}.get(called, 99), given.get("param"))
    has_param = called in ("PydanticCustomError", "InputError") or (param is not None and not is_none(param))
    values = names | given.keys() | ({"param"} if has_param else set())
    return Raised(f"{code}.{variant}" if variant and code else code, where, frozenset(values))


def argument(call: ast.Call, place: int, named: ast.expr | None) -> ast.expr | None:
    return call.args[place] if len(call.args) > place else named


def text_of(node: ast.expr | None, constants: dict[str, str]) -> str | None:
    if is_text(node):
        return node.value
    return constants.get(node.id) if isinstance(node, ast.Name) else None


def is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def test_every_error_has_a_code_that_can_be_read_from_the_source(raised):
    assert len(raised) > 90
    assert [each.where for each in raised if each.key is None] == []


def test_every_code_has_a_sentence_in_korean_and_in_english(raised, sentences):
    missing = {f"{each.key} ({each.where})" for each in raised if each.key not in sentences}
    assert missing == set()
    assert {key for key, both in sentences.items() if sorted(both) != ["en", "ko"] or not all(both.values())} == set()


def test_no_sentence_stands_in_the_tables_for_nothing(raised, sentences):
    assert sentences.keys() - {each.key for each in raised} - {"refused"} == set()


def test_both_languages_tell_the_same_values(sentences):
    assert {key for key, both in sentences.items() if places(both["ko"]) != places(both["en"])} == set()


def test_every_placeholder_has_a_value_wherever_its_code_is_raised(raised, sentences):
    literal = [each for each in raised if each.values]
    assert len(literal) > 60
    lacking = {
        f"{each.key} at {each.where}: {sorted(wanted)}"
        for each in literal
        if (wanted := places(sentences[each.key]["ko"]) - each.values)
    }
    assert lacking == set()


def places(sentence: str) -> set[str]:
    return set(_PLACE.findall(sentence))


def test_a_korean_sentence_stands_in_the_tables_alone(trees):
    """What is raised tells its values; a second sentence beside the code would be another one some day."""
    calls = [each for tree in trees.values() for each in ast.walk(tree) if isinstance(each, ast.Call)]
    errors = [call for call in calls if getattr(call.func, "id", "") == "ApiError"]
    assert len(errors) > 30
    own = [
        argument(call, 4, next((each.value for each in call.keywords if each.arg == "message_ko"), None))
        for call in errors
    ]
    # A model that cannot be loaded now brings its own sentence, which names the model and when to come back.
    assert [ast.unparse(each) for each in own if each is not None and not is_none(each)] == ["error.korean"]


def test_no_english_word_stands_in_a_korean_sentence_but_those_of_the_glossary(sentences):
    kept = set(json.loads((WEB / "i18n" / "glossary.json").read_text(encoding="utf-8"))["kept_words"])
    found = {key: set(_ENGLISH.findall(_PLACE.sub("", both["ko"]))) - kept for key, both in sentences.items()}
    assert {key: words for key, words in found.items() if words} == {}
    assert [key for key, both in sentences.items() if not re.search("[가-힣]", both["ko"])] == []


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ('def f():\n    raise ApiError(404, "no", code="absent")', "absent"),
        ('def f():\n    return bad("n", "no", "cannot", "here", most=3)', "cannot.here"),
        ('def f():\n    return bad("n", "no")', "bad_value"),
        ('FULL = "full"\ndef f():\n    raise ApiError(409, "no", None, FULL)', "full"),
        ('def f(error):\n    raise ApiError(400, "no", None, error.code)', None),
        ('def f():\n    raise ApiError(400, "no")', None),
        ('_OWN_CODES = {KeyError: ("lost", "no")}', "lost"),
        ('def f():\n    raise PydanticCustomError("too_deep", "no")', "too_deep"),
    ],
)
def test_a_code_is_found_however_it_is_written(source, key):
    tree = ast.parse(source)
    assert [each.key for each in raised_in(tree, Path("one.py"), dict(constants_of(tree)))] == [key]


@pytest.mark.parametrize(
    ("body", "code", "korean"),
    [
        ({"title": "", "body": {}}, "too_few", "title: 적어도 1개가 있어야 해요."),
        ({"title": "가" * 201, "body": {}}, "text_too_long", "title: 200자까지 쓸 수 있어요."),
        ({"title": 3, "body": {}}, "not_a_text", "title: 글이어야 해요."),
        ({"body": {}}, "field_missing", "title 필드가 빠졌어요."),
        ({"title": "가", "body": {}, "idd": "x"}, "unknown_field", "idd 필드는 이 서버에 없어요."),
    ],
)
def test_what_is_wrong_with_a_field_of_the_api_has_code_and_values(client, body, code, korean):
    error = client.post("/api/prompts", json=body).json()["error"]
    assert (error["code"], error["message_ko"]) == (code, korean)


def test_a_number_out_of_bounds_tells_the_bound_as_a_value(client):
    told = client.post("/api/score", json={"text": "가", "top": 99}).json()["error"]
    assert (told["code"], told["params"], told["param"]) == ("number_too_high", {"most": 20}, "top")
    assert told["message_ko"] == "top: 20 이하여야 해요."


def test_an_input_of_a_card_is_told_by_its_title_in_both_languages():
    with pytest.raises(InputError) as refused:
        check_inputs(read_library()["content_classification"], {"text": "가" * 2000})
    error = as_api_error(refused.value)
    assert (error.status, error.param, error.code) == (400, "inputs.text", "text_too_long")
    title = error.params["param"]
    assert re.search("[가-힣]", title["ko"]) and title["en"]
    assert error.to_json()["error"]["message_ko"].startswith(f"{title['ko']}: ")


def test_a_particle_follows_the_value_that_stands_before_it():
    for word, written in (("욕설", "욕설이 든"), ("개인 정보", "개인 정보가 든")):
        error = ApiError(400, "no", None, "content_filter", params={"kind": {"ko": word, "en": "x"}})
        assert written in error.to_json()["error"]["message_ko"]
