import type { DatabaseSync } from 'node:sqlite'
import { many, one } from './prepared.ts'

/** A connection as it stands in the table; tokens sealed. */
export interface ConnectionRow {
  readonly id: string
  readonly integration: string
  readonly owner: string
  readonly label: string
  readonly account_id: string | null
  readonly account_name: string | null
  /** JSON array. */
  readonly scopes: string
  readonly access_token: Uint8Array | null
  readonly access_expires_at: number | null
  readonly refresh_token: Uint8Array | null
  /** JSON array. */
  readonly imported: string
  readonly state: 'active' | 'reauth_required' | 'revoked'
  readonly state_reason: string | null
  readonly intent_holder: string | null
  readonly intent_started_at: number | null
  readonly intent_lease_until: number | null
  readonly intent_unfinished: number
  readonly version: number
  readonly generation: number
  readonly created_at: number
  readonly updated_at: number
}

/** What is replaced with the tokens; an account that is null leaves the stored one. */
export type TokenColumns =
  Pick<ConnectionRow, 'scopes' | 'access_token' | 'access_expires_at' | 'refresh_token' | 'account_id' | 'account_name'>

type Insert = Pick<ConnectionRow, 'id' | 'integration' | 'owner' | 'label' | 'imported'> & TokenColumns & { readonly now: number }

export interface ConnectionOperations {
  'connections.get': (id: string) => ConnectionRow | undefined
  'connections.find': (key: Pick<ConnectionRow, 'integration' | 'owner' | 'label'>) => ConnectionRow | undefined
  'connections.list': (owner: string | null) => ConnectionRow[]
  'connections.create': (row: Insert) => ConnectionRow | undefined
  'connections.begin_refresh': (attempt: { id: string; version: number; holder: string; now: number; until: number }) => ConnectionRow | undefined
  'connections.complete_refresh': (done: TokenColumns & { id: string; generation: number; now: number }) => ConnectionRow | undefined
  'connections.release_refresh': (end: { id: string; version: number; now: number; unfinished: number }) => ConnectionRow | undefined
  'connections.require_reauth': (end: { id: string; version: number; now: number; reason: string }) => ConnectionRow | undefined
  'connections.replace_tokens':
    (change: TokenColumns & { id: string; version: number; now: number; fingerprint: string | null }) => ConnectionRow | undefined
  'connections.revoke': (end: { id: string; now: number; reason: string }) => { row: ConnectionRow; changed: boolean } | undefined
}

const TOKENS = `scopes = :scopes, access_token = :access_token, access_expires_at = :access_expires_at, refresh_token = :refresh_token,
  account_name = CASE WHEN :account_id IS NULL THEN account_name ELSE :account_name END, account_id = coalesce(:account_id, account_id),
  generation = generation + 1`
const CHANGED = 'version = version + 1, updated_at = :now'
const ACTIVE = `state = 'active', state_reason = NULL`
const NO_INTENT = 'intent_holder = NULL, intent_started_at = NULL, intent_lease_until = NULL, intent_unfinished = 0'

/** An attempt from so far in the future was begun by a clock that has been set back since: its lease would hold for as long. */
const CLOCK_SET_BACK_MS = 60_000

/** What a fingerprint list keeps: configurations are not changed often. */
const MAX_IMPORTED = 32

