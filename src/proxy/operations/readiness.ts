/** Asks one thing that must hold; answers with why it does not, or undefined. Cheap: asked for every probe. */
export type ReadinessCheck = () => string | undefined

/** A check that does not hold. */
export interface NotReady {
  readonly check: string
  /** Our own words. */
  readonly reason: string
}

/** Whether the proxy should be sent work: while any of its named checks does not hold, or while it is draining, it should not. */
export class Readiness {
  readonly #checks = new Map<string, ReadinessCheck>()
  #draining = false

  add(name: string, check: ReadinessCheck): void {
    if (this.#checks.has(name)) throw new TypeError(`there is already a readiness check ${name}`)
    this.#checks.set(name, check)
  }

  /** From now on not ready: the process is ending. */
  drain(): void {
    this.#draining = true
  }

  /** Empty where it is ready. */
  failing(): readonly NotReady[] {
    const failing: NotReady[] = this.#draining ? [{ check: 'draining', reason: 'the process is shutting down' }] : []
    for (const [check, ask] of this.#checks) {
      const reason = answerOf(ask)
      if (reason !== undefined) failing.push({ check, reason })
    }
    return failing
  }
}

/** A check that breaks does not hold. */
function answerOf(ask: ReadinessCheck): string | undefined {
  try {
    return ask()
  } catch {
    return 'the check itself failed'
  }
}
