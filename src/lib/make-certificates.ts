import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { KeyObject, type webcrypto } from 'node:crypto'
import type { AuthorityOptions, CertifiedKey, IntermediateOptions, LeafOptions, Validity } from './certified-key.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const
const NAME_CONSTRAINTS = '2.5.29.30'
const CONTEXT_0 = 0xa0
const CONTEXT_1 = 0xa1
const SEQUENCE = 0x30
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87
const MAX_COMMON_NAME = 64

/** What `makeRootCa` of certificates.ts tells. */
export async function selfSignedRoot(options: AuthorityOptions): Promise<CertifiedKey> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(options),
    name: subjectOf(options.commonName, undefined),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [...authorityExtensions(1), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  })
  return certified(certificate, keys)
}

/** What `makeIntermediate` of certificates.ts tells. */
export async function signedIntermediate(options: IntermediateOptions): Promise<CertifiedKey> {
  if (options.permittedDnsNames.length === 0) throw new TypeError('an intermediate needs at least one permitted DNS name')
  return signed(options, undefined, [
    ...authorityExtensions(0),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.Extension(NAME_CONSTRAINTS, true, nameConstraints(options.permittedDnsNames)),
  ])
}

/** What `makeLeaf` of certificates.ts tells. */
export async function signedLeaf(options: LeafOptions): Promise<CertifiedKey> {
  const names = [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(options.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ]
  const usage = options.usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth
  return signed(options, options.organisation, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage]),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ])
}

async function signed(
  options: AuthorityOptions & { readonly issuer: CertifiedKey },
  organisation: string | undefined,
  extensions: readonly x509.Extension[],
): Promise<CertifiedKey> {
  const keys = await newKeys()
  const issuer = new x509.X509Certificate(options.issuer.certificatePem)
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(options),
    subject: subjectOf(options.commonName, organisation),
    issuer: issuer.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: options.issuer.privateKey.toCryptoKey(EC, false, ['sign']),
    signingAlgorithm: SIGNATURE,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return certified(certificate, keys)
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(EC, true, ['sign', 'verify'])
}

function certified(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair): CertifiedKey {
  return { certificatePem: `${certificate.toString('pem')}\n`, privateKey: KeyObject.from(keys.privateKey) }
}

function validity(options: Validity): { readonly notBefore: Date; readonly notAfter: Date } {
  if (options.notAfterMs <= options.notBeforeMs) throw new TypeError('a certificate must end after it begins')
  return { notBefore: new Date(options.notBeforeMs), notAfter: new Date(options.notAfterMs) }
}

function subjectOf(commonName: string, organisation: string | undefined): x509.JsonName {
  if (commonName.length === 0 || commonName.length > MAX_COMMON_NAME) throw new TypeError('a common name has 1 to 64 characters')
  return [...(organisation === undefined ? [] : [{ O: [organisation] }]), { CN: [commonName] }]
}

function authorityExtensions(pathLength: number): readonly x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ]
}

/** RFC 5280 section 4.2.1.10: the names permitted, and every IPv4 and IPv6 address excluded. */
function nameConstraints(dnsNames: readonly string[]): Buffer {
  const permitted = dnsNames.map((name) => der(SEQUENCE, der(DNS_NAME, Buffer.from(name, 'ascii'))))
  const excluded = [8, 32].map((bytes) => der(SEQUENCE, der(IP_ADDRESS, Buffer.alloc(bytes))))
  return der(SEQUENCE, der(CONTEXT_0, ...permitted), der(CONTEXT_1, ...excluded))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...derLength(content.length)]), content])
}

function derLength(bytes: number): readonly number[] {
  if (bytes < 0x80) return [bytes]
  if (bytes < 0x100) return [0x81, bytes]
  if (bytes < 0x10000) return [0x82, bytes >> 8, bytes & 0xff]
  throw new TypeError('more names than one certificate can hold')
}
