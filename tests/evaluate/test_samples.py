import asyncio
from pathlib import Path

import pytest

from malmoi.evaluate.heldout import Excerpt, choose
from malmoi.evaluate.samples import pick, sample
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.shards import open_part

SETTINGS = EvaluateSettings(samples=4, prompt_tokens=10, sample_tokens=12, seed=5)


@pytest.fixture
def codec(measured_run: Path) -> Codec:
    return Codec(measured_run / "tokenizer")


@pytest.fixture
def excerpts(measured_run: Path, codec: Codec) -> list[Excerpt]:
    return choose(open_part(measured_run / "tokens", "heldout"), codec, SETTINGS)


def test_kinds_take_turns_and_short_documents_are_left_out():
    lengths = {"law": [50, 60, 5], "news": [40, 41]}
    excerpts = [
        Excerpt(f"{kind}{n}", kind, (1,) * size, size)
        for kind, sizes in lengths.items()
        for n, size in enumerate(sizes)
    ]
    assert [one.id for one in pick(excerpts, EvaluateSettings(samples=9))] == ["law0", "news0", "law1", "news1"]
    assert [one.id for one in pick(excerpts, EvaluateSettings(samples=1))] == ["law0"]
    assert pick([], EvaluateSettings()) == []


def test_beginnings_are_continued_each_with_its_own_seed(engine, codec: Codec, excerpts: list[Excerpt]):
    written = asyncio.run(sample(engine, codec, excerpts, SETTINGS, lambda *_: None))
    assert [request.seed for request in engine.requests] == [5, 6, 7, 8]
    assert all(request.prompt_ids[0] == 0 for request in engine.requests)
    texts = {one.id: codec.decode(one.ids) for one in excerpts}
    for one, request in zip(written, engine.requests, strict=True):
        assert one.prompt == codec.decode(request.prompt_ids)
        assert texts[one.document_id].startswith(one.prompt)
        assert "\ufffd" not in one.prompt
        assert (one.tokens, one.finish) == (11, "stop")
        assert one.reference


def test_a_beginning_ends_with_a_whole_character(make_engine, codec: Codec):
    ids = tuple(codec.encode("뷁쀍" * 20))
    engine = make_engine()
    for prompt_tokens in (1, 2, 3, 4, 5, 6, 7):
        settings = EvaluateSettings(samples=1, prompt_tokens=prompt_tokens, sample_tokens=5)
        [one] = asyncio.run(sample(engine, codec, [Excerpt("a", "web", ids, 60)], settings, lambda *_: None))
        assert "\ufffd" not in one.prompt or prompt_tokens < 3


def test_prompt_and_answer_fit_a_short_context(make_engine, codec: Codec, excerpts: list[Excerpt]):
    settings = EvaluateSettings(samples=2, prompt_tokens=10, sample_tokens=500)
    written = asyncio.run(sample(make_engine(16), codec, excerpts, settings, lambda *_: None))
    assert [0 < one.tokens < 16 for one in written] == [True, True]
