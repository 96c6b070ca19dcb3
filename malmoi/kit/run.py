"""The folder of a run: the names of its stages, and run.json, which says what the run is before anything is made."""

import getpass
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.kit.errors import UserError
from malmoi.kit.files import write_text

CORPUS, TOKENIZER, TOKENS, TRAIN, MODEL, REPORT = STAGES = (
    "corpus",
    "tokenizer",
    "tokens",
    "train",
    "model",
    "report",
)
"""The folders of the stages, in the order in which they are made."""
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
        started = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        made = RunRecord(f"{started}-{secrets.token_hex(3)}", recipe_sha256, parent, time.time(), _user())
    else:
        made = replace(found, recipe_sha256=recipe_sha256)
    if made != found:
        write_text(folder / NAME, json.dumps(asdict(made), ensure_ascii=False, indent=1) + "\n")
    return made


def read(folder: Path) -> RunRecord | None:
    """The record of a run; None where there is none (runs of older versions). Raises UserError for a damaged one."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return RunRecord(**{name: found[name] for name in RunRecord.__dataclass_fields__})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        hint = "remove that file and the run gets a new id"
        raise UserError(f"{folder / NAME} cannot be read: {error}", hint=hint) from None


def id_of(folder: Path) -> str | None:
    """The id of the run that a folder is, or is a stage of; None where nothing there can say it."""
    for candidate in (folder, folder.parent):
        try:
            found = read(candidate)
        except (UserError, OSError):
            continue
        if found is not None:
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
