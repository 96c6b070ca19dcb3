"""The OpenVINO engine against torch on the same weights, and what is handed from one to the other.

test_openvino_alone.py runs these in a process of their own, with a time of its own. OpenVINO itself runs in processes
that the engine starts, so training in this one would do no harm: where it has run, training with torch in the same
process ends with a segmentation fault (2026.4.1 and torch 2.13).
"""

import asyncio
import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import socket
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from adapter_folder import TARGETS, write_adapter
from fastapi.testclient import TestClient
from foreign_folders import write_model
from safetensors.torch import load_file, save_file

from malmoi.cli.main import main
from malmoi.kit.errors import UserError
from malmoi.model.gguf_file import write_gguf
from malmoi.model.read_folder import load_hugging_face
from malmoi.serve import agreement, openvino_process, utf8
from malmoi.serve.engine import EngineDownError, Guide, OverloadedError, Request
from malmoi.serve.engine_choice import choice
from malmoi.serve.http_api import create_app
from malmoi.serve.marks import end_ids
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.open_engine import opened
from malmoi.serve.openvino_process import Messages, Runner, ask_of, run
from malmoi.serve.records.database import open_database
from malmoi.serve.records.replay import recorded
from malmoi.serve.records.writer import Records
from malmoi.serve.served import Served
from malmoi.serve.settings import EightBitSettings, RecordSettings, ServeSettings
from malmoi.serve.torch_engine import TorchEngine

pytestmark = pytest.mark.skipif("MALMOI_OPENVINO_ALONE" not in os.environ, reason="run by test_openvino_alone.py")

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


def test_greedy_answers_equal_torch_also_when_they_run_together(both, reference, monkeypatch):
    engine, codec = both
    vocabulary = reference._batch._vocabulary
    unmasked = dataclasses.replace(vocabulary, barred_SV=np.tile(vocabulary.banned_V, (utf8.NUM_STATES, 1)))
    monkeypatch.setattr(reference._batch, "_vocabulary", unmasked)  # OpenVINO cannot mask what is no UTF-8
    asked = requests(codec)
    ours, theirs = (asyncio.run(answers(one, asked)) for one in (engine, reference))
    same = [
        [piece.token_id for piece in mine] == [piece.token_id for piece in other]
        for mine, other in zip(ours, theirs, strict=True)
    ]
    assert sum(same) >= len(same) - 1, same  # weights of 16 bits may turn a near tie


def test_far_from_the_begin_a_token_is_as_likely_as_torch_says(model_folder, tmp_path):
    """OpenVINO saves the speeds of the rotary positions in 16 bits: at 3,000 a key was turned a radian wrong."""
    folder = tmp_path / "long"
    shutil.copytree(model_folder, folder)
    written = json.loads((folder / "config.json").read_text()) | {"max_position_embeddings": 4096}
    (folder / "config.json").write_text(json.dumps(written))
    halves = {name: weight.half() for name, weight in load_file(folder / "model.safetensors").items()}
    save_file(halves, folder / "model.safetensors")  # which both engines compute with in float32
    draw, settings = random.Random(1), dataclasses.replace(SETTINGS, engine="openvino", slots=1, prefill_tokens=512)
    with opened(folder, settings) as (engine, codec):
        texts = [draw.randrange(1_100, codec.vocabulary_tokens) for _ in range(3_000)]
        asked = [Request((0, *texts[:length]), max_tokens=1, temperature=0.0) for length in (100, 1_000, 3_000)]
        said = [asyncio.run(answers(engine, [request]))[0][0] for request in asked]
        banned = torch.from_numpy(
            np.array(Vocabulary.of(codec, end_ids(folder, codec), codec.vocabulary_tokens).banned_V)
        )
    model = load_hugging_face(folder)
    for request, piece in zip(asked, said, strict=True):
        ids = request.prompt_ids
        with torch.no_grad():
            logits = model(torch.tensor([ids]), torch.arange(len(ids))[None])[0, -1].masked_fill(banned, -1e9)
        assert abs(float(logits.log_softmax(-1)[piece.token_id]) - piece.logprob) < 1e-4, len(ids)


