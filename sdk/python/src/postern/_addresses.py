"""Which addresses a token may be sent to."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from ._wire import is_loopback
from .errors import misconfigured

_PORTS = {"https": 443, "http": 80}


def origin_checked(url: str, name: str, plain_http: bool) -> str:
    """An address that tokens are sent to, without a slash at its end: https, or http on this machine.

    Raises ConfigurationError.
    """
    parts = _parts(url, name)
    if parts.scheme not in _PORTS or parts.hostname is None or parts.username is not None or parts.query or parts.fragment:
        raise misconfigured(f"{name} has to be an http or https address, without a credential, query or fragment")
    if parts.scheme == "http" and not plain_http and not is_loopback(parts.hostname):
        raise misconfigured(f"{name} has to be https: tokens are sent there")
    return url.rstrip("/")


def same_origin(url: str, other: str) -> bool:
    """Whether scheme, host and port are the same."""
    return _origin(_parts(url, "an endpoint")) == _origin(_parts(other, "the issuer"))


def well_known(issuer: str) -> str:
    """Where the metadata of this issuer are (RFC 8414 section 3)."""
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.rstrip('/')}"


def _parts(url: str, name: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Read here, since a port out of range is told at the first look at it.
        parts.port  # noqa: B018
    except ValueError as error:
        raise misconfigured(f"{name} is no URL") from error
    return parts


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
