import type { AuditFilter, AuditIndex, IndexedRecord } from '../ports/audit-index.ts'
import type { Page, PageWish } from '../ports/page.ts'
import { cursorOf, placeOf, spanOf } from './audit-place.ts'
import { Commit } from './commit.ts'
import { fromJson, toJson } from './document-json.ts'
import { checkLimit } from './ordered-index.ts'
import type { StoreAccess } from './store-access.ts'

const APPENDED_AT_ONCE = 100
const PRUNED_AT_ONCE = 200
const FEWEST_READ = 50
/** How many records one part of a list looks at, at most: a longer search goes on with the next part. */
const MAX_LOOKED_AT = 5000

/** The searchable copy of the audit in Redis: documents by place, and sorted sets of places over all, by agent, person and integration. */
export class RedisAuditIndex implements AuditIndex {
  readonly #access: StoreAccess

  constructor(access: StoreAccess) {
    this.#access = access
  }

  async append(records: readonly IndexedRecord[]): Promise<void> {
    for (let at = 0; at < records.length; at += APPENDED_AT_ONCE) await this.#append(records.slice(at, at + APPENDED_AT_ONCE))
  }

  async lastSeq(chain: string): Promise<number> {
    return Number((await this.#access.link.read('hget', this.#key('last'), chain)) ?? 0)
  }

  async query(filter: AuditFilter, { limit, after }: PageWish): Promise<Page<IndexedRecord>> {
    checkLimit(limit)
    const span = spanOf(filter, after)
    const found: { readonly record: IndexedRecord; readonly place: string }[] = []
    let { from } = span
    for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT;) {
      const atOnce = Math.max(FEWEST_READ, limit + 1)
      const places = await this.#access.link.read('zrange', this.#narrowest(filter), from, span.to, 'BYLEX', 'REV', 'LIMIT', 0, atOnce) as string[]
      const records = await this.#documents(places)
      for (const [at, record] of records.entries()) {
        if (record !== undefined && matches(record, filter)) found.push({ record, place: places[at] ?? '' })
      }
      if (found.length > limit) return { items: found.slice(0, limit).map(({ record }) => record), next: cursorOf(found[limit - 1]?.place ?? '') }
      if (places.length < atOnce) return { items: found.map(({ record }) => record), next: undefined }
      lookedAt += places.length
      from = `(${places.at(-1)}`
    }
    return { items: found.map(({ record }) => record), next: cursorOf(from.slice(1)) }
  }

  async prune(keepRecords: number): Promise<void> {
    for (;;) {
      const over = Number(await this.#access.link.read('zcard', this.#key('all'))) - keepRecords
      if (over <= 0) return
      const places = await this.#access.link.read('zrange', this.#key('all'), 0, Math.min(over, PRUNED_AT_ONCE) - 1) as string[]
      const commit = new Commit()
      for (const [at, record] of (await this.#documents(places)).entries()) this.#drop(commit, places[at] ?? '', record)
      await this.#access.link.commit(commit)
    }
  }

  async #append(records: readonly IndexedRecord[]): Promise<void> {
    const keys = [this.#key('places'), this.#key('documents'), this.#key('last')]
    const numbers = new Map<string, number>()
    const numberOf = (index: string): number => {
      const number = numbers.get(index) ?? keys.push(index)
      numbers.set(index, number)
      return number
    }
    const given = records.flatMap((record) => {
      const indices = this.#indices(record).map(numberOf)
      return [record.chain, record.seq, placeOf(record), toJson(record), indices.length, ...indices]
    })
    await this.#access.link.append(keys, given)
  }

  #drop(commit: Commit, place: string, record: IndexedRecord | undefined): void {
    commit.add('HDEL', this.#key('documents'), place).add('ZREM', this.#key('all'), place)
    if (record === undefined) return
    commit.add('HDEL', this.#key('places'), numberKey(record))
    for (const index of this.#indices(record)) commit.add('ZREM', index, place)
  }

  async #documents(places: readonly string[]): Promise<readonly (IndexedRecord | undefined)[]> {
    if (places.length === 0) return []
    const documents = await this.#access.link.read('hmget', this.#key('documents'), ...places) as (string | null)[]
    return documents.map((document) => (document === null ? undefined : fromJson(document) as IndexedRecord))
  }

  #narrowest({ agent, person, integration }: AuditFilter): string {
    if (person !== undefined) return this.#key('for', person)
    if (agent !== undefined) return this.#key('by', agent)
    return integration === undefined ? this.#key('all') : this.#key('at', integration)
  }

  #indices({ agent, person, integration }: IndexedRecord): readonly string[] {
    return [
      this.#key('all'),
      ...(person === undefined ? [] : [this.#key('for', person)]),
      ...(agent === undefined ? [] : [this.#key('by', agent)]),
      ...(integration === undefined ? [] : [this.#key('at', integration)]),
    ]
  }

  #key(...parts: readonly string[]): string {
    return this.#access.key('audit', ...parts)
  }
}

/** As the appending script writes it. */
function numberKey({ chain, seq }: IndexedRecord): string {
  return `${chain}:${seq}`
}

function matches(record: IndexedRecord, { agent, person, integration, event, outcome }: AuditFilter): boolean {
  return (agent === undefined || record.agent === agent) && (person === undefined || record.person === person)
    && (integration === undefined || record.integration === integration) && (outcome === undefined || record.outcome === outcome)
    && (event === undefined || record.event === event || record.event.startsWith(`${event}.`))
}
