"""What `require()` gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Delivery: TypeAlias = Literal["proxied", "released"]
"""`proxied`: a stand-in, good through the proxy alone. `released`: the upstream's own credential, where a rule lets it leave."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Short-lived, for one integration, and no more than was asked for. It shows no secret when it is printed."""

    access_token: str = field(repr=False)
    """What clients take as their token."""
    token_type: str
    """`Bearer`; `DPoP` for one that is bound to a key."""
    authorization: str = field(repr=False)
    """The whole value of an `Authorization` header."""
    expires_in: int | None
    """Seconds, as in OAuth. None for an upstream's credential that does not end by itself."""
    expires_at: datetime | None
    """By this machine's clock, in UTC."""
    scope: str
    """What it is good for, `github:pull_requests:read`, separated by spaces."""
    targets: tuple[str, ...]
    """At which targets, as patterns."""
    integration: str
    base_url: str
    """Where it can be used: the proxy's address of the integration, or the upstream's own for a released one. No slash at its end."""
    delivery: Delivery
