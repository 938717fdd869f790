"""Signing in by a browser on this machine: code and PKCE (RFC 6749, 7636, 8252)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import httpx

from ._client import Client
from ._loopback import Loopback
from ._metadata import Metadata
from ._steps import Answer, Form, run
from ._wire import ask, oauth_error
from .codes import ERROR_CLASSES
from .errors import LoginFailedError, PosternError, Refusal, misconfigured

OpenUrl = Callable[[str], object]


def loopback_flow(client: Client, http: httpx.Client, wish: Form, timeout_s: float, open_url: OpenUrl, redirect_path: str) -> Answer:
    """The token endpoint's answer to the code that the browser brought back.

    Raises LoginFailedError, UnavailableError.
    """
    ends = time.monotonic() + timeout_s
    metadata = run(client.discovery.metadata(time.monotonic() + client.timeout_s), http)
    if metadata.authorization_endpoint is None:
        raise misconfigured("the authority serves no sign-in by a browser")
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with Loopback(redirect_path, state) as loopback:
        request = (
            ("client_id", client.client_id),
            ("response_type", "code"),
            ("redirect_uri", loopback.redirect_uri),
            ("state", state),
            ("code_challenge", _challenge(verifier)),
            ("code_challenge_method", "S256"),
            *wish,
        )
        open_url(f"{metadata.authorization_endpoint}?{urlencode(request)}")
        code = _code(loopback.wait(max(0.0, ends - time.monotonic())), client.issuer)
        return _redeemed(client, http, metadata, (("code", code), ("redirect_uri", loopback.redirect_uri), ("code_verifier", verifier)))


def _redeemed(client: Client, http: httpx.Client, metadata: Metadata, shown: Form) -> Answer:
    def form() -> Form:
        return client.form(("grant_type", "authorization_code"), *shown)

    answer = run(ask(metadata.token_endpoint, form, time.monotonic() + client.timeout_s, once=True), http)
    if answer.status != 200:
        raise oauth_error(answer)
    return answer


def _code(parameters: Mapping[str, str], issuer: str) -> str:
    # RFC 9207: another authority's answer is none, whatever it says.
    if parameters.get("iss") != issuer:
        raise LoginFailedError(Refusal("login_answer_refused", "The answer that came is another authority's."))
    error = parameters.get("error")
    if error is not None:
        raise _refused(error, parameters.get("error_description"))
    code = parameters.get("code", "")
    if code == "":
        raise LoginFailedError(Refusal("login_answer_refused", "The answer that came holds no code."))
    return code


def _refused(error: str, description: str | None) -> PosternError:
    refusal = Refusal(error, f"{description or 'The authority refused the sign-in.'} ({error})")
    return ERROR_CLASSES.get(error, LoginFailedError)(refusal)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
