import type { AnswerHead } from './answer-head.ts'

/** Where the body of an answer ends. */
export type AnswerFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** With the connection: nothing can follow on it. */
  | { readonly kind: 'close' }

export interface FramedAnswer {
  readonly framing: AnswerFraming
  /** Whether the connection may carry another request afterwards. */
  readonly persistent: boolean
  /** What the upstream says of how long it keeps an idle connection; undefined where it says nothing. */
  readonly keptForMs: number | undefined
}

const CONTENT_LENGTH = /^(?:0|[1-9][0-9]{0,15})$/
const KEPT_FOR = /(?:^|[ ,;])timeout=([0-9]{1,6})(?:$|[ ,;])/i
const NO_BODY: AnswerFraming = { kind: 'none' }
const CHUNKED: AnswerFraming = { kind: 'chunked' }
const UNTIL_CLOSE: AnswerFraming = { kind: 'close' }
const NO_CONTENT = 204
const NOT_MODIFIED = 304

interface Seen {
  length: string | undefined
  coding: string | undefined
  closes: boolean
  keeps: boolean
  keptForMs: number | undefined
}

/**
 * One framing, or a sentence of ours why there is more than one. Pure.
 * @see RFC 9112 section 6.3
 */
export function frameAnswer(method: string, head: AnswerHead): FramedAnswer | string {
  const seen: Seen = { length: undefined, coding: undefined, closes: false, keeps: false, keptForMs: undefined }
  const problem = look(head.fields, seen)
  if (problem !== undefined) return problem
  if (seen.coding !== undefined && seen.length !== undefined) return 'it has both content-length and transfer-encoding'
  if (seen.coding !== undefined && head.minor === 0) return 'it has a transfer-encoding in HTTP/1.0'
  const framing = framingOf(method, head.status, seen)
  const persistent = framing.kind !== 'close' && !seen.closes && (head.minor === 1 || seen.keeps)
  return { framing, persistent, keptForMs: seen.keptForMs }
}

function framingOf(method: string, status: number, { length, coding }: Seen): AnswerFraming {
  if (method === 'HEAD' || status === NO_CONTENT || status === NOT_MODIFIED) return NO_BODY
  if (coding !== undefined) return CHUNKED
  return length === undefined ? UNTIL_CLOSE : { kind: 'length', bytes: Number(length) }
}

function look(fields: readonly string[], seen: Seen): string | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] as string
    const value = fields[at + 1] as string
    // By its length first: most fields are none of these.
    switch (name.length) {
      case 10:
        if (same(name, 'connection')) takeConnection(value, seen)
        else if (same(name, 'keep-alive')) seen.keptForMs = keptFor(value)
        break
      case 14: {
        if (!same(name, 'content-length')) break
        if (seen.length !== undefined) return 'it has two content-lengths'
        if (!CONTENT_LENGTH.test(value) || !Number.isSafeInteger(Number(value))) return 'its content-length is no plain number'
        seen.length = value
        break
      }
      case 17: {
        if (!same(name, 'transfer-encoding')) break
        if (seen.coding !== undefined || value.toLowerCase() !== 'chunked') return 'its transfer-encoding is other than one chunked'
        seen.coding = value
        break
      }
    }
  }
  return undefined
}

function same(name: string, lower: string): boolean {
  return name === lower || name.toLowerCase() === lower
}

function takeConnection(value: string, seen: Seen): void {
  for (const token of value.toLowerCase().split(',')) {
    if (token.trim() === 'close') seen.closes = true
    if (token.trim() === 'keep-alive') seen.keeps = true
  }
}

function keptFor(value: string): number | undefined {
  const seconds = KEPT_FOR.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1_000
}
