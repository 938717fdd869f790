"""What a sign-in asks a person for, and what it shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ._steps import Form
from .errors import misconfigured


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """What of one integration a person is asked for (RFC 9396, type `postern`)."""

    integration: str
    scopes: Sequence[str]
    """In the integration's words: `pulls:read`."""
    targets: Sequence[str]
    """Patterns: `acme-corp/*`."""


@dataclass(frozen=True, slots=True)
class DevicePrompt:
    """What a person needs who signs in on another device."""

    user_code: str
    url: str
    """Where they type it in."""
    complete_url: str | None
    """The same with the code in it, for a QR code; they still compare it. None where the authority has none."""
    expires_at: datetime


def request_form(scope: str | Sequence[str] | None, access: Sequence[AccessRequest], session: str | None) -> Form:
    """As parameters of an authorization request. Raises ConfigurationError where nothing is asked for."""
    scopes = () if scope is None else (scope,) if isinstance(scope, str) else tuple(scope)
    words = " ".join(sorted({word for text in scopes for word in text.split()}))
    if words == "" and len(access) == 0:
        raise misconfigured("scope or access has to say what the person is asked for")
    for request in access:
        if isinstance(request.scopes, str) or isinstance(request.targets, str):
            raise misconfigured("scopes and targets of an AccessRequest are lists")
    details = [
        {"type": "postern", "integration": request.integration, "scopes": list(request.scopes), "targets": list(request.targets)}
        for request in access
    ]
    return (
        *((("scope", words),) if words else ()),
        *((("authorization_details", json.dumps(details)),) if details else ()),
        *((("postern_session", session),) if session else ()),
    )
