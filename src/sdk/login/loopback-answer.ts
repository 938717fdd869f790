import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { unlessAborted } from '../unless-aborted.ts'

/** Where a browser on this machine brings the authority's answer. */
export interface LoopbackAnswer {
  /** `http://127.0.0.1:49152/callback`. */
  readonly redirectUri: string
  /** The parameters of the one answer that names our `state`. @throws the signal's reason */
  wait(signal: AbortSignal): Promise<URLSearchParams>
  close(): Promise<void>
}

const ARRIVED = 'Your answer has arrived. You can close this page.'
const pageOf = (words: string): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Postern</title><p>${words}</p></html>\n`

/**
 * Listens on this machine alone (RFC 8252 section 7.3), on any free port, for one answer: every other request is nobody's business.
 * @param words what the page then says: a text of ours, as HTML
 */
export async function listenForAnswer(path: string, state: string, words: string = ARRIVED): Promise<LoopbackAnswer> {
  const answered = Promise.withResolvers<URLSearchParams>()
  let open = true
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => {
    const answer = open ? answerIn(request, path, portOf(server), state) : undefined
    respond(response, answer === undefined ? undefined : pageOf(words))
    if (answer === undefined) return
    open = false
    answered.resolve(answer)
  })
  server.maxConnections = 16
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    redirectUri: `http://127.0.0.1:${portOf(server)}${path}`,
    wait: (signal) => unlessAborted(answered.promise, signal),
    close: () => closed(server),
  }
}

/** Whatever this process sent the browser for comes back to this very address with its `state`. */
function answerIn({ method, url = '', headers }: IncomingMessage, path: string, port: number, state: string): URLSearchParams | undefined {
  if (method !== 'GET' || headers.host !== `127.0.0.1:${port}`) return undefined
  const answer = URL.parse(url, `http://127.0.0.1:${port}`)
  const given = answer?.searchParams.getAll('state') ?? []
  return answer?.pathname === path && given.length === 1 && isSame(given[0] ?? '', state) ? answer.searchParams : undefined
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function respond(response: ServerResponse, page: string | undefined): void {
  response.writeHead(page === undefined ? 404 : 200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    Connection: 'close',
  })
  response.end(page ?? '')
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    // Whoever still dawdles over a request does not hold up the program.
    setTimeout(() => server.closeAllConnections(), 1_000).unref()
  })
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
