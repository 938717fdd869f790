import { deny, type Denial } from '../../model/denial.ts'
import type { Principal } from '../../model/principal.ts'
import type { Received, Stage } from '../exchange.ts'
import { FairShare } from './fair-share.ts'

const RETRY_AFTER_MS = 1_000

/** Tells whose request it is; at once, but where keys or a signature have to be waited for. */
type Identify = (exchange: Received) => Principal | Denial | Promise<Principal | Denial>

/**
 * Bounds what waits to be identified: while keys are read anew, streams that are opened and reset by the thousand would otherwise pile up.
 * One that was reset waits all the same. Whose a request is nobody knows yet: it counts as the agent's that has proven itself on its
 * connection before, or else as the connection's, in fair shares of two rooms, so that what agents pile up stands in no newcomer's way.
 */
export class Arrivals {
  readonly #proven: Room
  readonly #unproven: Room

  /**
   * @param max in each of the two rooms
   * @param perOwner at most so many of one agent, or connection
   */
  constructor(max: number, perOwner: number) {
    this.#proven = new Room(max, perOwner)
    this.#unproven = new Room(max, perOwner)
  }

  get waiting(): number {
    return this.#proven.waiting + this.#unproven.waiting
  }

  /** Stands before identify; looks at nothing while nobody waits. */
  arriveStage(): Stage<Received, 'arrival', null> {
    return { name: 'arrive', adds: 'arrival', run: (exchange): Denial | null => (this.waiting === 0 ? null : this.#refusal(exchange)) }
  }

  /** Identify itself, with those counted that it has to wait for. */
  identifyStage(identify: Identify): Stage<Received, 'principal', Principal> {
    return {
      name: 'identify',
      adds: 'principal',
      run: (exchange) => {
        const principal = identify(exchange)
        return principal instanceof Promise ? this.#roomOf(exchange).hold(ownerOf(exchange), principal) : principal
      },
    }
  }

  #refusal(exchange: Received): Denial | null {
    if (!this.#roomOf(exchange).isFullFor(ownerOf(exchange))) return null
    return deny('overloaded', 'too many requests wait to be identified', { retryAfterMs: RETRY_AFTER_MS })
  }

  #roomOf({ place }: Received): Room {
    return place?.owner === undefined ? this.#unproven : this.#proven
  }
}

function ownerOf({ place, proofs }: Received): unknown {
  return place?.owner ?? place ?? proofs
}

/** Where those wait of whom as much is known. */
class Room {
  readonly #share: FairShare
  readonly #own = new Map<unknown, number>()

  constructor(max: number, perOwner: number) {
    this.#share = new FairShare(max, perOwner)
  }

  get waiting(): number {
    return this.#share.taken
  }

  isFullFor(owner: unknown): boolean {
    return this.#share.shortage(this.#own.get(owner) ?? 0) !== undefined
  }

  async hold(owner: unknown, identified: Promise<Principal | Denial>): Promise<Principal | Denial> {
    const own = this.#own.get(owner) ?? 0
    // Never so: it was let in as it arrived, in this very turn.
    if (this.#share.take(own) !== undefined) return identified
    this.#own.set(owner, own + 1)
    try {
      return await identified
    } finally {
      this.#giveBack(owner)
    }
  }

  #giveBack(owner: unknown): void {
    this.#share.giveBack()
    const left = (this.#own.get(owner) ?? 1) - 1
    if (left === 0) this.#own.delete(owner)
    else this.#own.set(owner, left)
  }
}
