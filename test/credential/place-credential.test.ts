import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Placement } from '../../src/model/credential.ts'
import { isDenial } from '../../src/model/denial.ts'
import { placeCredential, type Placed } from '../../src/proxy/credential/place-credential.ts'
import { placedBy, SECRET } from './fixture.ts'

const request = { headers: ['Accept', 'application/json'], path: '/v1/x', query: undefined } as const
const bearer: Placement = { in: 'header', name: 'Authorization', value: 'Bearer {credential}' }

function placed(outcome: ReturnType<typeof placeCredential>): Placed {
  if (isDenial(outcome)) throw new Error(outcome.detail)
  return outcome
}

describe('placing a credential', () => {
  const cases: readonly (readonly [string, Placement, string, { headers: readonly string[]; target: string }])[] = [
    ['bearer', bearer, 's3', { headers: ['Accept', 'application/json', 'Authorization', 'Bearer s3'], target: '/v1/x' }],
    ['another scheme', { ...bearer, value: 'token {credential}' }, 's3', { headers: ['Accept', 'application/json', 'Authorization', 'token s3'], target: '/v1/x' }],
    ['a header of its own', { in: 'header', name: 'X-Api-Key', value: '{credential}' }, 's3', { headers: ['Accept', 'application/json', 'X-Api-Key', 's3'], target: '/v1/x' }],
    ['basic', { in: 'basic', username: 'x-access-token' }, 's3', { headers: ['Accept', 'application/json', 'authorization', 'Basic eC1hY2Nlc3MtdG9rZW46czM='], target: '/v1/x' }],
    ['query', { in: 'query', name: 'api_key' }, 'a&b=c/%+ü', { headers: ['Accept', 'application/json'], target: '/v1/x?api_key=a%26b%3Dc%2F%25%2B%C3%BC' }],
    ['path', { in: 'path', prefix: '/bot{credential}' }, '12:a/b?c#d%', { headers: ['Accept', 'application/json'], target: '/bot12:a%2Fb%3Fc%23d%25/v1/x' }],
    ['a secret that looks like a replacement pattern', bearer, "$&$1$`$'", { headers: ['Accept', 'application/json', 'Authorization', "Bearer $&$1$`$'"], target: '/v1/x' }],
    ['a secret that looks like the template', bearer, '{credential}', { headers: ['Accept', 'application/json', 'Authorization', 'Bearer {credential}'], target: '/v1/x' }],
  ]
  it.each(cases)('as %s', (_, placement, secret, expected) => {
    expect(placeCredential(request, placedBy(placement, secret))).toEqual(expected)
  })

  it('appends to the query that is there, byte for byte', () => {
    const outcome = placed(placeCredential({ ...request, query: 'q=a%2fb&&x' }, placedBy({ in: 'query', name: 'key' })))
    expect(outcome.target).toBe(`/v1/x?q=a%2fb&&x&key=${SECRET}`)
    expect(placed(placeCredential({ ...request, query: '' }, placedBy({ in: 'query', name: 'key' }))).target).toBe(`/v1/x?key=${SECRET}`)
    expect(placed(placeCredential({ ...request, query: '' }, placedBy(bearer))).target).toBe('/v1/x?')
  })

  it.each(['key=x', 'KEY=x', '%6bey=x', '%256bey=x', 'a=1&key', 'a=1;key=2', 'key[]=x', 'key.x=1', '+key=x'])('refuses a query that has the field already: %s', (query) => {
    expect(placeCredential({ ...request, query }, placedBy({ in: 'query', name: 'Key' }))).toMatchObject({ denial: 'client_credential_refused' })
  })

  it.each(['a\r\nX: y', 'a\nb', 'a\0b', ' a', 'a ', 'ü', 'a\u2028b'])('refuses a secret that a header cannot hold, without telling it', (secret) => {
    const place = () => placeCredential(request, placedBy({ in: 'header', name: 'X-Key', value: '{credential}' }, secret))
    expect(place).toThrow(expect.objectContaining({ code: 'credential_unavailable', message: 'the credential has characters that a header cannot hold' }) as Error)
  })

  it.each(['.', '..'])('refuses a secret that would be the dot segment %s', (secret) => {
    expect(() => placeCredential(request, placedBy({ in: 'path', prefix: '/{credential}' }, secret))).toThrow('dot segment')
  })

  it('puts nothing on for an upstream that takes none, and takes the client\'s own off', () => {
    const headers = ['Authorization', 'Bearer own', 'Cookie', 'a=b', 'Accept', '*/*']
    expect(placeCredential({ ...request, headers }, null)).toEqual({ headers: ['Accept', '*/*'], target: '/v1/x' })
  })
})

