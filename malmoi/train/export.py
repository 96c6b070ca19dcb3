"""From a training checkpoint to the model folder that everything else loads."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from malmoi.kit import config, manifest
from malmoi.kit.errors import GIVE_UP, UserError
from malmoi.kit.files import atomic_directory, listed, move, remove, sha256_of, writing
from malmoi.kit.ranges import at_least
from malmoi.kit.run import TOKENS
from malmoi.kit.special_tokens import END_OF_TEXT, END_OF_TURN
from malmoi.kit.stage import PROTOCOL, Made, Stage, is_done, stage, unfinished
from malmoi.model.convert import TOKENIZER, pad_id, special_ids, vocabulary, write_hugging_face
from malmoi.model.gguf_file import NAME as GGUF
from malmoi.model.gguf_file import write_gguf
from malmoi.model.model_card import NAME as CARD
from malmoi.model.model_card import About, model_card
from malmoi.model.shape import ModelSettings
from malmoi.model.transformer import Transformer
from malmoi.model.weight_files import MAX_SHARD_BYTES
from malmoi.tokenizer.corpus_text import content_sha256
from malmoi.train import checkpoint
from malmoi.train.checkpoint import CHECKPOINTS

OUTPUT_VERSION = 3
"""Raised with every change of what the same checkpoint is exported to."""


@dataclass(frozen=True)
class Precision:
    """Of the matrices in the Hugging Face folder and in the GGUF file; norms are float32 in both.

    max_shard_bytes: larger weights are written as several safetensors files with an index.
    """

    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    gguf: Literal["f32", "bf16", "f16"] = "f16"
    max_shard_bytes: int = MAX_SHARD_BYTES

    def __post_init__(self) -> None:
        at_least(self, 1, "max_shard_bytes")


USUAL = Precision()


def export(
    train: Path, tokenizer: Path, out: Path, step: int | None = None, precision: Precision = USUAL
) -> dict[str, Any]:
    """Writes the model of a train folder's checkpoint, newest or of `step`, to `out`; returns the manifest's counts.

    `out` gets a Hugging Face folder, model.gguf and a model card. They are written aside and put in place when all is
    there; an earlier model there is replaced, any other content is not. A folder with this very model is left.
    Raises UserError where the checkpoint is missing or damaged (another one is never taken silently), or where the
    tokenizer is not the one whose ids the model was trained on.
    """
    source = _choose(train, step)
    saved = manifest.read(source)
    made = made_from(train, tokenizer, step, precision)
    if saved["counts"].get("tokenizer_sha256") not in (None, made.inputs["tokenizer"]):
        hint = "encode the corpus and train again, or put the former tokenizer back"
        raise UserError(f"the tokenizer in {tokenizer} is not the one that the model was trained with", hint=hint)
    if is_done(out, made):
        return manifest.read(out)["counts"]
    wrong = checkpoint.fault(source)
    if wrong is not None:
        others = ", ".join(str(checkpoint.step_of(path)) for path in _all(train) if path != source)
        hint = "run the training again to make it anew" + (f", or name another: {others}" if others else "")
        raise UserError(f"checkpoint {source} is damaged: {wrong}", hint=hint, code=GIVE_UP)
    _check_replaceable(out)
    model = load_model(source)
    with writing(out), stage(out, made) as work:
        if work is not None:
            done = {key: saved["counts"][key] for key in ("step", "tokens")}
            work.counts = {"parameters": model.shape.parameters, **done}
            _publish(model, tokenizer, work, precision, kinds_of(train, saved))
    return manifest.read(out)["counts"]


def made_from(train: Path, tokenizer: Path, step: int | None = None, precision: Precision = USUAL) -> Made:
    """What identifies the export of a checkpoint with a tokenizer, for `stage.state`."""
    saved = manifest.read(_choose(train, step))
    table = {"model": saved["config"]["model"], "step": saved["counts"]["step"], **asdict(precision)}
    if not (file := tokenizer / TOKENIZER).is_file():
        raise UserError(f"{file} is missing", "the folder of a tokenizer stage")
    inputs = {"checkpoint": saved["counts"][checkpoint.SEAL], "tokenizer": sha256_of(file)}
    return Made("model", OUTPUT_VERSION, table, inputs, ("tokenizer",))


def load_model(source: Path) -> Transformer:
    """The model of a whole checkpoint, float32, on the CPU."""
    saved = manifest.read(source)
    settings = config.parse(ModelSettings, saved["config"]["model"], "model")
    model = Transformer(settings.shape(saved["counts"]["vocabulary_tokens"]))
    checkpoint.load(source, {f"model.{name}": weight.detach() for name, weight in model.named_parameters()})
    return model.eval()


def kinds_of(train: Path, saved: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the tokens were made of that a checkpoint with the manifest `saved` was trained on, by kind of document.

    Empty where the tokens are not beside the training, or are others by now.
    """
    tokens = train.parent / TOKENS
    if manifest.find(tokens) is None or content_sha256(tokens) != saved.get("inputs", {}).get("tokens"):
        return {}
    kinds = manifest.read(tokens)["counts"].get("by_kind", {})
    return {kind: row for kind, row in kinds.items() if {"train_documents", "train_text_bytes"} <= row.keys()}


def _publish(
    model: Transformer, tokenizer: Path, work: Stage, precision: Precision, kinds: dict[str, dict[str, Any]]
) -> None:
    """Writes the model whole beside the former one before its files, and those alone, take their place."""
    remove(work.work)
    with atomic_directory(work.work) as aside:
        write_hugging_face(model, tokenizer, aside, precision.dtype, precision.max_shard_bytes)
        write_gguf(model, tokenizer, aside / GGUF, precision.gguf)
        hashes = {file.name: sha256_of(file) for file in listed(aside)}
        special = special_ids(aside)
        about = About(
            name=work.folder.resolve().parent.name,
            shape=model.shape,
            dtype=precision.dtype,
            gguf=precision.gguf,
            pad=vocabulary(aside)[pad_id(special)],
            ends=(special[END_OF_TEXT], special[END_OF_TURN]),
            step=work.counts["step"],
            tokens=work.counts["tokens"],
            kinds=kinds,
            hashes=hashes,
            tokenizer_sha256=work.made.inputs["tokenizer"],
        )
        (aside / CARD).write_text(model_card(about), encoding="utf-8")
    names = [file.name for file in listed(work.work)]
    for former in listed(work.folder):
        if former.is_file() and former.name not in (*names, *PROTOCOL):
            remove(former)
    for name in names:
        move(work.work / name, work.folder / name)
    work.add(names, hashes)


def _all(train: Path) -> list[Path]:
    return checkpoint.checkpoints(train / CHECKPOINTS)


def _choose(train: Path, step: int | None) -> Path:
    """The checkpoint of `step`, else the newest by its name, whole or not: the caller refuses a damaged one by name."""
    found = _all(train)
    if not found:
        raise UserError(f"no checkpoint in {train / CHECKPOINTS}", "the folder of a train stage")
    if step is None:
        return found[-1]
    for path in found:
        if checkpoint.step_of(path) == step:
            return path
    known = ", ".join(str(checkpoint.step_of(path)) for path in found)
    raise UserError(f"no checkpoint of step {step}", f"one of {known}")


def _check_replaceable(out: Path) -> None:
    """Only an empty folder or a model of ours may be replaced."""
    about = manifest.read(out) if (out / manifest.NAME).is_file() else unfinished(out)
    if any(path.name not in PROTOCOL for path in listed(out)) and about.get("stage") != "model":
        raise UserError(f"{out} holds other files", "a folder that is new, empty or an exported model")
