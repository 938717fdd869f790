import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameWalker } from '../../src/http/websocket/frame-walker.ts'
import { BINARY, close, CONTINUATION, cutAt, frameBytes, PING, text, TEXT, wellFormed, type TestFrame } from './frames.ts'

const MASK = Buffer.from([1, 2, 3, 4])
const nothing = Buffer.alloc(0)
const frame = (over: Partial<TestFrame>): Buffer => frameBytes({ opcode: TEXT, final: true, payload: nothing, ...over })

/** Raw bytes that a server's direction does not pass, the code for both ends, and why. */
const REFUSED: readonly (readonly [string, Buffer, number, string])[] = [
  ['a masked frame of a server', frameBytes(text('x'), MASK), 1002, 'a masked frame'],
  ['a compressed message', Buffer.from([0xc1, 0x00]), 1002, 'a frame of an extension that was not agreed on'],
  ['the second reserved bit', Buffer.from([0xa1, 0x00]), 1002, 'a frame of an extension that was not agreed on'],
  ['the third reserved bit', Buffer.from([0x91, 0x00]), 1002, 'a frame of an extension that was not agreed on'],
  ['opcode 3', frame({ opcode: 3 }), 1002, 'a frame of no known kind'],
  ['opcode 7', frame({ opcode: 7 }), 1002, 'a frame of no known kind'],
  ['opcode 11', frame({ opcode: 11 }), 1002, 'a control frame of no known kind'],
  ['a fragmented ping', frame({ opcode: PING, final: false }), 1002, 'a control frame that is fragmented, or too long'],
  ['a ping of 126 bytes', frame({ opcode: PING, payload: Buffer.alloc(126) }), 1002, 'a control frame that is fragmented, or too long'],
  ['a continuation of nothing', frame({ opcode: CONTINUATION }), 1002, 'a message within another, or a continuation of none'],
  ['a message within another', Buffer.concat([frame({ final: false }), frame({ opcode: BINARY })]), 1002, 'a message within another, or a continuation of none'],
  ['a close frame with half a code', frame({ opcode: 8, payload: Buffer.alloc(1) }), 1002, 'a close frame with half a code'],
  ['a message behind a close frame', Buffer.concat([frameBytes(close(1000)), frame({})]), 1002, 'bytes behind a close frame'],
  ['a length beyond all counting', Buffer.from([0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), 1009, 'a frame longer than can be counted'],
]

describe('walking the frames of a WebSocket', () => {
  it.each(REFUSED)('refuses %s', (_name, bytes, code, reason) => {
    expect(new FrameWalker(false).push(bytes)).toEqual({ code, reason })
  })

  it('refuses a client’s frame that is not masked', () => {
    expect(new FrameWalker(true).push(frameBytes(text('x')))).toEqual({ code: 1002, reason: 'a frame that is not masked' })
  })

  it.each([[1000, 1000], [1011, 1011], [4999, 4999], [undefined, 1005]])('reads the close code %s as %s, masked or not, byte by byte', (code, read) => {
    for (const mask of [undefined, MASK]) {
      const walker = new FrameWalker(mask !== undefined)
      for (const byte of frameBytes(close(code, code === undefined ? '' : 'bye'), mask)) expect(walker.push(Buffer.from([byte]))).toBeUndefined()
      expect(walker.closeCode).toBe(read)
    }
  })

  it('passes whatever is well-formed, however it is cut, and visits exactly the payload of its messages', () => {
    fc.assert(fc.property(wellFormed, fc.array(fc.nat(), { maxLength: 6 }), fc.boolean(), (frames, places, masked) => {
      const bytes = Buffer.concat(frames.map((one) => frameBytes(one, masked ? MASK : undefined)))
      const seen: Buffer[] = []
      let messages = 0
      const walker = new FrameWalker(masked, (payload, last) => {
        seen.push(Buffer.from(payload))
        if (last) messages += 1
      })
      for (const piece of cutAt(bytes, places)) expect(walker.push(piece)).toBeUndefined()
      expect(walker.atBoundary).toBe(true)
      if (!masked) expect(Buffer.concat(seen)).toEqual(Buffer.concat(frames.filter(({ opcode }) => opcode < 8).map(({ payload }) => payload)))
      expect(messages).toBe(frames.filter(({ opcode, final }) => opcode < 8 && final).length)
    }), { numRuns: 150 })
  })

  it('tells where the last frame of a chunk ended, so that nothing of ours is put into one', () => {
    fc.assert(fc.property(wellFormed, fc.nat(), (frames, place) => {
      const parts = frames.map((one) => frameBytes(one))
      const bytes = Buffer.concat(parts)
      const cut = place % (bytes.length + 1)
      let end = 0
      let boundary = -1
      for (const { length } of parts) {
        end += length
        if (end <= cut) boundary = end
      }
      const walker = new FrameWalker(false)
      walker.push(bytes.subarray(0, cut))
      expect(walker.boundary).toBe(boundary)
      expect(walker.atBoundary).toBe(cut === Math.max(0, boundary))
    }), { numRuns: 100 })
  })

  it('stops behind the first frame where it is told to', () => {
    const walker = new FrameWalker(false)
    const first = frameBytes(text('first'))
    expect(walker.push(Buffer.concat([first, Buffer.from([0xff, 0xff])]), true)).toBeUndefined()
    expect(walker.boundary).toBe(first.length)
  })

  it('never throws, and holds nothing, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), fc.boolean(), (chunks, masked) => {
      const walker = new FrameWalker(masked)
      for (const chunk of chunks) {
        const problem = walker.push(Buffer.from(chunk))
        if (problem === undefined) continue
        expect([1002, 1009]).toContain(problem.code)
        return
      }
    }), { numRuns: 300 })
  })
})
