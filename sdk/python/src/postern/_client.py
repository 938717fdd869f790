"""Whose requests they are, and to which authority they go."""

from __future__ import annotations

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
"""A context, the path of a file with certificates, or their PEM text. They are trusted instead of the usual ones."""

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
    """Verifies certificates and names, always; by the machine's own roots where none are given.

    Raises ConfigurationError.
    """
    if isinstance(ca, ssl.SSLContext):
        if ca.verify_mode is not ssl.CERT_REQUIRED or not ca.check_hostname:
            raise misconfigured("the TLS context does not verify certificates")
        return ca
    try:
        if ca is None:
            return ssl.create_default_context()
        text = os.fspath(ca)
        return ssl.create_default_context(cadata=text) if _PEM in text else ssl.create_default_context(cafile=text)
    except (OSError, ValueError) as error:
        raise misconfigured("ca is no file with certificates, and no certificates") from error
