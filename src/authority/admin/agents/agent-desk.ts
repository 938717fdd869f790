import type { AuditLog } from '../../../audit/log.ts'
import { deny, Fault, type Denial } from '../../../model/denial.ts'
import type { AgentId } from '../../../model/ids.ts'
import type { Agents, NewAgent, StoredAgent } from '../../../store/ports/agents.ts'
import { OWN_CLIENT_ID } from '../../oauth/own-client.ts'
import { recordAfter } from '../records/record-after.ts'
import type { AgentChange, AgentEntry, AgentOrder, ConfiguredAgent } from './agent-entry.ts'
import { takenProof } from './taken-proof.ts'

/** Its OAuth client would be our own command line's. */
const OWN_AGENT = `agent:${OWN_CLIENT_ID}`

export interface AgentDeskDeps {
  readonly agents: Agents
  readonly audit: AuditLog
  /** Those of the configuration in force. */
  configured(): readonly ConfiguredAgent[]
}

/** The agents of configuration and store together, and the registration of further ones. All methods throw StoreError. */
export class AgentDesk {
  readonly #deps: AgentDeskDeps
  /** One registration at a time, so that two of this process cannot both take a proof that was free. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(deps: AgentDeskDeps) {
    this.#deps = deps
  }

  /** In order of their ids. An id that both have is the configuration's. */
  async list(): Promise<readonly AgentEntry[]> {
    const [stored, revocations] = await Promise.all([this.#deps.agents.list(), this.#deps.agents.revocations()])
    const revoked = new Map(revocations.map((revocation) => [revocation.agent, revocation]))
    const entries = new Map<AgentId, AgentEntry>()
    for (const each of stored) entries.set(each.id, { agent: { ...each, status: 'active' }, stored: each, revocation: revoked.get(each.id) })
    for (const agent of this.#deps.configured()) entries.set(agent.id, { agent, stored: undefined, revocation: revoked.get(agent.id) })
    return [...entries.values()].toSorted((one, other) => (one.agent.id < other.agent.id ? -1 : 1))
  }

  async get(id: AgentId): Promise<AgentEntry | undefined> {
    return (await this.list()).find(({ agent }) => agent.id === id)
  }

  /** @returns the denial `state_conflict` where the id or one of its proofs is taken: nothing is ever overwritten */
  register(order: AgentOrder, by: string): Promise<AgentEntry | Denial> {
    return this.#alone(async () => {
      const taken = order.id === OWN_AGENT ? `${order.id} would be Postern’s own client.` : takenProof(order, await this.list())
      if (taken !== undefined) return deny('state_conflict', taken, { hint: taken })
      const stored = await this.#deps.agents.create({ ...order, registeredBy: by })
      if (stored === undefined) return deny('state_conflict', `${order.id} is registered already`, { hint: `${order.id} is registered already` })
      await this.#record('agent.registered', stored, by, undefined)
      return { agent: { ...stored, status: 'active' }, stored, revocation: undefined }
    })
  }

  /** @returns the denial `state_conflict` where it is the configuration's, was changed meanwhile, or a proof is taken; undefined: no such agent */
  change(id: AgentId, version: number, change: AgentChange, by: string): Promise<AgentEntry | Denial | undefined> {
    return this.#alone(async () => {
      const all = await this.list()
      const entry = all.find(({ agent }) => agent.id === id)
      if (entry === undefined) return undefined
      if (entry.stored === undefined) return deny('state_conflict', `${id} is the configuration's`, { hint: 'This agent stands in the configuration: change it there.' })
      const { createdAtMs: _createdAtMs, version: _version, ...before } = entry.stored
      const after: NewAgent = { ...before, ...change }
      const taken = takenProof(after, all.filter((other) => other !== entry))
      if (taken !== undefined) return deny('state_conflict', taken, { hint: taken })
      const stored = await this.#deps.agents.replace(after, version)
      if (stored === undefined) return deny('state_conflict', `${id} is not at version ${version}`, { hint: 'It was changed meanwhile: read it again.' })
      await this.#record('agent.changed', stored, by, `changed: ${Object.keys(change).toSorted().join(', ')}`)
      return { ...entry, agent: { ...stored, status: 'active' }, stored }
    })
  }

  #record(event: 'agent.registered' | 'agent.changed', { id, name }: StoredAgent, by: string, reason: string | undefined): Promise<void> {
    return recordAfter(this.#deps.audit, { event, agent: { id, name }, by, reason, outcome: 'ok' })
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => {
      if (!this.#deps.audit.writable) throw new Fault('audit_unavailable', 'a registration cannot be recorded, and is not made')
      return work()
    })
    this.#last = mine.catch(() => undefined)
    return mine
  }
}
