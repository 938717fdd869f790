import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/open-sqlite-store.ts'
import { KEYS, type StoreUnderTest } from './contracts/store-under-test.ts'

export const KEY_A = new Secret(KEYS[0])
export const KEY_B = new Secret(KEYS[1])

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
  const reopen = async (keys: readonly [Secret, ...Secret[]] = [KEY_A]): Promise<Store> => {
    const store = await openSqliteStore({ path, keys, clock: { nowMs: () => clock.now, monotonicMs: () => clock.now }, ...options })
    onTestFinished(() => store.close())
    return store
  }
  return { store: await reopen(), clock, reopen, path, stolen: () => Promise.resolve(bytesBeside(path)) }
}

/** The file, its write-ahead log and whatever else lies in its folder. */
export function bytesBeside(path: string): Buffer {
  return Buffer.concat(readdirSync(dirname(path)).map((file) => readFileSync(join(dirname(path), file))))
}
