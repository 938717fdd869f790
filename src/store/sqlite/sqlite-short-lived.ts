import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import type { SealedPlace, Sealer } from '../envelope.ts'
import type { NameDigest } from '../envelope-digest.ts'
import {
  type Consumption, MAX_PAYLOAD_BYTES, type NewRecord, type Predecessor, type RecordKind, type ShortLived, type ShortLivedRecord,
} from '../ports/short-lived.ts'
import type { RecordRow } from './record-statements.ts'
import type { WorkerClient } from './worker-client.ts'

type FindOperation = 'records.find' | 'records.find_by_uid' | 'records.find_by_user_code'

/** Short-lived records in SQLite: names digested and payloads sealed on this side. */
export class SqliteShortLived implements ShortLived {
  readonly #client: WorkerClient
  readonly #sealer: Sealer
  readonly #digest: NameDigest
  readonly #clock: Clock

  constructor(client: WorkerClient, sealer: Sealer, digest: NameDigest, clock: Clock) {
    this.#client = client
    this.#sealer = sealer
    this.#digest = digest
    this.#clock = clock
  }

  async put(record: NewRecord): Promise<void> {
    await this.#client.call('records.put', this.#row(record))
  }

  async putNew(record: NewRecord): Promise<boolean> {
    return await this.#client.call('records.put_new', this.#row(record))
  }

  find(kind: RecordKind, id: string): Promise<ShortLivedRecord | undefined> {
    return this.#find('records.find', this.#nameOf(kind, id))
  }

  findByUid(kind: RecordKind, uid: string): Promise<ShortLivedRecord | undefined> {
    return this.#find('records.find_by_uid', this.#digest('uid', kind, uid))
  }

  findByUserCode(kind: RecordKind, userCode: string): Promise<ShortLivedRecord | undefined> {
    return this.#find('records.find_by_user_code', this.#digest('user_code', kind, userCode))
  }

  async consume(kind: RecordKind, id: string, holder: string, leaseMs?: number): Promise<Consumption> {
    const attempt = { name: this.#nameOf(kind, id), now: this.#clock.nowMs(), holder, lease: leaseMs ?? null }
    return await this.#client.call('records.consume', attempt)
  }

  async putSuccessor(record: NewRecord, { kind, id, holder, note }: Predecessor): Promise<boolean> {
    const row = { ...this.#row(record), predecessor: this.#nameOf(kind, id), holder, note }
    return await this.#client.call('records.put_successor', row)
  }

  async remove(kind: RecordKind, id: string): Promise<void> {
    await this.#client.call('records.remove', this.#nameOf(kind, id))
  }

  async removeByGrant(grant: string): Promise<void> {
    await this.#client.call('records.remove_by_grant', this.#digest('grant', grant))
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    return await this.#client.call('records.sweep', { now: nowMs, limit })
  }

  #nameOf(kind: RecordKind, id: string): string {
    return this.#digest('id', kind, id)
  }

  #row({ kind, id, payload, expiresAtMs, grant, uid, userCode }: NewRecord) {
    if (!Number.isFinite(expiresAtMs)) throw new TypeError('a short-lived record ends at some time')
    const name = this.#nameOf(kind, id)
    return {
      name,
      kind,
      grant_name: grant === undefined ? null : this.#digest('grant', grant),
      uid: uid === undefined ? null : this.#digest('uid', kind, uid),
      user_code: userCode === undefined ? null : this.#digest('user_code', kind, userCode),
      payload: this.#sealer.seal(new Secret(jsonOf(payload)), placeOf(name)),
      expires_at: Math.floor(expiresAtMs),
      now: this.#clock.nowMs(),
    }
  }

  async #find(operation: FindOperation, name: string): Promise<ShortLivedRecord | undefined> {
    const row = await this.#client.call(operation, { name, now: this.#clock.nowMs() })
    return row && this.#opened(row)
  }

  #opened(row: RecordRow): ShortLivedRecord {
    return {
      payload: JSON.parse(this.#sealer.open(row.payload, placeOf(row.name)).reveal()) as Record<string, unknown>,
      expiresAtMs: row.expires_at,
      consumedAtMs: row.consumed_at ?? undefined,
      succeeded: row.successor !== null,
      successor: row.successor ?? undefined,
    }
  }
}

function jsonOf(payload: NewRecord['payload']): string {
  const json = JSON.stringify(payload)
  if (Buffer.byteLength(json) > MAX_PAYLOAD_BYTES) throw new TypeError(`a short-lived record holds at most ${MAX_PAYLOAD_BYTES} bytes of JSON`)
  return json
}

function placeOf(row: string): SealedPlace {
  return { table: 'records', row, column: 'payload' }
}
