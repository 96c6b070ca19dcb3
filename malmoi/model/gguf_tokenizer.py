"""The vocabulary of a GGUF file as tokenizer.json, with what begins and ends a text and the chat template.

Two kinds of vocabularies belong to Llama's shape: byte-level BPE ("gpt2") with its merges, and SentencePiece's BPE
("llama"), which has scores: a pair that makes a known piece is merged, the best score first.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from gguf import TokenType
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from malmoi.kit.errors import UserError

_PRE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("gguf_pre_tokenizers.toml").read_text(encoding="utf-8")
)
_ENDS_OF_TURN = frozenset("<|eot_id|> <|im_end|> <|end|> <end_of_turn> <|endoftext|> <|end_of_text|> <EOT>".split())
"""Names of ends that llama.cpp looks for where a file names none (llama-vocab.cpp)."""
_MARKS = ("bos", "eos", "padding", "eot", "eom")
_SPECIAL = (TokenType.CONTROL, TokenType.UNKNOWN, TokenType.UNUSED)
_SPACE = "▁"


def write_tokenizer(file: Path, metadata: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Writes tokenizer.json, tokenizer_config.json and the chat template; gives the ids of begin, ends and padding.

    Raises UserError for a vocabulary of another kind.
    """
    tokens = metadata.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, list) or not tokens:
        raise UserError(f"{file} has no tokenizer.ggml.tokens", "a GGUF file with its vocabulary")
    types = metadata.get("tokenizer.ggml.token_type") or [TokenType.NORMAL] * len(tokens)
    if len(types) != len(tokens) or not all(isinstance(token, str) for token in tokens):
        raise UserError(f"{file}: {len(tokens)} tokens have {len(types)} tokenizer.ggml.token_type", "one for each")
    kind = metadata.get("tokenizer.ggml.model")
    if kind == "gpt2":
        tokenizer, begins = _byte_level(file, metadata, tokens)
    elif kind == "llama":
        tokenizer, begins = _sentence_piece(file, metadata, tokens)
    else:
        raise UserError(f"{file}: tokenizer.ggml.model is {kind!r}", "gpt2 or llama")
    added = (TokenType.USER_DEFINED, *_SPECIAL)
    tokenizer.add_tokens(
        [
            AddedToken(token, special=token_type in _SPECIAL, normalized=False)
            for token, token_type in zip(tokens, types, strict=True)
            if token_type in added and token
        ]
    )
    ids: dict[str, Any] = {name: metadata.get(f"tokenizer.ggml.{name}_token_id") for name in _MARKS}
    named = {name: tokens[token_id] for name, token_id in ids.items() if _is_in(token_id, tokens)}
    if metadata.get("tokenizer.ggml.add_bos_token", begins) and "bos" in named:
        marks = [(named["bos"], ids["bos"])]
        tokenizer.post_processor = processors.TemplateProcessing(f"{named['bos']}:0 $A:0", special_tokens=marks)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    names = {"bos_token": named.get("bos"), "eos_token": named.get("eos"), "pad_token": named.get("padding")}
    if isinstance(template := metadata.get("tokenizer.chat_template"), str):
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(names, ensure_ascii=False) + "\n", encoding="utf-8")
    ends = [ids["eos"], ids["eot"], ids["eom"], *(metadata.get("tokenizer.ggml.eos_token_ids") or [])]
    if ids["eot"] is None:
        ends += [place for place, name in enumerate(tokens) if name in _ENDS_OF_TURN and types[place] in _SPECIAL]
    known = list(dict.fromkeys(token_id for token_id in ends if _is_in(token_id, tokens)))
    return {"bos_token_id": ids["bos"], "eos_token_id": known, "pad_token_id": ids["padding"]}


def _is_in(token_id: Any, tokens: list[str]) -> bool:
    return isinstance(token_id, int) and 0 <= token_id < len(tokens)


def _byte_level(file: Path, metadata: dict[str, Any], tokens: list[str]) -> tuple[Tokenizer, bool]:
    """A byte-level BPE, and whether a text begins with the begin token where the file does not say."""
    name = metadata.get("tokenizer.ggml.pre")
    pre = next((table for table in _PRE.values() if name in table["names"]), None)
    if pre is None:
        known = ", ".join(each for table in _PRE.values() for each in table["names"])
        raise UserError(f"{file}: tokenizer.ggml.pre is {name!r}", f"one of {known}")
    merges = [tuple(merge.split(" ", 1)) for merge in metadata.get("tokenizer.ggml.merges") or []]
    vocabulary = {token: token_id for token_id, token in enumerate(tokens)}
    try:
        model = models.BPE(vocabulary, merges, ignore_merges=pre.get("ignores_merges", False))
    except Exception as error:  # the library raises bare Exception
        raise UserError(f"{file}: tokenizer.ggml.merges: {error}", "merges of its own tokens") from None
    tokenizer = Tokenizer(model)
    if pre.get("nfc"):
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _cut(pre)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, pre.get("begins", False)


def _cut(pre: dict[str, Any]) -> pre_tokenizers.PreTokenizer:
    if "regex" in pre:
        split = pre_tokenizers.Split(Regex(pre["regex"]), "isolated")
        return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if pre is _PRE["digits"]:
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), words])
    return words


def _sentence_piece(file: Path, metadata: dict[str, Any], tokens: list[str]) -> tuple[Tokenizer, bool]:
    """SentencePiece's BPE with bytes for what it does not know; a text begins with the begin token."""
    scores = metadata.get("tokenizer.ggml.scores")
    if not isinstance(scores, list) or len(scores) != len(tokens):
        raise UserError(f"{file} has no tokenizer.ggml.scores for its tokens", "one for each")
    vocabulary = {token: token_id for token_id, token in enumerate(tokens)}
    unknown = metadata.get("tokenizer.ggml.unknown_token_id", 0)
    name = tokens[unknown] if _is_in(unknown, tokens) else None
    merges = _merges(vocabulary, scores)
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token=name, fuse_unk=True, byte_fallback=True))
    has_prefix = metadata.get("tokenizer.ggml.add_space_prefix", True)
    replace = normalizers.Replace(" ", _SPACE)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(_SPACE), replace]) if has_prefix else replace
    stripped = [decoders.Strip(" ", 1, 0)] if has_prefix else []
    steps = [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), *stripped]
    tokenizer.decoder = decoders.Sequence(steps)
    return tokenizer, True


def _merges(vocabulary: dict[str, int], scores: list[float]) -> list[tuple[str, str]]:
    """Every pair of pieces that makes a piece, best score first (transformers' SentencePieceExtractor)."""
    found = []
    for token, token_id in vocabulary.items():
        for place in range(1, len(token)):
            first, second = token[:place], token[place:]
            if first in vocabulary and second in vocabulary:
                order = (-scores[token_id], -len(first), token_id, vocabulary[first], vocabulary[second])
                found.append((order, first, second))
    return [(first, second) for _, first, second in sorted(found)]
