import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, fstatSync, writeFileSync, existsSync } from 'node:fs'
import { Fault } from '../model/denial.ts'
import { advance, GENESIS, hashLine, type ChainState } from './chain.ts'
import { checkpointProblem } from './checkpoint.ts'
import { headFileOf, headProblem, readHead, type Head } from './head-file.ts'
import { MAX_LINE_BYTES, readLinesBackwards, type Line } from './lines.ts'
import { CHECKPOINT, parseRecord, timestamp, type ReadRecord } from './record.ts'
import { fullSegments, syncDirectoryOf } from './segments.ts'
import type { VerifyKey } from './signing-key.ts'

/** Where writing goes on. */
export interface Recovered {
  readonly state: ChainState
  /** Bytes of the file that are good; all others were moved aside. */
  readonly size: number
  /** The number of the first record in this file. */
  readonly firstSeq: number
  /** The last record that a checkpoint covers. */
  readonly signedSeq: number
  /** What was not as an orderly end leaves it; each is to be recorded. */
  readonly notes: readonly string[]
}

/** What one start may read backwards, far more than lies between two checkpoints. */
const MAX_TAIL_BYTES = 64 * 1024 * 1024

interface Entry {
  readonly line: Line
  readonly record: ReadRecord | undefined
}

/**
 * Finds the end of a log that may have been cut by a crash. A torn last line, and pages that a power failure left unwritten, are
 * moved to `<file>.torn-<time>` and told in the notes. The rest is verified back to the last checkpoint that the head names.
 * @throws Fault `audit_unavailable` where what is left was changed or truncated: nothing is written after a chain that is broken
 */
export function recoverLog(file: string, key: VerifyKey, nowMs: number): Recovered {
  const keys = new Map([[key.id, key]])
  const notes: string[] = []
  const head = usableHead(file, keys, notes)
  if (existsSync(file)) cutDamage(file, head, nowMs, notes)
  const last = lastWritten(file)
  const found = last === undefined ? undefined : verifiedTail(last, head, keys, notes)
  const state = found?.state ?? GENESIS
  checkAgainstHead(file, state, head)
  const isActive = last === file
  return {
    state,
    size: isActive ? sizeOf(file) : 0,
    firstSeq: isActive ? firstSeqOf(file) : state.seq + 1,
    signedSeq: found?.signedSeq ?? 0,
    notes,
  }
}

/** The file that ends with the last record: after a rotation that is still the last full segment. */
function lastWritten(file: string): string | undefined {
  return existsSync(file) && sizeOf(file) > 0 ? file : fullSegments(file).at(-1)
}

function usableHead(file: string, keys: ReadonlyMap<string, VerifyKey>, notes: string[]): Head | undefined {
  const head = readHead(headFileOf(file))
  if (head === undefined) return undefined
  if (!keys.has(head.key)) {
    notes.push(`the head was signed by another key (${head.key})`)
    return head
  }
  const problem = headProblem(head, keys)
  if (problem !== undefined) refuse(file, problem)
  return head
}

/** From the end back to the checkpoint that the head names (or the last one without a head), oldest first. */
function tailEntries(path: string, head: Head | undefined): readonly Entry[] {
  const fd = openSync(path, 'r')
  try {
    const size = fstatSync(fd).size
    const entries: Entry[] = []
    for (const line of readLinesBackwards(fd, size)) {
      const record = line.whole ? parseRecord(line.bytes.toString('latin1')) : undefined
      entries.push({ line, record })
      if (record?.event === CHECKPOINT && (head === undefined || record.seq <= head.seq)) break
      if (size - line.start > MAX_TAIL_BYTES) refuse(path, `its last ${MAX_TAIL_BYTES} bytes hold no checkpoint that is signed off`)
    }
    return entries.toReversed()
  } finally {
    closeSync(fd)
  }
}

/** Only what a crash leaves is cut: a line without an end, or one with bytes that were never written (NUL). */
function cutDamage(file: string, head: Head | undefined, nowMs: number, notes: string[]): void {
  const damaged = tailEntries(file, head).find(({ line }) => !line.whole || line.bytes.includes(0))
  if (damaged === undefined) return
  const size = sizeOf(file)
  const aside = `${file}.torn-${timestamp(nowMs).replaceAll(':', '')}`
  moveAside(file, damaged.line.start, size, aside)
  notes.push(`the last ${size - damaged.line.start} bytes were no whole lines after a crash, and are kept in ${aside}`)
}

