import type { DatabaseSync } from 'node:sqlite'
import { counted, one } from './prepared.ts'

/** A key as it stands in the table, sealed. */
export interface KeyRow {
  readonly name: string
  readonly value: Uint8Array
  readonly version: number
}

export interface KeyringOperations {
  /** Keeps the first that was ever given. */
  'keyring.claim': (row: Pick<KeyRow, 'name' | 'value'>) => KeyRow | undefined
  'keyring.get': (name: string) => KeyRow | undefined
  'keyring.replace': (row: KeyRow) => boolean
}

/** The keyring's statements, prepared. */
export function keyringOperations(database: DatabaseSync): KeyringOperations {
  const get = one<KeyRow>(database.prepare('SELECT * FROM keyring WHERE name = :name'))
  const insert = counted(database.prepare('INSERT INTO keyring (name, value, version) VALUES (:name, :value, 1) ON CONFLICT (name) DO NOTHING'))
  const update = counted(database.prepare('UPDATE keyring SET value = :value, version = version + 1 WHERE name = :name AND version = :version'))
  return {
    'keyring.claim': ({ name, value }) => {
      insert({ name, value })
      return get({ name })
    },
    'keyring.get': (name) => get({ name }),
    'keyring.replace': ({ name, value, version }) => (version === 0 ? insert({ name, value }) : update({ name, value, version })) > 0,
  }
}
