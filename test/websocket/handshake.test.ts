import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptOf, newWebSocketKey } from '../../src/http/websocket/accept.ts'
import { judgeSwitch } from '../../src/http/websocket/judge-switch.ts'
import { readWebSocketOffer } from '../../src/http/websocket/offer.ts'
import { isDenial } from '../../src/model/denial.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
const fields = (...more: readonly string[]): readonly string[] => ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', KEY, ...more]

describe('a client’s handshake', () => {
  it('is read and taken off, and extensions are not taken up', () => {
    const read = readWebSocketOffer([
      'User-Agent', 'x', ...fields('Sec-WebSocket-Protocol', 'chat, v2.events', 'sec-websocket-protocol', 'third', 'Sec-WebSocket-Extensions', 'permessage-deflate'), 'X-Kept', '1',
    ])
    expect(read).toEqual({ offer: { key: KEY, protocols: ['chat', 'v2.events', 'third'] }, headers: ['User-Agent', 'x', 'X-Kept', '1'] })
  })

  const REFUSED: readonly (readonly [string, readonly string[], string, string])[] = [
    ['no key', ['Sec-WebSocket-Version', '13'], 'request_malformed', 'Sec-WebSocket-Key is not 16 bytes in base64'],
    ['a short key', ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'YWJj'], 'request_malformed', 'Sec-WebSocket-Key is not 16 bytes in base64'],
    ['17 bytes', ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', Buffer.alloc(17).toString('base64')], 'request_malformed', 'Sec-WebSocket-Key is not 16 bytes in base64'],
    ['a key in a second spelling', ['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAB=='], 'request_malformed', 'Sec-WebSocket-Key is not 16 bytes in base64'],
    ['two keys', fields('Sec-WebSocket-Key', KEY), 'request_ambiguous', 'sec-websocket-key is given more than once'],
    ['no version', ['Sec-WebSocket-Key', KEY], 'request_malformed', 'a WebSocket handshake without version 13'],
    ['version 8', ['Sec-WebSocket-Key', KEY, 'Sec-WebSocket-Version', '8'], 'request_malformed', 'a WebSocket handshake without version 13'],
    ['two versions', fields('Sec-WebSocket-Version', '13'), 'request_ambiguous', 'sec-websocket-version is given more than once'],
    ['an accept from a client', fields('Sec-WebSocket-Accept', ACCEPT), 'header_refused', 'a field of the WebSocket handshake that no client sends'],
    ['an empty protocol', fields('Sec-WebSocket-Protocol', 'a,,b'), 'request_malformed', 'Sec-WebSocket-Protocol is no list of tokens'],
    ['a protocol with a space', fields('Sec-WebSocket-Protocol', 'a b'), 'request_malformed', 'Sec-WebSocket-Protocol is no list of tokens'],
    ['a protocol twice', fields('Sec-WebSocket-Protocol', 'a, a'), 'request_ambiguous', 'Sec-WebSocket-Protocol names a protocol twice'],
    ['33 protocols', fields('Sec-WebSocket-Protocol', Array.from({ length: 33 }, (_, at) => `p${at}`).join(',')), 'request_malformed', 'more than 32 subprotocols'],
  ]
  it.each(REFUSED)('with %s is refused', (_name, headers, code, detail) => {
    expect(readWebSocketOffer(headers)).toMatchObject({ denial: code, detail })
  })

  it('takes every key that 16 bytes make, and no other text', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const read = readWebSocketOffer(['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', Buffer.from(bytes).toString('base64')])
      expect(isDenial(read)).toBe(false)
    }), { numRuns: 100 })
    fc.assert(fc.property(fc.string({ maxLength: 30 }), (text) => {
      const read = readWebSocketOffer(['Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', text])
      const sixteen = Buffer.from(text, 'base64')
      expect(isDenial(read)).toBe(sixteen.length !== 16 || sixteen.toString('base64') !== text)
    }), { numRuns: 100 })
  })
})

describe('an upstream’s 101', () => {
  const good = ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', ACCEPT]

  it('is answered as RFC 6455 section 1.3 computes it, with keys that are never the same', () => {
    expect(acceptOf(KEY)).toBe(ACCEPT)
    expect(new Set(Array.from({ length: 50 }, newWebSocketKey)).size).toBe(50)
  })

  it.each([
    ['without a subprotocol', good, undefined],
    ['with one that was offered', [...good, 'Sec-WebSocket-Protocol', 'chat'], 'chat'],
    ['in other spellings', ['upgrade', 'WebSocket', 'connection', 'keep-alive, UPGRADE', 'sec-websocket-accept', ACCEPT], undefined],
  ])('is good %s', (_name, headers, protocol) => {
    expect(judgeSwitch(headers, KEY, ['chat'])).toEqual({ protocol })
  })

  it.each([
    ['to another protocol', ['Upgrade', 'h2c', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', ACCEPT], 'its 101 is to another protocol'],
    ['to none', ['Connection', 'Upgrade', 'Sec-WebSocket-Accept', ACCEPT], 'its 101 is to another protocol'],
    ['without Connection', ['Upgrade', 'websocket', 'Sec-WebSocket-Accept', ACCEPT], 'its 101 has no Connection: upgrade'],
    ['to another key', ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', acceptOf('other')], 'its Sec-WebSocket-Accept is not the answer to our key'],
    ['without an accept', ['Upgrade', 'websocket', 'Connection', 'Upgrade'], 'its Sec-WebSocket-Accept is not the answer to our key'],
    ['with two accepts', [...good, 'Sec-WebSocket-Accept', ACCEPT], 'its 101 has sec-websocket-accept twice'],
    ['with a subprotocol that was not offered', [...good, 'Sec-WebSocket-Protocol', 'other'], 'it chose a subprotocol that was not offered'],
    ['with an extension', [...good, 'Sec-WebSocket-Extensions', 'permessage-deflate'], 'it chose an extension, and none was offered'],
    ['with a length', [...good, 'Content-Length', '0'], 'its 101 has a body'],
    ['with a transfer coding', [...good, 'Transfer-Encoding', 'chunked'], 'its 101 has a body'],
  ])('is refused %s', (_name, headers, reason) => {
    expect(judgeSwitch(headers, KEY, ['chat'])).toBe(reason)
  })
})
