import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PassedFrames, type FrameScrubbers, type PayloadScrubber } from '../../src/proxy/upgrade/passed-frames.ts'
import { close, CONTINUATION, cutAt, frameBytes, PING, text, wellFormed, type TestFrame } from './frames.ts'

/** Takes a word off, and holds back what may be its beginning. */
class WordScrubber implements PayloadScrubber {
  readonly #word: string
  #held = ''

  constructor(word: string) {
    this.#word = word
  }

  push(payload: Buffer): Buffer {
    const all = (this.#held + payload.toString('latin1')).replaceAll(this.#word, '*'.repeat(this.#word.length))
    let hold = 0
    for (let length = 1; length < this.#word.length; length += 1) if (all.endsWith(this.#word.slice(0, length))) hold = length
    this.#held = all.slice(all.length - hold)
    const passed = all.slice(0, all.length - hold)
    return passed === payload.toString('latin1') ? payload : Buffer.from(passed, 'latin1')
  }

  end(): Buffer {
    const held = this.#held
    this.#held = ''
    return Buffer.from(held, 'latin1')
  }
}

const both = (word: string): FrameScrubbers => ({ messages: new WordScrubber(word), controls: new WordScrubber(word) })

function pass(frames: PassedFrames, chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => {
    const passed = frames.push(chunk, false)
    if (!Buffer.isBuffer(passed)) throw new Error(passed.reason)
    return passed
  }))
}

/** The frames with the word taken off each whole message, and off each control frame, as one who had all of it would. */
function expected(frames: readonly TestFrame[], word: string): Buffer {
  const scrubbed: Buffer[] = []
  let begun: number[] = []
  const bodies = frames.map(({ payload }) => Buffer.from(payload))
  frames.forEach(({ opcode, final }, at) => {
    if (opcode >= 8) {
      bodies[at] = Buffer.from((bodies[at] as Buffer).toString('latin1').replaceAll(word, '*'.repeat(word.length)), 'latin1')
      return
    }
    begun.push(at)
    if (!final) return
    let whole = Buffer.concat(begun.map((index) => bodies[index] as Buffer)).toString('latin1').replaceAll(word, '*'.repeat(word.length))
    for (const index of begun) {
      const { length } = bodies[index] as Buffer
      bodies[index] = Buffer.from(whole.slice(0, length), 'latin1')
      whole = whole.slice(length)
    }
    begun = []
  })
  frames.forEach((frame, at) => scrubbed.push(frameBytes({ ...frame, payload: bodies[at] as Buffer })))
  return Buffer.concat(scrubbed)
}

describe('an upstream’s frames on their way', () => {
  it('pass as the very chunks they came in where nothing is scrubbed', () => {
    const chunk = frameBytes(text('hello'))
    expect(new PassedFrames(undefined).push(chunk, false)).toBe(chunk)
    expect(new PassedFrames(both('secret')).push(chunk, false)).toBe(chunk)
  })

  it('lose a secret wherever it stands, cut wherever it is, and keep every length', () => {
    const fragments = fc.array(fc.constantFrom('s3', 'cr3t', 's3cr3t', 'x', '', 's3cr'), { minLength: 1, maxLength: 5 })
    const message = fc.tuple(fragments, fc.boolean()).map(([pieces, ping]) => pieces.flatMap((piece, at): TestFrame[] => [
      { opcode: at === 0 ? 1 : CONTINUATION, final: at === pieces.length - 1, payload: Buffer.from(piece) },
      ...(ping ? [{ opcode: PING, final: true, payload: Buffer.from('s3cr3t') }] : []),
    ]))
    fc.assert(fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 8 }), (messages, places) => {
      const frames = messages.flat()
      const bytes = Buffer.concat(frames.map((frame) => frameBytes(frame)))
      const passed = new PassedFrames(both('s3cr3t'))
      expect(pass(passed, cutAt(bytes, places)).toString('latin1')).toBe(expected(frames, 's3cr3t').toString('latin1'))
      expect(passed.atBoundary).toBe(true)
    }), { numRuns: 300 })
  })

  it('are the same bytes where the secret is not in them, however they are cut', () => {
    fc.assert(fc.property(wellFormed, fc.array(fc.nat(), { maxLength: 6 }), (frames, places) => {
      const bytes = Buffer.concat(frames.map((frame) => frameBytes(frame)))
      expect(pass(new PassedFrames(both('no such word')), cutAt(bytes, places)).equals(bytes)).toBe(true)
    }), { numRuns: 60 })
  })

  it('hold a frame behind what is held back, so that their order stays', () => {
    const passed = new PassedFrames(both('secret'))
    const begun = frameBytes({ opcode: 1, final: false, payload: Buffer.from('sec') })
    const ping = frameBytes({ opcode: PING, final: true, payload: Buffer.from('p') })
    const rest = frameBytes({ opcode: CONTINUATION, final: true, payload: Buffer.from('ular') })
    expect(passed.push(Buffer.concat([begun, ping]), false)).toEqual(begun.subarray(0, 2))
    expect(passed.atBoundary).toBe(false)
    expect(passed.push(rest, false)).toEqual(Buffer.concat([begun.subarray(2), ping, rest]))
    expect(passed.atBoundary).toBe(true)
  })

  it('lose a secret in a close frame’s reason too, and keep its code', () => {
    const passed = new PassedFrames(both('s3cr3t'))
    const [head, rest] = [frameBytes(close(4000, 'for s3cr3t')).subarray(0, 9), frameBytes(close(4000, 'for s3cr3t')).subarray(9)]
    expect(pass(passed, [head, rest])).toEqual(frameBytes(close(4000, 'for ******')))
    expect([passed.closeCode, passed.atBoundary]).toEqual([4000, true])
  })

  it('tell of a close frame, and of what may not pass', () => {
    const passed = new PassedFrames(undefined)
    passed.push(frameBytes(close(1001)), false)
    expect(passed.closeCode).toBe(1001)
    expect(passed.push(Buffer.from([0x81, 0]), false)).toMatchObject({ code: 1002 })
  })

  it('end with the frame that they are in, where they are told to', () => {
    const first = frameBytes(text('first'))
    const passed = new PassedFrames(both('secret'))
    expect(passed.push(first.subarray(0, 3), false)).toEqual(first.subarray(0, 3))
    expect(passed.push(Buffer.concat([first.subarray(3), frameBytes(text('second'))]), true)).toEqual(first.subarray(3))
  })
})
