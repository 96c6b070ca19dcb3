"""The OpenVINO engine against torch on the same weights, and what is handed from one to the other."""

import asyncio
import dataclasses

import pytest

from malmoi.kit.errors import UserError
from malmoi.serve.engine import EngineDownError, Guide, Request
from malmoi.serve.open_engine import opened
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine

pytest.importorskip("openvino_genai", reason="openvino-genai is not installed")

SETTINGS = ServeSettings(slots=4, prefill_tokens=16, device="cpu", threads=1)
TEXTS = ("아버지가 방에", "한국어 문장을 배우는 작은 모델입니다. " * 3, "사과", "모델 뷁", "자동차 차표")


@pytest.fixture(scope="module")
def both(model_folder):
    with opened(model_folder, dataclasses.replace(SETTINGS, engine="openvino")) as (engine, codec):
        yield engine, codec


@pytest.fixture(scope="module")
def reference(model_folder):
    with TorchEngine(model_folder, SETTINGS) as engine:
        yield engine


def requests(codec, **settings):
    settings = {"max_tokens": 24, "temperature": 0.0, **settings}
    return [Request(tuple(codec.encode(text)), **settings) for text in TEXTS]


async def collect(steps):
    return [piece async for step in steps for piece in step]


async def answers(engine, asked):
    return await asyncio.gather(*(collect(engine.generate(request)) for request in asked))


def test_greedy_answers_equal_torch_also_when_they_run_together(both, reference):
    engine, codec = both
    asked = requests(codec)
    ours, theirs = (asyncio.run(answers(one, asked)) for one in (engine, reference))
    same = [
        [piece.token_id for piece in mine] == [piece.token_id for piece in other]
        for mine, other in zip(ours, theirs, strict=True)
    ]
    assert sum(same) >= len(same) - 1, same  # weights of 16 bits may turn a near tie


def test_every_answer_ends_once_with_its_reason_and_its_length(both):
    engine, codec = both
    for said in asyncio.run(answers(engine, requests(codec, max_tokens=7))):
        assert [piece.finish for piece in said[:-1]] == [None] * (len(said) - 1)
        assert said[-1].finish in ("stop", "length")
        assert len(said) == 7 or said[-1].finish == "stop"


def test_a_seed_gives_the_same_answer_alone_and_beside_others(both):
    engine, codec = both
    asked = requests(codec, temperature=1.0, seed=7)
    together = asyncio.run(answers(engine, asked))
    alone = [asyncio.run(answers(engine, [request]))[0] for request in asked]
    same = [
        [piece.token_id for piece in one] == [piece.token_id for piece in other]
        for one, other in zip(together, alone, strict=True)
    ]
    assert all(same), same


def test_banned_tokens_are_never_chosen(both):
    engine, codec = both
    said = asyncio.run(answers(engine, requests(codec, temperature=2.0, seed=1, max_tokens=60)))
    special = set(codec.special_ids.values())
    assert not [piece for answer in said for piece in answer if piece.token_id in special and not piece.is_end]


def test_what_openvino_cannot_do_is_done_by_torch_on_the_same_weights(both, reference):
    engine, codec = both
    ids = codec.encode(TEXTS[0])
    chosen = Request(tuple(ids), max_tokens=8, temperature=0.0, guide=Guide("choice", ["긍정", "부정"]))
    said = asyncio.run(collect(engine.generate(chosen)))
    assert codec.decode([piece.token_id for piece in said if not piece.is_end]) in ("긍정", "부정")
    assert asyncio.run(engine.score(ids)) == asyncio.run(reference.score(ids))
    assert engine.engine_of(chosen).startswith("torch") and engine.describe().engine.startswith("openvino")


def test_closing_an_answer_early_frees_its_slot(both):
    engine, codec = both

    async def left():
        steps = engine.generate(requests(codec, max_tokens=80, ignore_eos=True)[0])
        async for _ in steps:
            break
        await steps.aclose()
        for _ in range(200):
            if engine.health().running == 0:
                return True
            await asyncio.sleep(0.02)
        return False

    assert asyncio.run(left())


def test_a_request_that_does_not_fit_is_refused_alone(both):
    engine, codec = both
    with pytest.raises(UserError):
        asyncio.run(collect(engine.generate(requests(codec, max_tokens=100_000)[0])))
    assert asyncio.run(answers(engine, requests(codec, max_tokens=2)))


def test_a_closed_engine_says_so(model_folder):
    with opened(model_folder, dataclasses.replace(SETTINGS, engine="openvino")) as (engine, codec):
        pass
    with pytest.raises(EngineDownError):
        asyncio.run(collect(engine.generate(requests(codec)[0])))
    assert engine.health().state == "down"
