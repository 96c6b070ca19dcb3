"""Everything a run's folder says about itself, as one JSON-able table: what report.html draws and the studio shows.

Read from manifests and events; a stage that is absent or unfinished is left out. What the corpus holds and what was
dropped is in its own report: here are its counts and the way there, from report/ of the same run.
"""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from malmoi.corpus.report.page import HTML
from malmoi.kit import events, manifest
from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import ABSENT, reading
from malmoi.kit.run import CORPUS, REPORT, STAGES, TRAIN

MEASUREMENTS = "measurements.json"
MAX_POINTS = 400
"""Points of a curve: more than a screen shows."""

SKIPPED_SHARE = 0.5
"""A stage event shorter than this share of the stage's own time belongs to a run that found the stage finished."""


def gather(folder: Path) -> dict[str, Any]:
    """The findings of a run folder. Raises UserError where there is no stage in it at all."""
    made = {stage: found for stage in STAGES if (found := _manifest(folder / stage)) is not None}
    steps = events.Curve(folder / TRAIN).update().steps()
    if not made and not steps:
        raise UserError(f"{folder} has no stage of a run", f"a folder with some of {', '.join(STAGES)}")
    return {
        "name": folder.resolve().name,
        "written_at": time.time(),
        "code": manifest.code_version(),
        "stages": _stages(folder, made),
        "corpus": made["corpus"]["counts"] if "corpus" in made else None,
        "corpus_report": f"../{CORPUS}/{HTML}" if (folder / CORPUS / HTML).is_file() else None,
        "tokenizer": {**made["tokenizer"]["config"], **made["tokenizer"]["counts"]} if "tokenizer" in made else None,
        "tokens": {**made["tokens"]["config"], **made["tokens"]["counts"]} if "tokens" in made else None,
        "train": _train(steps, made.get("train")) if steps else None,
        "model": made["model"]["counts"] if "model" in made else None,
        "evaluate": _measurements(folder / REPORT),
    }


def thinned(points: Sequence[dict[str, Any]], limit: int = MAX_POINTS) -> list[dict[str, Any]]:
    """At most `limit` of the points, evenly spread, the first and the last among them."""
    if len(points) <= limit:
        return list(points)
    return [points[round(number * (len(points) - 1) / (limit - 1))] for number in range(limit)]


def _manifest(stage: Path) -> dict[str, Any] | None:
    """The manifest of a stage; None where it is absent or unfinished.

    Raises UserError where it is damaged or cannot be read now: a report without a figure would hide that.
    """
    if not (stage / manifest.NAME).exists():
        return None
    made = manifest.read(stage)
    if not isinstance(made.get("counts"), dict) or not isinstance(made.get("config"), dict):
        raise UserError(f"{stage / manifest.NAME} is damaged: it has no counts or config", code=GIVE_UP)
    return made


def _stages(folder: Path, made: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Time (s) and peak memory (bytes; None where no run noted it) of each finished stage."""
    noted: dict[str, list[dict[str, Any]]] = {}
    for event in events.every(folder, "stage"):
        noted.setdefault(str(event.get("stage")), []).append(event)
    rows = []
    for stage, found in made.items():
        seconds = float(found.get("seconds") or 0.0)
        whole = [one for one in noted.get(stage, []) if one.get("seconds", 0.0) >= SKIPPED_SHARE * seconds]
        peak = whole[-1].get("peak_bytes") if whole else None
        rows.append({"stage": stage, "seconds": seconds, "peak_bytes": peak, "finished_at": found.get("finished_at")})
    return rows


def _train(steps: list[dict[str, Any]], made: dict[str, Any] | None) -> dict[str, Any]:
    """last_loss: the manifest's (a mean over the last steps); of an unfinished run, that of the last step."""
    names = ("step", "tokens", "loss", "learning_rate", "gradient_norm", "tokens_per_s", "seconds")
    speeds = [step["tokens_per_s"] for step in steps if step.get("tokens_per_s")]
    return {
        "finished": made is not None,
        "counts": made["counts"] if made else {},
        "num_steps": steps[-1]["step"],
        "tokens": steps[-1].get("tokens"),
        "last_loss": made["counts"].get("loss") if made else steps[-1].get("loss"),
        "tokens_per_s": statistics.median(speeds) if speeds else None,
        "steps": [{name: step.get(name) for name in names} for step in thinned(steps)],
    }


def _measurements(report: Path) -> dict[str, Any] | None:
    """What was measured; None where nothing was. Raises UserError where the file is damaged or cannot be read now."""
    path = report / MEASUREMENTS
    try:
        with reading(path):
            return json.loads(path.read_text(encoding="utf-8"))
    except ABSENT:
        return None
    except ValueError as error:
        raise UserError(f"{path} is damaged: {error}", hint="run `malmoi evaluate run` again", code=GIVE_UP) from None
