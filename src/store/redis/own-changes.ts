/** Where a change of our own stands: `sent`, not answered yet; `told` to our listeners at the answer; `seen` in the stream before the answer. */
type Standing = 'sent' | 'told' | 'seen'

/**
 * Sees to it that a change of our own is told once, whether the answer to it or its entry in the stream arrives first, and also where the
 * answer never arrives.
 */
export class OwnChanges {
  readonly #standing = new Map<string, Standing>()

  sent(token: string): void {
    this.#standing.set(token, 'sent')
  }

  /** The change was made, and is answered now. @returns whether it is to be told */
  answered(token: string): boolean {
    if (this.#standing.get(token) !== 'sent') return !this.#standing.delete(token)
    this.#standing.set(token, 'told')
    return true
  }

  /** The change was not made, or nobody knows: where it was made after all, the stream tells it. */
  unanswered(token: string): void {
    this.#standing.delete(token)
  }

  /** The change stands in the stream. @returns whether it is to be told */
  seen(token: string): boolean {
    const standing = this.#standing.get(token)
    if (standing === 'told') return !this.#standing.delete(token)
    if (standing === 'sent') this.#standing.set(token, 'seen')
    return true
  }

  /** The stream jumped: what stood in between is never seen. */
  jumped(): void {
    for (const [token, standing] of this.#standing) if (standing === 'told') this.#standing.delete(token)
  }
}
