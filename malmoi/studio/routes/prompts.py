"""Saved prompts. The store keeps whatever the editor needs to show a prompt again; the studio looks inside nowhere."""

import json
from typing import Any

from fastapi import APIRouter
from pydantic import Field, field_validator

from malmoi.serve.http_errors import ApiError
from malmoi.serve.http_schema import PlainTable, Strict
from malmoi.studio.routes.needs import StoreNeed
from malmoi.studio.store import prompts

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


@router.get("")
def list_prompts(store: StoreNeed) -> dict[str, Any]:
    """All prompts."""
    return {"prompts": prompts.list_prompts(store)}


@router.post("", status_code=201)
def add_prompt(body: PromptBody, store: StoreNeed) -> dict[str, Any]:
    """Saves a new prompt."""
    try:
        return prompts.add_prompt(store, body.title, body.body)
    except prompts.StoreFullError:
        message = f"{prompts.MAX_PROMPTS} prompts are saved already; remove some"
        raise ApiError(409, message, code="store_full") from None


@router.get("/{prompt_id}")
def read_prompt(prompt_id: str, store: StoreNeed) -> dict[str, Any]:
    """One prompt."""
    return _found(prompts.read_prompt(store, prompt_id))


@router.put("/{prompt_id}")
def change_prompt(prompt_id: str, body: PromptBody, store: StoreNeed) -> dict[str, Any]:
    """Replaces a prompt."""
    return _found(prompts.change_prompt(store, prompt_id, body.title, body.body))


@router.delete("/{prompt_id}", status_code=204)
def remove_prompt(prompt_id: str, store: StoreNeed) -> None:
    """Removes a prompt."""
    if not prompts.remove_prompt(store, prompt_id):
        _found(None)


def _found(prompt: dict[str, Any] | None) -> dict[str, Any]:
    if prompt is None:
        korean = "저장된 프롬프트를 찾을 수 없어요."
        raise ApiError(404, "there is no such prompt", "prompt_id", "prompt_not_found", korean)
    return prompt
