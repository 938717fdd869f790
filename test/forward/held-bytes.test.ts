import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { HeldBytes } from '../../src/proxy/forward/held-bytes.ts'

it('gives back what was put in, once', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 700 }), (pieces) => {
    const held = new HeldBytes()
    for (const piece of pieces) held.push(Buffer.from(piece))
    const whole = Buffer.concat(pieces)
    expect(held.length).toBe(whole.length)
    expect(held.take().equals(whole)).toBe(true)
    expect([held.length, held.take().length]).toEqual([0, 0])
  }), { numRuns: 50 })
})

it('costs about as much memory as it holds, into however small chunks an upstream cuts it', () => {
  const held = new HeldBytes()
  const chunk = Buffer.alloc(1024)
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < 1_048_576; at += 1) held.push(chunk.subarray(at % 1024, at % 1024 + 1))
  // As a piece each they take over 100 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000)
  expect(held.length).toBe(1_048_576)
})
