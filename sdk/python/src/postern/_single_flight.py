"""Identical calls that are under way at once share one; nothing outlives it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Across threads: the first caller makes the call, those that come meanwhile wait for its outcome."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[T | None]] = {}

    def run(self, key: Hashable, make: Callable[[], T]) -> T:
        """The outcome of one call, also where it is an error."""
        while True:
            with self._lock:
                shared = self._under_way.get(key)
                if shared is None:
                    own: Future[T | None] = Future()
                    self._under_way[key] = own
            if shared is None:
                return self._lead(key, own, make)
            result = shared.result()
            # None: the caller that made it was interrupted, which is no reason for the others to fail.
            if result is not None:
                return result

    def settled(self, key: Hashable) -> None:
        """Waits for the call that is under way, if one is, whatever comes of it."""
        with self._lock:
            shared = self._under_way.get(key)
        if shared is not None:
            wait((shared,))

    def _lead(self, key: Hashable, own: Future[T | None], make: Callable[[], T]) -> T:
        result: T | None = None
        failure: Exception | None = None
        try:
            result = make()
            return result
        except Exception as error:
            failure = error
            raise
        finally:
            # Forgotten first: who comes from here on gets a fresh one.
            with self._lock:
                del self._under_way[key]
            if failure is None:
                own.set_result(result)
            else:
                own.set_exception(failure)


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class AsyncSingleFlight(Generic[T]):
    """Across the tasks of one event loop. It is cancelled only when every caller was."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Flight[T]] = {}

    async def run(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The outcome of one call, also where it is an error."""
        flight = self._under_way.get(key)
        if flight is None:
            flight = _Flight(asyncio.ensure_future(_awaited(make)))
            self._under_way[key] = flight
            flight.task.add_done_callback(lambda task: self._landed(key, task))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                # Nobody may join what is being broken off.
                self._forget(key, flight.task)
                flight.task.cancel()

    def _landed(self, key: Hashable, task: asyncio.Task[T]) -> None:
        self._forget(key, task)
        if not task.cancelled():
            # Seen here, also where its last caller went away in the same moment.
            task.exception()

    def _forget(self, key: Hashable, task: asyncio.Task[T]) -> None:
        flight = self._under_way.get(key)
        if flight is not None and flight.task is task:
            del self._under_way[key]


async def _awaited(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
