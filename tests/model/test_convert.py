import json
import logging
import os

import jinja2
import pytest
import torch
from small_tokenizer import LINES, write_tokenizer

from malmoi.kit.errors import UserError
from malmoi.model.convert import vocabulary, write_hugging_face
from malmoi.model.read_folder import load_hugging_face
from malmoi.model.shape import ModelSettings
from malmoi.model.transformer import Transformer, start
from malmoi.serve.chat import Turn, chat_ids
from malmoi.tokenizer.codec import Codec

SIZES = {"layers": 2, "hidden": 32, "heads": 4, "feed_forward": 48, "context_tokens": 64}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return write_tokenizer(tmp_path_factory.mktemp("made") / "tokenizer")


def exported(tokenizer, folder, options=(), **sizes):
    model = Transformer(ModelSettings(**{**SIZES, **sizes}).shape(len(vocabulary(tokenizer))))
    start(model, 3)
    folder.mkdir(exist_ok=True)
    write_hugging_face(model, tokenizer, folder, *options)
    return model.eval()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_transformers_gives_the_logits_of_our_model(tokenizer, tmp_path, tied, kv_heads):
    from transformers import AutoModelForCausalLM

    ours = exported(tokenizer, tmp_path, tied=tied, kv_heads=kv_heads, rope_theta=50_000.0)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(theirs).__name__ == "LlamaForCausalLM"
    tokens = torch.randint(0, ours.shape.vocabulary_tokens, (2, 64), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        difference = ours(tokens, torch.arange(64).expand(2, 64)) - theirs(tokens).logits
    assert difference.abs().max() < 1e-4


def test_transformers_tokenizes_and_chats_as_we_do(tokenizer, tmp_path):
    from transformers import AutoTokenizer

    exported(tokenizer, tmp_path)
    theirs, codec = AutoTokenizer.from_pretrained(tmp_path), Codec(tmp_path)
    for text in (*LINES, "옛말 ᄒᆞᆫ글 漢字 ABC 12", "\u1112\u1161\u11ab\u1100\u1173\u11af NFD"):
        assert theirs(text)["input_ids"] == codec.text_ids(text) == [0, *codec.encode(text)]
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id) == (0, 0, 28)
    assert codec.special("<|pad|>") == 28
    turns = [{"role": "system", "content": "짧게."}, {"role": "user", "content": "말모이가 뭐야?"}]
    expected = "<|endoftext|><|system|>짧게.<|endofturn|><|user|>말모이가 뭐야?<|endofturn|><|assistant|>"
    assert theirs.apply_chat_template(turns, tokenize=False, add_generation_prompt=True) == expected
    ids = theirs.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)
    assert ids == chat_ids(codec, [Turn(turn["role"], turn["content"]) for turn in turns])


TURNS = [
    {"role": "developer", "content": None},
    {"role": "user", "content": [{"type": "text", "text": "  말\n"}, {"type": "text", "text": "모이 "}]},
    {"role": "assistant", "content": "사전이에요.\n"},
    {"role": "user", "content": []},
]


def test_the_template_takes_parts_and_nothing_and_developers_and_marks_what_the_assistant_said(tokenizer, tmp_path):
    from transformers import AutoTokenizer

    exported(tokenizer, tmp_path)
    theirs, codec = AutoTokenizer.from_pretrained(tmp_path), Codec(tmp_path)
    expected = [Turn("system", ""), Turn("user", "  말\n모이 "), Turn("assistant", "사전이에요.\n"), Turn("user", "")]
    ids = theirs.apply_chat_template(TURNS, add_generation_prompt=True, return_dict=False)
    assert ids == chat_ids(codec, expected)
    marked = theirs.apply_chat_template(TURNS, return_dict=True, return_assistant_tokens_mask=True)
    said = [each for each, is_said in zip(marked["input_ids"], marked["assistant_masks"], strict=True) if is_said]
    assert said == [*codec.encode("사전이에요.\n"), 4]
    for wrong in ([{"role": "tool", "content": "1"}], [{"role": "user", "content": [{"type": "image_url"}]}]):
        with pytest.raises(jinja2.TemplateError, match=r"role tool|text parts"):
            theirs.apply_chat_template(wrong, tokenize=False)


