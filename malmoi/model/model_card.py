"""The README.md of an exported model: what it is, what its readers do otherwise, and what its files must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from malmoi.model.shape import Shape

NAME = "README.md"
_TEMPLATE = Path(__file__).with_name("model_card.md.jinja").read_text(encoding="utf-8")


@dataclass(frozen=True)
class About:
    """What the card says. kinds: `train_documents` and `train_text_bytes` by kind of document, empty if not known.

    dtype, gguf: of the matrices in safetensors and in the GGUF file. ends: ids that end an answer. hashes: SHA-256 of
    the files by name.
    """

    name: str
    shape: Shape
    dtype: str
    gguf: str
    pad: str
    ends: tuple[int, ...]
    step: int
    tokens: int
    kinds: Mapping[str, Mapping[str, Any]]
    hashes: Mapping[str, str]
    tokenizer_sha256: str


def model_card(about: About) -> str:
    """The text of README.md, Korean and English. The licence is left for its owner to write."""
    plain = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701  (Markdown, no page)
    return plain.from_string(_TEMPLATE).render(vars(about)).rstrip("\n") + "\n"
