"""What load balancers, monitors and operators ask: is it well, does it take requests, what runs, what are its numbers."""

import importlib.metadata

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from malmoi.serve.metrics import CONTENT_TYPE
from malmoi.serve.served import Served


def operator_routes(served: Served) -> APIRouter:
    """Their routes. All but /metrics need no key."""
    routes = APIRouter()

    @routes.get("/health")
    async def health() -> JSONResponse:
        """How the engine is; 503 where it stands or has failed. Needs no key."""
        found = served.engine.health()
        shown = {"status": found.state, "running": found.running, "waiting": found.waiting}
        return JSONResponse(shown, 200 if found.state == "ok" else 503)

    @routes.get("/ready")
    async def ready() -> JSONResponse:
        """Whether a load balancer should send requests here: not while the server is going away."""
        state = "draining" if served.is_draining else served.engine.health().state
        return JSONResponse({"status": state}, 200 if state == "ok" else 503)

    @routes.get("/version")
    async def version() -> dict[str, str]:
        """What runs here."""
        about = served.engine.describe()
        versions = {"version": importlib.metadata.version("malmoi"), "engine": about.engine}
        return {**versions, "model": about.name, "model_sha256": about.model_sha256}

    @routes.get("/metrics")
    async def metrics() -> Response:
        """For Prometheus."""
        return Response(served.metrics.text(), media_type=CONTENT_TYPE)

    return routes
