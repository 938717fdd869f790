import type { JWTPayload } from 'jose'
import { parseAgentId, parseId, parsePersonId } from '../../model/ids.ts'
import type { AgentId, PersonId } from '../../model/ids.ts'
import type { ConsentDetail, Delegation } from '../../model/principal.ts'
import { MalformedClaim, readList, readObject, readOptionalText, readText } from './claim-readers.ts'
import type { JsonObject } from './claim-readers.ts'
import { CLOCK_TOLERANCE_MS } from './clock-tolerance.ts'
import type { IssuerOptions, TokenProfile } from './token-profile.ts'
import type { AgentToken, Confirmation, DelegationToken } from './verified-token.ts'

/** How `sub` and `act` are read: `postern` puts the agent in `sub`, `rfc8693` the person. Named in the token, never guessed. */
export type ClaimsProfile = 'postern' | 'rfc8693'

export interface DelegationTokenOptions extends IssuerOptions {
  readonly claims: ClaimsProfile
  /**
   * The issuer is our own authority: each token names a session and is good only while that and its delegation are, and agents may have
   * tokens of their own (client credentials).
   */
  readonly kept?: boolean
}

interface Parties {
  readonly agent: AgentId
  readonly person: PersonId
  readonly personName: string | undefined
}

const WORD = /^[\x21-\x7e]{1,128}$/
const LINE = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u
const INTEGRATION = /^[a-z0-9][a-z0-9_-]{0,62}$/
const SCOPE_LIST = /^[\x20-\x7e]{0,16384}$/
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/
const DETAILS = { min: 1, max: 64 }
const ENTRIES = { min: 0, max: 256 }
const OF_ALL = ['sub', 'exp', 'iat', 'jti', 'client_id']
const OF_DELEGATION = ['act', 'dlg', 'authorization_details', 'postern_profile']
/** Claims of ours: one that is not known could be a restriction that we would not keep. */
const OURS = ['postern_profile', 'postern_use', 'postern_via']

/** The delegation token of design 6.1: an `at+jwt` (RFC 9068) of an issuer that is trusted to say for whom an agent acts. */
export function delegationTokenProfile(options: DelegationTokenOptions): TokenProfile {
  const kept = options.kept === true
  return {
    ...options,
    name: 'delegation token',
    requiredClaims: kept ? OF_ALL : [...OF_ALL, ...OF_DELEGATION],
    takesType: (typ) => typ === 'at+jwt',
    read(claims) {
      try {
        return readToken(claims, options.claims, kept)
      } catch (error) {
        if (error instanceof MalformedClaim) return error.message
        throw error
      }
    },
  }
}

function readToken(claims: JWTPayload, taken: ClaimsProfile, kept: boolean): DelegationToken | AgentToken | string {
  // By the absence of both, never of one: a delegation token that lost a claim is no agent's token.
  const forNobody = kept && claims['act'] === undefined && claims['dlg'] === undefined
  // An agent's own token reads alike in both profiles, and need not name one.
  const named = forNobody ? (claims['postern_profile'] ?? taken) : claims['postern_profile']
  const profile = readText(named, 'postern_profile', /^(?:postern|rfc8693)$/)
  if (profile !== taken) return `the token has the claims profile ${profile}, and ${taken} is taken here`
  const unknown = Object.keys(claims).some((name) => name.startsWith('postern_') && !OURS.includes(name))
  if (unknown) return 'it has a claim of Postern’s that is not known here'
  readText(claims.jti, 'jti', WORD)
  readText(claims['client_id'], 'client_id', LINE)
  return forNobody ? readAgentToken(claims) : readDelegationToken(claims, profile, kept)
}

/** What it could be narrowed by would not be kept: for an agent that acts for itself policy alone decides. */
function readAgentToken(claims: JWTPayload): AgentToken | string {
  const narrowing = ['sid', 'authorization_details', 'postern_use', 'postern_via', 'integration'].find((name) => claims[name] !== undefined)
  if (narrowing !== undefined) return `an agent’s own token has no claim ${narrowing}`
  if ((readOptionalText(claims['scope'], 'scope', SCOPE_LIST) ?? '') !== '') return 'an agent’s own token has no scope: policy decides alone'
  return { kind: 'agent', agent: agentIn(claims.sub, 'sub'), confirmation: confirmationOf(claims) }
}

function readDelegationToken(claims: JWTPayload, profile: string, kept: boolean): DelegationToken | string {
  const parties = profile === 'postern' ? posternParties(claims) : rfc8693Parties(claims)
  const consent = readList(claims['authorization_details'], 'authorization_details', DETAILS, readDetail)
  const scope = readOptionalText(claims['scope'], 'scope', SCOPE_LIST)
  if (!scopeAgrees(scope, consent)) return 'the claims scope and authorization_details say different things'
  if (kept && claims['sid'] === undefined) return 'its claim sid is missing'
  return {
    kind: 'delegation',
    by: 'token',
    agent: parties.agent,
    delegation: delegationOf(claims, parties, consent),
    confirmation: confirmationOf(claims),
    kept,
    onlyIntegration: onlyIntegrationOf(claims, kept),
    via: viaOf(claims, kept),
  }
}

