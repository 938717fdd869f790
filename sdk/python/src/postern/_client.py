"""Whose requests they are, and to which authority they go."""

from __future__ import annotations

import functools
import os
import ssl
from dataclasses import dataclass, field
from typing import TypeAlias

from ._addresses import origin_checked
from ._client_auth import ClientAuth, client_parameters
from ._metadata import Discovery
from ._steps import Form
from .errors import misconfigured

Trust: TypeAlias = ssl.SSLContext | str | os.PathLike[str]
"""The path of a file with certificates, or their PEM text, trusted beside the machine's own; or a context, trusted alone."""

TIMEOUT_S = 30.0
MAX_TIMEOUT_S = 600.0
_PEM = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client of one authority."""

    issuer: str
    client_id: str
    timeout_s: float
    """For one request to the authority with its repetitions."""
    auth: ClientAuth | None = field(repr=False)
    discovery: Discovery = field(repr=False)

    def form(self, *parameters: tuple[str, str]) -> Form:
        """These parameters, and those that name and prove the client."""
        return (*client_parameters(self.client_id, self.issuer, self.auth), *parameters)


def client_of(authority_url: str, client_id: str, auth: ClientAuth | None, timeout_s: float, plain_http: bool) -> Client:
    """Checks what a program gave, before anything is sent. Raises ConfigurationError."""
    if not client_id:
        raise misconfigured("client_id is the agent's name at the authority")
    if not 0 < timeout_s <= MAX_TIMEOUT_S:
        raise misconfigured(f"timeout_s has to be above 0 and at most {MAX_TIMEOUT_S}")
    issuer = origin_checked(authority_url, "authority_url", plain_http)
    return Client(issuer, client_id, timeout_s, auth, Discovery(issuer))


def tls_context(ca: Trust | None) -> ssl.SSLContext:
    """Verifies certificates and names, always.

    Raises ConfigurationError.
    """
    if isinstance(ca, ssl.SSLContext):
        if ca.verify_mode is not ssl.CERT_REQUIRED or not ca.check_hostname:
            raise misconfigured("the TLS context does not verify certificates")
        return ca
    try:
        if ca is None:
            return _machines_own()
        text = os.fspath(ca)
        context = ssl.create_default_context()
        context.load_verify_locations(**({"cadata": text} if _PEM in text else {"cafile": text}))
        return context
    except (OSError, ValueError) as error:
        raise misconfigured("ca is no file with certificates, and no certificates") from error


@functools.cache
def _machines_own() -> ssl.SSLContext:
    """Read once: there are many roots."""
    return ssl.create_default_context()
