import asyncio
import codecs
import dataclasses
import json
import shutil
import threading
import time

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.model.read_folder import load_hugging_face
from malmoi.model.weight_files import write_weights
from malmoi.serve.chat import Turn, chat_ids
from malmoi.serve.engine import EngineDownError, Guide, OverloadedError, Request, RequestCancelledError
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine
from malmoi.serve.torch_weights import model_sha256

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


def goes_on(written, content):
    """Whether a text may go on so; an end has no bytes, and comes after a whole character only."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(written + content, final=not content)
    except UnicodeDecodeError:
        return False
    return True


def naive(engine, text, max_tokens):
    """The plain loop that the engine must equal: the whole text through the model for each token, no cache."""
    ids, answer = engine.codec.encode(text), []
    banned = torch.tensor(
        [token_id in range(1, 1029) and token_id != 4 for token_id in range(engine._model.shape.vocabulary_tokens)]
    )
    with torch.inference_mode():
        while len(answer) < max_tokens:
            logits = engine._model(torch.tensor([ids]), torch.arange(len(ids))[None])[0, -1]
            written = b"".join(map(engine.codec.token_bytes, ids))
            order = logits.masked_fill(banned, -torch.inf).argsort(descending=True, stable=True).tolist()
            chosen = next(token_id for token_id in order if goes_on(written, engine.codec.token_bytes(token_id)))
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


def test_every_shard_of_a_model_is_in_its_hash_with_and_without_a_manifest(model_folder, tmp_path):
    folder = tmp_path / "shards"
    shutil.copytree(model_folder, folder)
    (folder / "model.safetensors").unlink()
    write_weights(load_hugging_face(model_folder), folder, max_bytes=20_000)
    files = sorted(folder.glob("model-*.safetensors"))
    assert len(files) > 2
    first = model_sha256(folder)
    manifest.write(folder, manifest.Manifest("model", {}, outputs=manifest.outputs_of(folder, [f.name for f in files])))
    assert model_sha256(folder) == first
    content = bytearray(files[-1].read_bytes())
    content[-1] ^= 1
    files[-1].write_bytes(content)
    manifest.write(folder, manifest.Manifest("model", {}, outputs=manifest.outputs_of(folder, [f.name for f in files])))
    assert model_sha256(folder) != first


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(UserError):
        TorchEngine(tmp_path, SETTINGS)


def test_replays_are_equal_to_the_last_bit_alone_and_in_another_batch(engine):
    async def replay():
        asked = [{"seed": number, "temperature": 1.2, "top_logprobs": 2} for number in range(len(TEXTS))]
        together = await asyncio.gather(*(ask(engine, text, **how) for text, how in zip(TEXTS, asked, strict=True)))
        alone = [await ask(engine, text, **how) for text, how in zip(TEXTS, asked, strict=True)]
        backwards = await asyncio.gather(*(ask(engine, TEXTS[n], **asked[n]) for n in reversed(range(len(TEXTS)))))
        return together, alone, backwards[::-1]

    together, alone, backwards = asyncio.run(replay())
    assert engine.describe().capabilities.deterministic
    assert together == alone == backwards


@pytest.mark.parametrize("seed", range(20))
def test_an_answer_is_always_whole_characters(engine, seed):
    half = engine.codec.encode("뷁")[:1]
    for prompt in ("사과 ", "뷁"):
        ids = tuple(engine.codec.encode(prompt)) + tuple(half * (seed % 2))
        pieces = asyncio.run(collect(engine.generate(Request(ids, 30, 1.9, seed=seed))))
        written = b"".join(engine.codec.token_bytes(each) for each in (*ids, *ids_of(pieces)))
        assert "\ufffd" not in codecs.getincrementaldecoder("utf-8")().decode(
            written, final=pieces[-1].finish == "stop"
        )


def test_ends_wait_for_the_fewest_tokens_and_stop_ids_end_an_answer(engine):
    async def asked(**settings):
        return await ask(engine, "사과", **settings)

    plain = asyncio.run(asked(max_tokens=12, ignore_eos=True, logit_bias=((0, 100.0), (4, 100.0))))
    assert len(ids_of(plain)) == 12
    ended = asyncio.run(asked(max_tokens=12, min_tokens=5, logit_bias=((4, 100.0),)))
    # Behind the fifth token a character may still be open: then the end waits for it.
    assert 5 <= len(ids_of(ended)) <= 8
    assert (ended[-1].token_id, ended[-1].is_end, ended[-1].finish) == (4, True, "stop")
    stop = ids_of(plain)[0]
    (only,) = asyncio.run(asked(stop_token_ids=(stop,)))
    assert (only.token_id, only.is_end, only.finish) == (stop, True, "stop")


def test_scores_after_a_shared_prefix_equal_those_of_whole_texts(engine):
    prefix, continuations = [0, *engine.codec.encode(TEXTS[1])], [[1300], [1200, 1201, 1202], [1300, 4]]

    async def both():
        many = await engine.score_many(prefix, continuations, 2)
        return many, [(await engine.score([*prefix, *ids], 2))[len(prefix) :] for ids in continuations]

    many, wholes = asyncio.run(both())
    assert len(many) == len(continuations)
    for shared, whole in zip(many, wholes, strict=True):
        assert [score.token_id for score in shared] == [score.token_id for score in whole]
        for one, other in zip(shared, whole, strict=True):
            assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
            assert [token_id for token_id, _ in one.top] == [token_id for token_id, _ in other.top]


def test_an_embedding_is_the_mean_of_the_last_states(engine):
    vector = asyncio.run(engine.embed([0, 1300, 1301]))
    with torch.inference_mode():
        states = engine._model.hidden(torch.tensor([[0, 1300, 1301]]), torch.arange(3)[None])[0]
    assert torch.allclose(torch.tensor(vector), states.mean(dim=0), atol=1e-6)


def test_what_fails_for_one_request_ends_that_request_alone(engine, monkeypatch):
    expected = asyncio.run(ask(engine, "사과", max_tokens=20))
    poisoned = max(set(range(1300, 1380)) - set(ids_of(expected)))
    hidden = engine._model.hidden

    def failing(tokens, *rest, **named):
        if (tokens == poisoned).any():
            raise ValueError("비밀")
        return hidden(tokens, *rest, **named)

    monkeypatch.setattr(engine._model, "hidden", failing)

    async def together():
        bad = engine.generate(Request((1300,), 20, 0.0, logit_bias=((poisoned, 100.0),)))
        unread = engine.generate(Request((1300, poisoned), 20, 0.0))
        return await asyncio.gather(
            collect(bad), ask(engine, "사과", max_tokens=20), collect(unread), return_exceptions=True
        )

    bad, good, unread = asyncio.run(together())
    assert isinstance(bad, EngineDownError)
    assert isinstance(unread, EngineDownError)
    assert "비밀" not in f"{bad}{unread}"
    assert good == expected


def test_a_row_that_finds_no_memory_ends_its_request_as_overloaded(engine, monkeypatch):
    monkeypatch.setattr("malmoi.model.cache.Row.reserve", lambda *_: torch.empty(2**60))
    with pytest.raises(OverloadedError):
        asyncio.run(ask(engine, "사과"))


def test_a_step_that_hangs_ends_its_requests_and_is_seen_in_the_health(model_folder, monkeypatch):
    let_go = threading.Event()
    with TorchEngine(model_folder, dataclasses.replace(SETTINGS, step_limit_s=0.2)) as engine:
        assert engine.health().state == "ok"
        with monkeypatch.context() as patch:
            patch.setattr(engine._batch, "_decode", let_go.wait)
            with pytest.raises(EngineDownError, match="step has lasted"):
                asyncio.run(ask(engine, "사과"))
            assert engine.health().state == "stalled"
            with pytest.raises(EngineDownError, match="not come back"):
                asyncio.run(ask(engine, "사과"))
            let_go.set()
        for _ in range(200):
            if engine.health().state == "ok":
                break
            time.sleep(0.01)
        assert len(asyncio.run(ask(engine, "사과", max_tokens=3))) == 3
    assert engine.health().state == "down"


def test_more_slots_than_memory_are_refused_with_a_number_that_fits(model_folder):
    with pytest.raises(UserError, match=r"use --slots \d+"):
        TorchEngine(model_folder, dataclasses.replace(SETTINGS, slots=10**9))


def test_the_ends_of_a_foreign_folder_come_from_its_own_files(tmp_path):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={"</s>": 0, **{sign: n for n, sign in enumerate(alphabet, 1)}}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["</s>"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=257, max_position_embeddings=64, eos_token_id=0, **sizes))
    model.save_pretrained(tmp_path)
    with TorchEngine(tmp_path, SETTINGS) as engine:
        assert engine.codec.text_ids("ab") == engine.codec.encode("ab")
        pieces = asyncio.run(ask(engine, "ab", max_tokens=9, logit_bias=((0, 100.0),)))
        assert (pieces[0].token_id, pieces[0].is_end) == (0, True)
        with pytest.raises(UserError, match="no chat template"):
            chat_ids(engine.codec, [Turn("user", "a")])
    for name in ("config.json", "generation_config.json"):
        content = json.loads((tmp_path / name).read_text())
        (tmp_path / name).write_text(json.dumps({**content, "eos_token_id": None}))
    with pytest.raises(UserError, match="names no token that ends"):
        TorchEngine(tmp_path, SETTINGS)


def test_an_answer_that_nobody_reads_is_ended_and_costs_no_other(engine, monkeypatch):
    monkeypatch.setattr("malmoi.serve.torch_engine.MOST_UNREAD", 10)

    async def unread():
        steps = engine.generate(Request((1300,), 100, 0.0, ignore_eos=True))
        first = await anext(steps)
        engine_runs = [
            await asyncio.to_thread(lambda: asyncio.run(ask(engine, "사과", max_tokens=20))) for _ in range(3)
        ]
        said = list(first)
        with pytest.raises(RequestCancelledError, match="nobody reads"):
            while True:
                said += await anext(steps)
        return said, engine_runs

    said, others = asyncio.run(unread())
    assert 10 <= len(said) <= 30
    assert all(ids_of(other) == naive(engine, "사과", len(ids_of(other))) for other in others)
    assert engine.health().running == 0
