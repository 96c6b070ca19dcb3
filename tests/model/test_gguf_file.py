import gguf
import jinja2
import numpy as np
import pytest
import torch
from small_tokenizer import write_tokenizer

from malmoi.model.convert import merges, vocabulary
from malmoi.model.gguf_file import interleave_halves, write_gguf
from malmoi.model.shape import ModelSettings
from malmoi.model.transformer import Transformer, start

DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return write_tokenizer(tmp_path_factory.mktemp("made") / "tokenizer")


def written(tokenizer, path, precision, tied=True):
    sizes = {"layers": 2, "hidden": 32, "heads": 4, "kv_heads": 2, "feed_forward": 48, "context_tokens": 64}
    model = Transformer(ModelSettings(**sizes, tied=tied).shape(len(vocabulary(tokenizer))))
    start(model, 3)
    write_gguf(model, tokenizer, path, precision)
    return model, gguf.GGUFReader(path)


@pytest.mark.parametrize("precision", ["f32", "f16", "bf16"])
@pytest.mark.parametrize("tied", [True, False])
def test_every_tensor_reads_back_equal(tokenizer, tmp_path, precision, tied):
    model, reader = written(tokenizer, tmp_path / "model.gguf", precision, tied)
    found = {tensor.name: tensor for tensor in reader.tensors}
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 2)
    expected = {names.get_name(name, (".weight",)): weight.detach() for name, weight in model.named_parameters()}
    assert found.keys() == expected.keys()
    assert ("output.weight" in found) != tied
    assert {
        "token_embd.weight",
        "output_norm.weight",
        "blk.1.attn_output.weight",
        "blk.0.ffn_down.weight",
    } <= found.keys()
    for name, weight in expected.items():
        if ".attn_q." in name or ".attn_k." in name:
            weight = torch.from_numpy(interleave_halves(weight.numpy(), 4 if ".attn_q." in name else 2))
        kept = precision if weight.ndim > 1 else "f32"
        assert found[name].tensor_type.name.lower() == kept, name
        stored = torch.from_numpy(gguf.dequantize(np.array(found[name].data), found[name].tensor_type))
        assert torch.equal(stored, weight.to(DTYPES[kept]).float()), name


def test_rows_of_queries_are_ordered_so_that_neighbours_turn_together():
    """Row i of a head must come before row i + D/2: 8 rows in 2 heads, D = 4."""
    rows = np.arange(8)[:, None]
    assert interleave_halves(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_sizes_vocabulary_and_merges_read_back(tokenizer, tmp_path):
    _, reader = written(tokenizer, tmp_path / "model.gguf", "f16")

    def field(name):
        return reader.get_field(name).contents()

    assert field("general.architecture") == "llama"
    assert field("llama.attention.head_count") == 4
    assert field("llama.attention.head_count_kv") == 2
    assert field("llama.rope.dimension_count") == 8
    assert field("llama.context_length") == 64
    assert field("tokenizer.ggml.model") == "gpt2"
    assert field("tokenizer.ggml.pre") == "llama-bpe"  # the name of tokenizer/learn.py's PATTERN in llama.cpp
    named = vocabulary(tokenizer)
    assert (named[28], named.count("<|pad|>")) == ("<|reserved_0023|>", 0)
    assert field("tokenizer.ggml.tokens") == [*named[:28], "<|pad|>", *named[29:]]
    assert field("tokenizer.ggml.merges") == merges(tokenizer)
    assert len(merges(tokenizer)) == 40
    assert (field("tokenizer.ggml.bos_token_id"), field("tokenizer.ggml.add_bos_token")) == (0, True)
    assert (field("tokenizer.ggml.eos_token_id"), field("tokenizer.ggml.eot_token_id")) == (0, 4)
    assert field("tokenizer.ggml.eos_token_ids") == [0, 4]
    assert field("tokenizer.ggml.padding_token_id") == 28
    types = field("tokenizer.ggml.token_type")
    assert set(types[:1029]) == {gguf.TokenType.CONTROL}
    assert set(types[1029:]) == {gguf.TokenType.NORMAL}
    template = field("tokenizer.chat_template")
    messages = [
        {"role": "developer", "content": "짧게."},
        {"role": "user", "content": [{"type": "text", "text": "안녕"}]},
    ]
    expected = "<|endoftext|><|system|>짧게.<|endofturn|><|user|>안녕<|endofturn|><|assistant|>"
    assert jinja2.Template(template).render(messages=messages, add_generation_prompt=True) == expected
