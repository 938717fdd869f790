import type { DatabaseSync } from 'node:sqlite'
import { one } from './prepared.ts'

/** A person as they stand in the table. */
export interface PersonRow {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly name: string | null
  readonly email: string | null
  /** JSON array. */
  readonly groups: string
  readonly first_seen_at: number
  readonly last_seen_at: number
}

export interface PersonOperations {
  'people.sign_in': (row: Omit<PersonRow, 'first_seen_at' | 'last_seen_at'> & { now: number }) => PersonRow | undefined
  'people.get': (id: string) => PersonRow | undefined
}

/** The people's statements, prepared. */
export function personOperations(database: DatabaseSync): PersonOperations {
  const get = one<PersonRow>(database.prepare('SELECT * FROM people WHERE id = :id'))
  const signIn = one<PersonRow>(database.prepare(`INSERT INTO people (id, issuer, subject, name, email, "groups", first_seen_at, last_seen_at)
    VALUES (:id, :issuer, :subject, :name, :email, :groups, :now, :now)
    ON CONFLICT (id) DO UPDATE SET name = :name, email = :email, "groups" = :groups, last_seen_at = :now
      WHERE issuer = :issuer AND subject = :subject
    RETURNING *`))
  return { 'people.sign_in': signIn, 'people.get': (id) => get({ id }) }
}
