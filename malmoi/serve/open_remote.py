"""Opens a recipe that names a server elsewhere, or one that is started here as a process of its own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from malmoi.kit import config
from malmoi.serve.engine import Engine
from malmoi.serve.remote_engine import RemoteEngine
from malmoi.serve.remote_process import started
from malmoi.serve.remote_settings import RemoteSettings
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec


@contextlib.contextmanager
def opened(recipe: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    """The engine and the tokenizer of a recipe, closed at the end of the block. Raises UserError where it is wrong."""
    remote = config.parse(RemoteSettings, config.read_toml(recipe), str(recipe))
    with contextlib.ExitStack() as closing:
        if remote.process is not None:
            closing.enter_context(started(remote))
        engine = closing.enter_context(RemoteEngine(remote, settings))
        yield engine, engine.codec
