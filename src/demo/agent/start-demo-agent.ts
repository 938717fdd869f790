import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import { writeReply } from '../server/write-reply.ts'
import type { Reply } from '../server/call.ts'
import { agentPage, type Attempt, type Outcome } from './agent-page.ts'
import { OauthSession } from './oauth-session.ts'

export interface DemoAgentOptions {
  /** The authority's origin. */
  readonly issuer: string
  readonly clientId: string
  /** RFC 9396: what it asks a person for. */
  readonly details: readonly Readonly<Record<string, unknown>>[]
  readonly attempts: readonly Attempt[]
  /** Where the proxy serves an integration. */
  baseUrl(integration: string): string
  readonly clock: Clock
  readonly port?: number
}

/** The demo's agent while it runs. */
export interface DemoAgentServer {
  /** `http://127.0.0.1:PORT/`: for a browser. */
  readonly url: string
  close(): Promise<void>
}

const MAX_FORM_BYTES = 4096
const MAX_ANSWER = 1500
const CALL_TIMEOUT_MS = 15_000

/**
 * Starts a small agent with a window of its own: it asks a person by OAuth, then calls GitHub and Slack through the proxy by base URL. It knows
 * nothing of Postern but these two addresses.
 */
export async function startDemoAgent(options: DemoAgentOptions): Promise<DemoAgentServer> {
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 30_000 })
  const port = await listen(server, options.port ?? 0)
  const url = `http://127.0.0.1:${port}/`
  const window = new AgentWindow(options, url)
  server.on('request', (request, response) => void window.serve(request, response).catch(() => response.destroy()))
  return {
    url,
    close: () => new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

class AgentWindow {
  readonly #options: DemoAgentOptions
  readonly #session: OauthSession
  readonly #origin: string
  #outcome: Outcome | undefined
  #trouble: string | undefined

  constructor(options: DemoAgentOptions, url: string) {
    this.#options = options
    this.#origin = url.replace(/\/$/, '')
    const { issuer, clientId, details, clock } = options
    this.#session = new OauthSession({ issuer, clientId, details, redirectUri: `${url}callback`, nowMs: () => clock.nowMs() })
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Another site must not make this agent call anything.
    if (request.headers.host !== new URL(this.#origin).host) return writeReply(plain(421, 'Not served here.'), response)
    await writeReply(await this.#answer(request), response)
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.#origin)
    if (request.method === 'GET' && pathname === '/') return this.#page()
    if (request.method === 'GET' && pathname === '/ask') return redirect(this.#session.authorizationUrl())
    if (request.method === 'GET' && pathname === '/callback') {
      this.#outcome = undefined
      this.#trouble = await this.#session.finish(searchParams)
      return redirect('/')
    }
    if (request.method === 'POST' && pathname === '/try' && request.headers.origin === this.#origin) return this.#try(await formOf(request))
    return plain(404, 'There is nothing here.')
  }

  #page(): Reply {
    const { attempts, issuer } = this.#options
    return agentPage({ attempts, outcome: this.#outcome, approved: this.#session.hasTokens, trouble: this.#trouble, authority: issuer })
  }

  async #try(form: URLSearchParams): Promise<Reply> {
    const attempt = this.#options.attempts[Number(form.get('attempt'))]
    if (attempt === undefined) return redirect('/')
    const token = await this.#session.token()
    this.#trouble = token === undefined ? 'Its access has ended: it would have to ask you anew.' : undefined
    this.#outcome = token === undefined ? undefined : await this.#call(attempt, token)
    return redirect('/')
  }

  async #call({ label, method, path, integration, body, contentType }: Attempt, token: string): Promise<Outcome> {
    const headers = { authorization: `Bearer ${token}`, ...(contentType === undefined ? {} : { 'content-type': contentType }) }
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS)
    const answer = await fetch(`${this.#options.baseUrl(integration)}${path}`, { method, headers, signal, ...(body === undefined ? {} : { body }) })
    return { label, status: answer.status, answer: readable(await answer.text()) }
  }
}

/** Indented where it is JSON; its beginning. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, MAX_ANSWER)
  } catch {
    return text.slice(0, MAX_ANSWER)
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_FORM_BYTES) throw new Error('the form is too long')
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

function redirect(location: string): Reply {
  return { status: 303, headers: { location, 'cache-control': 'no-store' }, body: '' }
}

function plain(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
