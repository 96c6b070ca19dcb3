"""Opens a model folder with the engine that the settings name."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from malmoi.kit.errors import UserError, reason_of
from malmoi.model import gguf_file
from malmoi.model.gguf_reading import unpack
from malmoi.model.read_folder import GGUF_WEIGHTS, load_hugging_face
from malmoi.serve import agreement
from malmoi.serve.engine import Description, Engine
from malmoi.serve.engine_choice import Choice, choice
from malmoi.serve.marks import end_ids
from malmoi.serve.memory_plan import memory_plan
from malmoi.serve.next_token import Vocabulary
from malmoi.serve.openvino_engine import OpenVinoEngine, Weights
from malmoi.serve.second_engine import SecondEngine
from malmoi.serve.settings import ServeSettings
from malmoi.serve.step_watch import free_memory_bytes
from malmoi.serve.torch_engine import CAPABILITIES, TorchEngine, model_name, model_sha256
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.settings import SPECIAL_TOKENS


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
    memory_plan(model_dir, settings).check(free_memory_bytes())
    if chosen.engine == "openvino":
        try:
            engine = _with_openvino(model_dir, settings, chosen.reason)
        except UserError as error:
            if settings.engine == "openvino" or settings.openvino_weights == "int8":
                raise
            chosen = Choice("torch", reason_of(error))
        else:
            with engine:
                yield engine, Codec(model_dir)
            return
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
    """A model folder for OpenVINO: its own GGUF file, or one that is written into `folder`. kept_in: "f16" or "int8".

    A folder's own GGUF file in another precision is not taken: OpenVINO reads no float32 and no bfloat16 from GGUF.
    """
    codec, model = Codec(model_dir), load_hugging_face(model_dir)
    ends = end_ids(model_dir, codec)
    precision = {"f16": "f16", "int8": "q8_0"}[kept_in]
    gguf = model_dir / gguf_file.NAME
    if not (gguf.is_file() and gguf_file.precision_of(gguf) == precision):
        gguf = folder / gguf_file.NAME
        tokenizer = model_dir if codec.is_ours else _made_up_tokenizer(folder, model.shape.vocabulary_tokens)
        gguf_file.write_gguf(model, tokenizer, gguf, precision)
    vocabulary = Vocabulary.of(codec, ends, model.shape.vocabulary_tokens)
    return Weights(gguf, vocabulary.banned_V, ends, model.shape.context_tokens)


def _made_up_tokenizer(folder: Path, vocabulary_tokens: int) -> Path:
    """A folder with a tokenizer of as many tokens: OpenVINO wants one in the file, and gets ids alone from us."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = dict.fromkeys([*SPECIAL_TOKENS, *letters, letters[0] * 2])
    names |= dict.fromkeys(f"token {number}" for number in range(vocabulary_tokens - len(names)))
    vocabulary = {name: number for number, name in enumerate(names)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[(letters[0], letters[0])]))
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL_TOKENS])
    made.save(str(folder / "tokenizer.json"))
    return folder
