import type { DialTarget } from '../../egress/dial.ts'
import type { Upstream, UpstreamBody, UpstreamRequest } from '../../egress/upstream.ts'
import type { CanonicalRequest, HeaderList } from '../../http/request.ts'
import type { Later } from '../../lib/later.ts'
import type { Credential } from '../../model/credential.ts'
import { deny, type Denial } from '../../model/denial.ts'
import type { Revocations } from '../../sync/contract.ts'
import type { Announced, Forwarding, Stage } from '../exchange.ts'
import type { LiveExchanges } from '../live-exchanges.ts'
import type { WebSocketDispatcher } from '../web-socket-dispatcher.ts'
import { withoutCodings } from './answer-codings.ts'
import { answerFilterOf, answerHandler, type Answering } from './answer-handler.ts'
import { BaseUrlRewriter } from './base-url.ts'
import { CredentialScrubs } from './credential-scrubs.ts'
import type { PoolCache } from './pool-cache.ts'
import { Relay } from './relay.ts'
import { Sending } from './sending.ts'
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

function send(exchange: Announced, placed: PlacedRequest, deps: ForwardDependencies, answering: Answering): Later<Forwarding | Denial> {
  const { client, door, decision, inspection, principal, route: { request, integration } } = exchange
  const target = { host: request.host, port: request.port, tls: request.scheme === 'https', http2: client.version === '2' }
  const owner = principal.delegation?.id ?? principal.agent
  const pool = request.upgrade !== undefined ? undefined : deps.pools.get(owner, integration.name, target, () => deps.openUpstream(integration.name, target))
  const sending = new Sending(exchange, deps, answering.scrubber)
  const relay = new Relay(client, door === 'reverse' ? new BaseUrlRewriter(exchange) : undefined, sending)
  if (decision.maxBodyBytes !== undefined) relay.boundBody(decision.maxBodyBytes)
  sending.begin(relay)
  // A body that was inspected has been asked for already.
  if (inspection.body === undefined) client.sendContinue()
  const handler = answerHandler(exchange, relay, answering)
  try {
    if (pool === undefined) deps.webSockets.dispatch(exchange, upstreamRequest(exchange, placed), handler, sending)
    else pool.dispatch(upstreamRequest(exchange, placed), handler)
  } catch (error) {
    sending.release()
    throw error
  }
  return sending.outcome
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
