"""An agent's way to credentials, in asyncio."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self, TypeAlias

import httpx

from ._addresses import origin_checked
from ._client import TIMEOUT_S, Trust, client_of
from ._client_auth import ClientAuth
from ._exchange import Wish, exchange, wish_of
from ._http import async_http_client
from ._refusals import from_response
from ._single_flight import AsyncSingleFlight
from ._steps import run_async
from .credential import Credential, Delivery
from .errors import PosternError

AsyncTokenSource: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""As `TokenSource`; a function that blocks, such as a session's `access_token`, is called in a thread."""


class AsyncPostern:
    """One authority, one client; for any number of tasks of one event loop."""

    def __init__(
        self,
        authority_url: str,
        client_id: str,
        *,
        client_auth: ClientAuth | None = None,
        proxy_url: str | None = None,
        ca: Trust | None = None,
        timeout_s: float = TIMEOUT_S,
        http: httpx.AsyncClient | None = None,
        unsafe_plain_http: bool = False,
    ) -> None:
        """`proxy_url` is where this agent reaches the proxy, if not where the authority says. `http` is a client of your own, for instance
        with a client certificate; it is left open. `unsafe_plain_http` lets tokens travel where anybody on the way can read them.

        Raises ConfigurationError.
        """
        self._client = client_of(authority_url, client_id, client_auth, timeout_s, unsafe_plain_http)
        self._proxy_url = None if proxy_url is None else origin_checked(proxy_url, "proxy_url", unsafe_plain_http)
        self._own = http is None
        self._http = async_http_client(ca) if http is None else http
        self._flights: AsyncSingleFlight[Credential] = AsyncSingleFlight()

    async def require(
        self,
        integration: str,
        token: AsyncTokenSource,
        *,
        scope: str | Sequence[str] | None = None,
        target: str | Sequence[str] | None = None,
        delivery: Delivery = "proxied",
    ) -> Credential:
        """As `Postern.require`. A caller that is cancelled leaves the others their answer."""
        wish = wish_of(integration, await token_of(token), scope, target, delivery)
        return await self._flights.run(wish, lambda: self._exchange(wish))

    def from_response(self, response: httpx.Response) -> PosternError | None:
        """The error that a refusal of the proxy's stands for, with links to this authority alone; None where the upstream answered."""
        return from_response(response, authority_url=self._client.issuer)

    async def aclose(self) -> None:
        """Closes the connections; calls that are under way fail."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def _exchange(self, wish: Wish) -> Credential:
        return await run_async(exchange(wish, self._client, self._proxy_url), self._http)


async def token_of(source: AsyncTokenSource) -> str:
    """Asks for the token without stopping the event loop."""
    if isinstance(source, str):
        return source
    ask: Callable[[], str | Awaitable[str]] = source
    given = ask() if inspect.iscoroutinefunction(ask) else await asyncio.to_thread(ask)
    return given if isinstance(given, str) else await given
