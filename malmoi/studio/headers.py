"""Headers of every answer of the studio: nothing is loaded from elsewhere, nothing is framed, nothing is guessed."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox; frame-ancestors 'self'"
)
"""report.html shows words of crawled pages and brings its own styles: no script at all may run in it."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(nonce: str | None = None) -> str:
    """The Content-Security-Policy of a page. `nonce` lets the page's own scripts insert style elements."""
    return _POLICY.format(nonce=f" 'nonce-{nonce}'" if nonce else "")


def new_nonce() -> str:
    """A nonce for one response."""
    return secrets.token_urlsafe(16)


class SecureHeaders:
    """ASGI middleware that adds the headers which an answer does not bring itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and dresses its answer."""

        async def dressed(message: Message) -> None:
            """Puts in the headers before the first byte goes out. What a route has set itself stays."""
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", policy())
            await send(message)

        await self._app(scope, receive, dressed if scope["type"] == "http" else send)
