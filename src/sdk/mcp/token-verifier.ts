import { createHash } from 'node:crypto'
import type { ClientOptions } from '../client-options.ts'
import { misconfigured } from '../errors/misconfigured.ts'
import { AgentRevokedError, TokenExpiredError, TokenInvalidError } from '../errors/refusals.ts'
import { AuthorityClient } from '../oauth/authority-client.ts'
import { SharedCalls } from '../shared-calls.ts'
import type { PosternAuthInfo } from './auth-info.ts'
import { AuthorityKeys } from './authority-keys.ts'
import { checkedResource } from './checked-resource.ts'
import { isSignedBy, readSigned } from './signed-token.ts'
import { isOver, readClaims, type TokenClaims } from './token-claims.ts'

/** Options of `createTokenVerifier()`: the server as a client of the authority, and its own address. */
export interface TokenVerifierOptions extends ClientOptions {
  /** The server's own address, exactly as `authority.resource_servers` has it: the only audience that is taken. */
  readonly resource: string
  /**
   * Asks the authority at each request whether the token is good at that moment (RFC 7662), so that what is revoked fails at once. Default true.
   * Without it a token is taken until it ends, ten minutes at most by default; each `require()` still asks.
   */
  readonly live?: boolean
}

/** What a token is at this moment. */
type Standing = 'active' | 'ended' | 'agent_revoked'

/** Fits where both MCP SDKs take an `OAuthTokenVerifier`. */
export interface TokenVerifier {
  /** The only audience that is taken. */
  readonly resource: string
  /** @throws TokenInvalidError, TokenExpiredError, AgentRevokedError for what is not good; UnavailableError where nobody can tell */
  verifyAccessToken(token: string): Promise<PosternAuthInfo>
}

/**
 * Verifies tokens that agents were given for this server: signature, issuer, audience, times, and that it is good now.
 * @throws ConfigurationError for options that cannot work, such as a live check by a client that cannot prove itself
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { live = true } = options
  const resource = checkedResource(options.resource)
  const client = new AuthorityClient(options)
  if (live && client.settings.clientAuth.method === 'none') {
    throw misconfigured('the live check needs clientAuth: the authority tells of others’ tokens only to a server that proves itself')
  }
  const keys = new AuthorityKeys(client)
  const asking = new SharedCalls<Standing>()
  return {
    resource,
    async verifyAccessToken(token) {
      const never = new AbortController().signal
      const claims = await claimsOf(token, resource, client, keys, never)
      const standing = live ? await asking.run(digestOf(token), undefined, (signal) => standingOf(token, resource, client, signal)) : 'active'
      if (standing === 'agent_revoked') throw new AgentRevokedError({ code: 'agent_revoked', message: `${claims.agent} has been revoked.`, status: 403 })
      if (standing !== 'active') throw invalid('it is not good any more: the delegation or its session has ended')
      return authInfoOf(token, claims, resource)
    },
  }
}

async function claimsOf(token: string, resource: string, client: AuthorityClient, keys: AuthorityKeys, signal: AbortSignal): Promise<TokenClaims> {
  const signed = readSigned(token)
  if (typeof signed === 'string') throw invalid(signed)
  const key = await keys.find(signed.kid, signal)
  if (key === undefined) throw invalid('the authority has no such key')
  if (!isSignedBy(signed, key)) throw invalid('its signature is wrong')
  const nowS = client.environment.nowMs() / 1000
  const claims = readClaims(signed.payload, { issuer: client.settings.issuer, resource, nowS })
  if (typeof claims === 'string') throw invalid(claims)
  if (isOver(claims.exp, nowS)) throw new TokenExpiredError({ code: 'token_expired', message: 'The token has expired.', status: 401 })
  return claims
}

/** @throws UnavailableError, ConfigurationError: where nobody can tell, nothing is taken */
async function standingOf(token: string, resource: string, client: AuthorityClient, signal: AbortSignal): Promise<Standing> {
  const { body } = await client.post('introspectionEndpoint', { token, token_type_hint: 'access_token' }, 'repeatable', signal)
  if (body['active'] === true && body['aud'] === resource) return 'active'
  return body['postern_reason'] === 'agent_revoked' ? 'agent_revoked' : 'ended'
}

function authInfoOf(token: string, claims: TokenClaims, resource: string): PosternAuthInfo {
  const { agent, person, delegation, session, access, clientId, scopes, exp } = claims
  return { token, clientId, scopes: [...scopes], expiresAt: exp, resource: new URL(resource), extra: { agent, person, delegation, session, access } }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function invalid(reason: string): TokenInvalidError {
  return new TokenInvalidError({ code: 'token_invalid', message: `The token is refused: ${reason}.`, status: 401 })
}

