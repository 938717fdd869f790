import type { AgentId } from '../../model/ids.ts'
import type { AgentRevocation, Agents, NewAgent, StoredAgent } from '../ports/agents.ts'
import { StoreError } from '../store-error.ts'
import { Commit } from './commit.ts'
import { OVERTAKEN, Records, settled } from './records.ts'
import type { StoreAccess } from './store-access.ts'

const MAX_AGENTS = 10_000
const AGENT_FIELDS = ['id', 'name', 'owner', 'spiffeId', 'subject', 'serviceAccount', 'redirectUris', 'publicKeyPem', 'registeredBy'] as const

/** Agents in Redis. */
export class RedisAgents implements Agents {
  readonly #access: StoreAccess
  readonly #agents: Records<StoredAgent>
  readonly #revocations: Records<AgentRevocation>
  readonly #order: string
  readonly #revoked: string

  constructor(access: StoreAccess) {
    this.#access = access
    this.#agents = new Records(access, 'agent')
    this.#revocations = new Records(access, 'revocation')
    this.#order = access.key('agents')
    this.#revoked = access.key('revocations')
  }

  async list(): Promise<readonly StoredAgent[]> {
    const ids = await this.#access.link.read('zrange', this.#order, 0, MAX_AGENTS - 1) as string[]
    return (await this.#agents.getAll(ids)).flatMap((found) => (found === undefined ? [] : [found.document]))
  }

  async get(id: AgentId): Promise<StoredAgent | undefined> {
    return (await this.#agents.get(id))?.document
  }

  async create(agent: NewAgent): Promise<StoredAgent | undefined> {
    if (Number(await this.#access.link.read('zcard', this.#order)) >= MAX_AGENTS) {
      throw new StoreError('store_full', `The store keeps ${MAX_AGENTS} agents: remove some that are no longer used.`)
    }
    const created: StoredAgent = { ...fieldsOf(agent), createdAtMs: this.#access.clock.nowMs(), version: 1 }
    const commit = new Commit()
    this.#agents.put(commit, agent.id, undefined, created)
    commit.add('ZADDNEXT', this.#order, agent.id)
    return (await this.#changed(commit, agent.id)) ? created : undefined
  }

  async replace(agent: NewAgent, version: number): Promise<StoredAgent | undefined> {
    const before = await this.#agents.get(agent.id)
    if (before?.document.version !== version) return undefined
    const replaced: StoredAgent = { ...fieldsOf(agent), createdAtMs: before.document.createdAtMs, version: version + 1 }
    const commit = new Commit()
    this.#agents.put(commit, agent.id, before, replaced)
    return (await this.#changed(commit, agent.id)) ? replaced : undefined
  }

  async revocations(): Promise<readonly AgentRevocation[]> {
    const ids = await this.#access.link.read('smembers', this.#revoked) as string[]
    return (await this.#revocations.getAll(ids)).flatMap((found) => (found === undefined ? [] : [found.document]))
  }

  async revoke({ agent, by, reason }: Omit<AgentRevocation, 'revokedAtMs'>): Promise<boolean> {
    const commit = new Commit()
    this.#revocations.put(commit, agent, undefined, { agent, by, reason, revokedAtMs: this.#access.clock.nowMs() })
    commit.add('SADD', this.#revoked, agent)
    return this.#changed(commit, agent)
  }

  restore(agent: AgentId): Promise<boolean> {
    return settled(async () => {
      const before = await this.#revocations.get(agent)
      if (before === undefined) return false
      const commit = new Commit()
      this.#revocations.remove(commit, before)
      commit.add('SREM', this.#revoked, agent)
      return (await this.#changed(commit, agent)) || OVERTAKEN
    })
  }

  #changed(commit: Commit, id: AgentId): Promise<boolean> {
    return this.#access.feed.commit(commit, [{ kind: 'agent', id }])
  }
}

/** What an agent's registration consists of, and nothing that came along. */
function fieldsOf(agent: NewAgent): NewAgent {
  return Object.fromEntries(AGENT_FIELDS.map((field) => [field, agent[field]])) as unknown as NewAgent
}
