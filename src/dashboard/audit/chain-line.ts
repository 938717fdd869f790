/** What a proof needs of one line of the log. */
export interface ChainLine {
  readonly seq: number
  readonly ts: string
  readonly event: string
  readonly prev: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A checkpoint, whose every byte is signed or is the signature. */
export interface Checkpoint {
  readonly seq: number
  readonly key: string
  readonly signature: string
  /** What is signed: `docs/audit.md`. */
  readonly message: string
}

const CHECKPOINT = 'audit.checkpoint'

/** Reads a line of the log; undefined where it is no record of version 1. Pure. */
export function readChainLine(line: string): ChainLine | undefined {
  const fields = objectOf(line)
  if (fields === undefined) return undefined
  const { v, seq, ts, event, prev } = fields
  if (v !== 1 || typeof seq !== 'number' || !Number.isSafeInteger(seq) || typeof ts !== 'string' || typeof event !== 'string' || typeof prev !== 'string') return undefined
  return { seq, ts, event, prev, fields }
}

/** Whether a line says that it is a checkpoint. */
export function isCheckpoint({ event }: ChainLine): boolean {
  return event === CHECKPOINT
}

/** A checkpoint in just the form that is signed, so that nothing in its line is outside the signature; undefined for another. Pure. */
export function readCheckpoint(line: string): Checkpoint | undefined {
  const read = readChainLine(line)
  if (read === undefined || !isCheckpoint(read)) return undefined
  const { seq, ts, prev, fields: { key, signature } } = read
  if (typeof key !== 'string' || typeof signature !== 'string') return undefined
  const form = `{"v":1,"seq":${seq},"ts":"${ts}","event":"${CHECKPOINT}","prev":"${prev}","key":"${key}","signature":"${signature}"}`
  return form === line ? { seq, key, signature, message: `postern audit checkpoint v1\n${prev}\n${seq}\n${ts}\n${key}` } : undefined
}

/** Whether two values of JSON are the same, whatever the order of their members. Pure. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>]
  const names = Object.keys(left)
  return names.length === Object.keys(right).length && names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}
