import type { Secret } from '../../lib/secret.ts'
import type { SealedPlace, Sealer } from '../envelope.ts'
import type { Keyring } from '../ports/keyring.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { WorkerClient } from './worker-client.ts'

/** The authority's own keys in SQLite, sealed on this side. */
export class SqliteKeyring implements Keyring {
  readonly #client: WorkerClient
  readonly #sealer: Sealer
  readonly #feed: ChangeFeed

  constructor(client: WorkerClient, sealer: Sealer, feed: ChangeFeed) {
    this.#client = client
    this.#sealer = sealer
    this.#feed = feed
  }

  async claim(name: string, candidate: Secret): Promise<Secret> {
    const row = await this.#client.call('keyring.claim', { name, value: this.#sealer.seal(candidate, placeOf(name)) })
    if (row === undefined) throw new TypeError('a key is never removed, so that one of this name exists')
    return this.#sealer.open(row.value, placeOf(name))
  }

  async get(name: string): Promise<Secret | undefined> {
    const row = await this.#client.call('keyring.get', name)
    return row && this.#sealer.open(row.value, placeOf(name))
  }

  async replace(name: string, version: number, next: Secret): Promise<boolean> {
    const row = { name, version, value: this.#sealer.seal(next, placeOf(name)) }
    return await this.#client.call('keyring.replace', row, (replaced) => {
      if (replaced) this.#feed.tell({ kind: 'keys' })
    })
  }

  async versionOf(name: string): Promise<number> {
    return (await this.#client.call('keyring.get', name))?.version ?? 0
  }
}

function placeOf(row: string): SealedPlace {
  return { table: 'keyring', row, column: 'value' }
}
