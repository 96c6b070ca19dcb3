"""`malmoi model`: export a trained model, and say what an exported one is."""

import argparse
import dataclasses
import sys

from malmoi.cli.arguments import JSON, add_set, add_verb, verbs_of
from malmoi.cli.recipe import load
from malmoi.cli.terminal import print_table
from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import MODEL, TOKENIZER, TRAIN

_MEASURED_TEXTS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs, purpose = verbs_of(parser), "write the Hugging Face folder and the GGUF file of a checkpoint"
    export = add_verb(verbs, "export", purpose, _export, JSON)
    export.add_argument("recipe", type=to_local_path, help="a TOML file in recipes/, or the folder of a run")
    add_set(export)
    export.add_argument("--step", type=int, metavar="N", help="the checkpoint; the newest by default")
    told = "where to; default: model in the run. The server looks for models/step-00000100 there as well"
    export.add_argument("--out", type=to_local_path, metavar="FOLDER", help=told)
    dtypes = ["float32", "bfloat16", "float16"]
    export.add_argument("--dtype", choices=dtypes, default=dtypes[0], help="of the folder's matrices")
    export.add_argument("--gguf", choices=["f32", "bf16", "f16"], default="f16", help="precision of model.gguf")
    export.add_argument("--max-shard-bytes", type=int, metavar="N", help="of one safetensors file (default: 50 GB)")
    export.add_argument("--dry-run", action="store_true", help="print what would be done and do nothing")
    show = add_verb(verbs, "show", "sizes and origin of an exported model", _show, JSON)
    show.add_argument("folder", type=to_local_path, help="a model folder")
    purpose = "how far 8-bit weights answer as float32 does, kept beside the model"
    measure = add_verb(verbs, "measure", purpose, _measure, JSON)
    measure.add_argument("folder", type=to_local_path, help="a model folder")
    texts = "texts that the model was not trained on, in UTF-8, with a blank line between two; 50 are taken"
    measure.add_argument("--text", type=to_local_path, metavar="FILE", required=True, help=texts)
    measure.add_argument("--threads", type=int, help="CPU threads")


def _export(arguments: argparse.Namespace) -> None:
    folder = arguments.recipe if arguments.recipe.is_dir() else load(arguments).folder
    out = arguments.out or folder / MODEL
    if arguments.dry_run:
        plan = {"train": str(folder / TRAIN), "step": arguments.step or "newest", "out": str(out)}
        return print_table(plan, arguments.json)
    from malmoi.kit.stage import state
    from malmoi.train.export import Precision, export, made_from

    given = {} if arguments.max_shard_bytes is None else {"max_shard_bytes": arguments.max_shard_bytes}
    precision = Precision(arguments.dtype, arguments.gguf, **given)
    asked = folder / TRAIN, folder / TOKENIZER
    was = state(out, made_from(*asked, arguments.step, precision))
    counts = export(*asked, out, arguments.step, precision)
    print(f"{out} held this model already" if was == "unchanged" else f"written to {out}{_why(was)}", file=sys.stderr)
    return print_table(counts, arguments.json)


def _why(was: str) -> str:
    """What became of a model that was there. was: of `stage.state`."""
    return f" {was}" if was.startswith("again") else ""


def _measure(arguments: argparse.Namespace) -> None:
    from malmoi.serve import agreement
    from malmoi.serve.open_engine import opened
    from malmoi.serve.settings import EightBitSettings, ServeSettings

    if not arguments.text.is_file():
        raise UserError(f"no file {arguments.text}", "a text file")
    texts = arguments.text.read_text(encoding="utf-8", errors="replace").split("\n\n")
    texts = [text.strip() for text in texts if text.strip()][:_MEASURED_TEXTS]
    untested = EightBitSettings(allow_untested_8bit=True)
    kept_in = ServeSettings(engine="openvino", openvino_weights="int8", eight_bit=untested, threads=arguments.threads)
    with opened(arguments.folder, kept_in) as (engine, _):
        found = agreement.measure(arguments.folder, texts, engine)
    print(f"written to {agreement.write(arguments.folder, found)}", file=sys.stderr)
    print_table({**dataclasses.asdict(found), "change_share": found.change_share}, arguments.json)


def _show(arguments: argparse.Namespace) -> None:
    from malmoi.kit.config import to_table
    from malmoi.model.read_folder import read_shape

    folders = (arguments.folder, arguments.folder / MODEL)
    folder = next((folder for folder in folders if (folder / "config.json").is_file()), arguments.folder)
    if not folder.is_dir():
        raise UserError(f"no folder {folder}", "an exported model")
    shape = read_shape(folder)
    found = {
        "shape": to_table(shape),
        "parameters": shape.parameters,
        "training_flops_per_token": shape.training_flops_per_token,
        "cache_bytes_per_token": shape.cache_bytes_per_token(),
        "counts": (manifest.find(folder) or {"counts": {}})["counts"],
        "files_bytes": {file.name: file.stat().st_size for file in sorted(folder.iterdir()) if file.is_file()},
    }
    print_table(found, arguments.json)