/** The connections' statements, prepared; each is one atomic statement, and its condition is the whole of the compare-and-set. */
export function connectionOperations(database: DatabaseSync): ConnectionOperations {
  const update = (sql: string) => one<ConnectionRow>(database.prepare(`UPDATE connections SET ${sql} RETURNING *`))
  const beginRefresh = update(`${CHANGED}, intent_unfinished = (intent_holder IS NOT NULL), intent_holder = :holder, intent_started_at = :now,
    intent_lease_until = :until
    WHERE id = :id AND version = :version AND state = 'active' 
      AND (intent_holder IS NULL OR intent_lease_until <= :now OR intent_started_at > :now + ${CLOCK_SET_BACK_MS})`)
  const completeRefresh = update(`${CHANGED}, ${TOKENS}, ${ACTIVE}, ${NO_INTENT}
    WHERE id = :id AND generation = :generation AND state <> 'revoked'`)
  const requireReauth = update(`${CHANGED}, state = 'reauth_required', state_reason = :reason, ${NO_INTENT}
    WHERE id = :id AND version = :version`)
  const keepIntent = update(`${CHANGED}, intent_unfinished = 1, intent_lease_until = :now
    WHERE id = :id AND version = :version AND intent_holder IS NOT NULL AND (:unfinished = 1 OR intent_unfinished = 1)`)
  const dropIntent = update(`${CHANGED}, ${NO_INTENT}
    WHERE id = :id AND version = :version AND intent_holder IS NOT NULL AND :unfinished = 0`)
  return {
    ...readers(database),
    'connections.begin_refresh': beginRefresh,
    'connections.complete_refresh': completeRefresh,
    'connections.require_reauth': requireReauth,
    'connections.release_refresh': (end) => keepIntent(end) ?? dropIntent(end),
    'connections.replace_tokens': replacer(database),
    'connections.revoke': revoker(database),
  }
}

type Readers = 'connections.get' | 'connections.find' | 'connections.list' | 'connections.create'

function readers(database: DatabaseSync): Pick<ConnectionOperations, Readers> {
  const byId = one<ConnectionRow>(database.prepare('SELECT * FROM connections WHERE id = :id'))
  const byKey = one<ConnectionRow>(database.prepare('SELECT * FROM connections WHERE integration = :integration AND owner = :owner AND label = :label'))
  const all = many<ConnectionRow>(database.prepare('SELECT * FROM connections ORDER BY created_at, id'))
  const ofOwner = many<ConnectionRow>(database.prepare('SELECT * FROM connections WHERE owner = :owner ORDER BY created_at, id'))
  const insert = one<ConnectionRow>(database.prepare(`INSERT INTO connections
    (id, integration, owner, label, account_id, account_name, scopes, access_token, access_expires_at, refresh_token, imported,
      state, version, generation, created_at, updated_at)
    VALUES (:id, :integration, :owner, :label, :account_id, :account_name, :scopes, :access_token, :access_expires_at, :refresh_token, :imported,
      'active', 1, 1, :now, :now)
    ON CONFLICT (integration, owner, label) DO NOTHING RETURNING *`))
  return {
    'connections.get': (id) => byId({ id }),
    'connections.find': byKey,
    'connections.list': (owner) => (owner === null ? all({}) : ofOwner({ owner })),
    'connections.create': insert,
  }
}

function replacer(database: DatabaseSync): ConnectionOperations['connections.replace_tokens'] {
  const replace = one<ConnectionRow>(database.prepare(`UPDATE connections SET ${CHANGED}, ${TOKENS}, ${ACTIVE}, ${NO_INTENT},
    imported = CASE WHEN :fingerprint IS NULL THEN imported
      WHEN json_array_length(imported) >= ${MAX_IMPORTED} THEN json_insert(json_remove(imported, '$[0]'), '$[#]', :fingerprint)
      ELSE json_insert(imported, '$[#]', :fingerprint) END
    WHERE id = :id AND version = :version RETURNING *`))
  return replace
}

function revoker(database: DatabaseSync): ConnectionOperations['connections.revoke'] {
  const byId = one<ConnectionRow>(database.prepare('SELECT * FROM connections WHERE id = :id'))
  const revoke = one<ConnectionRow>(database.prepare(`UPDATE connections SET ${CHANGED}, state = 'revoked', state_reason = :reason, ${NO_INTENT},
    access_token = NULL, access_expires_at = NULL, refresh_token = NULL, generation = generation + 1
    WHERE id = :id AND state <> 'revoked' RETURNING *`))
  return (end) => {
    const revoked = revoke(end)
    const row = revoked ?? byId({ id: end.id })
    return row && { row, changed: revoked !== undefined }
  }
}
