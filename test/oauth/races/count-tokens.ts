import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import { fromJson } from '../../../src/store/redis/document-json.ts'

/** The refresh tokens of one session in the store, counted without their names, which nobody can read there. */
export interface CountedTokens {
  /** Not used up. */
  readonly good: number
  /** Used up, and followed by a successor. */
  readonly succeeded: number
}

/** Of every session that has any. @param path the embedded store's file, of no process by now */
export function countInFile(path: string): readonly CountedTokens[] {
  using database = new DatabaseSync(path, { readOnly: true })
  return database.prepare(`SELECT COUNT(*) FILTER (WHERE consumed_at IS NULL) AS good, COUNT(successor) AS succeeded
    FROM records WHERE kind = 'oauth:RefreshToken' GROUP BY grant_name`).all().map(({ good, succeeded }) => ({ good: Number(good), succeeded: Number(succeeded) }))
}

/** Of every session that has any: a session's other records, its codes, are used up and have no successor. */
export async function countInRedis(port: number): Promise<readonly CountedTokens[]> {
  const redis = new Redis({ host: '127.0.0.1', port, protocol: 2, disableClientInfo: true })
  try {
    const grants = await redis.keys('{postern}:shorts:grant:*')
    return await Promise.all(grants.map(async (grant) => {
      const documents = await Promise.all((await redis.smembers(grant)).map((id) => redis.hget(`{postern}:short:${id}`, 'doc')))
      const read = documents.filter((text) => text !== null).map((text) => fromJson(text) as { readonly consumedAtMs?: number, readonly succeeded: boolean })
      return { good: read.filter(({ consumedAtMs }) => consumedAtMs === undefined).length, succeeded: read.filter(({ succeeded }) => succeeded).length }
    }))
  } finally {
    redis.disconnect()
  }
}
