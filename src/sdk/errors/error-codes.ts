/** Codes of the proxy and the authority: those of `docs/errors.md`. */
export type PosternCode =
  | 'request_malformed' | 'request_ambiguous' | 'header_refused' | 'host_refused' | 'path_refused' | 'method_refused' | 'body_refused'
  | 'body_too_large' | 'headers_too_large' | 'uri_too_long' | 'request_timeout' | 'expectation_refused' | 'upgrade_refused'
  | 'authority_mismatch' | 'tunnel_not_intercepted'
  | 'identity_required' | 'token_invalid' | 'token_expired' | 'certificate_refused' | 'proof_mismatch' | 'delegation_required'
  | 'agent_unknown' | 'agent_revoked' | 'session_ended' | 'delegation_expired' | 'delegation_revoked' | 'client_credential_refused'
  | 'host_not_served' | 'integration_unknown' | 'operation_unknown'
  | 'policy_denied' | 'consent_required' | 'approval_required' | 'rate_limited'
  | 'connection_required' | 'connection_reauth_required' | 'authority_insufficient' | 'credential_refused' | 'release_refused'
  | 'credential_unavailable' | 'authority_unavailable'
  | 'address_refused' | 'upstream_unresolved' | 'upstream_unreachable' | 'upstream_tls_failed' | 'upstream_timeout' | 'upstream_broken'
  | 'upstream_session_unknown'
  | 'sign_in_required' | 'role_required' | 'cross_site_refused' | 'not_found' | 'input_refused' | 'media_type_refused' | 'state_conflict'
  | 'too_many_requests' | 'store_unavailable'
  | 'audit_unavailable' | 'policy_unavailable' | 'overloaded' | 'draining' | 'internal_error'

/** OAuth's own error names that the authority answers with: RFC 6749, 6750, 8628, 8693, 8707, 9396, 9449. */
export type OauthCode =
  | 'invalid_request' | 'invalid_client' | 'invalid_grant' | 'unauthorized_client' | 'unsupported_grant_type' | 'unsupported_response_type'
  | 'unsupported_token_type' | 'invalid_scope' | 'invalid_target' | 'invalid_authorization_details' | 'invalid_token' | 'invalid_dpop_proof'
  | 'insufficient_scope' | 'access_denied' | 'expired_token' | 'server_error' | 'temporarily_unavailable'

/** What this package itself finds: no answer, one that is none, a sign-in that led to nothing, or misuse. */
export type LocalCode = 'network_error' | 'timeout' | 'answer_malformed' | 'login_timeout' | 'login_answer_refused' | 'logged_out' | 'misconfigured' | 'store_failed'

/** Every code that this version knows. */
export type KnownCode = PosternCode | OauthCode | LocalCode

/** A known code, or one of a newer authority. */
export type ErrorCode = KnownCode | (string & {})
