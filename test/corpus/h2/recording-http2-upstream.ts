import { performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { createServer, type TLSSocket } from 'node:tls'
import { END_STREAM, FRAME, FrameReader, PREFACE, type Frame } from '../../http2/frames.ts'

/** One request of HTTP/2 that came whole. */
export interface Http2Received {
  /** Name, value, name, value … as they came, pseudo-header fields among them. */
  readonly fields: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

export interface RecordingHttp2Upstream {
  readonly port: number
  /** Whole requests; what was reset before its end is not among them. */
  readonly requests: readonly Http2Received[]
  /** What the library that reads it did not take. */
  readonly errors: readonly string[]
  /** Every frame that came, a list for each connection. */
  readonly connections: readonly (readonly Frame[])[]
  close(): Promise<void>
}

/** An upstream behind TLS that speaks HTTP/2 alone, and keeps both the frames that came and what they mean. */
export async function startRecordingHttp2Upstream(identity: { readonly key: string; readonly cert: string }): Promise<RecordingHttp2Upstream> {
  const requests: Http2Received[] = []
  const errors: string[] = []
  const connections: Frame[][] = []
  const sockets = new Set<TLSSocket>()
  const server = createServer({ ...identity, ALPNProtocols: ['h2'] }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    const frames: Frame[] = []
    connections.push(frames)
    const session = performServerHandshake(tapped(socket, frames))
    session.on('error', (error) => void errors.push(error.message))
    session.on('stream', (stream, headers, _flags, fields: readonly string[]) => take(stream, headers, fields, (request) => void requests.push(request)))
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    requests, errors, connections,
    close: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    }),
  }
}

function take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, fields: readonly string[], keep: (request: Http2Received) => void): void {
  const chunks: Buffer[] = []
  const trailers: string[] = []
  // A stream that is reset ends as well: `aborted` comes before.
  let aborted = false
  stream.on('aborted', () => { aborted = true })
  stream.on('error', () => undefined)
  stream.on('trailers', (_headers, _flags, came: readonly string[]) => void trailers.push(...came))
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
  stream.on('end', () => {
    if (aborted) return
    keep({ fields, body: Buffer.concat(chunks).toString('latin1'), trailers })
    if (stream.destroyed) return
    stream.respond({ ':status': 200, 'content-type': 'application/json' }, { endStream: headers[':method'] === 'HEAD' })
    if (headers[':method'] !== 'HEAD') stream.end('{"ok":true}')
  })
}

/** The same bytes, their frames kept. */
function tapped(socket: TLSSocket, frames: Frame[]): Duplex {
  const reader = new FrameReader()
  let left = PREFACE.length
  const tap = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, () => done()),
    final: (done) => void socket.end(() => done()),
    destroy: (_error, done) => {
      socket.destroy()
      done(null)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    frames.push(...reader.push(chunk.subarray(Math.min(left, chunk.length))))
    left -= Math.min(left, chunk.length)
    if (!tap.push(chunk)) socket.pause()
  })
  socket.on('end', () => void tap.push(null))
  socket.on('close', () => void tap.destroy())
  return tap
}

const KNOWN = new Set<number>([FRAME.data, FRAME.headers, FRAME.rst, FRAME.settings, FRAME.ping, FRAME.goaway, FRAME.window, FRAME.continuation])

/** What no client should send, by RFC 9113 section 5.1. @returns a sentence each */
export function oddFrames(frames: readonly Frame[]): readonly string[] {
  const odd: string[] = []
  const done = new Set<number>()
  const begun = new Set<number>()
  for (const { type, flags, stream } of frames) {
    if (!KNOWN.has(type)) odd.push(`a frame of type ${type}`)
    if (stream === 0 || type === FRAME.window) continue
    if (type === FRAME.headers && !begun.has(stream)) {
      if (stream % 2 === 0 || [...begun].some((before) => before > stream)) odd.push(`stream ${stream} out of order`)
      begun.add(stream)
    } else if (type !== FRAME.rst && !begun.has(stream)) {
      odd.push(`type ${type} on stream ${stream}, which was not begun`)
    }
    if (done.has(stream) && type !== FRAME.rst) odd.push(`type ${type} on stream ${stream} behind its end`)
    if (type === FRAME.rst || ((type === FRAME.data || type === FRAME.headers) && (flags & END_STREAM) !== 0)) done.add(stream)
  }
  return odd
}
