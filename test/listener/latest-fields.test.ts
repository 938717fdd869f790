import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRequest, type ReadContext } from '../../src/proxy/listener/read-request.ts'

const NAMES = ['Host', 'Accept', 'Authorization', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Upgrade', 'Expect', 'Content-Type', 'Postern-Delegation', 'X-Odd', 'DPoP', 'TE', 'Cookie']
const VALUES = ['a.example', 'application/json', 'Bearer abc', 'Bearer abd', '0', '5', 'chunked', 'close', 'websocket', '100-continue', 'trailers', '', 'b']

function context(connection?: ReadContext['connection']): ReadContext {
  return {
    connection: connection ?? { encrypted: false, peer: undefined, tunnel: undefined, latestProofs: undefined, latestFields: undefined },
    bound: undefined, nowMs: 0, maxUriBytes: 8_192, maxHeaders: 32, ownHosts: undefined,
  }
}

describe('the fields of a connection’s last request', () => {
  const fields = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES)), { maxLength: 6 })
  const method = fc.constantFrom('GET', 'POST', 'DELETE')

  it('make no difference to how the next is read, whichever they are', () => {
    fc.assert(fc.property(fc.array(fc.tuple(method, fields), { minLength: 1, maxLength: 4 }), fc.boolean(), (requests, again) => {
      const { connection } = context()
      for (const [verb, pairs] of again ? [...requests, ...requests] : requests) {
        for (let times = 0; times < 2; times += 1) {
          const raw = { method: verb, url: '/things/a', httpVersion: '1.1', rawHeaders: ['Host', 'a.example', ...pairs.flat()] }
          expect(readRequest(raw, context(connection))).toEqual(readRequest(raw, context()))
        }
      }
    }), { numRuns: 1_000 })
  })

  it('are found again only where every name and every value is the same', () => {
    const { connection } = context()
    const rawHeaders = ['Host', 'a.example', 'Authorization', 'Bearer abc', 'X-Odd', 'b']
    const read = (fieldsNow: readonly string[]): void => void readRequest({ method: 'GET', url: '/things/a', httpVersion: '1.1', rawHeaders: fieldsNow }, context(connection))
    read(rawHeaders)
    const first = connection.latestFields
    read([...rawHeaders])
    expect(connection.latestFields).toBe(first)
    for (const other of [rawHeaders.with(5, 'c'), rawHeaders.with(4, 'X-Even'), rawHeaders.slice(0, 4), [...rawHeaders, 'X-Odd', 'b'], rawHeaders.with(3, 'Bearer abd')]) {
      connection.latestFields = first
      read(other)
      expect(connection.latestFields).not.toBe(first)
    }
  })

  it.each([
    ['a body', ['Content-Length', '5']],
    ['a proof that is good once', ['DPoP', 'proof']],
    ['another protocol', ['Upgrade', 'websocket', 'Connection', 'upgrade']],
    ['more fields than are worth it', Array.from({ length: 60 }, (_, at) => `x-${at}`)],
    ['more letters than are worth it', ['X-Odd', 'b'.repeat(4_000), 'X-Even', 'c'.repeat(4_200)]],
  ])('are not kept with %s', (_, more) => {
    const { connection } = context()
    readRequest({ method: 'POST', url: '/things/a', httpVersion: '1.1', rawHeaders: ['Host', 'a.example', ...more] }, context(connection))
    expect(connection.latestFields).toBeUndefined()
  })

  it('are not kept with a token that no issuer makes, nor is what it proves', () => {
    const { connection } = context()
    readRequest({ method: 'GET', url: '/things/a', httpVersion: '1.1', rawHeaders: ['Host', 'a.example', 'Authorization', `Bearer ${'a'.repeat(10_000)}`] }, context(connection))
    expect([connection.latestFields, connection.latestProofs]).toEqual([undefined, undefined])
  })

  it('are kept with a long token', () => {
    const { connection } = context()
    readRequest({ method: 'GET', url: '/things/a', httpVersion: '1.1', rawHeaders: ['Host', 'a.example', 'Authorization', `Bearer ${'a'.repeat(4_000)}`] }, context(connection))
    expect(connection.latestFields).toBeDefined()
  })
})
