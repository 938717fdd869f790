/** How many may be inside at once and how many may wait, in all and for one owner: nobody takes all the places. */
export interface GateLimits {
  readonly inside: number
  readonly insidePerOwner: number
  readonly waiting: number
  readonly waitingPerOwner: number
}

interface Waiting {
  readonly owner: string
  readonly enter: () => void
}

/** Lets only so much work run at once; those who wait enter in order, but for owners who have their share inside. */
export class Gate {
  readonly #limits: GateLimits
  readonly #insideOf = new Map<string, number>()
  readonly #queue: Waiting[] = []
  #inside = 0

  constructor(limits: GateLimits) {
    this.#limits = limits
  }

  /** @throws what `whenFull` makes where too many wait already, or the signal's reason once it aborts before the work began */
  async run<T>(owner: string, signal: AbortSignal, work: () => Promise<T>, whenFull: () => Error): Promise<T> {
    signal.throwIfAborted()
    if (this.#admits(owner)) this.#count(owner, 1)
    else if (this.#isFull(owner)) throw whenFull()
    else await this.#turn(owner, signal)
    try {
      return await work()
    } finally {
      this.#count(owner, -1)
      this.#letIn()
    }
  }

  #turn(owner: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { owner, enter }
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        reject(signal.reason as Error)
      }
      function enter(): void {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#queue.push(waiting)
    })
  }

  /** Counted here and not by the one who enters: between the two another could slip in. */
  #letIn(): void {
    const at = this.#queue.findIndex(({ owner }) => this.#admits(owner))
    const next = at === -1 ? undefined : this.#queue.splice(at, 1)[0]
    if (next === undefined) return
    this.#count(next.owner, 1)
    next.enter()
  }

  #admits(owner: string): boolean {
    return this.#inside < this.#limits.inside && (this.#insideOf.get(owner) ?? 0) < this.#limits.insidePerOwner
  }

  #isFull(owner: string): boolean {
    const { waiting, waitingPerOwner } = this.#limits
    return this.#queue.length >= waiting || this.#queue.filter((one) => one.owner === owner).length >= waitingPerOwner
  }

  #count(owner: string, by: 1 | -1): void {
    const inside = (this.#insideOf.get(owner) ?? 0) + by
    this.#inside += by
    if (inside === 0) this.#insideOf.delete(owner)
    else this.#insideOf.set(owner, inside)
  }
}
