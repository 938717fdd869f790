import type { Readable } from 'node:stream'
import type { Timers } from '../../lib/timers.ts'
import { deny, type Denial } from '../../model/denial.ts'

/** The bounds on one body. */
export interface ReadLimits {
  readonly maxBytes: number
  /** From now until the last byte. */
  readonly timeoutMs: number
}

/**
 * Reads a body whole, bounded in size and time. Where it is refused the rest is left unread, and the connection cannot be used again.
 * @returns the bytes, or the denial `body_too_large`, `request_timeout`, or `request_malformed` where the client broke off
 */
export function readBody(body: Readable, limits: ReadLimits, timers: Timers): Promise<Buffer | Denial> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const cancel = timers.after(limits.timeoutMs, () => end(deny('request_timeout', `the body did not arrive within ${limits.timeoutMs} ms`)))

    function take(chunk: Buffer): void {
      bytes += chunk.length
      if (bytes > limits.maxBytes) return end(deny('body_too_large', `more than ${limits.maxBytes} bytes`))
      chunks.push(chunk)
    }
    function whole(): void {
      end(Buffer.concat(chunks, bytes))
    }
    function broken(): void {
      end(deny('request_malformed', 'the client broke off before the end of the body'))
    }
    function end(outcome: Buffer | Denial): void {
      cancel()
      body.off('data', take).off('end', whole).off('error', broken).off('close', broken)
      if (!Buffer.isBuffer(outcome)) leave(body)
      resolve(outcome)
    }

    if (body.destroyed) return end(deny('request_malformed', 'the client left before the body'))
    body.on('data', take).on('end', whole).on('error', broken).on('close', broken)
  })
}

/** Takes no further byte; an error that still comes has nobody who waits for it. */
function leave(body: Readable): void {
  body.pause()
  body.on('error', () => undefined)
}
