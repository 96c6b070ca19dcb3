import json
from pathlib import Path

import pytest

from malmoi.cli.main import main

RECIPE = """
name = "tiny"
folder = "{folder}"
[[corpus.inputs]]
path = "{raw}"
name = "연습"
[tokenizer]
[model]
[train]
"""
TEXTS = [
    "오늘 아침에는 비가 내렸다. 우산을 챙기지 못한 사람들이 처마 밑에서 비가 그치기를 기다렸다. 나도 그랬다.",
    "도서관에서 오래된 책을 한 권 빌렸다. 책장을 넘길 때마다 마른 종이 냄새가 났고, 누군가의 밑줄이 남아 있었다.",
    "문의는 010-1234-5678로 해 주세요. 담당자가 자리를 비우면 메일 haneul@mail.example로 보내셔도 괜찮습니다.",
    "짧다",
]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in TEXTS]
    (folder / "raw.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tiny.toml").write_text(RECIPE.format(folder=folder / "run", raw=folder / "raw.jsonl"), encoding="utf-8")
    return folder / "tiny.toml"


@pytest.fixture(scope="module")
def corpus(recipe) -> Path:
    assert main(["corpus", "build", str(recipe), "--set", "corpus.processes=1"]) == 0
    return recipe.parent / "run" / "corpus"


def test_dry_run_says_what_would_be_read_and_writes_nothing(recipe, capsys):
    assert main(["corpus", "build", str(recipe), "--set", "folder=/nowhere/at/all", "--dry-run"]) == 0
    assert "1 files" in capsys.readouterr().out
    assert not Path("/nowhere").exists()


def test_show_counts_what_went_in_and_where_it_went(corpus, capsys):
    assert main(["corpus", "show", str(corpus)]) == 0
    out = capsys.readouterr().out
    assert "documents in 4 = kept 3 + dropped 1" in out
    assert main(["corpus", "show", str(corpus), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts["dropped_by_reason"] == {"too_short": 1}
    assert {name: number for name, number in counts["masked"].items() if number} == {"phone": 1, "email": 1}
    assert counts["by_source"]["연습"]["documents"] == 3


def test_sample_then_why_leads_from_a_reason_to_every_step_of_a_document(corpus, capsys):
    assert main(["corpus", "sample", str(corpus), "--dropped-by", "too_short", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["text"] == "짧다"
    assert main(["corpus", "why", str(corpus), row["id"]]) == 0
    out = capsys.readouterr().out
    assert "dropped: too_short" in out
    assert "DROP too_short" in out
    assert "ok   promotion" in out
    assert main(["corpus", "why", str(corpus), row["id"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["kept"] is False


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["why", "{corpus}", "0000"], "nothing read is '0000'"),
        (["sample", "{corpus}", "--dropped-by", "to_short"], "did you mean 'too_short'?"),
        (["sample", "{corpus}", "--dropped-by", "too_short", "--count", "0"], "--count 0"),
        (["sample", "{corpus}", "--dropped-by", "too_short", "--count", "9" * 30], "--count 999"),
        (["sample", "{corpus}", "--dropped-by", "too_short", "--seed", "-1"], "--seed -1"),
        (["why", "{corpus}", "\udcff"], "is no text"),
        (["show", "{corpus}", "--truth", "absent.jsonl"], "absent.jsonl"),
        (
            ["build", "{recipe}", "--set", "folder=/proc/nowhere"],
            "/proc/nowhere/corpus cannot be written to: No such file",
        ),
        (["build", "{recipe}", "--set", "folder={recipe}"], "Not a directory"),
        (["build", "{recipe}", "--set", "folder="], "folder is ''"),
        (["show", "{corpus}/ledger"], "no manifest.json"),
        (["build", "{recipe}", "--set", "corpus.qualty.minimum_characters=3"], "did you mean 'quality'?"),
        (["build", "{recipe}", "--set", "corpus.near_duplicate.similarity=7"], "similarity is 7"),
        (["build", "{recipe}", "--set", 'corpus.off=["pii"]'], "corpus.off[0]"),
    ],
)
def test_whatever_is_asked_wrongly_gives_one_line_and_exit_code_2(words, told, corpus, recipe, capsys):
    places = {"corpus": corpus, "recipe": recipe}
    assert main(["corpus", *(word.format(**places) for word in words)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err


def test_what_a_terminal_would_obey_is_written_out(recipe, capsys):
    raw = recipe.parent / "hostile"
    raw.mkdir()
    (raw / "\x1b[2Jname.bin").write_bytes(b"x")
    words = ["--set", f"folder={recipe.parent / 'other'}", "--set", f"corpus.inputs.0.path={raw}"]
    assert main(["corpus", "build", str(recipe), *words, "--set", "corpus.processes=1"]) == 0
    capsys.readouterr()
    assert main(["corpus", "sample", str(recipe.parent / "other/corpus"), "--dropped-by", "unsupported_format"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"\x1b[2Jname.bin@0" in out


def test_a_recipe_of_a_corpus_alone_says_nothing_of_later_stages(recipe, tmp_path, capsys):
    alone = tmp_path / "alone.toml"
    alone.write_text(recipe.read_text(encoding="utf-8").partition("[tokenizer]")[0], encoding="utf-8")
    assert main(["corpus", "build", str(alone), "--dry-run"]) == 0
    assert "1 files" in capsys.readouterr().out
    assert main(["run", str(alone), "--dry-run"]) == 0  # what it leaves out has defaults
    assert "parameters" in capsys.readouterr().out


def test_types_that_were_never_found_are_not_listed(corpus, capsys):
    assert main(["corpus", "show", str(corpus)]) == 0
    out = capsys.readouterr().out
    assert "phone" in out
    assert "passport" not in out


@pytest.mark.parametrize(
    "setting",
    [
        "corpus.trust.kinds.lwa=0.5",
        "corpus.learned.minimum_value_by_kind.lwa=0.5",
        "corpus.mix.shares.lwa=0.5",
        "corpus.quality.limits.characters.by_kind.lwa=5",
        'corpus.paragraphs.off_kinds=["lwa"]',
    ],
)
def test_a_kind_that_there_is_none_of_is_refused_wherever_it_is_named(recipe, setting, capsys):
    assert main(["corpus", "build", str(recipe), "--dry-run", "--set", setting]) == 2
    said = capsys.readouterr().err
    assert "'lwa'" in said
    assert "did you mean 'law'" in said
