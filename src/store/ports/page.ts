/** Which part of a long list is wanted. */
export interface PageWish {
  /** At most this many; 1 to 500. */
  readonly limit: number
  /** What `Page.next` of the part before said; undefined for the first. Adapters throw TypeError for anything else. */
  readonly after?: string | undefined
}

/** One part of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  /** Opaque; undefined where this was the last. */
  readonly next: string | undefined
}
