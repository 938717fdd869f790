import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/open-sqlite-store.ts'
import type { StoreUnderTest } from './contract.ts'

export const KEY_A = new Secret('a1'.repeat(31) + '00')
export const KEY_B = new Secret('b2'.repeat(31) + '00')

/** A folder of this test alone; removed when it has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A store in a folder of its own, with a clock that stands still; everything is closed when the test has finished. */
export async function temporaryStore(options: Partial<SqliteStoreOptions> = {}): Promise<StoreUnderTest & { readonly path: string }> {
  const path = join(temporaryFolder(), 'store.db')
  const clock = { now: 1_000_000 }
  const reopen = async (): Promise<Store> => {
    const store = await openSqliteStore({ path, keys: [KEY_A], clock: { nowMs: () => clock.now, monotonicMs: () => clock.now }, ...options })
    onTestFinished(() => store.close())
    return store
  }
  return { store: await reopen(), clock, reopen, path }
}
