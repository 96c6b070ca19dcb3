"""A training is asked what it saw, also when its tokens were made again without a document."""

import json

import pytest
from small_runs import run
from small_tokens import document_id, write_tokens

from malmoi.cli.erasure_runs import left, seen_by
from malmoi.cli.main import main
from malmoi.kit import manifest
from malmoi.kit.files import sha256_of
from malmoi.tokenizer.corpus_text import content_sha256
from malmoi.tokenizer.former import keep
from malmoi.tokenizer.shards import table_of


@pytest.fixture
def trained(tmp_path, documents):
    """A run of 12 steps; document 3 was held out."""
    tokens = write_tokens(tmp_path / "tokens", documents)
    held_out = write_tokens(tmp_path / "held", [documents[3]] * 4, shards=1)
    for name in ("train-00000.bin", "train-00000.documents.parquet"):
        (held_out / name).rename(tokens / name.replace("train", "heldout"))
    made = manifest.read(tokens)
    size = manifest.read(held_out)["counts"]["shards"]["train-00000.bin"]
    shards = made["counts"]["shards"] | {"heldout-00000.bin": size}
    files = [tokens / name for name in shards]
    outputs = {file.name: sha256_of(file) for shard in files for file in (shard, table_of(shard))}
    changed = manifest.revised(made, outputs=outputs, counts=made["counts"] | {"shards": shards})
    manifest.write(tokens, changed)
    run(tokens, tmp_path / "train", keep_checkpoints=5)
    return tmp_path


def seen(folder, number, capsys):
    assert main(["train", "seen", str(folder), document_id(number), "--json"]) == 0
    return json.loads(capsys.readouterr().out)["steps"]


def test_the_same_steps_are_told_after_the_tokens_were_made_again(trained, capsys, documents):
    before = {number: seen(trained, number, capsys) for number in (0, 5, 40)}
    assert all(before.values())
    keep(trained / "tokens")
    old = content_sha256(trained / "tokens")
    (trained / "tokens").rename(trained / "was")
    write_tokens(trained / "tokens", documents[10:])
    (trained / "was" / "former").rename(trained / "tokens" / "former")
    assert content_sha256(trained / "tokens") != old
    assert {number: seen(trained, number, capsys) for number in before} == before
    assert main(["train", "documents", str(trained), "--step", "1", "--json"]) == 0


def test_without_the_former_index_it_is_said_that_nobody_knows(trained, capsys, documents):
    (trained / "tokens").rename(trained / "was")
    write_tokens(trained / "tokens", documents[10:])
    assert main(["train", "seen", str(trained), document_id(0)]) == 2
    assert "is not known" in capsys.readouterr().err
    told = seen_by(trained, {document_id(0)})
    assert (told["documents"], told["steps"]) == ("unknown", "unknown")
    assert "is not known" in told["reason"]
    assert {one["what"] for one in left(trained, told, None)} >= {"weights", "tokens"}


def test_what_was_held_out_is_told_apart_from_what_was_trained_on(trained):
    told = seen_by(trained, {document_id(0), document_id(1), document_id(20), document_id(50)})
    assert told["documents"] == 4
    assert told["heldout"] == 2  # the ids 0 and 1 stand in both parts here
    assert 0 < told["steps"] <= 12
    assert 1 <= told["first"] <= told["last"] <= 12
    saved = [int(name.removeprefix("step-")) for name in told["checkpoints"]]
    assert saved == [step for step in (4, 8, 12) if step >= told["first"]]


def test_of_what_was_only_held_out_no_weights_are_named(trained):
    told = seen_by(trained, {"e" * 32})
    assert (told["documents"], told["heldout"], told["steps"]) == (0, 0, 0)
    assert list(left(trained, told | {"heldout": 1}, {"heldout": 1, "files": {}})) == []
