/** So many are joined into one: an object for each byte would take a hundred times its size. */
const MAX_PIECES = 256

/** Bytes that wait for the rest of what they belong to. */
export class HeldBytes {
  #length = 0
  #joined: Buffer[] = []
  #pieces: Buffer[] = []

  get length(): number {
    return this.#length
  }

  push(piece: Buffer): void {
    this.#length += piece.length
    if (this.#pieces.push(piece) < MAX_PIECES) return
    this.#joined.push(Buffer.concat(this.#pieces))
    this.#pieces = []
  }

  /** All of them; then none are held. */
  take(): Buffer {
    const whole = Buffer.concat([...this.#joined, ...this.#pieces], this.#length)
    this.#length = 0
    this.#joined = []
    this.#pieces = []
    return whole
  }
}
