import type { DatabaseSync } from 'node:sqlite'
import { counted, many, one } from './prepared.ts'

/** Where sealed values stand: table, row's key, column. */
const SEALED = [
  ['connections', 'id', 'access_token'],
  ['connections', 'id', 'refresh_token'],
  ['live_credentials', 'id', 'secret'],
  ['keyring', 'name', 'value'],
  ['records', 'name', 'payload'],
  ['meta', 'name', 'value'],
] as const

/** One sealed value and the place that it is bound to. */
export interface SealedCell {
  readonly table: (typeof SEALED)[number][0]
  readonly row: string
  readonly column: (typeof SEALED)[number][2]
  readonly value: Uint8Array
}

/** The cell after which the search goes on, as it was told. */
export type SealedMark = Omit<SealedCell, 'value'>

export interface SealedOperations {
  /** Keeps the first value that was ever given. */
  'meta.claim': (entry: { name: string; value: Uint8Array }) => Uint8Array
  /** Sealed values whose key is not this one (16 hex digits), at most `limit`, in the order of their places. */
  'sealed.under_other_keys': (search: { key_id: string; after: SealedMark | undefined; limit: number }) => SealedCell[]
  /** Changes nothing where a value is not `cell.value` any more. */
  'sealed.replace': (changes: readonly { cell: SealedCell; value: Uint8Array }[]) => undefined
}

/** The statements on sealed values of all tables, prepared. */
export function sealedOperations(database: DatabaseSync): SealedOperations {
  const claim = counted(database.prepare('INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING'))
  const read = one<{ value: Uint8Array }>(database.prepare('SELECT value FROM meta WHERE name = :name'))
  const replace = new Map(SEALED.map(([table, key, column]) =>
    [`${table}.${column}`, counted(database.prepare(`UPDATE ${table} SET ${column} = :value WHERE ${key} = :row AND ${column} = :old`))]))
  return {
    'meta.claim': ({ name, value }) => {
      claim({ name, value })
      return read({ name })?.value ?? value
    },
    'sealed.under_other_keys': searcher(database),
    'sealed.replace': (changes) => {
      for (const { cell, value } of changes) replace.get(`${cell.table}.${cell.column}`)?.({ value, row: cell.row, old: cell.value })
    },
  }
}

function searcher(database: DatabaseSync): SealedOperations['sealed.under_other_keys'] {
  // Bytes 2 to 9 of a sealed value name its key.
  const places = SEALED.map(([table, key, column]) => ({
    name: `${table}.${column}`,
    search: many<SealedCell>(database.prepare(`SELECT '${table}' AS "table", ${key} AS row, '${column}' AS "column", ${column} AS value
      FROM ${table} WHERE ${column} IS NOT NULL AND ${key} > :after AND substr(${column}, 2, 8) <> :key_id ORDER BY ${key} LIMIT :limit`)),
  }))
  return ({ key_id, after, limit }) => {
    const from = after === undefined ? 0 : places.findIndex(({ name }) => name === `${after.table}.${after.column}`)
    const found: SealedCell[] = []
    for (const [index, { search }] of places.slice(from).entries()) {
      const mark = index === 0 && after !== undefined ? after.row : ''
      if (found.length < limit) found.push(...search({ key_id: Buffer.from(key_id, 'hex'), after: mark, limit: limit - found.length }))
    }
    return found
  }
}
