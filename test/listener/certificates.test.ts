import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { exportPrivateKey, makeIntermediate, makeLeaf, makeRootCa, readCertifiedKey, splitPem } from '../../src/lib/certificates.ts'

const DAY = 86_400_000
const validity = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2026, 0, 2) }

describe('certificates', () => {
  it('make a chain whose signatures hold', async () => {
    const root = await makeRootCa({ commonName: 'root', ...validity })
    const intermediate = await makeIntermediate({ commonName: 'middle', issuer: root, permittedDnsNames: ['a.example'], ...validity })
    const leaf = await makeLeaf({ commonName: 'leaf', issuer: intermediate, usage: 'server', dnsNames: ['a.example'], ...validity })
    const [r, i, l] = [root, intermediate, leaf].map((one) => new X509Certificate(one.certificatePem)) as [X509Certificate, X509Certificate, X509Certificate]
    expect([i.checkIssued(r), i.verify(r.publicKey), l.checkIssued(i), l.verify(i.publicKey)]).toEqual([true, true, true, true])
    expect([r.ca, i.ca, l.ca]).toEqual([true, true, false])
    expect(l.subjectAltName).toBe('DNS:a.example')
    expect([Date.parse(l.validFrom), Date.parse(l.validTo)]).toEqual([validity.notBeforeMs, validity.notBeforeMs + DAY])
  })

  it('carry subject, URIs and addresses for clients and servers', async () => {
    const root = await makeRootCa({ commonName: 'root', ...validity })
    const client = await makeLeaf({ commonName: 'pr-reviewer', organisation: 'Acme', issuer: root, usage: 'client', uris: ['spiffe://acme.com/agents/pr'], ...validity })
    const server = await makeLeaf({ commonName: 'local', issuer: root, usage: 'server', ipAddresses: ['127.0.0.1'], dnsNames: ['localhost'], ...validity })
    expect(new X509Certificate(client.certificatePem).subject).toBe('O=Acme\nCN=pr-reviewer')
    expect(new X509Certificate(client.certificatePem).subjectAltName).toBe('URI:spiffe://acme.com/agents/pr')
    expect(new X509Certificate(server.certificatePem).subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1')
  })

  it('are read back with their key, and another certificate’s key is refused', async () => {
    const one = await makeRootCa({ commonName: 'one', ...validity })
    const other = await makeRootCa({ commonName: 'other', ...validity })
    expect(readCertifiedKey(one.certificatePem, exportPrivateKey(one.privateKey)).privateKey.equals(one.privateKey)).toBe(true)
    expect(() => readCertifiedKey(one.certificatePem, exportPrivateKey(other.privateKey))).toThrow('not that of the certificate')
    expect(splitPem(`# text\n${one.certificatePem}${other.certificatePem}`)).toHaveLength(2)
  })

  it('refuse misuse: no permitted name, a common name too long, an end before the beginning', async () => {
    const root = await makeRootCa({ commonName: 'root', ...validity })
    await expect(makeIntermediate({ commonName: 'x', issuer: root, permittedDnsNames: [], ...validity })).rejects.toThrow(TypeError)
    await expect(makeRootCa({ commonName: 'x'.repeat(65), ...validity })).rejects.toThrow(TypeError)
    await expect(makeRootCa({ commonName: 'x', notBeforeMs: 2, notAfterMs: 1 })).rejects.toThrow(TypeError)
  })
})
