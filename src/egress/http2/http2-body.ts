import type { ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'

/** What is told of a body on its way. */
export interface Http2BodySink {
  sent(bytes: number): void
  whole(): void
  /** @param reason a sentence of ours */
  broken(reason: string): void
}

/**
 * Writes a stream as the body of one stream of HTTP/2, no faster than its window lets it.
 * @returns stops it, wherever it is
 */
export function sendHttp2Body(body: Readable, length: number | undefined, stream: ClientHttp2Stream, sink: Http2BodySink): () => void {
  let sent = 0
  const onDrain = (): void => void body.resume()
  const onData = (chunk: Buffer): void => {
    sent += chunk.length
    if (length !== undefined && sent > length) return fail('the body is longer than its length')
    if (chunk.length === 0) return
    sink.sent(chunk.length)
    if (stream.write(chunk)) return
    body.pause()
    stream.once('drain', onDrain)
  }
  const onEnd = (): void => {
    if (length !== undefined && sent !== length) return fail('the body ended before its length')
    stop()
    stream.end()
    sink.whole()
  }
  const onClose = (): void => fail('the client broke off within the body')
  const fail = (reason: string): void => {
    stop()
    sink.broken(reason)
  }
  const stop = (): void => {
    body.off('data', onData).off('end', onEnd).off('close', onClose)
    stream.off('drain', onDrain)
  }
  body.on('data', onData).on('end', onEnd).on('close', onClose)
  // A stream that ended before anybody listened says nothing any more.
  if (body.readableEnded) onEnd()
  else if (body.destroyed) onClose()
  return stop
}
