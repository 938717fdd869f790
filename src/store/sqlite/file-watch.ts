import { statSync } from 'node:fs'
import { StoreError } from '../store-error.ts'

/**
 * Notices that the file is no longer the one that was opened: SQLite would go on writing to one that nobody finds again, and what it calls
 * durable would be gone with the process.
 * @returns the check, for before each operation. @throws StoreError `store_unreachable`, from the check
 */
export function watchFile(path: string): () => void {
  const opened = identityOf(path)
  return () => {
    if (opened !== undefined && identityOf(path) === opened) return
    throw new StoreError('store_unreachable', `The store ${path} was removed or replaced while it was open: put it back, or start again.`)
  }
}

function identityOf(path: string): string | undefined {
  const facts = statSync(path, { throwIfNoEntry: false, bigint: true })
  return facts === undefined ? undefined : `${facts.dev}:${facts.ino}`
}
