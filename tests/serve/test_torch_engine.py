import asyncio
import time

import pytest
import torch

from malmoi.kit.errors import UserError
from malmoi.serve.engine import Guide, Request
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine

SETTINGS = ServeSettings(slots=3, prefill_tokens=8, device="cpu", threads=1)
TEXTS = [
    "아버지가 방에",
    "한국어 문장을 배우는 작은 모델입니다. " * 4,
    "사과",
    "과자 자동차 차표",
    "표범 긍정",
    "모델 뷁",
]


@pytest.fixture(scope="module")
def engine(model_folder):
    with TorchEngine(model_folder, SETTINGS) as engine:
        yield engine


async def ask(engine, text, **settings):
    settings = {"max_tokens": 24, "temperature": 0.0, **settings}
    request = Request(tuple(engine.codec.encode(text)), **settings)
    return await collect(engine.generate(request))


def ids_of(pieces):
    return [piece.token_id for piece in pieces if not piece.is_end]


def naive(engine, text, max_tokens):
    """The plain loop that the engine must equal: the whole text through the model for each token, no cache."""
    ids, answer = engine.codec.encode(text), []
    banned = torch.tensor(
        [token_id in range(1, 1029) and token_id != 4 for token_id in range(engine._model.shape.vocabulary_tokens)]
    )
    with torch.inference_mode():
        while len(answer) < max_tokens:
            logits = engine._model(torch.tensor([ids]), torch.arange(len(ids))[None])[0, -1]
            chosen = int(logits.masked_fill(banned, -torch.inf).argmax())
            if chosen in (0, 4):
                break
            ids.append(chosen)
            answer.append(chosen)
    return answer


def test_greedy_equals_a_naive_loop_token_by_token_while_requests_join_and_leave(engine):
    async def all_at_once():
        lengths = [24, 5, 17, 1, 24, 9]
        return await asyncio.gather(
            *(ask(engine, text, max_tokens=length) for text, length in zip(TEXTS, lengths, strict=True))
        )

    for text, pieces in zip(TEXTS, asyncio.run(all_at_once()), strict=True):
        assert ids_of(pieces) == naive(engine, text, len(ids_of(pieces)))
        assert pieces[-1].finish in ("length", "stop")
        assert all(piece.finish is None for piece in pieces[:-1])


def test_a_seed_gives_the_same_tokens_whatever_else_is_in_the_batch(engine):
    async def alone_and_together():
        alone = await ask(engine, TEXTS[0], seed=11, temperature=1.0, top_p=0.95)
        others = [ask(engine, text, temperature=1.0) for text in TEXTS[1:]]
        together, *_ = await asyncio.gather(ask(engine, TEXTS[0], seed=11, temperature=1.0, top_p=0.95), *others)
        return alone, together

    alone, together = asyncio.run(alone_and_together())
    assert ids_of(alone) == ids_of(together)


def test_a_client_that_leaves_frees_its_slot(engine, monkeypatch):
    decode = engine._batch._decode

    def slow():
        time.sleep(0.01)  # so that 120 tokens take far longer than this test waits
        decode()

    async def leave():
        asked = Request((1300,), 120, 0.0, guide=Guide("regex", "[가-힣]{200}"))
        leaving = [engine.generate(asked) for _ in range(SETTINGS.slots)]
        for pieces in leaving:
            await anext(pieces)
        assert engine._batch.num_jobs == SETTINGS.slots
        for pieces in leaving:
            await pieces.aclose()
        await asyncio.sleep(0.1)
        assert engine._batch.num_jobs == 0

    monkeypatch.setattr(engine._batch, "_decode", slow)
    asyncio.run(leave())


