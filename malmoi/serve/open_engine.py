"""Opens a model folder with the engine that the settings name, or a server elsewhere that a recipe names."""

import contextlib
import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from malmoi.kit.errors import UserError
from malmoi.model import gguf_file
from malmoi.model.convert import load_hugging_face
from malmoi.serve import remote_engine
from malmoi.serve.engine import Description, Engine
from malmoi.serve.marks import end_ids
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.openvino_engine import OpenVinoEngine, Weights
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import CAPABILITIES, TorchEngine, model_name, model_sha256
from malmoi.tokenizer.codec import Codec


@contextlib.contextmanager
def opened(model_dir: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    """Engine and tokenizer of a model folder, or of the recipe (.toml) of a server elsewhere, closed at the end.

    Raises UserError where the folder is no model, or the engine is not installed.
    """
    if model_dir.suffix == ".toml":
        with remote_engine.opened(model_dir, settings) as opened_remote:
            yield opened_remote
        return
    if settings.engine == "remote":
        raise UserError(f"engine remote with {model_dir}", "a recipe of a server, as recipes/serve_vllm.toml")
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
        weights = weights_of(model_dir, Path(folder))
        second = Description(
            name=settings.name or model_name(model_dir),
            engine=f"torch {torch.__version__} cpu",
            vocabulary_tokens=len(weights.banned),
            context_tokens=weights.context_tokens,
            slots=settings.slots,
            model_sha256=model_sha256(model_dir),
            capabilities=CAPABILITIES,
        )
        fast = OpenVinoEngine(weights, second, settings)
    return SecondEngine(fast, second, lambda: TorchEngine(model_dir, settings))


def weights_of(model_dir: Path, folder: Path) -> Weights:
    """A model folder for OpenVINO: its own GGUF file, or one that is written into `folder`."""
    codec, model = Codec(model_dir), load_hugging_face(model_dir)
    ends = end_ids(model_dir, codec)
    gguf = model_dir / gguf_file.NAME
    if not gguf.is_file():
        gguf = folder / gguf_file.NAME
        gguf_file.write_gguf(model, model_dir, gguf, "f16")
    vocabulary = Vocabulary.of(codec, ends, model.shape.vocabulary_tokens)
    return Weights(gguf, vocabulary.banned_V, ends, model.shape.context_tokens)
