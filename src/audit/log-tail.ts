import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { MAX_LINE_BYTES, readLinesBackwards } from './lines.ts'
import { parseRecord, type ReadRecord } from './record.ts'
import { fullSegments, segmentFirstSeq } from './segments.ts'

/** One line of the log as a reader sees it. */
export interface TailLine {
  readonly line: string
  /** Undefined where the line is no record. */
  readonly record: ReadRecord | undefined
}

const NEWLINE = 0x0a

/**
 * Reads the end of a log that may be growing, from where it was when this reader was made. Rotation is followed; a line is given
 * once it is whole, so that one that is just being written, or was torn, is never shown.
 */
export class LogTail {
  readonly #file: string
  #fd: number
  #inode: number
  #offset: number
  #lastSeq = 0

  /** @throws Error of the file system where there is no such file */
  constructor(file: string) {
    this.#file = file
    this.#fd = openSync(file, 'r')
    const { ino, size } = fstatSync(this.#fd)
    this.#inode = ino
    this.#offset = wholeLinesEnd(this.#fd, size)
  }

  /** The last records that are wanted, oldest first, looked for in the full segments too. */
  last(count: number, wanted: (record: ReadRecord) => boolean, stop: (record: ReadRecord) => boolean): readonly TailLine[] {
    const found: TailLine[] = []
    if (count === 0) return found
    for (const { line, record } of this.#backwards()) {
      if (record !== undefined && stop(record)) break
      if (record !== undefined && wanted(record)) found.push({ line, record })
      if (found.length === count) break
    }
    return found.toReversed()
  }

  /** What was written since the last call. */
  poll(): readonly TailLine[] {
    const lines = this.#readNew()
    const seen = statSync(this.#file, { throwIfNoEntry: false })
    if (seen === undefined || (seen.ino === this.#inode && seen.size >= this.#offset)) return lines
    // Rotated, perhaps more than once: the rest of the old file first, then each later segment, then the new file.
    lines.push(...this.#readNew())
    for (const segment of fullSegments(this.#file)) {
      if (segmentFirstSeq(segment) > this.#lastSeq) lines.push(...this.#switchTo(segment))
    }
    lines.push(...this.#switchTo(this.#file))
    return lines
  }

  close(): void {
    closeSync(this.#fd)
  }

  *#backwards(): Generator<TailLine> {
    yield* linesFromEnd(this.#fd, this.#offset)
    for (const segment of fullSegments(this.#file).toReversed()) {
      const fd = openSync(segment, 'r')
      try {
        yield* linesFromEnd(fd, fstatSync(fd).size)
      } finally {
        closeSync(fd)
      }
    }
  }

  #switchTo(file: string): readonly TailLine[] {
    const fd = openSync(file, 'r')
    closeSync(this.#fd)
    this.#fd = fd
    this.#inode = fstatSync(fd).ino
    this.#offset = 0
    return this.#readNew()
  }

  #readNew(): TailLine[] {
    const lines: TailLine[] = []
    const buffer = Buffer.alloc(Math.min(MAX_LINE_BYTES + 1, Math.max(0, fstatSync(this.#fd).size - this.#offset)))
    for (;;) {
      const read = buffer.length === 0 ? 0 : readSync(this.#fd, buffer, 0, buffer.length, this.#offset)
      const end = buffer.subarray(0, read).lastIndexOf(NEWLINE)
      if (end === -1) return lines
      for (const line of buffer.toString('latin1', 0, end).split('\n')) lines.push(this.#lineOf(line))
      this.#offset += end + 1
    }
  }

  #lineOf(line: string): TailLine {
    const record = parseRecord(line)
    this.#lastSeq = record?.seq ?? this.#lastSeq
    return { line, record }
  }
}

function* linesFromEnd(fd: number, size: number): Generator<TailLine> {
  for (const { bytes, whole } of readLinesBackwards(fd, size)) {
    const line = bytes.toString('latin1')
    if (whole) yield { line, record: parseRecord(line) }
  }
}

/** The bytes up to and with the last newline. */
function wholeLinesEnd(fd: number, size: number): number {
  for (const line of readLinesBackwards(fd, size)) return line.whole ? size : line.start
  return 0
}
