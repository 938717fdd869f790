"""What agents in Python use of Postern: credentials by `require()`, sign-in by `login()`, and HTTP through the proxy."""

from ._async_postern import AsyncPostern, AsyncTokenSource
from ._client import Trust
from ._client_auth import ClientAuth, private_key_jwt
from ._login import login
from ._login_request import AccessRequest, DevicePrompt
from ._postern import Postern, TokenSource
from ._proxy_client import async_proxy_client, proxy_client
from ._refusals import from_response, to_postern_error
from ._session import Session
from .credential import Credential, Delivery
from .errors import (
    AgentRevokedError,
    ApprovalRequiredError,
    ConfigurationError,
    ConnectionReauthRequiredError,
    ConnectionRequiredError,
    ConsentRequiredError,
    CredentialRefusedError,
    DelegationEndedError,
    LoginFailedError,
    PolicyDeniedError,
    PosternError,
    RateLimitedError,
    RequestRefusedError,
    TokenExpiredError,
    TokenInvalidError,
    UnavailableError,
    is_postern_error,
)
from .session_store import FileStore, SessionStore, StoredSession

__all__ = [
    "AccessRequest",
    "AgentRevokedError",
    "ApprovalRequiredError",
    "AsyncPostern",
    "AsyncTokenSource",
    "ClientAuth",
    "ConfigurationError",
    "ConnectionReauthRequiredError",
    "ConnectionRequiredError",
    "ConsentRequiredError",
    "Credential",
    "CredentialRefusedError",
    "DelegationEndedError",
    "Delivery",
    "DevicePrompt",
    "FileStore",
    "LoginFailedError",
    "PolicyDeniedError",
    "Postern",
    "PosternError",
    "RateLimitedError",
    "RequestRefusedError",
    "Session",
    "SessionStore",
    "StoredSession",
    "TokenExpiredError",
    "TokenInvalidError",
    "TokenSource",
    "Trust",
    "UnavailableError",
    "async_proxy_client",
    "from_response",
    "is_postern_error",
    "login",
    "private_key_jwt",
    "proxy_client",
    "to_postern_error",
]
