import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { sameSecret } from '../../lib/same-secret.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import { parseAgentId, parseId, type AgentId, type SessionId } from '../../model/ids.ts'
import type { ConsentDetail, Delegation } from '../../model/principal.ts'
import { matchesSessionSecret, sessionOfSecret } from '../../model/session-secret.ts'
import type { StoredDelegation } from '../../store/ports/delegations.ts'
import type { Directory, Revocations } from '../../sync/contract.ts'
import type { DelegationDesk, Granted } from '../delegations/contract.ts'
import type { Asker, Subject, SubjectProofs, SubjectReader } from './contract.ts'

export interface SubjectReaderDependencies {
  readonly issuer: string
  /** Our public keys, as they are now. */
  jwks(): JSONWebKeySet
  readonly desk: Pick<DelegationDesk, 'live'>
  readonly directory: Directory
  readonly revocations: Pick<Revocations, 'refusal'>
  /** The addresses at which this agent is a protected resource itself. */
  resourcesOf(agent: AgentId): readonly string[]
  readonly clock: Clock
}

/** RFC 8693 section 3. */
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'
/** A session secret: design 6.1. */
export const SESSION_TOKEN_TYPE = 'urn:postern:params:oauth:token-type:session'

const MAX_TOKEN_LENGTH = 16_384
const CLOCK_TOLERANCE_S = 60

/** What a token of ours says that counts here. */
interface Told {
  /** Whose it is. */
  readonly agent: AgentId
  readonly session: SessionId
  /** Undefined where it says no less than what stands. */
  readonly consent: readonly ConsentDetail[] | undefined
  readonly expiresAtMs: number
  readonly bound: boolean
}

/**
 * Reads subject tokens: our own delegation tokens and session secrets. A stand-in is refused, since it would otherwise be exchanged for its
 * own renewal, and so is what another agent was given,
 * unless it was given for the very server that asks.
 */
export function createSubjectReader(deps: SubjectReaderDependencies): SubjectReader {
  return {
    async read(token, type, asker) {
      if (token.length > MAX_TOKEN_LENGTH) return invalid('it is too long')
      const told = type === SESSION_TOKEN_TYPE ? await sessionSecret(token, asker, deps)
        : type === ACCESS_TOKEN_TYPE || type === JWT_TYPE ? await delegationToken(token, asker, deps) : invalid('its type is not one that is exchanged')
      return isDenial(told) ? told : subjectOf(told, asker, deps)
    },
  }
}

async function sessionSecret(token: string, { agent }: Asker, { desk, clock }: SubjectReaderDependencies): Promise<Told | Denial> {
  const session = sessionOfSecret(token)
  const live = session === undefined ? undefined : await desk.live(session)
  const expected = live?.session.secretDigest
  if (session === undefined || live === undefined || expected === undefined || !matchesSessionSecret(token, expected)) {
    return invalid('it is no session secret that is good now')
  }
  if (live.session.expiresAtMs <= clock.nowMs()) return deny('session_ended', `the session ${session} is over`)
  return { agent, session, consent: undefined, expiresAtMs: live.session.expiresAtMs, bound: false }
}

async function delegationToken(token: string, asker: Asker, deps: SubjectReaderDependencies): Promise<Told | Denial> {
  const result = await verified(token, asker, deps)
  if (isDenial(result)) return result
  const { claims } = result
  if (claims['postern_use'] !== undefined) return invalid('it is a stand-in, which is for calls alone')
  const party = claims['postern_profile'] === 'rfc8693' ? memberOf(claims['act'], 'sub') : claims.sub
  const agent = party === undefined ? undefined : parseAgentId(party)
  if (agent === undefined) return invalid('it is of no agent')
  const refused = agent === asker.agent ? boundTo(claims, asker.proofs) : refusedToServer(claims, asker, deps)
  if (refused !== undefined) return refused
  const session = typeof claims['sid'] === 'string' ? parseId('ses', claims['sid']) : undefined
  if (session === undefined) return invalid('it is of no session')
  return { agent, session, consent: detailsOf(claims), expiresAtMs: (claims.exp ?? 0) * 1000, bound: claims['cnf'] !== undefined }
}

/** Another agent's token: good for the server that it names as its audience, which has proved that it is that server. */
function refusedToServer(claims: JWTPayload, { agent, authenticated }: Asker, { issuer }: SubjectReaderDependencies): Denial | undefined {
  if (claims.aud === issuer) return deny('proof_mismatch', `a delegation token of another agent was shown by ${agent}`)
  if (!authenticated) {
    return deny('proof_mismatch', `${agent} is a public client and showed another agent's token`, {
      hint: 'A server exchanges the tokens of its callers only with a key or a certificate of its own.',
    })
  }
  if (claims['cnf'] === undefined) return undefined
  return deny('proof_mismatch', `a token that is bound to its holder's key was shown by ${agent}`, {
    hint: 'A token that is bound to a key is exchanged by its holder alone: the agent has to send this server a bearer token.',
  })
}

