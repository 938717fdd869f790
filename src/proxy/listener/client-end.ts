/** Tells once, to whoever asked for it, that an exchange is over on its client's side. */
export class ClientEnd {
  #over = false
  #listeners: (() => void)[] | undefined

  protected get isOver(): boolean {
    return this.#over
  }

  /** See `ClientSide`. */
  onClose(listener: () => void): () => void {
    if (this.#over) {
      queueMicrotask(listener)
      return () => undefined
    }
    const listeners = (this.#listeners ??= [])
    listeners.push(listener)
    return () => {
      const at = listeners.indexOf(listener)
      if (at !== -1) listeners.splice(at, 1)
    }
  }

  /** For whoever holds the connection: all was written, or the client is gone. Idempotent. */
  over(): void {
    if (this.#over) return
    this.#over = true
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners !== undefined) for (const listener of listeners.slice()) listener()
  }
}
