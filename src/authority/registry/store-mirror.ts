import type { Clock } from '../../lib/clock.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'
import { Fault } from '../../model/denial.ts'
import type { StoreChange } from '../../store/ports/changes.ts'
import type { LiveApprovals } from '../approvals/live-approvals.ts'
import { readChange, type Copies, type OneChange } from './change-reading.ts'
import { EVERYTHING, type CopyAge } from './copy-age.ts'
import type { Registry } from './registry.ts'
import { replaceCopies } from './replace-copies.ts'
import type { StoredAgents } from './stored-agents.ts'
import { readEverything, type CopiedStore } from './store-reading.ts'

export interface StoreMirrorDependencies {
  readonly store: CopiedStore
  readonly registry: Registry
  readonly agents: StoredAgents
  readonly approvals: LiveApprovals
  readonly age: CopyAge
  readonly clock: Clock
  readonly timers: Timers
  /** Told of what could not be read; it is tried again. */
  readonly onError: (error: unknown) => void
}

/** One thing that has changed and is not read again yet. */
interface Pending {
  readonly key: string
  readonly change: OneChange
  /** Something newer was told of it since its reading began. */
  again: boolean
  failures: number
  waiting: PromiseWithResolvers<void>[]
}

/** At one time; a store takes a bounded number of calls. */
const READERS = 16
const RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000
/** How often it is looked whether the store is silent. */
const SAMPLE_MS = 500

/**
 * Keeps the live copy in step with the store: reads everything at the start and where changes may have been missed, and whatever is told to
 * have changed. What was read before something newer was told is never put in.
 */
export class StoreMirror {
  readonly #deps: StoreMirrorDependencies
  readonly #copies: Copies
  readonly #pending = new Map<string, Pending>()
  readonly #queue: Pending[] = []
  readonly #timers = new Set<Cancel>()
  #unsubscribe: () => void = () => undefined
  #readers = 0
  /** Told of while everything is read, by key; undefined while it is not. */
  #touched: Map<string, OneChange> | undefined
  /** Everything is to be read again. */
  #behind = false
  #missedAgain = false
  #closed = false

  constructor(deps: StoreMirrorDependencies) {
    const { registry, agents, approvals, clock } = deps
    this.#deps = deps
    this.#copies = {
      registry, agents, approvals,
      nowMs: () => clock.nowMs(),
      readDelegation: (id) => void this.#note({ kind: 'delegation', id }),
    }
  }

  /** Resolves once the whole copy is there. To be called once. @throws StoreError */
  async start(): Promise<void> {
    this.#unsubscribe = this.#deps.store.changes.subscribe((change) => this.#told(change))
    this.#fallBehind()
    await this.#readEverything()
    this.#sampleOften()
  }

  /** Reads one thing again, now. Resolves once it is in the live copy. @throws StoreError; Fault `authority_unavailable` once closed */
  refreshed(change: OneChange): Promise<void> {
    if (this.#closed) return Promise.reject(closedFault())
    const waiting = Promise.withResolvers<void>()
    this.#note(change).waiting.push(waiting)
    return waiting.promise
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
    for (const cancel of this.#timers) cancel()
    for (const { waiting } of this.#pending.values()) for (const { reject } of waiting) reject(closedFault())
  }

  #told(change: StoreChange): void {
    if (this.#closed || change.kind === 'keys') return
    if (change.kind !== 'all') return void this.#note(change)
    if (this.#behind) this.#missedAgain = true
    else {
      this.#fallBehind()
      void this.#readEverythingAtLast()
    }
  }

  #fallBehind(): void {
    this.#behind = true
    this.#deps.age.begin(EVERYTHING)
  }

  #note(change: OneChange): Pending {
    const key = `${change.kind} ${change.id}`
    this.#touched?.set(key, change)
    const known = this.#pending.get(key)
    if (known !== undefined) {
      known.again = true
      return known
    }
    const pending: Pending = { key, change, again: false, failures: 0, waiting: [] }
    this.#deps.age.begin(key)
    this.#pending.set(key, pending)
    this.#queue.push(pending)
    this.#letReadersIn()
    return pending
  }

  #letReadersIn(): void {
    while (this.#readers < READERS) {
      const next = this.#queue.shift()
      if (next === undefined) return
      this.#readers += 1
      void this.#read(next).finally(() => {
        this.#readers -= 1
        if (!this.#closed) this.#letReadersIn()
      })
    }
  }

  async #read(pending: Pending): Promise<void> {
    try {
      let put: () => void
      do {
        pending.again = false
        put = await readChange(pending.change, this.#deps.store, this.#copies)
        if (this.#closed) return
        // Read before something newer was told: it may be what was just taken back.
      } while (pending.again)
      put()
    } catch (error) {
      return this.#failed(pending, error)
    }
    this.#pending.delete(pending.key)
    this.#deps.age.end(pending.key)
    for (const { resolve } of pending.waiting) resolve()
  }

  /** It stays pending, so that the lease runs out where it cannot be read for long. */
  #failed(pending: Pending, error: unknown): void {
    const waiting = pending.waiting.splice(0)
    for (const { reject } of waiting) reject(error)
    if (this.#closed) return
    this.#deps.onError(error)
    pending.failures += 1
    this.#after(retryAfterMs(pending.failures), () => {
      this.#queue.push(pending)
      this.#letReadersIn()
    })
  }

  async #readEverything(): Promise<void> {
    const { store, registry, clock, age } = this.#deps
    do {
      this.#missedAgain = false
      const touched = (this.#touched = new Map<string, OneChange>())
      try {
        const everything = await readEverything(store, registry.live.connections(), clock.nowMs())
        if (this.#closed) return
        replaceCopies(everything, this.#copies, (key) => touched.has(key))
        // Read before, they may have found none of their delegations here.
        for (const change of touched.values()) if (change.kind === 'person') this.#note(change)
      } finally {
        this.#touched = undefined
      }
    } while (this.#missedAgain)
    this.#behind = false
    age.end(EVERYTHING)
  }

  async #readEverythingAtLast(failures = 0): Promise<void> {
    try {
      await this.#readEverything()
    } catch (error) {
      if (this.#closed) return
      this.#deps.onError(error)
      this.#after(retryAfterMs(failures + 1), () => void this.#readEverythingAtLast(failures + 1))
    }
  }

  #sampleOften(): void {
    this.#deps.age.sample()
    this.#after(SAMPLE_MS, () => this.#sampleOften())
  }

  #after(delayMs: number, work: () => void): void {
    const cancel = this.#deps.timers.after(delayMs, () => {
      this.#timers.delete(cancel)
      if (!this.#closed) work()
    })
    this.#timers.add(cancel)
  }
}

function retryAfterMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (failures - 1))
}

function closedFault(): Fault {
  return new Fault('authority_unavailable', 'the authority shuts down')
}
