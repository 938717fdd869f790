/** The head of one answer, strictly read. */
export interface AnswerHead {
  readonly status: number
  /** HTTP/1.`minor`. */
  readonly minor: 0 | 1
  /** Name, value, name, value …: as they came, Latin-1, values without the white space around them. */
  readonly fields: string[]
}

const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/
const MAX_FIELDS = 256

/** RFC 9110 section 5.6.2 `token`, by character code. */
const IS_TOKEN = tokenTable()

/**
 * Reads an answer's head, or says why it cannot be read in one way only. Nothing is repaired: no folded line, no bare line feed, no white
 * space before a colon, no control character. Pure; linear.
 * @param text Latin-1: from the status line to the last field's CRLF, without the empty line
 * @returns a sentence of ours where the head is refused
 * @see RFC 9112 sections 4 and 5
 */
export function parseAnswerHead(text: string): AnswerHead | string {
  const lineEnd = text.indexOf('\r\n')
  if (lineEnd === -1) return 'its status line has no end'
  const line = STATUS_LINE.exec(text.slice(0, lineEnd))
  if (line === null) return 'its status line is not one of HTTP/1'
  const fields = parseFields(text, lineEnd + 2)
  if (typeof fields === 'string') return fields
  return { status: Number(line[2]), minor: line[1] === '0' ? 0 : 1, fields }
}

/**
 * Field lines, each ended by CRLF; also those of trailers.
 * @returns a sentence of ours where one is refused
 */
export function parseFields(text: string, start: number): string[] | string {
  const fields: string[] = []
  let at = start
  while (at < text.length) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) return 'a field has no end'
    const colon = nameEnd(text, at, end)
    if (colon === -1) return 'a field name is no token'
    const value = fieldValue(text, colon + 1, end)
    if (value === undefined) return 'a field value has a control character'
    fields.push(text.slice(at, colon), value)
    if (fields.length > MAX_FIELDS * 2) return `more than ${MAX_FIELDS} fields`
    at = end + 2
  }
  return fields
}

/** @returns where the colon stands, or -1 */
function nameEnd(text: string, start: number, end: number): number {
  let at = start
  while (at < end) {
    const code = text.charCodeAt(at)
    if (code === COLON) return at > start ? at : -1
    if (IS_TOKEN[code] !== 1) return -1
    at += 1
  }
  return -1
}

function fieldValue(text: string, start: number, end: number): string | undefined {
  let from = start
  let to = end
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at)
    if ((code < SPACE && code !== TAB) || code === 0x7f) return undefined
  }
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

function tokenTable(): Uint8Array {
  const table = new Uint8Array(256)
  const letters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
  for (const letter of letters) table[letter.charCodeAt(0)] = 1
  return table
}

/** Where the head ends in what has arrived: the index behind the empty line, or -1. @param from where the last look ended */
export function headEnd(bytes: Buffer, from: number): number {
  const at = bytes.indexOf('\r\n\r\n', Math.max(0, from - 3), 'latin1')
  return at === -1 ? -1 : at + 4
}

/** Whether bytes could still be the beginning of `HTTP/1.`: what is something else is not waited for. */
export function couldBeHttp(bytes: Buffer): boolean {
  const expected = 'HTTP/1.'
  const length = Math.min(bytes.length, expected.length)
  for (let at = 0; at < length; at += 1) if (bytes[at] !== expected.charCodeAt(at)) return false
  return bytes[0] !== CR
}
