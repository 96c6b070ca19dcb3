"""Checkpoints that are whole or refused.

A checkpoint is a folder step-00000100 with tensors as safetensors, written by torch.distributed.checkpoint (so any
number of processes can read what any other number wrote), and a manifest, written last, with the hash of each file and
of itself. It is written aside and renamed. torch.distributed.checkpoint notices neither a flipped bit nor a file of
another run, and its own format loads pickles, which can run code: hence the hashes, and safetensors.
"""

import contextlib
import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.distributed.checkpoint import state_dict_loader, state_dict_saver
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader, HuggingFaceStorageWriter

from malmoi.kit import manifest
from malmoi.kit.errors import GIVE_UP, TRY_AGAIN, UserError, code_of
from malmoi.kit.files import ABSENT, PARTIAL, atomic_directory, listed, move, reading, remove, remove_partials

CHECKPOINTS = "checkpoints"
"""The folder of them in that of a train stage."""
SEAL = "sealed_sha256"
"""Key in a checkpoint manifest's counts: the hash of all that the manifest says and a resume relies on."""

_NAME = re.compile(r"step-(\d{8,})")


def name_of(step: int) -> str:
    """The folder name of the checkpoint after `step` steps."""
    return f"step-{step:08d}"


def step_of(checkpoint: Path) -> int:
    """The number of steps that a checkpoint's name tells."""
    found = _NAME.fullmatch(checkpoint.name)
    assert found, checkpoint
    return int(found[1])


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, oldest first, whole or not. What is still being written is not among them.

    None where there is no folder. Raises UserError (try again) where it cannot be read now: a glob would be silent.
    """
    try:
        with reading(folder), os.scandir(folder) as entries:
            found = [folder / entry.name for entry in entries if _NAME.fullmatch(entry.name) and entry.is_dir()]
    except ABSENT:
        return []
    return sorted(found, key=step_of)


def save(path: Path, tensors: dict[str, Tensor], record: manifest.Manifest) -> None:
    """Publishes `tensors` and `record` as the checkpoint `path`.

    Raises UserError where it cannot be written (a full disk, a folder without permission); nothing is left behind then.
    """
    try:
        with atomic_directory(path) as aside:
            files = dict.fromkeys(tensors, 1) | {name: 2 for name in tensors if name.startswith("optimizer.")}
            with _as_one_process():
                writer = HuggingFaceStorageWriter(str(aside), fqn_to_index_mapping=files)
                state_dict_saver.save(dict(tensors), storage_writer=writer, no_dist=True)
            content = replace(record, outputs=manifest.outputs_of(aside, [file.name for file in listed(aside)]))
            manifest.write(aside, replace(content, counts=record.counts | {SEAL: _seal(asdict(content))}))
    except (OSError, CheckpointException) as error:  # CheckpointException derives from BaseException
        error = _first_failure(error)
        # safetensors tells a full disk by an error of its own
        code = code_of(error) if isinstance(error, OSError) else TRY_AGAIN
        hint = "make room or choose another folder, then run again: it goes on from the checkpoint before"
        raise UserError(f"checkpoint {path} cannot be written: {_in_words(error)}", hint=hint, code=code) from None


def load(path: Path, tensors: dict[str, Tensor]) -> None:
    """Fills `tensors` in place with those of the same name in a checkpoint. Call only where `fault` found none."""
    try:
        with _as_one_process():
            state_dict_loader.load(tensors, storage_reader=HuggingFaceStorageReader(str(path)), no_dist=True)
    except CheckpointException as error:
        if wrong := fault(path):  # it was whole a moment ago, and torch does not tell what failed
            raise UserError(f"checkpoint {path}: {wrong}", hint="run again", code=TRY_AGAIN) from None
        wrong = _in_words(_first_failure(error))
        raise UserError(f"checkpoint {path} does not fit this model: {wrong}") from None


def fault(path: Path) -> str | None:
    """What is wrong with a checkpoint, in words: damaged, or a part of it absent. None where it is whole.

    Raises UserError where a good checkpoint may lie there: it cannot be read at this moment (try again), or a newer
    malmoi made it.
    """
    try:
        if (content := manifest.find(path)) is None:
            return f"it has no {manifest.NAME}"
        sealed, step = content["counts"].pop(SEAL, None), content["counts"].get("step")
        if sealed != _seal(content) or step != step_of(path):
            return f"{manifest.NAME} is not as it was written"
        return manifest.verify(path)
    except UserError as error:
        if error.code != GIVE_UP:
            raise
        return str(error)
    except (KeyError, TypeError, AttributeError) as error:
        return f"it cannot be read: {error}"


def newest_whole(folder: Path) -> tuple[Path | None, dict[Path, str]]:
    """The newest whole checkpoint, and what is wrong with each newer one. Changes nothing; raises as `fault` does."""
    wrong: dict[Path, str] = {}
    for path in reversed(checkpoints(folder)):
        found = fault(path)
        if found is None:
            return path, wrong
        wrong[path] = found
    return None, wrong


def set_aside(path: Path) -> None:
    """Renames a damaged checkpoint to NAME.refused, so that its name is free and a person can look at it."""
    move(path, path.with_name(f"{path.name}.refused"))


def prune(folder: Path, keep: int) -> None:
    """Removes all but the newest `keep` checkpoints, and what killed writers left."""
    remove_partials(folder)
    for path in checkpoints(folder)[:-keep]:
        doomed = path.with_name(f"{path.name}{PARTIAL}")  # killed halfway, it leaves a name that is no checkpoint's
        move(path, doomed)
        remove(doomed)


def _seal(content: dict[str, Any]) -> str:
    """SHA-256 of what a resume relies on; without clock and code version, which say nothing of the tensors."""
    sealed = {key: content[key] for key in ("config", "inputs", "counts")}
    sealed["outputs"] = manifest.hashes(content["outputs"])  # as in format 1, so that its seals stay good
    return hashlib.sha256(json.dumps(sealed, sort_keys=True).encode()).hexdigest()


def _first_failure(error: BaseException) -> BaseException:
    """What happened: CheckpointException wraps one failure for each process."""
    if isinstance(error, CheckpointException) and error.failures:
        return next(iter(error.failures.values()))[0]
    return error


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]


@contextlib.contextmanager
def _as_one_process() -> Iterator[None]:
    """Silences the remark that without a process group one process is meant."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled, unavailable or uninitialized")
        yield
