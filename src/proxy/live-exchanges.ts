import { Roster } from '../lib/roster.ts'
import type { Principal } from '../model/principal.ts'
import { concerns } from '../sync/concerns.ts'
import type { Revocations, Revoked } from '../sync/contract.ts'

/** Something open that belongs to one principal and can be cut: a response under way, a tunnel. */
export interface Cuttable {
  readonly principal: Principal
  /** Where it goes; undefined for a tunnel to a host that no integration serves. */
  readonly integration: string | undefined
  /** Ends both sides at once. Idempotent. */
  cut(): void
}

/** Everything that is open, so that what is revoked stops (invariant 7). */
export class LiveExchanges {
  readonly #live = new Roster<Cuttable>()
  readonly #unsubscribe: () => void

  constructor(revocations: Revocations) {
    this.#unsubscribe = revocations.subscribe((revoked) => this.#cut(revoked))
  }

  get size(): number {
    return this.#live.size
  }

  /** @returns the function that takes it off again, to be called when it has ended */
  add(open: Cuttable): () => void {
    const place = this.#live.add(open)
    let present = true
    return () => {
      // Its place may be another's by the second call.
      if (present) this.#live.delete(place)
      present = false
    }
  }

  close(): void {
    this.#unsubscribe()
  }

  /** @returns how many were cut: whoever revokes reports it */
  #cut(revoked: Revoked): number {
    let cut = 0
    for (const open of this.#live) {
      if (!concerns(revoked, open.principal, open.integration)) continue
      open.cut()
      cut += 1
    }
    return cut
  }
}
