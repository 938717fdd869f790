import { existsSync } from 'node:fs'
import { readLines } from './lines.ts'
import { parseRecord } from './record.ts'
import { fullSegments, segmentFirstSeq } from './segments.ts'

/** One record as it stands in the log. */
export interface ReadLine {
  readonly seq: number
  readonly line: string
}

/**
 * The records of this log from one number on, in order, over its segments; memory bounded by the longest line. What is no record is passed over,
 * and so is what was put away; a last line that is just being written is not given.
 * @throws Error of the file system
 */
export async function* readRecordsFrom(file: string, fromSeq: number): AsyncGenerator<ReadLine> {
  for (const segment of segmentsFrom(file, fromSeq)) {
    for await (const { bytes, whole } of readLines(segment)) {
      const line = bytes.toString('latin1')
      const record = whole ? parseRecord(line) : undefined
      if (record !== undefined && record.seq >= fromSeq) yield { seq: record.seq, line }
    }
  }
}

/** Without those that end before the number. */
function segmentsFrom(file: string, fromSeq: number): readonly string[] {
  const full = fullSegments(file)
  const first = full.findLastIndex((segment) => segmentFirstSeq(segment) <= fromSeq)
  const wanted = full.slice(Math.max(0, first))
  // Between the renaming and the creation of a rotation there is no active file.
  return existsSync(file) ? [...wanted, file] : wanted
}
