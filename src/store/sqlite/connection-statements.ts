import type { DatabaseSync, StatementSync, SQLInputValue } from 'node:sqlite'
import type { ConnectionRow, Operations } from './protocol.ts'

const TOKENS = `scopes = :scopes, access_token = :access_token, access_expires_at = :access_expires_at, refresh_token = :refresh_token,
  generation = generation + 1`
const CHANGED = 'version = version + 1, updated_at = :now'
const ACTIVE = `state = 'active', state_reason = NULL`
const NO_INTENT = 'intent_holder = NULL, intent_started_at = NULL, intent_lease_until = NULL, intent_unfinished = 0'

/** An attempt from so far in the future was begun by a clock that has been set back since: its lease would hold for as long. */
const CLOCK_SET_BACK_MS = 60_000

/** What a fingerprint list keeps: configurations are not changed often. */
const MAX_IMPORTED = 32

type ConnectionOperations = Pick<Operations, Extract<keyof Operations, `connections.${string}`>>

/** The connections' statements, prepared; each is one atomic statement, and its condition is the whole of the compare-and-set. */
export function connectionOperations(database: DatabaseSync): ConnectionOperations {
  const update = (sql: string) => one(database.prepare(`UPDATE connections SET ${sql} RETURNING *`))
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

function readers(database: DatabaseSync): Pick<Operations, Readers> {
  const byId = one(database.prepare('SELECT * FROM connections WHERE id = :id'))
  const byKey = one(database.prepare('SELECT * FROM connections WHERE integration = :integration AND owner = :owner AND label = :label'))
  const all = database.prepare('SELECT * FROM connections ORDER BY created_at, id')
  const insert = one(database.prepare(`INSERT INTO connections
    (id, integration, owner, label, scopes, access_token, access_expires_at, refresh_token, imported,
      state, version, generation, created_at, updated_at)
    VALUES (:id, :integration, :owner, :label, :scopes, :access_token, :access_expires_at, :refresh_token, :imported,
      'active', 1, 1, :now, :now)
    ON CONFLICT (integration, owner, label) DO NOTHING RETURNING *`))
  return {
    'connections.get': (id) => byId({ id }),
    'connections.find': byKey,
    'connections.list': () => all.all() as unknown as ConnectionRow[],
    'connections.create': insert,
  }
}

function replacer(database: DatabaseSync): Operations['connections.replace_tokens'] {
  const replace = one(database.prepare(`UPDATE connections SET ${CHANGED}, ${TOKENS}, ${ACTIVE}, ${NO_INTENT},
    imported = CASE WHEN :fingerprint IS NULL THEN imported
      WHEN json_array_length(imported) >= ${MAX_IMPORTED} THEN json_insert(json_remove(imported, '$[0]'), '$[#]', :fingerprint)
      ELSE json_insert(imported, '$[#]', :fingerprint) END
    WHERE id = :id AND version = :version RETURNING *`))
  return replace
}

function revoker(database: DatabaseSync): Operations['connections.revoke'] {
  const byId = one(database.prepare('SELECT * FROM connections WHERE id = :id'))
  const revoke = one(database.prepare(`UPDATE connections SET ${CHANGED}, state = 'revoked', state_reason = :reason, ${NO_INTENT},
    access_token = NULL, access_expires_at = NULL, refresh_token = NULL, generation = generation + 1
    WHERE id = :id AND state <> 'revoked' RETURNING *`))
  return (end) => revoke(end) ?? byId({ id: end.id })
}

function one(statement: StatementSync): (parameters: object) => ConnectionRow | undefined {
  return (parameters) => statement.get(parameters as Record<string, SQLInputValue>) as ConnectionRow | undefined
}
