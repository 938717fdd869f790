import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Secret } from '../../../src/lib/secret.ts'
import type { Store } from '../../../src/store/ports/store.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts'
import { checkStore, type KillFindings } from './check-store.ts'
import type { KillChildSettings } from './kill-child.ts'
import { CANARY } from './kill-terms.ts'
import { Ledger } from './ledger.ts'

/** What some kills over one store showed. */
export interface KillReport {
  kills: number
  acknowledged: number
  delegations: number
  ended: number
  sessions: number
  records: number
  successors: number
  refreshes: number
  /** Rounds in which the keys were replaced to the end before the kill, and those in which the kill came while they were. */
  keyChanges: number
  keyChangesCut: number
  /** Begun and not acknowledged when the kill came: found done after it, or not. */
  unacknowledgedDone: number
  unacknowledgedUndone: number
  /** What was lost, resurrected or torn: must be empty. */
  readonly wrong: string[]
  /** Files in which a secret was found: must be empty. */
  readonly leaks: string[]
}

const CHILD = fileURLToPath(new URL('kill-child.ts', import.meta.url))
const KEYS = ['a1'.repeat(31) + '07', 'b2'.repeat(31) + '08'] as const
/** So much of what a round left is handed to the next. */
const HANDED_ON = 40

/**
 * Kills a process that changes the store at full speed, again and again over one store; after each kill the files are searched for secrets,
 * then opened, and compared with all that the processes had said.
 * @param killAfterMs when to kill, counted from when the store was open
 */
export async function runKills(kills: number, killAfterMs: () => number): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-kills-'))
  try {
    return await new KillRounds(folder).run(kills, killAfterMs)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class KillRounds {
  readonly #folder: string
  readonly #path: string
  readonly #ledger = new Ledger()
  readonly #report: KillReport = {
    kills: 0, acknowledged: 0, delegations: 0, ended: 0, sessions: 0, records: 0, successors: 0, refreshes: 0, keyChanges: 0, keyChangesCut: 0,
    unacknowledgedDone: 0, unacknowledgedUndone: 0, wrong: [], leaks: [],
  }
  #left: Pick<KillFindings, 'active' | 'orphans'> = { active: [], orphans: [] }

  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, 'store.db')
  }

  async run(kills: number, killAfterMs: () => number): Promise<KillReport> {
    const connection = await this.#prepare()
    for (let round = 0; round < kills; round++) {
      await this.#killOne(round, connection, killAfterMs())
      this.#report.kills += 1
      this.#searchFiles()
      await this.#check(connection)
    }
    return this.#totals()
  }

  async #prepare(): Promise<string> {
    const store = await this.#open()
    const tokens = { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: new Secret(`${CANARY}first`) }
    const { id } = await store.connections.create({ integration: 'slack', owner: 'organisation', label: 'bot', scopes: [], tokens, imported: [] })
    await store.close()
    return id
  }

  async #killOne(round: number, connection: string, killAfterMs: number): Promise<void> {
    const changesKeys = round % 2 === 1
    const changesBefore = this.#ledger.keyChanges
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, this.#settings(connection, changesKeys)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    const opened = Promise.withResolvers<void>()
    onWholeLines(child.stdout, (line) => (line === 'open' ? opened.resolve() : this.#ledger.note(line)))
    void closed.then(() => opened.reject(new Error('the process ended before its store was open')))
    await opened.promise
    await pause(killAfterMs)
    if (child.exitCode !== null) throw new Error(`the process ended by itself with ${child.exitCode}`)
    child.kill('SIGKILL')
    await closed
    if (changesKeys && this.#ledger.keyChanges === changesBefore) this.#report.keyChangesCut += 1
  }

  #settings(connection: string, changesKeys: boolean): string {
    // Which key seals goes to and fro, so that each change finds something to seal anew.
    const turned = Math.floor(this.#report.kills / 2) % 2 === 0
    const [old, next] = turned ? KEYS : ([KEYS[1], KEYS[0]] as const)
    const settings: KillChildSettings = {
      path: this.#path, connection, keys: [old, next], nextKeys: changesKeys ? [next, old] : undefined,
      delegations: this.#left.active.slice(0, HANDED_ON), orphans: this.#left.orphans.slice(0, HANDED_ON),
    }
    const file = join(this.#folder, 'settings.json')
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 })
    return file
  }

  /** As the kill left them, the write-ahead log included. */
  #searchFiles(): void {
    const files = readdirSync(this.#folder).filter((name) => name.startsWith('store.db')).map((name) => ({ name, bytes: readFileSync(join(this.#folder, name)) }))
    for (const { name, bytes } of files) {
      if (formsOf(CANARY).some((form) => bytes.includes(form))) this.#report.leaks.push(name)
    }
    // The connection's owner is no secret: a search that does not find it is none.
    if (!files.some(({ bytes }) => bytes.includes('organisation'))) this.#report.wrong.push('the search found nothing, not even what is no secret')
  }

  async #check(connection: string): Promise<void> {
    const store = await this.#open()
    const findings = await checkStore(store, this.#path, connection as Parameters<Store['connections']['get']>[0], this.#ledger)
    await store.close()
    this.#report.wrong.push(...findings.wrong)
    this.#report.unacknowledgedDone += findings.unacknowledged.done
    this.#report.unacknowledgedUndone += findings.unacknowledged.undone
    this.#left = findings
  }

  #open(): Promise<Store> {
    return openSqliteStore({ path: this.#path, keys: [new Secret(KEYS[0]), new Secret(KEYS[1])] })
  }

  #totals(): KillReport {
    const { grants, sessions, records, refreshes, acknowledged, keyChanges } = this.#ledger
    const told = (steps: Iterable<{ readonly acknowledged: boolean }>): number => [...steps].filter((step) => step.acknowledged).length
    return Object.assign(this.#report, {
      acknowledged,
      keyChanges,
      delegations: told([...grants.values()].map(({ grant }) => grant)),
      ended: told([...grants.values()].map(({ end }) => end)),
      sessions: told([...sessions.values()].map(({ start }) => start)),
      records: told([...records.values()].map(({ put }) => put)),
      successors: told([...records.values()].flatMap(({ successors }) => [...successors.values()])),
      refreshes: [...refreshes.values()].filter((refresh) => refresh.acknowledged !== undefined).length,
    })
  }
}

/** A line that the kill cut off was not said. */
function onWholeLines(stream: Readable, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
}

/** A text in the encodings in which it could stand in a file; base64 at each of its three alignments. */
export function formsOf(text: string): readonly string[] {
  const base64 = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64url').slice(shift + 1, -2))
  return [text, Buffer.from(text).toString('hex'), Buffer.from(text).toString('hex').toUpperCase(), ...base64, encodeURIComponent(text), Buffer.from(text, 'utf16le').toString('latin1')]
}
