import { AgentRevokedError, TokenInvalidError } from '../errors/refusals.ts'
import { misconfigured } from '../errors/misconfigured.ts'
import type { PosternAuthInfo } from './auth-info.ts'
import { agentRevoked, nobodyCanTell, requestRefused, scopeInsufficient, tokenRefused, tokenRequired, type Challenge } from './challenge.ts'
import type { RenewalNotes } from './renewal-notes.ts'
import { resourceMetadataUrl } from './resource-metadata.ts'
import type { TokenVerifier } from './token-verifier.ts'

/** Options of the middleware. */
export interface GateOptions {
  readonly verifier: TokenVerifier
  /** What every request needs: a token with less is answered with 403 `insufficient_scope`. Default none: each tool finds out by `require()`. */
  readonly requiredScopes?: readonly string[]
  /** What a client without a token is told to ask for. Default `requiredScopes`. */
  readonly scopes?: readonly string[]
  /** Of `createTools()`: whoever was shown a link to approve more is asked for a newer token at the next request. */
  readonly renewals?: RenewalNotes
  /** Told of what broke; the client is told 503. */
  readonly onError?: (error: unknown) => void
}

/** What a request shows. */
export interface Shown {
  readonly method: string
  /** Every `Authorization` field. */
  readonly authorization: readonly string[]
}

/** Judges requests: by their token, or the answer in its place. */
export type Gate = (shown: Shown) => Promise<PosternAuthInfo | Challenge>

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/
const BEARER = /^Bearer ([\w~+/.-]+=*)$/i

/** The one judgement behind every middleware. @throws ConfigurationError */
export function createGate({ verifier, requiredScopes = [], scopes = requiredScopes, renewals, onError }: GateOptions): Gate {
  if ([...requiredScopes, ...scopes].some((scope) => !SCOPE.test(scope))) throw misconfigured('a scope has the form integration:scope, without spaces')
  const metadataUrl = resourceMetadataUrl(verifier.resource)
  const facts = (wanted: readonly string[]): { resourceMetadataUrl: string; scopes: readonly string[] } => ({ resourceMetadataUrl: metadataUrl, scopes: wanted })
  return async ({ method, authorization }) => {
    const [only, ...others] = authorization
    if (only === undefined) return tokenRequired(facts(scopes))
    if (others.length > 0) return requestRefused('More than one Authorization field was sent.')
    const token = BEARER.exec(only)?.[1]
    if (token === undefined) return tokenRefused('Send the token as Authorization: Bearer.', facts(scopes))
    try {
      const auth = await verifier.verifyAccessToken(token)
      if (!requiredScopes.every((scope) => auth.scopes.includes(scope))) return scopeInsufficient(facts(union(auth.scopes, requiredScopes)))
      const missing = method === 'POST' ? renewals?.take(token) : undefined
      return missing === undefined ? auth : tokenRefused('The person was asked for more since this token was issued; renew it.', facts(union(auth.scopes, missing)))
    } catch (error) {
      if (error instanceof AgentRevokedError) return agentRevoked(error.message)
      if (error instanceof TokenInvalidError) return tokenRefused(error.message, facts(scopes))
      onError?.(error)
      return nobodyCanTell()
    }
  }
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])]
}
