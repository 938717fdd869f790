"""A place on this machine for the answer to an authorization request (RFC 8252 section 7.3)."""

from __future__ import annotations

import hmac
import queue
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from .errors import LoginFailedError, Refusal

_PAGE = b"<!doctype html><meta charset=utf-8><title>Signed in</title><p>You can close this window and go back to the program."
_IDLE_S = 10.0
_MAX_PATH = 16_384


class Loopback:
    """Listens on a free port of 127.0.0.1 until one answer with the right `state` has come."""

    def __init__(self, path: str, state: str) -> None:
        self._answers: queue.Queue[Mapping[str, str]] = queue.Queue(1)
        self._path = path
        self._state = state
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def redirect_uri(self) -> str:
        """With the port that was free."""
        return f"http://127.0.0.1:{self._server.server_port}{self._path}"

    def wait(self, timeout_s: float) -> Mapping[str, str]:
        """The parameters of the answer. Raises LoginFailedError (`login_timeout`)."""
        try:
            return self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise LoginFailedError(Refusal("login_timeout", "Nobody answered in the browser in time.")) from None

    def taken(self, target: str, host: str | None) -> Mapping[str, str] | None:
        """The parameters of a request that may be the answer; None for everybody else's, which changes nothing."""
        # A page of another site that made its name lead here, too, would say that name.
        if host != f"127.0.0.1:{self._server.server_port}" or len(target) > _MAX_PATH:
            return None
        parts = urlsplit(target)
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=32)
        parameters = dict(pairs)
        right = hmac.compare_digest(parameters.get("state", "").encode(), self._state.encode())
        return parameters if right and parts.path == self._path and len(parameters) == len(pairs) else None

    def answered(self, parameters: Mapping[str, str]) -> None:
        """The first one counts."""
        try:
            self._answers.put_nowait(parameters)
        except queue.Full:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A browser may hold a connection open that it never uses: none is waited for at the end.
    block_on_close = False

    def __init__(self, loopback: Loopback) -> None:
        self.loopback = loopback
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke off is nobody's trouble."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE_S

    def do_GET(self) -> None:
        try:
            parameters = self.server.loopback.taken(self.path, self.headers.get("host"))
        except ValueError:
            parameters = None
        self._page(400 if parameters is None else 200, b"This is not what was waited for." if parameters is None else _PAGE)
        if parameters is not None:
            self.server.loopback.answered(parameters)

    def _page(self, status: int, page: bytes) -> None:
        self.send_response(status)
        for name, value in _HEADERS:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def version_string(self) -> str:
        return "postern"

    def log_message(self, format: str, *args: object) -> None:
        """The path holds the code."""


_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)
