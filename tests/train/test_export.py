import json
import os
import resource
import shutil
import signal

import pytest
import torch
from small_runs import run
from small_tokens import VOCABULARY

from malmoi.kit import manifest
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.files import sha256_of
from malmoi.kit.lock import lock
from malmoi.model.read_folder import load_hugging_face
from malmoi.train.export import export, load_model

SPECIAL = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|endofturn|>"]


@pytest.fixture
def folder(tokens):
    """The folder of a run that was trained for 8 steps."""
    run(tokens, tokens.parent / "train", steps=8)
    made = tokens.parent / "tokenizer"
    made.mkdir()
    vocab = {token: number for number, token in enumerate([*SPECIAL, *(f"t{one}" for one in range(5, VOCABULARY))])}
    added = [{"id": number, "content": token, "special": True} for number, token in enumerate(SPECIAL)]
    content = {"model": {"type": "BPE", "vocab": vocab, "merges": [["t5", "t6"]]}, "added_tokens": added}
    (made / "tokenizer.json").write_text(json.dumps(content))
    return tokens.parent


def export_of(folder, **options):
    return export(folder / "train", folder / "tokenizer", folder / "model", **options)


def test_an_export_is_the_newest_checkpoint_whole_and_hashed(folder):
    counts = export_of(folder)
    content = manifest.read(folder / "model")
    assert counts == content["counts"]
    assert counts["step"] == 8
    files = {path.name for path in (folder / "model").iterdir()} - {"manifest.json"}
    expected = "config.json generation_config.json model.safetensors tokenizer.json tokenizer_config.json"
    assert files == {*expected.split(), "chat_template.jinja", "model.gguf", "README.md"}
    assert content["outputs"] == manifest.outputs_of(folder / "model", files)
    assert content["parents"] == {"tokenizer": sha256_of(folder / "tokenizer" / "tokenizer.json")}
    ours, exported = load_model(folder / "train" / "checkpoints" / "step-00000008"), load_hugging_face(folder / "model")
    tokens, positions = torch.arange(40)[None], torch.arange(40)[None]
    assert torch.equal(ours(tokens, positions), exported(tokens, positions))
    assert not list(folder.glob("model.*"))


def test_the_card_of_a_model_tells_its_sizes_its_readers_differences_and_the_hashes_of_its_files(folder):
    export_of(folder)
    card = (folder / "model" / "README.md").read_text(encoding="utf-8")
    hashes = manifest.hashes(manifest.read(folder / "model")["outputs"])
    told = [f"| {name} | `{sha256}` |" for name, sha256 in hashes.items() if name != "README.md"]
    assert len(told) == 7
    assert all(line in card for line in told)
    assert f"`{sha256_of(folder / 'tokenizer' / 'tokenizer.json')}`" in card
    assert "checkpoint of step 8" in card
    assert "llama.cpp and OpenVINO GenAI do not do so with the GGUF file" in card
    assert "puts no begin token" in card
    assert "Not stated." in card
    assert "The records of the corpus were not beside this model." in card


def test_the_card_counts_what_the_model_was_trained_on_and_only_that(folder):
    made = manifest.read(folder / "tokens")
    counts = made["counts"] | {"by_kind": {"뉴스": {"train_documents": 1200, "train_text_bytes": 34567}}}
    (folder / "tokens" / "manifest.json").write_text(json.dumps(made | {"counts": counts}))
    export_of(folder)
    assert "| 뉴스 | 1,200 | 34,567 |" in (folder / "model" / "README.md").read_text(encoding="utf-8")
    (folder / "tokens" / "manifest.json").write_text(json.dumps(made | {"counts": counts, "outputs": {}}))
    shutil.rmtree(folder / "model")
    export_of(folder)
    assert "뉴스" not in (folder / "model" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("umask", "mode"), [(0o022, "0o644"), (0o077, "0o600")])
def test_the_umask_alone_says_who_may_read_the_files_of_an_export(folder, umask, mode):
    former = os.umask(umask)
    try:
        export_of(folder)
    finally:
        os.umask(former)
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in (folder / "model").iterdir()}
    assert modes == dict.fromkeys(modes, mode)
    assert len(modes) == 9
    assert (folder / "model").stat().st_mode & 0o777 == 0o777 & ~umask


