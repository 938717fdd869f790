import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { CryptoKey } from 'jose'
import type { AgentId, DelegationId, PersonId, SessionId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'

/** The key that signs, and the name under which its public half is published. */
export interface SigningKey {
  readonly kid: string
  readonly algorithm: 'ES256' | 'EdDSA' | 'RS256'
  readonly privateKey: CryptoKey
}

/** Everything that a delegation token says (design 6.1). */
export interface DelegationTokenClaims {
  readonly issuer: string
  readonly audience: string
  /** Which of `sub` and `act.sub` is the agent; written into the token as `postern_profile`. */
  readonly profile: 'postern' | 'rfc8693'
  readonly agent: AgentId
  readonly person: PersonId
  readonly personName?: string | undefined
  readonly clientId: string
  readonly delegation: DelegationId
  readonly session: SessionId | undefined
  readonly consent: readonly ConsentDetail[]
  /** Wall clock. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  /** Binds the token to a client certificate: base64url SHA-256 of its DER (RFC 8705). */
  readonly certificateThumbprint?: string | undefined
  /** Binds the token to a DPoP key: its RFC 7638 thumbprint (RFC 9449). */
  readonly dpopThumbprint?: string | undefined
}

/**
 * Signs a delegation token: an `at+jwt` (RFC 9068) with `authorization_details` (RFC 9396).
 * Times are cut to whole seconds.
 */
export function signDelegationToken(claims: DelegationTokenClaims, key: SigningKey): Promise<string> {
  if (claims.expiresAtMs <= claims.issuedAtMs) throw new TypeError('a token must end after it begins')
  return new SignJWT(payloadOf(claims))
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'at+jwt' })
    .setIssuer(claims.issuer)
    .setAudience(claims.audience)
    .setJti(randomUUID())
    .setIssuedAt(Math.floor(claims.issuedAtMs / 1000))
    .setExpirationTime(Math.floor(claims.expiresAtMs / 1000))
    .sign(key.privateKey)
}

function payloadOf(claims: DelegationTokenClaims): Record<string, unknown> {
  const { consent, session } = claims
  return {
    ...partiesOf(claims),
    postern_profile: claims.profile,
    client_id: claims.clientId,
    dlg: claims.delegation,
    ...(session === undefined ? {} : { sid: session }),
    scope: scopeText(consent),
    authorization_details: authorizationDetails(consent),
    ...confirmationOf(claims),
  }
}

function partiesOf({ profile, agent, person, personName }: DelegationTokenClaims): Record<string, unknown> {
  const name = personName === undefined ? {} : { name: personName }
  switch (profile) {
    case 'postern': return { sub: agent, act: { sub: person, ...name } }
    case 'rfc8693': return { sub: person, ...name, act: { sub: agent } }
  }
}

/** The `scope` of what was approved: `github:pulls:read slack:chat:write`, each once. Pure. */
export function scopeText(consent: readonly ConsentDetail[]): string {
  return [...new Set(consent.flatMap(({ integration, scopes }) => scopes.map((scope) => `${integration}:${scope}`)))].join(' ')
}

/** One member of `authorization_details` as it stands in tokens and answers. */
export interface PosternDetail {
  [member: string]: unknown
  type: 'postern'
  integration: string
  scopes: readonly string[]
  targets: readonly string[]
}

/** The same as RFC 9396 `authorization_details`: just what was approved, nothing of how it is carried out. Pure. */
export function authorizationDetails(consent: readonly ConsentDetail[]): PosternDetail[] {
  return consent.map(({ integration, scopes, targets }) => ({ type: 'postern', integration, scopes, targets }))
}

/** `cnf` (RFC 7800): who can use the token at all. Pure. */
export function confirmationOf(
  { certificateThumbprint, dpopThumbprint }: Pick<DelegationTokenClaims, 'certificateThumbprint' | 'dpopThumbprint'>,
): Record<string, unknown> {
  if (certificateThumbprint === undefined && dpopThumbprint === undefined) return {}
  return {
    cnf: {
      ...(certificateThumbprint === undefined ? {} : { 'x5t#S256': certificateThumbprint }),
      ...(dpopThumbprint === undefined ? {} : { jkt: dpopThumbprint }),
    },
  }
}
