"""Adapters of models that run, under the scope `admin`: which there are, one more, one less.

A folder is one of the server's own machine. What was added comes again where its model is loaded anew, and ends with
the server: what is to stay is named at the start (--adapter).
"""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from malmoi.kit.errors import UserError
from malmoi.serve.endpoints import Endpoint, NoModelError, NotAllowedError, UnavailableError
from malmoi.serve.engine_choice import ADAPTER_NAME
from malmoi.serve.http_body import json_of
from malmoi.serve.http_errors import ApiError, bad
from malmoi.serve.http_replies import reply
from malmoi.serve.http_route import refused
from malmoi.serve.keys import ANYONE
from malmoi.serve.models import Models
from malmoi.serve.traffic import composed

ADAPTERS_PATH = "/admin/adapters"


def adapter_routes(models: Models) -> list[Route]:
    """Their routes, for a table of models."""

    async def read_adapters(_: Request) -> Response:
        """The adapters of each model that is loaded, with their hashes."""
        return reply(_told(models))

    async def set_adapter(request: Request) -> Response:
        """{"model", "name", "folder"} adds one to a model, which is loaded for it; folder null takes it away."""
        body = await json_of(request)
        model, name, folder = _parts(body)
        await models.look()
        try:
            listed = models.names(ANYONE).get(model)
            async with models.using(listed.id if listed else model, ANYONE) as served:
                if not served.engine.describe().capabilities.loads_adapters:
                    message = f"{served.engine.describe().engine} takes no adapters in or out while it runs"
                    raise bad("model", message, "cannot", "adapters", model=served.name)
                await _set(models, models.endpoints[served.name], name, folder)
        except (NoModelError, NotAllowedError, UnavailableError) as error:
            raise refused(error) from None
        return reply(_told(models))

    return [Route(ADAPTERS_PATH, read_adapters), Route(ADAPTERS_PATH, set_adapter, methods=["PUT"])]


def _parts(body: dict[str, Any]) -> tuple[str, str, Path | None]:
    """Model, adapter and folder (None: take it away) of a change. Raises ApiError 400 that names the wrong one.

    A folder must be a whole path: a client knows nothing of the folder in which the server was started.
    """
    model, name, folder = body.get("model"), body.get("name"), body.get("folder")
    if body.keys() != {"model", "name", "folder"} or not isinstance(model, str):
        raise bad(None, "the body has model, name and folder", "bad_adapter")
    if not isinstance(name, str) or not ADAPTER_NAME.fullmatch(composed(name)):
        raise bad("name", "name is of letters, digits, '_', '.' and '-'", "bad_adapter")
    if folder is not None and not (isinstance(folder, str) and Path(folder).is_absolute()):
        raise bad("folder", "folder is no whole path, as /models/tone, and not null", "bad_adapter")
    return composed(model), composed(name), None if folder is None else Path(folder)


async def _set(models: Models, endpoint: Endpoint, name: str, folder: Path | None) -> None:
    """Adds or takes away one adapter. What cannot be done is a 409 with the sentence of what refused it."""
    try:
        if folder is None:
            await models.loading.unload_adapter(endpoint, name)
        else:
            await models.loading.load_adapter(endpoint, name, folder)
    except UserError as error:
        raise ApiError(409, str(error), "folder" if folder else "name", "adapter_refused") from None


def _told(models: Models) -> dict[str, Any]:
    """What both routes answer: the hash of each adapter by model, and those that end with the server."""
    there = {served.name: dict(served.engine.describe().adapters) for served in models.loaded()}
    added = {each.listed.id: sorted(each.adapters) for each in models.endpoints.values() if each.adapters}
    return {"adapters": there, "end_with_the_server": added}
