import { StoreError, type StoreErrorCode } from '../store-error.ts'

interface Meaning {
  readonly code: StoreErrorCode
  readonly text: (path: string) => string
}

const LOCKED = (path: string): string =>
  `The store ${path} is held by another process: stop the other Postern, or give each its own store.`
const UNREACHABLE = (path: string): string =>
  `The store ${path} cannot be opened for reading and writing: make its folder and file writable for this user.`

/** By primary result code (sqlite.org/rescode.html). */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  3: { code: 'store_unreachable', text: UNREACHABLE },
  5: { code: 'store_locked', text: LOCKED },
  6: { code: 'store_locked', text: LOCKED },
  8: { code: 'store_unreachable', text: UNREACHABLE },
  10: { code: 'store_unreachable', text: (path) => `The disk refused to read or write the store ${path}: check the disk, then start again.` },
  11: { code: 'store_corrupt', text: (path) => `The store ${path} is damaged: restore it from a backup, or remove it and connect again.` },
  13: { code: 'store_full', text: (path) => `The disk, or the store's own limit, is full at ${path}: make room; nothing that was stored is lost.` },
  14: { code: 'store_unreachable', text: UNREACHABLE },
  23: { code: 'store_unreachable', text: UNREACHABLE },
  26: { code: 'store_corrupt', text: (path) => `The file ${path} is not a Postern store: name another path, or remove the file.` },
}

/** Says in one sentence what SQLite's error means for the one who runs Postern. */
export function storeErrorOf(thrown: unknown, path: string): StoreError {
  if (thrown instanceof StoreError) return thrown
  const meaning = MEANINGS[primaryCode(thrown)]
  if (meaning !== undefined) return new StoreError(meaning.code, meaning.text(path), { cause: thrown })
  const text = `The store ${path} failed (SQLite code ${primaryCode(thrown)}): see the log, and report it.`
  return new StoreError('store_failed', text, { cause: thrown })
}

function primaryCode(thrown: unknown): number {
  const extended = thrown instanceof Error && 'errcode' in thrown ? thrown.errcode : undefined
  return typeof extended === 'number' ? extended & 0xff : 0
}
