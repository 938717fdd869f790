import * as oidc from 'openid-client'
import { Fault } from '../../model/denial.ts'

/** How a sign-in failed that the identity provider is to blame for. */
export type ProviderTrouble =
  /** It cannot be reached, or is broken itself. */
  | { readonly kind: 'down' }
  /** It answered with an error of OAuth's, such as `access_denied`. */
  | { readonly kind: 'declined'; readonly word: string }
  /** Its answer is not what was asked for: another issuer or nonce, a bad signature, an expired token. */
  | { readonly kind: 'unverified'; readonly code: string }

/** @returns undefined for what is no fault of the provider's: a defect of ours, the store */
export function providerTrouble(error: unknown): ProviderTrouble | undefined {
  if (isDown(error)) return { kind: 'down' }
  if (error instanceof oidc.AuthorizationResponseError) return { kind: 'declined', word: wordOf(error.error) }
  if (error instanceof oidc.ResponseBodyError) return { kind: 'unverified', code: wordOf(error.error) }
  if (error instanceof oidc.ClientError || error instanceof oidc.WWWAuthenticateChallengeError) return { kind: 'unverified', code: codeOf(error) }
  return undefined
}

function isDown(error: unknown): boolean {
  if (error instanceof Fault) return true
  if (!(error instanceof oidc.ClientError)) return false
  const { cause } = error
  return cause instanceof Fault || (cause instanceof Response && cause.status >= 500) || ['OAUTH_TIMEOUT', 'OAUTH_ABORT'].includes(codeOf(error))
}

/** A code of the library's, such as `OAUTH_JWT_CLAIM_COMPARISON_FAILED`: constant, and nothing of the answer. */
function codeOf(error: Error): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : error.name
}

function wordOf(error: string): string {
  return /^[a-z_]{1,64}$/.test(error) ? error : 'an error'
}
