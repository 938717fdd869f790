import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { AgentId } from '../../model/ids.ts'
import { confirmationOf } from './sign-delegation-token.ts'
import type { SigningKey } from './sign-delegation-token.ts'

/** What a token of an agent that acts for itself says: who it is, and nothing of any person. */
export interface AgentTokenClaims {
  readonly issuer: string
  readonly audience: string
  readonly agent: AgentId
  readonly clientId: string
  /** Wall clock. */
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly certificateThumbprint?: string | undefined
  readonly dpopThumbprint?: string | undefined
}

/**
 * Signs the token of an agent that acts for itself: an `at+jwt` (RFC 9068) without `act`, `dlg` and `authorization_details`, so that no
 * reader can take it for a delegation. Both claims profiles read it alike.
 */
export function signAgentToken(claims: AgentTokenClaims, key: SigningKey): Promise<string> {
  if (claims.expiresAtMs <= claims.issuedAtMs) throw new TypeError('a token must end after it begins')
  return new SignJWT({ client_id: claims.clientId, ...confirmationOf(claims) })
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: 'at+jwt' })
    .setIssuer(claims.issuer)
    .setSubject(claims.agent)
    .setAudience(claims.audience)
    .setJti(randomUUID())
    .setIssuedAt(Math.floor(claims.issuedAtMs / 1000))
    .setExpirationTime(Math.floor(claims.expiresAtMs / 1000))
    .sign(key.privateKey)
}
