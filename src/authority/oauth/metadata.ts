import { CLIENT_ALGORITHMS, clientMethods, PROOF_ALGORITHMS } from './algorithms.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'

export interface MetadataParts extends Pick<OauthDependencies, 'issuer' | 'clientCertificates' | 'metadataHosts'> {
  readonly grantTypes: readonly string[]
}

/** The authorization server's metadata (RFC 8414): what is enabled here, and nothing else. Pure. */
export function authorizationServerMetadata(parts: MetadataParts): Readonly<Record<string, unknown>> {
  const { issuer, clientCertificates, metadataHosts, grantTypes } = parts
  const methods = clientMethods(clientCertificates)
  const algorithms = [...CLIENT_ALGORITHMS]
  return {
    issuer,
    authorization_endpoint: `${issuer}${ENDPOINTS.authorization}`,
    token_endpoint: `${issuer}${ENDPOINTS.token}`,
    pushed_authorization_request_endpoint: `${issuer}${ENDPOINTS.pushedAuthorization}`,
    device_authorization_endpoint: `${issuer}${ENDPOINTS.deviceAuthorization}`,
    introspection_endpoint: `${issuer}${ENDPOINTS.introspection}`,
    revocation_endpoint: `${issuer}${ENDPOINTS.revocation}`,
    jwks_uri: `${issuer}${ENDPOINTS.jwks}`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: algorithms,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
    authorization_response_iss_parameter_supported: true,
    authorization_details_types_supported: ['postern'],
    dpop_signing_alg_values_supported: [...PROOF_ALGORITHMS],
    tls_client_certificate_bound_access_tokens: clientCertificates,
    client_id_metadata_document_supported: metadataHosts.length > 0,
    require_pushed_authorization_requests: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
}
