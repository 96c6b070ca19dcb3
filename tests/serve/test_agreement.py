"""8-bit weights are served where their agreement with float32 was measured and is good enough."""

import asyncio
import dataclasses
import math
import shutil

import pytest
import torch

from malmoi.kit.errors import UserError
from malmoi.model.read_folder import load_hugging_face
from malmoi.serve import agreement
from malmoi.serve.agreement import Agreement
from malmoi.serve.engine import Piece
from malmoi.serve.settings import EightBitSettings, ServeSettings
from malmoi.serve.torch_engine import TorchEngine
from malmoi.serve.torch_weights import model_sha256
from malmoi.tokenizer.codec import Codec

TEXTS = ("한국어 문장을 배우는 작은 모델입니다. " * 4, "아버지가 방에 들어가신다. 자동차 차표와 사과. " * 4, "짧다")
SETTINGS = ServeSettings(slots=2, device="cpu", threads=1, engine="torch")
GOOD = Agreement("sha", "openvino 2026.4.1 int8 f32", 50, 0.93, 2.0, 2.001)


@pytest.fixture
def folder(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "model")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "were not measured"),
        (dataclasses.replace(GOOD, model_sha256="other"), "of other weights"),
        (dataclasses.replace(GOOD, equal_share=0.5), "0.500 of ids equal"),
        (dataclasses.replace(GOOD, bits_per_byte_int8=2.1), "costs 5.00% more"),
    ],
)
def test_weights_that_were_not_measured_or_differ_are_refused_unless_said_otherwise(folder, found, told):
    if found is not None:
        agreement.write(folder, found)
    with pytest.raises(UserError, match=told) as refused:
        agreement.check(folder, "sha", EightBitSettings())
    assert "--allow-untested-8bit" in str(refused.value)
    agreement.check(folder, "sha", EightBitSettings(allow_untested_8bit=True))


def test_what_was_measured_is_kept_beside_the_model_and_lets_it_be_served(folder):
    agreement.write(folder, GOOD)
    agreement.check(folder, "sha", EightBitSettings())
    with pytest.raises(UserError, match=agreement.NAME):
        (folder / agreement.NAME).write_text('{"texts": 3}', encoding="utf-8")
        agreement.check(folder, "sha", EightBitSettings())


def test_bits_per_byte_are_those_of_the_engine_and_8_bits_change_them_little(folder):
    codec, model = Codec(folder), load_hugging_face(folder)
    ids = codec.text_ids(TEXTS[0])
    with TorchEngine(folder, SETTINGS) as engine:
        scores = asyncio.run(engine.score(ids))
    nats = -sum(score.logprob for score in scores[1:])
    num_bytes = sum(len(codec.token_bytes(token_id)) for token_id in ids[1:])
    before = agreement.bits_per_byte(model, codec, [ids])
    assert before == pytest.approx(nats / math.log(2) / num_bytes, rel=1e-5)
    weight = model.lm_head.weight.detach().clone()
    agreement.to_8_bits(model)
    assert not torch.equal(model.lm_head.weight, weight)
    assert agreement.bits_per_byte(model, codec, [ids]) == pytest.approx(before, rel=0.01)


class Different:
    """An engine that answers otherwise from the 12th token on."""

    def __init__(self, engine, whole):
        self._engine, self._whole = engine, whole
        self.describe = engine.describe

    async def generate(self, request):
        number = 0
        async for step in self._engine.generate(dataclasses.replace(request)):
            for piece in step:
                number += 1
                yield (piece if number <= self._whole else Piece(-1, finish=piece.finish),)


def test_the_share_of_equal_ids_counts_every_id_of_every_text(folder, monkeypatch):
    with TorchEngine(folder, SETTINGS) as engine:
        monkeypatch.setattr(engine._batch, "_vocabulary", _unmasked(engine._batch._vocabulary))
        same, half = (agreement.measure(folder, TEXTS, Different(engine, whole)) for whole in (24, 12))
    assert (same.texts, same.equal_share, half.equal_share) == (2, 1.0, 0.5)
    assert same.model_sha256 == model_sha256(folder) and same.bits_per_byte_f32 != same.bits_per_byte_int8
    with pytest.raises(UserError, match="longer texts"):
        agreement.measure(folder, TEXTS[2:], Different(engine, 24))


def _unmasked(vocabulary):
    """Without the masks of broken UTF-8, which an engine with 8-bit weights does not have."""
    return dataclasses.replace(vocabulary, barred_SV=vocabulary.banned_V[None].repeat(len(vocabulary.barred_SV), 0))