def test_an_export_whose_gguf_file_openvino_does_not_read_is_served_from_its_folder(model_folder, tmp_path):
    folder = tmp_path / "wide"
    shutil.copytree(model_folder, folder)
    write_gguf(load_hugging_face(folder), folder, folder / "model.gguf", "bf16")
    with opened(folder, dataclasses.replace(SETTINGS, engine="openvino", slots=1)) as (engine, codec):
        said = asyncio.run(answers(engine, requests(codec, max_tokens=4)))
    assert [len(answer) for answer in said] == [4] * len(TEXTS)


def test_every_answer_ends_once_with_its_reason_and_its_length(both):
    engine, codec = both
    answered = asyncio.run(answers(engine, requests(codec, max_tokens=7)))
    assert len(answered) == len(TEXTS)
    for said in answered:
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


@pytest.mark.parametrize("settings", [{"top_p": 0.0}, {"min_p": 1.0}, {"temperature": 1e-300}])
def test_what_leaves_the_best_token_alone_is_greedy_and_not_refused(both, settings):
    engine, codec = both
    greedy, same = (requests(codec, max_tokens=6, **each)[0] for each in ({}, {"temperature": 0.7, **settings}))
    asked = [asyncio.run(collect(engine.generate(one))) for one in (greedy, same)]
    ids = [[piece.token_id for piece in said] for said in asked]
    assert ids[0] == ids[1]


@pytest.fixture
def breakable(model_folder):
    """An engine of its own whose process a test may break; a step may last a second."""
    settings = dataclasses.replace(SETTINGS, engine="openvino", step_limit_s=1.0)
    with opened(model_folder, settings) as (engine, codec):
        yield engine._fast, codec


def test_a_request_that_the_library_refuses_ends_alone(both):
    engine, codec = both
    with pytest.raises(UserError, match="OpenVINO refuses"):
        asyncio.run(collect(engine.generate(requests(codec, repetition_penalty=-1.0)[0])))
    assert asyncio.run(answers(engine, requests(codec, max_tokens=2)))
    assert engine.health().state == "ok"


async def ended_by(engine, request, ending):
    """The answer of an engine whose process stands still, and then gets `ending`.

    Stopped first, for a quick model may be done before a signal comes.
    """
    engine._process.popen.send_signal(signal.SIGSTOP)
    answer = asyncio.create_task(collect(engine.generate(request)))
    while not engine._jobs:
        await asyncio.sleep(0.01)
    engine._process.popen.send_signal(ending)
    return await answer


def becomes(engine, state, patience_s=60.0):
    deadline = time.monotonic() + patience_s
    while engine.health().state != state and time.monotonic() < deadline:
        time.sleep(0.05)
    return engine.health().state == state


@pytest.mark.parametrize(("ending", "told"), [(signal.SIGKILL, "ended"), (signal.SIGSTOP, "come back")])
def test_a_process_that_dies_or_hangs_ends_what_runs_and_is_started_anew_once(breakable, ending, told):
    engine, codec = breakable
    long = requests(codec, max_tokens=90, ignore_eos=True)[1]
    before = asyncio.run(collect(engine.generate(long)))
    for is_last in (False, True):
        with pytest.raises(EngineDownError, match=told):
            asyncio.run(ended_by(engine, long, ending))
        assert becomes(engine, "down" if is_last else "ok")
    with pytest.raises(EngineDownError):
        asyncio.run(collect(engine.generate(long)))
    assert len(before) == 90


def test_an_engine_that_was_started_anew_gives_the_same_answers(breakable):
    engine, codec = breakable
    asked = requests(codec, max_tokens=8)
    before = [asyncio.run(answers(engine, [each])) for each in asked]  # who is beside it may change its last bits
    first = engine._process
    first.popen.kill()
    first.popen.wait()
    assert becomes(engine, "ok") and asyncio.run(answers_at_last(engine, [Request((300,), 1)]))
    assert [asyncio.run(answers(engine, [each])) for each in asked] == before
    assert engine._process is not first


