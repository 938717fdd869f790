import { calculateJwkThumbprint, importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'

/** The signatures we take. No HMAC: a public key must never do as a shared secret. */
export const SIGNATURE_ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

/** One public key that may verify tokens of one algorithm. */
export interface VerificationKey {
  /** RFC 7638 thumbprint: tells whether a key is still in a later set, whatever its `kid`. */
  readonly id: string
  readonly kid: string
  readonly algorithm: SignatureAlgorithm
  readonly key: CryptoKey
}

/** The verifying keys of one issuer at one time; immutable. */
export interface KeySet {
  find(kid: string, algorithm: string): VerificationKey | undefined
  /** Whether the key with this thumbprint belongs to the set. */
  holds(id: string): boolean
}

const MAX_KEYS = 100
const MIN_RSA_BYTES = 256
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']

/**
 * Reads a JSON Web Key Set (RFC 7517 section 5). Keys of other kinds and uses are passed over, and so is every key whose
 * `kid` occurs twice: it could not be told which one is meant.
 * @throws Error where the text is no key set, or holds a private key
 */
export async function readKeySet(text: string): Promise<KeySet> {
  const usable = jwksOf(text).filter((jwk) => algorithmOf(jwk) !== undefined && typeof jwk.kid === 'string')
  const counts = new Map<string, number>()
  for (const jwk of usable) counts.set(String(jwk.kid), (counts.get(String(jwk.kid)) ?? 0) + 1)
  const keys = await Promise.all(usable.filter((jwk) => counts.get(String(jwk.kid)) === 1).map(importKey))
  const byKid = new Map(keys.map((key) => [key.kid, key]))
  const ids = new Set(keys.map((key) => key.id))
  return {
    find(kid, algorithm) {
      const key = byKid.get(kid)
      return key?.algorithm === algorithm ? key : undefined
    },
    holds: (id) => ids.has(id),
  }
}

function jwksOf(text: string): JWK[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new Error('the key set is not JSON')
  }
  const keys = isObject(document) ? document['keys'] : undefined
  if (!Array.isArray(keys)) throw new Error('the key set has no array "keys"')
  if (keys.length > MAX_KEYS) throw new Error(`the key set has more than ${MAX_KEYS} keys`)
  const objects = keys.filter(isObject)
  if (objects.some((jwk) => PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member)))) {
    throw new Error('the key set holds a private or symmetric key; publish public keys only')
  }
  return objects
}

function algorithmOf(jwk: JWK): SignatureAlgorithm | undefined {
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined
  const algorithm = algorithmOfKind(jwk)
  return jwk.alg === undefined || jwk.alg === algorithm ? algorithm : undefined
}

function algorithmOfKind(jwk: JWK): SignatureAlgorithm | undefined {
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return 'ES256'
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return 'EdDSA'
  if (jwk.kty === 'RSA' && typeof jwk.n === 'string' && significantBytes(jwk.n) >= MIN_RSA_BYTES) return 'RS256'
  return undefined
}

/** Leading zero bytes do not make a short modulus long. */
function significantBytes(modulus: string): number {
  const bytes = Buffer.from(modulus, 'base64url')
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? 0 : bytes.length - first
}

async function importKey(jwk: JWK): Promise<VerificationKey> {
  const algorithm = algorithmOfKind(jwk)
  if (algorithm === undefined) throw new TypeError('not a signature key')
  const [key, id] = await Promise.all([importJWK({ ...jwk, alg: algorithm }, algorithm), calculateJwkThumbprint(jwk)])
  if (key instanceof Uint8Array) throw new TypeError('not a public key')
  return { id, kid: String(jwk.kid), algorithm, key }
}

function isObject(value: unknown): value is Record<string, unknown> & JWK {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
