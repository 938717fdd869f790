import type { Clock } from '../lib/clock.ts'
import { deny, isDenial, type Denial } from '../model/denial.ts'
import type { AgentId } from '../model/ids.ts'
import type { Principal } from '../model/principal.ts'
import type { Integration } from '../integrations/integration.ts'
import type { IntegrationIndex } from '../integrations/integration-index.ts'
import type { HeldConnection } from './connection-places.ts'
import type { Proofs } from './exchange.ts'

/** Judges the proofs of a CONNECT as those of any request. */
export type IdentifyProofs = (proofs: Proofs, nowMs: number) => Principal | Denial | Promise<Principal | Denial>

/** What becomes of a CONNECT, see the listener. */
export type GateVerdict = 'intercept' | 'intercept_http1' | 'plain' | 'tunnel'

export interface ConnectGateOptions {
  readonly identify: IdentifyProofs
  readonly integrations: IntegrationIndex
  readonly clock: Clock
  /** `listener.unmatched`: what becomes of a host that no integration serves. */
  readonly unmatched: 'deny' | 'tunnel'
  /** Takes the tunnel's place for the agent, or sheds it. */
  admit(connection: HeldConnection, agent: AgentId): Denial | undefined
}

/** A CONNECT as far as it is judged before anything in it can be seen. */
export interface ConnectFacts {
  readonly host: string
  readonly port: number
  readonly proofs: Proofs
  readonly connection: HeldConnection
}

/**
 * Judges a CONNECT by itself: who asks, and whether its requests will be seen. It decides nothing about what is in it:
 * every request inside is an exchange of its own.
 */
export function connectGate(options: ConnectGateOptions): (connect: ConnectFacts) => Promise<GateVerdict | Denial> {
  return async (connect) => {
    const principal = await options.identify(connect.proofs, options.clock.nowMs())
    if (isDenial(principal)) return principal
    const verdict = verdictFor(connect, options)
    if (typeof verdict !== 'string') return { ...verdict, principal }
    const denial = strayStandIn(verdict, principal) ?? options.admit(connect.connection, principal.agent)
    return denial === undefined ? verdict : { ...denial, principal }
  }
}

function strayStandIn(verdict: GateVerdict, { onlyIntegration }: Principal): Denial | undefined {
  if (verdict !== 'tunnel' || onlyIntegration === undefined) return undefined
  const hint = `This token is good for ${onlyIntegration} alone.`
  return deny('proof_mismatch', `a stand-in token of ${onlyIntegration} was shown for a host that no integration serves`, { hint })
}

function verdictFor({ host, port }: ConnectFacts, { integrations, unmatched }: ConnectGateOptions): GateVerdict | Denial {
  const served = integrations.byOrigin('https', host, port)
  if (served !== undefined) return offersHttp2(served, host, port) ? 'intercept' : 'intercept_http1'
  if (integrations.byOrigin('http', host, port) !== undefined) return 'plain'
  // A host of ours on another port is never passed unseen: it is the one host where a tunnel would be a way around.
  if (integrations.servesHost(host)) return deny('host_not_served', `${host} is served, but not on port ${port}`)
  if (unmatched === 'tunnel') return 'tunnel'
  return deny('host_not_served', `no integration serves ${host}:${port}`, { hint: 'Only the hosts of configured integrations can be reached through this proxy.' })
}

function offersHttp2({ origins }: Integration, host: string, port: number): boolean {
  return origins.every((origin) => origin.http2 !== false || origin.host !== host || origin.port !== port || origin.scheme !== 'https')
}
