import json
from pathlib import Path

import pytest

from malmoi.kit import manifest
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.learn import MAX_TOKEN_BYTES, learn, tasks_of, train
from malmoi.tokenizer.morphemes import CUT
from malmoi.tokenizer.settings import SPECIAL_TOKENS, LearnSettings


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def test_special_tokens_come_first_then_bytes_then_merges(guided: Path):
    made = json.loads((guided / "tokenizer.json").read_text(encoding="utf-8"))
    by_id = {token_id: token for token, token_id in made["model"]["vocab"].items()}
    assert tuple(by_id[token_id] for token_id in range(len(SPECIAL_TOKENS))) == SPECIAL_TOKENS
    assert all(len(by_id[len(SPECIAL_TOKENS) + byte]) == 1 for byte in range(256))
    assert len(by_id[len(SPECIAL_TOKENS) + 256]) == 2
    assert made["normalizer"] == {"type": "NFC"}
    assert made["model"]["ignore_merges"] is True
    assert CUT not in json.dumps(made["pre_tokenizer"])
    assert "\\u001f" not in json.dumps(made["pre_tokenizer"])


def test_no_learnt_token_crosses_a_morpheme_boundary(guided: Path, plain: Path):
    tokens = {name: _tokens(folder) for name, folder in (("guided", guided), ("plain", plain))}
    assert {" 학교", "에서", "까지"} <= tokens["guided"]
    assert not {token for token in tokens["guided"] if len(token.strip()) > 2 and token.endswith(("에서", "까지"))}
    assert {token for token in tokens["plain"] if len(token.strip()) > 2 and token.endswith(("에서", "까지"))}


def test_the_manifest_says_what_was_learnt_from(guided: Path):
    made = manifest.read(guided)
    counts = made["counts"]
    assert made["stage"] == "tokenizer"
    assert "processes" not in made["config"]
    assert counts["vocabulary_tokens"] == Codec(guided).vocabulary_tokens <= 1600
    assert counts["special_tokens"] == 1029
    assert counts["sample_bytes"] == sum(counts["sample_bytes_by_kind"].values()) > 0
    assert set(counts["sample_bytes_by_kind"]) == {"news", "blog", "comment"}
    assert set(made["outputs"]) == {"tokenizer.json", "special_tokens.json"}


def test_a_finished_folder_is_left_and_a_changed_setting_learns_again(corpus: Path, tmp_path: Path):
    settings = LearnSettings(1400, guide="none", processes=1)
    counts = learn(settings, corpus, tmp_path, quiet)
    first = (tmp_path / "manifest.json").stat().st_mtime_ns
    assert learn(LearnSettings(1400, guide="none", processes=2), corpus, tmp_path, quiet) == counts
    assert (tmp_path / "manifest.json").stat().st_mtime_ns == first
    learn(LearnSettings(1300, guide="none", processes=1), corpus, tmp_path, quiet)
    assert Codec(tmp_path).vocabulary_tokens == 1300


def test_an_unfinished_folder_is_learnt_again(corpus: Path, tmp_path: Path, plain: Path):
    (tmp_path / "tokenizer.json").write_text("half", encoding="utf-8")
    (tmp_path / "tokenizer.json.77.partial").write_text("half", encoding="utf-8")
    learn(LearnSettings(1600, guide="none", processes=1), corpus, tmp_path, quiet)
    assert (tmp_path / "tokenizer.json").read_bytes() == (plain / "tokenizer.json").read_bytes()
    assert not list(tmp_path.glob("*.partial"))


def test_a_damaged_tokenizer_is_learnt_again(corpus: Path, tmp_path: Path, plain: Path):
    settings = LearnSettings(1600, guide="none", processes=1)
    learn(settings, corpus, tmp_path, quiet)
    (tmp_path / "tokenizer.json").write_bytes((plain / "tokenizer.json").read_bytes()[:-100])
    learn(settings, corpus, tmp_path, quiet)
    assert (tmp_path / "tokenizer.json").read_bytes() == (plain / "tokenizer.json").read_bytes()


