import { asApiError, type ApiError } from '../api/api-error.ts'
import { dayOf, withDays, type Item } from './days.ts'
import { newcomers, type Newcomers } from './newcomers.ts'
import { PageLayout, type ListPage } from './page-layout.ts'
import type { Entry, RecordSource } from './record-source.ts'

/** As many as the API gives at once. */
export const PART = 500
/** Enough for the first look: it is there sooner. */
export const FIRST_PART = 100
/** So many lines are read before they come into view. */
const AHEAD = 400
/** Parts that are kept beside the first; what is farther away is read again. */
const KEPT = 7
/** So many lines a browser can lay out (Firefox ends at 17.9 million pixels); older records are reached by a filter. */
export const MAX_LINES = 200_000
/** With more than this in the first part the list is begun anew. */
const MAX_FIRST = 2_000
const MAX_HELD = 500
const AT_ONCE = 2

/**
 * The records of one filter, newest first, as lines that are had by their number. Parts are read by cursor when they come near the view, and
 * dropped when they are far from it; new records wait until they are taken in.
 */
export class RecordList {
  readonly #source: RecordSource
  readonly #listeners = new Set<() => void>()
  readonly #abort = new AbortController()
  readonly #reading = new Set<number>()
  #pages: ListPage[] = []
  #layout = new PageLayout([])
  /** Of the first part, which grows. */
  #first: readonly Entry[] = []
  #held: readonly Entry[] = []
  #tooManyHeld = false
  /** Undefined before the first part came. */
  #next: string | null | undefined
  #error: ApiError | undefined
  #view: readonly [first: number, last: number] = [0, 0]
  #movedLines = 0
  #round = 0

  constructor(source: RecordSource) {
    this.#source = source
  }

  /** Lines so far. */
  get count(): number {
    return this.#layout.count
  }

  /** Whether the first part has come. */
  get hasBegun(): boolean {
    return this.#next !== undefined
  }

  /** Whether the oldest record is in. */
  get isComplete(): boolean {
    return this.#next === null
  }

  /** Whether it ends here although there are older ones. */
  get isFull(): boolean {
    return this.#next !== null && this.count >= MAX_LINES
  }

  /** Why the last reading failed; what was read before is still here. */
  get error(): ApiError | undefined {
    return this.#error
  }

