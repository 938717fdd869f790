import { deny, type Denial } from '../model/denial.ts'
import { ruleOf } from './header-rules.ts'
import { parseMediaType } from './media-type.ts'
import type { BodyFraming, HeaderList } from './request.ts'

/** What one walk over the raw header fields gives. */
export interface ReadHeaders {
  /** End-to-end fields alone, in order and spelling. */
  readonly headers: HeaderList
  readonly framing: BodyFraming
  /** As sent; whether it is a host, its reader judges. */
  readonly host: string | undefined
  /** Lower-case media type. */
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly proxyAuthorization: string | undefined
  readonly delegation: string | undefined
  /** A proof of possession (RFC 9449): whose token it goes with, its reader judges. */
  readonly dpop: string | undefined
  readonly expectsContinue: boolean
  /** `TE` names trailers: the client reads them. */
  readonly acceptsTrailers: boolean
  /** Lower case; undefined where none is asked for, or only `h2c`, which a server may pass over (RFC 9110 section 7.8). */
  readonly upgrade: string | undefined
  /** Sent by browsers of their own accord: where a page, not an agent, makes the request. */
  readonly fromBrowser: boolean
}

export interface HeaderLimits {
  readonly maxHeaders: number
}

type Taken = { -readonly [K in keyof ReadHeaders]: ReadHeaders[K] } & {
  /** A bit for each field that may stand once. */
  seen: number
  contentLength: string | undefined
  transferEncoding: string | undefined
}

// oxlint-disable-next-line no-control-regex
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/
const CONTENT_LENGTH = /^(?:0|[1-9][0-9]{0,15})$/
const CONNECTION_TOKENS: ReadonlySet<string> = new Set(['close', 'keep-alive', 'upgrade', 'http2-settings'])

/**
 * Walks the raw fields once: refuses what can be read in two ways, takes off what is ours or the hop's, and leaves the end-to-end
 * fields. Pure; linear. Node's own `headers` object is never looked at: it silently drops the second of a pair.
 * @param rawHeaders name, value, name, value …, values without surrounding white space
 * @returns the denial `request_ambiguous`, `header_refused`, `headers_too_large` or `expectation_refused` where the fields are not accepted
 * @see RFC 9110 section 5, RFC 9112 section 6
 */
export function readHeaders(rawHeaders: readonly string[], limits: HeaderLimits): ReadHeaders | Denial {
  if (rawHeaders.length > limits.maxHeaders * 2) return deny('headers_too_large', `more than ${limits.maxHeaders} header fields`)
  const headers: string[] = []
  const taken: Taken = {
    headers, framing: { kind: 'none' }, host: undefined, contentType: undefined, authorization: undefined, proxyAuthorization: undefined,
    delegation: undefined, dpop: undefined, expectsContinue: false, acceptsTrailers: false, upgrade: undefined, fromBrowser: false, seen: 0, contentLength: undefined, transferEncoding: undefined,
  }
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const denied = takeField(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '', taken, headers)
    if (denied !== undefined) return denied
  }
  return framed(taken)
}

function takeField(spelling: string, value: string, taken: Taken, headers: string[]): Denial | undefined {
  const { name, rule, once } = ruleOf(spelling)
  if (rule === 'bad-name') return deny('header_refused', 'a header name that is no token, or has an underscore')
  if (!VALUE.test(value)) return deny('request_malformed', `a control character in ${name}`)
  switch (rule) {
    case 'keep':
      headers.push(spelling, value)
      return undefined
    case 'drop':
    case 'strip':
      return undefined
    case 'override':
      return deny('header_refused', `${name} names another method`)
    case 'actor':
      return deny('header_refused', `${name} names somebody to act as`, { hint: 'The credential is used as it is: no header may have the upstream act as somebody else.' })
    case 'connection':
      return connectionProblem(value)
    case 'te':
      taken.acceptsTrailers ||= /(?:^|,)[ \t]*trailers[ \t]*(?:$|,|;)/i.test(value)
      return undefined
    case 'browser':
      taken.fromBrowser = true
      headers.push(spelling, value)
      return undefined
    default:
      if ((taken.seen & once) !== 0) return deny('request_ambiguous', `${name} is given more than once`)
      taken.seen |= once
      if (rule === 'single' || rule === 'content-type') headers.push(spelling, value)
      return takeSingle(rule, value, taken)
  }
}

type SingleRule = 'single' | 'host' | 'content-length' | 'transfer-encoding' | 'content-type' | 'authorization' | 'proxy-authorization' | 'delegation' | 'dpop' | 'expect' | 'upgrade'

function takeSingle(rule: SingleRule, value: string, taken: Taken): Denial | undefined {
  switch (rule) {
    case 'single':
      return undefined
    case 'host':
      taken.host = value
      return undefined
    case 'authorization':
      taken.authorization = value
      return undefined
    case 'proxy-authorization':
      taken.proxyAuthorization = value
      return undefined
    case 'delegation':
      taken.delegation = value
      return undefined
    case 'dpop':
      taken.dpop = value
      return undefined
    case 'content-length':
      taken.contentLength = value
      return undefined
    case 'transfer-encoding':
      taken.transferEncoding = value
      return undefined
    case 'content-type':
      return takeContentType(value, taken)
    case 'expect':
      taken.expectsContinue = value.toLowerCase() === '100-continue'
      return taken.expectsContinue ? undefined : deny('expectation_refused', 'an expectation other than 100-continue')
    case 'upgrade':
      taken.upgrade = value.toLowerCase() === 'h2c' ? undefined : value.toLowerCase().slice(0, 64)
      return undefined
  }
}

function takeContentType(value: string, taken: Taken): Denial | undefined {
  // An empty field says nothing, and Go and curl send it to take a default off.
  if (value === '') return undefined
  taken.contentType = parseMediaType(value)?.essence
  return taken.contentType === undefined ? deny('header_refused', 'content-type is not one media type') : undefined
}

/** RFC 9112 section 6.3: one framing, or a refusal. */
function framed(taken: Taken): ReadHeaders | Denial {
  const { contentLength, transferEncoding } = taken
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) return deny('request_ambiguous', 'both content-length and transfer-encoding')
    if (transferEncoding.toLowerCase() !== 'chunked') return deny('request_ambiguous', 'a transfer-encoding other than one chunked')
    taken.framing = { kind: 'chunked' }
  } else if (contentLength !== undefined) {
    if (!CONTENT_LENGTH.test(contentLength)) return deny('request_ambiguous', 'content-length is not one plain number')
    const bytes = Number(contentLength)
    if (!Number.isSafeInteger(bytes)) return deny('request_ambiguous', 'content-length is not one plain number')
    taken.framing = { kind: 'length', bytes }
  }
  return taken
}

function connectionProblem(value: string): Denial | undefined {
  for (const token of value.split(',')) {
    // A named field would be deleted on the way: `Connection: Authorization` takes the credential off again.
    if (!CONNECTION_TOKENS.has(token.trim().toLowerCase())) return deny('header_refused', 'connection names something other than close, keep-alive or upgrade')
  }
  return undefined
}
