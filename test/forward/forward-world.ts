import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { addressGuard } from '../../src/egress/address-guard.ts'
import type { DialSettings } from '../../src/egress/dial.ts'
import { openUpstream, UPSTREAM_SETTINGS } from '../../src/egress/open-upstream.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { deny, Fault, isDenial, type Denial } from '../../src/model/denial.ts'
import type { Announced, Forwarding } from '../../src/proxy/exchange.ts'
import { Http1Client } from '../../src/proxy/listener/http1-client.ts'
import { forwardStage } from '../../src/proxy/forward/forward.ts'
import { PoolCache } from '../../src/proxy/forward/pool-cache.ts'
import { LiveExchanges } from '../../src/proxy/live-exchanges.ts'
import type { Revocations, Revoked } from '../../src/sync/contract.ts'
import type { AgentId } from '../../src/model/ids.ts'
import type { Credential } from '../../src/model/credential.ts'
import { stageResult } from '../support/stage-result.ts'

export const AGENT = 'agent:tester' as AgentId

/** How one exchange ended, as the pipeline would see it. */
export type Ending = { readonly forwarding: Forwarding } | { readonly denial: Denial } | { readonly error: unknown }

export interface ForwardWorld {
  readonly port: number
  readonly endings: Ending[]
  readonly revocations: TestRevocations
  readonly pools: PoolCache
  readonly live: LiveExchanges
  /** Resolves with the next ending that is not yet taken. */
  nextEnding(): Promise<Ending>
  close(): Promise<void>
}

/** Revocations that a test drives by hand. */
export class TestRevocations implements Revocations {
  epoch = 0
  revoked = false
  stale = false
  /** Open streams that the last revocation cut, by what its subscribers told. */
  cut = 0
  readonly #listeners = new Set<Parameters<Revocations['subscribe']>[0]>()

  refusal(): Denial | undefined {
    if (this.stale) throw new Fault('authority_unavailable', 'nothing was heard for too long')
    return this.revoked ? deny('agent_revoked', 'revoked by the test') : undefined
  }

  subscribe(listener: Parameters<Revocations['subscribe']>[0]): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  revoke(revoked: Revoked = { kind: 'agent', id: AGENT }): void {
    this.revoked = true
    this.epoch += 1
    this.cut = [...this.#listeners].reduce((sum, listener) => sum + Number(listener(revoked) ?? 0), 0)
  }
}

/** The credential of every exchange, and what is told of it. */
export interface HeldCredential {
  readonly credential: Pick<Credential, 'secret'> | null
  readonly rejected: () => void
}

const NO_CREDENTIAL: HeldCredential = { credential: null, rejected: () => undefined }

/** The forward stage behind a bare HTTP server: everything before it is taken as decided. */
export async function startForwardWorld(upstreamPort: number, over: Partial<DialSettings> = {}, held: HeldCredential = NO_CREDENTIAL): Promise<ForwardWorld> {
  const revocations = new TestRevocations()
  const live = new LiveExchanges(revocations)
  const pools = new PoolCache(8)
  const endings: Ending[] = []
  let taken = 0
  let wake: (() => void) | undefined
  const stage = forwardStage({
    revocations,
    live,
    pools,
    place: (request) => ({ headers: [...request.headers, 'authorization', 'Bearer upstream-secret'], target: request.path + (request.query === undefined ? '' : `?${request.query}`) }),
    openUpstream: (_integration, target) => openUpstream(target, {
      dial: {
        guard: addressGuard(['127.0.0.0/8'], () => []),
        resolve: async () => ['127.0.0.1'],
        address: undefined,
        viaProxy: undefined,
        ca: undefined,
        clientCertificate: undefined,
        connectTimeoutMs: 1_000,
        ...over,
      },
      settings: { ...UPSTREAM_SETTINGS, headersTimeoutMs: 1_500 },
      timers: systemTimers,
      sessions: new Map(),
    }),
    webSockets: { dispatch: () => { throw new TypeError('no WebSocket is asked for here') } },
    credentialRejected: held.rejected,
  })
  const server: Server = createServer((incoming, response) => {
    const length = incoming.headers['content-length']
    const chunked = incoming.headers['transfer-encoding'] !== undefined
    const [path = '/', query] = (incoming.url ?? '/').split('?')
    const request = {
      method: incoming.method ?? 'GET', scheme: 'http', host: 'upstream.example', port: upstreamPort, path, query, headers: ['user-agent', 'test'], contentType: undefined,
      framing: chunked ? { kind: 'chunked' } : length === undefined ? { kind: 'none' } : { kind: 'length', bytes: Number(length) },
    }
    const client = new Http1Client(incoming, response, { expectsContinue: false, acceptsTrailers: incoming.headers.te !== undefined, hasBody: chunked || length !== undefined }, systemTimers)
    response.once('close', () => client.over())
    incoming.socket.once('close', () => client.over())
    const exchange = {
      principal: { agent: AGENT, agentName: 'Tester', identifiedBy: 'token', delegation: undefined },
      request, route: { request, integration: { name: 'test', origins: [] } }, inspection: { body: undefined }, decision: { effect: 'allow' }, client, credential: held.credential,
    } as unknown as Announced
    const settle = (ending: Ending): void => {
      endings.push(ending)
      if (!('forwarding' in ending) && !response.headersSent && !response.destroyed) response.writeHead(502).end()
      wake?.()
    }
    Promise.resolve()
      .then(() => stageResult(stage.run(exchange)))
      .then((result) => settle(isDenial(result) ? { denial: result } : { forwarding: result }), (error: unknown) => settle({ error }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    endings,
    revocations,
    pools,
    live,
    async nextEnding() {
      while (endings.length <= taken) await new Promise<void>((resolve) => (wake = resolve))
      return endings[taken++] as Ending
    },
    async close() {
      await pools.destroy()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** A raw client connection whose bytes are gathered as text. */
export function rawClient(port: number): { readonly socket: Socket; text(): string; until(pattern: RegExp): Promise<string>; closed(): Promise<string> } {
  const socket = connect({ host: '127.0.0.1', port })
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  const closing = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return {
    socket,
    text: () => text,
    until: (pattern) => new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(text)) {
          socket.off('data', look)
          resolve(text)
        }
      }
      socket.on('data', look)
      socket.once('close', () => (pattern.test(text) ? resolve(text) : reject(new Error(`closed before ${String(pattern)}: ${text}`))))
      look()
    }),
    closed: () => closing.then(() => text),
  }
}
