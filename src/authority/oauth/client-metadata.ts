import { createPublicKey } from 'node:crypto'
import type { AdapterPayload, JWK } from 'oidc-provider'
import { clientIdOf } from './client-identity.ts'
import type { OauthAgent } from './oauth-dependencies.ts'
import { OWN_CLIENT_ID } from './own-client.ts'

/** RFC 8628. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** The part of a client's metadata (RFC 7591 section 2) that says how it proves itself. */
type Authentication = Pick<AdapterPayload,
  'token_endpoint_auth_method' | 'jwks' | 'tls_client_auth_san_uri' | 'tls_client_auth_subject_dn' | 'tls_client_certificate_bound_access_tokens'>

/**
 * An agent as an OAuth client. Pure.
 * @param certificates whether client certificates can be verified here
 * @param moreGrantTypes such as token exchange
 */
export function agentMetadata(agent: OauthAgent, certificates: boolean, moreGrantTypes: readonly string[]): AdapterPayload {
  const redirects = agent.redirectUris.length > 0
  return {
    ...common(agent.redirectUris),
    client_id: clientIdOf(agent.id),
    client_name: agent.name,
    response_types: redirects ? ['code'] : [],
    grant_types: [...(redirects ? ['authorization_code'] : []), 'refresh_token', DEVICE_GRANT, 'client_credentials', ...moreGrantTypes],
    ...authenticationOf(agent, certificates),
  }
}

/** Our own command line: a public client on the person's own machine. */
export function ownClientMetadata(): AdapterPayload {
  return {
    ...common(['http://127.0.0.1/callback', 'http://[::1]/callback']),
    client_id: OWN_CLIENT_ID,
    client_name: 'Postern command line',
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    token_endpoint_auth_method: 'none',
  }
}

/** The algorithm-free JWK of a public key in PEM. @throws Error where it is none */
export function jwkOf(publicKeyPem: string): JWK {
  return { ...createPublicKey(publicKeyPem).export({ format: 'jwk' }), use: 'sig' }
}

function common(redirectUris: readonly string[]): AdapterPayload {
  return {
    redirect_uris: redirectUris,
    response_modes: ['query'],
    authorization_details_types: ['postern'],
    // Only for native clients does the library let the port of a loopback address vary (RFC 8252 section 7.3).
    application_type: redirectUris.every(isNative) ? 'native' : 'web',
  }
}

/** Whether this agent has something to prove itself by, so that nothing less is taken from it. Pure. */
export function mustProveItself(agent: OauthAgent, certificates: boolean): boolean {
  return authenticationOf(agent, certificates).token_endpoint_auth_method !== 'none'
}

/** By the strongest of what the agent is registered with; nobody can fall back to less. */
function authenticationOf({ publicKeyPem, spiffeId, subject }: OauthAgent, certificates: boolean): Authentication {
  if (publicKeyPem !== undefined) return { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwkOf(publicKeyPem)] } }
  if (!certificates || (spiffeId === undefined && subject === undefined)) return { token_endpoint_auth_method: 'none' }
  return {
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_certificate_bound_access_tokens: true,
    ...(spiffeId !== undefined ? { tls_client_auth_san_uri: spiffeId } : { tls_client_auth_subject_dn: subject }),
  }
}

function isNative(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri)
  return protocol === 'http:' ? LOOPBACK_HOSTS.has(hostname) : !LOOPBACK_HOSTS.has(hostname)
}
