import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { follow, linesOf, type FollowState } from '../../src/dashboard/api/follow.ts'
import type { Api } from '../../src/dashboard/api/client.ts'

/** A body that says what it is told to, when it is told to. */
function body(): { answer: Response; say(text: string): void; end(): void } {
  const encoder = new TextEncoder()
  let own: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>({ start: (controller) => { own = controller } })
  return { answer: new Response(stream), say: (text) => own?.enqueue(encoder.encode(text)), end: () => own?.close() }
}

describe('a stream that is followed', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  it('gives whole lines, however they were cut, and none that is empty', async () => {
    const { answer, say, end } = body()
    for (const part of ['{"a"', ':1}\n\n{"b":', '2}\n', '\n{"c":3}\nrest']) say(part)
    end()
    const lines: string[] = []
    for await (const line of linesOf(answer, 1000)) lines.push(line)
    expect(lines).toEqual(['{"a":1}', '{"b":2}', '{"c":3}'])
  })

  it('ends one that has no end of line', async () => {
    const { answer, say } = body()
    say('x'.repeat(2 * 1024 * 1024))
    await expect(linesOf(answer, 1000).next()).rejects.toThrow('a line is too long')
  })

  it('is not called live once nothing came for too long, and is begun again', async () => {
    const bodies = [body(), body()]
    let opened = 0
    const states: FollowState[] = []
    const items: unknown[] = []
    const abort = new AbortController()
    const api: Pick<Api, 'open'> = { open: async () => bodies[opened++]?.answer ?? new Response('') }
    const following = follow(api as Api, { path: '/x', query: () => ({}), signal: abort.signal, onItem: (item) => items.push(item), onState: (state) => states.push(state) })
    bodies[0]?.say('{"seq":1}\n')
    await vi.advanceTimersByTimeAsync(30_000)
    bodies[0]?.say('\n')
    await vi.advanceTimersByTimeAsync(30_000)
    expect([states.at(-1)?.kind, items]).toEqual(['live', [{ seq: 1 }]])
    await vi.advanceTimersByTimeAsync(20_000)
    expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live', 'waiting', 'connecting', 'live'])
    expect(states[2]).toMatchObject({ error: { message: 'The connection went silent.' } })
    abort.abort()
    bodies[1]?.end()
    await vi.advanceTimersByTimeAsync(1000)
    await following
    expect(opened).toBe(2)
  })
})
