import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jwtVerify, type JWTPayload } from 'jose'
import type { UpstreamHttp } from '../../../src/integrations/upstream-http.ts'
import { Fault } from '../../../src/model/denial.ts'

/** One call as it arrived. */
export interface Recorded {
  readonly line: string
  readonly authorization: string
  readonly userAgent: string
  readonly body: unknown
}

/** What the server answers to one `METHOD /path`; a list is used up one by one, its last for good. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The connection is cut instead. */
  readonly cut?: boolean
}

/** A GitHub on a real socket that answers what the test says, and records what it is sent. */
export class FakeAppApi {
  readonly calls: Recorded[] = []
  readonly replies = new Map<string, Reply[]>()
  readonly #server: Server

  private constructor() {
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString()
      const line = `${request.method} ${request.url}`
      const { authorization = '', 'user-agent': userAgent = '' } = request.headers
      this.calls.push({ line, authorization, userAgent, body: text === '' ? undefined : JSON.parse(text) })
      const waiting = this.replies.get(line) ?? [{ status: 500 }]
      const reply = (waiting.length > 1 ? waiting.shift() : waiting[0]) as Reply
      if (reply.cut === true) return request.socket.destroy()
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      return response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body))
    }
    this.#server = createServer((request, response) => void answer(request, response))
  }

  static async start(): Promise<FakeAppApi> {
    const api = new FakeAppApi()
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve))
    return api
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  answer(line: string, ...replies: Reply[]): void {
    this.replies.set(line, replies)
  }

  lines(): readonly string[] {
    return this.calls.map((call) => call.line)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The port, over this process's own fetch. */
export const overFetch: UpstreamHttp = async (request, signal) => {
  try {
    const { method, url, headers, body } = request
    const answer = await fetch(url, { method, headers: { ...headers }, ...(body === undefined ? {} : { body }), redirect: 'manual', signal })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
  } catch (cause) {
    throw new Fault('credential_unavailable', 'no whole answer', { cause })
  }
}

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The app's key in both of the forms that GitHub's users have. */
export const APP_KEY = {
  pkcs1: pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  pkcs8: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}

const publicKey: KeyObject = createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }))

/** Verifies an app's JWT as GitHub does, at the given time. */
export async function verifiedAppToken(authorization: string, nowMs: number): Promise<JWTPayload> {
  const token = authorization.replace(/^Bearer /, '')
  return (await jwtVerify(token, publicKey, { algorithms: ['RS256'], currentDate: new Date(nowMs) })).payload
}
