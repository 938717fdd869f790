import type { Secret } from '../../lib/secret.ts'
import type { StoreChange } from '../ports/changes.ts'
import type { Keyring } from '../ports/keyring.ts'
import { Commit } from './commit.ts'
import { OVERTAKEN, Records, settled } from './records.ts'
import type { StoreAccess } from './store-access.ts'

interface KeyDocument {
  readonly version: number
}

const COLUMN = 'value'
const CHANGED: readonly StoreChange[] = [{ kind: 'keys' }]

/** `meta`: what the store itself keeps, of which nobody is told. */
export type KeyringTable = 'key' | 'meta'

/** Keys in Redis, sealed on this side; also what the store itself keeps: what its key is checked by, and the key of its digests. */
export class RedisKeyring implements Keyring {
  readonly #access: StoreAccess
  readonly #keys: Records<KeyDocument>
  readonly #table: KeyringTable

  constructor(access: StoreAccess, table: KeyringTable) {
    this.#access = access
    this.#keys = new Records(access, table)
    this.#table = table
  }

  claim(name: string, candidate: Secret): Promise<Secret> {
    return settled(async () => (await this.get(name)) ?? ((await this.replace(name, 0, candidate)) ? candidate : OVERTAKEN))
  }

  async get(name: string): Promise<Secret | undefined> {
    const found = await this.#keys.get(name)
    return found && this.#keys.open(found, COLUMN)
  }

  replace(name: string, version: number, next: Secret): Promise<boolean> {
    return settled(async () => {
      const before = await this.#keys.get(name)
      if ((before?.document.version ?? 0) !== version) return false
      const commit = new Commit()
      this.#keys.put(commit, name, before, { version: version + 1 }, { [COLUMN]: next })
      commit.add('SADD', namesKey(this.#access, this.#table), name)
      return (await this.#commit(commit)) || OVERTAKEN
    })
  }

  async versionOf(name: string): Promise<number> {
    return (await this.#keys.head(name))?.document.version ?? 0
  }

  #commit(commit: Commit): Promise<boolean> {
    return this.#table === 'meta' ? this.#access.link.commit(commit) : this.#access.feed.commit(commit, CHANGED)
  }
}

/** The set of all names of a keyring. */
export function namesKey({ key }: StoreAccess, table: KeyringTable): string {
  return key(`${table}s`)
}
