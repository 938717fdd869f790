import type { DialTarget } from '../../egress/dial.ts'
import { causeOf, EgressError } from '../../egress/egress-error.ts'
import { isShutdown, UpstreamError } from '../../egress/upstream-error.ts'
import type { Upstream, UpstreamBody, UpstreamRequest } from '../../egress/upstream.ts'
import type { CanonicalRequest, HeaderList } from '../../http/request.ts'
import type { Scrubber } from '../../http/scrub/scrubber.ts'
import type { FaultCode } from '../../model/codes.ts'
import type { Credential } from '../../model/credential.ts'
import { deny, Fault, type Denial } from '../../model/denial.ts'
import type { Revocations } from '../../sync/contract.ts'
import type { Announced, Forwarding, Stage } from '../exchange.ts'
import type { LiveExchanges } from '../live-exchanges.ts'
import type { WebSocketDispatcher } from '../web-socket-dispatcher.ts'
import { withoutCodings } from './answer-codings.ts'
import { answerFilterOf, answerHandler, type Answering } from './answer-handler.ts'
import { AnswerRefused } from './answer-refused.ts'
import { BaseUrlRewriter } from './base-url.ts'
import { CredentialScrubs } from './credential-scrubs.ts'
import { BodyOverrun } from './body-overrun.ts'
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
  readonly place: PlaceCredential
  /** Connections to one of this integration's origins, through the egress guard. */
  openUpstream(integration: string, target: DialTarget): Upstream
  readonly webSockets: WebSocketDispatcher
  /** Told when the upstream answered 401 to a credential of ours. */
  credentialRejected(credential: Credential): void
}

/** Sends the request on, the credential placed last, and streams the answer back. */
export function forwardStage(deps: ForwardDependencies): Stage<Announced, 'forwarding', Forwarding> {
  const sessions = new UpstreamSessions()
  const scrubs = new CredentialScrubs()
  return {
    name: 'forward',
    adds: 'forwarding',
    run(exchange) {
      // Again, since minutes may have passed while a person's connection was renewed: this is the last moment before the secret is written.
      const { principal, route: { integration, request } } = exchange
      const refusal = deps.revocations.refusal(principal) ?? sessions.refusal(principal, integration.name, sessionOf(request.headers, integration))
      if (refusal !== undefined) return refusal
      // The client may have left while the start was recorded: for nobody no secret is written.
      if (exchange.client.gone) return { status: 0, bytesIn: 0, bytesOut: 0, outcome: 'aborted', reason: undefined }
      const filter = answerFilterOf(exchange)
      if (filter !== undefined && request.upgrade !== undefined) return deny('upgrade_refused', 'the messages of a WebSocket cannot be filtered as this integration’s answers are')
      const scrubber = scrubs.scrubberFor(exchange.credential)
      const placed = deps.place(filter === undefined && scrubber === undefined ? request : asIdentity(request), exchange.credential)
      if ('denial' in placed) return placed
      return send(exchange, placed, deps, { filter, scrubber, sessions })
    },
  }
}

const NO_BODY: UpstreamBody = { kind: 'none' }

function asIdentity({ headers, path, query }: CanonicalRequest): Parameters<PlaceCredential>[0] {
  return { headers: withoutCodings(headers), path, query }
}

