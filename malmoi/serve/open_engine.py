"""Opens a model folder with the engine that the settings name."""

import contextlib
import importlib.util
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from malmoi.kit.errors import UserError
from malmoi.model import gguf_file
from malmoi.model.gguf_graph import write_graph
from malmoi.model.gguf_reading import unpack
from malmoi.model.lora import read_adapter, write_parts
from malmoi.model.read_folder import GGUF_WEIGHTS, load_hugging_face
from malmoi.model.transformer import Transformer, rope_speeds
from malmoi.serve.engine import Description, Engine
from malmoi.serve.engine_choice import model_name, on_gpu
from malmoi.serve.marks import end_ids
from malmoi.serve.memory_plan import LIBRARIES_BYTES
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.openvino_engine import OpenVinoEngine, Weights
from malmoi.serve.openvino_weights import EXACT, SPEEDS
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.settings import ServeSettings
from malmoi.serve.step_watch import free_memory_bytes
from malmoi.serve.torch_engine import CAPABILITIES, TorchEngine, model_sha256, named_adapters
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
    if settings.engine == "torch":
        with TorchEngine(model_dir, settings) as engine:
            yield engine, engine.codec
        return
    if importlib.util.find_spec("openvino_genai") is None:
        raise UserError("openvino_genai is not installed", hint="pip install 'malmoi[openvino]', or --engine torch")
    with _with_openvino(model_dir, settings) as engine:
        yield engine, Codec(model_dir)


def _with_openvino(model_dir: Path, settings: ServeSettings) -> SecondEngine:
    with tempfile.TemporaryDirectory(prefix="malmoi-gguf-") as folder:
        model, digest = load_hugging_face(model_dir), model_sha256(model_dir)
        adapters = {name: read_adapter(given, model, digest) for name, given in named_adapters(settings)}
        files = {name: write_parts(each, Path(folder) / f"{name}.safetensors") for name, each in adapters.items()}
        weights = replace(weights_of(model_dir, Path(folder)), adapters=files)
        second = Description(
            name=settings.name or model_name(model_dir),
            engine=f"torch {torch.__version__} cpu",
            vocabulary_tokens=len(weights.banned),
            context_tokens=weights.context_tokens,
            slots=settings.slots,
            model_sha256=digest,
            capabilities=CAPABILITIES,
            adapters=tuple((name, each.sha256) for name, each in adapters.items()),
        )
        fast = OpenVinoEngine(weights, second, settings)
    return SecondEngine(fast, second, lambda: TorchEngine(model_dir, settings))


def weights_of(model_dir: Path, folder: Path) -> Weights:
    """A model folder for OpenVINO, in `folder`: a GGUF file, and beside it the numbers that must stay exact.

    Of our own models the matrices have 16 bits; of a foreign one, which was not made for that, all bits.
    """
    codec, model = Codec(model_dir), load_hugging_face(model_dir)
    ends, gguf = end_ids(model_dir, codec), folder / gguf_file.NAME
    if not codec.is_ours:
        write_graph(model, gguf)
    elif (model_dir / gguf_file.NAME).is_file():
        gguf.symlink_to((model_dir / gguf_file.NAME).resolve())
    else:
        gguf_file.write_gguf(model, model_dir, gguf, "f16")
    write_exact(model, gguf.with_name(EXACT), with_matrices=not codec.is_ours)
    vocabulary = Vocabulary.of(codec, ends, model.shape.vocabulary_tokens)
    return Weights(gguf, vocabulary.banned_V, ends, model.shape.context_tokens)


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
