import { Agent, request } from 'node:http'

/** One answer of a token endpoint, and when its request had left this process whole and the answer had begun, monotonic. */
export interface TimedAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly sentAtMs: number
  readonly answeredAtMs: number
}

/** A client of one authority process, on as many kept connections as it has requests under way. */
export class TokenClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  readonly #port: number
  readonly #host: string

  /** @param issuer what the authority is called, whichever of its processes listens at the port (as behind a load balancer) */
  constructor(issuer: string, port: number) {
    this.#host = new URL(issuer).host
    this.#port = port
  }

  post(path: string, parameters: Readonly<Record<string, string>>): Promise<TimedAnswer> {
    const body = new URLSearchParams({ client_id: 'pr-reviewer', ...parameters }).toString()
    const headers = { host: this.#host, 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      let sentAtMs = Infinity
      const sent = request({ host: '127.0.0.1', port: this.#port, path, method: 'POST', headers, agent: this.#agent }, (response) => {
        const answeredAtMs = performance.now()
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()), sentAtMs, answeredAtMs })
        })
      })
      sent.on('error', reject)
      sent.on('finish', () => { sentAtMs = performance.now() })
      sent.end(body)
    })
  }

  refresh(token: string): Promise<TimedAnswer> {
    return this.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: token })
  }

  /** Whether the authority calls this token good, at this process. */
  async isActive(token: string): Promise<boolean> {
    const { body } = await this.post('/oauth2/introspect', { token })
    return body['active'] === true
  }

  close(): void {
    this.#agent.destroy()
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  return text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : {}
}
