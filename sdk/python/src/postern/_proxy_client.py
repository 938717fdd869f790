"""HTTP through the proxy, for calls that keep the upstream's own addresses."""

from __future__ import annotations

import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import httpx

from ._addresses import origin_checked
from ._async_postern import AsyncTokenSource, token_of
from ._client import TIMEOUT_S, Trust, tls_context
from ._postern import TokenSource
from ._refusals import refusal_of_connect
from ._wire import is_token
from .errors import PosternError, misconfigured

_ANSWERED = "http11.receive_response_headers.complete"

T = TypeVar("T")


def proxy_client(
    proxy_url: str, token: TokenSource | None, *, ca: Trust | None = None, timeout_s: float = TIMEOUT_S, unsafe_plain_http: bool = False
) -> httpx.Client:
    """A client whose every request goes through the proxy, with the token in `Proxy-Authorization`, and follows no redirects.

    `token` is a delegation token or a session's secret, or a function that gives one: it is asked at each request, and with another
    token new tunnels are opened; None where the listener knows the agent by itself. `ca` is the proxy's CA, by which the upstreams'
    certificates and the proxy's own are verified. A refused tunnel raises this package's error; what is refused inside of it is an answer,
    which `from_response()` reads.
    Raises ConfigurationError.
    """
    lanes = _Lanes(proxy_url, ca, unsafe_plain_http, lambda proxy, tls: httpx.HTTPTransport(verify=tls, proxy=proxy, trust_env=False))
    return httpx.Client(transport=_ProxyTransport(lanes, token), trust_env=False, timeout=timeout_s)


def async_proxy_client(
    proxy_url: str,
    token: AsyncTokenSource | None,
    *,
    ca: Trust | None = None,
    timeout_s: float = TIMEOUT_S,
    unsafe_plain_http: bool = False,
) -> httpx.AsyncClient:
    """As `proxy_client`, in asyncio."""
    lanes = _Lanes(proxy_url, ca, unsafe_plain_http, lambda proxy, tls: httpx.AsyncHTTPTransport(verify=tls, proxy=proxy, trust_env=False))
    return httpx.AsyncClient(transport=_AsyncProxyTransport(lanes, token), trust_env=False, timeout=timeout_s)


class _Lane(Generic[T]):
    """The tunnels that were opened with one token."""

    def __init__(self, token: str | None, transport: T) -> None:
        self.token = token
        self.transport = transport
        self.busy = 0


class _Lanes(Generic[T]):
    """One lane is open for new requests; those before it are closed when their last answer was read."""

    def __init__(self, proxy_url: str, ca: Trust | None, unsafe_plain_http: bool, make: Callable[[httpx.Proxy, ssl.SSLContext], T]) -> None:
        self._url = origin_checked(proxy_url, "proxy_url", unsafe_plain_http)
        self._tls = tls_context(ca)
        self._make = make
        self._lock = threading.Lock()
        self._open: _Lane[T] | None = None
        self._all: set[_Lane[T]] = set()

    def enter(self, token: str | None) -> tuple[_Lane[T], list[T]]:
        """The lane for this token, and transports that are to be closed."""
        if token is not None and not is_token(token):
            raise misconfigured("the token is empty, or holds what no token holds")
        with self._lock:
            lane = self._open
            if lane is None or lane.token != token:
                lane = _Lane(token, self._transport(token))
                self._open = lane
                self._all.add(lane)
            lane.busy += 1
            return lane, self._idle()

    def leave(self, lane: _Lane[T]) -> list[T]:
        """Transports that are to be closed now."""
        with self._lock:
            lane.busy -= 1
            return self._idle()

    def close(self) -> list[T]:
        """All transports; none of them is used again."""
        with self._lock:
            lanes, self._open = tuple(self._all), None
            self._all.clear()
            return [lane.transport for lane in lanes]

    def _idle(self) -> list[T]:
        idle = [lane for lane in self._all if lane is not self._open and lane.busy == 0]
        self._all.difference_update(idle)
        return [lane.transport for lane in idle]

    def _transport(self, token: str | None) -> T:
        headers = {} if token is None else {"Proxy-Authorization": f"Bearer {token}"}
        secure = self._url.startswith("https:")
        proxy = httpx.Proxy(self._url, ssl_context=self._tls if secure else None, headers=headers)
        return self._make(proxy, self._tls)


