import type { JWTPayload } from 'jose'
import { parseAgentId, parseId, parsePersonId } from '../../model/ids.ts'
import type { AgentId, PersonId } from '../../model/ids.ts'
import type { ConsentDetail, Delegation } from '../../model/principal.ts'
import { MalformedClaim, readList, readObject, readOptionalText, readText } from './claim-readers.ts'
import type { JsonObject } from './claim-readers.ts'
import { CLOCK_TOLERANCE_MS } from './clock-tolerance.ts'
import type { IssuerOptions, TokenProfile } from './token-profile.ts'
import type { Confirmation, DelegationToken } from './verified-token.ts'

/** How `sub` and `act` are read: `postern` puts the agent in `sub`, `rfc8693` the person. Named in the token, never guessed. */
export type ClaimsProfile = 'postern' | 'rfc8693'

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

/** The delegation token of design 6.1: an `at+jwt` (RFC 9068) of our own authority. */
export function delegationTokenProfile(options: IssuerOptions & { readonly claims: ClaimsProfile }): TokenProfile {
  return {
    ...options,
    name: 'delegation token',
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id', 'act', 'dlg', 'authorization_details', 'postern_profile'],
    takesType: (typ) => typ === 'at+jwt',
    read(claims) {
      try {
        return readDelegationToken(claims, options.claims)
      } catch (error) {
        if (error instanceof MalformedClaim) return error.message
        throw error
      }
    },
  }
}

function readDelegationToken(claims: JWTPayload, taken: ClaimsProfile): DelegationToken | string {
  const profile = readText(claims['postern_profile'], 'postern_profile', /^(?:postern|rfc8693)$/)
  if (profile !== taken) return `the token has the claims profile ${profile}, and ${taken} is taken here`
  readText(claims.jti, 'jti', WORD)
  readText(claims['client_id'], 'client_id', LINE)
  const parties = profile === 'postern' ? posternParties(claims) : rfc8693Parties(claims)
  const consent = readList(claims['authorization_details'], 'authorization_details', DETAILS, readDetail)
  const scope = readOptionalText(claims['scope'], 'scope', SCOPE_LIST)
  if (!scopeAgrees(scope, consent)) return 'the claims scope and authorization_details say different things'
  return {
    kind: 'delegation',
    agent: parties.agent,
    delegation: delegationOf(claims, parties, consent),
    confirmation: claims['cnf'] === undefined ? undefined : readConfirmation(claims['cnf']),
  }
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

/** Both kinds at once: the one that cannot be satisfied decides. */
function readConfirmation(value: unknown): Confirmation {
  const cnf = readObject(value, 'cnf', ['x5t#S256', 'jkt'])
  const thumbprint = readOptionalText(cnf['x5t#S256'], 'cnf', THUMBPRINT)
  return cnf['jkt'] === undefined && thumbprint !== undefined ? { kind: 'certificate', thumbprint } : { kind: 'dpop' }
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
