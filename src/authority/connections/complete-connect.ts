import type { AuditLog } from '../../audit/log.ts'
import type { AccountOutcome, CodeOutcome, UpstreamOauth } from '../../integrations/upstream-oauth.ts'
import { Secret } from '../../lib/secret.ts'
import type { Connection, Connections } from '../../store/ports/connections.ts'
import type { Person } from '../../store/ports/people.ts'
import type { ConnectAttempt, ConnectStates } from './connect-states.ts'
import { connectedRecord, notConnectedRecord } from './connection-records.ts'
import { storeConnection, type StoredAuthorisation } from './store-connection.ts'

/** What came back from an upstream, and who brought it. */
export interface ConnectAnswer {
  readonly integration: string
  readonly person: Person
  /** The value of the connect cookie. */
  readonly browser: string | undefined
  readonly query: URLSearchParams
}

/**
 * What became of it.
 * - `stray`: no attempt of this person, this browser and this integration belongs to it;
 * - `mixed_up`: it is another server's answer, or cannot be told from one (RFC 9207);
 * - `declined`: the person said no there;
 * - `refused`, `unavailable`: the upstream gave no token;
 * - `label_taken`, `too_many`: it could not be kept.
 */
export type Completion =
  | { readonly kind: 'connected'; readonly connection: Connection; readonly attempt: ConnectAttempt }
  | { readonly kind: 'stray' }
  | { readonly kind: 'mixed_up' | 'declined' | 'refused' | 'unavailable' | 'label_taken' | 'too_many'; readonly attempt: ConnectAttempt }

/** What completing works with. */
export interface CompletionDependencies {
  readonly states: ConnectStates
  readonly connections: Connections
  readonly oauth: UpstreamOauth
  readonly audit: Pick<AuditLog, 'commit' | 'post'>
  readonly redirectUri: string
}

const UPSTREAM_TIMEOUT_MS = 15_000
const CODE = /^[\x21-\x7e]{1,2048}$/

/**
 * Ends an attempt to connect: whose it is, whose answer it is, the code for tokens, whose tokens these are, kept, on record. An answer that is not
 * this person's in this browser changes nothing and costs nobody their attempt.
 */
export async function completeConnect(answer: ConnectAnswer, deps: CompletionDependencies): Promise<Completion> {
  const { query, integration, person } = answer
  const refuse = (reason: string, outcome: 'denied' | 'failed' = 'denied'): void => deps.audit.post(notConnectedRecord(integration, person, reason, outcome))
  const state = single(query, 'state')
  const attempt = state === undefined ? 'unknown' : await deps.states.take(state, answer.browser, { integration, person: person.id, purpose: 'authorize' })
  if (attempt === 'unknown' || attempt === 'foreign') {
    refuse(attempt === 'foreign' ? 'the answer belongs to another person or another browser' : 'the answer belongs to no attempt, or to one that is over')
    return { kind: 'stray' }
  }
  if (!isFromUpstream(query, deps.oauth)) {
    refuse('the answer does not say, as it has to, that it is this upstream’s')
    return { kind: 'mixed_up', attempt }
  }
  const code = single(query, 'code')
  if (query.has('error') || code === undefined || !CODE.test(code)) {
    const declined = query.get('error') === 'access_denied'
    refuse(declined ? 'the person declined at the upstream' : 'the upstream answered with an error')
    return { kind: declined ? 'declined' : 'refused', attempt }
  }
  const stored = await trade(new Secret(code), attempt, deps)
  if ('failed' in stored) {
    refuse(stored.reason, stored.failed === 'unavailable' ? 'failed' : 'denied')
    return { kind: stored.failed, attempt }
  }
  if (!('connection' in stored)) {
    refuse(stored.kind === 'label_taken' ? 'another account has this name already' : 'the person has too many connections')
    return { kind: stored.kind, attempt }
  }
  await deps.audit.commit(connectedRecord(stored.kind === 'created' ? 'connection.created' : 'connection.renewed', stored.connection, person))
  return { kind: 'connected', connection: stored.connection, attempt }
}

type Failed = { readonly failed: 'refused' | 'unavailable'; readonly reason: string }

async function trade(code: Secret, attempt: ConnectAttempt, { oauth, connections, redirectUri }: CompletionDependencies): Promise<StoredAuthorisation | Failed> {
  const signal = AbortSignal.timeout(UPSTREAM_TIMEOUT_MS)
  const outcome = await oauth.exchange({ code, redirectUri, codeVerifier: attempt.codeVerifier }, signal)
  if (outcome.kind !== 'granted') return { failed: outcome.kind, reason: `the upstream gave no token: ${outcome.reason}` }
  const whose = await accountOf(outcome, oauth, signal)
  if (whose === undefined || whose.kind === 'dead') {
    // Nobody keeps tokens of which it is not known whose they are.
    await oauth.revoke?.(outcome.granted.tokens, true, signal).catch(() => undefined)
    return { failed: 'unavailable', reason: 'the upstream does not say whose account it is' }
  }
  const account = whose.kind === 'account' ? whose.account : undefined
  return storeConnection(connections, { ...attempt, account, granted: outcome.granted })
}

async function accountOf({ granted }: Extract<CodeOutcome, { kind: 'granted' }>, oauth: UpstreamOauth, signal: AbortSignal): Promise<AccountOutcome | undefined> {
  const token = granted.tokens.accessToken
  return token === undefined ? undefined : oauth.account(token, signal).catch(() => undefined)
}

/**
 * RFC 9207 section 2.4. The redirect URI, each integration's own, tells servers apart already; `iss` does so too where it is known to be sent.
 * Where it is not, one that is sent has to be of the server that was asked.
 */
function isFromUpstream(query: URLSearchParams, { issuer, authorizeOrigin }: UpstreamOauth): boolean {
  if (!query.has('iss')) return issuer === undefined
  const iss = single(query, 'iss')
  if (iss === undefined) return false
  return issuer === undefined ? URL.canParse(iss) && new URL(iss).origin === authorizeOrigin : iss === issuer
}

/** A parameter that is there twice is none (RFC 6749 section 3.1). */
export function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  return values.length === 1 ? values[0] : undefined
}
