import type { NameDigest } from '../envelope-digest.ts'
import type { Consumption, NewRecord, Predecessor, RecordKind, ShortLived, ShortLivedRecord } from '../ports/short-lived.ts'
import { StoreError } from '../store-error.ts'
import { Commit } from './commit.ts'
import { OVERTAKEN, type Stored, settled } from './records.ts'
import { payloadOf } from './sealed-json.ts'
import { checkRecord, PAYLOAD, type SecondName, type ShortLivedDocument, ShortLivedRecords } from './short-lived-records.ts'
import type { StoreAccess } from './store-access.ts'

/** An attempt from so far in the future was begun by a clock that has been set back since: it would be waited for as long. */
const CLOCK_SET_BACK_MS = 60_000

/** How many of a grant's records are removed in one script. */
const REMOVED_AT_ONCE = 200

/** Codes, tokens and browser sessions in Redis. */
export class RedisShortLived implements ShortLived {
  readonly #access: StoreAccess
  readonly #short: ShortLivedRecords

  constructor(access: StoreAccess, digest: NameDigest) {
    this.#access = access
    this.#short = new ShortLivedRecords(access, digest)
  }

  async put(record: NewRecord): Promise<void> {
    checkRecord(record)
    if (this.#late(record)) return this.remove(record.kind, record.id)
    await this.#tryAsNew(record, (before) => this.#put(record, before))
  }

  async putNew(record: NewRecord): Promise<boolean> {
    checkRecord(record)
    if (this.#late(record)) return false
    return this.#tryAsNew(record, (before) => (before !== undefined && !this.#short.over(before) ? Promise.resolve(false) : this.#put(record, before)))
  }

  async find(kind: RecordKind, id: string): Promise<ShortLivedRecord | undefined> {
    return this.#given(await this.#short.records.get(this.#short.idOf(kind, id)))
  }

  findByUid(kind: RecordKind, uid: string): Promise<ShortLivedRecord | undefined> {
    return this.#findByName('uid', kind, uid)
  }

  findByUserCode(kind: RecordKind, userCode: string): Promise<ShortLivedRecord | undefined> {
    return this.#findByName('user_code', kind, userCode)
  }

  consume(kind: RecordKind, id: string, holder: string, leaseMs?: number): Promise<Consumption> {
    const name = this.#short.idOf(kind, id)
    return settled(async () => {
      const before = await this.#short.records.head(name)
      const now = this.#access.clock.nowMs()
      if (before === undefined || this.#short.over(before)) return 'missing'
      const first = before.document.consumedAtMs === undefined
      if (!first && !abandoned(before.document, now, leaseMs)) return 'consumed'
      const commit = new Commit()
      this.#short.mark(commit, before, { holder, heldAtMs: now, ...(first && { consumedAtMs: now }) })
      if (!(await this.#access.link.commit(commit))) return OVERTAKEN
      return first ? 'first' : 'taken_over'
    })
  }

  async putSuccessor(record: NewRecord, predecessor: Predecessor): Promise<boolean> {
    checkRecord(record)
    const { records } = this.#short
    const [from, to] = [this.#short.idOf(predecessor.kind, predecessor.id), this.#short.idOf(record.kind, record.id)]
    return settled(async () => {
      const [old, taken] = await Promise.all([records.head(from), records.head(to)])
      if (old === undefined || this.#short.over(old) || this.#late(record)) return false
      if (old.document.holder !== predecessor.holder || old.document.succeeded) return false
      if (taken !== undefined && !this.#short.over(taken)) return false
      const commit = new Commit()
      this.#short.mark(commit, old, { succeeded: true, successor: predecessor.note })
      this.#short.put(commit, record, taken)
      return (await this.#access.link.commit(commit)) || OVERTAKEN
    })
  }

  async remove(kind: RecordKind, id: string): Promise<void> {
    await this.#removeRecord(this.#short.idOf(kind, id), () => undefined)
  }

  /** Until none is left: what is put under the grant while others are removed is removed, too, or was put afterwards. */
  async removeByGrant(grant: string): Promise<void> {
    const named = this.#short.grantKey(this.#short.grantOf(grant))
    return settled(async () => {
      const ids = await this.#access.link.read('srandmember', named, REMOVED_AT_ONCE) as string[]
      if (ids.length === 0) return undefined
      await Promise.all(ids.map((id) => this.#removeRecord(id, (commit) => commit.add('SREM', named, id))))
      return OVERTAKEN
    })
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    const ids = await this.#access.link.read('zrange', this.#short.due, '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, limit) as string[]
    const over = ({ expiresAtMs }: ShortLivedDocument): boolean => expiresAtMs <= nowMs
    const swept = await Promise.all(ids.map((id) => this.#removeRecord(id, (commit) => commit.add('ZREM', this.#short.due, id), over)))
    return swept.filter(Boolean).length
  }

  /**
   * @param unname takes away where the name was found: Redis may have forgotten the record by itself
   * @returns whether it was removed
   */
  #removeRecord(id: string, unname: (commit: Commit) => void, wanted: (document: ShortLivedDocument) => boolean = () => true): Promise<boolean> {
    return settled(async () => {
      const before = await this.#short.records.head(id)
      if (before !== undefined && !wanted(before.document)) return false
      const commit = new Commit()
      if (before === undefined) commit.requireRevision(this.#short.records.key(id), undefined)
      else this.#short.remove(commit, before)
      unname(commit)
      return (await this.#access.link.commit(commit)) || OVERTAKEN
    })
  }

  /** Most records are new: the first attempt takes that for granted, and only the next ones look. */
  #tryAsNew(record: NewRecord, attempt: (before: Stored<ShortLivedDocument> | undefined) => Promise<boolean | typeof OVERTAKEN>): Promise<boolean> {
    const id = this.#short.idOf(record.kind, record.id)
    let looked = false
    return settled(async () => {
      const before = looked ? await this.#short.records.head(id) : undefined
      looked = true
      return attempt(before)
    })
  }

  async #put(record: NewRecord, before: Stored<ShortLivedDocument> | undefined): Promise<true | typeof OVERTAKEN> {
    const commit = new Commit()
    this.#short.put(commit, record, before)
    return (await this.#access.link.commit(commit)) || OVERTAKEN
  }

  async #findByName(which: SecondName, kind: RecordKind, name: string): Promise<ShortLivedRecord | undefined> {
    const id = await this.#access.link.read('get', this.#short.nameKey(which, kind, name))
    return typeof id === 'string' ? this.#given(await this.#short.records.get(id)) : undefined
  }

  #given(found: Stored<ShortLivedDocument> | undefined): ShortLivedRecord | undefined {
    if (found === undefined || this.#short.over(found)) return undefined
    const opened = this.#short.records.open(found, PAYLOAD)
    if (opened === undefined) throw new StoreError('store_value_damaged', 'A stored record has lost its payload: restore the store from a backup.')
    const { expiresAtMs, consumedAtMs, succeeded, successor } = found.document
    return { payload: payloadOf(opened), expiresAtMs, consumedAtMs, succeeded, successor }
  }

  #late({ expiresAtMs }: NewRecord): boolean {
    return expiresAtMs <= this.#access.clock.nowMs()
  }
}

/** Whether the last attempt left no successor, and its time for that is over. */
function abandoned({ succeeded, heldAtMs = 0 }: ShortLivedDocument, now: number, leaseMs: number | undefined): boolean {
  if (leaseMs === undefined || succeeded) return false
  return heldAtMs + leaseMs <= now || heldAtMs > now + CLOCK_SET_BACK_MS
}
