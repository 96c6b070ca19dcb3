"""What load balancers, monitors and operators ask: is it well, is it ready, what runs, what are its numbers."""

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from malmoi.serve.engine import Health
from malmoi.serve.http_replies import reply
from malmoi.serve.metrics import CONTENT_TYPE
from malmoi.serve.models import Models


def operator_routes(models: Models) -> list[Route]:
    """Their routes. All but /metrics need no key."""

    async def health(_: Request) -> Response:
        """How the engines are; 503 where one stands or has failed. Needs no key."""
        found = [served.engine.health() for served in models.loaded()]
        state, waiting = _worst(found), sum(served.admission.waiting for served in models.loaded())
        waiting += sum(each.waiting for each in found)  # most wait before the engine, for a turn
        counts = {"running": sum(each.running for each in found), "waiting": waiting}
        return reply({"status": state, **counts}, 200 if state == "ok" else 503)

    async def ready(_: Request) -> Response:
        """Whether a load balancer should send requests here: not while the server is going away."""
        is_draining = models.server.is_draining
        state = "draining" if is_draining else _worst([served.engine.health() for served in models.loaded()])
        return reply({"status": state}, 200 if state == "ok" else 503)

    async def version(_: Request) -> Response:
        """What runs here."""
        loaded = [served.engine.describe() for served in models.loaded()]
        shown: dict[str, Any] = {"version": importlib.metadata.version("malmoi")}
        if loaded:  # of several, the one that was loaded first
            about = loaded[0]
            shown |= {"engine": about.engine, "model": about.name, "model_sha256": about.model_sha256}
        return reply(shown)

    async def metrics(_: Request) -> Response:
        """For Prometheus."""
        return Response(models.server.metrics.text(), media_type=CONTENT_TYPE)

    asked = {"/health": health, "/ready": ready, "/version": version, "/metrics": metrics}
    return [Route(path, endpoint) for path, endpoint in asked.items()]


def _worst(found: Sequence[Health]) -> str:
    """The state of the engine that is worst off; a model that is not loaded is no fault."""
    states = {health.state for health in found}
    return next((state for state in ("down", "stalled") if state in states), "ok")
