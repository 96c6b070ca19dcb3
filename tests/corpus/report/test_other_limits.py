"""What other limits would do is told from the ledger, and is what a build with them does."""

import json
import unicodedata

import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.cli.main import main
from malmoi.corpus.build import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report.difference import difference
from malmoi.corpus.report.other_limits import answer
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.quality import Limit, Quality
from malmoi.kit.errors import UserError

NONE = (0, 0, 100)
"""How many samples, which seed, how many characters."""


def figures(count: int) -> str:
    return " ".join(str((place * 71) % 900 + 100) for place in range(count))


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    rows = [{"text": f"{sentences(n)[:200]} {figures(n * 12)}", "kind": "web"} for n in range(1, 12)]
    rows += [{"text": f"{sentences(40 + n)[:200]} {figures(n * 12)}", "kind": "news"} for n in range(1, 12)]
    rows += [{"text": "짧다", "kind": "web"}, {"text": rows[2]["text"], "kind": "web"}, "{broken"]
    write_rows(folder / "쪽.jsonl", rows)
    return folder


def built(raw, out, limits):
    build(CorpusRecipe(inputs=(Input(raw),), quality=Quality(limits), processes=1), out, quiet)
    return out


@pytest.fixture(scope="module")
def folder(raw, tmp_path_factory):
    return built(raw, tmp_path_factory.mktemp("out"), {})


def by_change(before, after) -> dict[str, int]:
    sums = dict.fromkeys(("added", "dropped"), 0)
    for row in difference(before, after, samples=0)["changes"]:
        sums[row["change"]] = sums.get(row["change"], 0) + row["documents"]
    return sums


@pytest.mark.parametrize("limit", [0.3, 0.62])
def test_what_is_told_is_what_a_build_with_that_limit_does(raw, folder, tmp_path, limit):
    told = answer(folder, {"digits": limit}, None, *NONE)
    changes = by_change(folder, built(raw, tmp_path, {"bare_digit_share": Limit(fixed=limit)}))
    assert (told["come_in"], told["go"]) == (changes["added"], changes["dropped"])
    assert told["come_in"] + told["go"] > 1


def test_samples_say_the_score_and_the_reason_and_are_as_many_as_asked(folder):
    told = answer(folder, {"bare_digit_share": 0.3}, None, 2, 0, 20)
    assert [row["change"] for row in told["samples"]] == ["go", "go"]
    for row in told["samples"]:
        assert row["scores"]["bare_digit_share"] > 0.3
        assert (row["before"], row["after"], len(row["text"])) == ([], ["digits"], 20)
    assert told["samples"] == answer(folder, {"bare_digit_share": 0.3}, None, 2, 0, 20)["samples"]


def test_of_the_rows_of_one_record_each_is_a_sample_once(tmp_path):
    """They have one place: a record of a crawl that answers with rows, as a page with its comments."""
    rows = [{"text": sentences(60 + n)[:400]} for n in range(4)]
    body = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + json.dumps(rows).encode()
    fields = ["WARC/1.0", "WARC-Type: response", "WARC-Target-URI: http://a.kr/", "Content-Type: application/http"]
    head = "\r\n".join([*fields, f"Content-Length: {len(body)}", "", ""])
    raw = tmp_path / "crawl.warc"
    raw.write_bytes(head.encode() + body + b"\r\n\r\n")
    told = answer(built(raw, tmp_path / "out", {}), {"characters": 100_000}, None, 10, 0, 100)
    assert (told["go"], len({row["id"] for row in told["samples"]}), len(told["samples"])) == (4, 4, 4)


def test_a_limit_of_one_kind_touches_no_other(folder):
    told = answer(folder, {"digits": 0.3}, "news", *NONE)
    assert set(told["by_kind"]) == {"news"}
    assert told["changed"][0]["before"] == {"news": 0.5}


def test_copies_of_what_goes_are_counted(folder):
    told = answer(folder, {"characters": 100_000}, None, *NONE)
    assert told["copies_of_what_goes"] == 1
    assert sum(group["go"] for group in told["by_source"].values()) == told["go"]


def test_a_reason_with_several_rules_changes_those_that_are_shares(folder):
    scores = {limit["score"] for limit in answer(folder, {"repetition": 0.3}, None, *NONE)["changed"]}
    assert scores == {"duplicate_line_share", "top_bigram_share", "repeated_5gram_share"}


@pytest.mark.parametrize("name", ["숫자가 많음", "Too many digits", "글 없이 이어진 숫자의 몫", "bare_digit_share"])
def test_a_limit_goes_by_the_names_that_pages_show(folder, name):
    assert answer(folder, {name: 0.3}, None, *NONE)["go"] == answer(folder, {"digits": 0.3}, None, *NONE)["go"]


def test_a_learned_score_without_a_limit_gets_one(folder):
    told = answer(folder, {"spam": -1}, None, *NONE)
    assert (told["changed"][0]["before"], told["changed"][0]["reason"]) == (None, "spam")
    assert told["go"] == answer(folder, {"characters": 100_000}, None, *NONE)["go"]


def test_near_copies_come_in_but_what_is_less_alike_was_never_noted(folder):
    assert answer(folder, {"exact_duplicate": 1}, None, *NONE)["come_in"] == 1
    with pytest.raises(UserError, match="what is less alike was not noted"):
        answer(folder, {"near_duplicate": 0.5}, None, *NONE)


def test_unknown_limits_are_asked_wrongly(folder, capsys):
    with pytest.raises(UserError, match="did you mean 'digits'"):
        answer(folder, {"digit": 0.3}, None, *NONE)
    assert main(["corpus", "whatif", str(folder), "--limit", "digits"]) == 2
    assert main(["corpus", "whatif", str(folder), "--limit", "digits=nan"]) == 2
    assert "NAME=NUMBER" in capsys.readouterr().err


def test_the_verb_prints_both_numbers_and_texts(folder, capsys):
    asked = ["corpus", "whatif", str(folder), "--limit", unicodedata.normalize("NFD", "숫자가 많음=.3"), "--count", "1"]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "digits: bare_digit_share at most 0.3 (was 0.5)" in printed
    assert "come in 0 documents" in printed
    assert main(["corpus", "whatif", str(folder), "--limit", "characters=123456"]) == 0
    assert "too_short: characters at least 123456 (was 40" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["go"] > 1
