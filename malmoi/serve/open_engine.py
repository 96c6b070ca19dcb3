"""Opens a model folder with the engine that the settings name."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file

from malmoi.kit.errors import UserError, reason_of
from malmoi.kit.scratch import scratch_folder
from malmoi.model import gguf_file
from malmoi.model.gguf_graph import write_graph
from malmoi.model.lora import read_adapter, write_parts
from malmoi.model.model_folder import as_folder
from malmoi.model.read_folder import load_hugging_face
from malmoi.model.transformer import Transformer, rope_speeds
from malmoi.serve import agreement
from malmoi.serve.engine import Description, Engine
from malmoi.serve.engine_choice import Choice, choice, model_name, named_adapters, on_gpu
from malmoi.serve.marks import end_ids
from malmoi.serve.memory_plan import LIBRARIES_BYTES, memory_plan
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.openvino_engine import OpenVinoEngine, Weights
from malmoi.serve.openvino_weights import EXACT, SPEEDS
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.settings import ServeSettings
from malmoi.serve.step_watch import free_memory_bytes
from malmoi.serve.torch_engine import CAPABILITIES, TorchEngine
from malmoi.serve.torch_weights import model_sha256
from malmoi.tokenizer.codec import Codec


@contextlib.contextmanager
def opened(model_dir: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    """The engine and the tokenizer of a model folder or a GGUF file, closed at the end of the block.

    Raises UserError where it is no model that can be run, or the engine is not installed.
    """
    with as_folder(model_dir) as folder, _opened(folder, settings) as (engine, codec):
        yield engine, codec


@contextlib.contextmanager
def _opened(model_dir: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    """Opens the chosen engine. Where OpenVINO was not asked for by name and cannot be had, torch answers instead."""
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
    digest = model_sha256(model_dir)
    if settings.openvino_weights == "int8":
        agreement.check(model_dir, digest, settings.eight_bit)
    with scratch_folder("malmoi-gguf-") as folder:
        model = load_hugging_face(model_dir)
        adapters = {name: read_adapter(given, model, digest) for name, given in named_adapters(settings)}
        files = {name: write_parts(each, folder / f"{name}.safetensors") for name, each in adapters.items()}
        made = weights_of(model, model_dir, folder, settings.openvino_weights)
        weights = dataclasses.replace(made, adapters=files)
        second = Description(
            name=settings.name or model_name(model_dir),
            engine=f"torch {torch.__version__} cpu f32",
            vocabulary_tokens=len(weights.banned),
            context_tokens=weights.context_tokens,
            slots=settings.slots,
            model_sha256=digest,
            capabilities=CAPABILITIES,
            engine_reason=reason,
            adapters=tuple((name, each.sha256) for name, each in adapters.items()),
        )
        fast = OpenVinoEngine(weights, second, settings)
    return SecondEngine(fast, second, lambda: same_weights(model_dir, settings, digest))


def same_weights(model_dir: Path, settings: ServeSettings, digest: str) -> TorchEngine:
    """The second engine, made at first need. Raises UserError where its folder holds another model by then."""
    engine = TorchEngine(model_dir, settings)
    if engine.describe().model_sha256 != digest:
        engine.close()
        raise UserError(f"{model_dir} holds another model than at the start", "a restart of the server")
    return engine


def weights_of(model: Transformer, model_dir: Path, folder: Path, kept_in: str = "f16") -> Weights:
    """The model of `model_dir` for OpenVINO, in `folder`: a GGUF file, and beside it the numbers that must stay exact.

    Of our own models the matrices have 16 bits; of a foreign one, which was not made for that, all bits; with kept_in
    "int8" they are rounded to 8. A folder's own GGUF file is taken where it has 16 bits: OpenVINO reads no float32 and
    no bfloat16 from GGUF.
    """
    codec = Codec(model_dir)
    ends, gguf = end_ids(model_dir, codec, model.shape.vocabulary_tokens), folder / gguf_file.NAME
    if not codec.is_ours:
        write_graph(model, gguf)
    elif gguf_file.precision_of(model_dir / gguf_file.NAME) == "f16":  # the only one of ours that OpenVINO reads
        gguf.symlink_to((model_dir / gguf_file.NAME).resolve())
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