def test_a_full_disk_is_one_sentence_and_leaves_the_former_model(folder):
    """The limit of a file's size stands for the disk: the same call of the system fails at the same place."""
    export_of(folder, step=4)
    before = sha256_of(folder / "model" / "model.safetensors")
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, former[1]))
    try:
        with pytest.raises(UserError, match=r"model cannot be written to: .*; make room or choose another") as caught:
            export_of(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "\n" not in str(caught.value)
    assert sha256_of(folder / "model" / "model.safetensors") == before
    assert export_of(folder)["step"] == 8
    assert not [file.name for file in (folder / "model").iterdir() if "partial" in file.name or file.name == "work"]


def test_an_earlier_step_can_be_asked_for_and_replaces_the_model(folder):
    export_of(folder)
    weights = (folder / "model" / "model.safetensors").read_bytes()
    assert export_of(folder, step=4)["step"] == 4
    assert (folder / "model" / "model.safetensors").read_bytes() != weights
    assert export_of(folder, step=None)["step"] == 8
    assert (folder / "model" / "model.safetensors").read_bytes() == weights


def test_a_finished_export_is_left_as_it_is(folder):
    export_of(folder)
    before = (folder / "model").stat().st_ino
    export_of(folder)
    assert (folder / "model").stat().st_ino == before


def test_an_export_that_failed_on_the_way_leaves_the_former_files_and_is_made_again(folder):
    export_of(folder, step=4)
    former = (folder / "model" / "model.safetensors").read_bytes()
    whole = (folder / "tokenizer" / "tokenizer.json").read_bytes()
    (folder / "tokenizer" / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="is no BPE tokenizer"):
        export_of(folder)
    assert (folder / "model" / "model.safetensors").read_bytes() == former
    assert not (folder / "model" / "manifest.json").exists()
    (folder / "tokenizer" / "tokenizer.json").write_bytes(whole)
    (folder / "model" / "model.of.a.former.version").write_text("")
    (folder / "model" / "work" / "0123456789abcdef").mkdir(parents=True)
    export_of(folder)
    assert manifest.verify(folder / "model") is None
    files = {path.name for path in (folder / "model").iterdir()} - {"manifest.json"}
    assert files == set(manifest.read(folder / "model")["outputs"])


def test_two_exports_into_one_folder_do_not_meet(folder):
    with lock(folder / "model"), pytest.raises(UserError, match="is at work in") as caught:
        export_of(folder)
    assert caught.value.code == TRY_AGAIN
    assert export_of(folder)["step"] == 8


def test_a_damaged_checkpoint_is_named_and_never_exchanged_for_another(folder):
    path = folder / "train" / "checkpoints" / "step-00000008" / "model-00001-of-00002.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"step-00000008 is damaged: model-00001.*training again.*name another: 4$"):
        export_of(folder)
    assert not (folder / "model").exists()
    run(folder / "tokens", folder / "train", steps=8)
    assert export_of(folder)["step"] == 8


def test_a_damaged_export_is_written_again(folder):
    export_of(folder)
    weights = (folder / "model" / "model.safetensors").read_bytes()
    (folder / "model" / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    export_of(folder)
    assert (folder / "model" / "model.safetensors").read_bytes() == weights


def test_a_tokenizer_learnt_after_the_training_is_refused(folder):
    """Its vocabulary may be as large and its ids mean other words: nothing but the hash can tell."""
    shutil.rmtree(folder / "train")
    made = manifest.read(folder / "tokens")
    made["inputs"] = {"tokenizer": sha256_of(folder / "tokenizer" / "tokenizer.json")}
    (folder / "tokens" / "manifest.json").write_text(json.dumps(made))
    run(folder / "tokens", folder / "train", steps=8)
    export_of(folder)
    text = (folder / "tokenizer" / "tokenizer.json").read_text()
    (folder / "tokenizer" / "tokenizer.json").write_text(text.replace('"t7": 7, "t8": 8', '"t8": 7, "t7": 8'))
    with pytest.raises(UserError, match="is not the one that the model was trained with"):
        export_of(folder)


def test_missing_things_are_named(folder):
    with pytest.raises(UserError, match="no checkpoint of step 5; expected one of 4, 8"):
        export_of(folder, step=5)
    with pytest.raises(UserError, match="no checkpoint in"):
        export(folder / "nowhere", folder / "tokenizer", folder / "model")
    with pytest.raises(UserError, match=r"tokenizer\.json is missing"):
        export(folder / "train", folder / "nowhere", folder / "model")


def test_a_folder_with_other_files_is_not_replaced(folder):
    (folder / "model").mkdir()
    (folder / "model" / "diary.txt").write_text("소중한 글")
    with pytest.raises(UserError, match="holds other files"):
        export_of(folder)
    assert (folder / "model" / "diary.txt").read_text() == "소중한 글"


def test_an_unwritable_place_is_one_clear_line(folder):
    (folder / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written to"):
        export(folder / "train", folder / "tokenizer", folder / "file" / "model")


RECIPE = """
name = "small"
folder = "{folder}"
[corpus]
inputs = [{{ path = "raw" }}]
[tokenizer]
[model]
layers = 2
hidden = 32
heads = 4
kv_heads = 2
feed_forward = 48
context_tokens = 64
[train]
steps = 8
sequence_tokens = 32
batch_sequences = 4
micro_sequences = 2
warmup_steps = 3
checkpoint_steps = 4
threads = 1
device = "cpu"
"""


@pytest.fixture
def call(capsys):
    from malmoi.cli.main import main

    def run_words(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return run_words


def test_the_command_line_trains_shows_traces_and_exports(folder, call):
    recipe = folder / "small.toml"
    recipe.write_text(RECIPE.format(folder=folder))
    shutil.rmtree(folder / "train")
    code, out, err = call("train", "run", recipe, "--dry-run", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["training_tokens"] == 8 * 4 * 32
    code, out, err = call("train", "run", recipe, "--json")
    assert (code, err) == (0, f"written to {folder / 'train'}\n")
    assert json.loads(out)["steps"] == 8
    code, out, _ = call("train", "show", folder, "--json")
    assert json.loads(out)["checkpoints"] == {"step-00000004": "whole", "step-00000008": "whole"}
    assert "finished: True" in call("train", "show", folder / "train")[1]
    code, out, _ = call("train", "documents", folder, "--step", 3, "--json")
    first = json.loads(out)["sequences"][0][0]
    assert 3 in json.loads(call("train", "seen", folder, first, "--json")[1])["steps"]
    assert "3" in call("train", "seen", folder / "train", first)[1].split()
    assert call("model", "export", recipe, "--dry-run")[0] == 0
    assert not (folder / "model").exists()
    code, out, err = call("model", "export", recipe)
    assert (code, err) == (0, f"written to {folder / 'model'}\n")
    assert "step: 8" in out
    assert call("model", "export", recipe)[2] == f"{folder / 'model'} held this model already\n"
    narrow = call("model", "export", recipe, "--dtype", "bfloat16", "--gguf", "bf16", "--max-shard-bytes", 9_000)
    assert narrow[2] == (
        f'written to {folder / "model"} again because config.dtype changed ("float32" -> "bfloat16")\n'
    )
    assert len(list((folder / "model").glob("model-*-of-*.safetensors"))) > 1
    assert not (folder / "model" / "model.safetensors").exists()
    assert json.loads(call("model", "export", folder, "--step", 4, "--json")[1])["step"] == 4
    shown = json.loads(call("model", "show", folder, "--json")[1])
    assert shown["parameters"] == shown["counts"]["parameters"]
    assert "layers: 2" in call("model", "show", folder / "model")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "show", "{folder}/nowhere"), "is no train folder"),
        (("train", "documents", "{folder}", "--step", "9"), "--step 9; expected 1 to 8"),
        (("train", "documents", "{folder}", "--step", "0"), "--step 0; expected 1 to 8"),
        (("train", "seen", "{folder}", "abc"), "no document 'abc'"),
        (("train", "shwo", "{folder}"), "did you mean 'show'"),
        (("model", "show", "{folder}/nowhere"), "no folder"),
        (("model", "export", "{folder}", "--step", "5"), "no checkpoint of step 5"),
    ],
)
def test_a_wrong_question_gets_one_line_and_exit_code_2(folder, call, words, message):
    code, out, err = call(*(word.format(folder=folder) for word in words))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
