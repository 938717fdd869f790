"""Flows without I/O: a generator says what to send and how long to wait; a driver does it, blocking or in asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict, TypeVar
from urllib.parse import urlencode

import httpx

MAX_ANSWER_BYTES = 256 * 1024
"""More than any answer of an authority has."""

Form: TypeAlias = tuple[tuple[str, str], ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the authority: a form that is posted, or (without one) a document that is read."""

    url: str
    form: Callable[[], Form] | None = field(repr=False)
    """Made anew for each attempt: a client's assertion is good once."""
    deadline: float
    """Of `time.monotonic()`, after which it is given up."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause between two calls."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


class LostError(Exception):
    """No whole answer came; `code` is the public one."""

    def __init__(self, code: str, message: str, *, unsent: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.unsent = unsent
        """Surely nothing was sent."""


Steps: TypeAlias = Generator[Call | Wait, Answer | None, T]
"""A flow; each `Call` that it yields is answered, or a `LostError` thrown into it."""


def send(call: Call) -> Steps[Answer]:
    """One call and its answer."""
    answer = yield call
    if answer is None:
        raise TypeError("a call was driven as a wait")
    return answer


def pause(seconds: float) -> Steps[None]:
    """Nothing, for so long."""
    yield Wait(seconds)


def run(steps: Steps[T], http: httpx.Client) -> T:
    """Drives a flow in this thread."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, Wait):
                time.sleep(step.seconds)
                step = steps.send(None)
                continue
            try:
                answer = _answer(step, http)
            except LostError as lost:
                step = steps.throw(lost)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        steps.close()


async def run_async(steps: Steps[T], http: httpx.AsyncClient) -> T:
    """Drives a flow in the running event loop."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                step = steps.send(None)
                continue
            try:
                answer = await _async_answer(step, http)
            except LostError as lost:
                step = steps.throw(lost)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        steps.close()


class _Request(TypedDict):
    method: str
    url: str
    content: bytes | None
    headers: dict[str, str]
    timeout: float
    follow_redirects: bool
    auth: None


def _request(call: Call) -> _Request:
    """Never with what the client would add by itself: no redirect is followed, no other credential sent."""
    headers = {"accept": "application/json"}
    if call.form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    return {
        "method": "GET" if call.form is None else "POST",
        "url": call.url,
        "content": None if call.form is None else urlencode(call.form()).encode(),
        "headers": headers,
        "timeout": _remaining_s(call),
        "follow_redirects": False,
        "auth": None,
    }


def _answer(call: Call, http: httpx.Client) -> Answer:
    begun = False
    try:
        with http.stream(**_request(call)) as response:
            begun = True
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                _bounded(body, call)
            return _whole(response, body)
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise _lost(error, begun) from error


async def _async_answer(call: Call, http: httpx.AsyncClient) -> Answer:
    begun = False
    try:
        async with asyncio.timeout(_remaining_s(call)), http.stream(**_request(call)) as response:
            begun = True
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                _bounded(body, call)
            return _whole(response, body)
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise _lost(error, begun) from error
    except TimeoutError as error:
        raise _late() from error


def _remaining_s(call: Call) -> float:
    remaining = call.deadline - time.monotonic()
    if remaining <= 0:
        raise _late()
    return remaining


def _bounded(body: bytearray, call: Call) -> None:
    if len(body) > MAX_ANSWER_BYTES:
        raise LostError("answer_malformed", "The authority's answer is too long.")
    _remaining_s(call)


def _whole(response: httpx.Response, body: bytearray) -> Answer:
    return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, bytes(body))


def _lost(error: Exception, begun: bool) -> LostError:
    """What the library says is left to the cause."""
    if isinstance(error, httpx.ConnectError):
        return LostError("network_error", "The authority cannot be reached.", unsent=True)
    if isinstance(error, httpx.TimeoutException):
        return _late()
    if begun:
        return LostError("answer_malformed", "The authority broke off its answer.")
    return LostError("network_error", "The connection to the authority was lost.")


def _late() -> LostError:
    return LostError("timeout", "The authority did not answer in time.")
