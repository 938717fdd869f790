import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import type { ListenerConfig } from '../../config/config.ts'
import type { DialSettings, SessionCache } from '../../egress/dial.ts'
import { openUpstream, UPSTREAM_SETTINGS } from '../../egress/open-upstream.ts'
import { grpcAnswer, isGrpc } from '../../http/grpc-answer.ts'
import { problemAnswer } from '../../http/problem.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { DenialAnswer, DenialView } from '../../integrations/integration.ts'
import { readCertifiedKey } from '../../lib/certificates.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { PolicySnapshot } from '../../policy/snapshot.ts'
import { Admission } from '../../proxy/admission/admission.ts'
import { admitStage, admitTunnel, endAdmission } from '../../proxy/admission/admit.ts'
import { Arrivals } from '../../proxy/admission/arrivals.ts'
import { ConnectionSlots } from '../../proxy/admission/connection-slots.ts'
import { announceStage } from '../../proxy/announce/announce.ts'
import { compose } from '../../proxy/compose.ts'
import { connectGate } from '../../proxy/connect-gate.ts'
import { CredentialStage } from '../../proxy/credential/credential-stage.ts'
import { placeCredential } from '../../proxy/credential/place-credential.ts'
import { decideStage } from '../../proxy/decide/decide.ts'
import { RateLimiter } from '../../proxy/decide/rate-limiter.ts'
import type { Admitted, Received, Stage } from '../../proxy/exchange.ts'
import { forwardStage, type ForwardDependencies } from '../../proxy/forward/forward.ts'
import { PoolCache } from '../../proxy/forward/pool-cache.ts'
import { openTunnel } from '../../proxy/forward/tunnel.ts'
import { createIdentify } from '../../proxy/identify/identify.ts'
import type { TokenVerifier } from '../../proxy/identify/token-verifier.ts'
import { createBoundAgent } from '../../proxy/listener/bound-agent.ts'
import type { InterceptionCa } from '../../proxy/listener/interception-ca.ts'
import type { ListenerOptions, Listener } from '../../proxy/listener/listener-options.ts'
import { startListener } from '../../proxy/listener/listener.ts'
import { LiveExchanges } from '../../proxy/live-exchanges.ts'
import { opaqueTunnels } from '../../proxy/opaque-tunnel.ts'
import { createPipeline, type Pipeline } from '../../proxy/pipeline.ts'
import { earlyFailureRecord, earlyRefusalRecord, startedRecord } from '../../proxy/record.ts'
import { inspectStage } from '../../proxy/route/inspect.ts'
import { routeStage } from '../../proxy/route/route.ts'
import { CountedRefusals } from '../../proxy/counted-refusals.ts'
import type { Sync } from '../../sync/contract.ts'
import { brokenReporter, recorder } from './data-plane-records.ts'
import type { Logger } from './operational-log.ts'
import { openWebSockets } from './web-sockets.ts'

export interface DataPlaneOptions {
  readonly listener: ListenerConfig
  readonly integrations: IntegrationIndex
  readonly sync: Sync
  readonly tokens: TokenVerifier
  readonly ca: InterceptionCa
  readonly audit: AuditLog
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Logger
  dialSettings(integration: string): DialSettings
  /** How a tunnel to a host that no integration serves is dialled. */
  readonly tunnelDial: DialSettings
  snapshot(): PolicySnapshot
}

/** The proxy's part of one process. */
export interface DataPlane {
  readonly listener: Listener
  readonly pipeline: Pipeline
  readonly live: LiveExchanges
  readonly admission: Admission
  readonly connections: ConnectionSlots
  /** Lets what is under way end, then cuts it. */
  close(graceMs: number): Promise<void>
}

const MAX_POOLS = 1_000
const MAX_CREDENTIAL_COPIES = 10_000
const CREDENTIAL_TIMEOUT_MS = 15_000
/** For the question to be put, not for its answer. */
const APPROVAL_TIMEOUT_MS = 5_000
/** Requests that may wait to be identified, beyond as many as may be under way afterwards. */
const MAX_UNIDENTIFIED = 1_024
/** Once every client is gone, for what is under way to end and be recorded. */
const LAST_RECORDS_MS = 500
const INSPECT_TIMEOUT_MS = 30_000
const INSPECTED_BYTES_AT_ONCE = 64 * 1_048_576

