import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Http1Upstream } from '../../src/egress/http1/http1-upstream.ts'
import { UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import type { AnswerHandler, UpstreamCall } from '../../src/egress/upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'

const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL'
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A connection of ours as its upstream sees it: streams as sockets are, without the system below. */
class Line extends Duplex {
  /** Of requests that are not answered yet. */
  readonly asked: string[] = []
  readonly #seen: (id: string) => void

  constructor(seen: (id: string) => void) {
    super({ allowHalfOpen: false })
    this.#seen = seen
  }

  override _read(): void {
    // Pushed by the test.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const id = /^[A-Z]+ \/(\d{4}) /.exec(chunk.toString('latin1'))?.[1]
    if (id !== undefined) {
      this.asked.push(id)
      this.#seen(id)
    }
    done()
  }
}

/** What one call was told. */
class Told implements AnswerHandler {
  readonly id: string
  readonly method: string
  call: UpstreamCall | undefined
  body = ''
  steered = false
  readonly events: string[] = []

  constructor(id: string, method: string) {
    this.id = id
    this.method = method
  }

  onCall(call: UpstreamCall): void { this.call = call }
  onBodySent(): void { /* It has none. */ }
  onInterim(): void { this.events.push('interim') }
  onHead(): void { this.events.push('head') }
  onData(chunk: Buffer): void {
    if (this.events.at(-1) !== 'data') this.events.push('data')
    this.body += chunk.toString('latin1')
  }
  onEnd(): void { this.events.push('end') }
  onError(): void { this.events.push('error') }
}

type Tail = 'nothing' | 'evil' | 'end' | 'loss'
type Step =
  | { readonly do: 'ask'; readonly method: 'GET' | 'POST' }
  | { readonly do: 'answer'; readonly which: number; readonly framing: 'length' | 'chunked' | 'close'; readonly times: number; readonly pieces: readonly number[]; readonly tail: Tail; readonly cutAt: number | undefined }
  | { readonly do: 'pause' | 'resume' | 'abort'; readonly which: number }
  | { readonly do: 'turn' }

/** The others wait for the first to be answered. */
const ASKED: readonly Step[] = [{ do: 'ask', method: 'GET' }, { do: 'ask', method: 'POST' }, { do: 'ask', method: 'GET' }, { do: 'turn' }]
const which = fc.nat(5)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const), method: fc.constantFrom('GET' as const, 'POST' as const) }) },
  { weight: 6, arbitrary: fc.record({
    do: fc.constant('answer' as const), which, framing: fc.constantFrom('length' as const, 'chunked' as const, 'close' as const),
    times: fc.constantFrom(0, 1, 100, 4_090, 5_000, 80_000),
    pieces: fc.array(fc.constantFrom(1, 60, 4_096, 16_384, 65_536), { maxLength: 6 }),
    tail: fc.constantFrom<Tail[]>('nothing', 'nothing', 'evil', 'end', 'loss'), cutAt: fc.option(fc.nat(30_000), { nil: undefined, freq: 8 }),
  }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'abort' as const), which }) },
  { weight: 4, arbitrary: fc.constant({ do: 'turn' as const }) },
)

function answerTo(id: string, { framing, times }: Extract<Step, { do: 'answer' }>): string {
  const body = id.repeat(times)
  if (framing === 'length') return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  if (framing === 'close') return `HTTP/1.1 200 OK\r\n\r\n${body}`
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`
}

/** Our client among upstreams that do as the steps say. */
class World {
  readonly told: Told[] = []
  readonly sent = new Map<string, number>()
  /** Answered whole, by the call's id: how often the body says it, and whether its connection stood for long enough that it must have arrived. */
  readonly whole = new Map<string, { readonly times: number; readonly certain: boolean }>()
  readonly #lines: Line[] = []
  readonly upstream = new Http1Upstream(async () => this.#dial(), { ...UPSTREAM_SETTINGS, maxConnections: 1 }, systemTimers)

  async take(action: Step): Promise<void> {
    switch (action.do) {
      case 'ask': return this.#ask(action.method)
      case 'answer': return this.#answer(action)
      case 'turn': return turn()
      default: {
        const told = this.told[action.which % Math.max(1, this.told.length)]
        if (told === undefined) return
        told.steered = true
        if (action.do === 'abort') told.call?.abort(new Error('given up'))
        else told.call?.[action.do]()
      }
    }
  }

  async end(): Promise<void> {
    for (const { call } of this.told) call?.resume()
    for (let turns = 0; turns < 6; turns += 1) await turn()
    await this.upstream.destroy()
    await turn()
  }

  #dial(): Socket {
    const line = new Line((id) => this.sent.set(id, (this.sent.get(id) ?? 0) + 1))
    this.#lines.push(line)
    return line as unknown as Socket
  }

  #ask(method: string): void {
    const told = new Told(String(this.told.length).padStart(4, '0'), method)
    this.told.push(told)
    this.upstream.dispatch({ method, target: `/${told.id}`, authority: 'a.example', fields: [], body: { kind: 'none' } }, told)
  }

  #answer(action: Extract<Step, { do: 'answer' }>): void {
    const waiting = this.#lines.filter((line) => line.asked.length > 0 && !line.destroyed)
    const line = waiting[action.which % Math.max(1, waiting.length)]
    const id = line?.asked.shift()
    if (line === undefined || id === undefined) return
    const answer = answerTo(id, action)
    // Whatever comes is of the answer, until the connection ends.
    const tail = action.framing === 'close' && action.tail !== 'loss' ? 'end' : action.tail
    const cut = action.cutAt !== undefined && action.cutAt < answer.length
    if (!cut) this.whole.set(id, { times: action.times, certain: tail !== 'loss' })
    const bytes = Buffer.from((cut ? answer.slice(0, action.cutAt) : answer) + (tail === 'evil' && !cut ? EVIL : ''))
    let at = 0
    for (const piece of [...action.pieces, bytes.length]) {
      if (at < bytes.length) line.push(bytes.subarray(at, at + piece))
      at += piece
    }
    if (cut || tail === 'loss') line.destroy()
    else if (tail === 'end') line.push(null)
  }
}

describe('answers that come in any pieces, with anything behind them in the same turn', () => {
  it('are told each to its own call, with one end, and whole where they came whole', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
      const world = new World()
      for (const action of [...ASKED, ...steps]) await world.take(action)
      await world.end()
      for (const { id, method, body, events, steered } of world.told) {
        expect([id, events.join(' ')]).toEqual([id, expect.stringMatching(/^(?:head (?:data )?)?(?:end|error)$/)])
        const ended = events.at(-1) === 'end'
        const whole = world.whole.get(id)
        expect([id, body]).toEqual([id, ended ? id.repeat(whole?.times ?? -1) : id.repeat(body.length / 4 + 1).slice(0, body.length)])
        if (!ended && !steered) expect([id, whole?.certain]).not.toEqual([id, true])
        expect([id, world.sent.get(id) ?? 0]).toEqual([id, expect.toSatisfy((times: number) => times <= (method === 'GET' ? 2 : 1))])
      }
    }), { numRuns: 1_000 })
  })
})
