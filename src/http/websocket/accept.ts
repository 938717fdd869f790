import { hash, randomBytes } from 'node:crypto'

/** RFC 6455 section 1.3: what a server that understands the handshake appends to the key. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const KEY_BYTES = 16

/** A fresh `Sec-WebSocket-Key`. */
export function newWebSocketKey(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

/** The `Sec-WebSocket-Accept` that answers a key. Pure. */
export function acceptOf(key: string): string {
  return hash('sha1', key + GUID, 'base64')
}
