import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex, Readable } from 'node:stream'

/** One request as an upstream sees it, and its answer: the same in either protocol. */
export interface UpstreamSide {
  readonly method: string
  readonly path: string
  /** Names in lower case and values in turn, pseudo-header fields among them. */
  readonly fields: readonly string[]
  /** Of the request's body, so far. */
  readonly got: { bytes: number, text: string }
  /** How the request and its answer have ended. */
  end: 'open' | 'whole' | 'aborted'
  readonly trailers: readonly string[]
  /** Resolves once the request's body is whole; never where it breaks off. */
  readonly whole: Promise<void>
  interim(status: number, fields: Readonly<Record<string, string>>): void
  /** @param alone nothing follows */
  head(status: number, fields?: Readonly<Record<string, string>>, alone?: 'alone'): void
  write(text: string): void
  finish(trailers?: Readonly<Record<string, string>>): void
  /** Breaks the answer off: by RST_STREAM, or with its connection. */
  reset(): void
}

export interface ScriptedUpstream {
  readonly port: number
  /** What it was asked, in order. */
  readonly asked: UpstreamSide[]
  /** Answers each request; set by the test. */
  answer: (side: UpstreamSide) => void
  close(): Promise<void>
}

/** An upstream behind TLS that speaks one protocol, and does what the test says. */
export async function startScriptedUpstream(spoken: 'HTTP/2' | 'HTTP/1.1', identity: { readonly key: string, readonly cert: string }): Promise<ScriptedUpstream> {
  const asked: UpstreamSide[] = []
  const connections = new Set<Duplex>()
  const take = (side: UpstreamSide): void => {
    asked.push(side)
    upstream.answer(side)
  }
  const server = spoken === 'HTTP/2' ? createSecureServer(identity) : createServer(identity, (request, response) => take(sideOfRequest(request, response)))
  if (spoken === 'HTTP/2') {
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, fields: readonly string[]) => take(sideOfStream(stream, headers, fields)))
  }
  server.on('secureConnection', (socket: Duplex) => {
    connections.add(socket)
    socket.on('error', () => undefined).on('close', () => connections.delete(socket))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const upstream: ScriptedUpstream = {
    port: (server.address() as AddressInfo).port,
    asked,
    answer: (side) => side.head(204, {}, 'alone'),
    close: () => new Promise((resolve) => {
      for (const connection of connections) connection.destroy()
      server.close(() => resolve())
    }),
  }
  return upstream
}

function bodyOf(readable: Readable): Pick<UpstreamSide, 'got' | 'whole'> {
  const got = { bytes: 0, text: '' }
  readable.on('data', (chunk: Buffer) => {
    got.bytes += chunk.length
    if (got.bytes < 4_096) got.text += chunk.toString('latin1')
  })
  readable.on('error', () => undefined)
  return { got, whole: new Promise((resolve) => readable.once('end', resolve)) }
}

function sideOfStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, fields: readonly string[]): UpstreamSide {
  const trailers: string[] = []
  let aborted = false
  stream.on('trailers', (_headers, _flags, came: readonly string[]) => void trailers.push(...came))
  const side: UpstreamSide = {
    method: headers[':method'] ?? '', path: headers[':path'] ?? '', fields, trailers, end: 'open', ...bodyOf(stream),
    interim: (status, more) => stream.additionalHeaders({ ':status': status, ...more }),
    head: (status, more = {}, alone) => stream.respond({ ':status': status, ...more }, alone === undefined ? { waitForTrailers: true } : { endStream: true }),
    write: (text) => void stream.write(text),
    finish: (last = {}) => {
      stream.once('wantTrailers', () => stream.sendTrailers(last))
      stream.end()
    },
    reset: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  }
  stream.on('aborted', () => { aborted = true })
  stream.on('close', () => { side.end = aborted || stream.rstCode !== 0 ? 'aborted' : 'whole' })
  return side
}

function sideOfRequest(request: IncomingMessage, response: ServerResponse): UpstreamSide {
  const side: UpstreamSide = {
    method: request.method ?? '', path: request.url ?? '', end: 'open', ...bodyOf(request),
    fields: request.rawHeaders.map((part, at) => (at % 2 === 0 ? part.toLowerCase() : part)),
    get trailers() { return request.rawTrailers },
    interim: (_status, more) => response.writeEarlyHints(more),
    head: (status, more = {}, alone) => {
      response.writeHead(status, more)
      if (alone === undefined) response.flushHeaders()
      else response.end()
    },
    write: (text) => void response.write(text),
    finish: (last = {}) => {
      response.addTrailers(last)
      response.end()
    },
    reset: () => response.destroy(),
  }
  response.on('error', () => undefined)
  response.on('close', () => { side.end = response.writableFinished && request.complete ? 'whole' : 'aborted' })
  return side
}
