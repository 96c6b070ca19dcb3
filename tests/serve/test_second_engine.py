"""Two engines behind one: the second is loaded at first need, and goes with the first."""

import asyncio
import contextlib
import threading
from types import SimpleNamespace

import pytest

from malmoi.kit.errors import UserError
from malmoi.serve.engine import EngineDownError
from malmoi.serve.open_engine import same_weights
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_weights import model_sha256


class Closable(SimpleNamespace):
    is_closed = False

    def close(self):
        self.is_closed = True


def test_a_second_engine_that_is_loaded_while_both_are_closed_is_closed_too():
    begun, may_end, made = threading.Event(), threading.Event(), Closable()

    def load():
        begun.set()
        may_end.wait(30)
        return made

    both = SecondEngine(Closable(), None, load)

    def ask():
        with contextlib.suppress(AttributeError):  # it is no real engine
            asyncio.run(both.embed([1]))

    asking, closing = threading.Thread(target=ask), threading.Thread(target=both.close)
    asking.start()
    assert begun.wait(30)
    closing.start()
    may_end.set()
    asking.join()
    closing.join()
    assert made.is_closed


def test_no_second_engine_is_loaded_after_the_end():
    both = SecondEngine(Closable(), None, lambda: pytest.fail("it was loaded"))
    both.close()
    with pytest.raises(EngineDownError):
        asyncio.run(both.embed([1]))


def test_a_folder_that_holds_another_model_by_then_is_refused(model_folder):
    settings = ServeSettings(slots=1, device="cpu", threads=1, prefix_cache_bytes=0)
    with pytest.raises(UserError, match="another model than at the start"):
        same_weights(model_folder, settings, "0" * 64)
    with same_weights(model_folder, settings, model_sha256(model_folder)) as engine:
        assert engine.health().state == "ok"
