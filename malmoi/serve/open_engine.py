"""Opens a model folder with the engine that the settings name."""

import contextlib
import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from malmoi.kit.errors import UserError
from malmoi.kit.special_tokens import END_OF_TEXT, END_OF_TURN
from malmoi.model import gguf_file
from malmoi.model.convert import load_hugging_face
from malmoi.serve.engine import Description, Engine
from malmoi.serve.openvino_engine import OpenVinoEngine, Weights
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import CAPABILITIES, TorchEngine, banned_tokens, model_name, model_sha256
from malmoi.tokenizer.codec import Codec


@contextlib.contextmanager
def opened(model_dir: Path, settings: ServeSettings) -> Iterator[tuple[Engine, Codec]]:
    """The engine and the tokenizer of a model folder, closed at the end of the block.

    Raises UserError where the folder is no model, or the engine is not installed.
    """
    if settings.engine == "torch":
        with TorchEngine(model_dir, settings) as engine:
            yield engine, engine.codec
        return
    if importlib.util.find_spec("openvino_genai") is None:
        raise UserError("openvino_genai is not installed", hint="pip install 'malmoi[openvino]', or --engine torch")
    with _with_openvino(model_dir, settings) as engine:
        yield engine, Codec(model_dir)


def _with_openvino(model_dir: Path, settings: ServeSettings) -> SecondEngine:
    codec, model = Codec(model_dir), load_hugging_face(model_dir)
    end_ids = tuple(codec.special(name) for name in (END_OF_TEXT, END_OF_TURN))
    second = Description(
        name=settings.name or model_name(model_dir),
        engine=f"torch {torch.__version__} cpu",
        vocabulary_tokens=model.shape.vocabulary_tokens,
        context_tokens=model.shape.context_tokens,
        slots=settings.slots,
        model_sha256=model_sha256(model_dir),
        capabilities=CAPABILITIES,
    )
    with tempfile.TemporaryDirectory(prefix="malmoi-gguf-") as folder:
        gguf = model_dir / gguf_file.NAME
        if not gguf.is_file():
            gguf = Path(folder) / gguf_file.NAME
            gguf_file.write_gguf(model, model_dir, gguf, "f16")
        banned = banned_tokens(model, codec, end_ids)
        weights = Weights(gguf, banned, end_ids, model.shape.context_tokens)
        del model
        fast = OpenVinoEngine(weights, second, settings)
    return SecondEngine(fast, second, lambda: TorchEngine(model_dir, settings))
