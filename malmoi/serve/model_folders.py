"""What lies in the folders that `malmoi serve` is given: exported models, and runs with the checkpoints of a training.

A run has `model` (what it was exported to: its bare name means that), `models/step-00000100` (exports of single
checkpoints) and `train/checkpoints/step-00000100` (what the training saved, listed at once, and exported to `models` in
a process of its own when it is first asked for: nobody pays for a checkpoint that nobody asks). No torch here.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.kit import config, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.run import MODEL, MODELS, TRAIN, is_run
from malmoi.model.model_folder import as_folder
from malmoi.model.shape import ModelSettings
from malmoi.serve.endpoints import Listed
from malmoi.serve.engine import Engine
from malmoi.serve.engine_choice import config_of, model_name
from malmoi.serve.memory_plan import MemoryPlan, memory_plan
from malmoi.serve.settings import ServeSettings
from malmoi.serve.traffic import composed
from malmoi.tokenizer.codec import Codec

Open = Callable[[Path, ServeSettings], AbstractContextManager[tuple[Engine, Codec]]]

_NAMED = re.compile(r"(?P<name>[\w.-]+)(@(?P<version>[\w.-]+))?=(?P<path>.+)")
_STEP = re.compile(r"step-(\d{8,})")
_CHECKPOINTS = "checkpoints"
_EXPORT_S, _EXPORT_GRACE_S = 3600.0, 5.0


@dataclass(frozen=True)
class Asked:
    """One word of the command line: a folder, and what it is to be called, where that was said."""

    path: Path
    name: str | None = None
    version: str = ""
    is_run: bool = False


def asked_of(word: str, to_path: Callable[[str], Path]) -> Asked:
    """A word as `runs/demo`, `NAME=FOLDER` or `NAME@VERSION=FOLDER`. Raises UserError where there is no such folder."""
    found = None if to_path(word).exists() else _NAMED.fullmatch(word)
    asked = Asked(to_path(found["path"]), found["name"], found["version"] or "") if found else Asked(to_path(word))
    if _is_model(asked.path):
        return asked
    if not is_run(asked.path) and not (asked.path / MODELS).is_dir():
        raise UserError(f"{asked.path} is no model", "the folder of an exported model, or of a run (runs/demo)")
    if asked.version:
        raise UserError(f"{word}: a run has versions of its own", "NAME=RUN, or the folder of one model")
    return replace(asked, is_run=True)


class Folders:
    """The models of some folders. open_model: loads one with an engine."""

    def __init__(self, asked: Sequence[Asked], settings: ServeSettings, open_model: Open) -> None:
        # Named once: a file that vanishes or is half written for a moment stays the model that it was.
        self._asked = [replace(each, name=composed(each.name or _name_of(each))) for each in asked]
        self._settings, self._open = settings, open_model
        self._known: dict[tuple[Path, int, str], Listed] = {}
        """What was read of a folder as it was then: folders are looked at every few seconds."""
        self._exported: dict[tuple[Path, int], int] = {}
        """When the checkpoint was made, of an export that was made here: it is that model and is not loaded anew."""

    def find(self) -> list[Listed]:
        """The models that are there now, newest version of a name last. Raises UserError where two have one name."""
        found: dict[str, Listed] = {}
        for asked in self._asked:
            for listed in self._in(asked):
                if listed.id in found:
                    wrong = f"{found[listed.id].folder} and {listed.folder} are both {listed.id}"
                    raise UserError(wrong, "a name of its own for each: NAME=FOLDER or NAME@VERSION=FOLDER")
                found[listed.id] = listed
        return list(found.values())

    @contextmanager
    def open(self, listed: Listed) -> Iterator[tuple[Engine, Codec]]:
        """One of them, loaded while the block runs. Raises UserError where that cannot be."""
        folder = listed.folder
        assert folder is not None
        if folder.parent.name == MODELS and not (folder / manifest.NAME).is_file():  # also one that was cut off
            _export(folder, int(listed.version))
            self._exported[folder, _changed_s(folder)] = listed.created_s
        if not _is_model(folder):
            raise UserError(f"its folder {folder} is not there")
        with self._open(folder, replace(self._settings, name=listed.id)) as opened:
            yield opened

    def _in(self, asked: Asked) -> Iterator[Listed]:
        """What one word of the command line stands for: a model, or all exports and checkpoints of a run by step."""
        if not asked.is_run:
            # A folder that is gone or damaged stays in the list: whoever asks it gets the reason.
            listed = Listed(asked.name or "", composed(asked.version), folder=asked.path)
            yield self._listed(replace(listed, is_remote=asked.path.suffix == ".toml"))
            return
        run, name = asked.path, asked.name or ""
        steps: dict[int, Listed] = {}
        for checkpoint in _steps(run / TRAIN / _CHECKPOINTS):
            export = run / MODELS / checkpoint.name  # where it will be
            listed = Listed(name, str(_step_of(checkpoint)), folder=export)
            steps[_step_of(checkpoint)] = self._sized(listed, checkpoint)
        for export in _steps(run / MODELS):
            listed = Listed(name, str(_step_of(export)), folder=export)
            steps[_step_of(export)] = self._listed(listed)
        if (about := _manifest(run / MODEL)) is not None:
            step = _step_told(about)
            steps[step] = self._listed(Listed(name, str(step), folder=run / MODEL, is_default=True))
        yield from (steps[step] for step in sorted(steps))

    def _listed(self, listed: Listed) -> Listed:
        """With what its folder tells: context, age, memory."""
        assert listed.folder is not None
        created_s = _changed_s(listed.folder)
        created_s = self._exported.get((listed.folder, created_s), created_s)
        key = listed.folder, created_s, listed.id
        if key not in self._known:
            plan, context_tokens = None, 0
            # A damaged model is told when it is asked for.
            with suppress(UserError), as_folder(listed.folder) as folder:
                context = config_of(folder).get("max_position_embeddings")
                context_tokens = context if isinstance(context, int) else 0
                plan = memory_plan(folder, self._settings)
            sized = replace(listed, context_tokens=context_tokens, created_s=created_s)
            self._known[key] = self._with_plan(sized, plan)
        return self._known[key]

    def _sized(self, listed: Listed, checkpoint: Path) -> Listed:
        """A checkpoint that is not exported: what its manifest tells, with the memory of the hungriest engine."""
        key = checkpoint, 0, listed.id  # a checkpoint never changes
        if key not in self._known:
            self._known[key] = self._read(listed, checkpoint)
        return self._known[key]

    def _read(self, listed: Listed, checkpoint: Path) -> Listed:
        """A checkpoint without an export, with the memory that follows from its settings where they can be read."""
        about = _manifest(checkpoint) or {}
        try:
            model = config.parse(ModelSettings, about["config"]["model"], str(checkpoint))
            shape = model.shape(about["counts"]["vocabulary_tokens"])
        except (UserError, KeyError, TypeError):
            return listed
        cache_bytes = self._settings.slots * shape.context_tokens * shape.cache_bytes_per_token()
        weights_bytes = 8 * shape.parameters
        second_bytes = 0 if self._settings.engine == "torch" else weights_bytes + cache_bytes
        plan = MemoryPlan(weights_bytes, cache_bytes, second_bytes, self._settings.slots)
        created_s = int(about.get("finished_at", 0))
        return self._with_plan(replace(listed, context_tokens=shape.context_tokens, created_s=created_s), plan)

    def _with_plan(self, listed: Listed, plan: MemoryPlan | None) -> Listed:
        """The model with whether it is pinned, the bytes that it needs, and a sentence on what they are for."""
        is_only = len(self._asked) == 1 and self._asked[0].path == listed.folder  # as it was before there were tables
        pinned = [composed(name) for name in self._settings.models.pinned]
        is_named = listed.id in pinned or (listed.is_default and listed.name in pinned)
        listed = replace(listed, is_pinned=is_only or is_named)
        if plan is None:
            told = "runs elsewhere" if listed.is_remote else "its memory is not known before it is loaded"
            return replace(listed, plan=told)
        told = f"weights {_mb(plan.weights_bytes)} + {plan.slots} slots x {listed.context_tokens} tokens of cache"
        told = f"{told} {_mb(plan.cache_bytes)}"
        if plan.second_bytes:
            told += f" + second engine {_mb(plan.second_bytes)}"
        if plan.adapters_bytes:
            told += f" + adapters {_mb(plan.adapters_bytes)}"
        return replace(listed, needs_bytes=plan.model_bytes, plan=f"{told} = {_mb(plan.model_bytes)}")


def empty_runs(asked: Sequence[Asked], found: Sequence[Listed]) -> list[Path]:
    """The runs with nothing to serve: no finished export (one without its manifest is none) and no checkpoint."""
    folders = [listed.folder for listed in found if listed.folder is not None]
    return [each.path for each in asked if each.is_run and not any(f.is_relative_to(each.path) for f in folders)]


def check_memory(found: Sequence[Listed], memory_bytes: int) -> None:
    """Raises UserError where one of the models, or all that are to stay loaded, need more than `memory_bytes`."""
    hint, most = "use fewer --slots", f"at most the {_mb(memory_bytes)} that are there for models"
    for listed in found:
        if listed.needs_bytes > memory_bytes:
            raise UserError(f"{listed.id} needs {_mb(listed.needs_bytes)} of memory ({listed.plan})", most, hint)
    pinned = [listed for listed in found if listed.is_pinned]
    needed = sum(listed.needs_bytes for listed in pinned)
    if needed > memory_bytes:
        ids = ", ".join(listed.id for listed in pinned)
        raise UserError(f"the models that stay loaded ({ids}) need {_mb(needed)}", most, "pin fewer, or " + hint)


def _mb(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


def _export(folder: Path, step: int) -> None:
    """Exports a checkpoint of the run that `folder` is to lie in. Raises UserError with what the export says."""
    run = folder.parent.parent
    export = [sys.executable, "-m", "malmoi", "model", "export", str(run), "--step", str(step), "--out", str(folder)]
    # With nice, for whoever is answered now goes first; kept, so that it ends with this process however that ends.
    kept = [sys.executable, "-m", "malmoi.serve.remote.keeper", str(_EXPORT_GRACE_S), "nice", *export]
    try:
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            process = subprocess.Popen(kept, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
            with process:  # its input is closed at the end, and so is the export
                code = process.wait(_EXPORT_S)
            said.seek(0)
            lines = said.read().strip().splitlines()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"checkpoint {step} of {run} could not be exported: {type(error).__name__}") from None
    if code:
        told = (lines or [f"exit code {code}"])[-1]
        raise UserError(f"checkpoint {step} of {run} could not be exported: {told.removeprefix('malmoi: ')}")


def _steps(folder: Path) -> list[Path]:
    """The folders step-00000100 that are whole: their manifest is written last."""
    try:
        with os.scandir(folder) as entries:
            found = [Path(entry.path) for entry in entries if _STEP.fullmatch(entry.name)]
    except OSError:
        return []
    return sorted((path for path in found if (path / manifest.NAME).is_file()), key=_step_of)


def _step_of(folder: Path) -> int:
    found = _STEP.fullmatch(folder.name)
    assert found, folder
    return int(found[1])


def _step_told(about: dict[str, Any]) -> int:
    """The step of an exported model's manifest; 0 where it tells none."""
    counts = about.get("counts")
    step = counts.get("step") if isinstance(counts, dict) else None
    return step if isinstance(step, int) else 0


def _is_model(path: Path) -> bool:
    """Whether a path is a model folder, one of Hugging Face's cache, a GGUF file, or the recipe of a server."""
    if path.is_file():
        return path.suffix in (".gguf", ".toml")
    return (path / "config.json").is_file() or (path / "snapshots").is_dir() or any(path.glob("*.gguf"))


def _name_of(asked: Asked) -> str:
    """What a model or a run is called where nobody says: a recipe tells the name of its model."""
    path = asked.path
    if asked.is_run:
        return path.resolve().name
    if path.suffix == ".toml":
        with suppress(UserError):
            return str(config.read_toml(path).get("model") or path.stem).rpartition("/")[2]
    return path.stem if path.is_file() else model_name(path)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        return manifest.find(folder)
    except (UserError, OSError):
        return None


def _changed_s(folder: Path) -> int:
    """When a model was put there: its manifest comes last, and a folder of another maker has at least a config.

    0 where there is nothing any more.
    """
    for path in (folder / manifest.NAME, folder / "config.json", folder):
        with suppress(OSError):
            return int(path.stat().st_mtime)
    return 0
