import type { KeyObject } from 'node:crypto'

/** A certificate with its private key. The key prints as nothing; `exportPrivateKey` gives the PEM. */
export interface CertifiedKey {
  readonly certificatePem: string
  readonly privateKey: KeyObject
}

/** Wall clock, milliseconds; certificates keep whole seconds. */
export interface Validity {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

export interface AuthorityOptions extends Validity {
  /** At most 64 characters. */
  readonly commonName: string
}

export interface IntermediateOptions extends AuthorityOptions {
  readonly issuer: CertifiedKey
  /** The only DNS names (with their subdomains, RFC 5280 section 4.2.1.10) it can certify; IP addresses it never can. */
  readonly permittedDnsNames: readonly string[]
}

export interface LeafOptions extends AuthorityOptions {
  readonly issuer: CertifiedKey
  readonly usage: 'server' | 'client'
  readonly organisation?: string
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
  readonly uris?: readonly string[]
}
