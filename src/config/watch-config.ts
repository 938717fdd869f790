import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { SourceError } from '../lib/source-position.ts'
import type { SourceProblem } from '../lib/source-position.ts'
import { systemTimers } from '../lib/timers.ts'
import type { Cancel, Timers } from '../lib/timers.ts'
import type { AgentConfig, RevokedConfig, StoreConfig } from './config.ts'
import { parseConfigText, readConfigFile } from './read-config-text.ts'
import type { ReadConfig } from './read-config-text.ts'
import { References } from './references.ts'
import { resolveAgents } from './resolve/resolve-agents.ts'
import { resolveStoreKeys } from './resolve/resolve-store-keys.ts'
import type { ConfigText } from './schema/config-schema.ts'

/** What became of a change in the configuration file. */
export type ConfigEvent =
  /** `needsRestart`: the sections that differ from those that run; they stay as they are. */
  | {
    readonly kind: 'changed', readonly agents: readonly AgentConfig[], readonly revoked: RevokedConfig, readonly needsRestart: readonly string[]
    /** Other keys for the store, where those in the file have changed. */
    readonly storeKeys: StoreConfig['keys'] | undefined
  }
  /** The file cannot be used; what was in force stays so. */
  | { readonly kind: 'rejected', readonly problems: readonly SourceProblem[] }

export interface ConfigWatchOptions {
  readonly file: string
  /** What runs: `LoadedConfig.text`. */
  readonly running: ConfigText
  /** Told of each change once; must not throw. */
  readonly onEvent: (event: ConfigEvent) => void
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv
  /** Where relative paths begin; default: where this process was started. */
  readonly baseDirectory?: string
  readonly timers?: Timers
  /** A change is looked at once nothing further changed for so long. */
  readonly settleMs?: number
  /** The file is read again at this pace even if no change was told, since some file systems tell none. */
  readonly pollMs?: number
}

const SETTLE_MS = 50
const POLL_MS = 10_000
const LIVE_SECTIONS: readonly string[] = ['agents', 'revoked']
/** Of the store's section: a key is replaced while everything runs. */
const LIVE_STORE_KEYS = { key: undefined, previous_keys: undefined }

/**
 * Looks after the configuration file: `agents`, `revoked` and the store's keys apply while Postern runs, everything else at the next start.
 * Watches the folder and not the file, since editors and ConfigMaps replace files and links rather than write them.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions
  readonly #timers: Timers
  #seen: string | undefined
  #inForce: ConfigText
  #watcher: FSWatcher | undefined
  #settling: Cancel | undefined
  #polling: Cancel | undefined
  #reading: Promise<void> = Promise.resolve()
  #rejected = ''
  #closed = false

  constructor(options: ConfigWatchOptions) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#inForce = options.running
    this.#poll()
  }

  /** Reads now, whatever was told. Never rejects. */
  reload(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read())
    return this.#reading
  }

  close(): void {
    this.#closed = true
    this.#settling?.()
    this.#polling?.()
    this.#watcher?.close()
  }

  /** Watches anew each time: the folder's own name may by now stand for another folder. */
  #poll(): void {
    if (this.#closed) return
    this.#watch()
    void this.reload()
    this.#polling = this.#timers.after(this.#options.pollMs ?? POLL_MS, () => this.#poll())
  }

  /** A folder that cannot be watched (the limit of watches is reached) is still polled. */
  #watch(): void {
    this.#watcher?.close()
    try {
      const watcher = watch(dirname(this.#options.file), { persistent: false }, () => this.#changed())
      watcher.on('error', () => watcher.close())
      this.#watcher = watcher
    } catch {
      this.#watcher = undefined
    }
  }

  #changed(): void {
    if (this.#closed) return
    this.#settling?.()
    this.#settling = this.#timers.after(this.#options.settleMs ?? SETTLE_MS, () => void this.reload())
  }

  async #read(): Promise<void> {
    const { file } = this.#options
    try {
      const before = this.#seen
      // Forgotten first: a file that went away and came back as it was is looked at again.
      this.#seen = undefined
      const text = await readConfigFile(file)
      this.#seen = text
      if (text === before) return
      const read = await parseConfigText(file, text)
      if (read.problems.length > 0) throw new SourceError(read.problems)
      this.#accept(read.text, await this.#changedKeys(read))
    } catch (error) {
      this.#reject(error)
    }
  }

  /** Secrets are read again only where the file names others. */
  async #changedKeys({ text, document }: ReadConfig): Promise<StoreConfig['keys'] | undefined> {
    const { store } = this.#inForce
    if (isDeepStrictEqual([text.store.key, text.store.previous_keys], [store.key, store.previous_keys])) return undefined
    const { env = process.env, baseDirectory = process.cwd() } = this.#options
    const references = new References(document, { env, baseDirectory })
    const keys = await resolveStoreKeys(text.store, references)
    if (references.problems.length > 0) throw new SourceError(references.problems)
    return keys
  }

  #accept(text: ConfigText, storeKeys: StoreConfig['keys'] | undefined): void {
    this.#rejected = ''
    if (this.#closed || isDeepStrictEqual(text, this.#inForce)) return
    this.#inForce = text
    const needsRestart = differingSections(text, this.#options.running)
    this.#options.onEvent({ kind: 'changed', agents: resolveAgents(text.agents), revoked: text.revoked, needsRestart, storeKeys })
  }

  /** The same trouble is told once, however often it is met. */
  #reject(error: unknown): void {
    const problems = error instanceof SourceError ? error.problems : [broken(this.#options.file)]
    const told = JSON.stringify(problems)
    if (this.#closed || told === this.#rejected) return
    this.#rejected = told
    this.#options.onEvent({ kind: 'rejected', problems })
  }
}

function differingSections(text: ConfigText, running: ConfigText): readonly string[] {
  const before = new Map<string, unknown>(Object.entries({ ...running, store: { ...running.store, ...LIVE_STORE_KEYS } }))
  return Object.entries({ ...text, store: { ...text.store, ...LIVE_STORE_KEYS } })
    .filter(([section, value]) => !LIVE_SECTIONS.includes(section) && !isDeepStrictEqual(value, before.get(section)))
    .map(([section]) => section)
    .concat([...before.keys()].filter((section) => !Object.hasOwn(text, section)))
}

function broken(file: string): SourceProblem {
  return { file, line: 1, column: 1, path: '', problem: 'reading it broke', expected: 'a configuration that can be read' }
}
