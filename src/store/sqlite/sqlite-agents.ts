import type { Clock } from '../../lib/clock.ts'
import type { AgentId } from '../../model/ids.ts'
import type { AgentRevocation, Agents, NewAgent, StoredAgent } from '../ports/agents.ts'
import type { AgentRow, RevocationRow } from './agent-statements.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { WorkerClient } from './worker-client.ts'

/** Agents in SQLite. */
export class SqliteAgents implements Agents {
  readonly #client: WorkerClient
  readonly #feed: ChangeFeed
  readonly #clock: Clock

  constructor(client: WorkerClient, feed: ChangeFeed, clock: Clock) {
    this.#client = client
    this.#feed = feed
    this.#clock = clock
  }

  async list(): Promise<readonly StoredAgent[]> {
    return (await this.#client.call('agents.list', null)).map(agentOf)
  }

  async get(id: AgentId): Promise<StoredAgent | undefined> {
    const row = await this.#client.call('agents.get', id)
    return row && agentOf(row)
  }

  async create(agent: NewAgent): Promise<StoredAgent | undefined> {
    const row = { ...rowOf(agent), now: this.#clock.nowMs() }
    const created = await this.#client.call('agents.create', row, (made) => this.#tell(agent.id, made !== undefined))
    return created && agentOf(created)
  }

  async replace(agent: NewAgent, version: number): Promise<StoredAgent | undefined> {
    const replaced = await this.#client.call('agents.replace', { ...rowOf(agent), version }, (row) => this.#tell(agent.id, row !== undefined))
    return replaced && agentOf(replaced)
  }

  async revocations(): Promise<readonly AgentRevocation[]> {
    return (await this.#client.call('agents.revocations', null)).map(revocationOf)
  }

  async revoke({ agent, by, reason }: Omit<AgentRevocation, 'revokedAtMs'>): Promise<boolean> {
    const row = { agent, revoked_at: this.#clock.nowMs(), revoked_by: by, reason: reason ?? null }
    return await this.#client.call('agents.revoke', row, (changed) => this.#tell(agent, changed))
  }

  async restore(agent: AgentId): Promise<boolean> {
    return await this.#client.call('agents.restore', agent, (changed) => this.#tell(agent, changed))
  }

  #tell(id: AgentId, changed: boolean): void {
    if (changed) this.#feed.tell({ kind: 'agent', id })
  }
}

function rowOf(agent: NewAgent): Omit<AgentRow, 'created_at' | 'version'> {
  return {
    id: agent.id,
    name: agent.name,
    owner: agent.owner ?? null,
    spiffe_id: agent.spiffeId ?? null,
    subject: agent.subject ?? null,
    service_account: agent.serviceAccount ?? null,
    redirect_uris: JSON.stringify(agent.redirectUris),
    public_key: agent.publicKeyPem ?? null,
    registered_by: agent.registeredBy,
  }
}

function agentOf(row: AgentRow): StoredAgent {
  return {
    id: row.id as AgentId,
    name: row.name,
    owner: row.owner ?? undefined,
    spiffeId: row.spiffe_id ?? undefined,
    subject: row.subject ?? undefined,
    serviceAccount: row.service_account ?? undefined,
    redirectUris: JSON.parse(row.redirect_uris) as string[],
    publicKeyPem: row.public_key ?? undefined,
    registeredBy: row.registered_by,
    createdAtMs: row.created_at,
    version: row.version,
  }
}

function revocationOf(row: RevocationRow): AgentRevocation {
  return { agent: row.agent as AgentId, revokedAtMs: row.revoked_at, by: row.revoked_by, reason: row.reason ?? undefined }
}
