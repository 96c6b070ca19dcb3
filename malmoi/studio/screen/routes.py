"""The built bundle: its files, and index.html for every page of the single-page application.

Files under assets/ carry a hash of their content in their names, so browsers may keep them for good; index.html names
them and is always asked for anew. Scripts and styles lie there compressed as well, made by the build.
"""

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from malmoi.serve.http_errors import ApiError
from malmoi.studio.headers import new_nonce, policy
from malmoi.studio.screen.addresses import read_addresses

STATIC = Path(__file__).parents[1] / "static"
ABSENT = Path(__file__).with_name("absent.html")
"""What is shown where the bundle has not been built."""
NONCE = "__CSP_NONCE__"

_NOT_PAGES = ("api", "v1", "health", "assets")

_CODINGS = {"br": ".br", "gzip": ".gz"}
"""How a file may be compressed, and how the compressed one ends; the smallest first."""

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Written down, because what Python guesses depends on the machine's own tables."""


def router(static: Path) -> APIRouter:
    """Serves the files in `static`. They are listed once: a path that is not in the list leads nowhere."""
    routes = APIRouter()
    files = {path.relative_to(static).as_posix(): path for path in static.rglob("*") if path.is_file()}
    is_address = read_addresses(static)

    @routes.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        """A file of the bundle, or the application, which shows the page that the address names.

        Where the table of routes has no such address, the application says so itself, with status 404.
        """
        file = files.get(path)
        if file is not None and path != "index.html":
            return _file(file, path, files, request.headers.get("accept-encoding", ""))
        known = is_address(path)
        if path.partition("/")[0] in _NOT_PAGES or (not known and Path(path).suffix in _MEDIA_TYPES):
            raise ApiError(404, "there is nothing at this address", code="not_found")
        return _index(files.get("index.html"), 200 if known else 404)

    return routes


def _file(file: Path, path: str, files: Mapping[str, Path], accepted: str) -> Response:
    """A file of the bundle, compressed where the browser takes that; each form has its own ETag (RFC 9110, 8.8.3).

    Those under assets/ have a hash in their names, so browsers may keep them for a year.
    """
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"}
    media_type = _MEDIA_TYPES.get(file.suffix, "application/octet-stream")
    forms = {coding: files[path + end] for coding, end in _CODINGS.items() if path + end in files}
    if forms:
        headers["Vary"] = "Accept-Encoding"
    if coding := next((coding for coding in forms if _takes(accepted, coding)), None):
        file, headers["Content-Encoding"] = forms[coding], coding
    return FileResponse(file, media_type=media_type, headers=headers)


def _takes(accepted: str, coding: str) -> bool:
    """Whether an Accept-Encoding lets `coding` in. A quality of 0 refuses it (RFC 9110, 12.4.2)."""
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() == coding:
            return not quality.replace(" ", "").startswith("q=0") or any(sign in "123456789" for sign in quality)
    return False


def _index(file: Path | None, status: int) -> Response:
    """The application's page, with a nonce of its own for the styles that its scripts insert (CodeMirror does)."""
    if file is None:
        return HTMLResponse(ABSENT.read_text(encoding="utf-8"), headers={"Cache-Control": "no-store"})
    nonce = new_nonce()
    content = file.read_text(encoding="utf-8").replace(NONCE, nonce)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy(nonce)}
    return HTMLResponse(content, status, headers)
