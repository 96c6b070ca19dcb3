"""How far 8-bit weights answer as float32 does: measured once for a model, kept beside it, asked before it is served.

8 bits turn near ties, and a first other token makes all later ones others: the share of equal ids falls far quicker
than what a text costs rises. So both are measured, on texts that the model was not trained on. Shape letters: B text,
T token, V vocabulary.
"""
# ruff: noqa: N803, N806 (shape letters)

import asyncio
import math
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.kit.files import read_json, write_json
from malmoi.model.read_folder import load_hugging_face
from malmoi.model.transformer import Transformer
from malmoi.serve.engine import Engine, Request
from malmoi.serve.marks import end_ids
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.openvino_8bit import GROUP, rounded
from malmoi.serve.settings import EightBitSettings
from malmoi.tokenizer.codec import Codec

NAME = "agreement_int8.json"
PROMPT_TOKENS, ANSWER_TOKENS = 16, 24
HINT = "malmoi model measure MODEL --text FILE, or --engine torch, or --allow-untested-8bit"


@dataclass(frozen=True)
class Agreement:
    """8-bit weights against float32. equal_share: of the first 24 greedy ids; bits_per_byte: on the texts."""

    model_sha256: str
    engine: str
    texts: int
    equal_share: float
    bits_per_byte_f32: float
    bits_per_byte_int8: float

    @property
    def change_share(self) -> float:
        """How much more a text costs, as a share."""
        return self.bits_per_byte_int8 / self.bits_per_byte_f32 - 1


def measure(model_dir: Path, texts: Sequence[str], engine: Engine) -> Agreement:
    """Measures a model. engine: one that runs it with 8-bit weights, for the ids; bits per byte are of its weights.

    Raises UserError where the texts are too few or too short to say anything.
    """
    codec, model = Codec(model_dir), load_hugging_face(model_dir)
    ids = [codec.text_ids(text)[: model.shape.context_tokens] for text in texts]
    ids = [each for each in ids if len(each) > PROMPT_TOKENS]
    if not ids:
        raise UserError(
            f"{len(texts)} texts of at most {PROMPT_TOKENS} tokens", "longer texts, with a blank line between"
        )
    banned_V = Vocabulary.of(codec, end_ids(model_dir, codec), model.shape.vocabulary_tokens).banned_V
    prompts = [each[:PROMPT_TOKENS] for each in ids]
    answers, exact = asyncio.run(_answers(engine, prompts)), _greedy(model, prompts, banned_V)
    before = bits_per_byte(model, codec, ids)
    to_8_bits(model)
    about = engine.describe()
    equal_share = float((np.array(answers) == np.array(exact)).mean())
    return Agreement(about.model_sha256, about.engine, len(ids), equal_share, before, bits_per_byte(model, codec, ids))


async def _answers(engine: Engine, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """What the engine answers, greedy."""
    return [await _answer(engine, prompt) for prompt in prompts]


async def _answer(engine: Engine, prompt: Sequence[int]) -> list[int]:
    request = Request(tuple(prompt), ANSWER_TOKENS, 0.0, ignore_eos=True)
    async with aclosing(engine.generate(request)) as steps:
        return [piece.token_id async for step in steps for piece in step]


@torch.inference_mode()
def _greedy(model: Transformer, prompts: Sequence[Sequence[int]], banned_V: np.ndarray) -> list[list[int]]:
    """The same answers by a plain loop."""
    tokens_BT, banned = torch.tensor(prompts), torch.from_numpy(banned_V)
    for _ in range(ANSWER_TOKENS):
        logits_BV = model.lm_head(model.hidden(tokens_BT, _positions(tokens_BT))[:, -1])
        chosen_B = logits_BV.masked_fill(banned, -math.inf).argmax(dim=-1)
        tokens_BT = torch.cat((tokens_BT, chosen_B[:, None]), dim=1)
    return tokens_BT[:, PROMPT_TOKENS:].tolist()


@torch.inference_mode()
def bits_per_byte(model: Transformer, codec: Codec, texts: Sequence[Sequence[int]]) -> float:
    """What texts (ids) cost: -ln p of all tokens but the first of each, in bits for each of their bytes."""
    nats, num_bytes = 0.0, 0
    for ids in texts:
        tokens_1T = torch.tensor([ids])
        logits_TV = model.lm_head(model.hidden(tokens_1T, _positions(tokens_1T))[0, :-1])
        nats += functional.cross_entropy(logits_TV.float(), tokens_1T[0, 1:], reduction="sum").item()
        num_bytes += sum(len(codec.token_bytes(token_id)) for token_id in ids[1:])
    return nats / math.log(2) / max(1, num_bytes)


def _positions(tokens_BT: Tensor) -> Tensor:
    return torch.arange(tokens_BT.shape[1]).expand_as(tokens_BT)


def to_8_bits(model: Transformer) -> None:
    """Gives the matrices of a float32 model the values that they have in 8 bits (openvino_8bit.py)."""
    for parameter in model.parameters():  # a tied matrix once
        if parameter.ndim > 1 and parameter.shape[1] % GROUP == 0:
            whole, scales = rounded(parameter.detach().numpy())
            parameter.data = torch.from_numpy((whole * scales.astype(np.float32)).reshape(parameter.shape))


def write(model_dir: Path, agreement: Agreement) -> Path:
    """Keeps what was measured beside the model."""
    write_json(model_dir / NAME, asdict(agreement))
    return model_dir / NAME


def check(model_dir: Path, model_sha256: str, settings: EightBitSettings) -> None:
    """Raises UserError where 8-bit weights of a model were not measured, or answer too differently."""
    if settings.allow_untested_8bit:
        return
    content = read_json(model_dir / NAME)
    if content is None:
        raise UserError(f"{model_dir}: 8-bit weights were not measured", "their agreement with float32", HINT)
    found = config.parse(Agreement, content, str(model_dir / NAME))
    if found.model_sha256 != model_sha256:
        raise UserError(f"{model_dir / NAME} is of other weights", f"of {model_sha256[:12]}", HINT)
    wrong = f"8-bit weights of {model_dir}: "
    if found.equal_share < settings.least_equal_share:
        raise UserError(f"{wrong}{found.equal_share:.3f} of ids equal", f"{settings.least_equal_share} or more", HINT)
    if found.change_share > settings.most_change_share:
        wrong += f"a text costs {found.change_share:.2%} more bits"
        raise UserError(wrong, f"{settings.most_change_share:.2%} at most", HINT)
