"""What an operator sees and sets while the server runs: which models there are and what they do, and who gets which.

Both need the scope `admin` of a key; where no keys are needed, they answer to the server's own machine alone.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from malmoi.kit.errors import UserError
from malmoi.serve.endpoints import Endpoint
from malmoi.serve.http_body import json_of
from malmoi.serve.http_errors import ApiError, bad
from malmoi.serve.http_replies import reply
from malmoi.serve.models import Models
from malmoi.serve.traffic import Split, composed, splits_of, to_table


def admin_routes(models: Models) -> list[Route]:
    """Their routes, for a table of models."""

    async def read_traffic(_: Request) -> Response:
        """The weights and shadows of every name, and the versions that it has."""
        await models.look()
        return reply(_told(models))

    async def set_traffic(request: Request) -> Response:
        """Sets the names that the body holds; null takes away what a name has. All of it or nothing."""
        table = {composed(name): content for name, content in (await json_of(request)).items()}
        await models.look()
        try:
            changed = splits_of({name: content for name, content in table.items() if content is not None})
        except UserError as error:
            raise bad(None, str(error), "bad_traffic") from None
        for name, split in changed.items():
            _check(models, name, split)
        kept = {name: split for name, split in models.traffic.splits.items() if name not in table}
        try:
            models.traffic.set(kept | changed)
        except OSError as error:
            message = f"nothing was changed: the file of the traffic cannot be written ({type(error).__name__})"
            raise ApiError(503, message, code="not_kept") from None
        return reply(_told(models))

    async def read_models(_: Request) -> Response:
        """Every model with its state, memory and requests; a fault is told in whole."""
        await models.look()
        return reply({"models": [_state(each) for each in models.endpoints.values()]})

    return [
        Route("/admin/traffic", read_traffic),
        Route("/admin/traffic", set_traffic, methods=["PUT"]),
        Route("/admin/models", read_models),
    ]


def _told(models: Models) -> dict[str, Any]:
    """What both routes of traffic answer. survives_restart: there is a file that keeps what was set."""
    versions: dict[str, list[str]] = {}
    for each in models.endpoints.values():
        versions.setdefault(each.listed.name, []).append(each.listed.id)
    is_kept = models.traffic.path is not None
    return {"traffic": to_table(models.traffic.splits), "versions": versions, "survives_restart": is_kept}


def _check(models: Models, name: str, split: Split) -> None:
    """Raises ApiError for a name or a version that is not there: a slip would send everybody to one model."""
    versions = [each.listed.id for each in models.endpoints.values() if each.listed.name == name]
    named = [*split.weights, *([] if split.shadow is None else [split.shadow])]
    if not versions:
        raise bad(name, f"there is no model {name!r}", "no_version", "no_model", model=name)
    for model_id in named:
        if model_id not in versions:
            there = ", ".join(versions) or "none"
            message = f"{name!r} has no version {model_id!r}; it has {there}"
            raise bad(name, message, "no_version", model=name, version=model_id, known=there)


def _state(endpoint: Endpoint) -> dict[str, Any]:
    """A model in one row. state: of its engine where it is loaded, else loading, failed or listed."""
    served, listed = endpoint.served, endpoint.listed
    state = "listed"
    if served is not None:
        state = served.engine.health().state
    elif endpoint.loading is not None:
        state = "loading"
    elif endpoint.fault:
        state = "failed"
    return {
        "id": listed.id,
        "state": state,
        "needs_bytes": listed.needs_bytes,
        "plan": listed.plan,
        "is_pinned": listed.is_pinned,
        "requests": 0 if served is None else served.num_requests,
        "fault": endpoint.fault if state == "failed" else None,
    }
