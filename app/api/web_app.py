"""The built browser app: FastAPI's frontend, with caching, a content security policy and compressed forms."""

import functools
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import _FrontendStaticFiles
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, PathLike
from starlette.types import Message, Receive, Scope, Send

from app.api.content_coding import choose_coding
from app.api.limited_routes import LimitedFrontend, Treatment
from app.api.paths import API_BRANCHES, API_ROOTS
from app.core.errors import ProblemError

_ROOTS, _BRANCHES = ("|".join(map(re.escape, names)) for names in (API_ROOTS, API_BRANCHES))

WEB_APP = LimitedFrontend(
    method="GET",
    path="/{path}",
    treatment=Treatment.EXEMPT,
    reason="opening the browser app loads some dozen files, which are the same for everybody",
    pattern=re.compile(rf"/(?!(?:{_ROOTS})(?:/|\Z)|(?:{_BRANCHES})/.)"),
)

# What Vite names by its content: under the same name there is never anything else.
_ASSETS = "assets"
_KEEP_FOR_EVER = "public, max-age=31536000, immutable"  # a year, as RFC 8246 has it
_ASK_EACH_TIME = "no-cache"

# The ending of the file that holds each coding of its neighbour; the shorter one first.
_ENDINGS = {"br": ".br", "gzip": ".gz"}


class RangeNotSatisfiableError(ProblemError):
    """The file ends before the range that was asked for begins."""

    slug = "range-not-satisfiable"
    title = "Range not satisfiable"
    status = 416


def content_security_policy(asset_origin: str | None = None) -> str:
    """Return the policy of pages, whose assets may come from another origin too.

    Everything else is from their own origin; pictures of users come from their sign-in provider. The app's components
    set `style` attributes, and nothing but their styles is inline.
    """
    assets = "'self'" if asset_origin is None else f"'self' {asset_origin}"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {assets}",
            f"style-src {assets} 'unsafe-inline'",
            f"img-src {assets} data: https:",
            "connect-src 'self'",
            f"font-src {assets}",
            "manifest-src 'self'",
            "worker-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def install_web_app(app: FastAPI, directory: Path, asset_origin: str | None = None) -> LimitedFrontend:
    """Serve the app in `directory` at every path that no route has; return what it declares.

    Links into the app get `index.html`; below `API_ROOTS` and behind `API_BRANCHES` nothing is served at all.
    """
    app.frontend("/", directory=directory, fallback="index.html", check_dir=True)
    frontend = app.router._frontend_routes  # noqa: SLF001 - FastAPI lets nobody choose the class of the files
    assert frontend is not None  # noqa: S101 - made above
    (route,) = frontend.routes
    route.app = _WebAppFiles(directory, content_security_policy(asset_origin))
    return WEB_APP


class _WebAppFiles(_FrontendStaticFiles):
    """The files of the app, each with the headers of its kind."""

    def __init__(self, directory: Path, policy: str) -> None:
        super().__init__(directory=directory, fallback="index.html", check_dir=True)
        self._policy = policy

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or the page for a path that a browser goes to; `path` has no leading slash."""
        root, _, rest = path.partition(os.sep)
        if root in API_ROOTS or (rest and root in API_BRANCHES) or root == os.pardir:
            raise HTTPException(status_code=404)
        if root == _ASSETS:
            # Nobody goes to an asset: without this header there is no page in place of one that is missing.
            scope = _without_header(scope, b"accept")
        return await super().get_response(path, scope)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return where a file is; what cannot be looked at (a loop of links, a name too long) is not there."""
        try:
            return super().lookup_path(path)
        except OSError:
            return "", None

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return the answer that is this file, in the form that the client likes best; 304 if it has that."""
        scope["state"]["route_template"] = WEB_APP.path
        request = Headers(scope=scope)
        path = os.fspath(full_path)
        forms = _compressed_forms(path)
        coding = choose_coding(", ".join(request.getlist("accept-encoding")), tuple(forms))
        if coding is None:
            answer = _make_file(path, status_code, stat_result)
        else:
            # The type of `index.js.br` is that of `index.js`: it is guessed without the ending of a coding.
            answer = _make_file(path + _ENDINGS[coding], status_code, forms[coding])
            answer.headers["Content-Encoding"] = coding
        if forms:
            answer.headers["Vary"] = "Accept-Encoding"
        is_asset = self.get_path(scope).startswith(_ASSETS + os.sep)
        answer.headers["Cache-Control"] = _KEEP_FOR_EVER if is_asset else _ASK_EACH_TIME
        if answer.media_type == "text/html":
            answer.headers["Content-Security-Policy"] = self._policy
        return NotModifiedResponse(answer.headers) if self.is_not_modified(answer.headers, request) else answer


def _compressed_forms(path: str) -> Mapping[str, os.stat_result]:
    """The codings in which a file lies beside itself; links are not followed, as they may lead anywhere."""
    forms = {}
    for coding, ending in _ENDINGS.items():
        try:
            found = os.lstat(path + ending)
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            forms[coding] = found
    return forms


# More files than any build of the app has.
@functools.lru_cache(maxsize=2_000)
def _content_tag(path: str, size: int, modified: int, inode: int) -> str:  # noqa: ARG001 - what tells that it changed
    """The strong ETag of a file: of its content alone.

    Starlette makes one of size and time. Reproducible builds set all times to one instant: their pages are alike in
    both, and yet each names other assets.
    """
    return f'"{hashlib.blake2b(Path(path).read_bytes(), digest_size=12).hexdigest()}"'


class _MalformedRangeError(Exception):
    """The `Range` header asks for nothing that there could be."""


class _File(FileResponse):
    """A file, or the range of it that was asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; a malformed range is ignored (RFC 9110, section 14.2), one beyond the end is a problem."""

        async def send_what_is_no_refusal(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 400:
                    raise _MalformedRangeError
                if message["status"] == 416:
                    length = Headers(raw=message["headers"])["content-range"]
                    raise RangeNotSatisfiableError(headers={"Content-Range": length})
            await send(message)

        try:
            await super().__call__(scope, receive, send_what_is_no_refusal)
        except _MalformedRangeError:
            await super().__call__(_without_header(scope, b"range"), receive, send)


def _make_file(path: str, status: int, found: os.stat_result) -> _File:
    tag = _content_tag(path, found.st_size, found.st_mtime_ns, found.st_ino)
    return _File(path, status, {"ETag": tag}, stat_result=found)


def _without_header(scope: Scope, name: bytes) -> Scope:
    return {**scope, "headers": [header for header in scope["headers"] if header[0] != name]}
