"""Signing in: a person approves in the browser, and the program gets a session."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import httpx

from ._client import TIMEOUT_S, Client, Trust, client_of
from ._client_auth import ClientAuth
from ._device_flow import OnUserCode, device_flow
from ._http import http_client
from ._login_request import AccessRequest, request_form
from ._loopback_flow import OpenUrl, loopback_flow
from ._session import Session
from ._steps import Answer
from ._token_answer import session_of
from .errors import DelegationEndedError, Refusal, UnavailableError, misconfigured
from .session_store import SessionStore, StoredSession

LOGIN_TIMEOUT_S = 600.0

Flow: TypeAlias = Literal["loopback", "device"]


def login(
    authority_url: str,
    client_id: str,
    *,
    flow: Flow = "loopback",
    scope: str | Sequence[str] | None = None,
    access: Sequence[AccessRequest] = (),
    session: str | None = None,
    open_url: OpenUrl | None = None,
    redirect_path: str = "/callback",
    on_user_code: OnUserCode | None = None,
    store: SessionStore | None = None,
    client_auth: ClientAuth | None = None,
    ca: Trust | None = None,
    timeout_s: float = TIMEOUT_S,
    login_timeout_s: float = LOGIN_TIMEOUT_S,
    unsafe_plain_http: bool = False,
) -> Session:
    """Asks a person to let this agent act for them, or takes up the session of the same request that `store` has kept.

    `loopback` (the default) has `open_url` open a browser on this machine: code and PKCE, answered on a port of 127.0.0.1 at
    `redirect_path` (RFC 8252). `device` has `on_user_code` show an address and a code, for a browser anywhere (RFC 8628). Nothing is
    opened or printed by itself. `scope` is `github:pulls:read`, one or several, for all targets; `access` is the same with targets.
    `session` (`ses_…`) is a running one that is widened. A person may take `login_timeout_s`; in asyncio call it by `asyncio.to_thread`.
    Raises LoginFailedError where the person said no or did not answer, ConfigurationError, UnavailableError.
    """
    client = client_of(authority_url, client_id, client_auth, timeout_s, unsafe_plain_http)
    wish = request_form(scope, access, session)
    sign_in = _sign_in(flow, open_url, redirect_path, on_user_code)
    asked = json.dumps(wish)
    http = http_client(ca)
    try:
        kept = _taken_up(client, http, store, asked)
        if kept is not None:
            return kept
        begun = session_of(sign_in(client, http, wish, login_timeout_s), issuer=client.issuer, client_id=client_id, asked=asked)
        _keep(begun, store)
        return Session(begun, client, http, store, taken_up=False)
    except BaseException:
        http.close()
        raise


_SignIn: TypeAlias = Callable[[Client, httpx.Client, tuple[tuple[str, str], ...], float], Answer]


def _sign_in(flow: Flow, open_url: OpenUrl | None, redirect_path: str, on_user_code: OnUserCode | None) -> _SignIn:
    if flow == "device":
        if on_user_code is None:
            raise misconfigured("the flow 'device' needs on_user_code, which shows the person the code")
        return lambda client, http, wish, timeout_s: device_flow(client, http, wish, timeout_s, on_user_code)
    if flow != "loopback":
        raise misconfigured("flow is 'loopback' or 'device'")
    if open_url is None:
        raise misconfigured("the flow 'loopback' needs open_url, which opens the person's browser: webbrowser.open")
    if not redirect_path.startswith("/") or "?" in redirect_path or "#" in redirect_path:
        raise misconfigured("redirect_path is the path of the registered redirect URI")
    return lambda client, http, wish, timeout_s: loopback_flow(client, http, wish, timeout_s, open_url, redirect_path)


def _taken_up(client: Client, http: httpx.Client, store: SessionStore | None, asked: str) -> Session | None:
    """The session that was kept for the same request, if it is good yet."""
    kept = None if store is None else store.load()
    if kept is None or (kept.issuer, kept.client_id, kept.asked) != (client.issuer, client.client_id, asked):
        return None
    session = Session(kept, client, http, store, taken_up=True)
    try:
        session.access_token()
    except DelegationEndedError:
        return None
    return session


def _keep(held: StoredSession, store: SessionStore | None) -> None:
    try:
        if store is not None:
            store.save(held)
    except Exception as error:
        raise UnavailableError(Refusal("store_failed", "The store could not keep the session.")) from error
