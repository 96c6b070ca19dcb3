"""The folder of a run: the names of its stages, and run.json, which says what the run is before anything is made."""

import contextlib
import getpass
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import read_json, write_json

STAGES = CORPUS, TOKENIZER, TOKENS, TRAIN, MODEL, REPORT = "corpus", "tokenizer", "tokens", "train", "model", "report"
"""The folders of the stages, in the order in which they are made."""
MODELS = "models"
"""Exports of single checkpoints (models/step-00000100), made when they are asked for."""
NAME = "run.json"


@dataclass(frozen=True)
class RunRecord:
    """What run.json holds. id: for events and jobs. recipe_sha256: of the recipe without the settings of the machine.

    parent: the id of the run that this one branched off (a tuning), if any. created_at: s since 1970.
    """

    id: str
    recipe_sha256: str
    parent: str | None
    created_at: float
    created_by: str


def begin(folder: Path, recipe: dict[str, Any], parent: str | None = None) -> RunRecord:
    """Writes run.json where there is none. A run that is gone on with keeps its id, and gets the hash of the recipe.

    recipe: the table of `config.identity`. Raises UserError where a run.json cannot be read.
    """
    recipe_sha256 = hashlib.sha256(json.dumps(recipe, sort_keys=True, default=str).encode()).hexdigest()
    found = read(folder)
    if found is None:
        made = RunRecord(new_id(time.time()), recipe_sha256, parent, time.time(), _user())
    else:
        made = replace(found, recipe_sha256=recipe_sha256)
    if made != found:
        write_json(folder / NAME, asdict(made))
    return made


def new_id(at: float) -> str:
    """A name that no other run or job gets, in the order of time. at: s since 1970."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(at))}-{secrets.token_hex(3)}"


def read(folder: Path) -> RunRecord | None:
    """The record of a run; None where there is none (runs of older versions). Raises UserError for a damaged one."""
    hint = "remove that file and the run gets a new id"
    if (found := read_json(folder / NAME, hint)) is None:
        return None
    try:
        return RunRecord(**{field.name: found[field.name] for field in fields(RunRecord)})
    except KeyError as error:
        raise UserError(f"{folder / NAME} cannot be read: it has no {error}", hint=hint, code=GIVE_UP) from None


def id_of(folder: Path) -> str | None:
    """The id of the run that a folder is, or is a stage of; None where nothing there can say it."""
    for candidate in (folder, folder.parent):
        with contextlib.suppress(UserError):
            if found := read(candidate):
                return found.id
    return None


def is_run(folder: Path) -> bool:
    """Whether any stage of a run lies in this folder."""
    return any((folder / stage).is_dir() for stage in STAGES)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return str(os.getuid())
