import type { NameDigest } from '../envelope-digest.ts'
import { MAX_PAYLOAD_BYTES, type NewRecord } from '../ports/short-lived.ts'
import type { Commit } from './commit.ts'
import { Records, type Stored } from './records.ts'
import { sealable } from './sealed-json.ts'
import type { StoreAccess } from './store-access.ts'

/** What stands in the clear; names as digests. */
export interface ShortLivedDocument {
  readonly expiresAtMs: number
  readonly grant: string | undefined
  readonly uid: string | undefined
  readonly userCode: string | undefined
  /** The first time. */
  readonly consumedAtMs: number | undefined
  /** The last attempt, and when it began. */
  readonly holder: string | undefined
  readonly heldAtMs: number | undefined
  readonly succeeded: boolean
  readonly successor: string | undefined
}

export type SecondName = 'uid' | 'user_code'

export const PAYLOAD = 'payload'

/** Redis forgets by itself what no authority swept for so long after its end. */
const GRACE_MS = 600_000

/** Short-lived records with their second names, their grants, and all of them by their end. */
export class ShortLivedRecords {
  readonly #access: StoreAccess
  readonly #digest: NameDigest
  readonly records: Records<ShortLivedDocument>

  constructor(access: StoreAccess, digest: NameDigest) {
    this.#access = access
    this.#digest = digest
    this.records = new Records(access, 'short')
  }

  idOf(kind: string, id: string): string {
    return this.#digest('record', kind, id)
  }

  grantOf(grant: string): string {
    return this.#digest('grant', grant)
  }

  /** The key that leads from a second name to the record. */
  nameKey(which: SecondName, kind: string, name: string): string {
    return this.#secondKey(which, this.#digest(which, kind, name))
  }

  /** Of a grant's records. */
  grantKey(grant: string): string {
    return this.#access.key('shorts', 'grant', grant)
  }

  /** All records by their end. */
  get due(): string {
    return this.#access.key('shorts', 'due')
  }

  /** Stores a record; of one that is over nothing but its place is left. @throws TypeError for a payload over its bound */
  put(commit: Commit, record: NewRecord, before: Stored<ShortLivedDocument> | undefined): void {
    const id = this.idOf(record.kind, record.id)
    const document = { ...this.#fresh(record), ...(before !== undefined && !this.over(before) && consumption(before.document)) }
    if (before !== undefined) this.#unlink(commit, before)
    this.records.put(commit, id, before, document, { [PAYLOAD]: sealable(record.payload) })
    this.#link(commit, id, document)
  }

  /** Changes what is known of its use, not the record itself. */
  mark(commit: Commit, before: Stored<ShortLivedDocument>, changes: Partial<ShortLivedDocument>): void {
    this.records.put(commit, before.id, before, { ...before.document, ...changes })
  }

  remove(commit: Commit, before: Stored<ShortLivedDocument>): void {
    this.records.remove(commit, before)
    this.#unlink(commit, before)
    commit.add('ZREM', this.due, before.id)
  }

  over({ document }: Stored<ShortLivedDocument>): boolean {
    return document.expiresAtMs <= this.#access.clock.nowMs()
  }

  #fresh({ kind, grant, uid, userCode, expiresAtMs }: NewRecord): ShortLivedDocument {
    return {
      expiresAtMs: Math.floor(expiresAtMs),
      grant: grant === undefined ? undefined : this.grantOf(grant),
      uid: uid === undefined ? undefined : this.#digest('uid', kind, uid),
      userCode: userCode === undefined ? undefined : this.#digest('user_code', kind, userCode),
      consumedAtMs: undefined, holder: undefined, heldAtMs: undefined, succeeded: false, successor: undefined,
    }
  }

  #link(commit: Commit, id: string, { expiresAtMs, uid, userCode, grant }: ShortLivedDocument): void {
    const lifeMs = expiresAtMs - this.#access.clock.nowMs() + GRACE_MS
    commit.add('PEXPIRE', this.records.key(id), lifeMs).add('ZADD', this.due, expiresAtMs, id)
    for (const name of this.#secondKeys(uid, userCode)) commit.add('SET', name, id, 'PX', lifeMs)
    if (grant !== undefined) commit.add('SADD', this.grantKey(grant), id).add('PEXPIREMAX', this.grantKey(grant), lifeMs)
  }

  #unlink(commit: Commit, { id, document: { uid, userCode, grant } }: Stored<ShortLivedDocument>): void {
    for (const name of this.#secondKeys(uid, userCode)) commit.add('DELIF', name, id)
    if (grant !== undefined) commit.add('SREM', this.grantKey(grant), id)
  }

  #secondKeys(uid: string | undefined, userCode: string | undefined): readonly string[] {
    return [...(uid === undefined ? [] : [this.#secondKey('uid', uid)]), ...(userCode === undefined ? [] : [this.#secondKey('user_code', userCode)])]
  }

  #secondKey(which: SecondName, digest: string): string {
    return this.#access.key('shorts', which, digest)
  }
}

/** @throws TypeError */
export function checkRecord({ payload, expiresAtMs }: NewRecord): void {
  if (!Number.isFinite(expiresAtMs)) throw new TypeError('a short-lived record ends at some time')
  if (Buffer.byteLength(JSON.stringify(payload)) > MAX_PAYLOAD_BYTES) throw new TypeError(`the payload of a record has at most ${MAX_PAYLOAD_BYTES} bytes`)
}

function consumption({ consumedAtMs, holder, heldAtMs, succeeded, successor }: ShortLivedDocument): Partial<ShortLivedDocument> {
  return { consumedAtMs, holder, heldAtMs, succeeded, successor }
}
