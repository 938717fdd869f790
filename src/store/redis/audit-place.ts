import type { AuditFilter } from '../ports/audit-index.ts'

const DIGITS = 16
const FORM = /^[0-9]{16}\|[^\0]*\0[0-9]{16}$/

/** Where an audit record stands among all: sorts as text by time, chain and number. */
export function placeOf({ timeMs, chain, seq }: { readonly timeMs: number; readonly chain: string; readonly seq: number }): string {
  if (chain.includes('\0')) throw new TypeError('the name of a chain holds no NUL')
  return `${digits(timeMs)}|${chain}\0${digits(seq)}`
}

/** A place as it is given out in `Page.next`. */
export function cursorOf(place: string): string {
  return Buffer.from(place, 'utf8').toString('base64url')
}

/** The span of a query, newest first, as ZRANGE BYLEX takes it. @throws TypeError for a cursor that was never given out */
export function spanOf({ sinceMs, untilMs }: AuditFilter, after: string | undefined): { readonly from: string; readonly to: string } {
  const to = sinceMs === undefined ? '-' : `[${digits(sinceMs)}`
  if (after !== undefined) return { from: `(${placeFrom(after)}`, to }
  return { from: untilMs === undefined ? '+' : `(${digits(untilMs + 1)}`, to }
}

function placeFrom(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!FORM.test(place)) throw new TypeError('a list goes on after what `next` of the part before said')
  return place
}

function digits(value: number): string {
  return String(Math.min(Math.max(0, Math.floor(value)), Number.MAX_SAFE_INTEGER)).padStart(DIGITS, '0')
}
