import type { DatabaseSync } from 'node:sqlite'
import type { Consumption } from '../ports/short-lived.ts'
import { counted, one } from './prepared.ts'

/** A short-lived record as it stands in the table: its names as digests, its payload sealed. */
export interface RecordRow {
  readonly name: string
  readonly kind: string
  readonly grant_name: string | null
  readonly uid: string | null
  readonly user_code: string | null
  readonly payload: Uint8Array
  readonly expires_at: number
  readonly consumed_at: number | null
  /** Whose attempt was the last, and when it began. */
  readonly holder: string | null
  readonly attempted_at: number | null
  readonly successor: string | null
}

type Draft = Omit<RecordRow, 'consumed_at' | 'holder' | 'attempted_at' | 'successor'> & { readonly now: number }
type Name = { readonly name: string; readonly now: number }

export interface RecordOperations {
  'records.put': (draft: Draft) => undefined
  'records.put_new': (draft: Draft) => boolean
  'records.find': (name: Name) => RecordRow | undefined
  'records.find_by_uid': (name: Name) => RecordRow | undefined
  'records.find_by_user_code': (name: Name) => RecordRow | undefined
  'records.consume': (attempt: Name & { holder: string; lease: number | null }) => Consumption
  'records.put_successor': (draft: Draft & { predecessor: string; holder: string; note: string }) => boolean
  'records.remove': (name: string) => undefined
  'records.remove_by_grant': (grant: string) => undefined
  'records.sweep': (bound: { now: number; limit: number }) => number
}

const COLUMNS = 'name, kind, grant_name, uid, user_code, payload, expires_at'
const VALUES = COLUMNS.replaceAll(/\w+/g, ':$&')
/** One that is over is as good as gone: what takes its name begins anew. */
const ANEW = `grant_name = :grant_name, uid = :uid, user_code = :user_code, payload = :payload, expires_at = :expires_at,
  consumed_at = NULL, holder = NULL, attempted_at = NULL, successor = NULL WHERE records.expires_at <= :now`

/** The short-lived records' statements, prepared; each condition is the whole of its compare-and-set. */
export function recordOperations(database: DatabaseSync): RecordOperations {
  const putNew = counted(database.prepare(`INSERT INTO records (${COLUMNS}) SELECT ${VALUES} WHERE :expires_at > :now
    ON CONFLICT (name) DO UPDATE SET ${ANEW}`))
  const forget = counted(database.prepare('DELETE FROM records WHERE name = :name'))
  const forgetGrant = counted(database.prepare('DELETE FROM records WHERE grant_name = :grant'))
  const sweep = counted(database.prepare(`DELETE FROM records WHERE rowid IN
    (SELECT rowid FROM records WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit)`))
  return {
    'records.put': putter(database),
    'records.put_new': (draft) => putNew(draft) > 0,
    'records.find': finder(database, 'name'),
    'records.find_by_uid': finder(database, 'uid'),
    'records.find_by_user_code': finder(database, 'user_code'),
    'records.consume': consumer(database),
    'records.put_successor': succeeder(database),
    'records.remove': (name) => void forget({ name }),
    'records.remove_by_grant': (grant) => void forgetGrant({ grant }),
    'records.sweep': sweep,
  }
}

function finder(database: DatabaseSync, column: 'name' | 'uid' | 'user_code'): RecordOperations['records.find'] {
  return one<RecordRow>(database.prepare(`SELECT * FROM records WHERE ${column} = :name AND expires_at > :now ORDER BY rowid DESC LIMIT 1`))
}

function putter(database: DatabaseSync): RecordOperations['records.put'] {
  const begin = counted(database.prepare(`INSERT INTO records (${COLUMNS}) SELECT ${VALUES} WHERE :expires_at > :now
    ON CONFLICT (name) DO UPDATE SET ${ANEW}`))
  const replace = counted(database.prepare(`UPDATE records
    SET grant_name = :grant_name, uid = :uid, user_code = :user_code, payload = :payload, expires_at = :expires_at WHERE name = :name`))
  return ({ now, kind, ...draft }) => {
    if (begin({ ...draft, kind, now }) === 0) replace(draft)
  }
}

function consumer(database: DatabaseSync): RecordOperations['records.consume'] {
  const find = finder(database, 'name')
  const first = counted(database.prepare(`UPDATE records SET consumed_at = :now, attempted_at = :now, holder = :holder
    WHERE name = :name AND expires_at > :now AND consumed_at IS NULL`))
  const takeOver = counted(database.prepare(`UPDATE records SET attempted_at = :now, holder = :holder
    WHERE name = :name AND expires_at > :now AND consumed_at IS NOT NULL AND successor IS NULL AND attempted_at + :lease <= :now`))
  return ({ lease, ...attempt }) => {
    if (first(attempt) > 0) return 'first'
    if (lease !== null && takeOver({ ...attempt, lease }) > 0) return 'taken_over'
    return find({ name: attempt.name, now: attempt.now }) === undefined ? 'missing' : 'consumed'
  }
}

function succeeder(database: DatabaseSync): RecordOperations['records.put_successor'] {
  const insert = counted(database.prepare(`INSERT INTO records (${COLUMNS}) SELECT ${VALUES} WHERE :expires_at > :now AND EXISTS
      (SELECT 1 FROM records WHERE name = :predecessor AND holder = :holder AND consumed_at IS NOT NULL AND successor IS NULL AND expires_at > :now)
    ON CONFLICT (name) DO UPDATE SET ${ANEW}`))
  const note = counted(database.prepare('UPDATE records SET successor = :note WHERE name = :predecessor'))
  return ({ note: text, ...draft }) => {
    const stored = insert(draft) > 0
    if (stored) note({ note: text, predecessor: draft.predecessor })
    return stored
  }
}
