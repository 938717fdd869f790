import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseOrigin } from '../../src/config/origin.ts'
import { parseSize } from '../../src/lib/size.ts'
import { formatListenAddress, isLocalAddress, parseListenAddress } from '../../src/lib/listen-address.ts'

test.each([
  ['512B', 512], ['64KiB', 65_536], ['1MiB', 1_048_576], ['2GiB', 2_147_483_648],
  ['64KB', undefined], ['64', undefined], ['0KiB', undefined], ['-1B', undefined], ['1.5MiB', undefined], [' 1B', undefined], ['', undefined],
] as const)('the size %s is %s bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each([
  ['https://api.github.com', { scheme: 'https', host: 'api.github.com', port: 443, basePath: '' }],
  ['https://API.GitHub.com/', { scheme: 'https', host: 'api.github.com', port: 443, basePath: '' }],
  ['http://wiki:8080/api/v3', { scheme: 'http', host: 'wiki', port: 8080, basePath: '/api/v3' }],
  ['https://wiki/a/../b', undefined], ['https://wiki//a', undefined], ['https://wiki/a?b', undefined], ['https://wiki#a', undefined],
  ['https://user@wiki', undefined], ['https://127.0.0.1', undefined], ['https://0x7f.1', undefined], ['https://[::1]', undefined],
  ['https://wiki.', undefined], ['https://wiki:0', undefined], ['https://wiki:65536', undefined], ['ftp://wiki', undefined], ['wiki', undefined], ['', undefined],
] as const)('the origin %s is %o', (text, expected) => {
  expect(parseOrigin(text)).toEqual(expected)
})

test.each([
  ['127.0.0.1:8080', true], ['127.9.9.9:1', true], ['localhost:80', true], ['[::1]:80', true], ['unix:/run/x.sock', true],
  ['0.0.0.0:80', false], ['[::]:80', false], ['10.0.0.1:80', false], ['127.0.0.1.example.com:80', false], ['postern:80', false], ['[::ffff:127.0.0.1]:80', false],
] as const)('%s is an address, local: %s', (text, local) => {
  const address = parseListenAddress(text)
  expect(address !== undefined && isLocalAddress(address)).toBe(local)
  expect(address).toBeDefined()
})

test('an address is read back as it was written', () => {
  const host = fc.constantFrom('127.0.0.1', '127.1.2.3', '0.0.0.0', 'localhost', '[::1]', '[::]', '[fe80::1]', 'postern.internal', '[zz]', '::1', '', 'a b', '127.0.0.1.nip.io')
  const port = fc.oneof(fc.integer({ min: -1, max: 70_000 }).map(String), fc.constantFrom('', '080', 'x'))
  const text = fc.oneof(fc.tuple(host, port).map((parts) => parts.join(':')), fc.constantFrom('unix:/a/b', 'unix:a', 'unix:/\0', 'unix:/'), fc.string())
  fc.assert(fc.property(text, (written) => {
    const parsed = parseListenAddress(written)
    if (parsed !== undefined) expect(formatListenAddress(parsed)).toBe(written)
  }), { numRuns: 500 })
})
