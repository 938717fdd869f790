import { createPublicKey, type KeyObject } from 'node:crypto'

const LEAST_RSA_BITS = 2048

/**
 * The key that verifies an agent's client assertions.
 * @returns its PEM (SPKI) in the usual form, or what is wrong with the text, in one sentence
 */
export function readPublicKey(text: string): { readonly pem: string } | { readonly problem: string } {
  // A private key would be taken by the parser, too: it must not lie here.
  if (!/^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/.test(text)) return { problem: 'it is no PEM block `PUBLIC KEY`' }
  let key: KeyObject
  try {
    key = createPublicKey(text)
  } catch {
    return { problem: 'it is no public key' }
  }
  const problem = weakness(key)
  return problem === undefined ? { pem: key.export({ type: 'spki', format: 'pem' }).toString() } : { problem }
}

function weakness({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return undefined
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= LEAST_RSA_BITS ? undefined : `an RSA key has at least ${LEAST_RSA_BITS} bits`
  return 'it is EC P-256, Ed25519 or RSA'
}
