import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store-error.ts'
import { counted, many, one } from './prepared.ts'

/** An agent as it stands in the table. */
export interface AgentRow {
  readonly id: string
  readonly name: string
  readonly owner: string | null
  readonly spiffe_id: string | null
  readonly subject: string | null
  readonly service_account: string | null
  /** JSON array. */
  readonly redirect_uris: string
  readonly public_key: string | null
  readonly registered_by: string
  readonly created_at: number
  readonly version: number
}

export interface RevocationRow {
  readonly agent: string
  readonly revoked_at: number
  readonly revoked_by: string
  readonly reason: string | null
}

type Draft = Omit<AgentRow, 'created_at' | 'version'>

export interface AgentOperations {
  'agents.list': (nothing: null) => AgentRow[]
  'agents.get': (id: string) => AgentRow | undefined
  'agents.create': (row: Draft & { now: number }) => AgentRow | undefined
  'agents.replace': (row: Draft & { version: number }) => AgentRow | undefined
  'agents.revocations': (nothing: null) => RevocationRow[]
  'agents.revoke': (row: RevocationRow) => boolean
  'agents.restore': (agent: string) => boolean
}

const MAX_AGENTS = 10_000
const COLUMNS = 'name, owner, spiffe_id, subject, service_account, redirect_uris, public_key, registered_by'
const VALUES = COLUMNS.replaceAll(/\w+/g, ':$&')

/** The agents' statements, prepared. */
export function agentOperations(database: DatabaseSync): AgentOperations {
  const list = many<AgentRow>(database.prepare('SELECT * FROM agents ORDER BY seq'))
  const get = one<AgentRow>(database.prepare('SELECT * FROM agents WHERE id = :id'))
  const create = one<AgentRow>(database.prepare(`INSERT INTO agents (id, ${COLUMNS}, created_at, version) VALUES (:id, ${VALUES}, :now, 1)
    ON CONFLICT (id) DO NOTHING RETURNING *`))
  const replace = one<AgentRow>(database.prepare(`UPDATE agents SET (${COLUMNS}) = (${VALUES}), version = version + 1
    WHERE id = :id AND version = :version RETURNING *`))
  const count = one<{ agents: number }>(database.prepare('SELECT count(*) AS agents FROM agents'))
  const revocations = many<RevocationRow>(database.prepare('SELECT * FROM agent_revocations ORDER BY agent'))
  const revoke = counted(database.prepare(`INSERT INTO agent_revocations (agent, revoked_at, revoked_by, reason)
    VALUES (:agent, :revoked_at, :revoked_by, :reason) ON CONFLICT (agent) DO NOTHING`))
  const restore = counted(database.prepare('DELETE FROM agent_revocations WHERE agent = :agent'))
  return {
    'agents.list': () => list({}),
    'agents.get': (id) => get({ id }),
    'agents.create': (row) => {
      const created = create(row)
      // What is over the bound is taken back: an operation that throws leaves nothing.
      if (created !== undefined && (count({})?.agents ?? 0) > MAX_AGENTS) throw tooMany()
      return created
    },
    'agents.replace': replace,
    'agents.revocations': () => revocations({}),
    'agents.revoke': (row) => revoke(row) > 0,
    'agents.restore': (agent) => restore({ agent }) > 0,
  }
}

function tooMany(): StoreError {
  return new StoreError('store_full', `${MAX_AGENTS} agents are registered, and the store keeps no more: register agents in the configuration.`)
}
