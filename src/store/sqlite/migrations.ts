import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store-error.ts'
import { AUDIT_SERIES } from './migration-audit.ts'
import { AUTHORITY } from './migration-authority.ts'

/** One script a version; a script that was released is never changed. */
const SCRIPTS: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
   CREATE TABLE connections (
     id TEXT PRIMARY KEY,
     integration TEXT NOT NULL,
     owner TEXT NOT NULL,
     label TEXT NOT NULL,
     scopes TEXT NOT NULL,
     access_token BLOB,
     access_expires_at INTEGER,
     refresh_token BLOB,
     imported TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('active', 'reauth_required', 'revoked')),
     state_reason TEXT,
     intent_holder TEXT,
     intent_started_at INTEGER,
     intent_lease_until INTEGER,
     intent_unfinished INTEGER NOT NULL DEFAULT 0,
     version INTEGER NOT NULL,
     generation INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL,
     UNIQUE (integration, owner, label)
   ) STRICT;
   CREATE TABLE live_credentials (
     id TEXT PRIMARY KEY,
     integration TEXT NOT NULL,
     secret BLOB NOT NULL,
     expires_at INTEGER NOT NULL
   ) STRICT;`,
  AUTHORITY,
  AUDIT_SERIES,
]

/**
 * Brings the tables to this program's form, in one transaction that two starting processes cannot share.
 * @throws StoreError `store_newer`
 */
export function migrate(database: DatabaseSync, path: string): void {
  if (versionOf(database) === SCRIPTS.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = versionOf(database)
    if (version > SCRIPTS.length) {
      throw new StoreError('store_newer',
        `The store ${path} was written by a newer Postern (form ${version}, known ${SCRIPTS.length}): run that version or newer.`)
    }
    for (const script of SCRIPTS.slice(version)) database.exec(script)
    database.exec(`PRAGMA user_version = ${SCRIPTS.length}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}
