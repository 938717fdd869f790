import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { WorldBrowser } from '../support/authority-world.ts'
import type { LaunchedProduct, ProductProcess } from '../support/product-process.ts'
import { openProductWorld, type ProductPlace, type ProductWorld } from '../support/product-world.ts'
import { AfterKill } from './after-kill.ts'
import { checkAudit } from './audit-check.ts'
import { Driver } from './driver.ts'
import { emptyKillReport, type KillReport } from './kill-report.ts'
import { SecretSearch } from './secret-search.ts'

/** When to kill: so long after the process was ready, or after it was started, whether it was ready then or not. */
export interface Kill {
  readonly at: 'ready' | 'start'
  readonly afterMs: number
  /** Not before this is so, within a bound: what a kill is to interrupt has begun. */
  readonly enough?: (report: KillReport) => boolean
}

const ENOUGH_WITHIN_MS = 30_000
/** On a machine that is too busy the product refuses to start, rather than wait for a policy file for longer; whoever supervises it starts it anew. */
const TOO_BUSY = /parsing took longer than/
const STARTS = 5

/** The audit is verified each time so many kills have been made. */
const AUDIT_EVERY = 25

/** Kills the whole product again and again while people approve and agents work, and checks after each start that nothing was lost or came back. */
export async function runProductKills(kills: number, next: (kill: number) => Kill, onKill: (done: number) => void = () => undefined): Promise<KillReport> {
  const world = await openProductWorld()
  const rounds = new Rounds(world)
  try {
    return await rounds.run(kills, next, onKill)
  } finally {
    await rounds.end()
    await world.close()
  }
}

interface Browsers {
  readonly operator: WorldBrowser
  readonly people: Parameters<Driver['loops']>[0]
}

class Rounds {
  readonly #world: ProductWorld
  readonly #place: ProductPlace
  readonly #report = emptyKillReport()
  readonly #secrets = new SecretSearch()
  readonly #driver: Driver
  readonly #after: AfterKill
  #product: LaunchedProduct | undefined

  constructor(world: ProductWorld) {
    const [place] = world.places
    if (place === undefined) throw new TypeError('the world has one process')
    this.#world = world
    this.#place = place
    this.#driver = new Driver({ world, report: this.#report, secrets: this.#secrets })
    this.#after = new AfterKill(world, this.#driver, this.#report)
  }

  async run(kills: number, next: (kill: number) => Kill, onKill: (done: number) => void): Promise<KillReport> {
    const startedMs = performance.now()
    let browsers: Browsers | undefined
    while (this.#report.kills < kills) {
      const kill = next(this.#report.kills)
      if (kill.at === 'start' && browsers !== undefined) await this.#killAtStart(kill.afterMs)
      else browsers = await this.#killAtWork(browsers, kill)
      this.#report.kills += 1
      this.#searchFiles()
      if (this.#report.kills % AUDIT_EVERY === 0 || this.#report.kills === kills) await this.#lastWord(browsers, this.#report.kills === kills)
      onKill(this.#report.kills)
    }
    this.#report.seconds = (performance.now() - startedMs) / 1000
    this.#report.secretsSearched = this.#secrets.size
    return this.#report
  }

  async end(): Promise<void> {
    await this.#product?.kill()
  }

  async #killAtStart(afterMs: number): Promise<void> {
    const product = this.#launch()
    product.ready.catch(() => undefined)
    await pause(afterMs)
    await this.#kill(product)
    this.#report.killsAtStart += 1
  }

  async #killAtWork(known: Browsers | undefined, { afterMs, enough = () => true }: Kill): Promise<Browsers> {
    const { product } = await this.#started()
    const browsers = known ?? await this.#signIn()
    if (known !== undefined) await this.#after.check(known.operator)
    const killing = { now: false }
    const loops = this.#driver.loops(browsers.people).map((step) => this.#untilKilled(step, killing))
    await pause(afterMs)
    for (const untilMs = performance.now() + ENOUGH_WITHIN_MS; !enough(this.#report) && performance.now() < untilMs;) await pause(10)
    killing.now = true
    await this.#kill(product)
    await Promise.all(loops)
    return browsers
  }

  /** Before the kill nothing may fail; what fails with it is left as it was noted. */
  async #untilKilled(step: () => Promise<void>, killing: { readonly now: boolean }): Promise<void> {
    while (!killing.now) {
      try {
        await step()
      } catch (error) {
        if (killing.now) return
        this.#report.wrong.push(`before the kill something failed: ${String(error)} ${error instanceof Error ? String(error.cause) : ''}`)
        return
      }
    }
  }

  /** The last check is of a process that ends in order, so that the audit is complete. */
  async #lastWord({ operator }: Browsers, last: boolean): Promise<void> {
    const { running } = await this.#started()
    await this.#after.check(operator)
    const code = await running.stop()
    if (code !== 0) this.#report.wrong.push(`a process that was asked to end ended with ${code}`)
    await checkAudit(this.#place.auditFile, join(this.#place.directory, 'audit-key.pem'), this.#driver.approvals, this.#report)
    if (last) this.#searchFiles()
  }

  async #signIn(): Promise<Browsers> {
    const [operator, alice, alice2, bob, bob2] = await Promise.all((['olga', 'alice', 'alice', 'bob', 'bob'] as const).map((name) => this.#world.signedIn(name)))
    if (operator === undefined || alice === undefined || alice2 === undefined || bob === undefined || bob2 === undefined) throw new TypeError('five browsers')
    for (const browser of [operator, alice, alice2, bob, bob2]) for (const value of browser.jar.values()) if (value.length >= 12) this.#secrets.add(value)
    return { operator, people: { alice: { approving: alice, revoking: alice2 }, bob: { approving: bob, revoking: bob2 } } }
  }

  async #started(): Promise<{ readonly product: LaunchedProduct, readonly running: ProductProcess }> {
    for (let start = 1; ; start += 1) {
      const product = this.#launch()
      try {
        return { product, running: await product.ready }
      } catch (error) {
        if (start === STARTS || !TOO_BUSY.test(product.said())) throw error
        this.#report.startedAgain += 1
      }
    }
  }

  #launch(): LaunchedProduct {
    return (this.#product = this.#place.launch())
  }

  async #kill(product: LaunchedProduct): Promise<void> {
    await product.kill()
    if (this.#secrets.findings(Buffer.from(product.said())) > 0) this.#report.leaks.push('the operational log')
  }

  /** The store as the kill left it, its write-ahead log included, and the audit. */
  #searchFiles(): void {
    for (const canary of this.#world.upstreams.canaries()) if (canary.length >= 12) this.#secrets.add(canary)
    const files = readdirSync(this.#place.directory).filter((name) => name.startsWith('postern.db') || name.startsWith('audit.jsonl'))
    const control = new SecretSearch()
    const known = this.#driver.approvals.find(({ granted }) => granted === 'done')?.delegation
    if (known !== undefined) control.add(known)
    let controls = 0
    for (const name of files) {
      const bytes = readFileSync(join(this.#place.directory, name))
      this.#report.bytesSearched += bytes.length
      if (this.#secrets.findings(bytes) > 0) this.#report.leaks.push(name)
      if (name.startsWith('postern.db')) controls += control.findings(bytes)
    }
    if (known !== undefined && controls === 0) this.#report.wrong.push('the search found nothing, not even what is no secret')
  }
}
