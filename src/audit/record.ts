import { parseId } from '../model/ids.ts'

/** The event code of a checkpoint line; it is a record of the chain, not an event of the proxy. */
export const CHECKPOINT = 'audit.checkpoint'

let lastMs = NaN
let lastText = ''
/** Up to the seconds, with the point after them. */
let lastSecond = NaN
let secondText = ''

/** RFC 3339 in UTC with milliseconds; `0000` of the year 1970 for a clock that shows no time. */
export function timestamp(ms: number): string {
  if (ms !== lastMs) {
    lastText = textOf(Number.isFinite(ms) ? ms : 0)
    lastMs = ms
  }
  return lastText
}

function textOf(ms: number): string {
  const whole = Math.trunc(ms)
  const second = Math.floor(whole / 1000)
  if (second !== lastSecond) {
    secondText = new Date(second * 1000).toISOString().slice(0, -'000Z'.length)
    lastSecond = second
  }
  return `${secondText}${String(whole - second * 1000).padStart(3, '0')}Z`
}

/** One line of a log as it was read; `fields` is whatever stood there and is to be looked at with care. */
export interface ReadRecord {
  readonly seq: number
  readonly ts: string
  readonly event: string
  readonly prev: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** @returns the record, or undefined where the line is no record of version 1 */
export function parseRecord(line: string): ReadRecord | undefined {
  const fields = parseObject(line)
  if (fields === undefined) return undefined
  const { v, seq, ts, event, prev } = fields
  if (v !== 1 || typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return undefined
  if (typeof ts !== 'string' || typeof event !== 'string' || typeof prev !== 'string') return undefined
  // Only a checkpoint has no id: one whose event was changed is then no record at all, rather than one that nothing signs.
  if (event !== CHECKPOINT && (typeof fields['id'] !== 'string' || parseId('evt', fields['id']) === undefined)) return undefined
  return { seq, ts, event, prev, fields }
}

/** @returns the JSON object of the text, or undefined where it is something else */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Tells a JSON object from everything else that JSON can be. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