async function verified(
  token: string, { agent }: Asker, { issuer, jwks, resourcesOf, clock }: SubjectReaderDependencies,
): Promise<{ readonly claims: JWTPayload } | Denial> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(jwks()), {
      issuer, audience: [issuer, ...resourcesOf(agent)], algorithms: ['ES256'], typ: 'at+jwt', requiredClaims: ['exp', 'iat', 'sub', 'dlg', 'sid', 'postern_profile'],
      clockTolerance: CLOCK_TOLERANCE_S, currentDate: new Date(clock.nowMs()),
    })
    // Ours are for one audience; of a list, one member would answer for the others.
    return typeof payload.aud === 'string' ? { claims: payload } : invalid('it is for several audiences')
  } catch (error) {
    if (error instanceof errors.JWTExpired) return deny('token_expired', 'the subject token has expired', { hint: 'Get a new token and ask again.' })
    if (error instanceof errors.JOSEError) return invalid('it is not one of ours, or not for us')
    throw error
  }
}

/** RFC 7800: a token that is bound to a key is worth nothing without it. */
function boundTo(claims: JWTPayload, proofs: SubjectProofs): Denial | undefined {
  const jkt = memberOf(claims['cnf'], 'jkt')
  const x5t = memberOf(claims['cnf'], 'x5t#S256')
  if (claims['cnf'] !== undefined && jkt === undefined && x5t === undefined) return invalid('it is bound in a way that is not known')
  const misses = (bound: string | undefined, shown: string | undefined): boolean => bound !== undefined && (shown === undefined || !sameSecret(bound, shown))
  if (misses(jkt, proofs.jkt)) return deny('proof_mismatch', 'the subject token is bound to a DPoP key that was not proven')
  return misses(x5t, proofs.x5t) ? deny('proof_mismatch', 'the subject token is bound to a certificate that was not shown') : undefined
}

/** The token told the past; what is true now, the delegation says. */
async function subjectOf(told: Told, asker: Asker, { desk, directory, revocations }: SubjectReaderDependencies): Promise<Subject | Denial> {
  const { agent } = told
  const via = agent === asker.agent ? undefined : asker.agent
  const registered = directory.agent(agent)
  if (registered === undefined) return deny('agent_unknown', `${agent} is not registered`)
  // Told as what it is: its delegations ended with it.
  if (registered.status !== 'active') return deny('agent_revoked', `${agent} has been revoked`)
  const live = await desk.live(told.session)
  const record = live === undefined ? undefined : directory.delegation(live.delegation.id)
  if (live === undefined || record === undefined) return deny('delegation_revoked', `the session ${told.session} or its delegation has ended`)
  if (live.delegation.agent !== agent) return deny('proof_mismatch', `the session ${told.session} is another agent's`)
  const { consent, groups, connections, personName } = record
  const delegation: Delegation = {
    id: live.delegation.id,
    person: live.delegation.person,
    personName,
    session: told.session,
    consent: told.consent ?? accessOf(live.delegation),
    standing: { consent, groups, connections },
    expiresAtMs: Math.min(told.expiresAtMs, endOf(live)),
  }
  const refusal = revocations.refusal({ agent, agentName: registered.name, identifiedBy: 'token', delegation, via })
  return refusal ?? { agent, agentName: registered.name, delegation, bound: told.bound, via }
}

function accessOf({ access }: StoredDelegation): readonly ConsentDetail[] {
  return access.map(({ integration, scopes, targets }) => ({ integration, scopes, targets }))
}

function endOf({ delegation, session }: Granted): number {
  return Math.min(delegation.expiresAtMs, session.expiresAtMs)
}

/** We signed it: its shape is ours, and anything else in it approves nothing. */
function detailsOf(claims: JWTPayload): readonly ConsentDetail[] {
  const details = claims['authorization_details']
  if (!Array.isArray(details)) return []
  return details.flatMap((detail: unknown) => {
    const [integration, scopes, targets] = [memberOf(detail, 'integration'), textsOf(detail, 'scopes'), textsOf(detail, 'targets')]
    return integration === undefined || scopes === undefined || targets === undefined ? [] : [{ integration, scopes, targets }]
  })
}

function textsOf(value: unknown, name: string): readonly string[] | undefined {
  const member = typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined
  return Array.isArray(member) && member.every((one) => typeof one === 'string') ? member : undefined
}

function memberOf(value: unknown, name: string): string | undefined {
  const member = typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined
  return typeof member === 'string' ? member : undefined
}

function invalid(reason: string): Denial {
  return deny('token_invalid', `the subject token is refused: ${reason}`)
}
