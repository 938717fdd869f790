import type { AuditEvent } from './event.ts'
import { LineBlock, MAX_BLOCK_BYTES, MAX_LINE_BYTES, type Waiter } from './line-block.ts'

/** So many events are rendered at once: one after another costs half of what each alone would, in between all else that a request needs. */
const EVENTS_AT_ONCE = 32
/** What must be free for events to wait without a line: their lines at the longest, and the block that is being written and may come back. */
const RESERVED_BYTES = EVENTS_AT_ONCE * MAX_LINE_BYTES + MAX_BLOCK_BYTES
const DEFECT = 'a defect of Postern: what happened could not be written down'

/**
 * The records that wait for the next batch, in order and bounded in memory. Refusals may take half of the room only, so that
 * a flood of them never displaces how a call ended.
 */
export class RecordQueue {
  readonly #maxBytes: number
  /** The newest events, behind all lines: there is room for them, whatever their lines will be. */
  readonly #events: (AuditEvent | undefined)[] = Array.from({ length: EVENTS_AT_ONCE }, () => undefined)
  readonly #eventTimes = new Float64Array(EVENTS_AT_ONCE)
  #eventCount = 0
  /** Before the one that is being filled. */
  #full: LineBlock[] = []
  #filling = new LineBlock()
  #spare: LineBlock | undefined
  #length = 0
  #bytes = 0
  #awaited = 0
  /** What the chain will stand at before the first record here. */
  #lastSeq = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#length + this.#eventCount
  }

  /** Of the lines; the last few events have none yet. */
  get bytes(): number {
    return this.#bytes
  }

  get hasWaiters(): boolean {
    return this.#awaited > 0
  }

  /** Says at which number of the chain the first record here will follow; where it turns out otherwise, lines are written anew. */
  follow(lastSeq: number): void {
    this.#lastSeq = lastSeq
  }

  /** @returns false where there is no room: the record is not kept */
  push(event: AuditEvent, tsMs: number, waiter: Waiter | undefined): boolean {
    if (waiter === undefined && this.#bytes < this.#maxBytes / 2 - RESERVED_BYTES) {
      this.#keep(event, tsMs)
      return true
    }
    this.#render()
    return waiter === undefined ? this.#addPosted(event, tsMs) : this.#add(event, tsMs, waiter)
  }

  /** Takes the oldest records off, one block of them; an empty one where nothing waits. */
  take(): LineBlock {
    this.#render()
    const block = this.#full.shift() ?? this.#filling
    if (block === this.#filling) this.#filling = this.#emptyBlock()
    this.#count(block, -1)
    return block
  }

  /** Takes back a block whose records are written, for others. */
  reuse(block: LineBlock): void {
    block.clear()
    this.#spare = block
  }

  /** Puts records that could not be written back to the front; they had their room already. */
  giveBack(block: LineBlock): void {
    if (block.count === 0) return this.reuse(block)
    this.#full.unshift(block)
    this.#count(block, 1)
  }

  /** Takes out all that somebody waits for, in order: they are to be told that it is not written. */
  takeWaiting(): readonly Waiter[] {
    if (this.#awaited === 0) return []
    const blocks = [...this.#full, this.#filling]
    for (const block of blocks) this.#count(block, -1)
    const waiters = blocks.flatMap((block) => block.takeWaiters())
    for (const block of blocks) block.dropAwaited()
    for (const block of blocks) this.#count(block, 1)
    this.#full = this.#full.filter((block) => block.count > 0)
    return waiters
  }

  #keep(event: AuditEvent, tsMs: number): void {
    this.#events[this.#eventCount] = event
    this.#eventTimes[this.#eventCount] = tsMs
    this.#eventCount++
    if (this.#eventCount === EVENTS_AT_ONCE) this.#render()
  }

  #render(): void {
    const count = this.#eventCount
    this.#eventCount = 0
    for (let at = 0; at < count; at++) {
      const event = this.#events[at]
      if (event !== undefined) this.#addPosted(event, this.#eventTimes[at] ?? 0)
      this.#events[at] = undefined
    }
  }

  /** Whoever told it has mostly gone on: what it throws would hit others. */
  #addPosted(event: AuditEvent, tsMs: number): boolean {
    try {
      return this.#add(event, tsMs, undefined)
    } catch {
      return this.#add({ event: event.event, outcome: 'failed', reason: DEFECT }, tsMs, undefined)
    }
  }

  #add(event: AuditEvent, tsMs: number, waiter: Waiter | undefined): boolean {
    const block = this.#withRoom()
    const size = block.add(event, tsMs, this.#lastSeq + this.#length + 1)
    if (this.#bytes + size > (event.event === 'api.denied' ? this.#maxBytes / 2 : this.#maxBytes)) {
      block.cut(block.count - 1)
      return false
    }
    this.#length++
    this.#bytes += size
    if (waiter === undefined) return true
    block.await(waiter)
    this.#awaited++
    return true
  }

  #withRoom(): LineBlock {
    if (this.#filling.hasRoom) return this.#filling
    this.#full.push(this.#filling)
    return (this.#filling = this.#emptyBlock())
  }

  #emptyBlock(): LineBlock {
    const block = this.#spare ?? new LineBlock()
    this.#spare = undefined
    return block
  }

  #count(block: LineBlock, sign: 1 | -1): void {
    this.#length += sign * block.count
    this.#bytes += sign * block.length
    this.#awaited += sign * block.awaited
  }
}
