import type { CompiledScrub } from './compiled-scrub.ts'
import { CUT_SHORT } from './match-form.ts'

const BLOT = 0x2a
const NOTHING = Buffer.alloc(0)

/**
 * Blots a secret out of one answer: what spells it becomes asterisks, as many as it had bytes, so that every length stays true.
 * Bytes go through as they come. A tail that may be the beginning of the secret is remembered, and from `waitsFrom` bytes on it waits for
 * what follows it: a shorter one has gone by the time it turns out to be the secret's, and then the rest of the spelling is blotted.
 */
export class Scrubber {
  /** How often the secret was found. */
  hits = 0
  readonly #scrub: CompiledScrub
  /** What may be the beginning of a spelling: its own bytes, whatever the reader of a chunk does with that. */
  #tail: Buffer | undefined
  /** So many bytes of the tail have been passed on. Always less than `waitsFrom`. */
  #gone = 0

  constructor(scrub: CompiledScrub) {
    this.#scrub = scrub
  }

  /**
   * @param chunk changed in place
   * @returns what is passed on now: the chunk itself where nothing waited before it and nothing of it waits
   */
  push(chunk: Buffer): Buffer {
    const [tail, gone] = [this.#tail, this.#gone]
    const bytes = tail === undefined ? chunk : Buffer.concat([tail, chunk])
    const open = this.#blot(bytes, false)
    const passed = bytes.length - open < this.#scrub.waitsFrom ? bytes.length : Math.max(open, gone)
    // A copy: the tail is a few bytes, the chunk may be a part of much.
    this.#tail = open === bytes.length ? undefined : Buffer.from(bytes.subarray(open))
    this.#gone = passed - open
    return gone === 0 && passed === bytes.length ? bytes : bytes.subarray(gone, passed)
  }

  /** Nothing comes any more. @returns what was still waiting */
  end(): Buffer {
    const [tail, gone] = [this.#tail, this.#gone]
    if (tail === undefined) return NOTHING
    this.#tail = undefined
    this.#gone = 0
    this.#blot(tail, true)
    return tail.subarray(gone)
  }

  /**
   * One header or trailer section.
   * @param fields name, value, name, value …; Latin-1
   * @returns the same list where nothing was found
   */
  fields(fields: readonly string[]): readonly string[] {
    let scrubbed: string[] | undefined
    for (let at = 0; at < fields.length; at += 1) {
      const text = fields[at] as string
      if (!this.#scrub.suspectsText(text)) continue
      const before = this.hits
      const bytes = Buffer.from(text, 'latin1')
      this.#blot(bytes, true)
      if (this.hits === before) continue
      scrubbed ??= [...fields]
      scrubbed[at] = bytes.toString('latin1')
    }
    return scrubbed ?? fields
  }

  /** @returns from where on the bytes may be the beginning of a spelling; their length where none is */
  #blot(bytes: Buffer, final: boolean): number {
    const lastTrigram = bytes.length - 3
    let from = 0
    for (let at = this.#scrub.search(bytes, from); at <= lastTrigram; at = this.#scrub.search(bytes, from)) {
      // The looks before this one have found that nothing begins before their own places.
      from = Math.max(from, at - this.#scrub.stride + 1)
      const end = this.#endOfRun(bytes, at, lastTrigram)
      if (end > lastTrigram) break
      const begin = this.#beginOfRun(bytes, at, from)
      const next = this.#settle(bytes, begin, end - this.#scrub.stride + 1, final)
      if (next < 0) return ~next
      // What begins at or before `end` would hold the trigram there, which is in no form.
      from = Math.max(next, end + 1)
    }
    return this.#settleTail(bytes, from, final)
  }

  /** A form that goes on beyond the bytes begins where nothing but suspects stands between it and their end. */
  #settleTail(bytes: Buffer, from: number, final: boolean): number {
    const tail = Math.max(0, bytes.length - 2)
    const begin = tail <= from ? from : this.#beginOfRun(bytes, tail, from)
    const next = this.#settle(bytes, begin, bytes.length, final)
    return next < 0 ? ~next : bytes.length
  }

  #beginOfRun(bytes: Buffer, at: number, from: number): number {
    let begin = at
    while (begin > from && this.#scrub.suspects(bytes, begin - 1)) begin -= 1
    return begin
  }

  #endOfRun(bytes: Buffer, at: number, lastTrigram: number): number {
    let end = at + 1
    while (end <= lastTrigram && this.#scrub.suspects(bytes, end)) end += 1
    return end
  }

  /**
   * Blots every form that begins within `begin` and `end`.
   * @returns where the last of them ended, at least `begin`; of one that is cut short, `~` its beginning
   */
  #settle(bytes: Buffer, begin: number, end: number, final: boolean): number {
    let at = begin
    let ended = begin
    while (at < end) {
      const matched = this.#scrub.match(bytes, at, final)
      if (matched === CUT_SHORT) return ~at
      if (matched >= 0) {
        bytes.fill(BLOT, at, matched)
        this.hits += 1
        ended = matched
      }
      at = matched >= 0 ? matched : at + 1
    }
    return ended
  }
}