class _ProxyTransport(httpx.BaseTransport):
    def __init__(self, lanes: _Lanes[httpx.HTTPTransport], token: TokenSource | None) -> None:
        self._lanes = lanes
        self._token = token

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        lane, idle = self._lanes.enter(self._token() if callable(self._token) else self._token)
        heard = _Heard()
        try:
            _close(idle)
            request.extensions = {**request.extensions, "trace": heard.trace(request.extensions.get("trace"))}
            response = lane.transport.handle_request(request)
        except BaseException as error:
            self._left(lane)
            refusal = heard.refusal_behind(error)
            if refusal is not None:
                raise refusal from error
            raise
        response.stream = _Stream(response.stream, lambda: self._left(lane))
        return response

    def close(self) -> None:
        _close(self._lanes.close())

    def _left(self, lane: _Lane[httpx.HTTPTransport]) -> None:
        _close(self._lanes.leave(lane))


class _AsyncProxyTransport(httpx.AsyncBaseTransport):
    def __init__(self, lanes: _Lanes[httpx.AsyncHTTPTransport], token: AsyncTokenSource | None) -> None:
        self._lanes = lanes
        self._token = token

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        lane, idle = self._lanes.enter(None if self._token is None else await token_of(self._token))
        heard = _Heard()
        try:
            await _aclose(idle)
            request.extensions = {**request.extensions, "trace": heard.async_trace(request.extensions.get("trace"))}
            response = await lane.transport.handle_async_request(request)
        except BaseException as error:
            await self._left(lane)
            refusal = heard.refusal_behind(error)
            if refusal is not None:
                raise refusal from error
            raise
        response.stream = _AsyncStream(response.stream, lambda: self._left(lane))
        return response

    async def aclose(self) -> None:
        await _aclose(self._lanes.close())

    async def _left(self, lane: _Lane[httpx.AsyncHTTPTransport]) -> None:
        await _aclose(self._lanes.leave(lane))


class _Heard:
    """The last answer's head, which is all that the library does not tell of a refused CONNECT."""

    def __init__(self) -> None:
        self._last: tuple[int, Mapping[str, str]] | None = None

    def trace(self, other: Callable[[str, Any], None] | None) -> Callable[[str, Any], None]:
        """Listens, and lets another listener hear, too."""

        def hear(name: str, info: Any) -> None:
            self._hear(name, info)
            if other is not None:
                other(name, info)

        return hear

    def async_trace(self, other: Callable[[str, Any], Awaitable[None]] | None) -> Callable[[str, Any], Awaitable[None]]:
        """As `trace`, in asyncio."""

        async def hear(name: str, info: Any) -> None:
            self._hear(name, info)
            if other is not None:
                await other(name, info)

        return hear

    def refusal_behind(self, error: BaseException) -> PosternError | None:
        """What a refused CONNECT means; None for every other failure, and for other proxies' refusals."""
        return None if self._last is None or not isinstance(error, httpx.ProxyError) else refusal_of_connect(*self._last)

    def _hear(self, name: str, info: Any) -> None:
        if name == _ANSWERED:
            _, status, _, headers, *_ = info["return_value"]
            self._last = status, {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream | httpx.AsyncByteStream, left: Callable[[], None]) -> None:
        if not isinstance(inner, httpx.SyncByteStream):
            raise TypeError("the transport gave no stream that is read without asyncio")
        self._inner = inner
        self._left: Callable[[], None] | None = left

    def __iter__(self) -> Iterator[bytes]:
        yield from self._inner

    def close(self) -> None:
        left, self._left = self._left, None
        try:
            self._inner.close()
        finally:
            if left is not None:
                left()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream | httpx.AsyncByteStream, left: Callable[[], Awaitable[None]]) -> None:
        if not isinstance(inner, httpx.AsyncByteStream):
            raise TypeError("the transport gave no stream that is read in asyncio")
        self._inner = inner
        self._left: Callable[[], Awaitable[None]] | None = left

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            yield chunk

    async def aclose(self) -> None:
        left, self._left = self._left, None
        try:
            await self._inner.aclose()
        finally:
            if left is not None:
                await left()


def _close(transports: list[httpx.HTTPTransport]) -> None:
    for transport in transports:
        transport.close()


async def _aclose(transports: list[httpx.AsyncHTTPTransport]) -> None:
    for transport in transports:
        await transport.aclose()
