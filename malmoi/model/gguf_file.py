"""A model as one GGUF file, for llama.cpp and OpenVINO.

Tensor names and the order of the query and key rows are llama.cpp's: it turns neighbouring numbers (0 with 1) where
transformers turns halves (0 with D/2), so the rows of each head are interleaved. The tokenizer goes along as byte-level
BPE ("gpt2"). llama.cpp knows pre-tokenizers by name only; ours is Llama 3's to the letter, which it calls "llama-bpe".
benchmarks/exports.py: 3,025 of 3,025 NFC texts get the same ids there. It does not make text NFC, so it cuts decomposed
text otherwise than malmoi does (4.7 x the tokens). OpenVINO GenAI 2026.4 knows one pattern whatever the name, so one
line in ten gets other ids, and it puts no begin token. malmoi's own servers encode text themselves and hand over ids.
"""

import re
from pathlib import Path

import gguf
import numpy as np

from malmoi.kit.special_tokens import END_OF_TEXT, END_OF_TURN
from malmoi.model.convert import CHAT_TEMPLATE, PAD, RESERVED_FOR_PAD, merges, pad_id, special_ids, vocabulary
from malmoi.model.shape import Shape
from malmoi.model.transformer import Transformer
from malmoi.model.weight_files import narrowed

NAME = "model.gguf"
TYPES = {
    "f32": ("float32", gguf.LlamaFileType.ALL_F32, gguf.GGMLQuantizationType.F32),
    "bf16": ("bfloat16", gguf.LlamaFileType.MOSTLY_BF16, gguf.GGMLQuantizationType.BF16),
    "f16": ("float16", gguf.LlamaFileType.MOSTLY_F16, gguf.GGMLQuantizationType.F16),
    "q8_0": ("float32", gguf.LlamaFileType.MOSTLY_Q8_0, gguf.GGMLQuantizationType.Q8_0),
}
"""What a precision is called in torch, as the type of a file, and as the type of a matrix in it."""


def write_gguf(model: Transformer, tokenizer: Path, path: Path, precision: str) -> None:
    """Writes the GGUF file. precision: of the matrices, "f16", "bf16", "f32" or "q8_0" (8 bits and a scale for 32).

    Norms stay float32.

    A tied output matrix is left out: readers then use the embedding. Raises UserError where a number does not fit.
    """
    dtype, file_type, matrix_type = TYPES[precision]
    writer = gguf.GGUFWriter(path, "llama")
    add_sizes(writer, model.shape)
    writer.add_file_type(file_type)
    _add_tokenizer(writer, tokenizer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model.shape.layers)  # from transformers' names, as ours
    for name, parameter in model.named_parameters():
        fitted = narrowed(name, parameter, dtype)
        weight = rearranged(name, fitted.float().numpy(), model.shape)
        gguf_name = names.get_name(name, (".weight",))
        assert gguf_name, name
        kind = matrix_type if weight.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(gguf_name, gguf.quantize(weight, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def precision_of(path: Path) -> str | None:
    """The precision that a GGUF file of ours was written with; None where there is none, or it is of another maker."""
    if not path.is_file():
        return None
    found = gguf.GGUFReader(path).get_field("general.file_type")
    kind = None if found is None else found.contents()
    return next((precision for precision, (_, file_type, _) in TYPES.items() if file_type == kind), None)


def interleave_halves(weight: np.ndarray, heads: int) -> np.ndarray:
    """Reorders the rows of a query or key matrix: in each head, row i and row i + D/2 become neighbours."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, half, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def rearranged(name: str, weight: np.ndarray, shape: Shape) -> np.ndarray:
    """The rows of a query or key matrix as llama.cpp turns them; all other weights as they are."""
    if name.endswith("q_proj.weight"):
        return interleave_halves(weight, shape.heads)
    if name.endswith("k_proj.weight"):
        return interleave_halves(weight, shape.kv_heads)
    return weight


def add_sizes(writer: gguf.GGUFWriter, shape: Shape) -> None:
    """The sizes of a Llama under llama.cpp's keys ("llama.block_count" and so on)."""
    writer.add_name("malmoi")
    writer.add_vocab_size(shape.vocabulary_tokens)
    writer.add_context_length(shape.context_tokens)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_rope_freq_base(shape.rope_theta)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Path) -> None:
    """The vocabulary in the order of ids, its types, merges and ends; a begin token is added, as everywhere."""
    special = special_ids(tokenizer)
    names = vocabulary(tokenizer)
    types = [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in names]
    tokens = [PAD if token == RESERVED_FOR_PAD else token for token in names]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges(tokenizer))
    writer.add_bos_token_id(special[END_OF_TEXT])
    writer.add_eos_token_id(special[END_OF_TEXT])
    writer.add_pad_token_id(pad_id(special))
    writer.add_eot_token_id(special[END_OF_TURN])
    # Readers that know no end of a turn may know a list of ends (Ollama's name for it).
    writer.add_array("tokenizer.ggml.eos_token_ids", [special[END_OF_TEXT], special[END_OF_TURN]])
    writer.add_add_bos_token(True)
    # Marks of what the assistant said are transformers' own words: other readers of templates may not know them.
    writer.add_chat_template(re.sub(r"\{%-? (end)?generation -?%\}", "", CHAT_TEMPLATE))
