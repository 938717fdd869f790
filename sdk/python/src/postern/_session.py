"""What a sign-in gives: tokens that renew themselves."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from ._client import Client
from ._single_flight import SingleFlight
from ._steps import Steps, run
from ._token_answer import now_ms, renewed_by
from ._wire import ask, oauth_error
from .errors import DelegationEndedError, Refusal, UnavailableError, misconfigured
from .session_store import SessionStore, StoredSession

# A token is renewed when less than this is left of it, or a fifth of its life where that is less.
_MARGIN_MS = 60_000
# With less than this left it is not handed out any more, even if it cannot be renewed now.
_LEAST_MS = 5_000
# Between renewals that could not be had.
_COOL_DOWN_S = 5.0
# With the pause after it less than the 20 seconds in which the authority gives whoever shows a used refresh token its successor again:
# later it is a replay, and ends the session.
_RENEWAL_S = 10.0


class Session:
    """One run of an agent for a person, with tokens that are renewed as they are needed; for any number of threads.

    Nothing of it prints a secret.
    """

    def __init__(self, tokens: StoredSession, client: Client, http: httpx.Client, store: SessionStore | None, *, taken_up: bool) -> None:
        """Made by `login()`, with tokens that are in the store already, if there is one; `taken_up`: they were there before."""
        self._tokens = tokens
        # What was kept may have been revoked meanwhile: it is renewed at once, which tells.
        self._margin_ms = math.inf if taken_up else _margin_ms(tokens)
        # After a renewal that could not be had, while the present token serves; of `time.monotonic()`.
        self._not_before = 0.0
        self._client = client
        self._http = http
        self._store = store
        self._renewals: SingleFlight[StoredSession] = SingleFlight()
        self._listeners: set[Callable[[], None]] = set()
        # The tokens are newer than what the store has: nobody gets them before it has them.
        self._unsaved = False
        self._end: DelegationEndedError | None = None
        self._ending = threading.Lock()

    @property
    def expires_at(self) -> datetime:
        """When the present token ends, by this machine's clock, in UTC."""
        return datetime.fromtimestamp(self._tokens.expires_at_ms / 1000, UTC)

    @property
    def scope(self) -> str:
        """What the person approved: `github:pulls:read slack:chat:write`."""
        return self._tokens.scope

    @property
    def authorization_details(self) -> tuple[Mapping[str, Any], ...]:
        """The same with targets, as the authority told it."""
        return self._tokens.authorization_details

    def access_token(self) -> str:
        """A delegation token that is good for a while yet, renewed first where it is near its end. Give this method itself to `require()`.

        Raises DelegationEndedError once the session is over (ask the person again, by `login()`), UnavailableError where it cannot be
        renewed now.
        """
        tokens = self._tokens
        if self._end is None and (self._unsaved or self._is_due()):
            tokens = self._renewals.run("", self._renewed)
        return self._given(tokens)

    def renew(self) -> str:
        """As `access_token`, but a new one in any case: once the person has approved more, which the present token does not say yet.

        Raises DelegationEndedError, UnavailableError.
        """
        tokens = self._tokens
        if self._end is None:
            # One that is under way may have been answered before the person said yes.
            self._renewals.settled("")
            before = tokens = self._tokens
            # Nor is it one that began meanwhile, and found nothing to renew.
            while tokens is before and self._end is None:
                tokens = self._renewals.run("", lambda: self._renewed(at_once=True))
        return self._given(tokens)

    def on_renewed(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Is told after each renewal, once the new tokens are kept. The function that is returned ends it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def logout(self) -> None:
        """Ends the session at the authority (RFC 7009), with its tokens and open streams, and forgets it here in any case.

        Raises UnavailableError where the authority could not be told: call it again.
        """
        with self._ending:
            self._end = DelegationEndedError(Refusal("logged_out", "The session was ended by logout()."))
            try:
                # A renewal that is under way would bring a token that nobody revokes.
                self._renewals.run("", lambda: self._tokens)
            except Exception:
                # Its callers are told; what is held now is what is to be revoked.
                pass
            try:
                run(self._revocation(self._tokens), self._http)
            finally:
                if self._store is not None:
                    self._store.clear()

    def close(self) -> None:
        """Closes the connections; the session itself goes on, and can be taken up again from its store."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _renewed(self, *, at_once: bool = False) -> StoredSession:
        if self._end is not None:
            raise self._end
        if self._unsaved:
            self._save()
        if not at_once and not self._is_due():
            return self._tokens
        try:
            self._refresh()
        except DelegationEndedError as error:
            self._over(error)
            raise
        except UnavailableError as error:
            # Not now is not never: the present token serves while it lasts.
            if at_once or error.code == "store_failed" or _left_ms(self._tokens) < _LEAST_MS:
                raise
            self._not_before = time.monotonic() + _COOL_DOWN_S
        return self._tokens

    def _given(self, tokens: StoredSession) -> str:
        if self._end is not None:
            raise self._end
        return tokens.access_token

    def _is_due(self) -> bool:
        """Near its end; and not tried in vain just now, unless there is nothing left to lose."""
        left_ms = _left_ms(self._tokens)
        return left_ms < _LEAST_MS or (left_ms < self._margin_ms and time.monotonic() >= self._not_before)

    def _refresh(self) -> None:
        fresh = run(self._renewal(self._tokens), self._http)
        # In this order: the old refresh token is used up, so that these are all there is, also where the store fails.
        self._unsaved = True
        self._margin_ms = _margin_ms(fresh)
        self._tokens = fresh
        self._save()
        for listener in tuple(self._listeners):
            listener()

    def _save(self) -> None:
        try:
            if self._store is not None:
                self._store.save(self._tokens)
        except Exception as error:
            raise UnavailableError(Refusal("store_failed", "The store could not keep the renewed session; it is tried again.")) from error
        self._unsaved = False

    def _over(self, error: DelegationEndedError) -> None:
        self._end = self._end or error
        try:
            if self._store is not None:
                self._store.clear()
        except Exception:
            # What is kept is worth nothing any more; if it stays, the next start finds that out.
            pass

    def _renewal(self, tokens: StoredSession) -> Steps[StoredSession]:
        if tokens.refresh_token is None:
            raise DelegationEndedError(Refusal("session_ended", "The token has ended, and the authority gave none to renew it with."))
        shown = ("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token)
        deadline = time.monotonic() + _RENEWAL_S
        metadata = yield from self._client.discovery.metadata(deadline)
        # Where the answer is lost, asking again gives the same successor: the authority keeps it for whoever shows the old one at once.
        answer = yield from ask(metadata.token_endpoint, lambda: self._client.form(*shown), deadline)
        if answer.status != 200:
            raise oauth_error(answer)
        return renewed_by(answer, tokens)

    def _revocation(self, tokens: StoredSession) -> Steps[None]:
        shown = ("token", tokens.refresh_token or tokens.access_token)
        deadline = time.monotonic() + _RENEWAL_S
        metadata = yield from self._client.discovery.metadata(deadline)
        if metadata.revocation_endpoint is None:
            raise misconfigured("the authority serves no revocation")
        answer = yield from ask(metadata.revocation_endpoint, lambda: self._client.form(shown), deadline)
        if answer.status != 200:
            raise oauth_error(answer)


def _left_ms(tokens: StoredSession) -> int:
    return tokens.expires_at_ms - now_ms()


def _margin_ms(tokens: StoredSession) -> int:
    return min(_MARGIN_MS, max(_LEAST_MS, _left_ms(tokens) // 5))
