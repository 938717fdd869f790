import { createPublicKey, type X509Certificate } from 'node:crypto'
import { jwtVerify } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { CLIENT_ALGORITHMS } from '../oauth/algorithms.ts'
import { MAX_ASSERTION_S } from '../oauth/assertion-lifetime.ts'
import { agentOfClient } from '../oauth/client-identity.ts'
import type { OauthAgent, OauthAgents } from '../oauth/oauth-dependencies.ts'
import { certificateMatches } from '../oauth/sender-certificate.ts'
import { OWN_CLIENT_ID } from '../oauth/own-client.ts'

export interface ClientAuthenticationDependencies {
  readonly issuer: string
  readonly agents: OauthAgents
  /** Whether client certificates are verified on our own TLS socket. */
  readonly clientCertificates: boolean
  readonly shortLived: ShortLived
  readonly clock: Clock
}

/** What a client shows of itself. */
export interface ShownClient {
  readonly form: URLSearchParams
  /** Below the issuer. */
  readonly endpoint: string
  /** Verified on our own socket. */
  readonly certificate: X509Certificate | undefined
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const CLOCK_TOLERANCE_S = 60

/**
 * Which client asks: one that has a key proves that it has it (RFC 7523), one that has a certificate shows it (RFC 8705), a public one only names
 * itself, and shows with the token itself that it has that.
 * @returns the client's id; undefined for `invalid_client`
 */
export async function authenticatedClient({ form, endpoint, certificate }: ShownClient, deps: ClientAuthenticationDependencies): Promise<string | undefined> {
  const clientId = form.get('client_id') ?? subjectOf(form.get('client_assertion'))
  if (clientId === undefined || form.has('client_secret')) return undefined
  if (clientId === OWN_CLIENT_ID) return form.has('client_assertion') ? undefined : clientId
  const agent = agentOfClient(clientId, deps.agents)
  if (agent === undefined) return undefined
  if (agent.publicKeyPem === undefined) return !form.has('client_assertion') && mayNameItself(agent, certificate, deps) ? clientId : undefined
  const assertion = form.get('client_assertion')
  if (assertion === null || form.get('client_assertion_type') !== ASSERTION_TYPE) return undefined
  return await isGood(assertion, clientId, agent.publicKeyPem, endpoint, deps) ? clientId : undefined
}

/** The same rule as at the token endpoint: who has a certificate shows it, where it can be verified. */
function mayNameItself({ spiffeId, subject }: OauthAgent, certificate: X509Certificate | undefined, { clientCertificates }: ClientAuthenticationDependencies): boolean {
  if (!clientCertificates || (spiffeId === undefined && subject === undefined)) return true
  if (certificate === undefined) return false
  return (spiffeId !== undefined && certificateMatches(certificate, 'tls_client_auth_san_uri', spiffeId))
    || (subject !== undefined && certificateMatches(certificate, 'tls_client_auth_subject_dn', subject))
}

async function isGood(assertion: string, clientId: string, pem: string, endpoint: string, { issuer, shortLived, clock }: ClientAuthenticationDependencies): Promise<boolean> {
  const verified = await jwtVerify(assertion, createPublicKey(pem), {
    issuer: clientId, subject: clientId, audience: [issuer, `${issuer}${endpoint}`], algorithms: [...CLIENT_ALGORITHMS],
    requiredClaims: ['exp', 'jti'], clockTolerance: CLOCK_TOLERANCE_S, currentDate: new Date(clock.nowMs()),
  }).catch(() => undefined)
  const { jti, exp } = verified?.payload ?? {}
  if (typeof jti !== 'string' || jti.length > 256 || exp === undefined) return false
  if (exp > clock.nowMs() / 1000 + MAX_ASSERTION_S) return false
  // Used once: it would otherwise be as good as a password until it ends.
  const id = `assertion ${clientId} ${jti}`
  return shortLived.putNew({ kind: 'dpop_jti', id, payload: {}, expiresAtMs: (exp + CLOCK_TOLERANCE_S) * 1000 })
}

/** The assertion's own word only says whose key to try. */
function subjectOf(assertion: string | null): string | undefined {
  const [, body] = assertion?.split('.') ?? []
  if (body === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null && 'sub' in claims && typeof claims.sub === 'string' ? claims.sub : undefined
  } catch {
    return undefined
  }
}
