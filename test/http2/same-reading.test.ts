import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDenial } from '../../src/model/denial.ts'
import { readHttp2Head } from '../../src/proxy/listener/http2-head.ts'
import { readRequest, type RawRequest, type ReadContext, type ReadRequest } from '../../src/proxy/listener/read-request.ts'

type Fields = readonly (readonly [name: string, value: string])[]

/** What one request says, whichever protocol it comes by. */
interface Facts {
  readonly method: string
  readonly path: string
  /** `:authority`, and `Host` of HTTP/1.1. */
  readonly authority: string
  /** Of HTTP/2, beside `:authority`. */
  readonly host: string | undefined
  readonly scheme: string
  readonly fields: Fields
  readonly bodied: boolean
}

const TUNNEL = { host: 'api.example.com', port: 443, scheme: 'https', serverName: 'api.example.com', proofs: { token: 't0', delegationToken: undefined, certificate: undefined, bound: undefined } } as const
const WHERE = { tunnel: TUNNEL, reverse: undefined } as const

function context(where: keyof typeof WHERE): ReadContext {
  return { connection: { encrypted: true, peer: undefined, tunnel: WHERE[where], latestProofs: undefined, latestFields: undefined }, bound: undefined, nowMs: 0, maxUriBytes: 200, maxHeaders: 20, ownHosts: undefined }
}

function byHttp2({ method, path, authority, host, scheme, fields, bodied }: Facts, where: keyof typeof WHERE): ReturnType<typeof readRequest> {
  const head = [[':method', method], [':scheme', scheme], [':authority', authority], [':path', path], ...(host === undefined ? [] : [['host', host]]), ...fields].flat()
  const raw = readHttp2Head({ fields: head, ended: !bodied, scheme: 'https', maxBytes: 65_536 })
  return isDenial(raw) ? raw : readRequest(raw, context(where))
}

function byHttp1({ method, path, authority, fields, bodied }: Facts, where: keyof typeof WHERE): ReturnType<typeof readRequest> {
  const framing = bodied && !fields.some(([name]) => name === 'content-length') ? ['transfer-encoding', 'chunked'] : []
  const raw: RawRequest = { method, url: path, httpVersion: '1.1', rawHeaders: ['host', authority, ...fields.flat(), ...framing] }
  return readRequest(raw, context(where))
}

const HOSTS = ['api.example.com', 'API.Example.com', 'api.example.com:443', 'api.example.com:80', 'other.example.com', 'api.example.com.', 'a@api.example.com', '', '127.0.0.1', '[::1]', 'api.example.com,other.example.com', 'api.example.com\0']
const host = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...HOSTS.slice(0, 3)) }, fc.constantFrom(...HOSTS), fc.string({ maxLength: 10 }))
const path = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('/', '/github/a', '/github/a?b=c', '/github/%2Fa') },
  fc.constantFrom('', '*', '/a/../b', '/%2e%2e/', '//a', '/a#b', '/a b', 'https://api.example.com/a', 'https://other.example.com/a', 'a', `/${'a'.repeat(300)}`),
  fc.string({ maxLength: 8 }).map((text) => `/${text}`),
)
const NAMES = [
  'accept', 'x-a', 'x_a', 'x a', '', 'content-type', 'content-length', 'authorization', 'proxy-authorization', 'postern-delegation', 'cookie', 'x-http-method-override', 'te', 'trailer', 'expect', 'range',
  'user-agent', 'origin', 'dpop', 'via', 'x-forwarded-host', 'x-original-url', 'x-host', 'sudo', 'traceparent',
]
const value = fc.oneof(fc.constantFrom('a/b', '0', '5', '05', 'trailers', 'Bearer t1', 'Bearer a b', 'Basic OnA=', '100-continue', 'x', ''), fc.string({ maxLength: 8 }))
const field = fc.oneof({ weight: 3, arbitrary: fc.tuple(fc.constantFrom('accept', 'x-a', 'x-b', 'authorization', 'content-type'), value) }, fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 6 }).map((name) => name.toLowerCase())), value))
const facts: fc.Arbitrary<Facts> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'HEAD', 'DELETE', 'TRACE', 'get', 'CONNECT', 'X', ''),
  path, authority: host, host: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, host),
  scheme: fc.oneof({ weight: 9, arbitrary: fc.constant('https') }, fc.constantFrom('http', 'HTTPS', 'ftp', '')),
  fields: fc.array(field, { maxLength: 6 }), bodied: fc.boolean(),
})

/** HTTP/2 has no chunked coding: its unframed body is what one is in HTTP/1.1. */
function canonical({ door, request, prefix, proofs, expectsContinue, acceptsTrailers, hasBody }: ReadRequest): object {
  return { door, request, prefix, proofs, expectsContinue, acceptsTrailers, hasBody }
}

