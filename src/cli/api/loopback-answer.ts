import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { EXIT_UNAVAILABLE } from '../process-text.ts'
import { CommandFailure } from './command-failure.ts'

/** Where the browser brings the authority's answer. */
export interface LoopbackAnswer {
  /** `http://127.0.0.1:49152/callback`. */
  readonly redirectUri: string
  /** The URL that the browser came with. @throws CommandFailure where it does not in time, or the command is ended */
  wait(signal: AbortSignal): Promise<URL>
  close(): Promise<void>
}

const WAIT_MS = 10 * 60_000
const PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Postern</title><p>Postern has your answer. You can close this page and go back to the terminal.</p></html>\n'

/**
 * Listens on this machine alone (RFC 8252 section 7.3) for one answer that names our `state`: any other request is nobody's business.
 */
export async function listenForAnswer(state: string): Promise<LoopbackAnswer> {
  let settle: (url: URL) => void = () => undefined
  const answered = new Promise<URL>((resolve) => { settle = resolve })
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const url = answerIn(request, state)
    respond(response, url !== undefined)
    if (url !== undefined) settle(url)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  return {
    redirectUri,
    wait: (signal) => inTime(answered, signal),
    close: () => closed(server),
  }
}

/** Whatever this process sent the browser for comes back with its `state`. */
function answerIn({ method, url = '', headers }: IncomingMessage, state: string): URL | undefined {
  if (method !== 'GET' || !url.startsWith('/callback?')) return undefined
  const answer = URL.parse(url, `http://${headers.host ?? '127.0.0.1'}`)
  return answer !== null && answer.hostname === '127.0.0.1' && answer.searchParams.get('state') === state ? answer : undefined
}

function respond(response: ServerResponse, good: boolean): void {
  response.writeHead(good ? 200 : 404, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    Connection: 'close',
  })
  response.end(good ? PAGE : '')
}

async function inTime(answered: Promise<URL>, signal: AbortSignal): Promise<URL> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])
  const ended = new Promise<never>((_, reject) => {
    over.addEventListener('abort', () => reject(new CommandFailure(EXIT_UNAVAILABLE, 'nobody signed in: try again, or use --device')), { once: true })
  })
  return Promise.race([answered, ended])
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}
