import type { Socket } from 'node:net'
import type { AuditEvent } from '../audit/event.ts'
import { principalFacts } from '../audit/facts.ts'
import type { AuditLog } from '../audit/log.ts'
import { EgressError } from '../egress/egress-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Code } from '../model/codes.ts'
import { codeOfThrown, deny, Fault, isDenial, type Denial } from '../model/denial.ts'
import type { DecisionId } from '../model/ids.ts'
import type { Principal } from '../model/principal.ts'
import type { Revocations } from '../sync/contract.ts'
import type { ConnectFacts, IdentifyProofs } from './connect-gate.ts'

/** A tunnel that the listener hands over, see there. */
export interface TunnelRequest extends ConnectFacts {
  readonly id: DecisionId
  readonly startedMonotonicMs: number
  readonly socket: Socket
  readonly head: Buffer
  accept(): void
  refuse(code: Code, denial: Denial | undefined): number
}

/** The two joined ends. */
export interface JoinedTunnel {
  run(client: Socket, head: Buffer): Promise<{ readonly bytesIn: number; readonly bytesOut: number; readonly outcome: 'ok' | 'aborted' | 'revoked' }>
  /** Ends the upstream's side of a tunnel that nobody will join. */
  abandon(): void
}

export interface OpaqueTunnelDependencies {
  readonly identify: IdentifyProofs
  readonly revocations: Revocations
  readonly audit: AuditLog
  readonly clock: Clock
  /** Dials through the egress guard. */
  open(target: { readonly host: string; readonly port: number }, principal: Principal): Promise<JoinedTunnel>
  reportBroken(error: unknown, stage: string, exchange: string): void
}

/**
 * Passes a CONNECT to a host that no integration serves (`unmatched: tunnel`): identified, through the egress guard, on record, cut on
 * revocation, and never with a credential.
 */
export function opaqueTunnels(deps: OpaqueTunnelDependencies): (tunnel: TunnelRequest) => void {
  return (tunnel) => {
    void passTunnel(tunnel, deps).catch((error: unknown) => {
      deps.reportBroken(error, 'tunnel', tunnel.id)
      tunnel.socket.destroy()
    })
  }
}

async function passTunnel(tunnel: TunnelRequest, deps: OpaqueTunnelDependencies): Promise<void> {
  const principal = await identified(tunnel, deps)
  if (principal instanceof Error) return fail(tunnel, undefined, principal, deps)
  if (isDenial(principal)) return refuse(tunnel, undefined, principal, deps)
  const joined = await openTunnel(tunnel, principal, deps)
  if (joined instanceof Error) return fail(tunnel, principal, joined, deps)
  if (isDenial(joined)) return refuse(tunnel, principal, joined, deps)
  // In the very turn in which the tunnel is joined, and from there on cut by revocations: nothing slips in between.
  const refusal = refusalNow(principal, deps)
  if (refusal !== undefined) {
    joined.abandon()
    return refusal instanceof Error ? fail(tunnel, principal, refusal, deps) : refuse(tunnel, principal, refusal, deps)
  }
  tunnel.accept()
  const end = await joined.run(tunnel.socket, tunnel.head)
  const facts = { status: 200, bytes_in: end.bytesIn, bytes_out: end.bytesOut }
  deps.audit.post({ event: 'api.call', ...principalFacts(principal), exchange: tunnel.id, http: httpFacts(tunnel, deps, facts), outcome: end.outcome })
}

async function identified({ proofs }: TunnelRequest, deps: OpaqueTunnelDependencies): Promise<Principal | Denial | Error> {
  try {
    return await deps.identify(proofs, deps.clock.nowMs())
  } catch (error) {
    return errorOf(error)
  }
}

/** An authority that cannot tell has not said that the agent may. */
function refusalNow(principal: Principal, { revocations }: OpaqueTunnelDependencies): Denial | Error | undefined {
  try {
    return revocations.refusal(principal)
  } catch (error) {
    return errorOf(error)
  }
}

async function openTunnel(tunnel: TunnelRequest, principal: Principal, deps: OpaqueTunnelDependencies): Promise<JoinedTunnel | Denial | Error> {
  try {
    if (!deps.audit.writable) throw new Fault('audit_unavailable', 'the audit log cannot be written at the moment')
    if (deps.audit.mode === 'strict') await deps.audit.commit(started(tunnel, principal))
    return await deps.open(tunnel, principal)
  } catch (error) {
    if (error instanceof EgressError && error.code === 'address_refused') return deny('address_refused', error.message)
    if (error instanceof EgressError && error.code !== 'address_refused') return new Fault(error.code, error.message, { cause: error })
    return errorOf(error)
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Fault('internal_error', 'the tunnel could not be opened', { cause: error })
}

function started(tunnel: TunnelRequest, principal: Principal): AuditEvent {
  return { event: 'api.started', ...principalFacts(principal), exchange: tunnel.id, http: { method: 'CONNECT', host: authorityOf(tunnel), path: '' }, outcome: 'ok' }
}

function refuse(tunnel: TunnelRequest, principal: Principal | undefined, denial: Denial, deps: OpaqueTunnelDependencies): void {
  const status = tunnel.refuse(denial.denial, denial)
  deps.audit.post({
    event: 'api.denied', ...principalFacts(principal), exchange: tunnel.id, http: httpFacts(tunnel, deps, { status }),
    outcome: 'denied', code: denial.denial, reason: `tunnel: ${denial.detail}`,
  })
}

function fail(tunnel: TunnelRequest, principal: Principal | undefined, error: Error, deps: OpaqueTunnelDependencies): void {
  const code = codeOfThrown(error)
  deps.reportBroken(error, 'tunnel', tunnel.id)
  const status = tunnel.refuse(code, undefined)
  deps.audit.post({
    event: principal === undefined ? 'api.denied' : 'api.call', ...principalFacts(principal), exchange: tunnel.id, http: httpFacts(tunnel, deps, { status }),
    outcome: 'failed', code, reason: `tunnel: ${error.message}`,
  })
}

function httpFacts(tunnel: TunnelRequest, deps: OpaqueTunnelDependencies, more: { status: number; bytes_in?: number; bytes_out?: number }) {
  return { method: 'CONNECT', host: authorityOf(tunnel), path: '', ...more, duration_ms: Math.round(deps.clock.monotonicMs() - tunnel.startedMonotonicMs) }
}

function authorityOf({ host, port }: TunnelRequest): string {
  return port === 443 ? host : `${host}:${port}`
}
