"""What the authority's answers say, and what it means that none came."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ._steps import Answer, Call, Form, LostError, Steps, pause, send
from .codes import error_from
from .errors import PosternError, Refusal, UnavailableError

MAX_ATTEMPTS = 3
_PAUSE_S = 0.1
_LOOPBACK = re.compile(r"^127(\.[0-9]{1,3}){3}$")
_LINKS = ("consent_url", "connect_url", "approval_url")


def ask(url: str, form: Callable[[], Form] | None, deadline: float, *, once: bool = False) -> Steps[Answer]:
    """A call to the authority, sent again where the answer was lost, or where it says when to come back.

    `once`: for a code, which ends what it gave where it is shown twice: sent again only where it surely was not sent.
    Raises UnavailableError.
    """
    attempt = 1
    while True:
        wait_s = _PAUSE_S * 2**attempt * random.uniform(0.5, 1)
        try:
            answer = yield from send(Call(url, form, deadline))
        except LostError as lost:
            repeatable = lost.unsent or (not once and lost.code == "network_error")
            if not repeatable or attempt == MAX_ATTEMPTS or time.monotonic() + wait_s >= deadline:
                raise UnavailableError(Refusal(lost.code, str(lost))) from lost
        else:
            told_ms = retry_after_ms(answer.headers)
            if once or answer.status != 503 or told_ms is None or attempt == MAX_ATTEMPTS:
                return answer
            wait_s = max(_PAUSE_S, told_ms / 1000)
            if time.monotonic() + wait_s >= deadline:
                return answer
        attempt += 1
        yield from pause(wait_s)


def document(answer: Answer) -> Mapping[str, object]:
    """The members of a JSON object.

    Raises UnavailableError (`answer_malformed`) where it is none.
    """
    members = json_object(answer.body)
    if members is None:
        raise malformed("The authority's answer is no JSON object.", answer.status)
    return members


def json_object(body: bytes) -> Mapping[str, object] | None:
    """None where it is no JSON object."""
    try:
        members: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def oauth_error(answer: Answer) -> PosternError:
    """The error that an answer of an OAuth endpoint tells (RFC 6749 section 5.2, with what Postern adds)."""
    members = json_object(answer.body) or {}
    # Postern's own code is the more exact one.
    code = text_of(members, "code") or text_of(members, "error") or _code_of_status(answer.status)
    description = text_of(members, "error_description") or f"The authority answers {answer.status}."
    return error_from(
        Refusal(
            code=code,
            message=f"{description} ({code})",
            status=answer.status,
            retry_after_ms=retry_after_ms(answer.headers),
            layer=text_of(members, "layer"),
            rule=text_of(members, "rule"),
            link=next((link for name in _LINKS if (link := web_link(text_of(members, name))) is not None), None),
            missing_scopes=texts_of(members, "missing_scopes"),
        )
    )


def malformed(message: str, status: int | None = None) -> UnavailableError:
    """The error of an answer that is none."""
    return UnavailableError(Refusal("answer_malformed", message, status=status))


def text_of(members: Mapping[str, object], name: str) -> str | None:
    """None where it is absent, empty or no text."""
    value = members.get(name)
    return value if isinstance(value, str) and value != "" else None


def texts_of(members: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The texts of a list; none of anything else."""
    value = members.get(name)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def seconds_of(members: Mapping[str, object], name: str) -> int | None:
    """None where it is absent or no number of seconds."""
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**31:
        return None
    return int(value)


def web_link(url: str | None) -> str | None:
    """A link that a person can be shown: https, or http on this machine, in plain characters."""
    if url is None or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        # Read here, since a port out of range is told at the first look at it.
        parts.port  # noqa: B018
        secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        return url if secure and parts.hostname is not None and parts.username is None else None
    except ValueError:
        return None


def is_loopback(host: str | None) -> bool:
    """This machine, by any of its usual names."""
    return host in ("localhost", "::1") or (host is not None and _LOOPBACK.match(host) is not None)


def is_token(text: str) -> bool:
    """Whether it can stand in a header."""
    return text != "" and text.isascii() and text.isprintable() and " " not in text


def retry_after_ms(headers: Mapping[str, str]) -> int | None:
    """How long an answer asks to wait (RFC 9110 section 10.2.3); None where it does not, or not readably."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return int(value) * 1000 if len(value) <= 9 else None
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    now = datetime.now(UTC) if at.tzinfo is not None else datetime.now(UTC).replace(tzinfo=None)
    return max(0, round((at - now).total_seconds() * 1000))


def _code_of_status(status: int) -> str:
    """For an answer that is not OAuth's: of a load balancer, or of an authority that is starting."""
    if status == 429:
        return "too_many_requests"
    return "temporarily_unavailable" if status >= 500 else "answer_malformed"
