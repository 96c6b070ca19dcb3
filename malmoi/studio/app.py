"""The studio as one ASGI application: the model behind /v1, the studio's own interface behind /api, the screen at /."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from malmoi.cards.card import read_library
from malmoi.serve import http_api
from malmoi.serve.http_errors import add_error_handlers
from malmoi.serve.http_guard import Guard, Rules
from malmoi.serve.http_shadow import Shadows
from malmoi.serve.models import only
from malmoi.serve.records.database import open_database
from malmoi.serve.records.writer import Records
from malmoi.serve.served import Served
from malmoi.studio import run_folder
from malmoi.studio.about import routes as about
from malmoi.studio.answers import routes as answers
from malmoi.studio.answers import store as answer_store
from malmoi.studio.answers.open_answers import OpenAnswers
from malmoi.studio.corpora import routes as corpora
from malmoi.studio.headers import SecureHeaders
from malmoi.studio.jobs import routes as jobs
from malmoi.studio.jobs.asked import JOBS
from malmoi.studio.jobs.commands import CommandLine
from malmoi.studio.jobs.supervisor import Supervisor
from malmoi.studio.needs import no_model
from malmoi.studio.people import routes as people
from malmoi.studio.people.guard import AUDIT, PeopleGuard
from malmoi.studio.people.passwords import Wrong
from malmoi.studio.people.store import num_people
from malmoi.studio.prompts import calls, fit
from malmoi.studio.prompts import routes as prompts
from malmoi.studio.prompts import store as prompt_store
from malmoi.studio.runs import routes as runs
from malmoi.studio.screen import routes as screen
from malmoi.studio.settings import StudioSettings
from malmoi.studio.tasks import routes as tasks

DATABASE = "studio.db"
"""The studio's own file beside the runs, where the settings name no other database."""
TRASH_S = 3600.0
"""Between two looks at what has been in the trash for its 30 days: a studio may run for months."""

AREAS = (
    about,
    answers,
    tasks,
    runs,
    corpora,
    prompts,
    fit,
    jobs,
    people,
)
"""The modules whose routers are the studio's /api (malmoi/studio/api_schema.py writes their schema)."""


def create_app(
    settings: StudioSettings,
    served: Served | None,
    runs_folder: Path,
    static: Path | None = None,
    command_line: CommandLine | None = None,
) -> FastAPI:
    """The studio over the runs in `runs_folder`. `served` is the model that the playground talks to, if any.

    static: the built bundle, elsewhere than in the package (for tests). command_line: what starts jobs; without it,
    none is started. Raises UserError for a broken card or store.
    """
    supervisor = Supervisor(runs_folder.absolute() / JOBS, settings.jobs_at_once)
    path = settings.database or runs_folder / DATABASE
    records = _records(served, path)
    store = open_database(path) if records is None else records.engine
    models, open_answers = None if served is None else only(served), OpenAnswers(store)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001
        supervisor.start()
        await open_answers.open()
        emptying = asyncio.create_task(_empty_trash(store))
        yield
        emptying.cancel()
        await open_answers.close()
        supervisor.close()
        store.dispose() if records is None else records.close()

    app = FastAPI(title="malmoi studio", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.settings, app.state.served, app.state.runs = settings, served, runs_folder
    app.state.store, app.state.cards, app.state.curves = store, read_library(), run_folder.Curves()
    app.state.answers, app.state.shadows = open_answers, None if models is None else Shadows(models)
    app.state.command_line, app.state.supervisor = command_line, supervisor
    app.state.wrong_passwords = Wrong()
    app.state.first_link = "" if num_people(store) else secrets.token_urlsafe(32)
    add_error_handlers(app)
    app.include_router(calls.router)  # before /v1 itself, which without a model answers every path
    if models:
        app.router.routes.extend(http_api.routes(models))
    else:
        app.include_router(_without_model())
    for area in AREAS:
        app.include_router(area.router)
    app.include_router(screen.router(static or screen.STATIC))
    app.add_middleware(PeopleGuard, engine=store, audit=runs_folder / AUDIT)
    app.add_middleware(Guard, rules=Rules(settings.max_body_bytes))
    app.add_middleware(SecureHeaders)
    return app


async def _empty_trash(store: Engine) -> None:
    """Empties the trash of prompts and of answers, now and every TRASH_S."""
    while True:
        for empty in (prompt_store.empty_trash, answer_store.purge):
            with contextlib.suppress(SQLAlchemyError):  # it is tried again in an hour
                await asyncio.to_thread(empty, store, datetime.now(UTC))
        await asyncio.sleep(TRASH_S)


def _records(served: Served | None, path: Path | str) -> Records | None:
    """Where the server keeps requests and answers: the studio's own database, so that there is one history."""
    if served is None:
        return None
    served.server.records = served.server.records or Records(path, served.settings)
    return served.server.records


def _without_model() -> APIRouter:
    """What stands in for /v1 where no model is served: every call says so, in the same shape as other errors."""
    routes = APIRouter()

    @routes.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @routes.api_route("/v1/{path:path}", methods=["GET", "POST"])
    async def absent(path: str) -> None:  # noqa: ARG001
        raise no_model()

    return routes
