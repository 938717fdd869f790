import type { AuditFilter, AuditIndex, IndexedRecord, SeriesFilter } from '../ports/audit-index.ts'
import type { AuditSeries, SeriesWindow } from '../ports/audit-series.ts'
import type { Page, PageWish } from '../ports/page.ts'
import { SeriesFold } from '../series-fold.ts'
import type { AuditSearch } from './audit-search.ts'
import type { AuditRow, QueryPart, SeriesPart } from './audit-statements.ts'
import { checkedLimit, pageOf } from './paging.ts'
import type { WorkerClient } from './worker-client.ts'

/** So many are put in or forgotten in one operation: the others' operations wait for no more than that. */
const PART = 500
/** So many are looked at in one operation, for the same reason: a few milliseconds. */
const LOOKED_AT_ONCE = 5000
/** How many operations one part of a list takes, at most: a longer search goes on with the next part. */
const MAX_LOOKS = 4

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

  async get(chain: string, seq: number): Promise<IndexedRecord | undefined> {
    const row = await this.#client.call('audit.get', { chain, seq })
    return row === undefined ? undefined : recordOf(row)
  }

  async query(filter: AuditFilter, page: PageWish): Promise<Page<IndexedRecord>> {
    const limit = checkedLimit(page.limit)
    const search: AuditSearch = { ...searchOf(filter), after: placeOf(page.after) }
    const rows: AuditRow[] = []
    let { until } = search
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const part: QueryPart = await this.#client.call('audit.query', { search: { ...search, until }, limit: limit + 1 - rows.length, look: LOOKED_AT_ONCE })
      rows.push(...part.rows)
      if (part.until === undefined || rows.length > limit) return pageOf(rows, limit, markOf, recordOf)
      until = part.until
    }
    return { items: rows.map(recordOf), next: until === undefined ? undefined : markOf({ time_ms: until + 1, chain: '', seq: 0 }) }
  }

  async series(filter: SeriesFilter, window: SeriesWindow): Promise<AuditSeries> {
    const fold = new SeriesFold(window)
    for (let until: number | undefined = window.untilMs; until !== undefined;) {
      const search: AuditSearch = { ...searchOf({ ...filter, sinceMs: window.sinceMs, untilMs: until }), after: undefined }
      const part: SeriesPart = await this.#client.call('audit.series', { search, window, look: LOOKED_AT_ONCE })
      fold.addAll(part.tallies)
      until = part.until
    }
    return fold.series()
  }

  async prune(keepRecords: number): Promise<void> {
    const bound = { keep: Math.max(0, Math.floor(keepRecords)), limit: PART }
    while ((await this.#client.call('audit.prune', bound)) === PART);
  }
}

function searchOf({ agent, person, delegation, session, integration, outcome, event, sinceMs, untilMs }: AuditFilter): Omit<AuditSearch, 'after'> {
  return { agent, person, delegation, session, integration, outcome, event, since: sinceMs, until: untilMs }
}

function rowOf({ chain, seq, timeMs, event, agent, person, delegation, session, integration, outcome, durationMs, line }: IndexedRecord): AuditRow {
  return {
    chain, seq, time_ms: timeMs, event, agent: agent ?? null, person: person ?? null, delegation: delegation ?? null, session: session ?? null,
    integration: integration ?? null, outcome: outcome ?? null, duration_ms: durationMs ?? null, line,
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
    delegation: row.delegation ?? undefined,
    session: row.session ?? undefined,
    integration: row.integration ?? undefined,
    outcome: row.outcome ?? undefined,
    durationMs: row.duration_ms ?? undefined,
    line: row.line,
  }
}

function markOf({ time_ms, chain, seq }: Pick<AuditRow, 'time_ms' | 'chain' | 'seq'>): string {
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