def test_logprobs_equal_score_and_come_with_their_alternatives(engine):
    async def both():
        pieces = await ask(engine, TEXTS[0], max_tokens=6, top_logprobs=3)
        ids = engine.codec.encode(TEXTS[0])
        return pieces, (await engine.score([*ids, *ids_of(pieces)], 3))[len(ids) :]

    pieces, scores = asyncio.run(both())
    assert len(scores) == 6
    for piece, score in zip(pieces, scores, strict=True):
        assert piece.logprob == pytest.approx(score.logprob, abs=1e-4)
        assert [token_id for token_id, _ in piece.top] == [token_id for token_id, _ in score.top]
        assert len(piece.top) == 3


def test_score_equals_the_model_and_has_none_for_the_first_token(engine):
    ids = engine.codec.encode(TEXTS[1])
    scores = asyncio.run(engine.score(ids))
    with torch.inference_mode():
        logits = engine._model(torch.tensor([ids]), torch.arange(len(ids))[None])[0]
    exact = logits.log_softmax(-1)[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
    assert scores[0].logprob is None
    assert [score.token_id for score in scores] == ids
    assert torch.allclose(torch.tensor([score.logprob for score in scores[1:]]), exact, atol=1e-4)


def test_a_guide_holds_for_greedy_and_for_drawn_answers(engine):
    async def guided(**settings):
        pieces = await ask(engine, "판단:", guide=Guide("choice", [" 긍정", " 부정", " 중립"]), **settings)
        return engine.codec.decode(ids_of(pieces)), pieces[-1].finish

    for settings in ({}, {"temperature": 1.5, "seed": 1}, {"temperature": 1.5, "seed": 2}):
        text, finish = asyncio.run(guided(**settings))
        assert text in (" 긍정", " 부정", " 중립")
        assert finish == "stop"


def test_an_answer_ends_where_the_context_is_full(engine):
    ids = tuple(engine.codec.encode("가나다라" * 30))[:126]
    pieces = asyncio.run(collect(engine.generate(Request(ids, 50, 0.0, guide=Guide("regex", "[가-힣]{50}")))))
    assert len(ids_of(pieces)) == 2
    assert pieces[-1].finish == "length"


async def collect(steps):
    return [piece async for pieces in steps for piece in pieces]


@pytest.mark.parametrize(
    "request_",
    [
        Request(()),
        Request((1,) * 128),
        Request((999_999,)),
        Request((-1,)),
        Request((5,), max_tokens=0),
        Request((5,), guide=Guide("regex", "[")),
    ],
)
def test_a_request_that_the_model_cannot_take_is_a_clear_error(engine, request_):
    with pytest.raises(UserError):
        asyncio.run(collect(engine.generate(request_)))


def test_a_failing_step_reaches_the_requests_and_the_engine_goes_on(engine, monkeypatch, caplog):
    def broken(*_, **__):
        raise MemoryError("비밀 프롬프트")

    with monkeypatch.context() as patch:
        patch.setattr(engine._batch, "_decode", broken)
        with pytest.raises(RuntimeError, match="MemoryError"):
            asyncio.run(ask(engine, "사과"))
    assert "failed in a step" in caplog.text
    assert ids_of(asyncio.run(ask(engine, "사과", max_tokens=4))) == naive(engine, "사과", 4)


def test_closing_ends_what_is_under_way(model_folder):
    engine = TorchEngine(model_folder, SETTINGS)

    async def close_in_the_middle():
        pieces = engine.generate(Request((1300,), 127, 0.0))
        await anext(pieces)
        await asyncio.to_thread(engine.close)
        with pytest.raises(RuntimeError, match="closed"):
            await collect(pieces)
        with pytest.raises(RuntimeError, match="closed"):
            await ask(engine, "사과")

    asyncio.run(close_in_the_middle())


def test_the_description_names_the_run_and_hashes_the_weights(engine, model_folder):
    about = engine.describe()
    assert about.name == model_folder.parent.name
    assert (about.context_tokens, about.slots) == (128, 3)
    assert len(about.model_sha256) == 64


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(UserError):
        TorchEngine(tmp_path, SETTINGS)
