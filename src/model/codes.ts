/** How an answer names the failure to proxies and their clients (RFC 9209 section 2.3). */
type ProxyStatusError =
  | 'http_request_error'
  | 'http_request_denied'
  | 'destination_not_found'
  | 'destination_unavailable'
  | 'destination_ip_prohibited'
  | 'destination_ip_unroutable'
  | 'dns_error'
  | 'connection_refused'
  | 'connection_timeout'
  | 'http_response_incomplete'
  | 'http_response_timeout'
  | 'http_protocol_error'
  | 'tls_protocol_error'
  | 'tls_certificate_error'
  | 'proxy_internal_error'
  | 'proxy_configuration_error'

interface CodeFacts {
  /** `denial`: an expected refusal, a value. `fault`: something broke, an Error. */
  readonly kind: 'denial' | 'fault'
  readonly status: number
  /** What everybody may read. Nothing of the request, the policy or an upstream stands in it. */
  readonly title: string
  readonly proxyStatus: ProxyStatusError
}

const table = {
  // listener: the request itself
  request_malformed: { kind: 'denial', status: 400, title: 'The request is not well-formed HTTP.', proxyStatus: 'http_request_error' },
  request_ambiguous: { kind: 'denial', status: 400, title: 'The request can be read in more than one way.', proxyStatus: 'http_request_error' },
  header_refused: { kind: 'denial', status: 400, title: 'A request header is not accepted here.', proxyStatus: 'http_request_error' },
  host_refused: { kind: 'denial', status: 400, title: 'The host is not a plain DNS name.', proxyStatus: 'http_request_error' },
  path_refused: { kind: 'denial', status: 400, title: 'The path has a form that servers read in different ways.', proxyStatus: 'http_request_error' },
  method_refused: { kind: 'denial', status: 405, title: 'The method is not accepted here.', proxyStatus: 'http_request_error' },
  body_refused: { kind: 'denial', status: 400, title: 'The body cannot be judged: it is not what its content type says, or not unambiguous.', proxyStatus: 'http_request_error' },
  body_too_large: { kind: 'denial', status: 413, title: 'The body is larger than is accepted.', proxyStatus: 'http_request_error' },
  headers_too_large: { kind: 'denial', status: 431, title: 'The request headers are too large.', proxyStatus: 'http_request_error' },
  uri_too_long: { kind: 'denial', status: 414, title: 'The request target is too long.', proxyStatus: 'http_request_error' },
  request_timeout: { kind: 'denial', status: 408, title: 'The request did not arrive in time.', proxyStatus: 'http_request_error' },
  expectation_refused: { kind: 'denial', status: 417, title: 'Only the expectation 100-continue is supported.', proxyStatus: 'http_request_error' },
  upgrade_refused: { kind: 'denial', status: 501, title: 'Only an upgrade to WebSocket is supported, by GET and HTTP/1.1.', proxyStatus: 'http_request_denied' },
  authority_mismatch: { kind: 'denial', status: 421, title: 'The tunnel, the TLS server name and the Host of the request must name the same host.', proxyStatus: 'http_request_denied' },
  tunnel_not_intercepted: { kind: 'denial', status: 403, title: 'The tunnel carries something other than TLS or HTTP/1.1.', proxyStatus: 'http_request_denied' },
  // identify: which agent, for whom
  identity_required: { kind: 'denial', status: 401, title: 'The agent did not say who it is.', proxyStatus: 'http_request_denied' },
  token_invalid: { kind: 'denial', status: 401, title: 'The token is not valid here.', proxyStatus: 'http_request_denied' },
  token_expired: { kind: 'denial', status: 401, title: 'The token has expired.', proxyStatus: 'http_request_denied' },
  certificate_refused: { kind: 'denial', status: 403, title: 'The client certificate is not accepted here.', proxyStatus: 'http_request_denied' },
  proof_mismatch: { kind: 'denial', status: 403, title: 'The token belongs to another agent or another certificate.', proxyStatus: 'http_request_denied' },
  delegation_required: { kind: 'denial', status: 403, title: 'The agent did not show for whom it acts.', proxyStatus: 'http_request_denied' },
  agent_unknown: { kind: 'denial', status: 403, title: 'The agent is not registered.', proxyStatus: 'http_request_denied' },
  agent_revoked: { kind: 'denial', status: 403, title: 'The agent has been revoked.', proxyStatus: 'http_request_denied' },
  session_ended: { kind: 'denial', status: 403, title: 'The session has ended.', proxyStatus: 'http_request_denied' },
  delegation_expired: { kind: 'denial', status: 403, title: 'The delegation has expired.', proxyStatus: 'http_request_denied' },
  delegation_revoked: { kind: 'denial', status: 403, title: 'The delegation has been revoked.', proxyStatus: 'http_request_denied' },
  client_credential_refused: { kind: 'denial', status: 400, title: 'The request carries a credential of its own; Postern puts the credential on.', proxyStatus: 'http_request_denied' },
  // route: which integration, which operation
  host_not_served: { kind: 'denial', status: 403, title: 'No integration serves this host.', proxyStatus: 'http_request_denied' },
  integration_unknown: { kind: 'denial', status: 404, title: 'No integration has this name.', proxyStatus: 'destination_not_found' },
  operation_unknown: { kind: 'denial', status: 403, title: 'The request is no operation that is known, and no policy names its route.', proxyStatus: 'http_request_denied' },
  // decide: the three layers
  policy_denied: { kind: 'denial', status: 403, title: 'Policy does not allow this request.', proxyStatus: 'http_request_denied' },
  consent_required: { kind: 'denial', status: 403, title: 'The person has not consented to this request.', proxyStatus: 'http_request_denied' },
  approval_required: { kind: 'denial', status: 403, title: 'This request needs an approval.', proxyStatus: 'http_request_denied' },
  rate_limited: { kind: 'denial', status: 429, title: 'The agent is over its request limit.', proxyStatus: 'http_request_denied' },
  // credential
  connection_required: { kind: 'denial', status: 403, title: 'The integration is not connected.', proxyStatus: 'http_request_denied' },
  connection_reauth_required: { kind: 'denial', status: 403, title: 'The connection to the integration has to be renewed by a person.', proxyStatus: 'http_request_denied' },
  authority_insufficient: { kind: 'denial', status: 403, title: 'This integration acts by the organisation’s authority, which organisation policy does not lend here.', proxyStatus: 'http_request_denied' },
  credential_refused: { kind: 'denial', status: 403, title: 'The upstream does not grant a credential for this request.', proxyStatus: 'http_request_denied' },
  release_refused: { kind: 'denial', status: 403, title: 'Policy does not release this credential to the agent; it can be used through the proxy.', proxyStatus: 'http_request_denied' },
  credential_unavailable: { kind: 'fault', status: 503, title: 'No credential can be had at the moment.', proxyStatus: 'destination_unavailable' },
  authority_unavailable: { kind: 'fault', status: 503, title: 'The authority cannot be reached.', proxyStatus: 'proxy_internal_error' },
  // forward
  upstream_session_unknown: { kind: 'denial', status: 404, title: 'The upstream’s session is not known here, or is another’s.', proxyStatus: 'http_request_denied' },
  address_refused: { kind: 'denial', status: 403, title: 'The upstream has an address that is not permitted.', proxyStatus: 'destination_ip_prohibited' },
  upstream_unresolved: { kind: 'fault', status: 502, title: 'The upstream’s name cannot be resolved.', proxyStatus: 'dns_error' },
  upstream_unreachable: { kind: 'fault', status: 502, title: 'The upstream cannot be reached.', proxyStatus: 'destination_unavailable' },
  upstream_tls_failed: { kind: 'fault', status: 502, title: 'The upstream’s certificate is not trusted, or TLS failed.', proxyStatus: 'tls_certificate_error' },
  upstream_timeout: { kind: 'fault', status: 504, title: 'The upstream did not answer in time.', proxyStatus: 'http_response_timeout' },
  upstream_broken: { kind: 'fault', status: 502, title: 'The upstream broke off or answered with something other than HTTP.', proxyStatus: 'http_protocol_error' },
  // the admin API
  sign_in_required: { kind: 'denial', status: 401, title: 'Nobody is signed in, or the token is no good.', proxyStatus: 'http_request_denied' },
  role_required: { kind: 'denial', status: 403, title: 'This takes a role that you do not have.', proxyStatus: 'http_request_denied' },
  cross_site_refused: { kind: 'denial', status: 403, title: 'The request does not come from a page of Postern’s own.', proxyStatus: 'http_request_denied' },
  not_found: { kind: 'denial', status: 404, title: 'There is no such thing, or it is not yours to see.', proxyStatus: 'destination_not_found' },
  input_refused: { kind: 'denial', status: 400, title: 'A field is missing, not known, or not of the form that is accepted.', proxyStatus: 'http_request_error' },
  media_type_refused: { kind: 'denial', status: 415, title: 'The body is of a type that is not accepted here.', proxyStatus: 'http_request_error' },
  state_conflict: { kind: 'denial', status: 409, title: 'It is taken, has ended, or was changed meanwhile.', proxyStatus: 'http_request_denied' },
  too_many_requests: { kind: 'denial', status: 429, title: 'You ask more often than is answered.', proxyStatus: 'http_request_denied' },
  store_unavailable: { kind: 'fault', status: 503, title: 'The store cannot be used at the moment.', proxyStatus: 'proxy_internal_error' },
  // ours
  audit_unavailable: { kind: 'fault', status: 503, title: 'The call cannot be recorded, and is not made.', proxyStatus: 'proxy_internal_error' },
  policy_unavailable: { kind: 'fault', status: 503, title: 'No policy is loaded.', proxyStatus: 'proxy_configuration_error' },
  overloaded: { kind: 'denial', status: 503, title: 'Too many requests are under way.', proxyStatus: 'proxy_internal_error' },
  draining: { kind: 'denial', status: 503, title: 'The proxy is shutting down.', proxyStatus: 'proxy_internal_error' },
  internal_error: { kind: 'fault', status: 500, title: 'Something broke in Postern; the call was not made, or was cut off.', proxyStatus: 'proxy_internal_error' },
} as const satisfies Record<string, CodeFacts>

export type Code = keyof typeof table
export type DenialCode = { [C in Code]: (typeof table)[C]['kind'] extends 'denial' ? C : never }[Code]
export type FaultCode = { [C in Code]: (typeof table)[C]['kind'] extends 'fault' ? C : never }[Code]

/** Every code there is, with its status and its public text; `docs/errors.md` lists the same, held by a test. */
export const CODES: Readonly<Record<Code, CodeFacts>> = table
