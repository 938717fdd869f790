import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerRefused } from '../../src/proxy/forward/answer-refused.ts'
import { EventStreamFilter } from '../../src/proxy/forward/event-stream-filter.ts'

/** Shouts, and refuses what it is told to. */
const shouting = { document: (text: string) => (text.includes('refuse') ? undefined : text.toUpperCase()) }

function filtered(bytes: Buffer, cuts: readonly number[] = [], maxEventBytes = 1_000): string {
  const filter = new EventStreamFilter(shouting, maxEventBytes)
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return edges.slice(1).map((edge, at) => filter.push(bytes.subarray(edges[at], edge)).toString()).join('')
}

describe('the events of a stream', () => {
  it.each([
    ['one event', 'data: a\n\n', 'data: A\n\n'],
    ['an event of several lines', 'data: a\ndata: b\n\n', 'data: A\ndata: B\n\n'],
    ['fields beside the data', 'event: message\nid: 3\nretry: 10\ndata:a\n\n', 'event: message\nid: 3\nretry: 10\ndata: A\n\n'],
    ['carriage returns', 'data: a\r\rdata: b\r\n\r\n', 'data: A\n\ndata: B\n\n'],
    ['a byte order mark', '\ufeffdata: a\n\n', 'data: A\n\n'],
    ['a comment', ': here\n\ndata: a\n\n', ': here\n\ndata: A\n\n'],
    ['a field that nobody knows', 'date: x\ndata: a\n\n', 'data: A\n\n'],
    ['an event that is empty, to tell where to go on from', 'id: 9\ndata:\n\n', 'id: 9\ndata: \n\n'],
    ['an event that does not end', 'data: a\n\ndata: lost', 'data: A\n\n'],
    ['an event without its blank line', 'data: lost\n', ''],
  ])('are rewritten: %s', (_what, given, passed) => {
    expect(filtered(Buffer.from(given))).toBe(passed)
  })

  it.each([
    ['cannot be judged', Buffer.from('data: refuse\n\n')],
    ['is larger than is held', Buffer.from(`data: ${'x'.repeat(1_000)}\n\n`)],
    ['is larger than is held, over several lines', Buffer.from(`${'data: xxxxxxxxxx\n'.repeat(100)}\n`)],
    ['is no UTF-8', Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a])],
  ])('are broken off where one %s', (_what, bytes) => {
    expect(() => filtered(bytes)).toThrow(AnswerRefused)
  })

  it('keeps alive for as long as it takes: comments are not held', () => {
    expect(filtered(Buffer.from(': still here\n'.repeat(1_000)))).toHaveLength(13_000)
  })

  it('come out the same, however the bytes were cut', () => {
    const piece = fc.constantFrom('data: a', 'data:{"k":"ä€😀"}', 'id: 1', 'event: x', ': c', 'data', 'retry: 5', 'x: y', '')
    const end = fc.constantFrom('\n', '\r', '\r\n')
    const stream = fc.array(fc.tuple(piece, end), { maxLength: 30 }).map((lines) => Buffer.from(lines.flat().join('')))
    fc.assert(fc.property(stream, fc.array(fc.nat(1_000), { maxLength: 40 }), (bytes, cuts) => {
      expect(filtered(bytes, cuts)).toBe(filtered(bytes))
    }))
  })
})