function send(exchange: Announced, placed: PlacedRequest, deps: ForwardDependencies, answering: Answering): Promise<Forwarding | Denial> {
  const { request, integration } = exchange.route
  const target = { host: request.host, port: request.port, tls: request.scheme === 'https', http2: exchange.client.version === '2' }
  const owner = exchange.principal.delegation?.id ?? exchange.principal.agent
  const pool = request.upgrade !== undefined ? undefined : deps.pools.get(owner, integration.name, target, () => deps.openUpstream(integration.name, target))
  return new Promise((resolve, reject) => {
    let unregister = (): void => undefined
    const relay = new Relay(exchange.client, exchange.door === 'reverse' ? new BaseUrlRewriter(exchange) : undefined, (end) => {
      unregister()
      try {
        if (end.kind === 'complete' && end.status === 401 && exchange.credential !== null) deps.credentialRejected(exchange.credential)
        resolve(conclude(end, relay, exchange, deps.revocations, answering.scrubber))
      } catch (error) {
        reject(error)
      }
    })
    if (exchange.decision.maxBodyBytes !== undefined) relay.boundBody(exchange.decision.maxBodyBytes)
    unregister = deps.live.add({ principal: exchange.principal, integration: integration.name, cut: () => relay.cut() })
    // A body that was inspected has been asked for already.
    if (exchange.inspection.body === undefined) exchange.client.sendContinue()
    const handler = answerHandler(exchange, relay, answering)
    if (pool !== undefined) return pool.dispatch(upstreamRequest(exchange, placed), handler)
    const opened = (): void => {
      relay.release()
      unregister()
    }
    deps.webSockets.dispatch(exchange, upstreamRequest(exchange, placed), handler, { opened, ended: resolve })
  })
}

function upstreamRequest(exchange: Announced, placed: PlacedRequest): UpstreamRequest {
  const { method, scheme, host, port } = exchange.route.request
  return { method, target: placed.target, authority: hostField(scheme, host, port), fields: placed.headers, body: bodyOf(exchange) }
}

/** The bytes that were judged are the bytes that are sent (invariant 8). */
function bodyOf({ inspection, client, route: { request: { framing } } }: Announced): UpstreamBody {
  if (inspection.body !== undefined) return { kind: 'bytes', bytes: inspection.body.bytes }
  if (framing.kind === 'none') return NO_BODY
  return { kind: 'stream', stream: client.body, length: framing.kind === 'length' ? framing.bytes : undefined }
}

function hostField(scheme: 'http' | 'https', host: string, port: number): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`
}

/** @throws Fault where the upstream, or the way to it, failed before anything reached the client */
function conclude(end: RelayEnd, relay: Relay, exchange: Announced, revocations: Revocations, scrubber: Scrubber | undefined): Forwarding | Denial {
  const bytes = { bytesIn: relay.bytesIn, bytesOut: relay.bytesOut, scrubbed: scrubber === undefined || scrubber.hits === 0 ? undefined : scrubber.hits }
  switch (end.kind) {
    case 'complete':
      return { ...bytes, status: end.status, outcome: 'ok', reason: undefined }
    case 'broken':
      if (isShutdown(end.error)) return { ...bytes, status: end.status, outcome: 'aborted', reason: 'the proxy shut down, and the time to drain was over' }
      return { ...bytes, status: end.status, outcome: end.by, reason: end.by === 'failed' ? wordsOf(end.error) : undefined }
    case 'unanswered': {
      if (end.by === 'revoked') return revocations.refusal(exchange.principal) ?? deny('agent_revoked', 'revoked while the call was under way')
      if (end.error instanceof BodyOverrun) return deny('body_too_large', end.error.message, { layer: 'agent_permissions' })
      if (end.error instanceof UpstreamError && end.error.code === 'upstream_busy') return deny('overloaded', end.error.message, { retryAfterMs: 1_000 })
      // The pools end last, after the drain: what is still open then is cut by us, not by the upstream.
      if (isShutdown(end.error)) return deny('draining', 'the proxy shut down before the upstream answered')
      if (end.error instanceof EgressError && end.error.code === 'address_refused') return deny('address_refused', end.error.message)
      throw new Fault(faultCodeOf(end.error), wordsOf(end.error), { cause: end.error })
    }
  }
}

function faultCodeOf(error: Error): FaultCode {
  if (error instanceof EgressError && error.code !== 'address_refused') return error.code
  return error instanceof UpstreamError && error.code === 'answer_timeout' ? 'upstream_timeout' : 'upstream_broken'
}

/** Our own sentence or the system's code: never an upstream's text. */
function wordsOf(error: Error): string {
  if (error instanceof AnswerRefused || error instanceof BodyOverrun) return error.message
  const cause = causeOf(error)
  if (error instanceof EgressError || error instanceof UpstreamError) return cause === undefined ? error.message : `${error.message} (${cause})`
  return `the upstream connection broke (${cause ?? 'unknown'})`
}
