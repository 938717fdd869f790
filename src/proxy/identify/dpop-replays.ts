import { hash } from 'node:crypto'

/** Bounds of the memory, in proofs of one window. */
export interface ReplayBounds {
  readonly max: number
  /** Of one key: nobody fills it for the others. */
  readonly maxPerKey: number
}

interface Window {
  readonly proofs: Set<string>
  readonly perKey: Map<string, number>
}

/**
 * Remembers which proofs were used, for as long as each could be shown again (RFC 9449 section 11.1): in two windows, of which the older is
 * dropped whole. Where there is no room a proof is refused rather than another forgotten.
 */
export class DpopReplays {
  readonly #windowMs: number
  readonly #bounds: ReplayBounds
  #current = newWindow()
  #previous = newWindow()
  #beganAtMs = -Infinity

  /** @param windowMs at least as long as one proof is taken */
  constructor(windowMs: number, bounds: ReplayBounds) {
    this.#windowMs = windowMs
    this.#bounds = bounds
  }

  /** @param nowMs wall clock @returns whether the proof is used for the first time; `full` where it cannot be remembered */
  use(key: string, jti: string, nowMs: number): 'first' | 'again' | 'full' {
    this.#turn(nowMs)
    const proof = hash('sha256', `${key} ${jti}`, 'base64url')
    if (this.#current.proofs.has(proof) || this.#previous.proofs.has(proof)) return 'again'
    const used = this.#current.perKey.get(key) ?? 0
    if (used >= this.#bounds.maxPerKey || this.#current.proofs.size >= this.#bounds.max) return 'full'
    this.#current.proofs.add(proof)
    this.#current.perKey.set(key, used + 1)
    return 'first'
  }

  /** A clock that was set back forgets nothing. */
  #turn(nowMs: number): void {
    const passedMs = nowMs - this.#beganAtMs
    if (passedMs < this.#windowMs) return
    this.#previous = passedMs < 2 * this.#windowMs ? this.#current : newWindow()
    this.#current = newWindow()
    this.#beganAtMs = nowMs
  }
}

function newWindow(): Window {
  return { proofs: new Set(), perKey: new Map() }
}
