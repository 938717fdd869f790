"""Signing in by a browser anywhere, for programs without one (RFC 8628)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from ._client import Client
from ._login_request import DevicePrompt
from ._metadata import Metadata
from ._steps import Answer, Form, Steps, pause, run
from ._wire import ask, document, json_object, malformed, oauth_error, seconds_of, text_of, web_link
from .errors import LoginFailedError, Refusal, UnavailableError, misconfigured

OnUserCode = Callable[[DevicePrompt], object]

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# RFC 8628 section 3.2, where the answer does not say; and section 3.5, for each `slow_down`.
_INTERVAL_S = 5
_SLOWER_S = 5


@dataclass(frozen=True, slots=True)
class _Begun:
    device_code: str = field(repr=False)
    interval_s: int
    lives_s: int
    prompt: DevicePrompt


def device_flow(client: Client, http: httpx.Client, wish: Form, timeout_s: float, on_user_code: OnUserCode) -> Answer:
    """The token endpoint's answer once the person has approved.

    Raises LoginFailedError, UnavailableError.
    """
    ends = time.monotonic() + timeout_s
    metadata = run(client.discovery.metadata(time.monotonic() + client.timeout_s), http)
    begun = run(_begin(client, metadata, wish), http)
    on_user_code(begun.prompt)
    return run(_poll(client, metadata, begun, ends), http)


def _begin(client: Client, metadata: Metadata, wish: Form) -> Steps[_Begun]:
    endpoint = metadata.device_authorization_endpoint
    if endpoint is None:
        raise misconfigured("the authority serves no sign-in by a device")
    answer = yield from ask(endpoint, lambda: client.form(*wish), time.monotonic() + client.timeout_s)
    if answer.status != 200:
        raise oauth_error(answer)
    members = document(answer)
    device_code, user_code = text_of(members, "device_code"), text_of(members, "user_code")
    url, lives_s = web_link(text_of(members, "verification_uri")), seconds_of(members, "expires_in")
    if device_code is None or user_code is None or url is None or lives_s is None:
        raise malformed("The authority's answer lacks a code, or where it is typed in.", answer.status)
    interval_s = seconds_of(members, "interval")
    complete_url = web_link(text_of(members, "verification_uri_complete"))
    prompt = DevicePrompt(user_code, url, complete_url, datetime.now(UTC) + timedelta(seconds=lives_s))
    return _Begun(device_code, _INTERVAL_S if interval_s is None else max(1, interval_s), lives_s, prompt)


def _poll(client: Client, metadata: Metadata, begun: _Begun, ends: float) -> Steps[Answer]:
    shown = ("grant_type", _GRANT), ("device_code", begun.device_code)
    interval_s: float = begun.interval_s
    expires = time.monotonic() + begun.lives_s
    while time.monotonic() + interval_s < min(ends, expires):
        yield from pause(interval_s)
        try:
            # Once: a code that was good for an answer that got lost is none any more.
            answer = yield from ask(metadata.token_endpoint, lambda: client.form(*shown), time.monotonic() + client.timeout_s, once=True)
        except UnavailableError:
            # Section 3.5: slower where the connection fails. The person has not finished yet, or it is told next time.
            interval_s *= 2
            continue
        error = text_of(json_object(answer.body) or {}, "error")
        if error == "slow_down":
            interval_s += _SLOWER_S
        elif answer.status == 200:
            return answer
        elif error != "authorization_pending" and answer.status < 500:
            raise oauth_error(answer)
    code = "login_timeout" if ends < expires else "expired_token"
    raise LoginFailedError(Refusal(code, f"Nobody confirmed the code in time. ({code})"))
