import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { migrate } from '../../src/store/sqlite/migrations.ts'
import { root, sourceFiles } from './source-tree.ts'

const text = readFileSync(join(root, 'docs', 'storage.md'), 'utf8')

/** Table -> its columns, as a new store has them. */
function tables(): ReadonlyMap<string, readonly string[]> {
  const database = new DatabaseSync(':memory:')
  migrate(database, ':memory:')
  const names = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all().map(({ name }) => String(name))
  const found = new Map(names.map((name) => [name, database.prepare('SELECT name FROM pragma_table_info(?)').all(name).map((row) => String(row['name']))]))
  database.close()
  return found
}

describe('docs/storage.md', () => {
  const real = tables()
  const rows = new Map([...text.matchAll(/^\| `([a-z_]+)` \| (`[^|]+) \|$/gm)].map(([, table = '', columns = '']) => [table, columns]))

  it('finds the tables at all', () => expect(real.size).toBeGreaterThan(8))

  for (const [table, columns] of real) {
    it(`tells every column of ${table}, and no other`, () => {
      const told = [...(rows.get(table) ?? '').replaceAll(/\([^)]*\)/g, '').matchAll(/`([a-z_]+)`/g)].map(([, column]) => column)
      expect(told.toSorted()).toEqual(columns.toSorted())
    })
  }

  it('names every kind of key that Redis has', () => {
    const kinds = sourceFiles('src/store/redis').flatMap((file) =>
      [...file.text.matchAll(/(?:access\.key\(|(?<![#\w.])key\(|new Records(?:<[^>]*>)?\(\w+, )'([a-z]+)'/g)].map(([, kind = '']) => kind))
    expect(new Set(kinds).size).toBeGreaterThan(10)
    expect([...new Set(kinds)].filter((kind) => !new RegExp(`\`${kind}(?:\`|:)`).test(text))).toEqual([])
  })
})
