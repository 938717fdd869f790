"""HTTP clients that take nothing from the environment: a proxy or a .netrc there would see or change what is sent."""

from __future__ import annotations

import httpx

from ._client import Trust, tls_context

VERSION = "0.1.0"
_HEADERS = {"user-agent": f"postern-python/{VERSION}"}


def http_client(ca: Trust | None) -> httpx.Client:
    """For the authority."""
    return httpx.Client(verify=tls_context(ca), trust_env=False, headers=_HEADERS)


def async_http_client(ca: Trust | None) -> httpx.AsyncClient:
    """For the authority."""
    return httpx.AsyncClient(verify=tls_context(ca), trust_env=False, headers=_HEADERS)