describe('property: exactly one credential, ours, and nothing else changed', () => {
  const own = fc.constantFrom('Authorization', 'AUTHORIZATION', 'authorization', 'Proxy-Authorization', 'Cookie', 'x-api-key', 'X-API-KEY', 'X_Api_Key')
  const harmless = fc.constantFrom('Accept', 'User-Agent', 'X-Request-Id', 'Content-Type')
  const field = fc.tuple(fc.oneof(own, harmless), fc.stringMatching(/^[a-zA-Z0-9 =,/-]{0,20}$/))
  const headerPlacement: fc.Arbitrary<Placement> = fc.constantFrom<Placement>(
    bearer,
    { in: 'header', name: 'X-Api-Key', value: '{credential}' },
    { in: 'header', name: 'Cookie', value: 'session={credential}' },
    { in: 'basic', username: 'u' },
  )

  it('in the headers', () => {
    fc.assert(fc.property(fc.array(field, { maxLength: 12 }), headerPlacement, fc.stringMatching(/^[!-~]{8,40}$/), (fields, placement, secret) => {
      const outcome = placed(placeCredential({ ...request, headers: fields.flat() }, placedBy(placement, secret)))
      const pairs = Array.from({ length: outcome.headers.length / 2 }, (_, at) => [outcome.headers[2 * at], outcome.headers[2 * at + 1]] as [string, string])
      const ours = placement.in === 'header' ? placement.name.toLowerCase() : 'authorization'
      const credentials = pairs.filter(([name]) => ['authorization', 'proxy-authorization', 'cookie', ours].includes(name.toLowerCase().replaceAll('_', '-')))
      expect(credentials).toHaveLength(1)
      expect(credentials[0]).toBe(pairs.at(-1))
      const value = credentials[0]?.[1] ?? ''
      expect(placement.in === 'basic' ? Buffer.from(value.slice(6), 'base64').toString('utf8') : value).toContain(secret)
      const dropped = new Set(['authorization', 'proxy-authorization', 'cookie', ours])
      expect(pairs.slice(0, -1)).toEqual(fields.filter(([name]) => !dropped.has(name.toLowerCase().replaceAll('_', '-'))))
      expect(outcome.target).toBe('/v1/x')
    }), { numRuns: 300 })
  })

  it('in the query, read back by a server as the very secret', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.stringMatching(/^([a-c]=[0-9]{0,3}(&[a-c]=[0-9]{0,3}){0,3})?$/), (secret, query) => {
      const outcome = placed(placeCredential({ ...request, query }, placedBy({ in: 'query', name: 'api_key' }, secret)))
      const read = new URLSearchParams(outcome.target.slice(outcome.target.indexOf('?') + 1)).getAll('api_key')
      expect(read).toEqual([secret])
      expect(outcome.target.startsWith(`/v1/x?${query}`)).toBe(true)
    }), { numRuns: 300 })
  })

  it('in the path, as one segment before the judged path', () => {
    fc.assert(fc.property(fc.string({ minLength: 3, unit: 'grapheme' }), (secret) => {
      const outcome = placed(placeCredential(request, placedBy({ in: 'path', prefix: '/bot{credential}' }, secret)))
      expect(outcome.target).toMatch(/^\/bot[A-Za-z0-9._~:@%-]+\/v1\/x$/)
      expect(decodeURIComponent(outcome.target.slice(4, -'/v1/x'.length))).toBe(secret)
    }), { numRuns: 300 })
  })
})
