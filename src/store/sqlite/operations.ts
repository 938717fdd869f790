import type { DatabaseSync } from 'node:sqlite'
import { connectionOperations } from './connection-statements.ts'
import type { LiveCredentialRow, Operations, SealedCell } from './protocol.ts'

/** Everything that the store's thread can be asked for, on one open database. */
export function operationsOn(database: DatabaseSync): Operations {
  return { ...connectionOperations(database), ...liveCredentialOperations(database), ...sealedOperations(database) }
}

type LiveCredentialOperations = Pick<Operations, Extract<keyof Operations, `live_credentials.${string}`>>

function liveCredentialOperations(database: DatabaseSync): LiveCredentialOperations {
  const add = database.prepare('INSERT OR REPLACE INTO live_credentials (id, integration, secret, expires_at) VALUES (?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM live_credentials WHERE id = ?')
  const list = database.prepare('SELECT * FROM live_credentials ORDER BY expires_at, id')
  return {
    'live_credentials.add': (row) => void add.run(row.id, row.integration, row.secret, row.expires_at),
    'live_credentials.remove': (id) => void remove.run(id),
    'live_credentials.list': () => list.all() as unknown as LiveCredentialRow[],
  }
}

type SealedOperations = Pick<Operations, 'meta.claim' | 'sealed.under_other_keys' | 'sealed.replace'>

/** Where sealed values stand: table, row's key, column. */
const SEALED = [
  ['connections', 'id', 'access_token'],
  ['connections', 'id', 'refresh_token'],
  ['live_credentials', 'id', 'secret'],
  ['meta', 'name', 'value'],
] as const

function sealedOperations(database: DatabaseSync): SealedOperations {
  const claim = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING')
  const read = database.prepare('SELECT value FROM meta WHERE name = ?')
  // Bytes 2 to 9 of a sealed value name its key.
  const others = database.prepare(SEALED.map(([table, key, column]) =>
    `SELECT '${table}' AS "table", ${key} AS row, '${column}' AS "column", ${column} AS value FROM ${table}
     WHERE ${column} IS NOT NULL AND lower(hex(substr(${column}, 2, 8))) <> :key_id`).join(' UNION ALL '))
  const replace = new Map(SEALED.map(([table, key, column]) =>
    [`${table}.${column}`, database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ? AND ${column} = ?`)]))
  return {
    'meta.claim': ({ name, value }) => {
      claim.run(name, value)
      return read.get(name)?.['value'] as Uint8Array
    },
    'sealed.under_other_keys': (key_id) => others.all({ key_id }) as unknown as SealedCell[],
    'sealed.replace': ({ cell, value }) => void replace.get(`${cell.table}.${cell.column}`)?.run(value, cell.row, cell.value),
  }
}