  /** New records that wait. */
  get held(): { readonly count: number; readonly isMore: boolean } {
    return { count: this.#held.length, isMore: this.#tooManyHeld }
  }

  /** How many lines everything has moved down so far by what came in above, and how often the list was begun. */
  get moved(): { readonly lines: number; readonly round: number } {
    return { lines: this.#movedLines, round: this.#round }
  }

  /** Records that are in memory. */
  get kept(): number {
    return this.#pages.reduce((sum, { items }) => sum + (items?.length ?? 0), 0)
  }

  /** @returns undefined while its part is being read, and where there is none */
  itemAt(index: number): Item | undefined {
    const page = this.#layout.pageOf(index)
    return this.#pages[page]?.items?.[index - this.#layout.startOf(page)]
  }

  /** Told of each change. @returns the unsubscribe function */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Says which lines are in view: what is near is read, what is far is dropped. */
  look(first: number, last: number): void {
    this.#view = [first, last]
    if (this.#error === undefined) this.#readNear()
  }

  /** Tries again what failed. */
  retry(): void {
    this.#error = undefined
    this.#readNear()
    this.#tell()
  }

  /**
   * Looks for new records; they wait until `takeIn`.
   * @returns whether the record of this id is in, or waits
   */
  async lookForNew(id?: string): Promise<boolean> {
    if (!this.hasBegun) return true
    const known = new Set([...this.#first, ...this.#held].map(({ record }) => record.id))
    const { entries, isMore }: Newcomers = await newcomers(this.#source, known, this.#abort.signal)
    const fresh = entries.filter((entry) => this.#isAbove(entry))
    if (fresh.length > 0 || isMore) {
      this.#tooManyHeld ||= isMore || this.#held.length + fresh.length > MAX_HELD
      this.#held = inOrder([...fresh, ...this.#held]).slice(0, MAX_HELD)
      this.#tell()
    }
    return id === undefined || known.has(id) || fresh.some(({ record }) => record.id === id) || isMore
  }

  /** Puts the new records at the top; begins anew where they are too many. @returns how many lines everything moved down */
  takeIn(): number {
    if (this.#held.length === 0) return 0
    if (this.#tooManyHeld || this.#first.length + this.#held.length > MAX_FIRST) {
      this.#read(0, () => this.#readFirst())
      return 0
    }
    const before = this.#pages[0]?.size ?? 0
    this.#setFirst(inOrder([...this.#held, ...this.#first]))
    this.#held = []
    const lines = (this.#pages[0]?.size ?? 0) - before
    this.#movedLines += lines
    this.#tell()
    return lines
  }

  /** Reads nothing more. */
  close(): void {
    this.#abort.abort()
    this.#listeners.clear()
  }

  #readNear(): void {
    if (this.#next === undefined) {
      this.#read(0, () => this.#readFirst())
      return
    }
    const [first, last] = this.#view
    const [from, to] = [this.#layout.pageOf(Math.max(0, first - AHEAD)), this.#layout.pageOf(last + AHEAD)]
    this.#drop(from, to)
    for (let page = from; page <= to; page += 1) if (this.#pages[page]?.items === undefined && this.#pages[page] !== undefined) this.#read(page, () => this.#readAgain(page))
    if (this.#next !== null && last + AHEAD >= this.count && !this.isFull) this.#read(this.#pages.length, () => this.#readNext())
  }

  /** Each part once at a time, and few at once; when one is in, what is near by then: whoever drags through the list passes most by. */
  #read(page: number, read: () => Promise<void>): void {
    if (this.#reading.has(page) || this.#reading.size >= AT_ONCE || this.#abort.signal.aborted) return
    this.#reading.add(page)
    read().then(() => { this.#error = undefined }, (error: unknown) => { this.#error = asApiError(error) }).finally(() => {
      this.#reading.delete(page)
      if (this.#abort.signal.aborted) return
      this.#tell()
      if (this.#error === undefined) this.#readNear()
    })
  }

  async #readFirst(): Promise<void> {
    const { entries, next } = await this.#source.part({ limit: FIRST_PART, signal: this.#abort.signal })
    this.#pages = []
    this.#round += 1
    this.#held = []
    this.#tooManyHeld = false
    this.#next = next
    this.#setFirst(entries)
    this.#tell()
  }

  async #readNext(): Promise<void> {
    const after = this.#next ?? undefined
    const { entries, next } = await this.#source.part({ limit: PART, after, signal: this.#abort.signal })
    if (after !== this.#next) return
    const items = withDays(entries, this.#pages.at(-1)?.lastDay)
    this.#pages.push({ after, size: items.length, items, lastDay: lastDayOf(entries) ?? this.#pages.at(-1)?.lastDay })
    this.#next = next
    this.#lay()
  }

  async #readAgain(number: number): Promise<void> {
    const page = this.#pages[number]
    if (page === undefined) return
    const { entries } = await this.#source.part({ limit: PART, after: page.after, signal: this.#abort.signal })
    // The list was begun anew meanwhile.
    if (this.#pages[number] !== page) return
    // The oldest may have been forgotten since; the lines below stay where they are.
    const items = withDays(entries, this.#pages[number - 1]?.lastDay).slice(0, page.size)
    this.#pages[number] = { ...page, items }
  }

  #setFirst(entries: readonly Entry[]): void {
    this.#first = entries
    const items = withDays(entries, undefined)
    this.#pages[0] = { after: undefined, size: items.length, items, lastDay: lastDayOf(entries) }
    this.#lay()
  }

  /** Whether a record belongs to the first part, rather than to those below. */
  #isAbove(entry: Entry): boolean {
    const last = this.#first.at(-1)
    return last === undefined || (this.#next === null && this.#pages.length === 1) || compareEntries(entry, last) < 0
  }

  /** What is far from the view goes; never the first part, which no cursor gives again. */
  #drop(from: number, to: number): void {
    const kept = this.#pages.flatMap(({ items }, number) => (items === undefined || number === 0 ? [] : [number]))
    if (kept.length <= KEPT) return
    const distance = (page: number): number => Math.max(from - page, page - to, 0)
    for (const number of kept.toSorted((a, b) => distance(b) - distance(a)).slice(0, kept.length - KEPT)) {
      const page = this.#pages[number]
      if (page !== undefined && distance(number) > 0) this.#pages[number] = { ...page, items: undefined }
    }
  }

  #lay(): void {
    this.#layout = new PageLayout(this.#pages)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function lastDayOf(entries: readonly Entry[]): string | undefined {
  const last = entries.at(-1)
  return last === undefined ? undefined : dayOf(last.record.ts)
}

function inOrder(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted(compareEntries)
}

/** Newest first, as the API orders them. */
function compareEntries(a: Entry, b: Entry): number {
  return Date.parse(b.record.ts) - Date.parse(a.record.ts) || compare(b.chain, a.chain) || b.record.seq - a.record.seq
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
