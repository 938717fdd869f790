import type { UpstreamRequest } from '../upstream.ts'

/**
 * The head of a request as bytes in Latin-1: request line, Host, fields, framing, empty line. Pure.
 * @throws TypeError where any part has a line break, or what Latin-1 would make one of (only the low byte of a character is written), which
 *   would be a second request: whoever judged the parts has let nothing of the kind through
 * @see RFC 9112 section 3
 */
export function requestHead({ method, target, authority, fields, body }: UpstreamRequest): string {
  let head = `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n`
  let lines = 3 + fields.length / 2
  for (let at = 0; at + 1 < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`
  if (body.kind === 'bytes' && (body.bytes.length > 0 || sendsLength(method))) {
    head += `content-length: ${body.bytes.length}\r\n`
    lines += 1
  } else if (body.kind === 'stream') {
    head += body.length === undefined ? 'transfer-encoding: chunked\r\n' : `content-length: ${body.length}\r\n`
    lines += 1
  } else if (body.kind === 'none' && sendsLength(method)) {
    // RFC 9110 section 8.6: methods that have a body say so when it is empty.
    head += 'content-length: 0\r\n'
    lines += 1
  }
  head += '\r\n'
  if (count(head, '\n') !== lines || count(head, '\r') !== lines) throw new TypeError('a line break in a part of a request’s head')
  if (BEYOND_LATIN1.test(head)) throw new TypeError('a character beyond Latin-1 in a part of a request’s head')
  return head
}

/** Text that V8 keeps as Latin-1 is not even looked through for it. */
const BEYOND_LATIN1 = /[^\0-\xff]/

function sendsLength(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}

function count(text: string, letter: string): number {
  let times = 0
  for (let at = text.indexOf(letter); at !== -1; at = text.indexOf(letter, at + 1)) times += 1
  return times
}
