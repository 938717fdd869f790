import type { ReadLine } from './read-records.ts'

/** The newest records, in order, in bounded memory. What has no room is left out, and later lies in the file alone. */
export class RecentLines {
  readonly #maxBytes: number
  #lines: ReadLine[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get firstSeq(): number | undefined {
    return this.#lines[0]?.seq
  }

  add(line: ReadLine): void {
    if (this.#bytes + costOf(line) > this.#maxBytes) return
    this.#lines.push(line)
    this.#bytes += costOf(line)
  }

  /** Lets go of all up to this number. */
  forget(seq: number): void {
    const keep = this.#lines.findIndex((line) => line.seq > seq)
    const gone = this.#lines.splice(0, keep === -1 ? this.#lines.length : keep)
    for (const line of gone) this.#bytes -= costOf(line)
  }

  /** The records from this number on, without a gap; empty where it is not there. They stay until they are forgotten. */
  runFrom(seq: number, most: number, mostBytes: number): readonly ReadLine[] {
    const run: ReadLine[] = []
    let bytes = 0
    for (const line of this.#lines) {
      if (line.seq !== seq + run.length || run.length === most || bytes >= mostBytes) break
      run.push(line)
      bytes += line.line.length
    }
    return run
  }
}

/** Bytes in memory, about. */
function costOf({ line }: ReadLine): number {
  return line.length + 64
}