describe('what HTTP/2 and HTTP/1.1 say alike is read alike', () => {
  for (const where of ['tunnel', 'reverse'] as const) {
    it(`${where}: what is accepted by HTTP/2 is the same canonical request as by HTTP/1.1, and what HTTP/1.1 refuses it refuses: property`, () => {
      const seen = { accepted: 0, refused: 0 }
      fc.assert(fc.property(facts, (one) => {
        const [second, first] = [byHttp2(one, where), byHttp1(one, where)]
        if (isDenial(second)) {
          seen.refused += 1
          return
        }
        seen.accepted += 1
        if (isDenial(first)) throw new Error(`HTTP/1.1 refuses it: ${first.denial} ${first.detail}`)
        expect(canonical(second)).toEqual(canonical(first))
      }), { numRuns: 6_000 })
      // A property of nothing but refusals would hold nothing.
      expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(100)
    })

    it(`${where}: what HTTP/1.1 accepts is refused in HTTP/2 only for what it alone says: property`, () => {
      fc.assert(fc.property(facts, (one) => {
        const plain = { ...one, host: undefined, scheme: 'https', fields: one.fields.filter(([name, text]) => !(name === 'te' && text !== 'trailers') && text.trim() === text && name !== 'host' && !name.startsWith(':')) }
        const [second, first] = [byHttp2(plain, where), byHttp1(plain, where)]
        if (isDenial(first) || !plain.path.startsWith('/')) return
        if (isDenial(second)) throw new Error(`HTTP/2 refuses it: ${second.denial} ${second.detail}`)
        expect(canonical(second)).toEqual(canonical(first))
      }), { numRuns: 6_000 })
    })
  }

  it('never two authorities: what is accepted names one host, in :authority, Host, scheme and path alike: property', () => {
    let both = 0
    fc.assert(fc.property(facts, fc.boolean(), (one, named) => {
      const head = [[':method', one.method], [':scheme', one.scheme], ...(named ? [[':authority', one.authority]] : []), [':path', one.path], ...(one.host === undefined ? [] : [['host', one.host]]), ...one.fields].flat()
      const raw = readHttp2Head({ fields: head, ended: !one.bodied, scheme: 'https', maxBytes: 65_536 })
      if (isDenial(raw)) return
      const hosts = raw.rawHeaders.filter((_, at) => at % 2 === 1 && raw.rawHeaders[at - 1]?.toLowerCase() === 'host')
      expect(hosts).toHaveLength(1)
      for (const said of [named ? one.authority : undefined, one.host]) if (said !== undefined) expect(said.toLowerCase()).toBe(hosts[0]?.toLowerCase())
      if (named && one.host !== undefined) both += 1
      expect([one.scheme, raw.url.startsWith('/'), raw.rawHeaders.some((name, at) => at % 2 === 0 && name.startsWith(':'))]).toEqual(['https', true, false])
      const read = readRequest(raw, context('tunnel'))
      if (!isDenial(read)) expect([read.request.host, read.request.port, read.request.scheme]).toEqual(['api.example.com', 443, 'https'])
    }), { numRuns: 6_000 })
    expect(both).toBeGreaterThan(50)
  })

  it('pseudo-header fields in any order, number and place: the four of a request once each, first, or a refusal: property', () => {
    const pseudo = fc.constantFrom<readonly [string, string]>([':method', 'GET'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/x'], [':status', '200'], [':protocol', 'websocket'], [':x', 'y'], ['host', 'api.example.com'], ['accept', 'a/b'])
    let accepted = 0
    fc.assert(fc.property(fc.oneof(fc.array(pseudo, { maxLength: 7 }), fc.shuffledSubarray([[':method', 'GET'], [':scheme', 'https'], [':authority', 'api.example.com'], [':path', '/x'], ['accept', 'a/b']] as [string, string][])), (fields) => {
      const raw = readHttp2Head({ fields: fields.flat(), ended: true, scheme: 'https', maxBytes: 65_536 })
      const names = fields.map(([name]) => name)
      const pseudos = names.filter((name) => name.startsWith(':'))
      const sound = new Set(names.filter((name) => name !== 'accept')).size === names.filter((name) => name !== 'accept').length
        && names.slice(0, pseudos.length).every((name) => name.startsWith(':'))
        && [':method', ':scheme', ':path'].every((name) => pseudos.includes(name))
        && pseudos.every((name) => [':method', ':scheme', ':authority', ':path'].includes(name))
        && (names.includes(':authority') || names.includes('host'))
      if (sound) accepted += 1
      expect(isDenial(raw)).toBe(!sound)
    }), { numRuns: 6_000 })
    expect(accepted).toBeGreaterThan(50)
  })
})
