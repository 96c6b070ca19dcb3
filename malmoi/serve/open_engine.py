"""Opens a model folder with the engine that the settings name."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file

from malmoi.kit.errors import UserError, reason_of
from malmoi.model import gguf_file
from malmoi.model.gguf_graph import write_graph
from malmoi.model.gguf_reading import unpack
from malmoi.model.read_folder import GGUF_WEIGHTS, load_hugging_face
from malmoi.model.transformer import Transformer, rope_speeds
from malmoi.serve import agreement
from malmoi.serve.engine import Description, Engine
from malmoi.serve.engine_choice import Choice, choice, model_name, on_gpu
from malmoi.serve.marks import end_ids
from malmoi.serve.memory_plan import LIBRARIES_BYTES, memory_plan
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.openvino_engine import OpenVinoEngine, Weights
from malmoi.serve.openvino_weights import EXACT, SPEEDS
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.settings import ServeSettings
from malmoi.serve.step_watch import free_memory_bytes
from malmoi.serve.torch_engine import CAPABILITIES, TorchEngine, model_sha256
from malmoi.tokenizer.codec import Codec


@contextlib.contextmanager
def opened(model_dir: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    """The engine and the tokenizer of a model folder or a GGUF file, closed at the end of the block.

    Raises UserError where it is no model that can be run, or the engine is not installed.
    """
    with as_folder(model_dir) as folder, _opened(folder, settings) as (engine, codec):
        yield engine, codec


@contextlib.contextmanager
def as_folder(model: Path) -> Iterator[Path]:
    """The folder of a model. A GGUF file, or a folder with nothing else, is unpacked for as long as the block lasts.

    A folder of Hugging Face's cache (models--maker--name) is that of its newest snapshot.
    """
    file = _gguf_of(model)
    if file is None:
        yield _snapshot_of(model)
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-model-") as made:
        folder = Path(made) / file.stem
        folder.mkdir()
        unpack(file, folder, GGUF_WEIGHTS)
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


@contextlib.contextmanager
def _opened(model_dir: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    chosen = choice(model_dir, settings)
    if chosen.engine == "openvino":
        try:
            memory_plan(model_dir, settings).check(free_memory_bytes())
            engine = _with_openvino(model_dir, settings, chosen.reason)
        except UserError as error:
            if settings.engine == "openvino" or settings.openvino_weights == "int8":
                raise
            chosen = Choice("torch", reason_of(error))
        else:
            with engine:
                yield engine, Codec(model_dir)
            return
    as_torch = dataclasses.replace(settings, engine="torch")
    memory_plan(model_dir, as_torch).check(torch.cuda.mem_get_info()[0] if on_gpu(settings) else free_memory_bytes())
    with TorchEngine(model_dir, settings, chosen.reason) as engine:
        yield engine, engine.codec


def _with_openvino(model_dir: Path, settings: ServeSettings, reason: str) -> SecondEngine:
    if settings.openvino_weights == "int8":
        agreement.check(model_dir, model_sha256(model_dir), settings.eight_bit)
    with tempfile.TemporaryDirectory(prefix="malmoi-gguf-") as folder:
        weights = weights_of(model_dir, Path(folder), settings.openvino_weights)
        second = Description(
            name=settings.name or model_name(model_dir),
            engine=f"torch {torch.__version__} cpu f32",
            vocabulary_tokens=len(weights.banned),
            context_tokens=weights.context_tokens,
            slots=settings.slots,
            model_sha256=model_sha256(model_dir),
            capabilities=CAPABILITIES,
            engine_reason=reason,
        )
        fast = OpenVinoEngine(weights, second, settings)
    return SecondEngine(fast, second, lambda: TorchEngine(model_dir, settings))


def weights_of(model_dir: Path, folder: Path, kept_in: str = "f16") -> Weights:
    """A model folder for OpenVINO, in `folder`: a GGUF file, and beside it the numbers that must stay exact.

    Of our own models the matrices have 16 bits; of a foreign one, which was not made for that, all bits; with kept_in
    "int8" they are rounded to 8. A folder's own GGUF file is taken where it has 16 bits: OpenVINO reads no float32 and
    no bfloat16 from GGUF.
    """
    codec, model = Codec(model_dir), load_hugging_face(model_dir)
    ends, gguf = end_ids(model_dir, codec), folder / gguf_file.NAME
    if not codec.is_ours:
        write_graph(model, gguf)
    elif (own := model_dir / gguf_file.NAME).is_file() and gguf_file.precision_of(own) == "f16":
        gguf.symlink_to(own.resolve())
    else:
        gguf_file.write_gguf(model, model_dir, gguf, "f16")
    write_exact(model, gguf.with_name(EXACT), with_matrices=not codec.is_ours)
    vocabulary = Vocabulary.of(codec, ends, model.shape.vocabulary_tokens)
    kept_in = "f32" if kept_in == "f16" and not codec.is_ours else kept_in
    return Weights(gguf, vocabulary.banned_V, ends, model.shape.context_tokens, kept_in)


def write_exact(model: Transformer, path: Path, *, with_matrices: bool) -> None:
    """The numbers of a model that stay exact in OpenVINO: norms, the speeds of rotary positions, or all."""
    exact = {name: weight.detach() for name, weight in model.named_parameters() if with_matrices or weight.ndim == 1}
    speeds = model.shape.variant.rope_speeds
    computed = rope_speeds(model.shape.head_size, model.shape.rope_theta)
    save_file(exact | {SPEEDS: computed if speeds is None else torch.tensor(speeds)}, path)


def memory_for_models(settings: ServeSettings) -> int:
    """Bytes that loaded models may take together: as the settings say, else what is free now where they run."""
    if settings.models.memory_gb is not None:
        return int(settings.models.memory_gb * 1e9)
    return torch.cuda.mem_get_info()[0] if on_gpu(settings) else free_memory_bytes() - LIBRARIES_BYTES
