import type { Dispatcher } from 'undici'
import type { UpstreamHttp, UpstreamRequest, UpstreamResponse } from '../integrations/upstream-http.ts'
import { Fault } from '../model/denial.ts'
import type { DialSettings, DialTarget } from './dial.ts'
import { causeOf, EgressError } from './egress-error.ts'
import type { PoolSettings } from './upstream-pool.ts'

export interface UpstreamHttpOptions {
  readonly dial: DialSettings
  readonly maxBodyBytes: number
  /** From sending to the answer's last byte. */
  readonly timeoutMs: number
}

const POOL: PoolSettings = { connections: 4, keepAliveMs: 10_000, headersTimeoutMs: 30_000, bodyIdleTimeoutMs: 30_000, maxHeaderBytes: 32_768 }
const MAX_ORIGINS = 8

/** The authority's own calls to one integration's upstream, through the same egress guard as every other dial. */
export function upstreamHttp(options: UpstreamHttpOptions): { readonly send: UpstreamHttp; close(): Promise<void> } {
  const pools = new Map<string, Promise<Dispatcher>>()

  function poolFor(url: URL): Promise<Dispatcher> {
    const known = pools.get(url.origin)
    if (known !== undefined) return known
    // Origins come from configuration, not from requests: more than a handful is a defect.
    if (pools.size >= MAX_ORIGINS) throw new Fault('credential_unavailable', 'too many origins for one integration')
    const tls = url.protocol === 'https:'
    const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port)
    const pool = open({ host: url.hostname, port, tls }, options.dial)
    pools.set(url.origin, pool)
    return pool
  }

  return {
    send: async (request, signal) => {
      const url = new URL(request.url)
      return exchange(await poolFor(url), url, request, AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]), options.maxBodyBytes)
    },
    close: async () => {
      const opened = [...pools.values()]
      pools.clear()
      await Promise.allSettled(opened.map(async (pool) => (await pool).destroy()))
    },
  }
}

/** The client's own code is larger than most of the program, and a proxy that mints no credential never needs it. */
async function open(target: DialTarget, settings: DialSettings): Promise<Dispatcher> {
  const { openPool } = await import('./upstream-pool.ts')
  return openPool(target, settings, POOL)
}

function exchange(pool: Dispatcher, url: URL, request: UpstreamRequest, signal: AbortSignal, maxBodyBytes: number): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(signal, maxBodyBytes, resolve, (error) => reject(faultOf(error, url, collector.sent)))
    pool.dispatch(
      { method: request.method, path: `${url.pathname}${url.search}`, headers: { ...request.headers }, body: request.body ?? null },
      collector,
    )
  })
}

function faultOf(error: Error, url: URL, sent: boolean): Fault {
  const cause = causeOf(error)
  const words = error instanceof EgressError ? error.message : `${url.host} did not answer whole`
  return new UpstreamFault(`${words}${cause === undefined ? '' : ` (${cause})`}`, sent, { cause: error })
}

/** No whole answer. `sent` tells that the request may have been carried out all the same: its outcome is unknown, not failed. */
export class UpstreamFault extends Fault {
  readonly sent: boolean

  constructor(message: string, sent: boolean, options?: { readonly cause?: unknown }) {
    super('credential_unavailable', message, options)
    this.sent = sent
  }
}

/** Gathers one small answer, bounded. */
class Collector implements Dispatcher.DispatchHandler {
  sent = false
  readonly #signal: AbortSignal
  readonly #maxBodyBytes: number
  readonly #resolve: (response: UpstreamResponse) => void
  readonly #reject: (error: Error) => void
  readonly #chunks: Buffer[] = []
  #size = 0
  #status = 0
  #headers: Record<string, string> = {}
  #controller: Dispatcher.DispatchController | undefined

  constructor(signal: AbortSignal, maxBodyBytes: number, resolve: (response: UpstreamResponse) => void, reject: (error: Error) => void) {
    this.#signal = signal
    this.#maxBodyBytes = maxBodyBytes
    this.#resolve = resolve
    this.#reject = reject
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal.aborted) return controller.abort(new Error('given up before it was sent'))
    this.sent = true
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (status < 200) return
    this.#status = status
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#maxBodyBytes) return controller.abort(new Error('the answer is too large'))
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks).toString('utf8') })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#reject(error)
  }

  readonly #onAbort = (): void => {
    const error = new Error('it took too long, or nobody waits any more')
    this.#controller?.abort(error)
    this.#reject(error)
  }
}
