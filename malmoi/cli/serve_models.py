"""What `malmoi serve` is given on its command line, as a table of models."""

import contextlib
import dataclasses
import sys
from typing import TYPE_CHECKING

from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.serve.settings import ServeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from malmoi.serve.endpoints import Listed
    from malmoi.serve.model_folders import Asked, Open
    from malmoi.serve.models import Models
    from malmoi.serve.served import ServerState


@contextlib.contextmanager
def opened_models(words: list[str], state: "ServerState", open_model: "Open") -> "Iterator[Models]":
    """The table of what the words name, with the pinned models loaded. The memory plan is told before that.

    Raises UserError for a word that names no model, and where what is to be loaded does not fit.
    """
    from malmoi.serve.model_folders import Folders, asked_of, check_memory, empty_runs
    from malmoi.serve.models import Models
    from malmoi.serve.traffic import Traffic

    settings = state.settings
    if settings.name is not None and len(words) > 1:
        raise UserError(f"--name {settings.name} with {len(words)} folders", "NAME=FOLDER for each")
    asked = [asked_of(word, to_local_path) for word in words]
    if settings.name is not None:
        asked = [dataclasses.replace(asked[0], name=settings.name)]
    source = Folders(asked, settings, open_model)
    found, memory_bytes = source.find(), _memory_bytes(asked, settings)
    _check_pinned(settings.models.pinned, found)
    for listed in found:
        print(f"{listed.id}: {listed.plan}", file=sys.stderr)
    for run in empty_runs(asked, found):
        print(f"{run}: no finished export or checkpoint yet; it is listed as soon as there is one", file=sys.stderr)
    if memory_bytes is not None:
        check_memory(found, memory_bytes)
        print(f"memory for models: {memory_bytes / 1e6:,.0f} MB", file=sys.stderr)
    models = Models(state, source, Traffic(settings.models.traffic), memory_bytes)
    with contextlib.closing(models):
        models.preload()
        yield models


def _memory_bytes(asked: "Sequence[Asked]", settings: ServeSettings) -> int | None:
    """What loaded models may take together; None where all run elsewhere."""
    if all(each.path.suffix == ".toml" for each in asked):
        return None
    from malmoi.serve.open_engine import memory_for_models

    return memory_for_models(settings)


def _check_pinned(pinned: "Sequence[str]", found: "Sequence[Listed]") -> None:
    """Raises UserError for a name to pin that nothing has."""
    from malmoi.serve.traffic import composed

    known = {listed.name for listed in found} | {listed.id for listed in found}
    for name in pinned:
        if composed(name) not in known:
            raise UserError(f"--pin {name}", f"one of {', '.join(sorted(known))}")
