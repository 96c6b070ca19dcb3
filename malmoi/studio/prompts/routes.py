"""Prompts: versions instead of overwriting, labels on versions, and a trash instead of deleting at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from malmoi.serve.http_errors import ApiError, bad
from malmoi.studio.needs import StoreNeed
from malmoi.studio.prompts import shapes, store

PAGE = 50
"""Rows of a page where the client asks for no other number."""

router = APIRouter(prefix="/api/prompts")

LabelName = Annotated[str, Path(min_length=1, max_length=shapes.MAX_LABEL)]


@router.get("", response_model=shapes.PromptPage)
def list_prompts(
    database: StoreNeed,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=400)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
    trash: bool = False,
) -> Any:
    """A page of prompts without their bodies, the one changed last first; with `q`, those with all of its words."""
    try:
        rows, after_these = store.list_prompts(database, store.Query(q, after, limit, trash))
    except ValueError:
        raise bad("after", "after is no place in this list") from None
    return {"prompts": rows, "next": after_these}


@router.post("", status_code=201, response_model=shapes.SavedPrompt)
def add_prompt(body: shapes.NewPrompt, database: StoreNeed) -> Any:
    """Saves a new prompt; a name that is taken is refused, so nothing is overwritten."""
    try:
        return store.add_prompt(database, body.title, body.body, body.message)
    except store.StoreFullError as error:
        raise _full(error, "prompts") from None
    except store.NameTakenError as error:
        raise _taken(body.title, error) from None


@router.get("/{prompt_id}", response_model=shapes.SavedPrompt)
def read_prompt(prompt_id: str, database: StoreNeed) -> Any:
    """One prompt with its newest version."""
    return _found(store.read_prompt(database, prompt_id))


@router.put("/{prompt_id}", response_model=shapes.SavedPrompt)
def rename_prompt(prompt_id: str, body: shapes.NewName, database: StoreNeed) -> Any:
    """Gives a prompt another name."""
    try:
        return _found(store.rename(database, prompt_id, body.title))
    except store.NameTakenError as error:
        raise _taken(body.title, error) from None


@router.delete("/{prompt_id}", status_code=204)
def remove_prompt(prompt_id: str, database: StoreNeed) -> None:
    """Puts a prompt in the trash, where it stays for 30 days."""
    if not store.move_to_trash(database, prompt_id):
        _found(None)


@router.post("/{prompt_id}/restore", response_model=shapes.SavedPrompt)
def restore_prompt(prompt_id: str, database: StoreNeed) -> Any:
    """Takes a prompt out of the trash."""
    store.restore(database, prompt_id)
    return _found(store.read_prompt(database, prompt_id))


@router.get("/{prompt_id}/versions", response_model=shapes.VersionPage)
def list_versions(
    prompt_id: str,
    database: StoreNeed,
    before: Annotated[int | None, Query(ge=1, le=shapes.MOST_NUMBER)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> Any:
    """A page of a prompt's versions without their bodies, the newest first."""
    rows = store.list_versions(database, prompt_id, before, limit)
    if not rows and before is None:
        _found(None)
    # Version 1 is the last of every list.
    return {"versions": rows, "next": rows[-1]["n"] if rows and rows[-1]["n"] > 1 else None}


@router.post("/{prompt_id}/versions", status_code=201, response_model=shapes.SavedPrompt)
def add_version(prompt_id: str, body: shapes.NewVersion, database: StoreNeed) -> Any:
    """Saves the next version; 409 with the newest one where that was not made on `base`, so that both can be seen."""
    try:
        return _found(store.add_version(database, prompt_id, body.base, body.body, body.message))
    except store.StoreFullError as error:
        raise _full(error, "versions of this prompt") from None
    except store.ConflictError as error:
        return _conflict(body.base, error.newest)


@router.get("/{prompt_id}/versions/{n}", response_model=shapes.PromptVersion)
def read_version(prompt_id: str, n: Annotated[int, Path(ge=1, le=shapes.MOST_NUMBER)], database: StoreNeed) -> Any:
    """One version with its body."""
    return _version(store.read_version(database, prompt_id, n), n)


@router.put("/{prompt_id}/labels/{label}", response_model=shapes.SavedPrompt)
def set_label(prompt_id: str, label: LabelName, body: shapes.LabelPlace, database: StoreNeed) -> Any:
    """Puts a label on a version, off any other one of the same prompt."""
    name = shapes.one_line(label)
    if not name or "@" in name or "/" in name:
        message = f"label is {label!r}: it needs a character, and @ and / have a meaning in an address"
        raise bad("label", message, "bad_label")
    try:
        return _version(store.set_label(database, prompt_id, name, body.n), body.n)
    except store.StoreFullError as error:
        raise _full(error, "labels of this prompt") from None


@router.delete("/{prompt_id}/labels/{label}", response_model=shapes.SavedPrompt)
def remove_label(prompt_id: str, label: LabelName, database: StoreNeed) -> Any:
    """Takes a label away."""
    found = store.remove_label(database, prompt_id, shapes.one_line(label))
    if found is None:
        raise ApiError(404, f"this prompt has no label {label!r}", "label", "label_not_found")
    return found


def _found(prompt: dict[str, Any] | None) -> dict[str, Any]:
    """The prompt; ApiError 404 where there is none (any more)."""
    if prompt is None:
        raise ApiError(404, "there is no such prompt", "prompt_id", "prompt_not_found")
    return prompt


def _version(row: dict[str, Any] | None, n: int) -> dict[str, Any]:
    """The version; ApiError 404 that names its number."""
    if row is None:
        raise ApiError(404, f"this prompt has no version {n}", "n", "version_not_found", params={"n": n})
    return row


def _full(error: store.StoreFullError, what: str) -> ApiError:
    """409 for a bound of the store. It says how many there are, and what helps: to remove some."""
    return ApiError(409, f"{error.most} {what} are saved already; remove some", code="store_full")


def _taken(title: str, error: store.NameTakenError) -> ApiError:
    """409 for a name that another prompt has. The message has that prompt's id, for the author of a client."""
    message = f"a prompt of the name {title!r} is there: {error.prompt_id}"
    return ApiError(409, message, "title", "name_taken", params={"name": title})


def _conflict(base: int, newest: dict[str, Any]) -> JSONResponse:
    """409 with the newest version beside the error: the page shows both texts at once, without asking again."""
    message = f"version {newest['n']} was saved after version {base}, on which this text was made"
    params = {"base": base, "newest": newest["n"]}
    error = ApiError(409, message, "base", "version_conflict", params=params)
    return JSONResponse(error.to_json() | {"newest": newest}, status_code=409)