def test_an_engine_for_which_no_process_can_be_had_is_down_and_not_started_for_ever(breakable, monkeypatch):
    engine, _ = breakable
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    engine._process.popen.kill()
    assert becomes(engine, "down")


async def answers_at_last(engine, asked):
    """The answers, as soon as the engine takes requests again."""
    for _ in range(600):
        with contextlib.suppress(OverloadedError, EngineDownError):
            return await answers(engine, asked)
        await asyncio.sleep(0.1)
    raise AssertionError("the engine did not come back")


def test_the_copy_of_a_model_goes_with_a_server_that_was_killed_and_stays_for_one_that_lives(tmp_path):
    folder, weights, other = tmp_path / "malmoi-openvino-a", tmp_path / "malmoi-gguf-a", tmp_path / "model"
    for each in (folder, weights, other):
        each.mkdir()
    for server, gguf, left in (
        (os.getppid(), weights, {folder, weights, other}),
        (0, other, {weights, other}),
        (0, weights, {other}),
    ):
        openvino_process._clear_after(server, SimpleNamespace(folder=str(folder), gguf=str(gguf / "model.gguf")))
        assert set(tmp_path.iterdir()) == left


def test_a_step_that_fails_is_told_by_its_kind_and_no_text_is_written(capsys):
    class Broken:
        def add_request(self, *_):
            return None

        def step(self):
            raise RuntimeError(TEXTS[0])

    with contextlib.ExitStack() as closing:
        ours, its = (Messages(closing.enter_context(end)) for end in socket.socketpair())
        ours.put(ask_of(1, Request((1, 2), max_tokens=3)))
        run(Runner(its, [0], Broken()), its)
        assert ours.get(5) == {"failed": "RuntimeError"}
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown and "아버지" not in shown


class Steady:
    """A pipeline whose only request gets a token at each step, six in all."""

    def __init__(self):
        self.made, self.read_tokens = 0, 0

    def add_request(self, *_):
        return self

    def step(self):
        self.made += 1
        assert self.made <= 6

    def can_read(self):
        return self.read_tokens < self.made

    def read(self):
        self.read_tokens += 1
        reason = SimpleNamespace(name="LENGTH" if self.made == 6 else "NONE")
        return {0: SimpleNamespace(finish_reason=reason, generated_ids=[self.made], generated_log_probs=[-1.0])}


def test_the_first_token_goes_out_at_once_and_what_comes_soon_after_goes_together(monkeypatch):
    monkeypatch.setattr(openvino_process.time, "monotonic", lambda: 100.0)
    with contextlib.ExitStack() as closing:
        ours_end, its_end = (closing.enter_context(end) for end in socket.socketpair())
        ours, its = Messages(ours_end), Messages(its_end)
        ours.put(ask_of(1, Request((1, 2), max_tokens=6)))

        def until_gone():
            with contextlib.suppress(EOFError):
                run(Runner(its, [0], Steady()), its)

        other_side = threading.Thread(target=until_gone)
        other_side.start()
        handed_out = [ours.get(30), ours.get(30)]
        ours_end.shutdown(socket.SHUT_WR)
        other_side.join()
    assert handed_out == [[[1, [1], [-1.0], None]], [[1, [2, 3, 4, 5, 6], [-1.0] * 5, "length"]]]


