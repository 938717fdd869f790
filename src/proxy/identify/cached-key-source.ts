import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../model/denial.ts'
import { readKeySet } from './key-set.ts'
import type { KeySet, VerificationKey } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** How long keys are used, and how often they are asked for. All monotonic. */
export interface KeyTimes {
  /** Keys younger than this are used without a look at their origin. */
  readonly freshMs: number
  /** Keys that could not be read again serve this long after they were last read; then nothing is verified. */
  readonly keepMs: number
  /** After a failed reading, the next one waits this long. */
  readonly retryMs: number
  /** A token that names an unknown key makes us look again, at most this often. */
  readonly unknownKeyMs: number
  /** Whether keys past `freshMs` (and within `keepMs`) serve while they are read again, rather than wait for it. */
  readonly refreshBehind: boolean
}

export interface KeyOrigin {
  /** For messages: the file or the URL. */
  readonly name: string
  /** @returns the key set's text, bounded in size and in time; rejects where it cannot be had */
  read(): Promise<string>
}

/** Keeps one issuer's keys: reads them when needed, one reading at a time, and fails closed when they are too old. */
export class CachedKeySource implements KeySource {
  readonly #origin: KeyOrigin
  readonly #times: KeyTimes
  readonly #clock: Clock
  readonly #onProblem: (message: string) => void
  #set: KeySet | undefined
  #text = ''
  #generation = 0
  #checkedAtMs = -Infinity
  #goodAtMs = -Infinity
  #lastFailed = false
  #reading: Promise<void> | undefined

  constructor(origin: KeyOrigin, times: KeyTimes, clock: Clock, onProblem: (message: string) => void) {
    this.#origin = origin
    this.#times = times
    this.#clock = clock
    this.#onProblem = onProblem
  }

  get generation(): number {
    return this.#generation
  }

  find(kid: string, algorithm: string): VerificationKey | undefined | Promise<VerificationKey | undefined> {
    const set = this.#current()
    if (set instanceof Promise) return set.then((read) => this.#findIn(read, kid, algorithm))
    return this.#findIn(set, kid, algorithm)
  }

  trusts(keyId: string): boolean | Promise<boolean> {
    const set = this.#current()
    return set instanceof Promise ? set.then((read) => read.holds(keyId)) : set.holds(keyId)
  }

  #findIn(set: KeySet, kid: string, algorithm: string): VerificationKey | undefined | Promise<VerificationKey | undefined> {
    const key = set.find(kid, algorithm)
    const sinceCheckMs = this.#clock.monotonicMs() - this.#checkedAtMs
    if (key !== undefined || sinceCheckMs < this.#times.unknownKeyMs) return key
    return this.#read().then(() => this.#usable().find(kid, algorithm))
  }

  #current(): KeySet | Promise<KeySet> {
    const nowMs = this.#clock.monotonicMs()
    const due = nowMs - this.#checkedAtMs >= (this.#lastFailed ? this.#times.retryMs : this.#times.freshMs)
    if (!due && this.#reading === undefined) return this.#usable()
    if (this.#times.refreshBehind && this.#set !== undefined && nowMs - this.#goodAtMs < this.#times.keepMs) {
      void this.#read()
      return this.#set
    }
    return this.#read().then(() => this.#usable())
  }

  #usable(): KeySet {
    if (this.#set !== undefined && this.#clock.monotonicMs() - this.#goodAtMs < this.#times.keepMs) return this.#set
    throw new Fault('authority_unavailable', `the verifying keys of ${this.#origin.name} cannot be had`)
  }

  /** Never rejects: what went wrong is reported, and shows in `#usable`. */
  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    try {
      const text = await this.#origin.read()
      if (text !== this.#text || this.#set === undefined) {
        this.#set = await readKeySet(text)
        this.#text = text
        this.#generation += 1
      }
      this.#goodAtMs = this.#clock.monotonicMs()
      this.#lastFailed = false
    } catch (error) {
      this.#lastFailed = true
      this.#onProblem(`the verifying keys of ${this.#origin.name} cannot be read: ${reasonOf(error)}`)
    } finally {
      this.#checkedAtMs = this.#clock.monotonicMs()
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
