import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Credential } from '../../model/credential.ts'
import type { CredentialId } from '../../model/ids.ts'

/** The proxy's copy of a credential, for one order. */
export interface CredentialCopy {
  readonly credential: Credential
  /** Wall clock. The call has to arrive upstream before the credential ends there. */
  readonly usableUntilMs: number
  /** Wall clock; from here on the authority is asked whether there is a newer one, while this one serves. */
  askAgainAtMs: number
}

const LONGEST_MARGIN_MS = 1_000
const MARGIN_SHARE = 0.1
/** A little after the authority's own renewal point (its limits), so that the first question already starts the renewal. */
const ASK_AGAIN_SHARE = 0.86
const BETWEEN_QUESTIONS_SHARE = 0.03
const LEAST_BETWEEN_QUESTIONS_MS = 250

/** Copies by order key, bounded; whatever the authority says has ended is dropped under every key. */
export class CredentialCopies {
  readonly #copies: BoundedCache<CredentialCopy>
  readonly #keysOf = new Map<CredentialId, Set<string>>()
  readonly #clock: Clock

  constructor(max: number, clock: Clock) {
    this.#clock = clock
    this.#copies = new BoundedCache(max, (copy, key) => this.#unlink(copy.credential.id, key))
  }

  get size(): number {
    return this.#copies.size
  }

  usable(key: string): CredentialCopy | undefined {
    const copy = this.#copies.get(key)
    if (copy === undefined || this.#clock.nowMs() < copy.usableUntilMs) return copy
    this.#drop(key, copy)
    return undefined
  }

  put(key: string, credential: Credential): void {
    const replaced = this.#copies.get(key)
    if (replaced?.credential.id === credential.id) return
    if (replaced !== undefined) this.#drop(key, replaced)
    const nowMs = this.#clock.nowMs()
    const leftMs = credential.expiresAtMs - nowMs
    const marginMs = Math.min(LONGEST_MARGIN_MS, leftMs * MARGIN_SHARE)
    this.#link(credential.id, key)
    this.#copies.set(key, { credential, usableUntilMs: credential.expiresAtMs - marginMs, askAgainAtMs: nowMs + leftMs * ASK_AGAIN_SHARE })
  }

  /** Whether the authority is to be asked now; says so only once in a while. */
  asksAgain(copy: CredentialCopy): boolean {
    const nowMs = this.#clock.nowMs()
    if (nowMs < copy.askAgainAtMs) return false
    const leftMs = copy.credential.expiresAtMs - nowMs
    copy.askAgainAtMs = nowMs + Math.max(LEAST_BETWEEN_QUESTIONS_MS, leftMs * BETWEEN_QUESTIONS_SHARE)
    return true
  }

  ended(id: CredentialId): void {
    for (const key of this.#keysOf.get(id) ?? []) this.#copies.delete(key)
    this.#keysOf.delete(id)
  }

  #drop(key: string, copy: CredentialCopy): void {
    this.#copies.delete(key)
    this.#unlink(copy.credential.id, key)
  }

  #link(id: CredentialId, key: string): void {
    const keys = this.#keysOf.get(id)
    if (keys === undefined) this.#keysOf.set(id, new Set([key]))
    else keys.add(key)
  }

  #unlink(id: CredentialId, key: string): void {
    const keys = this.#keysOf.get(id)
    keys?.delete(key)
    if (keys?.size === 0) this.#keysOf.delete(id)
  }
}
