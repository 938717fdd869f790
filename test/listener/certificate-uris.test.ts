import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { X509Certificate } from 'node:crypto'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { uriNames } from '../../src/lib/certificate-uris.ts'
import { makeLeaf, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'

const validity = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2026, 0, 2) }
let root: CertifiedKey

beforeAll(async () => {
  root = await makeRootCa({ commonName: 'root', ...validity })
})

async function withNames(names: { uris?: readonly string[]; dnsNames?: readonly string[]; ipAddresses?: readonly string[] }): Promise<Buffer> {
  const leaf = await makeLeaf({ commonName: 'leaf', issuer: root, usage: 'client', ...names, ...validity })
  return new X509Certificate(leaf.certificatePem).raw
}

describe('the URIs of a certificate', () => {
  it.each([
    ['none without alternative names', {}, []],
    ['none among other names', { dnsNames: ['a.example', 'uri.example'], ipAddresses: ['127.0.0.1'] }, []],
    ['one', { uris: ['spiffe://acme.com/agents/pr'] }, ['spiffe://acme.com/agents/pr']],
    ['several, in their order, beside others', { dnsNames: ['a.example'], uris: ['https://b.example/', 'spiffe://c/d'] }, ['https://b.example/', 'spiffe://c/d']],
    ['what would be quoted, or read as two, in a text', { uris: ['spiffe://a/b, URI:spiffe://c/d', 'spiffe://a/"\\'] }, ['spiffe://a/b, URI:spiffe://c/d', 'spiffe://a/"\\']],
    ['a long one', { uris: [`spiffe://acme.com/${'x'.repeat(70_000)}`] }, [`spiffe://acme.com/${'x'.repeat(70_000)}`]],
  ])('are read from its bytes: %s', async (_, names, expected) => {
    expect(uriNames(await withNames(names))).toEqual(expected)
  })

  it('are what another reader finds, whatever stands in them', async () => {
    const uri = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 300 }).map((rest) => `urn:${rest}`)
    await fc.assert(fc.asyncProperty(fc.array(uri, { maxLength: 4 }), async (uris) => {
      const der = await withNames({ uris })
      const others = new x509.X509Certificate(new Uint8Array(der)).getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? []
      expect(uriNames(der)).toEqual(others.map(({ value }) => value))
      expect(uriNames(der)).toEqual(uris)
    }), { numRuns: 40 })
  })

  it('are not read from what is no DER: cut short, a length without an end, a name in pieces', async () => {
    const der = await withNames({ uris: ['spiffe://acme.com/a'] })
    for (let length = 0; length < der.length; length += 7) expect(() => uriNames(der.subarray(0, length))).toThrow('not DER')
    const endless = Buffer.from(der)
    endless[1] = 0x80
    expect(() => uriNames(endless)).toThrow('not DER')
    const inPieces = Buffer.from(der)
    inPieces[der.indexOf('spiffe://') - 2] = 0xa6
    expect(() => uriNames(inPieces)).toThrow('not DER')
  })

  it('never hang or read beyond the bytes, whatever byte is changed', async () => {
    const der = await withNames({ uris: ['spiffe://acme.com/a'], dnsNames: ['b.example'] })
    fc.assert(fc.property(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
      const changed = Buffer.from(der)
      changed[at] = value
      const read = ((): readonly string[] | Error => {
        try {
          return uriNames(changed)
        } catch (error) {
          return error instanceof Error ? error : new Error('something else')
        }
      })()
      if (read instanceof Error) expect(read.message).toBe('the certificate is not DER')
      else expect(read.join('').length).toBeLessThan(der.length)
    }), { numRuns: 2_000 })
  })
})
