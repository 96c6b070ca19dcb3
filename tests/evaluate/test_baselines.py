import math
from pathlib import Path

import numpy as np
import pytest

from malmoi.evaluate.baselines import compressed, unigram, unigram_nats
from malmoi.evaluate.heldout import Excerpt
from malmoi.tokenizer.shards import open_part


def test_the_unigram_adds_one_to_every_count(measured_run: Path):
    train = open_part(measured_run / "tokens", "train")
    nats = unigram_nats(train, 1400)
    tokens = train.read(0, train.num_tokens)
    assert np.exp(-nats).sum() == pytest.approx(1.0)
    assert nats[0] == pytest.approx(-math.log((np.sum(tokens == 0) + 1) / (len(tokens) + 1400)))
    assert nats[5] == pytest.approx(math.log(len(tokens) + 1400))


def test_the_unigram_pays_for_every_token():
    excerpts = [Excerpt("a", "news", (0, 1, 1), 6), Excerpt("b", "law", (1,), 3)]
    nats = np.array([math.log(2), math.log(4)])
    assert unigram(excerpts, nats) == pytest.approx({"news": 5 / 6, "law": 2 / 3})


def test_compressors_see_all_texts_of_a_kind_together():
    excerpts = [Excerpt(str(n), kind, (1,), 3000) for n, kind in enumerate(["news", "law", "news"])]
    text = np.random.default_rng(0).integers(0, 256, 3000, np.uint8).tobytes()
    rates = compressed(excerpts, [text] * 3)
    assert set(rates) == {"gzip", "xz"}
    for by_kind in rates.values():
        assert by_kind["law"] == pytest.approx(8.0, abs=0.3)
        assert by_kind["news"] == pytest.approx(4.0, abs=0.3)
    assert compressed([Excerpt("a", "web", (0,), 0)], [b""])["gzip"] == {"web": 0.0}
