"""manifest.json: written last and atomically by every stage. A folder without one is unfinished."""

import importlib.metadata
import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from malmoi.kit.errors import GIVE_UP, TRY_AGAIN, UserError
from malmoi.kit.files import ABSENT, damage, reading, write_text

NAME = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What a stage made, from what. `inputs` and `outputs` map names to SHA-256 (or a parent's `config_sha256`)."""

    stage: str
    config: dict[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def write(folder: Path, manifest: Manifest) -> None:
    """Publishes `manifest` in `folder`, with the version of the code and the time."""
    content = {**manifest.__dict__, "code": code_version(), "finished_at": time.time()}
    write_text(folder / NAME, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a finished folder.

    Raises UserError with one of three answers: there is none, it cannot be read now (try again), it is damaged.
    """
    try:
        with reading(folder / NAME):
            found = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except ABSENT:
        raise UserError(f"{folder} has no {NAME}", "the folder of a finished stage") from None
    except ValueError as error:
        raise UserError(f"{folder / NAME} cannot be read: {error}", code=GIVE_UP) from None
    if not isinstance(found, dict):
        raise UserError(f"{folder / NAME} cannot be read: it holds no table", code=GIVE_UP)
    return found


def is_finished(folder: Path, config: dict[str, Any], inputs: dict[str, str]) -> bool:
    """Whether `folder` was finished with this very config and these inputs, so that its stage may be skipped.

    Raises UserError where its manifest is damaged, as what lies beside it is not ours to overwrite unasked, and where
    it cannot be read now.
    """
    try:
        with reading(folder / NAME):
            (folder / NAME).stat()
        found = read(folder)
    except ABSENT:
        return False
    except UserError as error:
        if error.code == TRY_AGAIN:
            raise
        raise UserError(error.wrong, hint="remove that file and the stage is run again", code=error.code) from None
    return found.get("config") == json.loads(json.dumps(config)) and found.get("inputs") == inputs


def is_whole(folder: Path) -> bool:
    """Whether every output of a finished folder is as it was written. Reads them all."""
    return damage(folder, read(folder)["outputs"]) is None


def code_version() -> str:
    """The package's version, and the git commit where the code lies in a clone."""
    version = importlib.metadata.version("malmoi")
    root = Path(__file__).parent
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        described = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        return f"{version}+{described.stdout.strip()}"
    except (OSError, subprocess.SubprocessError):
        return version
