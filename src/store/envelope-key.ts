import { createHmac } from 'node:crypto'
import type { Secret } from '../lib/secret.ts'
import { StoreError } from './store-error.ts'

/** A key encryption key and the name under which sealed values mention it. */
export interface EnvelopeKey {
  /** 16 hex digits, derived from the key: the same key always has the same id, and the id tells nothing of it. */
  readonly id: string
  readonly bytes: Buffer
}

const KEY_BYTES = 32
const RIGHT = 'give 64 hex digits, 44 base64 characters or 32 raw bytes (`openssl rand -base64 32`)'
const HEX = /^[0-9a-fA-F]{64}$/
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/
const PRINTABLE = /^[\x20-\x7e]*$/

/**
 * Reads a key encryption key: 32 bytes as hex, as base64 (or base64url), or raw as Latin-1 text; line ends around it are ignored.
 * @throws StoreError `store_key_invalid`
 */
export function envelopeKey(secret: Secret): EnvelopeKey {
  const bytes = keyBytes(secret.reveal())
  if (bytes === undefined || bytes.every((byte) => byte === bytes[0])) {
    throw new StoreError('store_key_invalid', `The key that encrypts the store is not 32 random bytes: ${RIGHT}.`)
  }
  return { id: createHmac('sha256', bytes).update('postern store key id').digest('hex').slice(0, 16), bytes }
}

function keyBytes(text: string): Buffer | undefined {
  // Raw bytes that happen to be printable are a passphrase: 32 random bytes are that once in 10^13.
  if (isLatin1Key(text) && !PRINTABLE.test(text)) return Buffer.from(text, 'latin1')
  const trimmed = text.trim()
  if (HEX.test(trimmed)) return Buffer.from(trimmed, 'hex')
  return BASE64.test(trimmed) ? exactly(Buffer.from(trimmed, 'base64')) : undefined
}

function isLatin1Key(text: string): boolean {
  return text.length === KEY_BYTES && [...text].every((character) => character.charCodeAt(0) <= 0xff)
}

function exactly(bytes: Buffer): Buffer | undefined {
  return bytes.length === KEY_BYTES ? bytes : undefined
}
