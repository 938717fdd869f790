import { watch, type FSWatcher } from 'node:fs'
import { SourceError, type SourceProblem } from '../lib/source-position.ts'
import type { PolicyForecast } from './forecast.ts'
import { hashOf, readPolicyDirectory } from './directory.ts'
import { loadPolicies, type LoadedPolicies } from './load.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { Vocabularies } from './vocabulary.ts'

/** What became of a change in the policy directory. */
export type PolicyEvent =
  | { readonly kind: 'loaded', readonly hash: string, readonly previousHash: string }
  | { readonly kind: 'rejected', readonly hash: string, readonly problems: readonly SourceProblem[] }

export interface PolicyWatchOptions {
  readonly directory: string
  readonly vocabularies: Vocabularies
  /** Told of every new set and of every set that was refused; `hash` of `rejected` is that of the set that stays. */
  readonly onEvent: (event: PolicyEvent) => void
  /** A change is looked at once nothing further changed for so long. */
  readonly settleMs?: number
  /** The directory is read again at this pace even if no change was told, since some file systems tell none. */
  readonly pollMs?: number
}

const SETTLE_MS = 100
const POLL_MS = 30_000

/**
 * The policies in force: loaded once, then again whenever the directory changes; a set that cannot be used changes nothing.
 * Watches the directory and not its files, since editors and ConfigMaps replace files and links rather than write them.
 */
export class WatchedPolicies {
  readonly #options: PolicyWatchOptions
  #loaded: LoadedPolicies
  #watcher: FSWatcher | undefined
  #settling: NodeJS.Timeout | undefined
  readonly #polling: NodeJS.Timeout
  #reloading: Promise<void> = Promise.resolve()
  #rejected = ''
  #closed = false

  private constructor(options: PolicyWatchOptions, loaded: LoadedPolicies) {
    this.#options = options
    this.#loaded = loaded
    this.#watch()
    this.#polling = setInterval(() => this.#poll(), options.pollMs ?? POLL_MS)
    this.#polling.unref()
  }

  /**
   * @param loaded of the same directory and vocabularies, a moment ago; taken as it is if nothing has changed since
   * @throws SourceError where the first set cannot be used: without policy nothing starts
   */
  static async open(options: PolicyWatchOptions, loaded?: LoadedPolicies): Promise<WatchedPolicies> {
    const { directory, vocabularies } = options
    const isCurrent = loaded !== undefined && hashOf(await readPolicyDirectory(directory)) === loaded.snapshot.hash
    return new WatchedPolicies(options, isCurrent ? loaded : await loadPolicies(directory, vocabularies))
  }

  /** The set in force; take it once for each request. */
  get snapshot(): PolicySnapshot & PolicyForecast {
    return this.#loaded.snapshot
  }

  /** The set in force with its texts and rules, for people who look at it. */
  get loaded(): LoadedPolicies {
    return this.#loaded
  }

  /** Loads now. Changes that come meanwhile are loaded after it; never rejects. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload())
    return this.#reloading
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#settling)
    clearInterval(this.#polling)
    this.#watcher?.close()
  }

  /** A directory that cannot be watched (it was removed, or the limit of watches is reached) is still polled. */
  #watch(): void {
    this.#watcher?.close()
    try {
      this.#watcher = watch(this.#options.directory, { persistent: false }, () => this.#changed())
      this.#watcher.on('error', () => this.#unwatch())
    } catch {
      this.#watcher = undefined
    }
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  /** Watches anew each time: the directory's own name may by now stand for another directory. */
  #poll(): void {
    this.#watch()
    void this.reload()
  }

  #changed(): void {
    if (this.#closed) return
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => void this.reload(), this.#options.settleMs ?? SETTLE_MS)
    this.#settling.unref()
  }

  async #reload(): Promise<void> {
    if (this.#closed) return
    try {
      const { directory, vocabularies } = this.#options
      if (hashOf(await readPolicyDirectory(directory)) === this.#loaded.snapshot.hash) this.#rejected = ''
      else this.#accept(await loadPolicies(directory, vocabularies))
    } catch (error) {
      this.#reject(error)
    }
  }

  #accept(loaded: LoadedPolicies): void {
    this.#rejected = ''
    const previousHash = this.#loaded.snapshot.hash
    if (this.#closed || loaded.snapshot.hash === previousHash) return
    this.#loaded = loaded
    this.#options.onEvent({ kind: 'loaded', hash: loaded.snapshot.hash, previousHash })
  }

  /** The same set is refused once, however often it is looked at. */
  #reject(error: unknown): void {
    const problems = error instanceof SourceError ? error.problems : [broken(this.#options.directory)]
    const told = JSON.stringify(problems)
    if (this.#closed || told === this.#rejected) return
    this.#rejected = told
    this.#options.onEvent({ kind: 'rejected', hash: this.#loaded.snapshot.hash, problems })
  }
}

function broken(file: string): SourceProblem {
  return { file, line: 1, column: 1, path: '', problem: 'loading broke', expected: 'policies that can be loaded' }
}