def test_an_unwritable_folder_is_one_clear_line(corpus: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file cannot be written to"):
        learn(LearnSettings(1600, guide="none", processes=1), corpus, tmp_path / "file", quiet)


def test_any_number_of_workers_learns_the_same_bytes(corpus: Path, guided: Path, tmp_path: Path):
    learn(LearnSettings(1600, processes=2), corpus, tmp_path, quiet)
    for name in ("tokenizer.json", "special_tokens.json"):
        assert (tmp_path / name).read_bytes() == (guided / name).read_bytes()


def test_a_unit_separator_in_the_data_breaks_nothing(write_corpus, tmp_path: Path, make_document):
    documents = [make_document(f"학교\x1f에서 {n}번 \x1f\x1f 만났다", "web") for n in range(40)]
    corpus = write_corpus(tmp_path / "corpus", documents)
    for guide in ("none", "morphemes"):
        out = tmp_path / guide
        learn(LearnSettings(1400, guide=guide, processes=1), corpus, out, quiet)
        codec = Codec(out)
        assert codec.decode(codec.encode(documents[0]["text"])) == documents[0]["text"]


def test_no_token_is_longer_than_the_limit():
    tokenizer = train(iter([["═" * 400 + "\n", "가나" * 300]] * 3), 1600)
    assert max(map(len, set(tokenizer.get_vocab()) - set(SPECIAL_TOKENS))) <= MAX_TOKEN_BYTES


def test_tasks_hold_all_lines_in_order():
    texts = ["한 줄\n두 줄", "", "셋\n" * 30_000]
    tasks = list(tasks_of(iter(texts)))
    assert "".join(line for task in tasks for line in task) == "".join(texts)
    assert len(tasks) > 1


def test_two_that_learn_into_one_folder_do_not_break_each_other(corpus: Path, tmp_path: Path):
    settings, refused = LearnSettings(1400, guide="none", processes=1), []

    def progress(_done: int, _total: int) -> None:
        if not refused:
            with pytest.raises(UserError, match="is at work in") as caught:
                learn(settings, corpus, tmp_path / "out", quiet)
            refused.append(caught.value.code)

    learn(settings, corpus, tmp_path / "out", progress)
    assert refused == [TRY_AGAIN]
    assert manifest.verify(tmp_path / "out") is None


def test_a_corpus_that_is_absent_or_empty_is_named(tmp_path: Path, write_corpus):
    settings = LearnSettings(1600, guide="none", processes=1)
    with pytest.raises(UserError, match=r"has no manifest\.json"):
        learn(settings, tmp_path / "nothing", tmp_path / "out", quiet)
    with pytest.raises(UserError, match="can be sampled"):
        learn(settings, write_corpus(tmp_path / "corpus", [], shards=1), tmp_path / "out", quiet)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_damaged_shard_is_named(write_corpus, tmp_path: Path, make_document):
    corpus = write_corpus(tmp_path / "corpus", [make_document(f"글 {n}") for n in range(20)])
    shard = corpus / "shards" / "part-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-50])
    with pytest.raises(UserError, match=r"part-00001\.parquet cannot be read"):
        learn(LearnSettings(1600, guide="none", processes=1), corpus, tmp_path / "out", quiet)


@pytest.mark.parametrize(
    "wrong", [{"vocabulary_tokens": 1284}, {"vocabulary_tokens": 2**21}, {"sample_bytes": 0}, {"processes": 0}]
)
def test_impossible_settings_are_refused_by_name(wrong: dict):
    with pytest.raises(UserError, match=next(iter(wrong))):
        LearnSettings(**wrong)


def _tokens(folder: Path) -> set[str]:
    codec = Codec(folder)
    return {codec.decode([token]) for token in range(codec.vocabulary_tokens)}
