import { createHmac, randomBytes } from 'node:crypto'
import { Secret } from '../lib/secret.ts'

/** Names a record by a digest that nobody computes without the index key: what is a secret as a name is not stored as one. */
export type NameDigest = (...name: readonly string[]) => string

const KEY_BYTES = 32

/** A fresh index key; kept sealed beside what it indexes, and never replaced: names could not be found any more. */
export function newIndexKey(): Secret {
  return new Secret(randomBytes(KEY_BYTES).toString('base64url'))
}

/** HMAC-SHA-256 in base64url (43 characters), over the parts as JSON, so that they cannot run together. */
export function nameDigest(indexKey: Secret): NameDigest {
  const key = Buffer.from(indexKey.reveal(), 'base64url')
  if (key.length !== KEY_BYTES) throw new TypeError('an index key is 32 bytes in base64url')
  return (...name) => createHmac('sha256', key).update(JSON.stringify(name)).digest('base64url')
}
