import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SocksReader, type SocksMessage, type SocksPhase } from '../../src/proxy/listener/socks-reader.ts'

const greeting = (...methods: readonly number[]): Buffer => Buffer.from([5, methods.length, ...methods])
const password = (user: string, secret: string): Buffer => Buffer.concat([Buffer.from([1, user.length]), Buffer.from(user, 'latin1'), Buffer.from([secret.length]), Buffer.from(secret, 'latin1')])
const named = (host: string, port: number, command = 1): Buffer =>
  Buffer.concat([Buffer.from([5, command, 0, 3, host.length]), Buffer.from(host, 'latin1'), Buffer.from([port >> 8, port & 0xff])])

const read = (phase: SocksPhase, bytes: Buffer): SocksMessage | undefined => {
  const reader = new SocksReader()
  reader.push(bytes)
  return reader.next(phase)
}

describe('what a SOCKS5 client says', () => {
  it.each<readonly [SocksPhase, string, Buffer, SocksMessage]>([
    ['greeting', 'its methods', greeting(0, 2), { kind: 'greeting', methods: [0, 2] }],
    ['password', 'its proof', password('agent', 'ses_x'), { kind: 'password', user: 'agent', password: 'ses_x' }],
    ['password', 'a proof without a user', password('', 'ses_x'), { kind: 'password', user: '', password: 'ses_x' }],
    ['request', 'a name', named('api.github.com', 443), { kind: 'request', command: 1, host: 'api.github.com', port: 443 }],
    ['request', 'a name with a NUL, which is for the host grammar to refuse', named('a\0b', 443), { kind: 'request', command: 1, host: 'a\0b', port: 443 }],
    ['request', 'another command', named('a.example', 80, 2), { kind: 'request', command: 2, host: 'a.example', port: 80 }],
    ['request', 'an IPv4 address', Buffer.from([5, 1, 0, 1, 10, 0, 0, 1, 1, 187]), { kind: 'request', command: 1, host: undefined, port: 443 }],
    ['request', 'an IPv6 address', Buffer.from([5, 1, 0, 4, ...new Uint8Array(16), 0, 80]), { kind: 'request', command: 1, host: undefined, port: 80 }],
  ])('in the %s: %s', (phase, _name, bytes, message) => {
    expect(read(phase, bytes)).toEqual(message)
  })

  it.each<readonly [SocksPhase, string, Buffer, string]>([
    ['greeting', 'SOCKS4', Buffer.from([4, 1, 0, 80]), 'it is not SOCKS5'],
    ['greeting', 'HTTP', Buffer.from('CONNECT a:443 HTTP/1.1\r\n\r\n'), 'it is not SOCKS5'],
    ['greeting', 'TLS', Buffer.from([0x16, 3, 1]), 'it is not SOCKS5'],
    ['greeting', 'no method', greeting(), 'the greeting names no method'],
    ['password', 'another version', Buffer.from([5, 1, 0]), 'the password’s exchange is of another version'],
    ['request', 'another version', Buffer.from([4, 1, 0, 1]), 'the request is not SOCKS5'],
    ['request', 'a reserved byte', Buffer.from([5, 1, 7, 3]), 'the reserved byte of the request is not 0'],
    ['request', 'an address of another kind', Buffer.from([5, 1, 0, 2, 0]), 'the request has an address of no known kind'],
    ['request', 'an empty name', named('', 443), 'the name in the request is empty'],
  ])('is refused in the %s: %s', (phase, _name, bytes, problem) => {
    expect(read(phase, bytes)).toEqual({ kind: 'malformed', problem })
  })

  it('is the same however it is cut, and what follows stays', () => {
    const latin1 = fc.uint8Array({ minLength: 1, maxLength: 255 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
    fc.assert(fc.property(latin1, latin1, latin1, fc.integer({ min: 0, max: 65_535 }), fc.array(fc.nat(), { maxLength: 6 }), (user, secret, host, port, places) => {
      const bytes = Buffer.concat([greeting(2), password(user, secret), named(host, port), Buffer.from('rest')])
      const cuts = [...new Set(places.map((place) => place % bytes.length))].toSorted((one, other) => one - other)
      const reader = new SocksReader()
      const phases: SocksPhase[] = ['greeting', 'password', 'request']
      const said: SocksMessage[] = []
      for (const [at, start] of [0, ...cuts].entries()) {
        reader.push(bytes.subarray(start, cuts[at] ?? bytes.length))
        for (let phase = phases[said.length]; phase !== undefined; phase = phases[said.length]) {
          const message = reader.next(phase)
          if (message === undefined) break
          said.push(message)
        }
      }
      expect(said).toEqual([{ kind: 'greeting', methods: [2] }, { kind: 'password', user, password: secret }, { kind: 'request', command: 1, host, port }])
      expect(reader.rest.toString()).toBe('rest')
    }), { numRuns: 200 })
  })

  it('never throws, whatever comes, and never takes more than a message', () => {
    fc.assert(fc.property(fc.constantFrom<SocksPhase>('greeting', 'password', 'request'), fc.uint8Array({ maxLength: 600 }), (phase, bytes) => {
      const reader = new SocksReader()
      reader.push(Buffer.from(bytes))
      reader.next(phase)
      expect(bytes.length - reader.rest.length).toBeLessThanOrEqual(513)
    }), { numRuns: 300 })
  })
})
