import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { CryptoKey } from 'jose'

/** The algorithm of every token that we sign. */
export const SIGNING_ALGORITHM = 'ES256'

/** One P-256 key, as it is kept. */
export interface KeptKey {
  readonly kid: string
  readonly x: string
  readonly y: string
  readonly d: string
  /** Wall clock: published before, signs from then on. */
  readonly signsFromMs: number
}

/** The public half, as it is published (RFC 7517). */
export interface PublishedKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: typeof SIGNING_ALGORITHM
}

/** A new key; its `kid` is its RFC 7638 thumbprint. */
export async function newKeptKey(signsFromMs: number): Promise<KeptKey> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true })
  const { x, y, d } = await exportJWK(privateKey)
  if (x === undefined || y === undefined || d === undefined) throw new TypeError('the generated key is no EC key')
  return { kid: await calculateJwkThumbprint({ kty: 'EC', crv: 'P-256', x, y }), x, y, d, signsFromMs }
}

/** What is published of a key. Pure. */
export function publishedKey({ x, y, kid }: KeptKey): PublishedKey {
  return { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: SIGNING_ALGORITHM }
}

/** The key that signs; it cannot be exported again. */
export async function importKeptKey({ x, y, d }: KeptKey): Promise<CryptoKey> {
  const key = await importJWK({ kty: 'EC', crv: 'P-256', x, y, d }, SIGNING_ALGORITHM, { extractable: false })
  if (key instanceof Uint8Array) throw new TypeError('a symmetric key does not sign tokens')
  return key
}

/** The keys as one text, the newest last. */
export function writeKeys(keys: readonly KeptKey[]): string {
  return JSON.stringify({ keys })
}

/** @throws Error where the text is not what `writeKeys` wrote */
export function readKeys(text: string): readonly [KeptKey, ...KeptKey[]] {
  const document: unknown = JSON.parse(text)
  const keys = isObject(document) ? document['keys'] : undefined
  if (!Array.isArray(keys) || !keys.every(isKeptKey)) throw new Error('the signing keys in the store are not readable')
  const [first, ...others] = keys
  if (first === undefined) throw new Error('there is no signing key in the store')
  return [first, ...others]
}

function isKeptKey(value: unknown): value is KeptKey {
  return isObject(value) && ['kid', 'x', 'y', 'd'].every((name) => typeof value[name] === 'string') && typeof value['signsFromMs'] === 'number'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
