import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenOf } from '../../src/http/authorization.ts'
import { ruleOf } from '../../src/http/header-rules.ts'
import { readHeaders } from '../../src/http/headers.ts'
import { parseMediaType } from '../../src/http/media-type.ts'
import { isDenial } from '../../src/model/denial.ts'

const limits = { maxHeaders: 100 }
const read = (...fields: string[]): ReturnType<typeof readHeaders> => readHeaders(['Host', 'a', ...fields], limits)
const code = (result: object): string | undefined => (isDenial(result) ? result.denial : undefined)

const BAD_NAMES = ['', 'a b', 'a_b', 'a:b', 'a(b', 'é', 'a\n', '"a"', 'a/b', 'a@b', 'x'.repeat(129)]
const STRIPPED = ['Authorization', 'cookie', 'X-API-Key', 'X-Auth-Token', 'Private-Token', 'X-My-Access-Token', 'My-Api-Key', 'X-Any-Authorization', 'Postern-Anything', 'x-vault-token']
const DROPPED = ['Keep-Alive', 'TE', 'Trailer', 'Via', 'Forwarded', 'X-Forwarded-For', 'x-forwarded-anything', 'Proxy-Connection', 'proxy-x', 'X-Original-URL', 'X-Real-IP', 'Max-Forwards', 'X-Envoy-Original-Path']
const KEPT = ['Accept', 'Accept-Encoding', 'User-Agent', 'X-GitHub-Api-Version', 'If-None-Match', 'Idempotency-Key', 'X-CSRF-Token', 'Traceparent', 'X-Slack-Retry-Num']

describe('header names', () => {
  for (const name of BAD_NAMES) it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () => expect(code(read(name, 'x'))).toBe('header_refused'))
  for (const name of [...STRIPPED, ...DROPPED]) it(`does not forward ${name}`, () => expect(read(name, 'Bearer x')).toMatchObject({ headers: [] }))
  for (const name of KEPT) it(`forwards ${name}`, () => expect(read(name, 'x')).toMatchObject({ headers: [name, 'x'] }))
  it('are told apart the same the second time', () => expect(ruleOf('X-ApI-kEy')).toEqual(ruleOf('X-ApI-kEy')))
})

