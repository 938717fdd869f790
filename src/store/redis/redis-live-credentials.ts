import type { LiveCredential } from '../../integrations/issuer.ts'
import type { CredentialId } from '../../model/ids.ts'
import type { LiveCredentials } from '../ports/live-credentials.ts'
import { StoreError } from '../store-error.ts'
import { Commit } from './commit.ts'
import type { InstanceLease } from './instance-lease.ts'
import { OVERTAKEN, Records, type Stored, settled } from './records.ts'
import type { StoreAccess } from './store-access.ts'

interface LiveDocument {
  readonly integration: string
  readonly expiresAtMs: number
  /** The process that ends it. */
  readonly owner: string
}

const COLUMN = 'secret'

/** Live credentials in Redis, sealed on this side: each has the process that made it as its owner, or one that took it over. */
export class RedisLiveCredentials implements LiveCredentials {
  readonly #access: StoreAccess
  readonly #lease: InstanceLease
  readonly #live: Records<LiveDocument>

  constructor(access: StoreAccess, lease: InstanceLease) {
    this.#access = access
    this.#lease = lease
    this.#live = new Records(access, 'live')
  }

  async add({ id, integration, secret, expiresAtMs }: LiveCredential): Promise<void> {
    if (!Number.isFinite(expiresAtMs)) throw new TypeError('a live credential ends at some time')
    const document: LiveDocument = { integration, expiresAtMs: Math.floor(expiresAtMs), owner: this.#lease.instance }
    await settled(async () => {
      const commit = new Commit()
      this.#live.put(commit, id, await this.#live.head(id), document, { [COLUMN]: secret })
      commit.add('ZADD', liveKey(this.#access), document.expiresAtMs, id)
      return (await this.#access.link.commit(commit)) || OVERTAKEN
    })
  }

  async remove(id: CredentialId): Promise<void> {
    const commit = new Commit().add('DEL', this.#live.key(id)).add('ZREM', liveKey(this.#access), id)
    await this.#access.link.commit(commit)
  }

  async list(): Promise<readonly LiveCredential[]> {
    const ids = await this.#access.link.read('zrange', liveKey(this.#access), 0, -1) as string[]
    const found = (await this.#live.getAll(ids)).filter((one) => one !== undefined)
    const gone = await this.#goneOwners(new Set(found.map(({ document }) => document.owner)))
    const mine = await Promise.all(found.map(async (one) => {
      const { owner } = one.document
      return owner === this.#lease.instance || (gone.has(owner) && (await this.#adopt(one)))
    }))
    return found.filter((_, at) => mine[at]).map((one) => this.#opened(one))
  }

  async #goneOwners(owners: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const others = [...owners].filter((owner) => owner !== this.#lease.instance)
    const leases = await Promise.all(others.map((owner) => this.#access.link.read('exists', this.#lease.keyOf(owner))))
    return new Set(others.filter((_, at) => leases[at] === 0))
  }

  /** Of several that try, one gets it; none does once the owner is back. */
  #adopt(before: Stored<LiveDocument>): Promise<boolean> {
    const commit = new Commit().requireValue(this.#lease.keyOf(before.document.owner), undefined)
    this.#live.put(commit, before.id, before, { ...before.document, owner: this.#lease.instance })
    return this.#access.link.commit(commit)
  }

  #opened(found: Stored<LiveDocument>): LiveCredential {
    const secret = this.#live.open(found, COLUMN)
    if (secret === undefined) throw new StoreError('store_value_damaged', 'A stored credential has lost its secret: restore the store from a backup.')
    const { integration, expiresAtMs } = found.document
    return { id: found.id as CredentialId, integration, secret, expiresAtMs }
  }
}

/** The sorted set of all live credentials by their end. */
export function liveKey({ key }: StoreAccess): string {
  return key('lives')
}
