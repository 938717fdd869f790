"""Token exchange (RFC 8693): a delegation token for a credential at one integration."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from ._client import Client
from ._steps import Form, Steps
from ._wire import ask, document, is_token, malformed, oauth_error, seconds_of, text_of, texts_of
from .credential import Credential, Delivery
from .errors import misconfigured

_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
_SESSION = "urn:postern:params:oauth:token-type:session"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; equal ones that are under way share one request."""

    integration: str
    token: str = field(repr=False)
    scope: tuple[str, ...]
    target: tuple[str, ...]
    delivery: Delivery


def wish_of(
    integration: str, token: str, scope: str | Sequence[str] | None, target: str | Sequence[str] | None, delivery: Delivery
) -> Wish:
    """Checked here, so that what cannot be right is told without asking anybody.

    Raises ConfigurationError.
    """
    if not integration:
        raise misconfigured("an integration has to be named")
    if not is_token(token):
        raise misconfigured("the token is empty, or holds what no token holds")
    if delivery not in ("proxied", "released"):
        raise misconfigured("delivery is 'proxied' or 'released'")
    scopes = tuple(word for text in _listed(scope, "scope") for word in text.split())
    targets = _listed(target, "target")
    if (scope is not None and not scopes) or (target is not None and not all(targets)) or (target is not None and not targets):
        # Left out means all that is approved, which an empty list hardly meant.
        raise misconfigured("scope and target name something, or are left out")
    return Wish(integration, token, scopes, targets, delivery)


def exchange(wish: Wish, client: Client, proxy_url: str | None) -> Steps[Credential]:
    """One exchange, judged by the authority anew."""
    deadline = time.monotonic() + client.timeout_s
    metadata = yield from client.discovery.metadata(deadline)
    answer = yield from ask(metadata.token_endpoint, lambda: client.form(*_parameters(wish)), deadline)
    if answer.status != 200:
        raise oauth_error(answer)
    return _credential(document(answer), wish, proxy_url)


def _parameters(wish: Wish) -> Form:
    return (
        ("grant_type", _GRANT),
        ("subject_token", wish.token),
        ("subject_token_type", _SESSION if wish.token.startswith("ses_") else _ACCESS_TOKEN),
        ("resource", wish.integration),
        *((("scope", " ".join(wish.scope)),) if wish.scope else ()),
        *(("target", target) for target in wish.target),
        ("delivery", wish.delivery),
    )


def _credential(members: Mapping[str, object], wish: Wish, proxy_url: str | None) -> Credential:
    token, token_type = text_of(members, "access_token"), text_of(members, "token_type")
    if token is None or not is_token(token) or token_type is None or not is_token(token_type):
        raise malformed("The authority's answer holds no credential")
    # Never taken for what it is not: a released one is the upstream's own secret.
    if members.get("delivery") != wish.delivery:
        raise malformed("The authority's answer is of another delivery than was asked for")
    expires_in = seconds_of(members, "expires_in")
    if expires_in is None and wish.delivery == "proxied":
        raise malformed("The authority's answer does not say when the credential ends")
    integration, targets = _access(members)
    if integration is None:
        raise malformed("The authority's answer does not say for which integration it is.")
    return Credential(
        access_token=token,
        token_type=token_type,
        authorization=f"{token_type} {token}",
        expires_in=expires_in,
        expires_at=None if expires_in is None else datetime.now(UTC) + timedelta(seconds=expires_in),
        scope=text_of(members, "scope") or "",
        targets=targets,
        integration=integration,
        base_url=_base_url(text_of(members, "base_url"), wish, integration, proxy_url),
        delivery=wish.delivery,
    )


def _base_url(told: str | None, wish: Wish, integration: str, proxy_url: str | None) -> str:
    """Where the agent reaches the proxy may be told to it alone: a sidecar, or a name that only its network knows."""
    if wish.delivery == "released" or proxy_url is None:
        if told is None:
            raise misconfigured("the authority knows no address of the proxy: give Postern its proxy_url")
        return told.rstrip("/")
    try:
        path = f"/{integration}" if told is None else urlsplit(told).path.rstrip("/")
    except ValueError as error:
        raise malformed("The authority's answer holds no address to use the credential at.") from error
    return f"{proxy_url}{path}"


def _access(members: Mapping[str, object]) -> tuple[str | None, tuple[str, ...]]:
    details = members.get("authorization_details")
    if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], dict):
        return None, ()
    return text_of(details[0], "integration"), texts_of(details[0], "targets")


def _listed(value: str | Sequence[str] | None, name: str) -> tuple[str, ...]:
    listed = () if value is None else (value,) if isinstance(value, str) else tuple(value)
    if not all(isinstance(one, str) for one in listed):
        raise misconfigured(f"{name} is a text or several")
    return listed
