import { hashHex, type ChainState } from './chain.ts'
import type { AuditEvent } from './event.ts'
import { putLineHead, SEQ_AT } from './line-head.ts'
import { putFields } from './serialise.ts'
import type { RecordKind, WrittenRecord } from './written-record.ts'

/** Who waits for a record to be durable. */
export interface Waiter {
  resolve(): void
  reject(cause: unknown): void
}

/** How much makes one batch: a block takes another line until it is this long. */
export const BLOCK_BYTES = 1024 * 1024
const BLOCK_LINES = 4096
/** More than the longest line can have. */
export const MAX_LINE_BYTES = 192 * 1024
/** Behind a full block: the line that made it full, what wider numbers add, the news of an outage and a checkpoint. */
const SPARE_BYTES = MAX_LINE_BYTES + 64 * 1024
const SPARE_LINES = 2
/** All of a block. */
export const MAX_BLOCK_BYTES = BLOCK_BYTES + SPARE_BYTES

const HEX_LETTERS = 64
const [QUOTE, CLOSE, NEWLINE] = [0x22, 0x7d, 0x0a]

/**
 * Lines that wait to be written, as the very bytes of the file but for one thing: each `prev` is a blank until the block has its place in
 * the chain. So nothing but bytes waits, and a block that could not be written is chained and written again as it is.
 */
export class LineBlock {
  #bytes = Buffer.allocUnsafeSlow(MAX_BLOCK_BYTES)
  #ends = new Int32Array(BLOCK_LINES + SPARE_LINES)
  #prevs = new Int32Array(BLOCK_LINES + SPARE_LINES)
  #kinds: RecordKind[] = []
  #count = 0
  #length = 0
  /** The number that the first line shows; the others follow it without a gap. */
  #firstSeq = 1
  /** Lines that somebody waits for, in order. */
  #awaited: number[] = []
  #waiters: Waiter[] = []

  get count(): number {
    return this.#count
  }

  /** In bytes, newlines included. */
  get length(): number {
    return this.#length
  }

  get awaited(): number {
    return this.#awaited.length
  }

  get hasRoom(): boolean {
    return this.#length < BLOCK_BYTES && this.#count < BLOCK_LINES
  }

  /** All lines, as they are to stand in the file. Good until the block is changed. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Adds an event's line. @param seq its number, as far as that can be told; heeded in an empty block only @returns its bytes */
  add(event: AuditEvent, tsMs: number, seq: number): number {
    if (this.#count === 0) this.#firstSeq = seq
    const start = this.#length
    const bytes = this.#bytes
    const prev = putLineHead(bytes, start, event.event, tsMs, this.#firstSeq + this.#count)
    bytes[prev + HEX_LETTERS] = QUOTE
    const end = putFields(bytes, prev + HEX_LETTERS + 1, event)
    bytes[end] = CLOSE
    bytes[end + 1] = NEWLINE
    this.#end(event.event, prev, end + 2)
    return this.#length - start
  }

  /** Adds a line that is whole already: what comes after it can only be cut off again. */
  addWhole(kind: RecordKind, line: string): void {
    const end = this.#length + this.#bytes.write(line, this.#length, 'latin1')
    this.#bytes[end] = NEWLINE
    this.#end(kind, end, end + 1)
  }

  /** Somebody waits for the line that was added last. */
  await(waiter: Waiter): void {
    this.#awaited.push(this.#count - 1)
    this.#waiters.push(waiter)
  }

  /** Takes off all but the first lines; nobody must wait for those that go. */
  cut(count: number): void {
    this.#count = count
    this.#length = count === 0 ? 0 : this.#endOf(count - 1)
  }

  /**
   * Gives the lines their place: numbers, and in each the hash of the one before. May be done again for another place.
   * @returns the state after the last of them
   */
  chain(state: ChainState): ChainState {
    if (this.#count > 0 && this.#firstSeq !== state.seq + 1) this.#layAnew(state.seq + 1, () => true)
    this.#firstSeq = state.seq + 1
    if (this.#count === 0) return state
    const bytes = this.#bytes
    let hex = state.hash.slice(-HEX_LETTERS)
    let start = 0
    for (let line = 0; line < this.#count; line++) {
      const end = this.#endOf(line)
      bytes.write(hex, this.#prevs[line] ?? 0, 'latin1')
      hex = hashHex(bytes.subarray(start, end - 1))
      start = end
    }
    return { seq: state.seq + this.#count, hash: `sha256:${hex}` }
  }

  /** Those who wait, in order of the lines; it is told them once, whatever it is. The lines are still known as theirs. */
  takeWaiters(): readonly Waiter[] {
    const waiters = this.#waiters
    this.#waiters = []
    return waiters
  }

  /** Takes out the lines that somebody waits for, or did. */
  dropAwaited(): void {
    if (this.#awaited.length === 0) return
    const awaited = new Set(this.#awaited)
    this.#layAnew(this.#firstSeq, (line) => !awaited.has(line))
    this.#awaited = []
  }

  /** The lines as records; all of them have their place. */
  *records(): Generator<WrittenRecord> {
    let start = 0
    for (let line = 0; line < this.#count; line++) {
      const end = this.#endOf(line)
      yield { seq: this.#firstSeq + line, event: this.#kinds[line] as RecordKind, line: this.#bytes.toString('latin1', start, end - 1) }
      start = end
    }
  }

  /** Makes it as good as new. */
  clear(): void {
    this.cut(0)
    this.#awaited = []
    this.#waiters = []
  }

  #end(kind: RecordKind, prev: number, end: number): void {
    this.#kinds[this.#count] = kind
    this.#prevs[this.#count] = prev
    this.#ends[this.#count] = end
    this.#count++
    this.#length = end
  }

  #endOf(line: number): number {
    return this.#ends[line] ?? 0
  }

  /** Writes the lines anew that are to be kept, with other numbers. Rare: after a failure, and where a checkpoint came in between. */
  #layAnew(firstSeq: number, isKept: (line: number) => boolean): void {
    const old = { bytes: this.#bytes, ends: this.#ends, prevs: this.#prevs, kinds: this.#kinds, count: this.#count }
    const fresh = new LineBlock()
    this.#bytes = fresh.#bytes
    this.#ends = fresh.#ends
    this.#prevs = fresh.#prevs
    this.#kinds = []
    this.#firstSeq = firstSeq
    this.cut(0)
    for (let line = 0, start = 0; line < old.count; line++) {
      const end = old.ends[line] ?? 0
      if (isKept(line)) this.#addCopy(old.kinds[line] as RecordKind, old.bytes.subarray(start, end), (old.prevs[line] ?? 0) - start)
      start = end
    }
  }

  #addCopy(kind: RecordKind, line: Buffer, prev: number): void {
    const start = this.#length
    const at = start + SEQ_AT + this.#bytes.write(String(this.#firstSeq + this.#count), start + SEQ_AT, 'latin1')
    line.copy(this.#bytes, start, 0, SEQ_AT)
    const afterSeq = line.indexOf(',', SEQ_AT)
    line.copy(this.#bytes, at, afterSeq)
    this.#end(kind, at + prev - afterSeq, at + line.length - afterSeq)
  }
}