def test_a_batch_of_different_lengths_generates_what_each_text_alone_does(tokenizer, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    exported(tokenizer, tmp_path)
    theirs, model = AutoTokenizer.from_pretrained(tmp_path), AutoModelForCausalLM.from_pretrained(tmp_path)
    texts = [LINES[0], LINES[3] * 2, "말"]

    def generated(batch):
        ids = theirs(batch, return_tensors="pt", padding=True)
        return model.generate(**ids, max_new_tokens=12, min_new_tokens=12, do_sample=False)[:, -12:].tolist()

    assert generated(texts) == [generated([text])[0] for text in texts]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_umask_alone_says_who_may_read_an_export(tokenizer, tmp_path, umask, mode):
    former = os.umask(umask)
    try:
        exported(tokenizer, tmp_path, ("bfloat16", 60_000))
    finally:
        os.umask(former)
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()} == dict.fromkeys(
        (file.name for file in tmp_path.iterdir()), oct(mode)
    )


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("max_bytes", [10**9, 60_000])
def test_an_export_in_16_bits_or_in_shards_is_the_same_model_to_transformers_and_to_us(
    tokenizer, tmp_path, dtype, max_bytes
):
    from safetensors import safe_open
    from transformers import AutoModelForCausalLM

    ours = exported(tokenizer, tmp_path, (dtype, max_bytes), tied=False)
    files = sorted(tmp_path.glob("*.safetensors"))
    assert len(files) == (1 if max_bytes == 10**9 else 4 if dtype == "float32" else 3)
    shards = [safe_open(file, "pt") for file in files]
    found = {name: shard.get_tensor(name) for shard in shards for name in shard.keys()}  # noqa: SIM118
    rounded = {name: weight.to(getattr(torch, dtype)) for name, weight in ours.named_parameters() if weight.ndim > 1}
    norms = {name: weight for name, weight in ours.named_parameters() if weight.ndim == 1}
    assert found.keys() == rounded.keys() | norms.keys()
    for name, weight in (rounded | norms).items():
        assert found[name].dtype == weight.dtype, name
        assert torch.equal(found[name], weight), name
    assert AutoModelForCausalLM.from_pretrained(tmp_path).dtype == getattr(torch, dtype)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    for name, weight in theirs.named_parameters():
        assert torch.equal(weight, found[name].float()), name


def test_a_shard_is_no_larger_than_asked_and_the_index_names_every_weight_once(tokenizer, tmp_path):
    ours = exported(tokenizer, tmp_path, ("float32", 60_000), tied=True)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert index["weight_map"].keys() == dict(ours.named_parameters()).keys()
    assert index["metadata"]["total_size"] == 4 * ours.shape.parameters
    files = {file.name: file.stat().st_size for file in tmp_path.glob("*.safetensors")}
    assert files.keys() == set(index["weight_map"].values())
    assert min(files) == "model-00001-of-00003.safetensors"
    whole = [size for name, size in files.items() if name != "model-00001-of-00003.safetensors"]
    assert max(whole) < 62_000  # with its header; the embedding of the first file is larger than a shard by itself


def test_a_number_that_16_bits_cannot_hold_is_named_and_not_written_as_infinite(tokenizer, tmp_path):
    model = Transformer(ModelSettings(**SIZES).shape(len(vocabulary(tokenizer))))
    start(model, 3)
    with torch.no_grad():
        model.model.layers[1].mlp.down_proj.weight[0, 0] = 70_000.0
    with pytest.raises(UserError, match=r"layers\.1\.mlp\.down_proj.* goes up to 70000; expected .*float16 can hold"):
        write_hugging_face(model, tokenizer, tmp_path, "float16")
    write_hugging_face(model, tokenizer, tmp_path, "bfloat16")
    assert (tmp_path / "model.safetensors").is_file()


def test_the_folder_of_an_export_can_be_exported_again_with_the_same_pad(tokenizer, tmp_path):
    exported(tokenizer, tmp_path / "first")
    exported(tmp_path / "first", tmp_path / "again")
    for name in ("tokenizer_config.json", "generation_config.json", "config.json", "tokenizer.json"):
        first, again = ((tmp_path / each / name).read_text() for each in ("first", "again"))
        assert first == again, name
    assert json.loads((tmp_path / "again" / "tokenizer_config.json").read_text())["pad_token"] == "<|pad|>"


def test_what_transformers_loads_and_saves_again_is_the_same_model_tokenizer_and_chat(tokenizer, tmp_path, caplog):
    from transformers import pipeline

    ours = exported(tokenizer, tmp_path / "export")
    caplog.set_level("WARNING")
    logging.getLogger("transformers").addHandler(caplog.handler)
    try:
        answer = pipeline("text-generation", model=str(tmp_path / "export"), device="cpu")
        said = answer([{"role": "developer", "content": "짧게"}, {"role": "user", "content": "말?"}], max_new_tokens=3)
        batch = answer(["말", "사전을 만든다"], max_new_tokens=3, batch_size=2)
    finally:
        logging.getLogger("transformers").removeHandler(caplog.handler)
    assert said[0]["generated_text"][-1]["role"] == "assistant"
    assert len(batch) == 2
    assert [record.message for record in caplog.records] == []  # as of a missing pad, or of padding on the wrong side
    answer.model.save_pretrained(tmp_path / "again")
    answer.tokenizer.save_pretrained(tmp_path / "again")
    again, codec = load_hugging_face(tmp_path / "again"), Codec(tmp_path / "again")
    assert torch.equal(again.lm_head.weight, ours.lm_head.weight)
    assert torch.equal(again.model.layers[1].mlp.down_proj.weight, ours.model.layers[1].mlp.down_proj.weight)
    for text in (*LINES, "\u1112\u1161\u11ab NFD", "<|endofturn|>", "👨‍👩‍👧"):
        assert codec.text_ids(text) == Codec(tokenizer).text_ids(text)
    assert codec.special("<|pad|>") == 28
    first, saved = ((tmp_path / name / "chat_template.jinja").read_text() for name in ("export", "again"))
    assert first == saved


