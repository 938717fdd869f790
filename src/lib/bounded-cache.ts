import { LRUCache } from 'lru-cache'

/** A map that forgets the least recently used entry beyond `max`. */
export class BoundedCache<V extends object> {
  readonly #entries: LRUCache<string, V>

  /** @param onEvicted told of what had to go for want of room, not of what was deleted or replaced */
  constructor(max: number, onEvicted?: (value: V, key: string) => void) {
    this.#entries = new LRUCache<string, V>({
      max,
      ...(onEvicted === undefined ? {} : { disposeAfter: (value, key, reason) => { if (reason === 'evict') onEvicted(value, key) } }),
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Counts as a use. */
  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    this.#entries.set(key, value)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  /** A copy: the cache may change while it is walked. */
  values(): V[] {
    return [...this.#entries.values()]
  }
}