/** Puts the stages in their order and opens the listener on them. */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const parts = partsOf(options)
  const { live, pools, webSockets, credential, refusals, admission, connections } = parts
  const rest = new Rest()
  const pipeline = pipelineOf(options, parts, rest)
  const listener = await listenerOf(options, parts, pipeline)
  return {
    listener,
    pipeline,
    live,
    admission,
    connections,
    close: async (graceMs) => {
      webSockets.drain()
      await listener.close({ graceMs })
      webSockets.close()
      await rest.reached(pipeline, options.timers)
      refusals.unidentified.flush()
      refusals.shed.flush()
      await pools.destroy()
      credential.close()
      live.close()
    },
  }
}

/** What stages, listener and tunnels share. */
function partsOf(options: DataPlaneOptions) {
  const { audit, clock, timers, sync, log, listener: { limits, webSocket, tls } } = options
  const live = new LiveExchanges(sync.revocations)
  const counting = { clock, timers, post: (event: AuditEvent) => audit.post(event) }
  const refusals = { unidentified: new CountedRefusals(counting), shed: new CountedRefusals(counting) }
  const admission = new Admission(limits)
  return {
    live,
    refusals,
    admission,
    connections: new ConnectionSlots(admission, limits.maxConnections),
    pools: new PoolCache(MAX_POOLS),
    webSockets: openWebSockets({ clock, timers, live, bounds: webSocket, dialSettings: (integration) => options.dialSettings(integration) }),
    identify: createIdentify({ tokens: options.tokens, directory: sync.directory, revocations: sync.revocations, trustDomain: tls?.trustDomain }),
    credential: new CredentialStage({ sync, clock, timers, timeoutMs: CREDENTIAL_TIMEOUT_MS, maxCopies: MAX_CREDENTIAL_COPIES }),
    record: recorder(audit, refusals),
    reportBroken: brokenReporter(log),
  }
}

type Parts = ReturnType<typeof partsOf>

function pipelineOf(options: DataPlaneOptions, parts: Parts, rest: Rest): Pipeline {
  const { audit, clock, timers, sync, integrations, listener: { limits, maxInspectedBodyBytes } } = options
  const { live, pools, webSockets, identify, credential, admission, connections } = parts
  const arrivals = new Arrivals(MAX_UNIDENTIFIED + limits.maxExchanges, limits.maxExchangesPerAgent)
  const pipeline: Pipeline = createPipeline({
    stages: compose()
      .next(arrivals.arriveStage())
      .next(arrivals.identifyStage(({ proofs, receivedAtMs }) => identify.identifyProofs(proofs, receivedAtMs)))
      .next(admitStage(admission, connections))
      .next(snapshotStage(options.snapshot))
      .next(routeStage(integrations))
      .next(inspectStage({ timers, maxBodyBytes: maxInspectedBodyBytes, timeoutMs: INSPECT_TIMEOUT_MS, maxTotalBytes: INSPECTED_BYTES_AT_ONCE }))
      .next(decideStage({ clock, timers, limiter: new RateLimiter(clock), sync, approvalTimeoutMs: APPROVAL_TIMEOUT_MS }))
      .next(credential)
      .next(announceStage(audit, startedRecord))
      .next(forwardStage({
        revocations: sync.revocations,
        live,
        pools,
        place: placeCredential,
        openUpstream: upstreamOpener(options),
        webSockets,
        credentialRejected: ({ id }) => sync.credentialRejected(id),
      })),
    record: parts.record,
    ended: (trace) => {
      endAdmission(admission, trace)
      rest.look(pipeline)
    },
    clock,
    shape: (view, received, body) => shapeOf(view, received, body, integrations),
    reportBroken: parts.reportBroken,
  })
  return pipeline
}

