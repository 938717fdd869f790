"""What can go wrong, one class for each thing that a program does about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeGuard

MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal told, in one form for whatever told it: the token endpoint, the proxy, or the way there."""

    code: str
    message: str
    """For people; names no secret, header, body or query value."""
    status: int | None = None
    """HTTP status of the answer; None where there was none."""
    decision: str | None = None
    retry_after_ms: int | None = None
    layer: str | None = None
    rule: str | None = None
    link: str | None = None
    """The one page that mends it: consent, connection or approval."""
    missing_scopes: tuple[str, ...] = field(default=())


class PosternError(Exception):
    """What every error of this package is: a code that never changes its meaning, and what to do about it."""

    _postern_error = True

    code: str
    """One of the product's error list, of OAuth, or of this package; another where the authority is newer than this package."""
    status: int | None
    """HTTP status of the answer; None where there was none."""
    docs: str
    """Where this class is described, in the package's own README."""
    decision: str | None
    """`dec_…`: the audit record of the same decision has the whole reason."""
    retry_after_ms: int | None
    """After how many milliseconds it is worth to try again; None where waiting does not help or nobody knows."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.code = refusal.code
        self.status = refusal.status
        self.docs = f"README.md#{type(self).__name__.lower()}"
        self.decision = refusal.decision
        self.retry_after_ms = refusal.retry_after_ms
        self._message = printable(refusal.message)

    def __str__(self) -> str:
        return self._message

    def __repr__(self) -> str:
        return f"{type(self).__name__}(code={self.code!r}, message={self._message!r})"


class ConsentRequiredError(PosternError):
    """The person has not approved this: show them the link, and ask again once they have."""

    consent_url: str | None
    """A page that asks the person for just what is missing and widens the running delegation; None where the answer named none."""
    missing_scopes: tuple[str, ...]
    """What is missing, in the integration's words: `issues:write`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.consent_url = refusal.link
        self.missing_scopes = refusal.missing_scopes


class ConnectionRequiredError(PosternError):
    """The person's account at the integration is not connected: show them the link, and ask again once it is."""

    connect_url: str | None
    """The page where the person connects their account; None where the answer named none."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.connect_url = refusal.link


class ConnectionReauthRequiredError(ConnectionRequiredError):
    """The account was connected, and its authorisation died: the person has to connect it again."""


class ApprovalRequiredError(PosternError):
    """A rule wants somebody's approval for this very call: show them the link, then send the call again as it was."""

    approval_url: str | None
    """The page where the waiting call is approved; None where the answer named none."""
    layer: str | None
    rule: str | None
    """`pr-reviewer/review`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.approval_url = refusal.link
        self.layer = refusal.layer
        self.rule = refusal.rule


class PolicyDeniedError(PosternError):
    """Policy does not let it through; asking the person again does not help."""

    layer: str | None
    """`org_policy` or `agent_permissions`; None where no one layer decided."""
    rule: str | None
    """`org/production-is-read-only`; None where no rule matched."""
    reason: str
    """The rule's own `because`, or the public text of the code."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.layer = refusal.layer
        self.rule = refusal.rule
        self.reason = self._message


class AgentRevokedError(PosternError):
    """The agent was revoked, for good: nothing that it asks is answered any more."""


class DelegationEndedError(PosternError):
    """The person's approval or this run has ended, by time or by will: begin a new one with `login()`."""


class TokenInvalidError(PosternError):
    """The token is not good here: another authority's, another agent's, bound to another key, or none at all."""


class TokenExpiredError(TokenInvalidError):
    """The token is past its end: get a fresh one and ask again."""


class RateLimitedError(PosternError):
    """Over a limit, of a rule or of the authority: wait for `retry_after_ms`."""


class UnavailableError(PosternError):
    """Nothing was decided: no network, no answer in time, or something broke there. Trying again later may help."""


class RequestRefusedError(PosternError):
    """The request itself is refused, whoever sends it: its form, its size, its scope or its path."""


class CredentialRefusedError(PosternError):
    """The upstream does not grant our app what the call needs: an operator has to extend its permissions there."""


class LoginFailedError(PosternError):
    """The sign-in led to nothing: the person said no, it took too long, or the answer was not for us."""


class ConfigurationError(PosternError):
    """The program or its configuration is wrong: an option, the client's registration, an integration that there is not."""


def is_postern_error(value: object, code: str | None = None) -> TypeGuard[PosternError]:
    """Whether a value is an error of this package, also of another copy of it, and of this code where one is given."""
    if not isinstance(value, Exception) or getattr(value, "_postern_error", False) is not True:
        return False
    return code is None or getattr(value, "code", None) == code


def misconfigured(message: str) -> ConfigurationError:
    """The error of an option that cannot be right."""
    return ConfigurationError(Refusal("misconfigured", message))


def printable(text: str) -> str:
    """What a terminal or a log can show without being told what to do by it; bounded."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_TEXT])
