"""What a token answer says (RFC 6749 section 5.1)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ._steps import Answer
from ._wire import document, is_token, malformed, seconds_of, text_of
from .session_store import StoredSession

# Where the authority does not say.
_USUAL_LIFE_S = 300


def session_of(answer: Answer, *, issuer: str, client_id: str, asked: str, known: StoredSession | None = None) -> StoredSession:
    """The session that an answer begins, or (`known`) goes on with.

    Raises UnavailableError (`answer_malformed`).
    """
    members = document(answer)
    token = text_of(members, "access_token")
    if token is None or not is_token(token) or (text_of(members, "token_type") or "").lower() != "bearer":
        raise malformed("The authority's answer lacks a token, or is of a type that is not known.", answer.status)
    return StoredSession(
        issuer=issuer,
        client_id=client_id,
        asked=asked,
        access_token=token,
        expires_at_ms=now_ms() + (seconds_of(members, "expires_in") or _USUAL_LIFE_S) * 1000,
        refresh_token=text_of(members, "refresh_token") or (None if known is None else known.refresh_token),
        scope=text_of(members, "scope") or "",
        authorization_details=_details(members),
    )


def renewed_by(answer: Answer, known: StoredSession) -> StoredSession:
    """The same session with what its renewal gave. Raises UnavailableError (`answer_malformed`)."""
    return session_of(answer, issuer=known.issuer, client_id=known.client_id, asked=known.asked, known=known)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _details(members: Mapping[str, object]) -> tuple[Mapping[str, Any], ...]:
    details = members.get("authorization_details")
    return tuple(one for one in details if isinstance(one, dict)) if isinstance(details, list) else ()