function listenerOf(options: DataPlaneOptions, parts: Parts, pipeline: Pipeline): Promise<Listener> {
  const { audit, clock, timers, sync, integrations, log } = options
  const { live, identify, admission, connections, record, reportBroken } = parts
  const { unmatched, limits } = options.listener
  return startListener(listenerOptions(options.listener, clock, log), {
    clock,
    timers,
    ca: options.ca,
    sink: {
      exchange: (received) => pipeline.exchange(received),
      refused: (refusal) => record(earlyRefusalRecord(refusal, clock)),
      failed: (failure) => {
        reportBroken(failure.fault, 'listener', failure.id)
        record(earlyFailureRecord(failure, clock))
      },
      dropped: () => log.warn('a connection over listener.limits.connections was closed'),
      broken: (error) => log.error({ err: error }, 'a connection broke on a defect of ours and was cut'),
    },
    authorizeConnect: connectGate({
      identify: identify.identifyProofs, integrations, clock, unmatched, admit: (connection, agent) => admitTunnel(admission, connections, connection, agent),
    }),
    places: connections,
    openTunnel: opaqueTunnels({
      identify: identify.identifyProofs,
      revocations: sync.revocations,
      audit,
      clock,
      open: (target, principal) => openTunnel(target, principal, options.tunnelDial, live, limits.idleTimeoutMs),
      reportBroken,
    }),
  })
}

/** Waits, for a while, until nothing is under way any more. */
class Rest {
  #whenReached: (() => void) | undefined

  look(pipeline: Pipeline): void {
    if (pipeline.open === 0) this.#whenReached?.()
  }

  async reached(pipeline: Pipeline, timers: Timers): Promise<void> {
    if (pipeline.open === 0) return
    await new Promise<void>((resolve) => {
      timers.after(LAST_RECORDS_MS, resolve)
      this.#whenReached = resolve
    })
  }
}

/** TLS sessions are kept by integration: its settings, a client certificate among them, are what they were made with. */
function upstreamOpener({ dialSettings, timers }: Pick<DataPlaneOptions, 'dialSettings' | 'timers'>): ForwardDependencies['openUpstream'] {
  const sessionsOf = new Map<string, SessionCache>()
  return (integration, target) => {
    const sessions = sessionsOf.get(integration) ?? new Map<string, Buffer>()
    sessionsOf.set(integration, sessions)
    return openUpstream(target, { dial: dialSettings(integration), settings: UPSTREAM_SETTINGS, timers, sessions })
  }
}

/** Takes the policies in force once, so that one request is judged by one set. */
function snapshotStage(current: () => PolicySnapshot): Stage<Admitted, 'snapshot', PolicySnapshot> {
  return { name: 'snapshot', adds: 'snapshot', run: () => current() }
}

/** In the words of gRPC, or of the upstream that was meant; RFC 9457 where that is nobody, or where a proxy has to ask for the identity. */
function shapeOf(view: DenialView, received: Received, body: unknown, integrations: IntegrationIndex): DenialAnswer {
  const { request, prefix, door } = received
  if (isGrpc(request.contentType)) return grpcAnswer(problemAnswer(view, 'origin'), request.contentType, wordsOf(view))
  if (door === 'absolute' && view.status === 401) return problemAnswer(view, 'proxy')
  const meant = prefix === undefined ? integrations.byOrigin(request.scheme, request.host, request.port) : integrations.byName(prefix)
  return meant === undefined ? problemAnswer(view, door === 'absolute' ? 'proxy' : 'origin') : meant.denialAnswer(view, request, body)
}

function wordsOf({ title, hint }: DenialView): string {
  return hint === undefined ? title : `${title} ${hint}`
}

function listenerOptions(config: ListenerConfig, clock: Clock, log: Logger): ListenerOptions {
  const { tls, boundAgent } = config
  if (boundAgent !== undefined) log.warn({ agent: boundAgent.agent }, 'the listener is bound: every process that can reach it is this agent')
  return {
    address: config.address,
    socksAddress: config.socksAddress,
    tls: tls === undefined ? undefined : {
      identity: readCertifiedKey(tls.certificatePem, tls.key.reveal()),
      clientCaPem: tls.clientCaPem,
      trustDomain: tls.trustDomain,
    },
    allowPlaintext: config.allowPlaintext,
    bound: boundAgent === undefined ? undefined : createBoundAgent(boundAgent, clock),
    limits: config.limits,
  }
}
