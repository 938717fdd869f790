import { isConnectionSpecific } from '../../http/connection-fields.ts'
import { deny, type Denial } from '../../model/denial.ts'
import type { RawRequest } from './read-request.ts'

/** One request's head as the HTTP/2 library gives it: names in lower case, pseudo-header fields first. */
export interface Http2Head {
  /** Name, value, name, value … with the pseudo-header fields. */
  readonly fields: readonly string[]
  /** The head ended the stream: there is no body. */
  readonly ended: boolean
  /** What `:scheme` has to be: that of the connection. */
  readonly scheme: 'http' | 'https'
  readonly maxBytes: number
}

/** What HPACK counts for a field beside its letters (RFC 7541 section 4.1). */
const FIELD_OVERHEAD = 32
const COLON = 0x3a
const SPACE = 0x20
const TAB = 0x09

type Pseudo = { [name: string]: string | undefined }

/**
 * Brings an HTTP/2 head into the form that the one canonicaliser reads: a request line, and `Host` first among the fields. Most of what is
 * refused here the library refuses already, by resetting the stream; nothing relies on that. Pure; linear.
 * @returns the denial `request_malformed`, `authority_mismatch`, `headers_too_large` or `upgrade_refused` where the head is not accepted
 * @see RFC 9113 section 8.3
 */
export function readHttp2Head(head: Http2Head): RawRequest | Denial {
  const pseudo: Pseudo = Object.create(null) as Pseudo
  const rawHeaders: string[] = ['host', '']
  let host: string | undefined
  let bytes = 0
  for (let at = 0; at + 1 < head.fields.length; at += 2) {
    const name = head.fields[at] ?? ''
    const value = head.fields[at + 1] ?? ''
    bytes += name.length + value.length + FIELD_OVERHEAD
    if (hasBlankAtItsEnd(value)) return deny('request_malformed', 'a field value with white space around it')
    if (name.charCodeAt(0) === COLON) {
      if (rawHeaders.length > 2 || host !== undefined) return deny('request_malformed', 'a pseudo-header field behind another field')
      if (pseudo[name] !== undefined) return deny('request_ambiguous', 'a pseudo-header field is given more than once')
      pseudo[name] = value
    } else if (name === 'host') {
      if (host !== undefined) return deny('request_ambiguous', 'host is given more than once')
      host = value
    } else {
      if (isConnectionSpecific(name) || (name === 'te' && value !== 'trailers')) return deny('request_malformed', `${name} has no place in HTTP/2`)
      rawHeaders.push(name, value)
    }
  }
  if (bytes > head.maxBytes) return deny('headers_too_large', `header fields of more than ${head.maxBytes} bytes`)
  return lined(pseudo, host, rawHeaders, head)
}

function lined(pseudo: Pseudo, host: string | undefined, rawHeaders: string[], { ended, scheme }: Http2Head): RawRequest | Denial {
  const { ':method': method, ':path': path, ':scheme': said, ':authority': authority, ':protocol': protocol, ...unknown } = pseudo
  if (protocol !== undefined) return deny('upgrade_refused', 'an extended CONNECT, which is not offered')
  for (const _ in unknown) return deny('request_malformed', 'a pseudo-header field that no request has')
  if (method === undefined || path === undefined || said === undefined) return deny('request_malformed', 'a pseudo-header field is missing')
  if (!path.startsWith('/')) return deny('request_malformed', ':path is no path')
  if (said !== scheme) return deny('authority_mismatch', ':scheme is not that of the connection')
  // RFC 9113 section 8.3.1 has them be the same; which of two would be meant, nobody needs to guess.
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return deny('authority_mismatch', ':authority and host differ')
  const named = authority ?? host
  if (named === undefined) return deny('request_malformed', 'neither :authority nor host')
  rawHeaders[1] = named
  return { method, url: path, httpVersion: '2', rawHeaders, unframed: !ended }
}

function hasBlankAtItsEnd(value: string): boolean {
  return value.length > 0 && (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1)))
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
