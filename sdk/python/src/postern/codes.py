"""Which code has which class: the one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
    Refusal,
    RequestRefusedError,
    TokenExpiredError,
    TokenInvalidError,
    UnavailableError,
)

_CLASSES: dict[str, type[PosternError]] = {
    # what a person can mend
    "consent_required": ConsentRequiredError,
    "insufficient_scope": ConsentRequiredError,
    "connection_required": ConnectionRequiredError,
    "connection_reauth_required": ConnectionReauthRequiredError,
    "approval_required": ApprovalRequiredError,
    # what policy does not let through
    "policy_denied": PolicyDeniedError,
    "operation_unknown": PolicyDeniedError,
    "host_not_served": PolicyDeniedError,
    "authority_insufficient": PolicyDeniedError,
    "release_refused": PolicyDeniedError,
    # what is over
    "agent_revoked": AgentRevokedError,
    "session_ended": DelegationEndedError,
    "delegation_expired": DelegationEndedError,
    "delegation_revoked": DelegationEndedError,
    "invalid_grant": DelegationEndedError,
    "logged_out": DelegationEndedError,
    # the token
    "identity_required": TokenInvalidError,
    "token_invalid": TokenInvalidError,
    "certificate_refused": TokenInvalidError,
    "proof_mismatch": TokenInvalidError,
    "delegation_required": TokenInvalidError,
    "sign_in_required": TokenInvalidError,
    "invalid_token": TokenInvalidError,
    "invalid_dpop_proof": TokenInvalidError,
    "token_expired": TokenExpiredError,
    # what passes by itself
    "rate_limited": RateLimitedError,
    "too_many_requests": RateLimitedError,
    "request_timeout": UnavailableError,
    "credential_unavailable": UnavailableError,
    "authority_unavailable": UnavailableError,
    "upstream_unresolved": UnavailableError,
    "upstream_unreachable": UnavailableError,
    "upstream_tls_failed": UnavailableError,
    "upstream_timeout": UnavailableError,
    "upstream_broken": UnavailableError,
    "store_unavailable": UnavailableError,
    "audit_unavailable": UnavailableError,
    "policy_unavailable": UnavailableError,
    "overloaded": UnavailableError,
    "draining": UnavailableError,
    "internal_error": UnavailableError,
    "server_error": UnavailableError,
    "temporarily_unavailable": UnavailableError,
    "network_error": UnavailableError,
    "timeout": UnavailableError,
    "answer_malformed": UnavailableError,
    "store_failed": UnavailableError,
    # the request
    "request_malformed": RequestRefusedError,
    "request_ambiguous": RequestRefusedError,
    "header_refused": RequestRefusedError,
    "host_refused": RequestRefusedError,
    "path_refused": RequestRefusedError,
    "method_refused": RequestRefusedError,
    "body_refused": RequestRefusedError,
    "body_too_large": RequestRefusedError,
    "headers_too_large": RequestRefusedError,
    "uri_too_long": RequestRefusedError,
    "expectation_refused": RequestRefusedError,
    "upgrade_refused": RequestRefusedError,
    "authority_mismatch": RequestRefusedError,
    "tunnel_not_intercepted": RequestRefusedError,
    "client_credential_refused": RequestRefusedError,
    "upstream_session_unknown": RequestRefusedError,
    "address_refused": RequestRefusedError,
    "role_required": RequestRefusedError,
    "cross_site_refused": RequestRefusedError,
    "not_found": RequestRefusedError,
    "input_refused": RequestRefusedError,
    "media_type_refused": RequestRefusedError,
    "state_conflict": RequestRefusedError,
    "invalid_request": RequestRefusedError,
    "invalid_scope": RequestRefusedError,
    "invalid_authorization_details": RequestRefusedError,
    "unsupported_token_type": RequestRefusedError,
    # the upstream's no to our app
    "credential_refused": CredentialRefusedError,
    # the sign-in
    "access_denied": LoginFailedError,
    "expired_token": LoginFailedError,
    "login_timeout": LoginFailedError,
    "login_answer_refused": LoginFailedError,
    # the program
    "agent_unknown": ConfigurationError,
    "integration_unknown": ConfigurationError,
    "invalid_client": ConfigurationError,
    "invalid_target": ConfigurationError,
    "unauthorized_client": ConfigurationError,
    "unsupported_grant_type": ConfigurationError,
    "unsupported_response_type": ConfigurationError,
    "misconfigured": ConfigurationError,
}

ERROR_CLASSES: Mapping[str, type[PosternError]] = MappingProxyType(_CLASSES)
"""The class of each known code."""


def error_from(refusal: Refusal) -> PosternError:
    """The error of a refusal, of the class that its code has; of one by its status where the code is not known."""
    known = ERROR_CLASSES.get(refusal.code)
    if known is not None:
        return known(refusal)
    return UnavailableError(refusal) if (refusal.status or 0) >= 500 else PosternError(refusal)
