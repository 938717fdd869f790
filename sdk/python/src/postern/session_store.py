"""Where a program keeps its session from run to run."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .errors import misconfigured


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What a session is kept as. All of it is secret: who has it can act as the agent for the person.

    It shows no secret when it is printed.
    """

    issuer: str
    client_id: str
    asked: str
    """What was asked for; another request does not take up this session."""
    access_token: str = field(repr=False)
    expires_at_ms: int
    """Of the access token, since 1970."""
    refresh_token: str | None = field(repr=False)
    """Good once; None where the authority gave none."""
    scope: str
    authorization_details: tuple[Mapping[str, Any], ...]

    def to_json(self) -> str:
        """For a store; holds the secrets."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> StoredSession:
        """Raises ConfigurationError where it is not what `to_json` wrote."""
        try:
            members = json.loads(text)
            session = cls(**{**members, "authorization_details": tuple(members["authorization_details"])})
        except (ValueError, KeyError, TypeError, RecursionError):
            # Without what was read: it may be half a secret.
            raise misconfigured("what the store holds is no session") from None
        texts = (session.issuer, session.client_id, session.asked, session.access_token, session.scope, session.refresh_token or "")
        if not all(isinstance(text, str) for text in texts) or not isinstance(session.expires_at_ms, int):
            raise misconfigured("what the store holds is no session")
        return session


class SessionStore(Protocol):
    """A file that only the program can read, or a secret store. One program at a time uses what is in it: refresh tokens are good once."""

    def load(self) -> StoredSession | None:
        """None where none is kept."""

    def save(self, session: StoredSession) -> None:
        """Replaces what is kept; returns once it is safe, since the old tokens are then worth nothing."""

    def clear(self) -> None:
        """Forgets what is kept."""


class FileStore:
    """Keeps a session in a file that nobody else may read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> StoredSession | None:
        """Raises ConfigurationError where others can read the file, or it is none of ours."""
        try:
            with self._path.open(encoding="utf-8") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                    raise misconfigured("the session's file can be read by others: take that right away (chmod 600)")
                return StoredSession.from_json(file.read())
        except FileNotFoundError:
            return None

    def save(self, session: StoredSession) -> None:
        """Whole or not at all, and on disk when it returns."""
        fresh = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(session.to_json())
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self._path)
        finally:
            fresh.unlink(missing_ok=True)
        self._sync_directory()

    def clear(self) -> None:
        """Without an error where there is none."""
        self._path.unlink(missing_ok=True)

    def _sync_directory(self) -> None:
        """Without it the new name may be lost with the power, and the old refresh token is used up."""
        if os.name != "posix":
            return
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
