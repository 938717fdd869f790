"""Reads what the proxy refused, in each of its shapes, into this package's errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ._addresses import same_origin
from ._wire import json_object, retry_after_ms, text_of, texts_of, web_link
from .codes import error_from
from .errors import PosternError, Refusal, is_postern_error

_OURS = re.compile(r'(?:^|,)\s*postern\s*;[^,"]*?\bdetails="((?:[^"\\]|\\.)*)"')
_DETAILS = re.compile(r"^([a-z_]+)(?: rule=(\S+))? decision=(\S+)$")
_PROBLEM_TYPE = "urn:postern:"
_MAX_BYTES = 65_536
_MAX_ERRORS = 16
_MAX_DEPTH = 6

Members = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Seen:
    """An answer, as far as it can be looked at."""

    status: int | None
    headers: Mapping[str, str]
    """Names in lower case."""
    members: Members


def from_response(response: httpx.Response, *, authority_url: str | None = None) -> PosternError | None:
    """The error that a refusal of the proxy's stands for, in whichever form it stands; None for what the upstream itself answered.

    Name `authority_url` where links are shown to people: a link that leads anywhere else is then left out, since what comes through the
    proxy may be an upstream's answer in the form of ours. Slack's refusals have status 200; ask of every answer there. The body of a
    streamed answer is looked at only where it was read before.
    """
    try:
        body = response.content
    except httpx.ResponseNotRead:
        body = b""
    members = json_object(body) if len(body) <= _MAX_BYTES else None
    return _error_of(_Seen(response.status_code, _lower(response.headers), members or {}), authority_url)


def to_postern_error(error: BaseException, *, authority_url: str | None = None) -> PosternError | None:
    """The same for what a client library raised, or what caused it: those on httpx or requests, slack_sdk, PyGithub.

    None for whatever else went wrong.
    """
    at: BaseException | None = error
    for _ in range(_MAX_DEPTH):
        if at is None:
            return None
        if is_postern_error(at):
            return at
        found = _error_in(at, authority_url)
        if found is not None:
            found.__cause__ = error
            return found
        at = at.__cause__ or at.__context__
    return None


def refusal_of_connect(status: int, headers: Mapping[str, str]) -> PosternError | None:
    """Of a CONNECT that was refused, whose body no client shows; names of headers in lower case."""
    return _error_of(_Seen(status, headers, {}), None)


def _error_in(thrown: Any, authority_url: str | None) -> PosternError | None:
    response = getattr(thrown, "response", None)
    if isinstance(response, httpx.Response):
        return from_response(response, authority_url=authority_url)
    # slack_sdk: `response.data`; requests: `response.content`; PyGithub: `data` of the error itself.
    answer = thrown if response is None else response
    status = getattr(answer, "status_code", getattr(answer, "status", None))
    headers, data = getattr(answer, "headers", None), getattr(answer, "data", None)
    if not isinstance(data, Mapping):
        content = getattr(answer, "content", None)
        data = json_object(content) if isinstance(content, bytes) and len(content) <= _MAX_BYTES else None
    seen = _Seen(status if isinstance(status, int) else None, _lower(headers) if isinstance(headers, Mapping) else {}, data or {})
    return _error_of(seen, authority_url)


def _error_of(seen: _Seen, authority_url: str | None) -> PosternError | None:
    refusal = _in_body(seen, authority_url) or _in_proxy_status(seen)
    return None if refusal is None else error_from(refusal)


def _in_body(seen: _Seen, authority_url: str | None) -> Refusal | None:
    for place in _places(seen.members):
        code = text_of(place, "code")
        if code is None:
            continue
        decision, rule = text_of(place, "decision"), text_of(place, "rule")
        text = " ".join(part for name in ("title", "detail", "hint") if (part := text_of(place, name)) is not None)
        facts = ", ".join([code, *([] if rule is None else [f"by {rule}"]), *([] if decision is None else [decision])])
        return Refusal(
            code=code,
            message=f"{text or 'Refused by Postern.'} ({facts})",
            status=seen.status,
            decision=decision,
            retry_after_ms=retry_after_ms(seen.headers),
            layer=text_of(place, "layer"),
            rule=rule,
            link=_link_of(text_of(place, "link"), authority_url),
            missing_scopes=texts_of(place, "missing_scopes") or _needed(seen.members),
        )
    return None


def _places(members: Members) -> Iterator[Members]:
    """Where bodies carry ours: problem details (RFC 9457), the forms of GitHub and of Slack, of GraphQL, of JSON-RPC."""
    if (text_of(members, "type") or "").startswith(_PROBLEM_TYPE):
        yield members
    yield _inside(members, "postern")
    errors = members.get("errors")
    for error in errors[:_MAX_ERRORS] if isinstance(errors, list) else ():
        yield _inside(error, "extensions", "postern")
    yield _inside(members, "error", "data", "postern")


def _inside(members: object, *names: str) -> Members:
    for name in names:
        members = members.get(name) if isinstance(members, Mapping) else None
    return members if isinstance(members, Mapping) else {}


def _in_proxy_status(seen: _Seen) -> Refusal | None:
    """RFC 9209: `postern; error=http_request_denied; details="policy_denied rule=org/x decision=dec_1"`."""
    ours = _OURS.search(seen.headers.get("proxy-status", ""))
    details = None if ours is None else _DETAILS.match(re.sub(r"\\(.)", r"\1", ours[1]))
    if details is None:
        return None
    code, rule, decision = details.groups()
    facts = ", ".join([code, *([] if rule is None else [f"by {rule}"]), decision])
    return Refusal(code, f"Refused by Postern ({facts}).", seen.status, decision, retry_after_ms(seen.headers), rule=rule)


def _needed(members: Members) -> tuple[str, ...]:
    """As Slack's answers name them."""
    needed = text_of(members, "needed")
    return () if needed is None else tuple(needed.split(","))


def _link_of(link: str | None, authority_url: str | None) -> str | None:
    checked = web_link(link)
    return checked if checked is None or authority_url is None or same_origin(checked, authority_url) else None


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}
