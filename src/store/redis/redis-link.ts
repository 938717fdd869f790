import { createHash } from 'node:crypto'
import type { Timers } from '../../lib/timers.ts'
import { StoreError } from '../store-error.ts'
import { Commit } from './commit.ts'
import { Lane } from './lane.ts'
import type { RedisClient } from './redis-client.ts'
import { type CommandEffect, NoAnswer, redisStoreError } from './redis-error.ts'
import { MAX_IN_FLIGHT, MAX_WAITING } from './redis-settings.ts'
import { APPEND, COMMIT, FILL, READ } from './scripts.ts'

type Argument = string | number

interface Script {
  readonly lua: string
  readonly sha: string
}

const SCRIPTS = { commit: script(COMMIT), read: script(READ), append: script(APPEND), fill: script(FILL) }

/** Most keys that one reading script is given, so that Redis answers others in between. */
const READ_BATCH = 100

/** The connection that all calls but the change feed's share: bounded, each call in time or failed, and nothing sent twice. */
export class RedisLink {
  readonly #client: RedisClient
  readonly #timers: Timers
  readonly #commandMs: number
  readonly #places: string
  readonly #lane = new Lane(MAX_IN_FLIGHT, MAX_WAITING)
  readonly #underWay = new Set<Promise<unknown>>()
  #refusal: StoreError | undefined

  /** @param places the key that counts places in the order of creation */
  constructor(client: RedisClient, timers: Timers, commandMs: number, places: string) {
    this.#client = client
    this.#timers = timers
    this.#commandMs = commandMs
    this.#places = places
  }

  /** Whether commands are taken at the moment. */
  get ready(): boolean {
    return this.#refusal === undefined && this.#client.status === 'ready'
  }

  /** One command that changes nothing. @throws StoreError */
  read(command: string, ...given: readonly Argument[]): Promise<unknown> {
    return this.#run('read', () => this.#client.call(command, ...given))
  }

  /** One command that may be sent again by whoever calls. @throws StoreError */
  write(command: string, ...given: readonly Argument[]): Promise<unknown> {
    return this.#run('write', () => this.#client.call(command, ...given))
  }

  /** The hashes with these keys, each batch as they stood at one moment; empty where there is none. @throws StoreError */
  async readHashes(keys: readonly string[]): Promise<readonly ReadonlyMap<string, string>[]> {
    const hashes: ReadonlyMap<string, string>[] = []
    for (let at = 0; at < keys.length; at += READ_BATCH) {
      const batch = keys.slice(at, at + READ_BATCH)
      const flat = await this.#run('read', () => this.#script(SCRIPTS.read, [batch.length, ...batch])) as readonly (readonly string[])[]
      hashes.push(...flat.map(pairs))
    }
    return hashes
  }

  /** @returns whether all guards held, so that all was done; else nothing was. @throws StoreError */
  async commit(commit: Commit): Promise<boolean> {
    return (await this.#run('write', () => this.#script(SCRIPTS.commit, commit.toArguments(this.#places)))) === 1
  }

  /** Runs the script that adds audit records. @throws StoreError */
  async append(keys: readonly string[], given: readonly Argument[]): Promise<void> {
    await this.#run('write', () => this.#script(SCRIPTS.append, [keys.length, ...keys, ...given]))
  }

  /** Runs the script that puts audit records into sets. @throws StoreError */
  async fill(keys: readonly string[], given: readonly Argument[]): Promise<void> {
    await this.#run('write', () => this.#script(SCRIPTS.fill, [keys.length, ...keys, ...given]))
  }

  /** Has Redis learn the scripts, so that from now on commands arrive in the order in which they were given. @throws StoreError */
  async prepare(): Promise<void> {
    await this.readHashes([this.#places + ':none'])
    await this.commit(new Commit())
  }

  /** Resolves once all that is under way now has ended, one way or the other. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }

  /** Every call fails with this from now on; undefined takes it back, but for the end. */
  refuse(reason: StoreError | undefined): void {
    if (this.#refusal?.code !== 'store_closed') this.#refusal = reason
  }

  /** Takes nothing more, ends what is under way, then closes. */
  async close(): Promise<void> {
    this.refuse(new StoreError('store_closed', 'The store is closed.'))
    await this.#lane.idle()
    this.#client.disconnect()
  }

  async #run<T>(effect: CommandEffect, work: () => Promise<T>): Promise<T> {
    if (this.#refusal !== undefined) throw this.#refusal
    const result = this.#lane.run(async () => {
      try {
        return await this.#inTime(work())
      } catch (error) {
        throw redisStoreError(error, effect)
      }
    })
    this.#underWay.add(result)
    try {
      return await result
    } finally {
      this.#underWay.delete(result)
    }
  }

  /**
   * ioredis could do this (`commandTimeout`), but where our own event loop was held up its timer runs before the answer that has long been
   * here is read: one more turn of the loop tells the two apart.
   */
  #inTime<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new NoAnswer('no answer in time'))
      const cancel = this.#timers.after(this.#commandMs, () => setImmediate(() => setImmediate(late)))
      answer.then(resolve, reject).finally(cancel)
    })
  }

  async #script({ lua, sha }: Script, given: readonly Argument[]): Promise<unknown> {
    try {
      return await this.#client.call('evalsha', sha, ...given)
    } catch (error) {
      // A server that was started anew, or took over, does not know it yet; nothing was carried out.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return this.#client.call('eval', lua, ...given)
    }
  }
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

function pairs(flat: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (let at = 0; at + 1 < flat.length; at += 2) map.set(flat[at] ?? '', flat[at + 1] ?? '')
  return map
}
