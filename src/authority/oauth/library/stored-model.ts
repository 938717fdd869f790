import { randomUUID } from 'node:crypto'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { Clock } from '../../../lib/clock.ts'
import type { NewRecord, ShortLived, ShortLivedRecord } from '../../../store/ports/short-lived.ts'

/** Far below what the store takes: nothing that a client sends needs more. */
const MAX_PAYLOAD_BYTES = 96 * 1024

export interface StoredModelOptions {
  readonly shortLived: ShortLived
  readonly clock: Clock
  /** A code was used by two at once: what was issued for the grant ends. */
  onUsedTwice(grant: string): Promise<void>
}

/** One of the library's models in the store of short-lived things. The name of a record is the secret itself and is not repeated inside. */
export class StoredModel implements Adapter {
  protected readonly options: StoredModelOptions
  protected readonly kind: `oauth:${string}`

  constructor(name: string, options: StoredModelOptions) {
    this.kind = `oauth:${name}`
    this.options = options
  }

  async upsert(id: string, payload: AdapterPayload, expiresInS?: number): Promise<void> {
    await this.options.shortLived.put(this.record(id, payload, expiresInS))
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return payloadOf(id, await this.options.shortLived.find(this.kind, id))
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return payloadOf(undefined, await this.options.shortLived.findByUserCode(this.kind, userCode))
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return payloadOf(undefined, await this.options.shortLived.findByUid(this.kind, uid))
  }

  /** Of all who consume at once one goes on; for all others it is a replay (RFC 6749 section 4.1.2). */
  async consume(id: string): Promise<void> {
    const outcome = await this.options.shortLived.consume(this.kind, id, randomUUID())
    if (outcome === 'first') return
    const record = await this.options.shortLived.find(this.kind, id)
    const grant = record?.payload['grantId']
    if (typeof grant === 'string') await this.options.onUsedTwice(grant)
    throw new errors.InvalidGrant('it was used already')
  }

  async destroy(id: string): Promise<void> {
    await this.options.shortLived.remove(this.kind, id)
  }

  async revokeByGrantId(grant: string): Promise<void> {
    await this.options.shortLived.removeByGrant(grant)
  }

  protected record(id: string, payload: AdapterPayload, expiresInS: number | undefined): NewRecord {
    const { jti, ...rest } = payload
    // A device code is found by what the person types, and has to say then which it is.
    const kept = payload.userCode === undefined ? rest : { ...rest, jti }
    if (JSON.stringify(kept).length > MAX_PAYLOAD_BYTES) throw new errors.InvalidRequest('the request is too large')
    return {
      kind: this.kind,
      id,
      payload: kept,
      expiresAtMs: this.options.clock.nowMs() + Math.max(1, expiresInS ?? 1) * 1000,
      grant: payload.grantId,
      uid: payload.uid,
      userCode: payload.userCode,
    }
  }
}

/** What the library reads of a record. @param id undefined where the payload itself says it */
export function payloadOf(id: string | undefined, record: ShortLivedRecord | undefined): AdapterPayload | undefined {
  if (record === undefined) return undefined
  return {
    ...record.payload,
    ...(id === undefined ? {} : { jti: id }),
    ...(record.consumedAtMs === undefined ? {} : { consumed: Math.floor(record.consumedAtMs / 1000) }),
  }
}
