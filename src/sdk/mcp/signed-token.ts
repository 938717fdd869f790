import { verify, type KeyObject } from 'node:crypto'
import { membersOf, parsed, textOf } from '../oauth/json-answer.ts'

/** A token's parts, read and not yet believed. */
export interface SignedToken {
  readonly kid: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly signed: string
  readonly signature: Buffer
}

const MAX_LENGTH = 16_384
const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const MAX_KID = 256

/**
 * Takes an `at+jwt` (RFC 9068) apart that is signed by ES256. Nothing of its own header says which key or algorithm is taken but the name of one
 * of the authority's keys. Pure.
 * @returns what is wrong, in one clause
 */
export function readSigned(token: string): SignedToken | string {
  if (token.length > MAX_LENGTH || !FORM.test(token)) return 'it is no signed token'
  const [head = '', body = '', mark = ''] = token.split('.')
  const header = membersOf(parsed(Buffer.from(head, 'base64url').toString('utf8')))
  const payload = membersOf(parsed(Buffer.from(body, 'base64url').toString('utf8')))
  const typ = textOf(header['typ'])?.toLowerCase().replace(/^application\//, '')
  if (typ !== 'at+jwt') return 'it is no access token'
  if (header['alg'] !== 'ES256') return 'its algorithm is not the authority’s'
  if (header['crit'] !== undefined || header['b64'] !== undefined) return 'it has a header that is not understood'
  const kid = textOf(header['kid'])
  if (kid === undefined || kid.length > MAX_KID) return 'it names no key'
  return { kid, payload, signed: `${head}.${body}`, signature: Buffer.from(mark, 'base64url') }
}

/** Whether this key signed it. Pure. */
export function isSignedBy({ signed, signature }: SignedToken, key: KeyObject): boolean {
  return signature.length === 64 && verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature)
}
