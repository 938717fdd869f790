"""An agent's way to credentials, blocking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeAlias

import httpx

from ._addresses import origin_checked
from ._client import TIMEOUT_S, Trust, client_of
from ._client_auth import ClientAuth
from ._exchange import Wish, exchange, wish_of
from ._http import http_client
from ._refusals import from_response
from ._single_flight import SingleFlight
from ._steps import run
from .credential import Credential, Delivery
from .errors import PosternError

TokenSource: TypeAlias = str | Callable[[], str]
"""A delegation token or a session's secret (`ses_…`), or what gives one: asked anew at each call."""


class Postern:
    """One authority, one client; for any number of threads."""

    def __init__(
        self,
        authority_url: str,
        client_id: str,
        *,
        client_auth: ClientAuth | None = None,
        proxy_url: str | None = None,
        ca: Trust | None = None,
        timeout_s: float = TIMEOUT_S,
        http: httpx.Client | None = None,
        unsafe_plain_http: bool = False,
    ) -> None:
        """`proxy_url` is where this agent reaches the proxy, if not where the authority says. `http` is a client of your own, for instance
        with a client certificate; it is left open. `unsafe_plain_http` lets tokens travel where anybody on the way can read them.

        Raises ConfigurationError.
        """
        self._client = client_of(authority_url, client_id, client_auth, timeout_s, unsafe_plain_http)
        self._proxy_url = None if proxy_url is None else origin_checked(proxy_url, "proxy_url", unsafe_plain_http)
        self._own = http is None
        self._http = http_client(ca) if http is None else http
        self._flights: SingleFlight[Credential] = SingleFlight()

    def require(
        self,
        integration: str,
        token: TokenSource,
        *,
        scope: str | Sequence[str] | None = None,
        target: str | Sequence[str] | None = None,
        delivery: Delivery = "proxied",
    ) -> Credential:
        """Trades a delegation token for a credential at one integration (RFC 8693), judged anew at each call.

        Identical calls that are under way share one request; nothing is kept afterwards.
        Raises ConsentRequiredError, ConnectionRequiredError, PolicyDeniedError, AgentRevokedError and the other errors of this package.
        """
        wish = wish_of(integration, token if isinstance(token, str) else token(), scope, target, delivery)
        return self._flights.run(wish, lambda: self._exchange(wish))

    def from_response(self, response: httpx.Response) -> PosternError | None:
        """The error that a refusal of the proxy's stands for, with links to this authority alone; None where the upstream answered."""
        return from_response(response, authority_url=self._client.issuer)

    def close(self) -> None:
        """Closes the connections; calls that are under way fail."""
        if self._own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _exchange(self, wish: Wish) -> Credential:
        return run(exchange(wish, self._client, self._proxy_url), self._http)
