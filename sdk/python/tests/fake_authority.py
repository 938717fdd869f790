"""An authority on a real socket of 127.0.0.1 that says what a test wants, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Form = Mapping[str, list[str]]


@dataclass
class Said:
    """One answer; `cut`: the connection ends before it."""

    status: int = 200
    members: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    raw: bytes | None = None


class FakeAuthority:
    """`answers` maps a path to what it says to each form."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Form]] = []
        self.answers: dict[str, Callable[[Form], Said]] = {}
        self._lock = threading.Lock()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.answers["/.well-known/oauth-authorization-server"] = lambda _: Said(members=self.metadata())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def metadata(self, **changes: object) -> dict[str, object]:
        endpoints = {
            "token_endpoint": "token",
            "authorization_endpoint": "authorize",
            "device_authorization_endpoint": "device",
            "revocation_endpoint": "revoke",
        }
        return {"issuer": self.url, **{name: f"{self.url}/oauth2/{path}" for name, path in endpoints.items()}, **changes}

    def token_requests(self) -> list[Form]:
        with self._lock:
            return [form for path, form in self.asked if path == "/oauth2/token"]

    def answer(self, path: str, form: Form) -> Said:
        with self._lock:
            self.asked.append((path, form))
        say = self.answers.get(path)
        return Said(404) if say is None else say(form)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, authority: FakeAuthority) -> None:
        self.authority = authority
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say(self.server.authority.answer(self.path, {}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self._say(self.server.authority.answer(self.path, parse_qs(body, keep_blank_values=True)))

    def _say(self, said: Said) -> None:
        if said.cut:
            self.close_connection = True
            self.connection.close()
            return
        body = json.dumps(said.members).encode() if said.raw is None else said.raw
        self.send_response(said.status)
        for name, value in {"content-type": "application/json", **said.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def exchanged(**changes: object) -> dict[str, object]:
    """What the token endpoint says to a good exchange."""
    return {
        "access_token": "stand-in.SECRET",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "github:pull_requests:read",
        "delivery": "proxied",
        "authorization_details": [
            {"type": "postern", "integration": "github", "scopes": ["pull_requests:read"], "targets": ["acme-corp/backend"]}
        ],
        "base_url": "https://proxy.acme.com:8443/github/",
        **changes,
    }


def granted(number: int = 1, **changes: object) -> dict[str, object]:
    """What it says to a good sign-in or renewal."""
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "github:pulls:read",
        **changes,
    }
