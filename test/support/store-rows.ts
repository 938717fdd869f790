import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { join } from 'node:path'

/** A row of the store's file as SQLite has it. */
export type StoreRow = Readonly<Record<string, SQLInputValue>>

/**
 * Puts changed copies of one row into the store of a world that runs: many things, or things in a state that takes long to get into.
 * What reads the store sees them at once; the live copy of the proxy does not.
 */
export function copyRow(world: { readonly directory: string }, table: 'delegations' | 'connections', id: string, copies: readonly StoreRow[]): void {
  using database = new DatabaseSync(join(world.directory, 'postern.db'))
  database.exec('PRAGMA busy_timeout = 5000')
  const row = database.prepare(`SELECT * FROM ${table} WHERE id = ?`).get(id)
  if (row === undefined) throw new Error(`${table} has no ${id}`)
  // What orders the rows is the store's own to give.
  const columns = Object.keys(row).filter((column) => column !== 'seq')
  const insert = database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
  database.exec('BEGIN IMMEDIATE')
  for (const copy of copies) insert.run(...columns.map((column) => column in copy ? copy[column] ?? null : row[column] ?? null))
  database.exec('COMMIT')
}
