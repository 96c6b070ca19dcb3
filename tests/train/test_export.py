import json
import shutil

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
    assert files == {*expected.split(), "chat_template.jinja", "model.gguf"}
    assert content["outputs"] == manifest.outputs_of(folder / "model", files)
    assert content["parents"] == {"tokenizer": sha256_of(folder / "tokenizer" / "tokenizer.json")}
    ours, exported = load_model(folder / "train" / "checkpoints" / "step-00000008"), load_hugging_face(folder / "model")
    tokens, positions = torch.arange(40)[None], torch.arange(40)[None]
    assert torch.equal(ours(tokens, positions), exported(tokens, positions))
    assert not list(folder.glob("model.*"))


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
