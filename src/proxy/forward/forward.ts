import type { Dispatcher } from 'undici'
import type { DialSettings } from '../../egress/dial.ts'
import { causeOf, EgressError } from '../../egress/egress-error.ts'
import { openPool, type PoolSettings } from '../../egress/upstream-pool.ts'
import type { HeaderList } from '../../http/request.ts'
import type { AnswerFilter } from '../../integrations/integration.ts'
import type { FaultCode } from '../../model/codes.ts'
import type { Credential } from '../../model/credential.ts'
import { deny, Fault, type Denial } from '../../model/denial.ts'
import type { Revocations } from '../../sync/contract.ts'
import type { Announced, Forwarding, Stage } from '../exchange.ts'
import type { LiveExchanges } from '../live-exchanges.ts'
import { answerFilterOf, answerHandler, withoutCodings } from './answer-handler.ts'
import { AnswerRefused } from './answer-refused.ts'
import { rewriteForBaseUrl } from './base-url.ts'
import type { PoolCache } from './pool-cache.ts'
import { Relay, type RelayEnd } from './relay.ts'
import { sessionOf, UpstreamSessions } from './upstream-sessions.ts'

/** A request as it goes out, the credential on it. */
export interface PlacedRequest {
  /** Name, value, name, value …; without Host and framing. */
  readonly headers: readonly string[]
  /** Path and query. */
  readonly target: string
}

/** Puts the credential on: the only function that reveals an upstream secret for a request. */
export type PlaceCredential = (
  request: { readonly headers: HeaderList; readonly path: string; readonly query: string | undefined },
  credential: Credential | null,
) => PlacedRequest | Denial

export interface ForwardDependencies {
  readonly revocations: Revocations
  readonly live: LiveExchanges
  readonly pools: PoolCache
  readonly poolSettings: PoolSettings
  readonly place: PlaceCredential
  /** How this integration's upstreams are reached. */
  dialSettings(integration: string): DialSettings
  /** Told when the upstream answered 401 to a credential of ours. */
  credentialRejected(credential: Credential): void
}

/** Sends the request on, the credential placed last, and streams the answer back. */
export function forwardStage(deps: ForwardDependencies): Stage<Announced, 'forwarding', Forwarding> {
  const sessions = new UpstreamSessions()
  return {
    name: 'forward',
    adds: 'forwarding',
    run(exchange) {
      // Again, since minutes may have passed while a person's connection was renewed: this is the last moment before the secret is written.
      const { principal, route: { integration, request } } = exchange
      const refusal = deps.revocations.refusal(principal) ?? sessions.refusal(principal, integration.name, sessionOf(request.headers, integration))
      if (refusal !== undefined) return refusal
      // The client may have left while the start was recorded: for nobody no secret is written.
      if (exchange.incoming.socket.destroyed) return { status: 0, bytesIn: 0, bytesOut: 0, outcome: 'aborted', reason: undefined }
      const filter = answerFilterOf(exchange)
      const placed = deps.place(filter === undefined ? request : { ...request, headers: withoutCodings(request.headers) }, exchange.credential)
      if ('denial' in placed) return placed
      return send(exchange, placed, deps, { filter, sessions })
    },
  }
}

/** What is done with the answer on its way. */
interface Answering {
  readonly filter: AnswerFilter | undefined
  readonly sessions: UpstreamSessions
}

function send(exchange: Announced, placed: PlacedRequest, deps: ForwardDependencies, { filter, sessions }: Answering): Promise<Forwarding | Denial> {
  const { request, integration } = exchange.route
  const target = { host: request.host, port: request.port, tls: request.scheme === 'https' }
  const owner = exchange.principal.delegation?.id ?? exchange.principal.agent
  const pool = deps.pools.get(owner, integration.name, target, () => openPool(target, deps.dialSettings(integration.name), deps.poolSettings))
  return new Promise((resolve, reject) => {
    const relay = new Relay(exchange.incoming, exchange.response, rewriteForBaseUrl(exchange), (end) => {
      unregister()
      if (end.kind === 'complete' && end.status === 401 && exchange.credential !== null) deps.credentialRejected(exchange.credential)
      conclude(end, relay, exchange, deps.revocations).then(resolve, reject)
    })
    const unregister = deps.live.add({ principal: exchange.principal, integration: integration.name, cut: () => relay.cut() })
    // A body that was inspected has been asked for already.
    if (exchange.inspection.body === undefined) exchange.sendContinue?.()
    pool.dispatch(dispatchOptions(exchange, placed), answerHandler(exchange, relay, filter, sessions))
  })
}

function dispatchOptions(exchange: Announced, placed: PlacedRequest): Dispatcher.DispatchOptions {
  const { request } = exchange.route
  const headers = [...placed.headers, 'host', hostField(request.scheme, request.host, request.port)]
  const inspected = exchange.inspection.body
  if (inspected === undefined && request.framing.kind === 'length') headers.push('content-length', String(request.framing.bytes))
  return {
    method: request.method,
    path: placed.target,
    headers,
    // The bytes that were judged are the bytes that are sent (invariant 8).
    body: inspected !== undefined ? inspected.bytes : request.framing.kind === 'none' ? null : exchange.incoming,
  }
}

function hostField(scheme: 'http' | 'https', host: string, port: number): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`
}

async function conclude(end: RelayEnd, relay: Relay, exchange: Announced, revocations: Revocations): Promise<Forwarding | Denial> {
  const bytes = { bytesIn: relay.bytesIn, bytesOut: relay.bytesOut }
  switch (end.kind) {
    case 'complete':
      return { ...bytes, status: end.status, outcome: 'ok', reason: undefined }
    case 'broken':
      if (isShutdown(end.error)) return { ...bytes, status: end.status, outcome: 'aborted', reason: 'the proxy shut down, and the time to drain was over' }
      return { ...bytes, status: end.status, outcome: end.by, reason: end.by === 'failed' ? wordsOf(end.error) : undefined }
    case 'unanswered': {
      if (end.by === 'revoked') return revocations.refusal(exchange.principal) ?? deny('agent_revoked', 'revoked while the call was under way')
      if (isShutdown(end.error)) return deny('draining', 'the proxy shut down before the upstream answered')
      if (end.error instanceof EgressError && end.error.code === 'address_refused') return deny('address_refused', end.error.message)
      throw new Fault(faultCodeOf(end.error), wordsOf(end.error), { cause: end.error })
    }
  }
}

/** The pools end last, after the drain: what is still open then is cut by us, not by the upstream. */
function isShutdown(error: Error): boolean {
  return causeOf(error) === 'UND_ERR_DESTROYED'
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])

function faultCodeOf(error: Error): FaultCode {
  if (error instanceof EgressError && error.code !== 'address_refused') return error.code
  return TIMEOUTS.has(causeOf(error) ?? '') ? 'upstream_timeout' : 'upstream_broken'
}

/** Our own sentence or the system's code: never an upstream's text. */
function wordsOf(error: Error): string {
  const cause = causeOf(error)
  if (error instanceof AnswerRefused) return error.message
  if (error instanceof EgressError) return cause === undefined ? error.message : `${error.message} (${cause})`
  return `the upstream connection broke (${cause ?? 'unknown'})`
}
