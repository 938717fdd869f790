import type { Cancel, Timers } from '../../lib/timers.ts'
import type { StoreError } from '../store-error.ts'
import type { RedisClient } from './redis-client.ts'
import { redisStoreError } from './redis-error.ts'
import type { RedisLink } from './redis-link.ts'
import { checkServer } from './server-check.ts'

/** What the watch works with. */
export interface ServerWatchOptions {
  readonly client: RedisClient
  readonly link: RedisLink
  readonly timers: Timers
  readonly allowVolatile: boolean
  readonly onReachable: (reachable: boolean, why: StoreError | undefined) => void
}

/** A master may be replaced, or set otherwise, without any connection of ours being lost. */
const EVERY_MS = 30_000
const RETRY_MS = 200

/**
 * Looks at each server that comes back or takes over before anything is stored there: it may be one that forgets. Calls are refused from the
 * moment the connection is lost until that has been seen to.
 */
export class ServerWatch {
  readonly #options: ServerWatchOptions
  #reachable = true
  #last: StoreError | undefined
  #cancel: Cancel = () => undefined
  #ended = false

  constructor(options: ServerWatchOptions) {
    this.#options = options
  }

  begin(): void {
    const { client } = this.#options
    client.on('error', (error: unknown) => {
      this.#last = redisStoreError(error, 'read')
    })
    client.on('close', () => this.#lost())
    client.on('ready', () => void this.#check())
    this.#checkIn(EVERY_MS)
  }

  end(): void {
    this.#ended = true
    this.#cancel()
  }

  #lost(): void {
    const why = this.#last ?? redisStoreError(new Error('the connection was closed'), 'read')
    this.#last = undefined
    this.#refuse(why)
  }

  async #check(): Promise<void> {
    const { client, link, allowVolatile } = this.#options
    this.#cancel()
    try {
      await checkServer(client, allowVolatile)
      link.refuse(undefined)
      this.#tell(true, undefined)
      this.#checkIn(EVERY_MS)
    } catch (error) {
      const why = redisStoreError(error, 'read')
      if (why.code === 'store_volatile' || why.code === 'store_failed') this.#refuse(why)
      this.#checkIn(RETRY_MS)
    }
  }

  #refuse(why: StoreError): void {
    this.#options.link.refuse(why)
    this.#tell(false, why)
  }

  #tell(reachable: boolean, why: StoreError | undefined): void {
    if (this.#ended || reachable === this.#reachable) return
    this.#reachable = reachable
    this.#options.onReachable(reachable, why)
  }

  #checkIn(delayMs: number): void {
    this.#cancel()
    if (!this.#ended) this.#cancel = this.#options.timers.after(delayMs, () => void this.#check())
  }
}
