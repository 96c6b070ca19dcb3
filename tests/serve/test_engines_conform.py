"""Every engine does what the protocol says, or says that it cannot. OpenVINO runs in a process of its own."""

import asyncio
import contextlib
import os
from dataclasses import replace

import pytest
from adapter_folder import write_adapter
from engine_checks import CHECKS, World
from remote_world import remote_engine
from small_world import FakeEngine

from malmoi.kit.errors import UserError
from malmoi.kit.special_tokens import END_OF_TEXT
from malmoi.serve import server
from malmoi.serve.engine import is_on
from malmoi.serve.http_api import create_app
from malmoi.serve.remote.settings import Limits
from malmoi.serve.served import Served
from malmoi.serve.settings import ServeSettings

SETTINGS = ServeSettings(slots=2, prefill_tokens=8, device="cpu", threads=1)
IS_ALONE = "MALMOI_OPENVINO_ALONE" in os.environ
ENGINES = ["openvino"] if IS_ALONE else ["fake", "torch", "remote"]
ADAPTERS = "adapters come and go"
SENTENCES = {
    "fake": {"stop ids", "min_tokens", "logit_bias", "guide: regex", "guide: json", "guide: lark", ADAPTERS},
    "torch": set(),
    "openvino": set(),
    "remote": {ADAPTERS},
}
"""What an engine may say that it cannot."""


class HonestFake(FakeEngine):
    """The fake engine, which says what it cannot. A seed draws its text."""

    def describe(self):
        cannot = ("logit_bias", "min_tokens", "stop_token_ids")
        able = replace(super().describe().capabilities, guides=("choice",), cannot=cannot)
        return replace(super().describe(), capabilities=able)

    async def generate(self, request):
        able, room = self.describe().capabilities, self.describe().context_tokens - len(request.prompt_ids)
        known = all(token_id < self.codec.vocabulary_tokens for token_id in request.prompt_ids)
        if (
            not request.prompt_ids
            or not known
            or not 0 < request.max_tokens <= room
            or request.adapter is not None
            or any(is_on(request, name) for name in able.cannot)
        ):
            raise UserError("the fake engine cannot")
        if request.guide is not None and request.guide.kind not in able.guides:
            raise UserError("the fake engine cannot")
        self.text = "사과 과자"[(request.seed or 0) % 4 :]
        async for pieces in super().generate(request):
            yield pieces

    async def embed(self, token_ids):
        return [float(sum(token_ids)), 0.0]


@contextlib.contextmanager
def opened(name, codec, model_folder):
    if name == "fake":
        yield HonestFake(codec)
    elif name == "torch":
        from malmoi.serve.torch_engine import TorchEngine

        with TorchEngine(model_folder, SETTINGS) as engine:
            yield engine
    elif name == "openvino":
        from malmoi.serve.open_engine import opened as opened_by_settings

        with opened_by_settings(model_folder, replace(SETTINGS, engine="openvino")) as (engine, _):
            yield engine
    else:
        with (
            opened("torch", codec, model_folder) as behind,
            server.running(create_app(Served(behind, behind.codec, SETTINGS))) as address,
            remote_engine(address, model_folder, limits=Limits(), deterministic=True) as engine,
        ):
            yield engine


@pytest.fixture(scope="module", params=ENGINES)
def world(request, codec, model_folder, tmp_path_factory):
    adapter = write_adapter(tmp_path_factory.mktemp("adapter"), model_folder)
    with opened(request.param, codec, model_folder) as engine:
        yield request.param, World(engine, codec, codec.special(END_OF_TEXT), adapter)


@pytest.mark.parametrize("name", CHECKS)
def test_an_engine_does_it_or_says_that_it_cannot(world, name):
    kind, conditions = world
    told = asyncio.run(CHECKS[name](conditions))
    assert told == "ok" or (told.startswith("cannot: ") and name in SENTENCES[kind])
