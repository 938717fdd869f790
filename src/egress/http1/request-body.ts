import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { LONG_BODY_BYTES } from '../turn-shares.ts'

/** What is told of a body on its way. */
export interface BodySink {
  sent(bytes: number): void
  whole(): void
  /** @returns false where it has to wait for its turn: `goOn` is called then */
  turn(bytes: number, goOn: () => void): boolean
  /** @param reason a sentence of ours */
  broken(reason: string): void
}

/**
 * Writes a stream as a request's body, in chunks where its length is not known, no faster than the socket takes it.
 * @returns stops it, wherever it is
 */
export function sendBody(stream: Readable, length: number | undefined, socket: Socket, sink: BodySink): () => void {
  let sent = 0
  let waiting = false
  let held = false
  let stopped = false

  const onDrain = (): void => {
    waiting = false
    if (!held) stream.resume()
  }
  const goOn = (): void => {
    held = false
    if (!waiting && !stopped) stream.resume()
  }
  const onData = (chunk: Buffer): void => {
    sent += chunk.length
    if (length !== undefined && sent > length) return fail('the body is longer than its length')
    if (chunk.length === 0) return
    sink.sent(chunk.length)
    const taken = length === undefined ? writeChunk(socket, chunk) : socket.write(chunk)
    if (!held && sent > LONG_BODY_BYTES && !sink.turn(chunk.length, goOn)) {
      held = true
      stream.pause()
    }
    if (taken || waiting) return
    waiting = true
    stream.pause()
    socket.once('drain', onDrain)
  }
  const onEnd = (): void => {
    if (length !== undefined && sent !== length) return fail('the body ended before its length')
    stop()
    if (length === undefined) socket.write('0\r\n\r\n', 'latin1')
    sink.whole()
  }
  const onClose = (): void => fail('the client broke off within the body')
  const fail = (reason: string): void => {
    stop()
    sink.broken(reason)
  }
  const stop = (): void => {
    stopped = true
    stream.off('data', onData).off('end', onEnd).off('close', onClose)
    socket.off('drain', onDrain)
  }
  stream.on('data', onData).on('end', onEnd).on('close', onClose)
  // A stream that ended before anybody listened says nothing any more.
  if (stream.readableEnded) onEnd()
  else if (stream.destroyed) onClose()
  return stop
}

function writeChunk(socket: Socket, chunk: Buffer): boolean {
  socket.cork()
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
  socket.write(chunk)
  const taken = socket.write('\r\n', 'latin1')
  socket.uncork()
  return taken
}
