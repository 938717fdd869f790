import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateLimiter } from '../../src/proxy/decide/rate-limiter.ts'
import type { RateLimit } from '../../src/model/decision.ts'

function clockAt(startMs = 0) {
  const clock = { atMs: startMs, nowMs: () => 0, monotonicMs: () => clock.atMs }
  return clock
}

const limit = (key: string, requests: number, perMs = 60_000): RateLimit => ({ key, requests, perMs })

describe('RateLimiter', () => {
  it('lets through as many as the limit says, and tells when to come back', () => {
    const clock = clockAt()
    const limiter = new RateLimiter(clock)
    const taken = Array.from({ length: 4 }, () => limiter.take([limit('a', 3)]))
    expect(taken.slice(0, 3)).toEqual([undefined, undefined, undefined])
    expect(taken[3]).toEqual({ limit: limit('a', 3), retryAfterMs: 80_000 })
    clock.atMs += 79_999
    expect(limiter.take([limit('a', 3)])).toBeDefined()
    clock.atMs += 1
    expect(limiter.take([limit('a', 3)])).toBeUndefined()
  })

  it('counts each key apart', () => {
    const limiter = new RateLimiter(clockAt())
    expect(limiter.take([limit('a', 1)])).toBeUndefined()
    expect(limiter.take([limit('b', 1)])).toBeUndefined()
    expect(limiter.take([limit('a', 1)])).toBeDefined()
  })

  it('takes from no limit where one of them is reached', () => {
    const limiter = new RateLimiter(clockAt())
    expect(limiter.take([limit('tight', 1)])).toBeUndefined()
    for (let attempt = 0; attempt < 5; attempt++) expect(limiter.take([limit('wide', 2), limit('tight', 1)])?.limit.key).toBe('tight')
    expect(limiter.take([limit('wide', 2)])).toBeUndefined()
    expect(limiter.take([limit('wide', 2)])).toBeUndefined()
    expect(limiter.take([limit('wide', 2)])).toBeDefined()
  })

  it('refuses a new key where every key still counts, rather than forget one', () => {
    const clock = clockAt()
    const limiter = new RateLimiter(clock, 2)
    limiter.take([limit('a', 1)])
    limiter.take([limit('b', 1)])
    expect(limiter.take([limit('c', 1)])).toEqual({ limit: limit('c', 1), retryAfterMs: 60_000 })
    expect(limiter.take([limit('a', 1)])).toBeDefined()
    clock.atMs += 120_000
    expect(limiter.take([limit('c', 1)])).toBeUndefined()
  })

  it('never lets through more than twice the limit in any stretch of one window, nor more than it in the first', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 })
    fc.assert(fc.property(steps, fc.integer({ min: 1, max: 5 }), (waits, requests) => {
      const clock = clockAt()
      const limiter = new RateLimiter(clock)
      const passed = waits.flatMap((waitMs) => {
        clock.atMs += waitMs
        return limiter.take([limit('a', requests, 1000)]) === undefined ? [clock.atMs] : []
      })
      const most = Math.max(...passed.map((from) => passed.filter((at) => at >= from && at < from + 1000).length))
      expect(most).toBeLessThanOrEqual(2 * requests)
      expect(passed.filter((at) => at < (passed[0] ?? 0) + 1000).length).toBeLessThanOrEqual(requests)
    }), { numRuns: 300 })
  })

  it('lets a request through at the time it named, and not before', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 40 })
    fc.assert(fc.property(steps, fc.integer({ min: 1, max: 4 }), (waits, requests) => {
      const clock = clockAt()
      const limiter = new RateLimiter(clock)
      for (const waitMs of waits) {
        clock.atMs += waitMs
        const reached = limiter.take([limit('a', requests, 1000)])
        if (reached === undefined) continue
        clock.atMs += reached.retryAfterMs
        expect(limiter.take([limit('a', requests, 1000)])).toBeUndefined()
      }
    }), { numRuns: 300 })
  })
})
