import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Secret } from '../../lib/secret.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import { bearerCheck, type BearerCheck } from './bearer-check.ts'
import type { Readiness } from './readiness.ts'

/** Where the second port listens. */
export type OperationsAddress = { readonly host: string; readonly port: number } | { readonly path: string }

export interface OperationsOptions {
  readonly address: OperationsAddress
  /** Asked for metrics and for the details of readiness. */
  readonly token: Secret | undefined
  /** Without a token everybody who reaches the port reads the metrics. */
  readonly unsafeUnauthenticated: boolean
  readonly readiness: Readiness
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> }
  /** Within this a client sends its request and takes its answer; default 5 s. */
  readonly timeoutMs?: number | undefined
  /** Default 64. */
  readonly maxConnections?: number | undefined
}

/** The second port while it is open. */
export interface OperationsServer {
  /** Where it listens in fact: port 0 has become a port. */
  readonly address: AddressInfo | string | null
  /** Ends it, open connections included. */
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

type Handler = (authorized: boolean) => Answer | Promise<Answer>

const TEXT = 'text/plain; charset=utf-8'
const NOT_FOUND: Answer = { status: 404, type: TEXT, body: 'not found\n' }
const UNAUTHORIZED: Answer = { status: 401, type: TEXT, body: 'unauthorized\n', headers: { 'www-authenticate': 'Bearer realm="postern operations"' } }
const METHOD_REFUSED: Answer = { status: 405, type: TEXT, body: 'method not allowed\n', headers: { allow: 'GET, HEAD' } }
const BROKEN: Answer = { status: 500, type: TEXT, body: 'internal error\n' }

/**
 * Opens the port for health, readiness and metrics. An agent may share our network, so metrics need the token, and the open answers
 * say no more than yes or no.
 * @throws TypeError without a token, unless that is declared unsafe; Error `EADDRINUSE` and its like
 */
export async function startOperations(options: OperationsOptions): Promise<OperationsServer> {
  if (options.token === undefined && !options.unsafeUnauthenticated) {
    throw new TypeError('the operations port needs a token, or unsafe_unauthenticated: true')
  }
  const isAuthorized: BearerCheck = options.token === undefined ? () => true : bearerCheck(options.token)
  const handlers = handlersOf(options)
  const server = boundedServer(options, (request, response) => {
    // A body is never read: what sends one loses its connection.
    if (hasBody(request)) response.setHeader('connection', 'close')
    void answerOf(request, handlers, isAuthorized).then((answer) => send(response, answer, request.method === 'HEAD'))
  })
  await listen(server, options.address)
  return { address: server.address(), close: () => closeAll(server) }
}

function handlersOf(options: OperationsOptions): ReadonlyMap<string, Handler> {
  const scrapes = new SingleFlight<string>()
  return new Map<string, Handler>([
    ['/healthz', () => ({ status: 200, type: TEXT, body: 'ok\n' })],
    ['/readyz', (authorized) => readiness(options.readiness, authorized)],
    [
      '/metrics',
      async (authorized) => {
        if (!authorized) return UNAUTHORIZED
        const body = await scrapes.run('metrics', () => options.metrics.scrape())
        return { status: 200, type: options.metrics.contentType, body }
      },
    ],
  ])
}

function readiness(state: Readiness, authorized: boolean): Answer {
  const failing = state.failing()
  const status = failing.length === 0 ? 200 : 503
  if (!authorized) return { status, type: TEXT, body: status === 200 ? 'ready\n' : 'not ready\n' }
  return { status, type: 'application/json', body: `${JSON.stringify({ ready: status === 200, failing })}\n` }
}

async function answerOf(request: IncomingMessage, handlers: ReadonlyMap<string, Handler>, isAuthorized: BearerCheck): Promise<Answer> {
  try {
    const [path = ''] = (request.url ?? '').split('?', 1)
    const handler = handlers.get(path)
    if (handler === undefined) return NOT_FOUND
    if (request.method !== 'GET' && request.method !== 'HEAD') return METHOD_REFUSED
    return await handler(isAuthorized(request.headers.authorization))
  } catch {
    return BROKEN
  }
}

function send(response: ServerResponse, answer: Answer, withoutBody: boolean): void {
  const { status, type, body, headers } = answer
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'content-type': type, 'content-length': length, 'cache-control': 'no-store', ...headers })
  response.end(withoutBody ? undefined : body)
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
}

/** A handful of probes and scrapers is expected: whoever is slow, sends much or opens many connections is cut off. */
function boundedServer(options: OperationsOptions, listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const timeoutMs = options.timeoutMs ?? 5000
  const bounds = { headersTimeout: timeoutMs, requestTimeout: timeoutMs, keepAliveTimeout: timeoutMs, maxHeaderSize: 8192 }
  const server = createServer({ ...bounds, connectionsCheckingInterval: Math.min(1000, timeoutMs) }, listener)
  server.maxConnections = options.maxConnections ?? 64
  // Also for one that sends nothing, or does not take its answer.
  server.setTimeout(timeoutMs * 2, (socket) => socket.destroy())
  return server
}

function listen(server: Server, address: OperationsAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function closeAll(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
