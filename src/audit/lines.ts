import { createReadStream, readSync } from 'node:fs'

const NEWLINE = 0x0a
const CHUNK_BYTES = 64 * 1024

/** Longer than any line we write; what is longer is reported as broken, not read into memory. */
export const MAX_LINE_BYTES = 1024 * 1024

/** One line of a file, without its newline. */
export interface Line {
  readonly bytes: Buffer
  /** Where in the file it begins. */
  readonly start: number
  /** False for a last line without newline, and for one that is too long (then cut). */
  readonly whole: boolean
}

/** The lines of a file from its start; memory bounded by the longest line permitted. */
export async function* readLines(file: string, endByte?: number): AsyncGenerator<Line> {
  const range = endByte === undefined ? {} : { end: endByte - 1 }
  if (endByte === 0) return
  const splitter = new LineSplitter()
  for await (const chunk of createReadStream(file, { ...range, highWaterMark: CHUNK_BYTES })) {
    if (Buffer.isBuffer(chunk)) yield* splitter.push(chunk)
  }
  yield* splitter.end()
}

/** Cuts a stream of chunks into lines. */
export class LineSplitter {
  #rest: Buffer[] = []
  #restBytes = 0
  #start = 0

  /** @returns the lines that end in this chunk */
  push(chunk: Buffer): readonly Line[] {
    const lines: Line[] = []
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at))
      lines.push(this.#take(true, 1))
      from = at + 1
    }
    this.#keep(chunk.subarray(from))
    return lines
  }

  /** @returns the rest, where the input did not end with a newline */
  end(): readonly Line[] {
    return this.#restBytes > 0 ? [this.#take(false, 0)] : []
  }

  #keep(part: Buffer): void {
    if (this.#restBytes <= MAX_LINE_BYTES) this.#rest.push(part)
    this.#restBytes += part.length
  }

  #take(ended: boolean, newlineBytes: number): Line {
    const whole = ended && this.#restBytes <= MAX_LINE_BYTES
    const [first] = this.#rest
    const bytes = this.#rest.length === 1 && first !== undefined ? first : Buffer.concat(this.#rest)
    const line = { bytes, start: this.#start, whole }
    this.#start += this.#restBytes + newlineBytes
    this.#rest = []
    this.#restBytes = 0
    return line
  }
}

/**
 * The lines of an open file from its end to its start; a last line without newline comes first, not `whole`.
 * @param size bytes from the start that are looked at
 */
export function* readLinesBackwards(fd: number, size: number): Generator<Line> {
  let rest: Buffer = Buffer.alloc(0)
  let restStart = size
  let ended = false
  while (restStart > 0) {
    const length = Math.min(CHUNK_BYTES, restStart)
    const chunk = readExactly(fd, restStart - length, length)
    restStart -= length
    rest = Buffer.concat([chunk, rest])
    for (let at = rest.lastIndexOf(NEWLINE); at !== -1; at = rest.lastIndexOf(NEWLINE)) {
      const bytes = rest.subarray(at + 1)
      if (ended || bytes.length > 0) yield { bytes, start: restStart + at + 1, whole: ended && bytes.length <= MAX_LINE_BYTES }
      ended = true
      rest = rest.subarray(0, at)
    }
    if (rest.length > MAX_LINE_BYTES + CHUNK_BYTES) {
      yield { bytes: rest, start: restStart, whole: false }
      return
    }
  }
  if (ended || rest.length > 0) yield { bytes: rest, start: 0, whole: ended }
}

function readExactly(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const read = readSync(fd, buffer, done, length - done, position + done)
    if (read === 0) return buffer.subarray(0, done)
    done += read
  }
  return buffer
}
