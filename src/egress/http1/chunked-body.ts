import { parseFields } from './answer-head.ts'

/** What a chunked body is told to. */
export interface ChunkedSink {
  data(chunk: Buffer): void
  /** The last byte of the body was read. @param trailers name, value … */
  end(trailers: readonly string[]): void
}

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b
const SPACE = 0x20
const TAB = 0x09
/** 2^48 bytes: more is no chunk, and would leave the safe integers. */
const MAX_SIZE_DIGITS = 12
const MAX_EXTENSION_BYTES = 1_024
const MAX_TRAILER_BYTES = 16_384
const NO_TRAILERS: readonly string[] = []

/** Numbers, since they are compared for every byte. */
const SIZE = 0
const EXTENSION = 1
const SIZE_LF = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5
const TRAILER = 6
const DONE = 7

/**
 * Decodes a chunked body as it arrives. Nothing is repaired: sizes are hexadecimal digits alone, lines end by CRLF, extensions are bounded
 * and dropped.
 * @see RFC 9112 section 7.1
 */
export class ChunkedBody {
  #state = SIZE
  #size = 0
  #digits = 0
  #extensionBytes = 0
  #trailer = ''

  get done(): boolean {
    return this.#state === DONE
  }

  /**
   * @returns how many of the bytes belong to the body, fewer than all only where it has ended; or a sentence of ours where it is malformed
   */
  push(bytes: Buffer, sink: ChunkedSink): number | string {
    let at = 0
    while (at < bytes.length && this.#state !== DONE) {
      if (this.#state === DATA) {
        at = this.#take(bytes, at, sink)
      } else if (this.#state === TRAILER) {
        const next = this.#takeTrailer(bytes, at, sink)
        if (typeof next === 'string') return next
        at = next
      } else {
        const problem = this.#line(bytes[at] as number)
        if (problem !== undefined) return problem
        at += 1
      }
    }
    return at
  }

  #take(bytes: Buffer, at: number, sink: ChunkedSink): number {
    const length = Math.min(this.#size, bytes.length - at)
    this.#size -= length
    if (this.#size === 0) this.#state = DATA_CR
    sink.data(at === 0 && length === bytes.length ? bytes : bytes.subarray(at, at + length))
    return at + length
  }

  #line(byte: number): string | undefined {
    switch (this.#state) {
      case SIZE:
        return this.#sizeByte(byte)
      case EXTENSION:
        this.#extensionBytes += 1
        if (byte === CR) this.#state = SIZE_LF
        else if (byte < SPACE && byte !== TAB) return 'a chunk extension has a control character'
        return this.#extensionBytes > MAX_EXTENSION_BYTES ? 'its chunk extensions are over the bound' : undefined
      case SIZE_LF:
        if (byte !== LF) return 'a chunk’s first line does not end by CRLF'
        this.#state = this.#size === 0 ? TRAILER : DATA
        this.#digits = 0
        this.#extensionBytes = 0
        return undefined
      case DATA_CR:
        this.#state = DATA_LF
        return byte === CR ? undefined : 'a chunk is longer than it said'
      default:
        this.#state = SIZE
        return byte === LF ? undefined : 'a chunk does not end by CRLF'
    }
  }

  #sizeByte(byte: number): string | undefined {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit
      this.#digits += 1
      return this.#digits > MAX_SIZE_DIGITS ? 'a chunk’s size is over the bound' : undefined
    }
    if (this.#digits === 0) return 'a chunk has no size'
    if (byte === CR) this.#state = SIZE_LF
    else if (byte === SEMICOLON) this.#state = EXTENSION
    else return 'a chunk’s size is no hexadecimal number'
    return undefined
  }

  #takeTrailer(bytes: Buffer, at: number, sink: ChunkedSink): number | string {
    // The empty line by itself, in nearly all bodies.
    if (this.#trailer === '' && bytes[at] === CR && bytes[at + 1] === LF) return this.#finish(at + 2, NO_TRAILERS, sink)
    const before = this.#trailer.length
    const text = this.#trailer + bytes.toString('latin1', at, Math.min(bytes.length, at + MAX_TRAILER_BYTES))
    const end = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n', Math.max(0, before - 3))
    if (end === -1) {
      if (text.length >= MAX_TRAILER_BYTES) return 'its trailers are over the bound'
      this.#trailer = text
      return bytes.length
    }
    const fields = end === 0 ? [] : parseFields(text.slice(0, end + 2), 0)
    if (typeof fields === 'string') return fields
    return this.#finish(at + end + (end === 0 ? 2 : 4) - before, fields, sink)
  }

  #finish(at: number, trailers: readonly string[], sink: ChunkedSink): number {
    this.#state = DONE
    sink.end(trailers)
    return at
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
