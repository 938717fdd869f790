import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'
import type { CredentialId } from '../../model/ids.ts'
import { concerns } from '../../sync/concerns.ts'
import type { Revoked } from '../../sync/contract.ts'
import type { HeldCredential } from './held-credential.ts'

/** What the collection cannot do itself. Each is called at most once for a credential that is then still held. */
export interface HeldCallbacks {
  readonly onExpired: (held: HeldCredential) => void
  readonly onEvicted: (held: HeldCredential) => void
}

interface Entry {
  readonly held: HeldCredential
  readonly cancelExpiry: Cancel
}

/**
 * Every credential that lives, by id, and the newest for each order key, of which there is a bounded number. One that was renewed or
 * evicted serves no further order, but is held until it is taken: calls may still carry it.
 */
export class HeldCredentials {
  readonly #byId = new Map<CredentialId, Entry>()
  readonly #newest: BoundedCache<HeldCredential>
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #callbacks: HeldCallbacks

  constructor(max: number, clock: Clock, timers: Timers, callbacks: HeldCallbacks) {
    this.#clock = clock
    this.#timers = timers
    this.#callbacks = callbacks
    this.#newest = new BoundedCache(max, (held) => {
      if (this.#byId.has(held.credential.id)) callbacks.onEvicted(held)
    })
  }

  /** The credential for this order key, if there is one that may still be handed out. */
  usable(key: string): HeldCredential | undefined {
    const held = this.#newest.get(key)
    return held !== undefined && this.#clock.nowMs() < held.usableUntilMs ? held : undefined
  }

  add(held: HeldCredential): void {
    this.#byId.set(held.credential.id, { held, cancelExpiry: this.#armExpiry(held) })
    this.#newest.set(held.key, held)
  }

  /** Lets go of it. @returns undefined where somebody else took it before, so that it is ended exactly once */
  take(id: CredentialId): HeldCredential | undefined {
    const entry = this.#byId.get(id)
    if (entry === undefined) return undefined
    entry.cancelExpiry()
    this.#byId.delete(id)
    if (this.#newest.get(entry.held.key) === entry.held) this.#newest.delete(entry.held.key)
    return entry.held
  }

  belongingTo(revoked: Revoked): HeldCredential[] {
    return this.all().filter((held) => concerns(revoked, held.order.principal, held.order.integration))
  }

  all(): HeldCredential[] {
    return [...this.#byId.values()].map(({ held }) => held)
  }

  #armExpiry(held: HeldCredential): Cancel {
    const { expiresAtMs } = held.credential
    if (expiresAtMs === Infinity) return () => undefined
    return this.#timers.after(expiresAtMs - this.#clock.nowMs(), () => this.#callbacks.onExpired(held))
  }
}
