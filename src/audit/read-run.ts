import { open, type FileHandle } from 'node:fs/promises'
import { findLine, seqAt } from './find-line.ts'
import { LineSplitter, type Line } from './lines.ts'
import { fullSegments, segmentFirstSeq } from './segments.ts'

const CHUNK_BYTES = 64 * 1024

/** A file of the log that is open, and where in it a record begins. */
export interface FoundRecord extends AsyncDisposable {
  readonly handle: FileHandle
  readonly start: number
  /** A full segment is written no more, and ends with a checkpoint. */
  readonly full: boolean
}

/**
 * Finds a record in the log, in whichever segment it is.
 * @returns `put_away` where the log begins after it by now, `missing` where it should be there
 * @throws Error of the file system
 */
export async function findRecord(file: string, seq: number): Promise<FoundRecord | 'put_away' | 'missing'> {
  // Twice, since a rotation may come between the listing and the opening.
  return (await lookFor(file, seq)) ?? (await lookFor(file, seq)) ?? ((await beginsAfter(file, seq)) ? 'put_away' : 'missing')
}

/** The lines from the record on, to the end of its file. A last line that is just being written comes as not `whole`. */
export async function* linesOf({ handle, start }: FoundRecord): AsyncGenerator<Line> {
  const splitter = new LineSplitter()
  for (let at = start; ;) {
    // One of its own each time: the lines are parts of it.
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at)
    if (bytesRead === 0) break
    at += bytesRead
    yield* splitter.push(buffer.subarray(0, bytesRead))
  }
  yield* splitter.end()
}

async function lookFor(file: string, seq: number): Promise<FoundRecord | undefined> {
  const segment = fullSegments(file).findLast((each) => segmentFirstSeq(each) <= seq)
  return (segment === undefined ? undefined : await lookIn(segment, seq, true)) ?? (await lookIn(file, seq, false))
}

async function lookIn(file: string, seq: number, full: boolean): Promise<FoundRecord | undefined> {
  const handle = await openThere(file)
  if (handle === undefined) return undefined
  const start = await findLine(handle, seq).catch(async (error: unknown) => {
    await handle.close()
    throw error
  })
  if (start !== undefined) return { handle, start, full, [Symbol.asyncDispose]: () => handle.close() }
  await handle.close()
  return undefined
}

/** Whether all that is left of the log comes after this number. */
async function beginsAfter(file: string, seq: number): Promise<boolean> {
  const [oldest] = fullSegments(file)
  if (oldest !== undefined) return segmentFirstSeq(oldest) > seq
  await using handle = await openThere(file)
  const first = handle === undefined ? undefined : await seqAt(handle, 0)
  return first !== undefined && first > seq
}

async function openThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
}
