import { putIdLetters } from '../model/ids.ts'
import { quote } from './escape.ts'
import type { EventCode } from './event.ts'
import { putBytes, putNumber } from './json-bytes.ts'
import { timestamp } from './record.ts'

const BEGINNING = Buffer.from('{"v":1,"seq":', 'latin1')
const END = Buffer.from('","prev":"sha256:', 'latin1')

/** Where in a line the digits of its number stand. */
export const SEQ_AT = BEGINNING.length

/** What the lines of one event have in common for a millisecond. */
interface Middle {
  tsMs: number
  /** `,"ts":"…","event":"…","id":"evt_` */
  bytes: Uint8Array
}

const middles = new Map<EventCode, Middle>()

/** Writes a line up to the digits of `prev`, with an id of its own. There must be room. Never throws. @returns where it ends */
export function putLineHead(to: Buffer, start: number, event: EventCode, tsMs: number, seq: number): number {
  let at = putBytes(to, start, BEGINNING)
  at = putNumber(to, at, seq)
  at = putBytes(to, at, middleOf(event, tsMs))
  at = putIdLetters(to, at)
  return putBytes(to, at, END)
}

function middleOf(event: EventCode, tsMs: number): Uint8Array {
  let known = middles.get(event)
  if (known?.tsMs === tsMs) return known.bytes
  if (known === undefined) middles.set(event, (known = { tsMs, bytes: END }))
  known.tsMs = tsMs
  known.bytes = Buffer.from(`,"ts":"${timestamp(tsMs)}","event":${quote(event, 64)},"id":"evt_`, 'latin1')
  return known.bytes
}
