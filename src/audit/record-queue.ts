import type { Draft } from './record.ts'

/** Who waits for a record to be durable. */
export interface Waiter {
  resolve(): void
  reject(cause: unknown): void
}

/** A record on its way to the file. */
export interface Entry {
  readonly draft: Draft
  readonly waiter: Waiter | undefined
}

/** Bytes of a line besides the draft's own: `v`, `seq`, `prev` and the object around. */
const FRAME_BYTES = 140

/**
 * The records that wait for the next batch, in order and bounded in memory. Refusals may take half of the room only, so that
 * a flood of them never displaces how a call ended.
 */
export class RecordQueue {
  readonly #maxBytes: number
  #entries: Entry[] = []
  #bytes = 0
  #waiters = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#entries.length
  }

  get bytes(): number {
    return this.#bytes
  }

  get hasWaiters(): boolean {
    return this.#waiters > 0
  }

  /** @returns false where there is no room: the record is not kept */
  push(entry: Entry): boolean {
    const room = entry.draft.event === 'api.denied' ? this.#maxBytes / 2 : this.#maxBytes
    const size = sizeOf(entry)
    if (this.#bytes + size > room) return false
    this.#entries.push(entry)
    this.#count(entry, 1)
    return true
  }

  /** Takes the oldest entries off, at most so many bytes but always at least one. */
  take(maxBytes: number): Entry[] {
    let count = 0
    for (let bytes = 0; count < this.#entries.length; count++) {
      const entry = this.#entries[count]
      bytes += entry === undefined ? 0 : sizeOf(entry)
      if (bytes > maxBytes && count > 0) break
    }
    const taken = this.#entries.splice(0, count)
    for (const entry of taken) this.#count(entry, -1)
    return taken
  }

  /** Puts entries that could not be written back to the front; they had their room already. */
  giveBack(entries: readonly Entry[]): void {
    this.#entries = [...entries, ...this.#entries]
    for (const entry of entries) this.#count(entry, 1)
  }

  /** Takes out all that somebody waits for, in order: they will be told that it is not written. */
  takeWaiting(): readonly Entry[] {
    if (this.#waiters === 0) return []
    const waiting = this.#entries.filter((entry) => entry.waiter !== undefined)
    this.#entries = this.#entries.filter((entry) => entry.waiter === undefined)
    for (const entry of waiting) this.#count(entry, -1)
    return waiting
  }

  #count(entry: Entry, sign: 1 | -1): void {
    this.#bytes += sign * sizeOf(entry)
    if (entry.waiter !== undefined) this.#waiters += sign
  }
}

function sizeOf(entry: Entry): number {
  return entry.draft.head.length + entry.draft.tail.length + FRAME_BYTES
}
