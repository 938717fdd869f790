import { CLOSE_CODES, type CloseCode } from './close-frame.ts'

/** Why the bytes are no frames that may be passed, and the code that says so to both ends. */
export interface FrameProblem {
  readonly code: CloseCode
  /** A sentence of ours. */
  readonly reason: string
}

/**
 * Told of every piece of a data message's payload as it passes, in order; may change its bytes, never their number.
 * @param last the message ends with this piece, which may be empty
 */
export type PayloadVisitor = (payload: Buffer, last: boolean) => void

const CONTINUATION = 0x0
const CLOSE = 0x8
const PONG = 0xa
const NO_STATUS = 1005
const MAX_HEADER = 14
const MAX_CONTROL = 125
/** The payload's length follows in 2, or in 8 bytes. */
const LENGTH_16 = 126
const LENGTH_64 = 127

/**
 * Walks the frames of one direction of a WebSocket as their bytes pass: no payload is held, so memory does not depend on what is sent.
 * No extension is agreed on, so every reserved bit is an error.
 * @see RFC 6455 section 5
 */
export class FrameWalker {
  /** The code of the close frame that was seen; 1005 where it had none, undefined where there was none. */
  closeCode: number | undefined
  /** Where in the last chunk a frame ended at last; -1 where none did. */
  boundary = -1
  readonly #masked: boolean
  readonly #visit: PayloadVisitor | undefined
  readonly #visitControl: PayloadVisitor | undefined
  readonly #header = Buffer.alloc(MAX_HEADER)
  #headerBytes = 0
  #left = 0
  #opcode = 0
  #final = true
  /** A fragmented message has begun and not ended. */
  #within = false
  #closeBytes = 0
  #closeValue = 0
  #refusedAtBoundary: boolean | undefined

  /**
   * @param masked whether frames have to be masked: a client's all are, a server's never
   * @param visitControl the same of pings, pongs and close frames, each a message of its own, also within another
   */
  constructor(masked: boolean, visit?: PayloadVisitor, visitControl?: PayloadVisitor) {
    this.#masked = masked
    this.#visit = visit
    this.#visitControl = visitControl
  }

  /** Between two frames: a frame of ours could follow. A chunk with a problem is taken as never passed. */
  get atBoundary(): boolean {
    return this.#refusedAtBoundary ?? this.#headerBytes === 0
  }

  /**
   * @param toBoundary stops behind the first frame that ends in the chunk: what follows was not looked at
   * @returns undefined where everything that was looked at may be passed on
   */
  push(chunk: Buffer, toBoundary = false): FrameProblem | undefined {
    const before = this.atBoundary
    const problem = this.#walk(chunk, toBoundary)
    if (problem !== undefined) this.#refusedAtBoundary = before
    return problem
  }

  #walk(chunk: Buffer, toBoundary: boolean): FrameProblem | undefined {
    this.boundary = -1
    let at = 0
    while (at < chunk.length) {
      if (this.closeCode !== undefined) return protocolError('bytes behind a close frame')
      if (this.#left === 0) {
        const took = this.#readHeader(chunk, at)
        if (typeof took !== 'number') return took
        at += took
        if (this.#headerBytes !== this.#headerLength()) return undefined
        const problem = this.#begin()
        if (problem !== undefined) return problem
      }
      const end = Math.min(chunk.length, at + this.#left)
      this.#payload(chunk, at, end)
      this.#left -= end - at
      at = end
      if (this.#left !== 0) continue
      this.#endFrame(at)
      if (toBoundary) return undefined
    }
    return undefined
  }

  /** @returns how many bytes of the chunk belong to the header */
  #readHeader(chunk: Buffer, start: number): number | FrameProblem {
    let at = start
    while (at < chunk.length && this.#headerBytes < this.#headerLength()) {
      this.#header[this.#headerBytes] = chunk[at] as number
      this.#headerBytes += 1
      at += 1
      if (this.#headerBytes === 2) {
        const problem = this.#judge()
        if (problem !== undefined) return problem
      }
    }
    return at - start
  }

  #headerLength(): number {
    if (this.#headerBytes < 2) return 2
    const length = (this.#header[1] as number) & 0x7f
    return 2 + (length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0) + (this.#masked ? 4 : 0)
  }

  /** By the first two bytes, before any other is taken. */
  #judge(): FrameProblem | undefined {
    const first = this.#header[0] as number
    const second = this.#header[1] as number
    if ((first & 0x70) !== 0) return protocolError('a frame of an extension that was not agreed on')
    if ((second >= 0x80) !== this.#masked) return protocolError(this.#masked ? 'a frame that is not masked' : 'a masked frame')
    const opcode = first & 0x0f
    const final = first >= 0x80
    if (opcode >= CLOSE) {
      if (opcode > PONG) return protocolError('a control frame of no known kind')
      return !final || (second & 0x7f) > MAX_CONTROL ? protocolError('a control frame that is fragmented, or too long') : undefined
    }
    if (opcode > 0x2) return protocolError('a frame of no known kind')
    return (opcode === CONTINUATION) === this.#within ? undefined : protocolError('a message within another, or a continuation of none')
  }

  #begin(): FrameProblem | undefined {
    const first = this.#header[0] as number
    const short = (this.#header[1] as number) & 0x7f
    this.#left = short === LENGTH_16 ? this.#header.readUInt16BE(2) : short === LENGTH_64 ? Number(this.#header.readBigUInt64BE(2)) : short
    if (!Number.isSafeInteger(this.#left)) return { code: CLOSE_CODES.tooBig, reason: 'a frame longer than can be counted' }
    this.#opcode = first & 0x0f
    this.#final = first >= 0x80
    this.#closeBytes = 0
    this.#closeValue = 0
    if (this.#opcode === CLOSE && this.#left === 1) return protocolError('a close frame with half a code')
    return undefined
  }

  #payload(chunk: Buffer, start: number, end: number): void {
    if (this.#opcode === CLOSE) this.#readCloseCode(chunk, start, end)
    const visit = this.#opcode < CLOSE ? this.#visit : this.#visitControl
    visit?.(chunk.subarray(start, end), this.#final && end - start === this.#left)
  }

  #readCloseCode(chunk: Buffer, start: number, end: number): void {
    const maskAt = this.#headerBytes - 4
    for (let at = start; at < end && this.#closeBytes < 2; at += 1) {
      const mask = this.#masked ? (this.#header[maskAt + this.#closeBytes] as number) : 0
      this.#closeValue = (this.#closeValue << 8) | ((chunk[at] as number) ^ mask)
      this.#closeBytes += 1
    }
  }

  #endFrame(at: number): void {
    this.boundary = at
    this.#headerBytes = 0
    if (this.#opcode === CLOSE) this.closeCode = this.#closeBytes === 2 ? this.#closeValue : NO_STATUS
    else if (this.#opcode < CLOSE) this.#within = !this.#final
  }
}

function protocolError(reason: string): FrameProblem {
  return { code: CLOSE_CODES.protocolError, reason }
}
