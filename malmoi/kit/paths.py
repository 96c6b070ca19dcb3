"""Paths that must lie on a disk of this machine, as against those of `files.to_path`, which may lie on S3."""

from pathlib import Path

from malmoi.kit.errors import UserError
from malmoi.kit.files import is_remote, to_path


def to_local_path(text: str) -> Path:
    """As `to_path`, for what needs a disk: mapped tokens, checkpoints, models, pages. Raises UserError for others."""
    path = to_path(text)
    require_local(path)
    return path


def require_local(path: Path) -> None:
    """Raises UserError for a path that is not on a disk of this machine."""
    if is_remote(path):
        hint = f"copy it to a disk first (`aws s3 cp --recursive {path} FOLDER`) and name that folder"
        raise UserError(f"{path} is not on a disk", "a local path: of a run, only the corpus may lie elsewhere", hint)
