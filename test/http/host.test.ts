import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalHost, parseAuthority } from '../../src/http/host.ts'

describe('the host grammar', () => {
  for (const [text, host] of [
    ['api.github.com', 'api.github.com'],
    ['API.GitHub.com', 'api.github.com'],
    ['tickets', 'tickets'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['1password.com', '1password.com'],
    ['a-1.b2c', 'a-1.b2c'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ] as const) it(`takes ${text.slice(0, 30)}`, () => expect(canonicalHost(text)).toBe(host))

  for (const text of [
    '', '.', 'a.', '.a', 'a..b', '-a', 'a-', 'a.-b', 'a_b', 'a b', 'a%2eb', 'bücher.example', 'a\0.b', 'a/b', 'a@b', 'a:80', '*', '*.a', '[::1]', '::1',
    '127.0.0.1', '127.1', '2130706433', '0x7f000001', '0X7F.1', '0177.0.0.1', '1.2.3.4.5', 'a.1', 'a.0x', 'a.0xff', '0', '0x', '１２７.0.0.1', 'ⓐ.example',
    `${'a'.repeat(64)}.com`, `${'a.'.repeat(126)}ab`, 'a\n', '\ta', 'a,b', 'a;b',
  ]) it(`refuses ${JSON.stringify(text.slice(0, 30))}`, () => expect(canonicalHost(text)).toBeUndefined())

  it('gives a fixed point that URL reads as the same host, never as an address', () => {
    expect(() => fc.assert(fc.property(fc.oneof(fc.domain(), fc.string({ maxLength: 40 }), fc.stringMatching(/^[a-zA-Z0-9.x_-]{1,30}$/)), (text) => {
      const host = canonicalHost(text)
      // A label of punycode that decodes to nothing is no URL; it is a name for the resolver all the same.
      return host === undefined || (canonicalHost(host) === host && /^[a-z0-9.-]{1,253}$/.test(host) && (host.includes('xn--') || new URL(`http://${host}/`).hostname === host))
    }))).not.toThrow()
  })

  it('takes ports of 1 to 65535 in plain digits, and asks for one where none may be left out', () => {
    expect(parseAuthority('a.b:443', undefined)).toEqual({ host: 'a.b', port: 443 })
    expect(parseAuthority('A.b', 80)).toEqual({ host: 'a.b', port: 80 })
    for (const text of ['a.b', 'a.b:', 'a.b:0', 'a.b:01', 'a.b:65536', 'a.b:+1', 'a.b: 1', 'a.b:1:2', 'u@a.b:1', ':1', '[::1]:1']) expect([text, parseAuthority(text, undefined)]).toEqual([text, undefined])
  })
})
