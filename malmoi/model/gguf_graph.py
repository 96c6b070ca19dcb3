"""A GGUF file from which OpenVINO makes the graph of a foreign model, and nothing else.

OpenVINO wants a vocabulary in it; ids go in and out, so it is one of names that nobody reads. Its matrices have 16
bits: the model's own numbers go along in a second file, and take their place (serve/openvino_weights.py).
"""

from pathlib import Path

import gguf
import numpy as np

from malmoi.model.gguf_file import add_sizes, rearranged
from malmoi.model.transformer import Transformer

_MOST = float(np.finfo(np.float16).max)


def write_graph(model: Transformer, path: Path) -> None:
    """Writes the file."""
    variant, shape = model.shape.variant, model.shape
    kind = "qwen3" if variant.has_head_norms else "qwen2" if variant.biased else "llama"
    writer = gguf.GGUFWriter(path, kind)
    add_sizes(writer, shape)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list([f"<{token_id}>" for token_id in range(shape.vocabulary_tokens)])
    writer.add_token_types([gguf.TokenType.NORMAL] * shape.vocabulary_tokens)
    writer.add_token_merges(["<0> <1>"])
    for add in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_pad_token_id):
        add(0)
    names = gguf.get_tensor_name_map(getattr(gguf.MODEL_ARCH, kind.upper()), shape.layers)
    for name, parameter in model.named_parameters():
        weight = parameter.detach().float().cpu().numpy()
        weight = rearranged(name, weight, shape) if kind == "llama" else weight
        gguf_name = names.get_name(name, (".weight", ".bias"))
        assert gguf_name, name
        writer.add_tensor(gguf_name, np.clip(weight, -_MOST, _MOST).astype(np.float16) if weight.ndim > 1 else weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
