import type { AuditFilter, AuditIndex, IndexedRecord } from '../ports/audit-index.ts'
import type { Page, PageWish } from '../ports/page.ts'
import type { AuditRow, AuditSearch } from './audit-statements.ts'
import { checkedLimit, pageOf } from './paging.ts'
import type { WorkerClient } from './worker-client.ts'

/** So many are put in or forgotten in one operation: the others' operations wait for no more than that. */
const PART = 500

/** The searchable copy of the audit in SQLite. */
export class SqliteAuditIndex implements AuditIndex {
  readonly #client: WorkerClient

  constructor(client: WorkerClient) {
    this.#client = client
  }

  async append(records: readonly IndexedRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += PART) {
      await this.#client.call('audit.append', records.slice(from, from + PART).map(rowOf))
    }
  }

  async lastSeq(chain: string): Promise<number> {
    return await this.#client.call('audit.last_seq', chain)
  }

  async query(filter: AuditFilter, page: PageWish): Promise<Page<IndexedRecord>> {
    const search = { ...searchOf(filter), after: placeOf(page.after), limit: checkedLimit(page.limit) + 1 }
    return pageOf(await this.#client.call('audit.query', search), page.limit, markOf, recordOf)
  }

  async prune(keepRecords: number): Promise<void> {
    const bound = { keep: Math.max(0, Math.floor(keepRecords)), limit: PART }
    while ((await this.#client.call('audit.prune', bound)) === PART);
  }
}

function searchOf({ agent, person, integration, outcome, event, sinceMs, untilMs }: AuditFilter): Omit<AuditSearch, 'after' | 'limit'> {
  return { agent, person, integration, outcome, event, since: sinceMs, until: untilMs }
}

function rowOf({ chain, seq, timeMs, event, agent, person, integration, outcome, line }: IndexedRecord): AuditRow {
  return {
    chain, seq, time_ms: timeMs, event, agent: agent ?? null, person: person ?? null, integration: integration ?? null, outcome: outcome ?? null, line,
  }
}

function recordOf(row: AuditRow): IndexedRecord {
  return {
    chain: row.chain,
    seq: row.seq,
    timeMs: row.time_ms,
    event: row.event,
    agent: row.agent ?? undefined,
    person: row.person ?? undefined,
    integration: row.integration ?? undefined,
    outcome: row.outcome ?? undefined,
    line: row.line,
  }
}

function markOf({ time_ms, chain, seq }: AuditRow): string {
  return Buffer.from(JSON.stringify([time_ms, chain, seq])).toString('base64url')
}

/** @throws TypeError where this is no mark of `markOf` */
function placeOf(mark: string | undefined): AuditSearch['after'] {
  if (mark === undefined) return undefined
  const place = parsed(Buffer.from(mark, 'base64url').toString('utf8'))
  if (!Array.isArray(place) || place.length !== 3) throw strange()
  const [time_ms, chain, seq] = place as unknown[]
  if (!Number.isSafeInteger(time_ms) || typeof chain !== 'string' || !Number.isSafeInteger(seq)) throw strange()
  return { time_ms: Number(time_ms), chain, seq: Number(seq) }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw strange()
  }
}

function strange(): TypeError {
  return new TypeError('`after` is what `next` of the part before said')
}
