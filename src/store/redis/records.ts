import { randomBytes } from 'node:crypto'
import type { Secret } from '../../lib/secret.ts'
import { StoreError } from '../store-error.ts'
import type { Commit } from './commit.ts'
import { fromJson, toJson } from './document-json.ts'
import type { StoreAccess } from './store-access.ts'

/** A record as it was read. */
export interface Stored<D> {
  readonly id: string
  /** Another with every change, and never one again: what a change is conditional on. */
  readonly revision: string
  readonly document: D
  /** Sealed values by column. */
  readonly cells: Readonly<Record<string, string>>
}

/** Sealed columns that are written; undefined empties one. */
export type Cells = Readonly<Record<string, Secret | undefined>>

const CELL = 's:'

/**
 * One kind of record, each a hash: `rev`, `doc` (JSON, in the clear), `s:COLUMN` (sealed) and `k` (the key they were sealed with).
 * Nothing is changed but on the condition that the revision is still the one that was read.
 */
export class Records<D> {
  readonly #access: StoreAccess
  readonly #table: string

  constructor(access: StoreAccess, table: string) {
    this.#access = access
    this.#table = table
  }

  key(id: string): string {
    return this.#access.key(this.#table, id)
  }

  async get(id: string): Promise<Stored<D> | undefined> {
    return (await this.getAll([id]))[0]
  }

  /** In the order of the ids; undefined where there is none. */
  async getAll(ids: readonly string[]): Promise<readonly (Stored<D> | undefined)[]> {
    const hashes = await this.#access.link.readHashes(ids.map((id) => this.key(id)))
    return hashes.map((hash, at) => stored<D>(ids[at] ?? '', hash))
  }

  /** Without what is sealed. */
  async head(id: string): Promise<Stored<D> | undefined> {
    const [revision, document] = await this.#access.link.read('hmget', this.key(id), 'rev', 'doc') as (string | null)[]
    return typeof revision === 'string' && typeof document === 'string'
      ? { id, revision, document: fromJson(document) as D, cells: {} } : undefined
  }

  /** Writes the record, where it still is what `before` was; without `before`, where there is none. */
  put(commit: Commit, id: string, before: Stored<D> | undefined, document: D, cells?: Cells): void {
    const fields = ['rev', randomBytes(9).toString('base64url'), 'doc', toJson(document)]
    if (cells !== undefined) fields.push('k', this.#access.sealing.keyId, ...this.#sealed(id, cells))
    commit.requireRevision(this.key(id), before?.revision).add('HSET', this.key(id), ...fields)
  }

  /** Removes the record, where it still is what it was. */
  remove(commit: Commit, before: Stored<D>): void {
    commit.requireRevision(this.key(before.id), before.revision).add('DEL', this.key(before.id))
  }

  /** @throws StoreError where the value was sealed with another key, changed or moved */
  open({ id, cells }: Stored<D>, column: string): Secret | undefined {
    const sealed = cells[column]
    return sealed === undefined || sealed === '' ? undefined : this.#access.sealing.open(sealed, { table: this.#table, row: id, column })
  }

  /** Under which key what is sealed in this record was sealed; undefined where nothing is, or there is no such record. */
  async keyIdsOf(ids: readonly string[]): Promise<readonly (string | undefined)[]> {
    const found = await Promise.all(ids.map((id) => this.#access.link.read('hget', this.key(id), 'k')))
    return found.map((keyId) => (typeof keyId === 'string' ? keyId : undefined))
  }

  /** Seals all columns anew with the key that is in force, where the record still is what it was. */
  reseal(commit: Commit, before: Stored<D>): void {
    const columns = Object.keys(before.cells)
    this.put(commit, before.id, before, before.document, Object.fromEntries(columns.map((column) => [column, this.open(before, column)])))
  }

  #sealed(id: string, cells: Cells): string[] {
    return Object.entries(cells).flatMap(([column, secret]) =>
      [CELL + column, secret === undefined ? '' : this.#access.sealing.seal(secret, { table: this.#table, row: id, column })])
  }
}

function stored<D>(id: string, hash: ReadonlyMap<string, string>): Stored<D> | undefined {
  const [revision, document] = [hash.get('rev'), hash.get('doc')]
  if (revision === undefined || document === undefined) return undefined
  const cells = [...hash].filter(([field]) => field.startsWith(CELL)).map(([field, value]) => [field.slice(CELL.length), value] as const)
  return { id, revision, document: fromJson(document) as D, cells: Object.fromEntries(cells) }
}

/** What an attempt answers where somebody else changed in between what it had read. */
export const OVERTAKEN = Symbol('overtaken')

/** Somebody wins in every round: so many in a row are no accident. */
const MAX_ROUNDS = 200

/**
 * Reads, decides and commits until nobody came in between.
 * @throws StoreError `store_overloaded` after 200 rounds
 */
export async function settled<T>(attempt: () => Promise<T | typeof OVERTAKEN>): Promise<T> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = await attempt()
    if (result !== OVERTAKEN) return result
  }
  throw new StoreError('store_overloaded', 'Too many callers change the same record at once: try again.')
}
