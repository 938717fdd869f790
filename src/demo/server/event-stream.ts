import { setInterval } from 'node:timers/promises'
import type { Reply } from './call.ts'

/** How an event stream goes: an event each interval, so many, or without end. */
export interface EventStreamOptions {
  readonly intervalMs: number
  readonly count: number
  readonly signal: AbortSignal
  event(index: number): string
}

/** Server-sent events (HTML Living Standard section 9.2) until the count is reached or the client leaves. */
export function eventStream(options: EventStreamOptions): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    body: paced({ ...options, event: (index) => `id: ${index}\ndata: ${options.event(index)}\n\n` }),
  }
}

/** The texts one after the other, the first at once. Ends, without an error, when the client leaves. */
export async function* paced(options: EventStreamOptions): AsyncGenerator<string> {
  if (options.count < 1) return
  yield options.event(1)
  let sent = 1
  try {
    for await (const _ of setInterval(options.intervalMs, undefined, { signal: options.signal })) {
      if (sent >= options.count) return
      yield options.event((sent += 1))
    }
  } catch (error) {
    if (!options.signal.aborted) throw error
  }
}
