import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { findCanaries } from './canary.ts'

const SECRET = 'ghs_4711_eyJhbGciOiJ/+SUzI1NiJ9.c2VjcmV0LXBhcnQ~Zz'
const look = (bytes: Buffer | string): readonly string[] => findCanaries([{ name: 'place', bytes }], [{ name: 'the secret', value: SECRET }])
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('the canary oracle', () => {
  for (const [form, bytes] of [
    ['plain', `{"a":"${SECRET}"}`],
    ['other case', SECRET.toUpperCase()],
    ['its first half', `x${SECRET.slice(0, 30)}`],
    ['its second half', SECRET.slice(20)],
    ['base64 by itself', base64(SECRET)],
    ['base64 after one byte', base64(`:${SECRET}`)],
    ['base64 after two bytes', base64(`a:${SECRET}!`)],
    ['base64url', Buffer.from(`x-access-token:${SECRET}`).toString('base64url')],
    ['base64 in lines', base64(SECRET).replaceAll(/.{16}/g, '$&\r\n')],
    ['base64 in escaped lines', JSON.stringify(base64(SECRET).replaceAll(/.{16}/g, '$&\n'))],
    ['hex', Buffer.from(SECRET).toString('hex')],
    ['hex in capitals', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ['a component', encodeURIComponent(SECRET)],
    ['every byte escaped', Buffer.from(SECRET).toString('hex').replaceAll(/../g, '%$&')],
    ['some bytes escaped', SECRET.replaceAll('s', '%73')],
    ['JSON with an escaped slash', SECRET.replace('/', '\\/')],
    ['JSON with some letters escaped', SECRET.replaceAll('h', '\\u0068')],
    ['HTML', SECRET.replaceAll('g', '&#103;').replaceAll('/', '&#x2F;')],
    ['reversed', [...SECRET].toReversed().join('')],
    ['gzip', gzipSync(`a ${SECRET}`)],
    ['gzip after other bytes', Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), gzipSync(SECRET)])],
    ['deflate', deflateSync(SECRET)],
    ['brotli', brotliCompressSync(SECRET)],
    ['base64 within gzip within gzip', gzipSync(gzipSync(base64(SECRET)))],
  ] as const) {
    it(`finds the secret as ${form}, and does not say it`, () => {
      const findings = look(bytes)
      expect(findings).not.toEqual([])
      expect(findings.join('')).not.toContain(SECRET)
    })
  }

  it('finds nothing where there is nothing', () => {
    expect(look('{"message":"ghs_4711_eyJhbGciOiJ"}')).toEqual([])
    expect(look(gzipSync('nothing'))).toEqual([])
    expect(look('')).toEqual([])
  })
})
