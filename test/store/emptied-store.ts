import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Secret } from '../../src/lib/secret.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import type { StoreUnderTest } from './contracts/store-under-test.ts'
import { bytesBeside, KEY_A } from './temporary-store.ts'

const BEGINNING_MS = 1_000_000

/** A store that outlives a test where the test left it usable: opening one takes much longer than most of what is tested on it. */
interface Reusable {
  readonly folder: string
  readonly path: string
  readonly store: Store
  readonly clock: { now: number }
  readonly openedWith: string
}

let idle: Reusable | undefined

/** An empty store, as `temporaryStore` gives; one whose test only used it is emptied and used again. */
export async function emptiedStore(): Promise<StoreUnderTest> {
  const reusable = idle ?? (await freshStore())
  idle = undefined
  const { store, clock, path } = reusable
  clock.now = BEGINNING_MS
  onTestFinished(() => giveBack(reusable))
  return {
    store, clock,
    stolen: () => Promise.resolve(bytesBeside(path)),
    reopen: async (keys = [KEY_A]) => {
      const other = await openAt(path, clock, keys)
      onTestFinished(() => other.close())
      return other
    },
  }
}

/** Closes and removes what is left for the next test; to be called when all have run. */
export async function closeIdleStore(): Promise<void> {
  if (idle !== undefined) await discard(idle)
  idle = undefined
}

async function giveBack(reusable: Reusable): Promise<void> {
  if (idle === undefined && reusable.store.open && keysOf(reusable.path) === reusable.openedWith) {
    empty(reusable.path)
    idle = reusable
  } else await discard(reusable)
}

async function discard({ store, folder }: Reusable): Promise<void> {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}

async function freshStore(): Promise<Reusable> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-store-'))
  const path = join(folder, 'store.db')
  const clock = { now: BEGINNING_MS }
  const store = await openAt(path, clock, [KEY_A])
  return { folder, path, store, clock, openedWith: keysOf(path) }
}

function openAt(path: string, clock: { readonly now: number }, keys: readonly [Secret, ...Secret[]]): Promise<Store> {
  return openSqliteStore({ path, keys, clock: { nowMs: () => clock.now, monotonicMs: () => clock.now } })
}

function keysOf(path: string): string {
  using database = new DatabaseSync(path)
  return JSON.stringify(database.prepare('SELECT name, hex(value) AS value FROM meta ORDER BY name').all())
}

function empty(path: string): void {
  using database = new DatabaseSync(path)
  database.exec('PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE')
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta' AND name NOT LIKE 'sqlite_%'`).all()
  for (const { name } of tables) database.exec(`DELETE FROM ${String(name)}`)
  database.exec('COMMIT')
}
