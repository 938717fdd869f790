import { DatabaseSync } from 'node:sqlite'
import type { ConnectionId } from '../../../src/model/ids.ts'
import type { StoredDelegation, StoredSession } from '../../../src/store/ports/delegations.ts'
import type { Store } from '../../../src/store/ports/store.ts'
import { allPages } from '../contracts/store-under-test.ts'
import { KIND } from './kill-terms.ts'
import { type Ledger, type RecordEntry, settle, type Step } from './ledger.ts'

/** So many records are looked at at once. */
const TOGETHER = 50

/** What a kill left: what is wrong must be empty. */
export interface KillFindings {
  readonly wrong: string[]
  /** Begun and not acknowledged at the kill, and found done, or not. */
  readonly unacknowledged: { done: number; undone: number }
  /** Delegations that can be ended still. */
  active: readonly string[]
  /** Consumed records without a successor. */
  readonly orphans: string[]
}

/** Compares what is in the store after a kill with what the killed processes said, and settles in the ledger what they could not say any more. */
export async function checkStore(store: Store, path: string, connection: ConnectionId, ledger: Ledger): Promise<KillFindings> {
  const delegations = byId(await allPages((after) => store.delegations.list({}, { limit: 500, after })))
  const sessions = byId(await allPages((after) => store.delegations.sessions({}, { limit: 500, after })))
  const findings: KillFindings = { wrong: damage(path), unacknowledged: { done: 0, undone: 0 }, active: [], orphans: [] }
  checkDelegations(ledger, delegations, sessions, findings)
  checkSessions(ledger, delegations, sessions, findings)
  const records = [...ledger.records]
  for (let from = 0; from < records.length; from += TOGETHER) {
    await Promise.all(records.slice(from, from + TOGETHER).map(([id, record]) => checkRecord(store, id, record, findings)))
  }
  findings.wrong.push(...(await wrongConnection(store, connection, ledger)))
  findings.active = [...delegations.values()].filter(({ state }) => state === 'active').map(({ id }) => id)
  return findings
}

function damage(path: string): string[] {
  using database = new DatabaseSync(path)
  const verdicts = [...database.prepare('PRAGMA integrity_check').all(), ...database.prepare('PRAGMA foreign_key_check').all()]
  return verdicts.map((row) => JSON.stringify(row)).filter((row) => row !== '{"integrity_check":"ok"}').map((row) => `the file is damaged: ${row}`)
}

type ById<T> = ReadonlyMap<string, T>

/** Holds one step against what is there. */
function checkStep(step: Step, done: boolean, what: string, { wrong, unacknowledged }: KillFindings): void {
  const settled = settle(step, done)
  if (settled !== undefined) unacknowledged[settled] += 1
  else if (step.acknowledged && !done) wrong.push(`${what}, and is not any more`)
  else if (!step.tried && done) wrong.push(`never ${what}, and yet is`)
}

function checkDelegations(ledger: Ledger, delegations: ById<StoredDelegation>, sessions: ById<StoredSession>, findings: KillFindings): void {
  for (const id of delegations.keys()) if (!ledger.grants.has(id)) findings.wrong.push('a delegation is there that nobody granted')
  for (const [id, { grant, end, session }] of ledger.grants) {
    const delegation = delegations.get(id)
    checkStep(grant, delegation !== undefined, 'a delegation was granted', findings)
    if ((delegation === undefined) !== !sessions.has(session)) findings.wrong.push('a delegation is there without its session, or its session without it')
    checkStep(end, delegation !== undefined && delegation.state !== 'active', 'a delegation was ended', findings)
  }
}

function checkSessions(ledger: Ledger, delegations: ById<StoredDelegation>, sessions: ById<StoredSession>, findings: KillFindings): void {
  for (const { delegation, endedAtMs } of sessions.values()) {
    if (delegations.get(delegation)?.state !== 'active' && endedAtMs === undefined) findings.wrong.push('a session runs although its delegation has ended')
  }
  for (const [id, { start, stop }] of ledger.sessions) {
    const session = sessions.get(id)
    checkStep(start, session !== undefined, 'a session was started', findings)
    // It ends with its delegation, too.
    if (session === undefined || session.endReason !== 'revoked') checkStep(stop, session?.endedAtMs !== undefined, 'a session was ended', findings)
    else if (session.endedAtMs === undefined) findings.wrong.push('a session has a reason to have ended, and has not')
  }
}

async function checkRecord(store: Store, id: string, { put, consume, firsts, successors }: RecordEntry, findings: KillFindings): Promise<void> {
  const record = await store.shortLived.find(KIND, id)
  checkStep(put, record !== undefined, 'a record was stored', findings)
  checkStep(consume, record?.consumedAtMs !== undefined, 'a record was consumed', findings)
  if (firsts > 1) findings.wrong.push(`a record was consumed first ${firsts} times`)
  let there = 0
  for (const [next, step] of successors) {
    const found = (await store.shortLived.find(KIND, next)) !== undefined
    checkStep(step, found, 'a successor was stored', findings)
    there += Number(found)
  }
  if (there > 1) findings.wrong.push(`a record has ${there} successors`)
  if (there !== Number(record?.succeeded ?? false)) findings.wrong.push('a record and its successor do not know of each other')
  if (record?.consumedAtMs !== undefined && !record.succeeded) findings.orphans.push(id)
}

async function wrongConnection(store: Store, id: ConnectionId, ledger: Ledger): Promise<string[]> {
  const connection = await store.connections.get(id)
  const last = Math.max(0, ...[...ledger.refreshes].filter(([, { acknowledged }]) => acknowledged !== undefined).map(([generation]) => generation))
  if (connection === undefined) return ['the connection is lost']
  const wrong: string[] = []
  if (connection.state !== 'active') wrong.push('the connection was given up')
  if (connection.generation < last) wrong.push('a refreshed token is lost')
  const known = ledger.refreshes.get(connection.generation)
  const token = connection.tokens.refreshToken?.reveal()
  const expected = known?.acknowledged === undefined ? known?.tried : [known.acknowledged]
  if (expected !== undefined && (token === undefined || !expected.includes(token))) wrong.push('the connection holds a token that nobody stored')
  return wrong
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ById<T> {
  return new Map(items.map((item) => [item.id, item]))
}
