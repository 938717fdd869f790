"""How a client proves itself at the authority's endpoints."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from ._steps import Form
from .errors import misconfigured

_ALGORITHMS = frozenset({"ES256", "PS256", "RS256", "EdDSA", "Ed25519"})
_LIFETIME_S = 60


class ClientAuth(Protocol):
    """Gives the parameters that prove the client, anew for each request. None of them where a certificate does."""

    def __call__(self, client_id: str, issuer: str) -> Mapping[str, str]: ...


def private_key_jwt(sign: Callable[[bytes], bytes], *, algorithm: str = "ES256", key_id: str | None = None) -> ClientAuth:
    """Proves a client by its key (RFC 7523), of which only the signing is asked for: it may lie in a file, an agent or a device.

    `sign` gives the signature in the form of RFC 7518: for ES256 the 64 bytes of r and s, no DER.
    Raises ConfigurationError.
    """
    if algorithm not in _ALGORITHMS:
        raise misconfigured("this algorithm is not taken for client assertions")

    def parameters(client_id: str, issuer: str) -> Mapping[str, str]:
        now_s = int(time.time())
        header = {"alg": algorithm, "typ": "JWT"} | ({} if key_id is None else {"kid": key_id})
        lifetime = {"iat": now_s, "exp": now_s + _LIFETIME_S}
        claims = {"iss": client_id, "sub": client_id, "aud": issuer, "jti": secrets.token_urlsafe(24)} | lifetime
        signed = f"{_base64url(_json(header))}.{_base64url(_json(claims))}"
        return {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": f"{signed}.{_base64url(sign(signed.encode()))}",
        }

    return parameters


def client_parameters(client_id: str, issuer: str, auth: ClientAuth | None) -> Form:
    """`client_id`, and what proves it."""
    return (("client_id", client_id), *(() if auth is None else auth(client_id, issuer).items()))


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