describe('header fields', () => {
  it('that may stand once are refused when they stand twice, in any spelling', () => {
    for (const name of ['host', 'authorization', 'proxy-authorization', 'postern-delegation', 'content-type', 'content-encoding', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'range', 'user-agent']) {
      const value = { 'content-length': '1', 'transfer-encoding': 'chunked', expect: '100-continue', 'content-type': 'a/b', upgrade: 'h2c' }[name] ?? 'x'
      expect([name, code(readHeaders([name, value, name.toUpperCase(), value], limits))]).toEqual([name, 'request_ambiguous'])
    }
  })

  it('over the bound are refused', () => expect(code(read(...Array.from({ length: 200 }, () => 'a')))).toBe('headers_too_large'))

  it('with control characters are refused', () => {
    for (const value of ['a\0', 'a\r', 'a\n', 'a\x0b', 'a\x7f', '\x1b[31m', 'a\u0100']) expect([value, code(read('X-A', value))]).toEqual([value, 'request_malformed'])
  })

  it('never carry more than end-to-end fields, whatever comes: property', () => {
    const name = fc.oneof(fc.constantFrom(...STRIPPED, ...DROPPED, ...KEPT, 'Connection', 'Content-Length', 'Transfer-Encoding', 'Upgrade', 'Expect', 'Host', 'X-HTTP-Method-Override'), fc.string({ maxLength: 12 }))
    const value = fc.oneof(fc.constantFrom('chunked', '5', 'close', 'Bearer canary', 'websocket', '100-continue'), fc.string({ maxLength: 12 }))
    fc.assert(fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (fields) => {
      const result = readHeaders(fields.flat(), limits)
      if (isDenial(result)) return
      const names = result.headers.filter((_, at) => at % 2 === 0)
      for (const forwarded of names) {
        expect(forwarded).toMatch(/^[!#$%&'*+\-.^`|~0-9A-Za-z]+$/)
        expect(forwarded).not.toMatch(/^(?:host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|via|cookie|authorization|proxy-.*|postern-.*|x-forwarded-.*|.*-api-key)$/i)
      }
      for (const forwarded of result.headers.filter((_, at) => at % 2 === 1)) expect(forwarded).not.toMatch(/[\0\r\n]/)
      // Nothing is made up: what is forwarded came, pair by pair and in order.
      const came = fields.map(([one, text]) => `${one}\0${text}`)
      let from = 0
      for (let at = 0; at < result.headers.length; at += 2) {
        from = came.indexOf(`${result.headers[at]}\0${result.headers[at + 1]}`, from) + 1
        expect(from).toBeGreaterThan(0)
      }
    }), { numRuns: 2_000 })
  })

  it('give one framing or none', () => {
    expect(read('Content-Length', '0')).toMatchObject({ framing: { kind: 'length', bytes: 0 } })
    expect(read('Transfer-Encoding', 'CHUNKED')).toMatchObject({ framing: { kind: 'chunked' } })
    expect(read()).toMatchObject({ framing: { kind: 'none' } })
    for (const value of ['', '+1', '-1', '01', '1,1', '0x1', '1e1', '1 ', ' 1', '9999999999999999', '10000000000000000', '１']) expect([value, code(read('Content-Length', value))]).toEqual([value, value === '１' ? 'request_malformed' : 'request_ambiguous'])
    for (const value of ['', 'identity', 'gzip, chunked', 'chunked, chunked', 'chunked;a', 'chunked ', 'x']) expect([value, code(read('Transfer-Encoding', value))]).toEqual([value, 'request_ambiguous'])
    expect(code(read('Content-Length', '1', 'Transfer-Encoding', 'chunked'))).toBe('request_ambiguous')
  })

  it('Connection may name nothing but how the connection goes on', () => {
    for (const value of ['close', 'Keep-Alive', 'close, keep-alive', 'Upgrade']) expect([value, code(read('Connection', value))]).toEqual([value, undefined])
    for (const value of ['', 'authorization', 'close,', 'te', 'close;x', 'X-Api-Key, close']) expect([value, code(read('Connection', value))]).toEqual([value, 'header_refused'])
  })
})

describe('tokens', () => {
  for (const [field, token] of [
    ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='], ['bearer x', 'x'], ['BEARER   x', 'x'], ['token ghs_x', 'ghs_x'],
    [`Basic ${btoa('u:p')}`, 'p'], [`basic ${btoa(':p:q')}`, 'p:q'], [`Basic ${btoa('agent:ses_x')}`, 'ses_x'],
    ['', undefined], ['Bearer', undefined], ['Bearer ', undefined], ['Bearer a b', undefined], ['Bearer a,Bearer b', undefined], ['Digest x', undefined], ['x', undefined],
    [`Basic ${btoa('nocolon')}`, undefined], [`Basic ${btoa('u:')}`, undefined], [`Basic ${btoa('u:p q')}`, undefined], [`Basic ${btoa('u:p\n')}`, undefined], ['Basic !!!', undefined],
    [`Bearer ${'x'.repeat(17_000)}`, undefined],
  ] as const) it(`${field.slice(0, 40)} holds ${String(token)}`, () => expect(tokenOf(field)).toBe(token))
})

describe('media types', () => {
  for (const [text, type] of [
    ['application/json', { essence: 'application/json', charset: undefined }],
    ['Application/Vnd.GitHub+JSON;charset=UTF-8', { essence: 'application/vnd.github+json', charset: 'utf-8' }],
    ['text/plain ; charset="utf-8" ; a=b;', { essence: 'text/plain', charset: 'utf-8' }],
    ['multipart/form-data; boundary="a;b\\"c"', { essence: 'multipart/form-data', charset: undefined }],
    ['', undefined], ['json', undefined], ['a/', undefined], ['/b', undefined], ['a/b c', undefined], ['a/b, c/d', undefined], ['a/b;charset=x;charset=x', undefined],
    ['a/b; charset', undefined], ['a/b; charset=', undefined], ['a/b; x="', undefined], ['a/b;c =d', undefined],
  ] as const) it(JSON.stringify(text), () => expect(parseMediaType(text)).toEqual(type))
})
