"""The folder of a model, whatever a person names: the folder, one of Hugging Face's cache, or a GGUF file. No torch."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from malmoi.kit.errors import UserError
from malmoi.kit.scratch import scratch_folder
from malmoi.model.gguf_reading import unpack


@contextlib.contextmanager
def as_folder(model: Path) -> Iterator[Path]:
    """The folder of a model. A GGUF file, or a folder with nothing else, is unpacked for as long as the block lasts.

    A folder of Hugging Face's cache (models--maker--name) is that of its newest snapshot.
    """
    file = _gguf_of(model)
    if file is None:
        yield _snapshot_of(model)
        return
    with scratch_folder("malmoi-model-") as made:
        folder = made / file.stem
        folder.mkdir()
        unpack(file, folder)
        yield folder


def _gguf_of(model: Path) -> Path | None:
    """The GGUF file that is meant; None for a folder of another kind."""
    if model.is_file():
        return model
    if (model / "config.json").is_file() or not model.is_dir():
        return None
    files = sorted(model.glob("*.gguf"))
    if len(files) > 1:
        raise UserError(f"{model} has {len(files)} GGUF files and no config.json", f"one of them, as {files[0]}")
    return files[0] if files else None


def _snapshot_of(model: Path) -> Path:
    """The snapshot that refs/main names, or the only one."""
    if not (model / "snapshots").is_dir():
        return model
    snapshots = sorted(each for each in (model / "snapshots").iterdir() if each.is_dir())
    main = model / "refs" / "main"
    named = main.read_text(encoding="utf-8").strip() if main.is_file() else ""
    for snapshot in snapshots:
        if snapshot.name == named or len(snapshots) == 1:
            return snapshot
    raise UserError(f"{model} has {len(snapshots)} snapshots", "refs/main, which names one of them")
