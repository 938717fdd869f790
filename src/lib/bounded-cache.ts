import { LRUCache } from 'lru-cache'

/** A map that forgets the least recently used entry beyond `max`. */
export class BoundedCache<V extends object> {
  readonly #max: number
  readonly #onEvicted: ((value: V, key: string) => void) | undefined
  /** Room for `max` is taken all at once: only when there is something to keep. */
  #entries: LRUCache<string, V> | undefined

  /** @param onEvicted told of what had to go for want of room, not of what was deleted or replaced */
  constructor(max: number, onEvicted?: (value: V, key: string) => void) {
    if (!Number.isInteger(max) || max < 1) throw new TypeError('a cache holds at least one entry')
    this.#max = max
    this.#onEvicted = onEvicted
  }

  get size(): number {
    return this.#entries?.size ?? 0
  }

  /** Counts as a use. */
  get(key: string): V | undefined {
    return this.#entries?.get(key)
  }

  set(key: string, value: V): void {
    const entries = (this.#entries ??= open(this.#max, this.#onEvicted))
    entries.set(key, value)
  }

  delete(key: string): void {
    this.#entries?.delete(key)
  }

  /** A copy: the cache may change while it is walked. */
  values(): V[] {
    return [...(this.#entries?.values() ?? [])]
  }
}

function open<V extends object>(max: number, onEvicted: ((value: V, key: string) => void) | undefined): LRUCache<string, V> {
  return new LRUCache<string, V>({
    max,
    ...(onEvicted === undefined ? {} : { disposeAfter: (value, key, reason) => { if (reason === 'evict') onEvicted(value, key) } }),
  })
}
