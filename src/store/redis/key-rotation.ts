import type { Secret } from '../../lib/secret.ts'
import { Envelope } from '../envelope.ts'
import { Commit } from './commit.ts'
import { OVERTAKEN, Records, settled } from './records.ts'
import { namesKey } from './redis-keyring.ts'
import { liveKey } from './redis-live-credentials.ts'
import { Sealing } from './sealing.ts'
import type { StoreAccess } from './store-access.ts'

interface SealedTable {
  readonly table: string
  /** Where all ids of the table stand. */
  readonly ids: string
  readonly scan: 'zscan' | 'sscan'
}

const SCANNED_AT_ONCE = 100

/** Each pass finds what other authorities sealed with another key in the meantime: as long as they do, there is no end. */
const MAX_PASSES = 5

/**
 * Puts keys in force and seals anew what others sealed. The order over several authorities: first every one is given the new key behind the
 * old, then every one the new before the old, then the old is taken away everywhere; so each can open, at any time, what any of them seals.
 */
export class KeyRotation {
  readonly #access: StoreAccess
  #last: Promise<unknown> = Promise.resolve()

  constructor(access: StoreAccess) {
    this.#access = access
  }

  /** One after the other, in the order of the calls. @throws StoreError; where something would not open any more the keys before stay */
  useKeys(keys: readonly [Secret, ...Secret[]]): Promise<void> {
    const turn = this.#last.then(() => this.#use(keys))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #use(keys: readonly [Secret, ...Secret[]]): Promise<void> {
    const envelope = new Envelope(keys)
    await this.#pass(envelope, (records, ids) => verify(records, ids))
    this.#access.sealing.use(envelope)
    // What was sealed with the key before is on its way to Redis, and is there when this is over.
    await this.#access.link.settled()
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      if ((await this.#pass(envelope, (records, ids) => this.#reseal(records, ids))) === 0) return
    }
  }

  /** Goes over all that another key sealed. @returns how many records those were */
  async #pass(envelope: Envelope, work: (records: Records<unknown>, ids: readonly string[]) => Promise<void>): Promise<number> {
    const access = { ...this.#access, sealing: new Sealing(envelope) }
    let count = 0
    for (const table of sealedTables(access)) {
      const records = new Records<unknown>(access, table.table)
      for await (const ids of this.#idsOf(table)) {
        const keyIds = await records.keyIdsOf(ids)
        const others = ids.filter((_, at) => keyIds[at] !== undefined && keyIds[at] !== envelope.currentKeyId)
        await work(records, others)
        count += others.length
      }
    }
    return count
  }

  async *#idsOf({ ids, scan }: SealedTable): AsyncGenerator<readonly string[]> {
    let cursor = '0'
    do {
      const [next, found] = await this.#access.link.read(scan, ids, cursor, 'COUNT', SCANNED_AT_ONCE) as [string, string[]]
      yield scan === 'zscan' ? found.filter((_, at) => at % 2 === 0) : found
      cursor = next
    } while (cursor !== '0')
  }

  async #reseal(records: Records<unknown>, ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => settled(async () => {
      const before = await records.get(id)
      if (before === undefined) return undefined
      const commit = new Commit()
      records.reseal(commit, before)
      return (await this.#access.link.commit(commit)) ? undefined : OVERTAKEN
    })))
  }
}

/** Everything that is sealed, by the index in which all of its kind stand. */
function sealedTables(access: StoreAccess): readonly SealedTable[] {
  return [
    { table: 'meta', ids: namesKey(access, 'meta'), scan: 'sscan' },
    { table: 'key', ids: namesKey(access, 'key'), scan: 'sscan' },
    { table: 'connection', ids: access.key('connections'), scan: 'zscan' },
    { table: 'live', ids: liveKey(access), scan: 'zscan' },
    { table: 'short', ids: access.key('shorts', 'due'), scan: 'zscan' },
  ]
}

/** @throws StoreError where one does not open */
async function verify(records: Records<unknown>, ids: readonly string[]): Promise<void> {
  for (const found of await records.getAll(ids)) {
    for (const column of Object.keys(found?.cells ?? {})) if (found !== undefined) records.open(found, column)
  }
}
