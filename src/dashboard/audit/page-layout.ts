import type { Item } from './days.ts'

/** One part of the list: where it is to be had from again, how many lines it has, and those, while they are kept. */
export interface ListPage {
  readonly after: string | undefined
  readonly size: number
  readonly items: readonly Item[] | undefined
  /** The day of its last record. */
  readonly lastDay: string | undefined
}

/** Which lines stand where, over parts of different lengths. */
export class PageLayout {
  readonly #starts: readonly number[]
  readonly count: number

  constructor(pages: readonly ListPage[]) {
    const starts: number[] = []
    let count = 0
    for (const { size } of pages) {
      starts.push(count)
      count += size
    }
    this.#starts = starts
    this.count = count
  }

  /** The number of the page that has this line; O(log pages). */
  pageOf(index: number): number {
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.startOf(middle) <= index) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The line with which a page begins. */
  startOf(page: number): number {
    return this.#starts[page] ?? 0
  }
}
