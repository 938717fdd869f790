import type { DatabaseSync } from 'node:sqlite'
import { counted, many } from './prepared.ts'

/** A live credential as it stands in the table, sealed. */
export interface LiveCredentialRow {
  readonly id: string
  readonly integration: string
  readonly secret: Uint8Array
  readonly expires_at: number
}

export interface LiveCredentialOperations {
  'live_credentials.add': (row: LiveCredentialRow) => undefined
  'live_credentials.remove': (id: string) => undefined
  'live_credentials.list': (nothing: null) => LiveCredentialRow[]
}

/** The live credentials' statements, prepared. */
export function liveCredentialOperations(database: DatabaseSync): LiveCredentialOperations {
  const add = counted(database.prepare(`INSERT OR REPLACE INTO live_credentials (id, integration, secret, expires_at)
    VALUES (:id, :integration, :secret, :expires_at)`))
  const remove = counted(database.prepare('DELETE FROM live_credentials WHERE id = :id'))
  const list = many<LiveCredentialRow>(database.prepare('SELECT * FROM live_credentials ORDER BY expires_at, id'))
  return {
    'live_credentials.add': (row) => void add(row),
    'live_credentials.remove': (id) => void remove({ id }),
    'live_credentials.list': () => list({}),
  }
}
