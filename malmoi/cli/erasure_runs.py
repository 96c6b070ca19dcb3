"""What runs hold of some documents: tokens, reports, trained weights. Never raises for a run that cannot be read.

A model cannot forget: weights are named by run, step and checkpoint, and the command that trains without the documents.
"""

import shlex
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from malmoi.cli.erasure_scope import may_be
from malmoi.kit.errors import UserError, reason_of
from malmoi.kit.run import CORPUS, MODEL, MODELS, REPORT, TOKENS, TRAIN

UNKNOWN = "unknown"
"""Stands for a number of documents or steps that a run cannot tell."""
ENCODE = "malmoi tokenizer encode RECIPE"


def seen_by(run: Path, ids: AbstractSet[str]) -> dict[str, Any]:
    """What a run has of these documents.

    run; documents and heldout (how many of them it was trained on, or would be, and how many it kept aside); steps (in
    which any of them was trained on; 0: none yet), the first and the last of them; checkpoints that were saved after
    the first; model: whether weights were exported. Where that cannot be read: "unknown" and a `reason`, for a removal
    must not wait for a run to be mended.
    """
    import pyarrow as pa

    told: dict[str, Any] = {"run": str(run), "documents": UNKNOWN, "heldout": UNKNOWN, "steps": UNKNOWN}
    told |= {"checkpoints": [], "model": may_be(run / MODEL)}
    try:
        return told | _seen(run, ids)
    except (UserError, OSError, ValueError, TypeError, AttributeError, LookupError, pa.ArrowException) as error:
        told["reason"] = reason_of(error)
    return told


def _seen(run: Path, ids: AbstractSet[str]) -> dict[str, Any]:
    from malmoi.cli.train import index_of
    from malmoi.tokenizer.erase import ids_in
    from malmoi.train import checkpoint

    none = {"documents": 0, "heldout": 0, "steps": 0}
    if not (run / TRAIN).is_dir():
        if not may_be(run / TOKENS):
            return none
        inside = ids_in(run / TOKENS, ids)
        return none | {"documents": len(inside["train"]), "heldout": len(inside["heldout"])}
    loader, heldout, num_steps = index_of(run / TRAIN)
    kept_aside = heldout.ids_among(ids)
    trained = loader.ids_among(ids)
    steps = sorted(step + 1 for step in loader.steps_with_any(trained, num_steps) or ())
    found: dict[str, Any] = {"documents": len(trained), "heldout": len(kept_aside), "steps": len(steps)}
    if steps:
        saved = checkpoint.checkpoints(run / TRAIN / checkpoint.CHECKPOINTS)
        found |= {"first": steps[0], "last": steps[-1]}
        found["checkpoints"] = [path.name for path in saved if checkpoint.step_of(path) >= steps[0]]
    return found


def is_concerned(seen: dict[str, Any]) -> bool:
    """Whether a run has any of the documents, or cannot tell."""
    return UNKNOWN in (seen["documents"], seen["heldout"]) or bool(seen["documents"] or seen["heldout"])


def plan_tokens(run: Path, ids: AbstractSet[str]) -> dict[str, Any]:
    """What is to be taken out of a run's tokens; a `reason` where that is impossible now, nothing where it has none."""
    from malmoi.tokenizer.erase import plan

    return _tried(lambda: plan(run / TOKENS, ids, run / CORPUS) if may_be(run / TOKENS) else {})


def erase_tokens(run: Path, ids: AbstractSet[str], planned: dict[str, Any]) -> dict[str, Any]:
    """Takes documents out of a run's tokens. Where that is impossible now: a `reason`, and nothing is changed."""
    from malmoi.tokenizer.erase import erase

    if "was" not in planned:
        return {name: planned[name] for name in ("reason",) if name in planned}
    return _tried(lambda: erase(run / TOKENS, ids, run / CORPUS, planned))


def _tried(action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    import pyarrow as pa

    try:
        return action()
    except (UserError, OSError, ValueError, KeyError, pa.ArrowException) as error:
        return {"reason": reason_of(error)}


def left(run: Path, seen: dict[str, Any], tokens: dict[str, Any] | None) -> Iterator[dict[str, str]]:
    """What of a run still holds the documents, or may, and the command that mends it.

    tokens: what `erase_tokens` did; None where it was not asked to. Training refuses to go on with other tokens, hence
    `rm -r`.
    """
    folder, train = run, run / TRAIN
    again = f"rm -r {shlex.quote(str(train))} && malmoi run RECIPE" if may_be(train) else "malmoi run RECIPE"
    if may_be(run / TOKENS) and (tokens is None or "reason" in tokens) and is_concerned(seen):
        yield {"path": str(folder / TOKENS), "command": ENCODE, "what": "tokens"}
    if may_be(run / REPORT) and tokens is None and seen["heldout"] != 0:
        yield {"path": str(folder / REPORT), "command": again, "what": "report"}
    if seen["steps"] == 0 and seen["documents"] != UNKNOWN:
        return
    for stage in (TRAIN, MODEL, MODELS):
        if may_be(folder / stage):
            yield {"path": str(folder / stage), "command": again, "what": "weights"}


def report_of(run: Path, has_words: Callable[[Path], bool], seen: dict[str, Any]) -> list[Path]:
    """The report of a run where it may show a document: one was held out, or it holds the words asked for."""
    report = run / REPORT
    if not may_be(report):
        return []
    return [report] if seen["heldout"] != 0 or has_words(report) else []


def steps_in_words(run: dict[str, Any]) -> str:
    """What a run has of the documents, as `seen_by` told it."""
    if run["steps"] == UNKNOWN:
        return f"steps: unknown ({run['reason']})"
    told = []
    if run["documents"]:
        done = f"trained on in {run['steps']} steps ({run.get('first')} to {run.get('last')})"
        told.append(f"{run['documents']} of them {done if run['steps'] else 'encoded, in no step so far'}")
    if run["heldout"]:
        told.append(f"{run['heldout']} held out, never trained on")
    if run["checkpoints"]:
        told.append(f"in the weights of {', '.join(run['checkpoints'])}" + (" and of model" if run["model"] else ""))
    return "; ".join(told)
