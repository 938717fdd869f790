import type { FileHandle } from 'node:fs/promises'
import { MAX_LINE_BYTES } from './lines.ts'

const NEWLINE = 0x0a
const CHUNK_BYTES = 8 * 1024
const BEGINNING = /^\{"v":1,"seq":([1-9][0-9]{0,15}),/

/**
 * Finds the record of this number in a file of the log without reading all of it: the numbers only ever rise.
 * @returns where its line begins; undefined where it is not there, or lines on the way are no records
 * @throws Error of the file system
 */
export async function findLine(handle: FileHandle, seq: number): Promise<number | undefined> {
  const { size } = await handle.stat()
  // The line begins in [from, to), and `from` is where a line does.
  let [from, to] = [0, size]
  while (from < to) {
    const middle = from + Math.floor((to - from) / 2)
    const start = middle === from ? from : await nextLineStart(handle, middle - 1, to)
    const found = start === undefined ? undefined : await seqAt(handle, start)
    if (found === seq) return start
    if (start === undefined || (found !== undefined && found > seq)) to = middle
    else if (found === undefined) return undefined
    else from = (await nextLineStart(handle, start, to)) ?? to
  }
  return undefined
}

/** The number of the record whose line begins here; undefined where none does. */
export async function seqAt(handle: FileHandle, start: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(48), 0, 48, start)
  const digits = BEGINNING.exec(buffer.toString('latin1', 0, bytesRead))?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Where the next line after this byte begins, before `to`; undefined where none does. */
async function nextLineStart(handle: FileHandle, at: number, to: number): Promise<number | undefined> {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  for (let from = at; from < to && from - at <= MAX_LINE_BYTES; from += CHUNK_BYTES) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, from)
    const newline = buffer.subarray(0, bytesRead).indexOf(NEWLINE)
    if (newline !== -1) return from + newline + 1 < to ? from + newline + 1 : undefined
    if (bytesRead < CHUNK_BYTES) return undefined
  }
  return undefined
}
