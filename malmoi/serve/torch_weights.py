"""A model's weights as the torch engine runs them: read, packed for the CPU, checked against memory, named by hash."""

import hashlib
from pathlib import Path

import torch

from malmoi.kit import manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import sha256_of
from malmoi.model.cache import Row
from malmoi.model.linear import HAS_ONEDNN, Linear
from malmoi.model.read_folder import load_hugging_face, weight_files
from malmoi.model.transformer import Transformer
from malmoi.serve.settings import ServeSettings
from malmoi.serve.step_watch import free_memory_bytes


@torch.inference_mode()
def warm(model: Transformer) -> None:
    """Reads one token, so that the compiler of the CPU's attention keeps no request waiting."""
    token_11 = torch.zeros((1, 1), dtype=torch.int64, device=model.lm_head.weight.device)
    model.hidden(token_11, token_11, cache=[Row.empty(model.shape, model.lm_head.weight)])


def pack(model: Transformer, slots: int) -> bool:
    """Packs the weights of a float32 model on a CPU. Returns whether an answer's bits are free of its batch then."""
    weight = model.lm_head.weight
    if not HAS_ONEDNN or weight.device.type != "cpu" or weight.dtype != torch.float32:
        return False
    for module in model.modules():
        if isinstance(module, Linear):
            module.pack(max(2, slots))
    return True


def check_memory(model: Transformer, slots: int) -> None:
    """Raises UserError where all slots with a full context would not fit into the memory that is free now."""
    weight = model.lm_head.weight
    needed = slots * model.shape.context_tokens * model.shape.cache_bytes_per_token(weight.element_size())
    free = torch.cuda.mem_get_info()[0] if weight.is_cuda else free_memory_bytes()
    if needed > free:
        most = max(1, slots * free // needed)
        wrong = f"{slots} slots of {model.shape.context_tokens} tokens need {needed / 1e9:.1f} GB"
        raise UserError(wrong, f"at most the {free / 1e9:.1f} GB that are free", f"use --slots {most}")


def load(model_dir: Path, settings: ServeSettings) -> Transformer:
    """The model on its device: float32 on a CPU, bfloat16 on a GPU."""
    has_cuda = torch.cuda.is_available()
    if settings.device == "cuda" and not has_cuda:
        raise UserError("serve.device is cuda, and torch sees no GPU here", hint="use auto or cpu")
    on_gpu = has_cuda and settings.device != "cpu"
    model = load_hugging_face(model_dir)
    placed = model.to("cuda", torch.bfloat16) if on_gpu else model.to(torch.float32)
    return placed.eval()


def model_sha256(model_dir: Path) -> str:
    """The hash of the weights: from the export's manifest where it has one, for large files take minutes to read."""
    made = (model_dir / manifest.NAME).is_file()
    known = manifest.hashes(manifest.read(model_dir)["outputs"]) if made else {}
    hashes = [known.get(file.name) or sha256_of(file) for file in weight_files(model_dir)]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