def test_of_the_reserved_ids_one_is_the_pad_and_the_thousand_after_the_marks_stay_free(tokenizer, tmp_path):
    exported(tokenizer, tmp_path)
    names = vocabulary(tmp_path)
    assert names[5:28] == [f"<|reserved_{number:04d}|>" for number in range(23)]
    assert names[28] == "<|pad|>"
    assert names[29:1029] == [f"<|reserved_{number:04d}|>" for number in range(24, 1024)]


def test_generation_ends_at_the_end_of_a_text_and_of_a_turn(tokenizer, tmp_path):
    exported(tokenizer, tmp_path)
    assert json.loads((tmp_path / "generation_config.json").read_text())["eos_token_id"] == [0, 4]


@pytest.mark.parametrize("tied", [True, False])
def test_an_export_loads_back_bit_for_bit(tokenizer, tmp_path, tied):
    ours = exported(tokenizer, tmp_path, tied=tied, norm_epsilon=1e-6)
    again = load_hugging_face(tmp_path)
    assert again.shape == ours.shape
    assert (again.lm_head.weight is again.model.embed_tokens.weight) == tied
    for name, parameter in ours.named_parameters():
        assert torch.equal(parameter, again.get_parameter(name)), name
    assert not any(parameter.is_meta for parameter in again.parameters())


def test_a_model_saved_by_transformers_loads_too(tmp_path):
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    theirs = LlamaForCausalLM(LlamaConfig(vocab_size=70, max_position_embeddings=64, num_key_value_heads=2, **sizes))
    theirs.save_pretrained(tmp_path)
    tokens, positions = torch.arange(60)[None], torch.arange(60)[None]
    with torch.no_grad():
        assert torch.allclose(load_hugging_face(tmp_path)(tokens, positions), theirs(tokens).logits, atol=1e-5)


def test_a_tokenizer_of_another_size_is_refused(tokenizer, tmp_path):
    model = Transformer(ModelSettings(**SIZES).shape(99))
    with pytest.raises(UserError, match=r"has 1325 tokens; expected 99"):
        write_hugging_face(model, tokenizer, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gemma"}, "model_type is 'gemma'; expected a model as Llama"),
        ({"attention_bias": True}, "k_proj.bias has the shape None"),
        ({"mlp_bias": True}, "mlp_bias is True"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "rope_parameters"),
        ({"head_dim": 16}, "k_proj.weight has the shape"),
        ({"vocab_size": 7}, "embed_tokens.weight has the shape"),
        ({"hidden_size": None}, "has no hidden_size"),
    ],
)
def test_what_is_no_plain_llama_is_named(tokenizer, tmp_path, change, message):
    exported(tokenizer, tmp_path)
    content = json.loads((tmp_path / "config.json").read_text()) | change
    content = {key: value for key, value in content.items() if value is not None}
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=message):
        load_hugging_face(tmp_path)


def test_damaged_and_missing_files_are_named(tokenizer, tmp_path):
    exported(tokenizer, tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"model\.safetensors cannot be read"):
        load_hugging_face(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(UserError, match=r"config\.json cannot be read"):
        load_hugging_face(tmp_path)
    with pytest.raises(UserError, match=r"config\.json is missing"):
        load_hugging_face(tmp_path / "nowhere")


def test_weights_that_cannot_be_written_are_an_error_of_the_system(tokenizer, tmp_path):
    """So that who exports may treat a full disk as one case, in whatever library it shows."""
    (tmp_path / "model.safetensors").mkdir()
    with pytest.raises(OSError, match=r"model\.safetensors"):
        exported(tokenizer, tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("hidden_size", "32", "hidden is '32'; expected a whole number"),
        ("num_hidden_layers", None, "layers is None"),
        ("rms_norm_eps", 0, "norm_epsilon 0.0"),
        ("head_dim", 7, "head_dim is 7"),
    ],
)
def test_a_wrong_value_in_the_config_is_named(tokenizer, tmp_path, key, value, message):
    exported(tokenizer, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, key: value}))
    with pytest.raises(UserError, match=message):
        load_hugging_face(tmp_path)


@pytest.mark.parametrize("content", ["{}", "[]", '{"model": {"vocab": {}}, "added_tokens": []}', '{"model": 1}'])
def test_a_tokenizer_of_another_kind_is_named(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(UserError, match=r"tokenizer\.json"):
        vocabulary(tmp_path)
