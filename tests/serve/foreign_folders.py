"""Small random models of other makers as Hugging Face folders and GGUF files, written by transformers and gguf."""

import json
from pathlib import Path

import gguf
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = '아버지가 방에 들어가신다. The quick brown fox jumps 12345. 한국어 문장 😀 긍정 부정 yes no {"name": "Kim"} '
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
INSTRUCT = (
    "{{ bos_token }}{% set ns = namespace(n=0) %}{% for m in messages %}{% if m.role == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{% if m.role == 'user' %}"
    "{{ '[INST] ' + m.content | trim + ' [/INST]' }}{% else %}{{ m.content + eos_token }}{% endif %}{% endfor %}"
)
SIZES = {
    "vocab_size": 960,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 5e5,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
KINDS = {
    "llama": ("Llama", "bytes", {"tie_word_embeddings": True, "rope_parameters": LLAMA3}),
    "llama_pieces": ("Llama", "pieces", {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}}),
    "llama_biased": ("Llama", "metaspace", {"attention_bias": True}),
    "mistral": ("Mistral", "metaspace", {"sliding_window": None}),
    "qwen2": ("Qwen2", "bytes", {}),
    "qwen3": ("Qwen3", "bytes", {"head_dim": 16, "tie_word_embeddings": True}),
}
"""By name: the maker, the vocabulary, and what the config says besides sizes."""


def bytes_tokenizer() -> Tokenizer:
    """Byte-level BPE with ChatML's marks, and added tokens that are no marks."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT * 20], trainer)
    tokenizer.add_tokens([AddedToken("<think>", special=False), AddedToken("  낱말", special=False)])
    return tokenizer


def pieces_tokenizer(*, is_legacy: bool) -> Tokenizer:
    """SentencePiece's BPE with bytes; is_legacy: its space stands before every part of a text."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    single = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=460, special_tokens=["<unk>", "<s>", "</s>", *single], show_progress=False)
    tokenizer.train_from_iterator([TEXT * 20], trainer)
    content = json.loads(tokenizer.to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] not in single]
    tokenizer = Tokenizer.from_str(json.dumps(content))
    if not is_legacy:
        tokenizer.normalizer = None
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False)
    strip = decoders.Strip(" ", 1, 0)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), strip])
    tokenizer.post_processor = processors.TemplateProcessing("<s>:0 $A:0", special_tokens=[("<s>", 1)])
    return tokenizer


def write_model(folder: Path, kind: str, dtype: torch.dtype = torch.float32, **saved: str) -> Path:
    """A random model of KINDS in `folder`. saved: for transformers' save_pretrained."""
    import transformers

    maker, vocabulary, settings = KINDS[kind]
    ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": None}
    config = getattr(transformers, f"{maker}Config")(**SIZES, **settings, **ends)
    model = getattr(transformers, f"{maker}ForCausalLM")(config)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(noise * 0.3 if weight.ndim > 1 else noise * 0.1 + float("norm" in name))
    model.to(dtype).save_pretrained(folder, **saved)
    (folder / "generation_config.json").unlink()
    if vocabulary == "bytes":
        tokenizer = bytes_tokenizer()
        about = {"bos_token": None, "eos_token": "<|im_end|>", "chat_template": CHATML}
        (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 0]}))
    else:
        tokenizer = pieces_tokenizer(is_legacy=vocabulary == "pieces")
        templates = [{"name": "rag", "template": "x"}, {"name": "default", "template": INSTRUCT}]
        about = {"bos_token": {"content": "<s>", "__type": "AddedToken"}, "eos_token": "</s>", "unk_token": "<unk>"}
        about["chat_template"] = templates
    tokenizer.save(str(folder / "tokenizer.json"))
    about["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    return folder


def write_llama_gguf(path: Path, folder: Path, kind: gguf.GGMLQuantizationType, **added: object) -> Path:
    """The plain Llama of `folder` (of write_model) as llama.cpp's converter would write it. added: more fields."""
    from malmoi.model.gguf_file import add_sizes, rearranged
    from malmoi.model.read_folder import load_hugging_face

    model = load_hugging_face(folder)
    content = json.loads((folder / "tokenizer.json").read_text())
    by_id = {token_id: token for token, token_id in content["model"]["vocab"].items()}
    by_id |= {token["id"]: token["content"] for token in content["added_tokens"]}
    special = {token["id"] for token in content["added_tokens"] if token["special"]}
    plain = {token["id"] for token in content["added_tokens"] if not token["special"]}
    tokens = [by_id.get(token_id, f"[PAD{token_id}]") for token_id in range(SIZES["vocab_size"])]
    types = [3 if n in special else 4 if n in plain else 1 if n in by_id else 5 for n in range(len(tokens))]
    writer = gguf.GGUFWriter(path, "llama")
    add_sizes(writer, model.shape)
    if content["model"].get("byte_fallback"):
        types = [6 if token.startswith("<0x") else each for token, each in zip(tokens, types, strict=True)]
        writer.add_tokenizer_model("llama")
        writer.add_token_scores([-float(token_id) for token_id in range(len(tokens))])
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_merges([" ".join(merge) for merge in content["model"]["merges"]])
        writer.add_add_bos_token(False)
        writer.add_chat_template(CHATML)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, value in added.items():
        writer.add_key_value(name.replace("__", "."), value, gguf.GGUFValueType.get_type(value))
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model.shape.layers)
    for name, parameter in model.named_parameters():
        weight = rearranged(name, parameter.detach().numpy(), model.shape)
        form = kind if weight.ndim > 1 and weight.shape[-1] % 32 == 0 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(names.get_name(name, (".weight",)), gguf.quantize(weight, form), raw_dtype=form)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
