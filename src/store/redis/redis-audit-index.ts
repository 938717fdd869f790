import type { AuditFilter, AuditIndex, IndexedRecord, SeriesFilter } from '../ports/audit-index.ts'
import type { AuditSeries, SeriesWindow } from '../ports/audit-series.ts'
import type { Page, PageWish } from '../ports/page.ts'
import { SeriesFold } from '../series-fold.ts'
import { auditRecordOf, matchesButTime } from './audit-document.ts'
import { AuditForm } from './audit-form.ts'
import { cursorOf, placeOf, spanOf } from './audit-place.ts'
import { narrowestSet, setsOf } from './audit-sets.ts'
import { Commit } from './commit.ts'
import { toJson } from './document-json.ts'
import { NumberedKeys } from './numbered-keys.ts'
import { checkLimit } from './ordered-index.ts'
import type { StoreAccess } from './store-access.ts'

const APPENDED_AT_ONCE = 100
const PRUNED_AT_ONCE = 200
const FEWEST_READ = 50
const COUNTED_AT_ONCE = 500
/** How many records one part of a list looks at, at most: a longer search goes on with the next part. */
const MAX_LOOKED_AT = 5000
/** How many records a series looks at, at most: each is read as a whole. */
const MAX_COUNTED = 20_000

/** One record and where it stands; undefined for one that was forgotten meanwhile. */
interface Found {
  readonly place: string
  readonly record: IndexedRecord | undefined
}

/** The searchable copy of the audit in Redis: documents by place, and sorted sets of places over all and by what is asked for most. */
export class RedisAuditIndex implements AuditIndex {
  readonly #access: Pick<StoreAccess, 'link' | 'key'>
  readonly #form: AuditForm
  readonly #maxCounted: number

  constructor(access: Pick<StoreAccess, 'link' | 'key'>, maxCounted = MAX_COUNTED) {
    this.#access = access
    this.#form = new AuditForm(access)
    this.#maxCounted = maxCounted
  }

  async append(records: readonly IndexedRecord[]): Promise<void> {
    if (records.length === 0) return
    await this.#form.isPresent() // while it is empty it gets its form
    for (let at = 0; at < records.length; at += APPENDED_AT_ONCE) await this.#append(records.slice(at, at + APPENDED_AT_ONCE))
  }

  async lastSeq(chain: string): Promise<number> {
    return Number((await this.#access.link.read('hget', this.#key('last'), chain)) ?? 0)
  }

  async get(chain: string, seq: number): Promise<IndexedRecord | undefined> {
    const place = await this.#access.link.read('hget', this.#key('places'), numberKey({ chain, seq }))
    if (typeof place !== 'string') return undefined
    const document = await this.#access.link.read('hget', this.#key('documents'), place)
    return typeof document === 'string' ? auditRecordOf(document) : undefined
  }

  async query(filter: AuditFilter, { limit, after }: PageWish): Promise<Page<IndexedRecord>> {
    checkLimit(limit)
    const span = spanOf(filter, after)
    const set = await this.#narrowest(filter)
    const found: { readonly record: IndexedRecord; readonly place: string }[] = []
    let { from } = span
    for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT;) {
      const atOnce = Math.max(FEWEST_READ, limit + 1)
      const part = await this.#read(set, from, span.to, atOnce)
      for (const { record, place } of part) if (record !== undefined && matchesButTime(record, filter)) found.push({ record, place })
      if (found.length > limit) return { items: found.slice(0, limit).map(({ record }) => record), next: cursorOf(found[limit - 1]?.place ?? '') }
      if (part.length < atOnce) return { items: found.map(({ record }) => record), next: undefined }
      lookedAt += part.length
      from = `(${part.at(-1)?.place}`
    }
    return { items: found.map(({ record }) => record), next: cursorOf(from.slice(1)) }
  }

  async series(filter: SeriesFilter, window: SeriesWindow): Promise<AuditSeries> {
    const fold = new SeriesFold(window)
    const set = await this.#narrowest(filter)
    const span = spanOf(window, undefined)
    let { from } = span
    let oldestMs = window.untilMs
    for (let left = this.#maxCounted; left > 0;) {
      const atOnce = Math.min(COUNTED_AT_ONCE, left)
      const part = await this.#read(set, from, span.to, atOnce)
      for (const { record } of part) {
        if (record === undefined) continue
        oldestMs = record.timeMs
        if (matchesButTime(record, filter)) fold.add(record)
      }
      if (part.length < atOnce) return fold.series()
      left -= part.length
      from = `(${part.at(-1)?.place}`
    }
    const further = await this.#read(set, from, span.to, 1)
    return fold.series(further.length === 0 ? undefined : oldestMs)
  }

  async prune(keepRecords: number): Promise<void> {
    await this.#form.bringUp()
    for (;;) {
      const over = Number(await this.#access.link.read('zcard', this.#key('all'))) - keepRecords
      if (over <= 0) return
      const places = await this.#access.link.read('zrange', this.#key('all'), 0, Math.min(over, PRUNED_AT_ONCE) - 1) as string[]
      const commit = new Commit()
      for (const found of await this.#documents(places)) this.#drop(commit, found)
      await this.#access.link.commit(commit)
    }
  }

  async #append(records: readonly IndexedRecord[]): Promise<void> {
    const keys = new NumberedKeys(this.#key('places'), this.#key('documents'), this.#key('last'))
    const given = records.flatMap((record) => {
      const sets = setsOf(this.#access.key, record).map((set) => keys.numberOf(set))
      return [record.chain, record.seq, placeOf(record), toJson(record), sets.length, ...sets]
    })
    await this.#access.link.append(keys.all, given)
  }

  #drop(commit: Commit, { place, record }: Found): void {
    commit.add('HDEL', this.#key('documents'), place).add('ZREM', this.#key('all'), place)
    if (record === undefined) return
    commit.add('HDEL', this.#key('places'), numberKey(record))
    for (const set of setsOf(this.#access.key, record)) commit.add('ZREM', set, place)
  }

  /** The newest of a set first. */
  async #read(set: string, from: string, to: string, atOnce: number): Promise<readonly Found[]> {
    return this.#documents(await this.#access.link.read('zrange', set, from, to, 'BYLEX', 'REV', 'LIMIT', 0, atOnce) as string[])
  }

  async #documents(places: readonly string[]): Promise<readonly Found[]> {
    if (places.length === 0) return []
    const documents = await this.#access.link.read('hmget', this.#key('documents'), ...places) as (string | null)[]
    return documents.map((document, at) => ({ place: places[at] ?? '', record: document === null ? undefined : auditRecordOf(document) }))
  }

  async #narrowest(filter: AuditFilter): Promise<string> {
    return narrowestSet(this.#access.key, filter, await this.#form.isPresent())
  }

  #key(...parts: readonly string[]): string {
    return this.#access.key('audit', ...parts)
  }
}

/** As the appending script writes it. */
function numberKey({ chain, seq }: Pick<IndexedRecord, 'chain' | 'seq'>): string {
  return `${chain}:${seq}`
}
