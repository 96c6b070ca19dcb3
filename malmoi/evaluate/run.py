"""The evaluation stage: measures an engine on a run's held-out text and writes the run's report."""

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from malmoi.evaluate.baselines import compressed, unigram, unigram_nats
from malmoi.evaluate.bits_per_byte import Measured, score, weighted
from malmoi.evaluate.findings import MEASUREMENTS
from malmoi.evaluate.heldout import choose, texts_of
from malmoi.evaluate.report import write_report
from malmoi.evaluate.samples import sample
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.kit import config, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import write_text, writing
from malmoi.kit.run import MODEL, REPORT, TOKENIZER, TOKENS
from malmoi.kit.stage import Made, stage
from malmoi.serve.engine import Engine
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.corpus_text import content_sha256
from malmoi.tokenizer.shards import Part, open_part, require_tokenizer

OUTPUT_VERSION = 1
"""Raised with every change of what is measured with the same settings, model and tokens."""


def measure(
    settings: EvaluateSettings, engine: Engine, folder: Path, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Measures `engine`, which serves the run folder's model, and writes folder/report; returns the counts.

    A report finished with these settings, model and tokens is not measured again, only drawn again. The engine is
    the caller's to close. `progress` counts tokens. Raises UserError where the tokens or the model of the folder were
    made with another tokenizer than lies there now: the figure would be wrong without a word.
    """
    out = folder / REPORT
    for name in (TOKENS, MODEL):
        if (folder / name).is_dir():
            require_tokenizer(folder / name, folder / TOKENIZER)
    with writing(out), stage(out, made(settings, folder, engine.describe().model_sha256)) as work:
        if work is not None:
            found = asyncio.run(_measure(settings, engine, folder, progress))
            write_text(out / MEASUREMENTS, json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
            scored_bytes = sum(row["text_bytes"] for row in found["by_kind"].values())
            work.counts = {"bits_per_byte": found["total"], "scored_bytes": scored_bytes}
            work.add([MEASUREMENTS])  # report.html and report.json may be drawn again
        write_report(folder)
    return manifest.read(out)["counts"]


def made(settings: EvaluateSettings, folder: Path, model_sha256: str) -> Made:
    """What identifies the report of a run folder's model (the hash of its weights), for `stage.state`."""
    inputs = {"model": model_sha256, "tokens": content_sha256(folder / TOKENS)}
    return Made(REPORT, OUTPUT_VERSION, config.to_table(settings), inputs, (TOKENS,))


async def _measure(
    settings: EvaluateSettings, engine: Engine, folder: Path, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Everything that measurements.json holds; bits per byte of the model and of three simple means by kind.

    The same excerpts go to all of them. `progress` counts scored tokens, then those of the continuations.
    """
    codec = Codec(folder / TOKENIZER)
    described = engine.describe()
    if described.vocabulary_tokens < codec.vocabulary_tokens:
        wrong = f"the model has {described.vocabulary_tokens} tokens, the tokenizer {codec.vocabulary_tokens}"
        raise UserError(wrong, hint="the model was trained with another tokenizer")
    heldout = open_part(folder / TOKENS, "heldout")
    excerpts = choose(heldout, codec, settings)
    if not excerpts:
        raise UserError("no document is held out", "some held-out text", "set tokens.heldout_share above 0")
    tokens = sum(len(excerpt.ids) for excerpt in excerpts)
    total = tokens + settings.samples * settings.sample_tokens
    model = await score(engine, excerpts, settings.context_share, lambda done, _: progress(done, total))
    rates = {"model": {kind: one.bits_per_byte for kind, one in model.items()}}
    rates["unigram"] = unigram(excerpts, unigram_nats(open_part(folder / TOKENS, "train"), codec.vocabulary_tokens))
    rates |= compressed(excerpts, texts_of(excerpts, codec))
    continuations = await sample(
        engine, codec, excerpts, settings, lambda done, _: progress(tokens + done * settings.sample_tokens, total)
    )
    return {
        "engine": dataclasses.asdict(described),
        "settings": config.to_table(settings),
        **_rows(model, rates, heldout),
        "samples": [dataclasses.asdict(one) for one in continuations],
    }


def _rows(model: dict[str, Measured], rates: dict[str, dict[str, float]], heldout: Part) -> dict[str, Any]:
    """The table by kind and the total of each means, weighed by the held-out text of each kind."""
    heldout_bytes: dict[str, int] = {}
    for document in heldout.located(0, heldout.num_tokens):
        heldout_bytes[document.kind] = heldout_bytes.get(document.kind, 0) + document.text_bytes
    by_kind = {
        kind: {
            "documents": one.documents,
            "tokens": one.tokens,
            "text_bytes": one.text_bytes,
            "heldout_bytes": heldout_bytes[kind],
            "bits_per_byte": {means: by_kind[kind] for means, by_kind in rates.items()},
        }
        for kind, one in model.items()
    }
    return {"total": {means: weighted(by_kind, heldout_bytes) for means, by_kind in rates.items()}, "by_kind": by_kind}
