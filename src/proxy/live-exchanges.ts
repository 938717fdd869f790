import { Roster } from '../lib/roster.ts'
import type { Principal } from '../model/principal.ts'
import { concerns } from '../sync/concerns.ts'
import type { Revocations, Revoked } from '../sync/contract.ts'

/** Something open that belongs to one principal and can be cut: a response under way, a tunnel. */
export interface Cuttable {
  readonly principal: Principal
  /** Where it goes; undefined for a tunnel to a host that no integration serves. */
  readonly integration: string | undefined
  /** Ends the agent's side now. Idempotent. @returns what ends the upstream's: called in the same turn, once every agent's side has ended */
  cut(): () => void
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
    const place = this.enter(open)
    let present = true
    return () => {
      if (present) this.leave(place)
      present = false
    }
  }

  /** As `add`, for whoever can keep a number. @returns the place to be left, once: afterwards it may be another's */
  enter(open: Cuttable): number {
    return this.#live.add(open)
  }

  leave(place: number): void {
    this.#live.delete(place)
  }

  close(): void {
    this.#unsubscribe()
  }

  /**
   * First the agents' sides, all of them: closing an upstream's connection, with its TLS, takes as long again, and nobody gets a byte meanwhile.
   * @returns how many were cut: whoever revokes reports it
   */
  #cut(revoked: Revoked): number {
    const upstreams: (() => void)[] = []
    const defects: unknown[] = []
    const each = (work: () => void): void => {
      try {
        work()
      } catch (defect) {
        // One that cannot be cut must not save the others.
        defects.push(defect)
      }
    }
    for (const open of this.#live) if (concerns(revoked, open.principal, open.integration)) each(() => void upstreams.push(open.cut()))
    for (const end of upstreams) each(end)
    if (defects.length > 0) throw new AggregateError(defects, `${defects.length} of what was open could not be cut`)
    return upstreams.length
  }
}
