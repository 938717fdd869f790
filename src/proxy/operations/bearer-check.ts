import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../lib/secret.ts'

/** Whether an `Authorization` header carries the token (RFC 6750 section 2.1). */
export type BearerCheck = (authorization: string | undefined) => boolean

/** Compares digests in constant time, so that neither the token nor its length can be told from how long a refusal takes. */
export function bearerCheck(token: Secret): BearerCheck {
  const expected = digest(token.reveal())
  return (authorization) => {
    const presented = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization ?? '')?.[1]
    return presented !== undefined && timingSafeEqual(digest(presented), expected)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
