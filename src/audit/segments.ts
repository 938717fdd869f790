import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

const DIGITS = 12

/** The name under which a full segment is kept: `audit.jsonl` with first record 1842 becomes `audit-000000001842.jsonl`. */
export function segmentName(file: string, firstSeq: number): string {
  const extension = extname(file)
  const stem = basename(file, extension)
  return join(dirname(file), `${stem}-${String(firstSeq).padStart(DIGITS, '0')}${extension}`)
}

/** The full segments of this log, oldest first, without the file that is being written. Empty where the directory cannot be read. */
export function fullSegments(file: string): readonly string[] {
  const extension = extname(file)
  const prefix = `${basename(file, extension)}-`
  return namesIn(dirname(file))
    .filter((name) => name.startsWith(prefix) && name.endsWith(extension))
    .filter((name) => isNumber(name.slice(prefix.length, name.length - extension.length)))
    .toSorted()
    .map((name) => join(dirname(file), name))
}

/** Makes a creation or a renaming in the file's directory durable. */
export function syncDirectoryOf(file: string): void {
  const fd = openSync(dirname(file), 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function isNumber(text: string): boolean {
  return text.length >= DIGITS && /^[0-9]+$/.test(text)
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** The number of the first record in a full segment, from its name. */
export function segmentFirstSeq(segment: string): number {
  const stem = basename(segment, extname(segment))
  return Number(stem.slice(stem.lastIndexOf('-') + 1))
}
