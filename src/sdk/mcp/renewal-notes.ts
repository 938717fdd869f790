import { createHash } from 'node:crypto'

const MAX_NOTES = 1024

/**
 * Which tokens turned out to cover less than a call needed, and what they lacked. What the person approves then is in the next token alone, so
 * that the client is asked for it once. In memory and bounded: a note that is lost costs one more link.
 */
export class RenewalNotes {
  readonly #missing = new Map<string, readonly string[]>()

  /** @param missing `github:pulls:write` */
  put(token: string, missing: readonly string[]): void {
    const [oldest] = this.#missing.keys()
    if (this.#missing.size >= MAX_NOTES && oldest !== undefined) this.#missing.delete(oldest)
    this.#missing.set(digestOf(token), missing)
  }

  /** What it lacked, told once. */
  take(token: string): readonly string[] | undefined {
    const key = digestOf(token)
    const missing = this.#missing.get(key)
    this.#missing.delete(key)
    return missing
  }
}

/** Not the token: what lies in memory for long is no secret. */
function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
