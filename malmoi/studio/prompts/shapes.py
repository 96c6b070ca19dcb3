"""What the routes of prompts take and give."""

import json
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from malmoi.serve.http_schema import PlainTable, Strict

MAX_PROMPT_BYTES = 1_000_000
"""As much as a request to the studio may hold (settings.max_body_bytes), less its frame."""
MAX_TITLE = 200
MAX_MESSAGE = 500
MAX_LABEL = 40
MOST_NUMBER = 2**31 - 1
"""Of a version: what a column of whole numbers holds in every database."""


def one_line(text: str) -> str:
    """A name or a label: composed (NFC), without white space around it, on one line."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _named(text: str) -> str:
    """A name that can be seen. Raises ValueError, which the route turns into a 400."""
    name = one_line(text)
    if not name:
        raise ValueError("must have a character that is no white space")
    return name


def _small(body: dict[str, Any]) -> dict[str, Any]:
    """A body that is small enough to be kept. Raises ValueError, which the route turns into a 400."""
    if len(json.dumps(body, ensure_ascii=False).encode()) > MAX_PROMPT_BYTES:
        raise ValueError(f"is larger than {MAX_PROMPT_BYTES} bytes")
    return body


Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE), AfterValidator(_named)]
Content = Annotated[PlainTable, AfterValidator(_small)]
Message = Annotated[str, Field(max_length=MAX_MESSAGE)]


class NewPrompt(Strict):
    """A prompt as it is saved first."""

    title: Title
    body: Content
    message: Message = ""


class NewVersion(Strict):
    """The next version. base: the number of the version that it was made on."""

    body: Content
    base: int = Field(ge=1, le=MOST_NUMBER)
    message: Message = ""


class NewName(Strict):
    """Another name for a prompt."""

    title: Title


class LabelPlace(Strict):
    """The version that a label is put on."""

    n: int = Field(ge=1, le=MOST_NUMBER)


class PromptLabel(BaseModel):
    """A label and the version under it."""

    name: str
    n: int


class PromptRow(BaseModel):
    """A prompt in a list. n: its newest version. deleted: since when it is in the trash."""

    id: str
    title: str
    created: str
    updated: str
    n: int
    first_line: str
    deleted: str | None
    labels: list[PromptLabel]


class PromptPage(BaseModel):
    """A page of a list. next: what `after` is for the next page; None at the end."""

    prompts: list[PromptRow]
    next: str | None


class PromptVersion(BaseModel):
    """One version with its body. parent: the version before it. sha256: of the body as canonical JSON."""

    n: int
    body: dict[str, Any]
    message: str
    parent: int | None
    sha256: str
    created: str


class SavedPrompt(PromptRow):
    """A prompt with its newest version."""

    version: PromptVersion


class VersionRow(BaseModel):
    """A version in a list. labels: those that stand on it."""

    n: int
    message: str
    parent: int | None
    sha256: str
    created: str
    labels: list[str]


class VersionPage(BaseModel):
    """A page of versions, the newest first. next: what `before` is for the next page; None at the end."""

    versions: list[VersionRow]
    next: int | None
