import { createPrivateKey, randomUUID, sign, constants, type KeyObject } from 'node:crypto'
import { misconfigured } from '../errors/misconfigured.ts'

/** How a client proves itself to the authority; which of these it demands depends on how the agent is registered. */
export type ClientAuth =
  /** A public client. */
  | { readonly method: 'none' }
  /** RFC 7523, with the private key of the agent's registered `public_key`: EC P-256, RSA or Ed25519, as PEM or a key object. */
  | { readonly method: 'private_key_jwt'; readonly key: string | KeyObject }
  /** RFC 8705: the `fetch` that was given shows the certificate. */
  | { readonly method: 'tls_client_auth' }

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ASSERTION_LIFE_S = 60

/** Reads the key once. @throws ConfigurationError, which shows nothing of it */
export function checkedClientAuth(auth: ClientAuth): ClientAuth {
  if (auth.method !== 'private_key_jwt') return auth
  const key = typeof auth.key === 'string' ? privateKeyOf(auth.key) : auth.key
  if (key.type !== 'private' || algorithmOf(key) === undefined) throw misconfigured('clientAuth.key has to be a private key: EC P-256, RSA or Ed25519')
  return { method: auth.method, key }
}

/** The form fields by which a request proves its client; an assertion is made anew each time, since each is good once. */
export function clientFields(clientId: string, auth: ClientAuth, issuer: string, nowMs: number): Readonly<Record<string, string>> {
  if (auth.method !== 'private_key_jwt') return { client_id: clientId }
  return { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion(clientId, auth.key, issuer, nowMs) }
}

function assertion(clientId: string, given: string | KeyObject, issuer: string, nowMs: number): string {
  const key = typeof given === 'string' ? privateKeyOf(given) : given
  const iat = Math.floor(nowMs / 1000)
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat, exp: iat + ASSERTION_LIFE_S }
  const signed = [{ alg: algorithmOf(key), typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${signatureOf(signed, key).toString('base64url')}`
}

function signatureOf(text: string, key: KeyObject): Buffer {
  const data = Buffer.from(text)
  if (key.asymmetricKeyType === 'ed25519') return sign(null, data, key)
  if (key.asymmetricKeyType === 'ec') return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
  return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
}

function algorithmOf(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyType) {
    case 'ed25519': return 'Ed25519'
    case 'rsa': return 'PS256'
    case 'ec': return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined
    default: return undefined
  }
}

function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // OpenSSL's own words are left out: they can quote what they could not read.
    throw misconfigured('clientAuth.key is no private key in PEM')
  }
}
