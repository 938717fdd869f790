import type { Clock } from '../../src/lib/clock.ts'
import type { Consumption, NewRecord, RecordKind, ShortLived, ShortLivedRecord } from '../../src/store/ports/short-lived.ts'

type Row = NewRecord & { consumedAtMs: number | undefined }

/** What connecting uses of the port, in memory. */
export class MemoryShortLived implements ShortLived {
  readonly rows = new Map<string, Row>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async put(record: NewRecord): Promise<void> {
    this.rows.set(`${record.kind} ${record.id}`, { ...record, consumedAtMs: undefined })
  }

  async putNew(record: NewRecord): Promise<boolean> {
    if ((await this.find(record.kind, record.id)) !== undefined) return false
    await this.put(record)
    return true
  }

  async find(kind: RecordKind, id: string): Promise<ShortLivedRecord | undefined> {
    const row = this.#living(kind, id)
    return row && { payload: row.payload, expiresAtMs: row.expiresAtMs, consumedAtMs: row.consumedAtMs, succeeded: false, successor: undefined }
  }

  async consume(kind: RecordKind, id: string): Promise<Consumption> {
    const row = this.#living(kind, id)
    if (row === undefined) return 'missing'
    if (row.consumedAtMs !== undefined) return 'consumed'
    row.consumedAtMs = this.#clock.nowMs()
    return 'first'
  }

  async remove(kind: RecordKind, id: string): Promise<void> {
    this.rows.delete(`${kind} ${id}`)
  }

  findByUid(): Promise<never> {
    throw new TypeError('connecting does not look by uid')
  }

  findByUserCode(): Promise<never> {
    throw new TypeError('connecting does not look by user code')
  }

  putSuccessor(): Promise<never> {
    throw new TypeError('connecting puts no successors')
  }

  removeByGrant(): Promise<never> {
    throw new TypeError('connecting has no grants')
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    const over = [...this.rows].filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs).slice(0, limit)
    for (const [name] of over) this.rows.delete(name)
    return over.length
  }

  #living(kind: RecordKind, id: string): Row | undefined {
    const row = this.rows.get(`${kind} ${id}`)
    return row !== undefined && row.expiresAtMs > this.#clock.nowMs() ? row : undefined
  }
}
