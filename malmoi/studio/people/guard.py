"""Who asks, and whether they may: every request passes here before it reaches a route. Plain ASGI.

A studio without accounts answers to its own machine alone (serve/http_guard.py), and whoever sits there may do all.
From the first account on, a session is needed for everything but the pages themselves.
"""

import hmac
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from malmoi.kit import journal
from malmoi.serve.http_errors import ApiError
from malmoi.studio.people import store
from malmoi.studio.roles import ALONE, Action, Person, action_of

COOKIE = "malmoi_session"
CSRF_HEADER = "x-malmoi-csrf"
AUDIT = "audit.jsonl"
"""The journal (kit/journal.py) in the folder of runs: who changed what, and who was not let in."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_MOST_PATH = 300


class PeopleGuard:
    """ASGI middleware. The person is put into the request's state, where needs.PersonNeed finds it."""

    def __init__(self, app: ASGIApp, engine: Engine, audit: Path) -> None:
        self._app, self._engine, self._audit = app, engine, audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or ends it with 401 or 403."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        action = action_of(scope["method"], scope["path"])
        headers = Headers(scope=scope)
        person, csrf = await run_in_threadpool(self._who, token_in(headers))
        scope.setdefault("state", {}).update(person=person, csrf=csrf, has_accounts=person is not ALONE)
        is_change = scope["method"] not in _SAFE
        # Without accounts there is nobody to tell of, but for the first of them.
        is_noted = is_change and (person is not ALONE or action is None)
        try:
            self._check(action, person, csrf if is_change and person is not ALONE else None, headers)
        except ApiError as error:
            if is_noted:
                await run_in_threadpool(self._note, scope, person, error.status)
            raise
        await self._app(scope, receive, self._noted(scope, send, person) if is_noted else send)

    def _who(self, token: str) -> tuple[Person | None, str]:
        """The person of a session and its CSRF token; ALONE where there are no accounts, None for nobody."""
        found = store.of_session(self._engine, token) if token else None
        if found is not None:
            return found
        return (None, "") if store.num_people(self._engine) else (ALONE, "")

    def _check(self, action: Action | None, person: Person | None, csrf: str | None, headers: Headers) -> None:
        """csrf: what a change must bring; None where nothing is changed."""
        if action is None:
            return
        if person is None:
            raise ApiError(401, "sign in first", code="sign_in_needed")
        if not person.may(action):
            message = f"the role {person.role!r} may not do this; it needs the action {action!r}"
            raise ApiError(403, message, code="not_allowed")
        if csrf is not None and not hmac.compare_digest(headers.get(CSRF_HEADER, "").encode(), csrf.encode()):
            message = f"the header {CSRF_HEADER} is not that of this session; load the page again"
            raise ApiError(403, message, code="foreign_page")

    def _noted(self, scope: Scope, send: Send, person: Person | None) -> Send:
        """`send` that writes a line of the journal before the first word of the answer goes out."""

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A sign-in is known by its route alone, which names the person afterwards.
                await run_in_threadpool(self._note, scope, scope["state"].get("signed_in") or person, message["status"])
            await send(message)

        return noted

    def _note(self, scope: Scope, person: Person | None, status: int) -> None:
        """Who, what and how it ended. No body, no query: they may hold what a person wrote."""
        who = {"person": person.id, "role": person.role} if person else {"person": "", "role": ""}
        told = {"method": scope["method"], "route": scope["path"][:_MOST_PATH], "status": status}
        journal.append(self._audit, **who, **told)


def token_in(headers: Headers) -> str:
    """The secret of the session that a request brings; "" for none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
