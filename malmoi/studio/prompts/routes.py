"""Saved prompts. The store keeps whatever the editor needs to show a prompt again; the studio looks inside nowhere."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from pydantic import Field, field_validator

from malmoi.serve.http_errors import ApiError
from malmoi.serve.http_schema import PlainTable, Strict
from malmoi.studio.needs import StoreNeed
from malmoi.studio.prompts import store

MAX_PROMPT_BYTES = 200_000

router = APIRouter(prefix="/api/prompts")


class PromptBody(Strict):
    """A prompt as it is saved."""

    title: str = Field(min_length=1, max_length=200)
    body: PlainTable

    @field_validator("body")
    @classmethod
    def _is_small(cls, body: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(body, ensure_ascii=False).encode()) > MAX_PROMPT_BYTES:
            raise ValueError(f"is larger than {MAX_PROMPT_BYTES} bytes")
        return body


@dataclass(frozen=True)
class SavedPrompt:
    """A prompt as it was saved. Times are ISO 8601 in UTC."""

    id: str
    title: str
    body: dict[str, Any]
    created: str
    updated: str


@dataclass(frozen=True)
class PromptList:
    """The saved prompts."""

    prompts: tuple[SavedPrompt, ...]


@router.get("", response_model=PromptList)
def list_prompts(database: StoreNeed) -> dict[str, Any]:
    """All prompts."""
    return {"prompts": store.list_prompts(database)}


@router.post("", status_code=201, response_model=SavedPrompt)
def add_prompt(body: PromptBody, database: StoreNeed) -> dict[str, Any]:
    """Saves a new prompt."""
    try:
        return store.add_prompt(database, body.title, body.body)
    except store.StoreFullError:
        message = f"{store.MAX_PROMPTS} prompts are saved already; remove some"
        raise ApiError(409, message, code="store_full") from None


@router.get("/{prompt_id}", response_model=SavedPrompt)
def read_prompt(prompt_id: str, database: StoreNeed) -> dict[str, Any]:
    """One prompt."""
    return _found(store.read_prompt(database, prompt_id))


@router.put("/{prompt_id}", response_model=SavedPrompt)
def change_prompt(prompt_id: str, body: PromptBody, database: StoreNeed) -> dict[str, Any]:
    """Replaces a prompt."""
    return _found(store.change_prompt(database, prompt_id, body.title, body.body))


@router.delete("/{prompt_id}", status_code=204)
def remove_prompt(prompt_id: str, database: StoreNeed) -> None:
    """Removes a prompt."""
    if not store.remove_prompt(database, prompt_id):
        _found(None)


def _found(prompt: dict[str, Any] | None) -> dict[str, Any]:
    if prompt is None:
        korean = "저장된 프롬프트를 찾을 수 없어요."
        raise ApiError(404, "there is no such prompt", "prompt_id", "prompt_not_found", korean)
    return prompt
