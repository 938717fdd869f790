"""Where the authority's endpoints are (RFC 8414)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ._addresses import same_origin, well_known
from ._steps import Steps
from ._wire import ask, document, malformed, oauth_error, text_of
from .errors import misconfigured

KEPT_S = 300
"""So that a moved endpoint is found without a restart."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The endpoints that are used here; None where the authority has none."""

    issuer: str
    token_endpoint: str
    authorization_endpoint: str | None
    device_authorization_endpoint: str | None
    revocation_endpoint: str | None


class Discovery:
    """Reads the metadata and keeps them for a while; a failure is not kept."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._kept: tuple[float, Metadata] | None = None

    def metadata(self, deadline: float) -> Steps[Metadata]:
        kept = self._kept
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        answer = yield from ask(well_known(self.issuer), None, deadline)
        if answer.status >= 500 or answer.status == 429:
            raise oauth_error(answer)
        if answer.status != 200:
            raise misconfigured(f"the authority's address has no metadata of an authority: it answers {answer.status}")
        read = _read(document(answer), self.issuer)
        self._kept = (time.monotonic() + KEPT_S, read)
        return read


def _read(members: Mapping[str, object], issuer: str) -> Metadata:
    # RFC 8414 section 3.3: else tokens would be sent to whoever answered.
    if text_of(members, "issuer") != issuer:
        raise misconfigured("the metadata are another issuer's than the one that was configured")
    token_endpoint = _endpoint(members, "token_endpoint", issuer)
    if token_endpoint is None:
        raise malformed("The authority's metadata name no token endpoint.")
    return Metadata(
        issuer=issuer,
        token_endpoint=token_endpoint,
        authorization_endpoint=_endpoint(members, "authorization_endpoint", issuer),
        device_authorization_endpoint=_endpoint(members, "device_authorization_endpoint", issuer),
        revocation_endpoint=_endpoint(members, "revocation_endpoint", issuer),
    )


def _endpoint(members: Mapping[str, object], name: str, issuer: str) -> str | None:
    url = text_of(members, name)
    if url is not None and not same_origin(url, issuer):
        raise misconfigured(f"the authority's {name} is at another origin")
    return url
