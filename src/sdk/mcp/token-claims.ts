import { membersOf, textOf, textsOf } from '../oauth/json-answer.ts'

/** One member of `authorization_details` (RFC 9396). */
export interface ConsentedAccess {
  readonly integration: string
  readonly scopes: readonly string[]
  readonly targets: readonly string[]
}

/** What a delegation token for this server says. */
export interface TokenClaims {
  readonly agent: string
  readonly person: string
  readonly delegation: string
  readonly session: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly access: readonly ConsentedAccess[]
  /** Seconds since the epoch. */
  readonly exp: number
}

const CLOCK_TOLERANCE_S = 60
/** Claims of Postern's: one that is not known could be a restriction that would not be kept. */
const KNOWN = ['postern_profile']

/** Gives verified claims their meaning, for the one issuer and the one audience. Pure. @returns what is wrong, in one clause that holds nothing of the token */
export function readClaims(payload: Readonly<Record<string, unknown>>, expected: { readonly issuer: string; readonly resource: string; readonly nowS: number }): TokenClaims | string {
  const { issuer, resource, nowS } = expected
  if (payload['iss'] !== issuer) return 'it is of another issuer'
  // One audience, and no list: a token that others take, too, could have come from one of them.
  if (payload['aud'] !== resource) return 'it is not for this server'
  if (Object.keys(payload).some((name) => name.startsWith('postern_') && !KNOWN.includes(name))) return 'it has a claim that is not known here'
  if (payload['cnf'] !== undefined) return 'it is bound to a key of its holder’s, which cannot be proved here'
  const { exp, iat } = payload
  if (typeof exp !== 'number' || typeof iat !== 'number') return 'it has no exp or iat'
  if (iat > nowS + CLOCK_TOLERANCE_S) return 'it was issued in the future'
  return partiesIn(payload, exp)
}

/** Whether its time is over. Pure. */
export function isOver(exp: number, nowS: number): boolean {
  return exp + CLOCK_TOLERANCE_S <= nowS
}

function partiesIn(payload: Readonly<Record<string, unknown>>, exp: number): TokenClaims | string {
  const reversed = payload['postern_profile'] === 'rfc8693'
  if (!reversed && payload['postern_profile'] !== 'postern') return 'it names no profile of its claims'
  const [sub, act] = [textOf(payload['sub']), textOf(membersOf(payload['act'])['sub'])]
  const [agent, person] = reversed ? [act, sub] : [sub, act]
  const [delegation, session, clientId] = [textOf(payload['dlg']), textOf(payload['sid']), textOf(payload['client_id'])]
  if (agent?.startsWith('agent:') !== true || person?.startsWith('user:') !== true) return 'it is not of an agent that acts for a person'
  if (delegation === undefined || session === undefined || clientId === undefined) return 'it is of no delegation'
  const scopes = (textOf(payload['scope']) ?? '').split(' ').filter((scope) => scope !== '')
  return { agent, person, delegation, session, clientId, scopes, access: accessIn(payload['authorization_details']), exp }
}

function accessIn(details: unknown): readonly ConsentedAccess[] {
  if (!Array.isArray(details)) return []
  return details.map(membersOf).flatMap((detail) => {
    const integration = textOf(detail['integration'])
    return integration === undefined ? [] : [{ integration, scopes: textsOf(detail['scopes']), targets: textsOf(detail['targets']) }]
  })
}
