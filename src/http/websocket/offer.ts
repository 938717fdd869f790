import { deny, type Denial } from '../../model/denial.ts'
import type { HeaderList, WebSocketOffer } from '../request.ts'

export interface ReadOffer {
  readonly offer: WebSocketOffer
  /** The fields without those of the handshake. */
  readonly headers: HeaderList
}

/** 16 bytes in base64: the last letter before the padding carries two bits. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/
const MAX_PROTOCOLS = 32
const PREFIX = 'sec-websocket-'

interface Seen {
  key: string | undefined
  version: string | undefined
  readonly protocols: string[]
}

/**
 * Reads the fields of a WebSocket handshake off a request's, and takes them off. Extensions that are offered are not taken up: what is
 * compressed could not be looked at. Pure; linear.
 * @returns the denial `request_malformed` or `request_ambiguous` where the handshake is not one that RFC 6455 section 4.1 describes
 */
export function readWebSocketOffer(fields: HeaderList): ReadOffer | Denial {
  const headers: string[] = []
  const seen: Seen = { key: undefined, version: undefined, protocols: [] }
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name = '', value = ''] = [fields[at], fields[at + 1]]
    const lower = name.toLowerCase()
    if (!lower.startsWith(PREFIX)) {
      headers.push(name, value)
      continue
    }
    const problem = take(lower, value, seen)
    if (problem !== undefined) return problem
  }
  const { key, version, protocols } = seen
  if (version !== '13') {
    return deny('request_malformed', 'a WebSocket handshake without version 13', { hint: 'Only WebSocket version 13 (RFC 6455) is understood.' })
  }
  if (key === undefined || !KEY.test(key)) return deny('request_malformed', 'Sec-WebSocket-Key is not 16 bytes in base64')
  return { offer: { key, protocols }, headers }
}

function take(name: string, value: string, seen: Seen): Denial | undefined {
  switch (name) {
    case 'sec-websocket-key':
      if (seen.key !== undefined) return deny('request_ambiguous', `${name} is given more than once`)
      seen.key = value
      return undefined
    case 'sec-websocket-version':
      if (seen.version !== undefined) return deny('request_ambiguous', `${name} is given more than once`)
      seen.version = value
      return undefined
    case 'sec-websocket-protocol':
      return takeProtocols(value, seen.protocols)
    case 'sec-websocket-extensions':
      return undefined
    default:
      return deny('header_refused', 'a field of the WebSocket handshake that no client sends')
  }
}

function takeProtocols(value: string, protocols: string[]): Denial | undefined {
  for (const part of value.split(',')) {
    const protocol = part.trim()
    if (!TOKEN.test(protocol)) return deny('request_malformed', 'Sec-WebSocket-Protocol is no list of tokens')
    if (protocols.includes(protocol)) return deny('request_ambiguous', 'Sec-WebSocket-Protocol names a protocol twice')
    protocols.push(protocol)
  }
  return protocols.length > MAX_PROTOCOLS ? deny('request_malformed', `more than ${MAX_PROTOCOLS} subprotocols`) : undefined
}
