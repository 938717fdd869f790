import type { JWTPayload } from 'jose'
import { z } from 'zod'
import { parseAgentId, parseId, parsePersonId } from '../../model/ids.ts'
import type { AgentId, PersonId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import { CLOCK_TOLERANCE_MS } from './clock-tolerance.ts'
import type { IssuerOptions, TokenProfile } from './token-profile.ts'
import type { Confirmation, DelegationToken } from './verified-token.ts'

/** How `sub` and `act` are read: `postern` puts the agent in `sub`, `rfc8693` the person. Named in the token, never guessed. */
export type ClaimsProfile = 'postern' | 'rfc8693'

const MAX_DETAILS = 64
const MAX_ENTRIES = 256

const word = (maxLength: number): z.ZodString => z.string().min(1).max(maxLength).regex(/^[\x21-\x7e]+$/)
const printable = (maxLength: number): z.ZodString => z.string().min(1).max(maxLength).regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)

/** Unknown members are refused all through: they could be restrictions that we would not keep. */
const detail = z.strictObject({
  type: z.literal('postern'),
  integration: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/),
  scopes: z.array(word(128)).max(MAX_ENTRIES),
  targets: z.array(printable(256)).max(MAX_ENTRIES),
})

const claimsSchema = z.object({
  sub: z.string().max(320),
  /** A further `act` inside would be a chain of actors, which has no meaning here (RFC 8693 section 4.1). */
  act: z.strictObject({ sub: z.string().max(320), name: printable(128).optional() }),
  name: printable(128).optional(),
  postern_profile: z.enum(['postern', 'rfc8693']),
  jti: word(128),
  client_id: printable(256),
  dlg: z.string().max(70),
  sid: z.string().max(70).optional(),
  exp: z.number(),
  scope: z.string().max(16_384).optional(),
  authorization_details: z.array(detail).min(1).max(MAX_DETAILS),
  cnf: z.strictObject({ 'x5t#S256': z.string().regex(/^[A-Za-z0-9_-]{43}$/).optional(), jkt: z.string().max(64).optional() }).optional(),
})

type Claims = z.infer<typeof claimsSchema>

/** The delegation token of design 6.1: an `at+jwt` (RFC 9068) of our own authority. */
export function delegationTokenProfile(options: IssuerOptions & { readonly claims: ClaimsProfile }): TokenProfile {
  return {
    ...options,
    name: 'delegation token',
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id', 'act', 'dlg', 'authorization_details', 'postern_profile'],
    takesType: (typ) => typ === 'at+jwt',
    read: (claims) => readDelegation(claims, options.claims),
  }
}

function readDelegation(payload: JWTPayload, profile: ClaimsProfile): DelegationToken | string {
  const parsed = claimsSchema.safeParse(payload)
  if (!parsed.success) return `the claim ${pathOf(parsed.error)} does not have the form it must have`
  const claims = parsed.data
  if (claims.postern_profile !== profile) return `the token has the claims profile ${claims.postern_profile}, and ${profile} is taken here`
  const parties = partiesOf(claims)
  if (typeof parties === 'string') return parties
  const id = parseId('dlg', claims.dlg)
  if (id === undefined) return 'the claim dlg is no delegation id'
  const session = claims.sid === undefined ? undefined : parseId('ses', claims.sid)
  if (claims.sid !== undefined && session === undefined) return 'the claim sid is no session id'
  if (claims.scope !== undefined && !scopeAgrees(claims.scope, claims.authorization_details)) {
    return 'the claims scope and authorization_details say different things'
  }
  const { agent, person, personName } = parties
  const consent = claims.authorization_details.map(consentOf)
  // With the tolerance: else policy and issuance would refuse what was just identified.
  const expiresAtMs = claims.exp * 1000 + CLOCK_TOLERANCE_MS
  const delegation = { id, person, personName, session, consent, expiresAtMs }
  return { kind: 'delegation', agent, delegation, confirmation: confirmationOf(claims) }
}

function partiesOf(claims: Claims): { agent: AgentId, person: PersonId, personName: string | undefined } | string {
  const ours = claims.postern_profile === 'postern'
  const agent = parseAgentId(ours ? claims.sub : claims.act.sub)
  if (agent === undefined) return `the claim ${ours ? 'sub' : 'act.sub'} is no agent id`
  const person = parsePersonId(ours ? claims.act.sub : claims.sub)
  if (person === undefined) return `the claim ${ours ? 'act.sub' : 'sub'} is no person's id`
  return { agent, person, personName: ours ? claims.act.name : claims.name }
}

function consentOf(entry: Claims['authorization_details'][number]): ConsentDetail {
  return { integration: entry.integration, scopes: entry.scopes, targets: entry.targets }
}

/** `scope` repeats the details for readers that know no RFC 9396; two statements that differ are no statement. */
function scopeAgrees(scope: string, details: Claims['authorization_details']): boolean {
  const told = new Set(scope.split(' '))
  const meant = new Set(details.flatMap((entry) => entry.scopes.map((name) => `${entry.integration}:${name}`)))
  return told.size === meant.size && [...meant].every((name) => told.has(name))
}

/** Both kinds at once: the one that cannot be satisfied decides. */
function confirmationOf(claims: Claims): Confirmation | undefined {
  if (claims.cnf === undefined) return undefined
  const thumbprint = claims.cnf['x5t#S256']
  return claims.cnf.jkt === undefined && thumbprint !== undefined ? { kind: 'certificate', thumbprint } : { kind: 'dpop' }
}

/** Names come from our schema, or are an unknown member's: those are not repeated. */
function pathOf(error: z.ZodError): string {
  const path = error.issues[0]?.path ?? []
  return path.length === 0 ? 'set' : path.map(String).join('.')
}
