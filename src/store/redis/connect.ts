import type { Timers } from '../../lib/timers.ts'
import type { StoreError } from '../store-error.ts'
import type { RedisClient } from './redis-client.ts'
import { redisStoreError } from './redis-error.ts'

/** What no further attempt makes better. */
const HOPELESS = /\b(?:WRONGPASS|NOAUTH|NOPERM)\b|invalid (?:username-password|password)/

/**
 * Connects for the first time, as often as it takes within the time; from then on the client comes back by itself.
 * @throws StoreError: what the last attempt met
 */
export async function connect(client: RedisClient, timers: Timers, limitMs: number): Promise<void> {
  let last: unknown = new Error('no attempt has ended')
  try {
    await new Promise<void>((resolve, reject) => {
      const cancel = timers.after(limitMs, () => reject(refusal(last)))
      client.once('ready', () => {
        cancel()
        resolve()
      })
      client.on('error', (error: unknown) => {
        last = error
        if (HOPELESS.test(messageOf(error))) reject(refusal(error))
      })
      client.connect().catch((error: unknown) => {
        last = error
      })
    })
  } catch (error) {
    client.disconnect()
    throw error
  }
}

const AGAIN_MS = 200

/**
 * A client tries again by itself, but ends for good where one of its parts gives up, a connector for one: then it is begun anew.
 * @returns lets it end
 */
export function keepConnected(client: RedisClient, timers: Timers): () => void {
  let wanted = true
  const again = (): void => {
    if (wanted && client.status === 'end') client.connect().catch(() => undefined)
  }
  client.on('end', () => void timers.after(AGAIN_MS, again))
  return () => {
    wanted = false
  }
}

function refusal(error: unknown): StoreError {
  return redisStoreError(nodeError(error), 'read')
}

/** A cluster says only that it could not be reached; why, is what its last node said. */
function nodeError(error: unknown): unknown {
  return error instanceof Error && 'lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : error
}

function messageOf(error: unknown): string {
  const cause = nodeError(error)
  return cause instanceof Error ? cause.message : ''
}