function moveAside(file: string, from: number, size: number, aside: string): void {
  const source = openSync(file, 'r+')
  const target = openSync(aside, 'ax', 0o600)
  try {
    const buffer = Buffer.alloc(64 * 1024)
    for (let at = from; at < size; ) {
      const read = readSync(source, buffer, 0, Math.min(buffer.length, size - at), at)
      if (read === 0) break
      // Not writeSync: on a disk that is nearly full it writes a part, and that is no error.
      writeFileSync(target, buffer.subarray(0, read))
      at += read
    }
    fsyncSync(target)
    syncDirectoryOf(aside)
    ftruncateSync(source, from)
    fsyncSync(source)
  } finally {
    closeSync(target)
    closeSync(source)
  }
}

interface Tail {
  readonly state: ChainState
  readonly signedSeq: number
}

function verifiedTail(path: string, head: Head | undefined, keys: ReadonlyMap<string, VerifyKey>, notes: string[]): Tail {
  const entries = tailEntries(path, head)
  const [first] = entries
  if (first?.record === undefined) return refuse(path, 'its last lines are no audit records')
  if (head !== undefined && !keys.has(head.key)) checkForeignHead(path, first.record, head)
  let state: ChainState = { seq: first.record.seq - 1, hash: first.record.prev }
  let signedSeq = state.seq
  for (const { line, record } of entries) {
    const text = line.bytes.toString('latin1')
    if (record?.seq !== state.seq + 1 || record.prev !== state.hash) refuse(path, `the chain is broken at byte ${line.start}`)
    if (record?.event === CHECKPOINT) {
      checkSignature(path, text, record, keys, notes)
      signedSeq = record.seq
    }
    state = advance(state, text)
    if (state.seq === head?.seq && state.hash !== head.hash) refuse(path, `record ${state.seq} is not the one that the head names`)
  }
  return { state, signedSeq }
}

/** After the key was replaced the head cannot be verified: it has to be of the key that signed the log's end, else anybody could have made it. */
function checkForeignHead(path: string, first: ReadRecord, head: Head): void {
  if (first.event === CHECKPOINT && first.fields['key'] === head.key) return
  refuse(path, 'its head is signed by another key than its last checkpoint')
}

function checkSignature(path: string, text: string, record: ReadRecord, keys: ReadonlyMap<string, VerifyKey>, notes: string[]): void {
  const { key } = record.fields
  if (typeof key === 'string' && !keys.has(key)) {
    notes.push(`checkpoint ${record.seq} was signed by another key`)
    return
  }
  const problem = checkpointProblem(text, record, keys)
  if (problem !== undefined) refuse(path, `record ${record.seq}: ${problem}`)
}

function checkAgainstHead(file: string, state: ChainState, head: Head | undefined): void {
  if (head === undefined) {
    // Durable before the first record: only somebody who cut the log, or carried it here without, has taken it away.
    if (state.seq > 0) refuse(file, 'its head file is missing, so that nothing shows whether records are missing at the end')
    return
  }
  if (state.seq < head.seq) refuse(file, `it ends with record ${state.seq}, but record ${head.seq} was written`)
  if (head.closed && state.seq > head.seq) refuse(file, `records follow number ${head.seq}, with which it was closed`)
}

/** The number of the file's first record, which must follow the last one of the segment before it, where that still lies there. */
function firstSeqOf(file: string): number {
  const first = firstRecordOf(file)
  const previous = fullSegments(file).at(-1)
  const expected = first.seq === 1 ? GENESIS.hash : previous === undefined ? undefined : lastHashOf(previous)
  if (expected !== undefined && expected !== first.prev) refuse(file, 'its first record does not follow the segment before it')
  return first.seq
}

function firstRecordOf(file: string): ReadRecord {
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(MAX_LINE_BYTES)
    const [line = ''] = buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0)).split('\n', 1)
    return parseRecord(line) ?? refuse(file, 'its first line is no audit record')
  } finally {
    closeSync(fd)
  }
}

function lastHashOf(path: string): string | undefined {
  const fd = openSync(path, 'r')
  try {
    for (const line of readLinesBackwards(fd, fstatSync(fd).size)) return line.whole ? hashLine(line.bytes) : undefined
    return undefined
  } finally {
    closeSync(fd)
  }
}

function sizeOf(file: string): number {
  const fd = openSync(file, 'r')
  try {
    return fstatSync(fd).size
  } finally {
    closeSync(fd)
  }
}

function refuse(path: string, why: string): never {
  throw new Fault(
    'audit_unavailable',
    `the audit log ${path} is not as it was left: ${why}; "postern audit verify" tells more, and to begin a new chain ` +
      'move the log, its segments and its .head file away together',
  )
}
