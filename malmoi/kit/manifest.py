"""manifest.json: written last and atomically by every stage. A folder without one is unfinished.

Format 2. `read` gives every older format in its shape: format 1 had outputs {name: SHA-256} and no output_version.
"""

import importlib.metadata
import json
import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from malmoi.kit.errors import UserError
from malmoi.kit.files import ABSENT, damage, read_json, reading, sha256_of, sizes_below, write_json
from malmoi.kit.paths import is_remote
from malmoi.kit.run import id_of
from malmoi.kit.stamps import damage_since

NAME = "manifest.json"
FORMAT = 2

How = Literal["size", "once", "hash"]

Outputs = dict[str, dict[str, Any]]
"""{"bytes": size or None where an older format does not tell, "sha256": hex} by name within the stage's folder."""


@dataclass(frozen=True)
class Manifest:
    """What a stage made, from what.

    inputs: names to SHA-256 of all that was read. parents: those of them that are other stages (`outputs_sha256`).
    output_version: raised by whoever changes what the stage writes. devices, world_size: what it ran on.
    run_id: that of the run whose folder it lies in, where it is None.
    """

    stage: str
    config: dict[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    output_version: int = 1
    parents: dict[str, str] = field(default_factory=dict)
    devices: list[str] = field(default_factory=lambda: ["cpu"])
    world_size: int = 1
    run_id: str | None = None


def write(folder: Path, manifest: Manifest) -> None:
    """Publishes `manifest` in `folder`, with the format, the version of the code, the host and the time."""
    made = {"format": FORMAT, "code": code_version(), "host": os.uname().nodename, "finished_at": time.time()}
    content = asdict(manifest) | made | {"run_id": manifest.run_id or id_of(folder)}
    write_json(folder / NAME, content)


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a finished folder, in the shape of format 2.

    Raises UserError with one of four answers: there is none, it cannot be read now (try again), it is damaged, a newer
    malmoi made it.
    """
    if (found := find(folder)) is None:
        raise UserError(f"{folder} has no {NAME}", "the folder of a finished stage")
    return found


def find(folder: Path) -> dict[str, Any] | None:
    """As `read`, but None where there is none: the folder is unfinished, or absent."""
    if (found := read_json(folder / NAME, "remove that file and the stage is run again")) is None:
        return None
    if not isinstance(found.get("format", 1), int) or found.get("format", 1) > FORMAT:
        newer = f"{folder / NAME} has format {found['format']}"
        raise UserError(newer, f"at most {FORMAT}", "a newer malmoi made it: use that one")
    entries = found.get("outputs", {}).items()
    outputs = {name: one if isinstance(one, dict) else {"bytes": None, "sha256": one} for name, one in entries}
    return {"format": 1, "output_version": 1, "parents": {}} | found | {"outputs": outputs}


def revised(found: dict[str, Any], **changed: Any) -> Manifest:
    """A manifest that was read, with some fields changed, to be written again."""
    return Manifest(**{one.name: found[one.name] for one in fields(Manifest) if one.name in found} | changed)


def is_finished(
    folder: Path, config: dict[str, Any], inputs: dict[str, str], output_version: int | None = None
) -> bool:
    """Whether `folder` was finished with this very config, these inputs and version: its stage may be skipped.

    Raises UserError where its manifest is damaged, as what lies beside it is not ours to overwrite unasked, and where
    it cannot be read now.
    """
    if (found := find(folder)) is None:
        return False
    is_same = found.get("config") == json.loads(json.dumps(config)) and found.get("inputs") == inputs
    return is_same and output_version in (None, found["output_version"])


def outputs_of(folder: Path, names: Iterable[str], sha256_by_name: Mapping[str, str] | None = None) -> Outputs:
    """The outputs of these names as they lie in `folder` now; hashes that are known already are not computed again."""
    known, wanted = sha256_by_name or {}, list(names)
    sizes = sizes_below(folder) if is_remote(folder) else {name: (folder / name).stat().st_size for name in wanted}
    return {name: {"bytes": sizes[name], "sha256": known.get(name) or sha256_of(folder / name)} for name in wanted}


def hashes(outputs: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of each output by name: what format 1 wrote, and what hashes of outputs are made of in every format."""
    return {name: one["sha256"] if isinstance(one, dict) else one for name, one in outputs.items()}


def verify(folder: Path, how: How = "hash", only: Iterable[str] | None = None) -> str | None:
    """What is wrong with a finished folder's outputs, or those named by `only`, in words; None where they are whole.

    size: one question a file. hash: reads them all (about 1 GB/s). once: reads those that this machine has not verified
    since they changed (stamps.py). Raises UserError where the manifest cannot be read,
    and (75) where a file cannot be read now: that is neither absent nor damaged.
    """
    outputs = read(folder)["outputs"]
    chosen = {name: outputs.get(name) for name in (outputs if only is None else only)}
    for name, entry in chosen.items():
        if entry is None:
            return f"{name} is not in {NAME}"
        try:
            with reading(folder / name):
                size = (folder / name).stat().st_size
        except ABSENT:
            return f"{name} is missing"
        if entry["bytes"] not in (None, size):
            return f"{name} is not as it was written ({size} bytes, not {entry['bytes']})"
    check = {"once": damage_since, "hash": damage}.get(how)
    return check(folder, hashes(chosen)) if check else None


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
