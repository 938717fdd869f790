import type { Readable, Writable } from 'node:stream'
import { LONG_BODY_BYTES } from './turn-shares.ts'

/** What is told of a body on its way. */
export interface BodySink {
  sent(bytes: number): void
  whole(): void
  /** @returns false where it has to wait for its turn: `goOn` is called then */
  turn(bytes: number, goOn: () => void): boolean
  /** @param reason a sentence of ours */
  broken(reason: string): void
}

/** What carries a body, in whichever protocol and framing. */
export interface BodyCarrier {
  /** Says `drain` once it takes bytes again. */
  readonly drains: Writable
  /** @returns false where it takes no more for now */
  write(chunk: Buffer): boolean
  /** Says that the body is whole. */
  finish(): void
}

/**
 * Writes a stream as a request's body, no faster than its carrier takes it, and a long one in its turns.
 * @returns stops it, wherever it is
 */
export function sendBody(body: Readable, length: number | undefined, carrier: BodyCarrier, sink: BodySink): () => void {
  let sent = 0
  let waiting = false
  let held = false
  let stopped = false

  const onDrain = (): void => {
    waiting = false
    if (!held) body.resume()
  }
  const goOn = (): void => {
    held = false
    if (!waiting && !stopped) body.resume()
  }
  const onData = (chunk: Buffer): void => {
    sent += chunk.length
    if (length !== undefined && sent > length) return fail('the body is longer than its length')
    if (chunk.length === 0) return
    sink.sent(chunk.length)
    // What was told may have ended it.
    if (stopped) return
    const taken = carrier.write(chunk)
    if (!held && sent > LONG_BODY_BYTES && !sink.turn(chunk.length, goOn)) {
      held = true
      body.pause()
    }
    if (taken || waiting) return
    waiting = true
    body.pause()
    carrier.drains.once('drain', onDrain)
  }
  const onEnd = (): void => {
    if (length !== undefined && sent !== length) return fail('the body ended before its length')
    stop()
    carrier.finish()
    sink.whole()
  }
  const onClose = (): void => fail('the client broke off within the body')
  const fail = (reason: string): void => {
    stop()
    sink.broken(reason)
  }
  const stop = (): void => {
    stopped = true
    body.off('data', onData).off('end', onEnd).off('close', onClose)
    carrier.drains.off('drain', onDrain)
  }
  body.on('data', onData).on('end', onEnd).on('close', onClose)
  // A stream that ended before anybody listened says nothing any more.
  if (body.readableEnded) onEnd()
  else if (body.destroyed) onClose()
  return stop
}