def test_a_record_names_the_engine_that_answered_and_is_replayed_with_it(both, model_folder, tmp_path, capsys):
    engine, codec = both
    path = tmp_path / "records.db"
    settings = dataclasses.replace(SETTINGS, engine="openvino", records=RecordSettings(path, "whole"))
    asked = {"prompt": TEXTS[0], "max_tokens": 12, "temperature": 0}
    with Records(path) as records:
        served = Served(engine, codec, settings, records=records)
        with TestClient(create_app(served), base_url="http://127.0.0.1:8500") as client:
            fast = client.post("/v1/completions", json=asked).json()["id"]
            whole = client.post("/v1/completions", json={**asked, "logprobs": 2}).json()["id"]
    rows = [recorded(open_database(path), answer_id) for answer_id in (fast, whole)]
    assert [row.made_with["engine"].split()[0] for row in rows] == ["openvino", "torch"]
    assert rows[0].made_with["left_out_bytes"] >= 0 == rows[1].made_with["left_out_bytes"]
    for answer_id in (fast, whole):
        main(["serve", "replay", answer_id, str(model_folder), "--records", str(path), "--threads", "1"])
        assert json.loads(capsys.readouterr().out)["equal"]


def test_bytes_that_are_no_utf8_are_left_out_of_the_text_and_counted_in_the_record(both, tmp_path):
    engine, codec = both
    path = tmp_path / "records.db"
    settings = dataclasses.replace(SETTINGS, engine="openvino", records=RecordSettings(path, "whole"))
    with Records(path, settings) as records:
        served = Served(engine, codec, settings, records=records)
        with TestClient(create_app(served), base_url="http://127.0.0.1:8500") as client:
            asked = {"prompt": TEXTS[0], "max_tokens": 60, "temperature": 2, "ignore_eos": True}
            replies = [client.post("/v1/completions", json={**asked, "seed": seed}).json() for seed in range(4)]
    rows = [recorded(open_database(path), reply["id"]) for reply in replies]
    texts = [reply["choices"][0]["text"] for reply in replies]
    contents = [b"".join(map(codec.token_bytes, row.answer_ids)) for row in rows]
    assert [row.made_with["left_out_bytes"] for row in rows] == [
        len(content) - len(text.encode()) for content, text in zip(contents, texts, strict=True)
    ]
    assert sum(row.made_with["left_out_bytes"] for row in rows) > 0
    assert "\ufffd" not in "".join(texts)


def test_8_bit_weights_answer_and_name_themselves(model_folder):
    untested = EightBitSettings(allow_untested_8bit=True)
    settings = dataclasses.replace(SETTINGS, engine="openvino", openvino_weights="int8", eight_bit=untested)
    with opened(model_folder, settings) as (engine, _):
        assert engine.describe().engine.endswith(" int8 f32")
        found = agreement.measure(model_folder, TEXTS[1:2] * 2, engine)
        assert 0 < found.equal_share <= 1 and found.engine == engine.describe().engine
    refused = dataclasses.replace(settings, eight_bit=EightBitSettings())
    with pytest.raises(UserError, match="not measured"), opened(model_folder, refused):
        pass


def test_openvino_is_chosen_by_itself_and_says_why(model_folder, tmp_path):
    with opened(model_folder, SETTINGS) as (engine, _):
        about = engine.describe()
    assert about.engine.startswith("openvino ") and about.engine_reason == "the fastest on a CPU"
    made = shutil.copytree(model_folder, tmp_path / "model")
    config = json.loads((made / "config.json").read_text(encoding="utf-8"))
    (made / "config.json").write_text(json.dumps({**config, "model_type": "gemma"}), encoding="utf-8")
    assert choice(made, SETTINGS) == ("torch", "OpenVINO has not been tried with models of the kind 'gemma'")


def test_more_slots_than_memory_holds_are_a_sentence(model_folder):
    settings = dataclasses.replace(SETTINGS, engine="openvino", slots=30_000_000)
    with pytest.raises(UserError, match=r"memory.*--slots"), opened(model_folder, settings):
        pass


