import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { parseAgentId, parseId, type AgentId, type SessionId } from '../../model/ids.ts'
import type { Directory, Revocations } from '../../sync/contract.ts'
import type { DelegationDesk } from '../delegations/contract.ts'
import { agentOfClient } from '../oauth/client-identity.ts'
import type { StoredTokens } from '../oauth/contract.ts'
import type { OauthAgents } from '../oauth/oauth-dependencies.ts'

export interface ToldTokenDependencies {
  readonly issuer: string
  jwks(): JSONWebKeySet
  readonly stored: StoredTokens
  readonly agents: OauthAgents
  readonly desk: Pick<DelegationDesk, 'live'>
  readonly directory: Directory
  readonly revocations: Pick<Revocations, 'refusal'>
  readonly clock: Clock
}

/** A token that is good at this moment, and what may be told of it (RFC 7662 section 2.2). */
export interface ToldToken {
  readonly clientId: string
  /** What revoking it ends; undefined for an agent's own token and for a server's stand-in, which end by themselves. */
  readonly session: SessionId | undefined
  /** Of our own command line's sign-in. */
  readonly grant: string | undefined
  /** False for a refresh token that was used: it is good for nothing, but revoking it still ends its session. */
  readonly active: boolean
  readonly claims: Readonly<Record<string, unknown>>
}

const MAX_TOKEN = 16_384
const SHOWN = ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'scope', 'act', 'cnf', 'dlg', 'sid', 'authorization_details', 'postern_profile', 'postern_use', 'postern_via'] as const

/** The live truth of a token: of its session, its delegation and its agent, not only of its signature. @returns undefined where it is not good now */
export async function toldToken(token: string, deps: ToldTokenDependencies): Promise<ToldToken | undefined> {
  if (token.length === 0 || token.length > MAX_TOKEN) return undefined
  return token.split('.').length === 3 ? signedToken(token, deps) : storedToken(token, deps)
}

async function storedToken(token: string, { stored, desk, issuer }: ToldTokenDependencies): Promise<ToldToken | undefined> {
  const found = await stored.find(token)
  if (found === undefined) return undefined
  const session = parseId('ses', found.grant)
  if (session !== undefined && await desk.live(session) === undefined) return undefined
  const cnf = { ...(found.jkt === undefined ? {} : { jkt: found.jkt }), ...(found.x5t === undefined ? {} : { 'x5t#S256': found.x5t }) }
  return {
    clientId: found.clientId, session, grant: found.grant, active: !found.used,
    claims: {
      iss: issuer, client_id: found.clientId, sub: found.person, exp: Math.floor(found.expiresAtMs / 1000), iat: Math.floor(found.issuedAtMs / 1000),
      token_type: found.kind, ...(Object.keys(cnf).length === 0 ? {} : { cnf }),
    },
  }
}

/**
 * Of a token that we signed for this audience and that is not over by its time: whether its agent was revoked since. A server is told, so that its
 * caller does not sign in again and again.
 */
export async function isOfRevokedAgent(token: string, audiences: readonly string[], deps: Pick<ToldTokenDependencies, 'issuer' | 'jwks' | 'clock' | 'directory'>): Promise<boolean> {
  const payload = token.length > MAX_TOKEN ? undefined : await verifiedClaims(token, deps)
  const [sub, aud] = [payload?.sub, payload?.aud]
  const agent = sub === undefined ? undefined : parseAgentId(sub)
  if (agent === undefined || typeof aud !== 'string' || !audiences.includes(aud)) return false
  return deps.directory.agent(agent)?.status === 'revoked'
}

async function verifiedClaims(token: string, { issuer, jwks, clock }: Pick<ToldTokenDependencies, 'issuer' | 'jwks' | 'clock'>): Promise<JWTPayload | undefined> {
  const verified = await jwtVerify(token, createLocalJWKSet(jwks()), {
    issuer, algorithms: ['ES256'], typ: 'at+jwt', requiredClaims: ['exp', 'iat', 'sub', 'client_id'], currentDate: new Date(clock.nowMs()),
  }).catch(() => undefined)
  return verified?.payload
}

async function signedToken(token: string, deps: ToldTokenDependencies): Promise<ToldToken | undefined> {
  const payload = await verifiedClaims(token, deps)
  if (payload === undefined) return undefined
  const clientId = typeof payload['client_id'] === 'string' ? payload['client_id'] : ''
  const session = typeof payload['sid'] === 'string' ? parseId('ses', payload['sid']) : undefined
  const via = typeof payload['postern_via'] === 'string' ? parseAgentId(payload['postern_via']) : undefined
  if (!await isGoodNow({ clientId, dlg: payload['dlg'], session, via }, deps)) return undefined
  const shown = SHOWN.flatMap((name) => (payload[name] === undefined ? [] : [[name, payload[name]] as const]))
  // The session is the agent's: a server that was called in it does not end it.
  return { clientId, session: via === undefined ? session : undefined, grant: undefined, active: true, claims: { ...Object.fromEntries(shown), token_type: 'access_token' } }
}

/** What a signed token says of who has it. */
interface Holding {
  readonly clientId: string
  readonly dlg: unknown
  readonly session: SessionId | undefined
  /** The server that got it in the agent's stead. */
  readonly via: AgentId | undefined
}

async function isGoodNow({ clientId, dlg, session, via }: Holding, deps: ToldTokenDependencies): Promise<boolean> {
  if (dlg === undefined && session === undefined) return isGoodAgent(clientId, deps)
  const live = session === undefined ? undefined : await deps.desk.live(session)
  if (live === undefined || live.delegation.id !== dlg) return false
  // Its client may be the URL of a metadata document: else what was issued to it could be neither told nor revoked.
  const { agent } = live.delegation
  return deps.directory.agent(agent)?.status === 'active' && agentOfClient(clientId, deps.agents)?.id === (via ?? agent)
}

/** An agent that acts for itself. */
function isGoodAgent(clientId: string, { directory, revocations }: ToldTokenDependencies): boolean {
  const id = parseAgentId(`agent:${clientId}`)
  const agent = id === undefined ? undefined : directory.agent(id)
  if (agent === undefined) return false
  return revocations.refusal({ agent: agent.id, agentName: agent.name, identifiedBy: 'token', delegation: undefined }) === undefined
}
