import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { AuthorityOptions, CertifiedKey, IntermediateOptions, LeafOptions } from './certified-key.ts'

export type { CertifiedKey }

// What makes certificates is larger than most of the program, and most processes make few: it is loaded when the first is made.

/** A self-signed authority that may sign one more level of authorities. EC P-256. */
export async function makeRootCa(options: AuthorityOptions): Promise<CertifiedKey> {
  const { selfSignedRoot } = await import('./make-certificates.ts')
  return selfSignedRoot(options)
}

/** An authority for server certificates whose names are confined by a critical constraint; it can sign no further authority. */
export async function makeIntermediate(options: IntermediateOptions): Promise<CertifiedKey> {
  const { signedIntermediate } = await import('./make-certificates.ts')
  return signedIntermediate(options)
}

/** A certificate for a server or a client. The names are not checked here against the issuer's constraints: verifiers do that. */
export async function makeLeaf(options: LeafOptions): Promise<CertifiedKey> {
  const { signedLeaf } = await import('./make-certificates.ts')
  return signedLeaf(options)
}

/** The key as PKCS #8 PEM, for a TLS context or a file of mode 0600. */
export function exportPrivateKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/**
 * Reads a certificate and its key.
 * @throws Error where either is no PEM, or the key is not the certificate's
 */
export function readCertifiedKey(certificatePem: string, privateKeyPem: string): CertifiedKey {
  const privateKey = createPrivateKey(privateKeyPem)
  if (!new X509Certificate(certificatePem).checkPrivateKey(privateKey)) throw new Error('the private key is not that of the certificate')
  return { certificatePem, privateKey }
}

/** Every certificate of a PEM file, in order; text between them is ignored. */
export function splitPem(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []
}
