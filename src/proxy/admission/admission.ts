import { deny, type Denial } from '../../model/denial.ts'
import type { AgentId } from '../../model/ids.ts'
import type { AgentUse } from '../exchange.ts'
import { FairShare, type Shortage } from './fair-share.ts'

/** What there is of each thing, in all and for one agent. */
export interface AdmissionLimits {
  /** Requests, streams and upgraded connections under way. */
  readonly maxExchanges: number
  readonly maxExchangesPerAgent: number
  readonly maxTunnels: number
  readonly maxConnections: number
  /** Connections that an agent has proven to be its own; its tunnels are among them. */
  readonly maxConnectionsPerAgent: number
}

/** What can run short. */
export type Scarce = 'exchange' | 'tunnel' | 'connection'

/** How often something was refused, by what ran short and whose bound it was. */
export type ShedCounts = Readonly<Record<Scarce, Readonly<Record<Shortage, number>>>>

/** So many agents' empty counts are kept before they are looked through. */
const KEPT_AT_LEAST = 256
const RETRY_AFTER_MS = 1_000

/**
 * Who may have how much at a time: a bound for one agent, and fair shares of what all have together. It refuses and it counts; it allows
 * nothing, since everything that it lets through is judged all the same.
 */
export class Admission {
  readonly exchanges: FairShare
  readonly tunnels: FairShare
  readonly connections: FairShare
  readonly #uses = new Map<AgentId, AgentUse>()
  readonly #shed = { exchange: noShortage(), tunnel: noShortage(), connection: noShortage() }
  #sweepAt = KEPT_AT_LEAST

  constructor(limits: AdmissionLimits) {
    this.exchanges = new FairShare(limits.maxExchanges, limits.maxExchangesPerAgent)
    this.tunnels = new FairShare(limits.maxTunnels, limits.maxConnectionsPerAgent)
    this.connections = new FairShare(limits.maxConnections, limits.maxConnectionsPerAgent)
  }

  get shed(): ShedCounts {
    return this.#shed
  }

  /** Takes a place for one exchange of the agent's. @returns what `endExchange` gets, or `overloaded` */
  beginExchange(agent: AgentId): AgentUse | Denial {
    const use = this.#useOf(agent)
    const shortage = this.exchanges.take(use.exchanges)
    if (shortage !== undefined) return this.#refuse('exchange', shortage, use.exchanges)
    use.exchanges += 1
    return use
  }

  endExchange(use: AgentUse): void {
    use.exchanges -= 1
    this.exchanges.giveBack()
  }

  /** The same for a tunnel. The connection that it takes is counted by itself. */
  beginTunnel(agent: AgentId): AgentUse | Denial {
    const use = this.#useOf(agent)
    const shortage = this.tunnels.take(use.tunnels)
    if (shortage !== undefined) return this.#refuse('tunnel', shortage, use.tunnels)
    use.tunnels += 1
    return use
  }

  endTunnel(use: AgentUse): void {
    use.tunnels -= 1
    this.tunnels.giveBack()
  }

  /** The same for a connection, once the agent has proven that it is its own. */
  beginConnection(agent: AgentId): AgentUse | Denial {
    const use = this.#useOf(agent)
    const shortage = this.connections.take(use.connections)
    if (shortage !== undefined) return this.#refuse('connection', shortage, use.connections)
    use.connections += 1
    return use
  }

  endConnection(use: AgentUse): void {
    use.connections -= 1
    this.connections.giveBack()
  }

  #useOf(agent: AgentId): AgentUse {
    const known = this.#uses.get(agent)
    if (known !== undefined) return known
    if (this.#uses.size >= this.#sweepAt) this.#sweep()
    const use: AgentUse = { agent, exchanges: 0, tunnels: 0, connections: 0 }
    this.#uses.set(agent, use)
    return use
  }

  /** Agents come and go while the process stays. An agent that has something is never forgotten: its count would begin again at nothing. */
  #sweep(): void {
    for (const [agent, { exchanges, tunnels, connections }] of this.#uses) {
      if (exchanges + tunnels + connections === 0) this.#uses.delete(agent)
    }
    this.#sweepAt = Math.max(KEPT_AT_LEAST, 2 * this.#uses.size)
  }

  #refuse(what: Scarce, shortage: Shortage, own: number): Denial {
    this.#shed[what][shortage] += 1
    return deny('overloaded', detailOf(what, shortage, own), { retryAfterMs: RETRY_AFTER_MS, hint: HINTS[shortage] })
  }
}

function noShortage(): Record<Shortage, number> {
  return { own: 0, share: 0, full: 0 }
}

const HINTS: Readonly<Record<Shortage, string>> = {
  own: 'The agent has as much under way as it may have at a time.',
  share: 'There is little room left, and the agent has more of it than others: what it has under way has to end first.',
  full: 'There is no room left at the moment.',
}

function detailOf(what: Scarce, shortage: Shortage, own: number): string {
  switch (shortage) {
    case 'own': return `the agent's bound of ${what}s is reached: ${own}`
    case 'share': return `the agent has more than its share of the ${what}s that are left: ${own}`
    case 'full': return `no ${what} is left`
  }
}
