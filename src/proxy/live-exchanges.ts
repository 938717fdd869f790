import type { Principal } from '../model/principal.ts'
import type { Revocations, Revoked } from '../sync/contract.ts'

/** Something open that belongs to one principal and can be cut: a response under way, a tunnel. */
export interface Cuttable {
  readonly principal: Principal
  /** Ends both sides at once. Idempotent. */
  cut(): void
}

/** Everything that is open, so that what is revoked stops (invariant 7). */
export class LiveExchanges {
  readonly #live = new Set<Cuttable>()
  readonly #unsubscribe: () => void

  constructor(revocations: Revocations) {
    this.#unsubscribe = revocations.subscribe((revoked) => this.#cut(revoked))
  }

  get size(): number {
    return this.#live.size
  }

  /** @returns the function that takes it off again, to be called when it has ended */
  add(open: Cuttable): () => void {
    this.#live.add(open)
    return () => this.#live.delete(open)
  }

  close(): void {
    this.#unsubscribe()
  }

  #cut(revoked: Revoked): void {
    for (const open of this.#live) {
      if (belongs(open.principal, revoked)) open.cut()
    }
  }
}

function belongs(principal: Principal, revoked: Revoked): boolean {
  switch (revoked.kind) {
    case 'agent':
      return principal.agent === revoked.id
    case 'delegation':
      return principal.delegation?.id === revoked.id
    case 'session':
      return principal.delegation?.session === revoked.id
  }
}
