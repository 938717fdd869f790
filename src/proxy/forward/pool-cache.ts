import { LRUCache } from 'lru-cache'
import type { DialTarget } from '../../egress/dial.ts'
import type { Upstream } from '../../egress/upstream.ts'

/**
 * Upstream pools keyed by principal and origin, so that one delegation's answers can never arrive on another's connection.
 * Bounded: the least recently used pool is closed once its requests have ended.
 */
export class PoolCache {
  readonly #pools: LRUCache<string, Upstream>

  constructor(max: number) {
    this.#pools = new LRUCache({ max, dispose: (pool) => void pool.close().catch(() => undefined) })
  }

  /** @param owner the delegation's id, or the agent's where it acts for itself */
  get(owner: string, integration: string, target: DialTarget, open: () => Upstream): Upstream {
    const key = `${owner} ${integration} ${target.http2 === true ? 'h2 ' : ''}${target.tls ? 'https' : 'http'}://${target.host}:${target.port}`
    const known = this.#pools.get(key)
    if (known !== undefined) return known
    const pool = open()
    this.#pools.set(key, pool)
    return pool
  }

  get size(): number {
    return this.#pools.size
  }

  /** Ends every connection now. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools.values()]
    await Promise.allSettled(pools.map((pool) => pool.destroy()))
    this.#pools.clear()
  }
}