/** Of a stand-in token, the integration; of any other none, and our own authority names it nowhere else. */
function onlyIntegrationOf(claims: JWTPayload, kept: boolean): string | undefined {
  if (claims['postern_use'] !== undefined) {
    readText(claims['postern_use'], 'postern_use', /^stand_in$/)
    return readText(claims['integration'], 'integration', INTEGRATION)
  }
  if (kept && claims['integration'] !== undefined) throw new MalformedClaim('integration')
  return undefined
}

/** Who got it in the agent's stead: said by our own authority alone, and of stand-ins alone. */
function viaOf(claims: JWTPayload, kept: boolean): AgentId | undefined {
  const via = claims['postern_via']
  if (via === undefined) return undefined
  if (!kept || claims['postern_use'] === undefined) throw new MalformedClaim('postern_via')
  return agentIn(via, 'postern_via')
}

function delegationOf(claims: JWTPayload, { person, personName }: Parties, consent: readonly ConsentDetail[]): Delegation {
  const { exp, dlg, sid } = claims
  if (exp === undefined) throw new MalformedClaim('exp')
  return {
    id: known(typeof dlg === 'string' ? parseId('dlg', dlg) : undefined, 'dlg'),
    person,
    personName,
    session: sid === undefined ? undefined : known(typeof sid === 'string' ? parseId('ses', sid) : undefined, 'sid'),
    consent,
    // With the tolerance: else policy and issuance would refuse what was just identified.
    expiresAtMs: exp * 1000 + CLOCK_TOLERANCE_MS,
  }
}

function posternParties(claims: JWTPayload): Parties {
  const act = readActor(claims)
  return { agent: agentIn(claims.sub, 'sub'), person: personIn(act['sub'], 'act.sub'), personName: readOptionalText(act['name'], 'act.name', LINE) }
}

function rfc8693Parties(claims: JWTPayload): Parties {
  const act = readActor(claims)
  return { agent: agentIn(act['sub'], 'act.sub'), person: personIn(claims.sub, 'sub'), personName: readOptionalText(claims['name'], 'name', LINE) }
}

/** A further `act` inside would be a chain of actors (RFC 8693 section 4.1), which has no meaning here. */
function readActor(claims: JWTPayload): JsonObject {
  return readObject(claims['act'], 'act', ['sub', 'name'])
}

function readDetail(value: unknown, claim: string): ConsentDetail {
  const detail = readObject(value, claim, ['type', 'integration', 'scopes', 'targets'])
  readText(detail['type'], `${claim}.type`, /^postern$/)
  return {
    integration: readText(detail['integration'], `${claim}.integration`, INTEGRATION),
    scopes: readList(detail['scopes'], `${claim}.scopes`, ENTRIES, (entry, at) => readText(entry, at, WORD)),
    targets: readList(detail['targets'], `${claim}.targets`, ENTRIES, (entry, at) => readText(entry, at, LINE)),
  }
}

/** `scope` repeats the details for readers that know no RFC 9396; two statements that differ are no statement. */
function scopeAgrees(scope: string | undefined, consent: readonly ConsentDetail[]): boolean {
  if (scope === undefined) return true
  const told = new Set(scope.split(' '))
  const meant = new Set(consent.flatMap(({ integration, scopes }) => scopes.map((name) => `${integration}:${name}`)))
  return told.size === meant.size && [...meant].every((name) => told.has(name))
}

function confirmationOf(claims: JWTPayload): Confirmation | undefined {
  if (claims['cnf'] === undefined) return undefined
  const cnf = readObject(claims['cnf'], 'cnf', ['x5t#S256', 'jkt'])
  const certificate = readOptionalText(cnf['x5t#S256'], 'cnf', THUMBPRINT)
  const dpopKey = readOptionalText(cnf['jkt'], 'cnf', THUMBPRINT)
  if (certificate === undefined && dpopKey === undefined) throw new MalformedClaim('cnf')
  return { certificate, dpopKey }
}

function agentIn(value: unknown, claim: string): AgentId {
  return known(typeof value === 'string' ? parseAgentId(value) : undefined, claim)
}

function personIn(value: unknown, claim: string): PersonId {
  return known(typeof value === 'string' ? parsePersonId(value) : undefined, claim)
}

function known<T>(value: T | undefined, claim: string): T {
  if (value === undefined) throw new MalformedClaim(claim)
  return value
}
