import { randomUUID } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Changes, StoreChange } from '../ports/changes.ts'
import type { Commit } from './commit.ts'
import { OwnChanges } from './own-changes.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisLink } from './redis-link.ts'
import type { RedisTimings } from './redis-settings.ts'

/** What the feed works with. */
export interface ChangeFeedOptions {
  /** All changes go through it. */
  readonly link: RedisLink
  /** A connection of the feed's own: it waits in Redis for what comes next. */
  readonly reader: RedisClient
  readonly stream: string
  readonly clock: Clock
  readonly timers: Timers
  readonly timings: RedisTimings
  /** A listener threw. */
  readonly onDefect: (error: unknown) => void
}

type Entry = readonly [id: string, fields: readonly string[]]

/** A reader that is further behind reads everything again. */
const KEPT_ENTRIES = 10_000
const READ_AT_ONCE = 500
const RETRY_MS = 100

/**
 * Changes as entries of one stream, each added by the script that makes the change. The last entry that was read is looked for with every
 * read: where it is gone (trimmed, lost in a failover, flushed) changes may have been missed, and listeners are told `all`.
 */
export class ChangeFeed implements Changes {
  readonly #options: ChangeFeedOptions
  readonly #listeners = new Set<(change: StoreChange) => void>()
  readonly #own = new OwnChanges()
  readonly #origin = randomUUID()
  #sent = 0
  #last = ''
  #heardAtMs = 0
  #closed = false
  #reading: Promise<void> = Promise.resolve()

  constructor(options: ChangeFeedOptions) {
    this.#options = options
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    // Wrapped, so that the same function may listen twice.
    const entry = (change: StoreChange): void => listener(change)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  silentForMs(): number {
    return Math.max(0, this.#options.clock.monotonicMs() - this.#heardAtMs)
  }

  /** Carries out a change together with its telling. @returns whether it was made. @throws StoreError */
  async commit(commit: Commit, changes: readonly StoreChange[]): Promise<boolean> {
    const { link, stream } = this.#options
    const token = `${this.#origin}:${++this.#sent}`
    commit.add('XADD', stream, 'MAXLEN', '~', KEPT_ENTRIES, '*', 'token', token, 'changes', JSON.stringify(changes))
    this.#own.sent(token)
    const made = await link.commit(commit).catch((error: unknown) => {
      this.#own.unanswered(token)
      throw error
    })
    if (!made) this.#own.unanswered(token)
    else if (this.#own.answered(token)) this.#tell(changes)
    return made
  }

  /** @throws StoreError */
  async start(): Promise<void> {
    this.#heardAtMs = this.#options.clock.monotonicMs()
    this.#last = await this.#mark()
    this.#reading = this.#readOn()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#options.reader.disconnect()
    await this.#reading
  }

  async #readOn(): Promise<void> {
    while (!this.#closed) {
      const askedAtMs = this.#options.clock.monotonicMs()
      try {
        await this.#readNext()
        // Not the time of the answer: that may have been on its way for long.
        this.#heardAtMs = askedAtMs
      } catch {
        if (!this.#closed) await this.#pause()
      }
    }
  }

  /** Both commands in one go: whether the last entry is still there is answered after the wait, by the same server. */
  async #readNext(): Promise<void> {
    const { reader, stream, timings } = this.#options
    const next = reader.call('xread', 'COUNT', READ_AT_ONCE, 'BLOCK', timings.heartbeatMs, 'STREAMS', stream, this.#last)
    const last = reader.call('xrange', stream, this.#last, this.#last)
    const [found, anchor] = await this.#inTime(Promise.all([next, last])) as [readonly (readonly [string, readonly Entry[]])[] | null, readonly Entry[]]
    if (anchor.length === 0) return this.#jump()
    for (const entry of found?.[0]?.[1] ?? []) this.#take(entry)
  }

  #take([id, fields]: Entry): void {
    this.#last = id
    const token = fields[1] ?? ''
    if (this.#own.seen(token)) this.#tell(JSON.parse(fields[3] ?? '[]') as readonly StoreChange[])
  }

  /** Goes on from the present; what was in between is covered by reading everything again. */
  async #jump(): Promise<void> {
    this.#last = await this.#mark()
    this.#own.jumped()
    this.#tell([{ kind: 'all' }])
  }

  /** An entry that tells nothing: whatever happens to the stream, there is one that we know the place of. */
  async #mark(): Promise<string> {
    const { link, stream } = this.#options
    return await link.write('xadd', stream, 'MAXLEN', '~', KEPT_ENTRIES, '*', 'token', this.#origin, 'changes', '[]') as string
  }

  #tell(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      for (const listener of this.#listeners) {
        try {
          listener(change)
        } catch (error) {
          this.#options.onDefect(error)
        }
      }
    }
  }

  #inTime<T>(answer: Promise<T>): Promise<T> {
    const { timers, timings } = this.#options
    return new Promise((resolve, reject) => {
      const cancel = timers.after(timings.heartbeatMs + timings.commandMs, () => setImmediate(() => setImmediate(() => reject(new Error('no heartbeat')))))
      answer.then(resolve, reject).finally(cancel)
    })
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#options.timers.after(RETRY_MS, resolve))
  }
}
