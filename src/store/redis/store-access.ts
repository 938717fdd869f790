import type { Clock } from '../../lib/clock.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { KeySpace } from './key-space.ts'
import type { RedisLink } from './redis-link.ts'
import type { Sealing } from './sealing.ts'

/** What every part of the Redis store works with. */
export interface StoreAccess {
  readonly link: RedisLink
  readonly feed: ChangeFeed
  readonly key: KeySpace
  readonly sealing: Sealing
  readonly clock: Clock
}
