"""A tokenizer of 1,500 ids, a 20-line fake engine and a tiny exported model, for the tests of serve and studio."""

import asyncio
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from malmoi.kit.special_tokens import END_OF_TURN
from malmoi.model.shape import ModelSettings
from malmoi.serve.engine import Capabilities, Description, Health, Piece, Request, Score
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.settings import SPECIAL_TOKENS

KOREAN = "아버지가 방에 들어가신다. 한국어 문장을 배우는 작은 모델입니다. 사과 과자 자동차 차표 표범 긍정 부정 중립 "

CAPABILITIES = Capabilities(20, prompt_logprobs=True, guides=("choice", "regex", "json", "lark"), embeddings=True)


def make_tokenizer(folder: Path) -> Path:
    """A byte-level BPE with the special tokens of malmoi, in folder/tokenizer.json."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=list(SPECIAL_TOKENS), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([KOREAN * 20], trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def make_model(folder: Path) -> Path:
    """A random model of 0.1 M parameters with loud weights (so that its choices differ), as a Hugging Face folder."""
    import torch  # here, so that a fake engine's process starts without it
    from safetensors.torch import save_file

    from malmoi.model.transformer import Transformer, start

    make_tokenizer(folder)
    settings = ModelSettings(layers=2, hidden=32, heads=4, kv_heads=2, feed_forward=64, context_tokens=128)
    shape = settings.shape(Codec(folder).vocabulary_tokens)
    model = Transformer(shape)
    start(model, seed=3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(8.0 if parameter.ndim > 1 else 1.0)
    tensors = {name: value.contiguous() for name, value in model.state_dict().items() if name != "lm_head.weight"}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocabulary_tokens,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_size,
        "max_position_embeddings": shape.context_tokens,
        "rms_norm_eps": shape.norm_epsilon,
        "rope_theta": shape.rope_theta,
        "rope_parameters": {"rope_theta": shape.rope_theta, "rope_type": "default"},
        "tie_word_embeddings": True,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


class FakeEngine:
    """Says `text` whatever it is asked, or the first of a guide's choices. `num_open` counts what runs."""

    def __init__(self, codec: Codec, text: str = "안녕하세요. 반갑습니다.", delay_s: float = 0.0) -> None:
        self.codec, self.text, self.delay_s = codec, text, delay_s
        self.num_open, self.requests, self.error = 0, list[Request](), None

    def describe(self) -> Description:
        return Description("fake", "fake", self.codec.vocabulary_tokens, 2048, 2, "0" * 64, CAPABILITIES)

    def health(self) -> Health:
        return Health("ok", running=self.num_open)

    async def generate(self, request: Request):
        self.requests.append(request)
        self.num_open += 1
        try:
            if self.error is not None:
                raise self.error
            is_choice = request.guide is not None and request.guide.kind == "choice"
            ids = self.codec.encode(request.guide.value[0] if is_choice else self.text)
            top = tuple((token_id, -1.0 - token_id / 1e4) for token_id in range(1300, 1300 + request.top_logprobs))
            for count, token_id in enumerate(ids, start=1):
                await asyncio.sleep(self.delay_s)
                is_last = count == request.max_tokens
                yield (Piece(token_id, -0.5, top, "length" if is_last else None),)
                if is_last:
                    return
            yield (Piece(self.codec.special(END_OF_TURN), -0.1, top, "stop", is_end=True),)
        finally:
            self.num_open -= 1

    async def score(self, token_ids, top: int = 0) -> list[Score]:
        alternatives = tuple((token_id, -2.0) for token_id in range(1300, 1300 + top))
        rest = [Score(token_id, -token_id / 1000, alternatives) for token_id in token_ids[1:]]
        return [Score(token_ids[0], None), *rest]

    async def score_many(self, prefix_ids, continuations, top: int = 0, cache_salt=None) -> list[list[Score]]:  # noqa: ARG002
        return [(await self.score([*prefix_ids, *ids], top))[len(prefix_ids) :] for ids in continuations]

    async def embed(self, token_ids) -> list[float]:
        return [float(len(token_ids)), 0.0]