@pytest.mark.parametrize("kind", ["qwen3", "qwen2", "llama"])
def test_a_foreign_model_is_computed_with_all_bits_of_its_numbers(tmp_path, kind):
    """Norms of heads, biases and scaled rotary positions: OpenVINO's own reader rounds, moves or does not know them."""
    folder = write_model(tmp_path / kind, kind)
    model = load_hugging_face(folder)
    with opened(folder, dataclasses.replace(SETTINGS, engine="openvino")) as (engine, codec):
        prompt = codec.text_ids("아버지가 방에 " * 20)
        request = Request(tuple(prompt), max_tokens=30, temperature=0.0, ignore_eos=True)
        made = asyncio.run(collect(engine.generate(request)))
    ids = [piece.token_id for piece in made]
    with torch.inference_mode():
        logits = model(torch.tensor([prompt + ids]), torch.arange(len(prompt + ids))[None])[0, len(prompt) - 1 : -1]
    ends = end_ids(folder, codec)
    banned = torch.from_numpy(Vocabulary.of(codec, ends, model.shape.vocabulary_tokens).banned_V)
    logprobs = logits.masked_fill(banned, -1e9).log_softmax(-1)
    assert logprobs.argmax(-1).tolist() == ids
    told = torch.tensor([piece.logprob for piece in made])
    assert torch.allclose(logprobs[range(len(ids)), ids], told, atol=1e-3)


@pytest.fixture(scope="module")
def adapted(model_folder, tmp_path_factory):
    """Both engines with an adapter for each kind of module and one for all, and their names."""
    folder, names = tmp_path_factory.mktemp("adapters"), (*TARGETS, "all")
    made = [write_adapter(folder / name, model_folder, TARGETS if name == "all" else (name,)) for name in names]
    words = tuple(f"{name}={each}" for name, each in zip(names, made, strict=True))
    settings = dataclasses.replace(SETTINGS, adapters=words)
    fast = opened(model_folder, dataclasses.replace(settings, engine="openvino"))
    with fast as (engine, codec), TorchEngine(model_folder, settings) as torch_engine:
        vocabulary = torch_engine._batch._vocabulary
        unmasked = np.tile(vocabulary.banned_V, (utf8.NUM_STATES, 1))
        torch_engine._batch._vocabulary = dataclasses.replace(vocabulary, barred_SV=unmasked)
        yield engine, torch_engine, codec, names


def test_adapters_answer_as_in_torch_though_their_requests_come_mixed(adapted):
    engine, torch_engine, codec, names = adapted
    one = Request(tuple(codec.encode(TEXTS[1])), 24, 0.0)
    asked = [dataclasses.replace(one, adapter=name) for name in (*names, None, *names)]
    said, expected = (
        [[piece.token_id for piece in pieces] for pieces in asyncio.run(answers(each, asked))]
        for each in (engine, torch_engine)
    )
    assert engine.engine_of(asked[0]).startswith("openvino")
    assert not engine.describe().capabilities.prefix_cache
    assert said == expected
    assert len({tuple(ids) for ids in said}) == len(names) + 1


def test_no_adapter_waits_for_ever_while_another_is_asked_again_and_again(adapted):
    engine, _, codec, names = adapted
    one = Request(tuple(codec.encode(TEXTS[0])), 40, 0.0, ignore_eos=True, adapter=names[0])

    async def crowd():
        is_answered = asyncio.Event()

        async def again():
            count = 0
            while not is_answered.is_set():
                await collect(engine.generate(one))
                count += 1
            return count

        async def other():
            await asyncio.sleep(0.3)
            said = await collect(engine.generate(dataclasses.replace(one, adapter=names[1])))
            is_answered.set()
            return said

        return await asyncio.wait_for(asyncio.gather(other(), *(again() for _ in range(3))), 60)

    said, *counts = asyncio.run(crowd())
    assert len(said) == 40
    assert sum(counts) > 3


def test_beginnings_are_not_kept_where_several_may_ask(model_folder, tmp_path):
    for settings, is_kept in ((SETTINGS, True), (dataclasses.replace(SETTINGS, keys=tmp_path / "keys.txt"), False)):
        with opened(model_folder, dataclasses.replace(settings, engine="openvino")) as (engine, _):
            assert engine.describe().capabilities.prefix_cache is is_kept
