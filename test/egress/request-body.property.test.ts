import { Readable, Writable } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sendBody, type BodyCarrier, type BodySink } from '../../src/egress/request-body.ts'
import { LONG_BODY_BYTES } from '../../src/egress/turn-shares.ts'

const PIECE = LONG_BODY_BYTES / 4
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Course {
  /** In quarters of what makes a body long. */
  readonly pieces: readonly number[]
  /** What its length is told as, beside what it is; undefined in chunks. */
  readonly beside: number | undefined
  /** The client breaks off behind so many pieces. */
  readonly breaksAt: number | undefined
  /** Ended from outside behind so many pieces that were sent. */
  readonly stopsAt: number | undefined
  /** Whether the carrier takes more, piece by piece and around. */
  readonly takes: readonly boolean[]
  /** Whether a long one may go on, likewise. */
  readonly turns: readonly boolean[]
  /** Of what waits, which goes on first. */
  readonly drainsFirst: boolean
}

const course: fc.Arbitrary<Course> = fc.record({
  pieces: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }),
  beside: fc.option(fc.constantFrom(0, 0, 0, -1, 1), { nil: undefined }),
  breaksAt: fc.option(fc.nat(6), { nil: undefined, freq: 5 }),
  stopsAt: fc.option(fc.nat(6), { nil: undefined, freq: 5 }),
  takes: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  turns: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  drainsFirst: fc.boolean(),
})

/** A body on its way, among carrier and turns that do as the course says. */
class Sent implements BodySink, BodyCarrier {
  readonly drains = new Writable()
  readonly written: Buffer[] = []
  readonly events: string[] = []
  readonly #course: Course
  readonly #held: (() => void)[] = []
  #told = 0
  #asked = 0
  #full = false
  stop: () => void = () => undefined

  constructor(one: Course) {
    this.#course = one
  }

  write(chunk: Buffer): boolean {
    this.events.push(this.#full || this.#held.length > 0 ? 'write too early' : 'write')
    this.written.push(chunk)
    const { takes } = this.#course
    this.#full = takes[this.written.length % takes.length] === false
    return !this.#full
  }

  finish(): void { this.events.push('finish') }
  whole(): void { this.events.push('whole') }
  broken(): void { this.events.push('broken') }

  sent(): void {
    this.#told += 1
    if (this.#told - 1 !== this.#course.stopsAt) return
    this.stop()
    this.events.push('stopped')
  }

  turn(_bytes: number, goOn: () => void): boolean {
    const { turns } = this.#course
    this.#asked += 1
    if (turns[this.#asked % turns.length] === true) return true
    this.#held.push(goOn)
    return false
  }

  /** Whatever waits goes on, one a turn. */
  async goOn(): Promise<void> {
    const drain = (): void => {
      if (!this.#full) return
      this.#full = false
      this.drains.emit('drain')
    }
    const release = (): void => this.#held.splice(0).forEach((next) => next())
    for (const next of this.#course.drainsFirst ? [drain, release] : [release, drain]) {
      next()
      await turn()
    }
  }
}

describe('a request’s body on its way', () => {
  it('arrives as it is, in its order and to its end, or is told once to be broken, whoever waits for whom', async () => {
    await fc.assert(fc.asyncProperty(course, async (one) => {
      const pieces = one.pieces.map((quarters, at) => Buffer.alloc(quarters * PIECE, at + 1)).filter(({ length }) => length > 0)
      const all = Buffer.concat(pieces)
      const length = one.beside === undefined ? undefined : Math.max(0, all.length + one.beside)
      const body = new Readable({ read: () => undefined, highWaterMark: 1 })
      const sent = new Sent(one)
      const breaks = one.breaksAt !== undefined && one.breaksAt < pieces.length
      for (const piece of breaks ? pieces.slice(0, one.breaksAt) : pieces) body.push(piece)
      if (!breaks) body.push(null)
      sent.stop = sendBody(body, length, sent, sent)
      for (let turns = 0; turns < 2 * pieces.length + 4; turns += 1) await sent.goOn()
      if (breaks) body.destroy()
      await turn()
      const written = Buffer.concat(sent.written)
      expect(written.equals(all.subarray(0, written.length))).toBe(true)
      expect(written.length).toBeLessThanOrEqual(length ?? Infinity)
      const last = sent.events.slice(sent.events.lastIndexOf('write') + 1).join(' ')
      const stopped = one.stopsAt !== undefined && sent.events.includes('stopped')
      expect(sent.events).not.toContain('write too early')
      if (stopped) expect(last).toBe('stopped')
      else if (breaks || length !== undefined && length !== all.length) expect(last).toBe('broken')
      else expect([last, written.length]).toEqual(['finish whole', all.length])
    }), { numRuns: 500 })
  })
})
