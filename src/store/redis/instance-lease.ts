import type { Cancel, Timers } from '../../lib/timers.ts'
import { Commit } from './commit.ts'
import type { StoreAccess } from './store-access.ts'

/** That this process lives, as others see it: a key that goes by itself once it is not renewed. */
export class InstanceLease {
  readonly #access: StoreAccess
  readonly #timers: Timers
  readonly #leaseMs: number
  readonly instance: string
  #cancel: Cancel = () => undefined
  #ended = false

  constructor(access: StoreAccess, timers: Timers, leaseMs: number, instance: string) {
    this.#access = access
    this.#timers = timers
    this.#leaseMs = leaseMs
    this.instance = instance
  }

  /** The key that stands as long as this process lives. */
  keyOf(instance: string): string {
    return this.#access.key('instance', instance)
  }

  /** @throws StoreError */
  async begin(): Promise<void> {
    await this.#access.link.write('set', this.keyOf(this.instance), '1', 'PX', this.#leaseMs)
    this.#renewLater()
  }

  /** Others may take over at once. */
  async end(): Promise<void> {
    this.#ended = true
    this.#cancel()
    // Where Redis is away the lease ends by itself.
    await this.#access.link.commit(new Commit().add('DEL', this.keyOf(this.instance))).catch(() => undefined)
  }

  #renewLater(): void {
    this.#cancel = this.#timers.after(this.#leaseMs / 3, () => {
      // One that failed is made good by the next; after three the lease is gone, and then this process is out of reach in truth.
      void this.#access.link.write('set', this.keyOf(this.instance), '1', 'PX', this.#leaseMs).catch(() => undefined)
      if (!this.#ended) this.#renewLater()
    })
  }
}
