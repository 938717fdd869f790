import { createHash } from 'node:crypto'
import type { Clock } from '../../../src/lib/clock.ts'
import type { Consumption, NewRecord, Predecessor, ShortLived, ShortLivedRecord } from '../../../src/store/ports/short-lived.ts'

interface Kept {
  record: NewRecord
  consumedAtMs: number | undefined
  holder: string | undefined
  attemptedAtMs: number | undefined
  successor: string | undefined
  succeeded: boolean
}

/** The store of short-lived things in memory, as its port describes it. Each change happens in one turn of the event loop. */
export class MemoryShortLived implements ShortLived {
  readonly #kept = new Map<string, Kept>()
  readonly #clock: Clock
  /** Called before a successor is stored: a test can let an attempt die there. */
  beforeSuccessor: () => void = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#kept.size
  }

  /** The records of one kind that are there now. */
  ofKind(kind: string): readonly NewRecord[] {
    return [...this.#kept.values()].map(({ record }) => record).filter((record) => record.kind === kind)
  }

  async put(record: NewRecord): Promise<void> {
    const known = this.#live(record.kind, record.id)
    this.#kept.set(keyOf(record.kind, record.id), known === undefined ? fresh(record) : { ...known, record: copyOf(record) })
  }

  async putNew(record: NewRecord): Promise<boolean> {
    if (this.#live(record.kind, record.id) !== undefined) return false
    this.#kept.set(keyOf(record.kind, record.id), fresh(record))
    return true
  }

  async find(kind: string, id: string): Promise<ShortLivedRecord | undefined> {
    return shown(this.#live(kind, id))
  }

  async findByUid(kind: string, uid: string): Promise<ShortLivedRecord | undefined> {
    return shown(this.#search(kind, (record) => record.uid === uid))
  }

  async findByUserCode(kind: string, userCode: string): Promise<ShortLivedRecord | undefined> {
    return shown(this.#search(kind, (record) => record.userCode === userCode))
  }

  async consume(kind: string, id: string, holder: string, leaseMs?: number): Promise<Consumption> {
    const kept = this.#live(kind, id)
    if (kept === undefined) return 'missing'
    const nowMs = this.#clock.nowMs()
    const first = kept.consumedAtMs === undefined
    const over = !first && !kept.succeeded && leaseMs !== undefined && nowMs >= (kept.attemptedAtMs ?? 0) + leaseMs
    if (!first && !over) return 'consumed'
    Object.assign(kept, { consumedAtMs: kept.consumedAtMs ?? nowMs, attemptedAtMs: nowMs, holder })
    return first ? 'first' : 'taken_over'
  }

  async putSuccessor(record: NewRecord, predecessor: Predecessor): Promise<boolean> {
    this.beforeSuccessor()
    const before = this.#live(predecessor.kind, predecessor.id)
    if (before === undefined || before.holder !== predecessor.holder || before.succeeded) return false
    this.#kept.set(keyOf(record.kind, record.id), fresh(record))
    Object.assign(before, { succeeded: true, successor: predecessor.note })
    return true
  }

  async remove(kind: string, id: string): Promise<void> {
    this.#kept.delete(keyOf(kind, id))
  }

  async removeByGrant(grant: string): Promise<void> {
    for (const [key, { record }] of this.#kept) if (record.grant === grant) this.#kept.delete(key)
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    const over = [...this.#kept].filter(([, { record }]) => record.expiresAtMs <= nowMs).slice(0, limit)
    for (const [key] of over) this.#kept.delete(key)
    return over.length
  }

  #live(kind: string, id: string): Kept | undefined {
    const kept = this.#kept.get(keyOf(kind, id))
    return kept !== undefined && kept.record.expiresAtMs > this.#clock.nowMs() ? kept : undefined
  }

  #search(kind: string, matches: (record: NewRecord) => boolean): Kept | undefined {
    return [...this.#kept.values()].find((kept) => kept.record.kind === kind && kept.record.expiresAtMs > this.#clock.nowMs() && matches(kept.record))
  }
}

/** As in a real store the name is kept as a digest only. */
function keyOf(kind: string, id: string): string {
  return `${kind} ${createHash('sha256').update(id).digest('base64url')}`
}

function fresh(record: NewRecord): Kept {
  return { record: copyOf(record), consumedAtMs: undefined, holder: undefined, attemptedAtMs: undefined, successor: undefined, succeeded: false }
}

/** A real store writes JSON: nothing that a caller changes later is changed there. */
function copyOf(record: NewRecord): NewRecord {
  return { ...record, payload: JSON.parse(JSON.stringify(record.payload)) as Record<string, unknown> }
}

function shown(kept: Kept | undefined): ShortLivedRecord | undefined {
  if (kept === undefined) return undefined
  const { record, consumedAtMs, succeeded, successor } = kept
  return { payload: copyOf(record).payload, expiresAtMs: record.expiresAtMs, consumedAtMs, succeeded, successor }
}
