import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startSlack, type Slack } from '../../../../src/demo/slack/start-slack.ts'
import { Secret } from '../../../../src/lib/secret.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts'
import type { ChildSettings } from './child.ts'
import { type Gate, type Phase, startGate } from './gate.ts'

export type KillPoint = Phase | 'any time'
const KILL_POINTS: readonly KillPoint[] = ['before Slack', 'before the answer', 'after the answer', 'any time']

/** What became of the kills. */
export interface RotationReport {
  readonly kills: Record<KillPoint, number>
  /** A process started afterwards had a token that Slack took. */
  recovered: number
  /** A person was asked for, where Slack had rotated and the killed process had not stored the answer: what nobody can close. */
  reauthInWindow: number
  readonly reauthByPoint: Record<KillPoint, number>
  /** A person was asked for where nothing was lost. Must be 0. */
  reauthUnexplained: number
  /** Neither a token nor a request for a person. Must be 0. */
  lost: number
  /** Refresh tokens that Slack accepted besides the one chain. Must be 0. */
  secondSuccessors: number
  rotations: number
  /** Whether, at the end, the store holds exactly the successor that Slack gave last. */
  storeHoldsTheLast: boolean
}

const KEY = 'c3'.repeat(31) + '01'
const TIMES = { refreshTimeoutMs: 800, leaseMs: 1000 }
const DEADLINE_MS = 30_000
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

/** Two processes renew one connection against the stand-in for Slack; one is killed with SIGKILL, `kills` times, at chosen and at random points. */
export async function proveRotation(kills: number, onKill: (done: number) => void = () => undefined): Promise<RotationReport> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-rotation-'))
  const slack = await startSlack()
  const gate = await startGate({ url: slack.origin, ca: slack.caPem })
  const bench = new Bench(folder, slack, gate)
  try {
    await bench.start()
    for (let done = 1; done <= kills; done++) {
      await bench.killOne(KILL_POINTS[done % KILL_POINTS.length] ?? 'any time')
      onKill(done)
    }
    return await bench.finish()
  } finally {
    bench.killAll()
    gate.close()
    await slack.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Child {
  readonly name: string
  readonly process: ChildProcess
  readonly lines: string[]
  readonly exited: Promise<void>
}

class Bench {
  readonly #folder: string
  readonly #slack: Slack
  readonly #gate: Gate
  readonly #report: RotationReport = {
    kills: { 'before Slack': 0, 'before the answer': 0, 'after the answer': 0, 'any time': 0 },
    recovered: 0, reauthInWindow: 0, reauthUnexplained: 0, lost: 0, secondSuccessors: 0, rotations: 0, storeHoldsTheLast: false,
    reauthByPoint: { 'before Slack': 0, 'before the answer': 0, 'after the answer': 0, 'any time': 0 },
  }
  readonly #killed = new Set<string>()
  #children: Child[] = []
  #count = 0
  #configured = ''

  constructor(folder: string, slack: Slack, gate: Gate) {
    this.#folder = folder
    this.#slack = slack
    this.#gate = gate
    this.#configured = slack.installation.bot.refreshToken
  }

  async start(): Promise<void> {
    this.#children = [this.#spawn(), this.#spawn()]
    for (const child of this.#children) await this.#nextWord(child)
  }

  async killOne(point: KillPoint): Promise<void> {
    const victim = await this.#kill(point)
    this.#report.kills[point]++
    await victim.exited
    const next = this.#spawn()
    this.#children = [...this.#children.filter((child) => child !== victim), next]
    const word = await this.#nextWord(next)
    if (word === 'ok') this.#report.recovered++
    else if (word === 'connection_reauth_required') await this.#reinstall(point)
    else this.#report.lost++
  }

  async finish(): Promise<RotationReport> {
    for (const child of this.#children) child.process.stdin?.write('stop\n')
    await Promise.all(this.#children.map((child) => child.exited))
    const accepted = this.#gate.refreshes.filter((refresh) => refresh.successor !== undefined)
    const used = accepted.map((refresh) => refresh.used)
    this.#report.rotations = accepted.length
    this.#report.secondSuccessors = used.length - new Set(used).size
    this.#report.storeHoldsTheLast = (await this.#storedRefreshToken()) === accepted.at(-1)?.successor
    return this.#report
  }

  killAll(): void {
    for (const child of this.#children) child.process.kill('SIGKILL')
  }

  async #kill(point: KillPoint): Promise<Child> {
    if (point === 'any time') {
      const victim = this.#children[Math.floor(Math.random() * this.#children.length)] as Child
      await pause(Math.random() * 40)
      this.#strike(victim)
      return victim
    }
    const name = await new Promise<string>((resolve) => this.#gate.strikeAt(point, (child) => {
      // The answer is on its way: now or a little later, before, while or after it is stored.
      if (point === 'after the answer') setTimeout(() => this.#strike(this.#byName(child)), Math.random() * 10)
      else this.#strike(this.#byName(child))
      resolve(child)
    }))
    return this.#byName(name)
  }

  #strike(victim: Child): void {
    this.#killed.add(victim.name)
    victim.process.kill('SIGKILL')
  }

  #byName(name: string): Child {
    return this.#children.find((child) => child.name === name) as Child
  }

  /** Is the loss explained? Slack gave a killed process a successor, and the store still has the token that was traded for it. */
  async #reinstall(point: KillPoint): Promise<void> {
    this.killAll()
    await Promise.all(this.#children.map((child) => child.exited))
    const last = this.#gate.refreshes.findLast((refresh) => refresh.successor !== undefined)
    const explained = last !== undefined && this.#killed.has(last.child) && last.used === (await this.#storedRefreshToken())
    if (explained) {
      this.#report.reauthInWindow++
      this.#report.reauthByPoint[point]++
    } else this.#report.reauthUnexplained++
    this.#configured = this.#slack.issueBotToken(['chat:write', 'channels:read']).refreshToken
    await this.start()
  }

  async #storedRefreshToken(): Promise<string | undefined> {
    const store = await openSqliteStore({ path: join(this.#folder, 'store.db'), keys: [new Secret(KEY)] })
    const [connection] = await store.connections.list()
    await store.close()
    return connection?.tokens.refreshToken?.reveal()
  }

  #spawn(): Child {
    const name = `child-${++this.#count}`
    const settings: ChildSettings = {
      storePath: join(this.#folder, 'store.db'), key: KEY, gatePort: this.#gate.port,
      clientId: this.#slack.client.id, clientSecret: this.#slack.client.secret, refreshToken: this.#configured, ...TIMES,
    }
    const file = join(this.#folder, `${name}.json`)
    writeFileSync(file, JSON.stringify(settings), { mode: 0o600 })
    const process = spawn(nodeProgram(), ['--disable-warning=ExperimentalWarning', CHILD, name, file], { stdio: ['pipe', 'pipe', 'inherit'] })
    process.stdin.on('error', () => undefined)
    const lines: string[] = []
    createInterface({ input: process.stdout }).on('line', (line) => lines.push(line))
    return { name, process, lines, exited: new Promise((resolve) => process.once('close', () => resolve())) }
  }

  /** The first thing the process says. @returns undefined where it says nothing in time */
  async #nextWord(child: Child): Promise<string | undefined> {
    const until = performance.now() + DEADLINE_MS
    while (child.lines.length === 0 && performance.now() < until) await pause(5)
    return child.lines[0]
  }
}

function nodeProgram(): string {
  return process.execPath
}
