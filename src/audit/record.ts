import { newId, parseId } from '../model/ids.ts'
import { quote } from './escape.ts'
import type { AuditEvent, EventCode } from './event.ts'
import { serialiseFields } from './serialise.ts'

/** The event code of a checkpoint line; it is a record of the chain, not an event of the proxy. */
export const CHECKPOINT = 'audit.checkpoint'

/** A record that lacks only its place in the chain: `seq` and `prev` are given when its batch is written. */
export interface Draft {
  readonly event: EventCode
  /** `"ts":…,"event":…,"id":…,` */
  readonly head: string
  /** The event's own fields, from the comma on. */
  readonly tail: string
}

/** Renders all of a record that is known when the event happens. Never throws. */
export function draftRecord(event: AuditEvent, tsMs: number): Draft {
  return {
    event: event.event,
    head: `"ts":"${timestamp(tsMs)}","event":${quote(event.event, 64)},"id":"${newId('evt')}",`,
    tail: serialiseFields(event),
  }
}

let lastMs = NaN
let lastText = ''

/** RFC 3339 in UTC with milliseconds; `0000` of the year 1970 for a clock that shows no time. */
export function timestamp(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(Number.isFinite(ms) ? ms : 0).toISOString()
    lastMs = ms
  }
  return lastText
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
