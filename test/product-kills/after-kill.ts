import type { WorldBrowser } from '../support/authority-world.ts'
import type { ProductWorld } from '../support/product-world.ts'
import { isRevoked, type Approval, type Step } from './approval.ts'
import type { Driver } from './driver.ts'
import type { KillReport } from './kill-report.ts'

/** What the product says of a delegation. */
interface Listed {
  readonly id: string
  readonly state: string
  readonly access: readonly { readonly targets: readonly string[] }[]
}

/** `authority.lifetimes.refresh_replay`: whoever shows a used token later than that is a thief. */
const REPLAY_WINDOW_MS = 20_000
/** A refresh that took so long waited for the lease of an attempt that died. */
const WAITED_MS = 3_000
/** Of what was revoked in earlier rounds so many are tried again. */
const TRIED_AGAIN = 5

/** Holds the restarted product against all that anybody was told before the kill, and settles what nobody was told. */
export class AfterKill {
  readonly #world: ProductWorld
  readonly #driver: Driver
  readonly #report: KillReport
  /** Revoked approvals that were tried since. */
  readonly #tried = new Set<Approval>()

  constructor(world: ProductWorld, driver: Driver, report: KillReport) {
    this.#world = world
    this.#driver = driver
    this.#report = report
  }

  /** @param operator a browser in which an operator is signed in since before the kill */
  async check(operator: WorldBrowser): Promise<void> {
    await this.#checkList(operator)
    await Promise.all(this.#driver.live.map((approval) => this.#goOn(approval)))
    const revoked = this.#driver.approvals.filter(isRevoked)
    const fresh = revoked.filter((approval) => !this.#tried.has(approval))
    const older = Array.from({ length: TRIED_AGAIN }, () => revoked[Math.floor(Math.random() * revoked.length)]).filter((approval) => approval !== undefined)
    for (const approval of [...fresh, ...older]) await this.#staysRefused(approval)
  }

  async #checkList(operator: WorldBrowser): Promise<void> {
    const listed = new Map<string, Listed>()
    for (const one of await this.#list(operator)) {
      const target = one.access.flatMap(({ targets }) => targets).find((name) => name.startsWith('acme-corp/k-')) ?? ''
      if (listed.has(target)) this.#wrong('one approval made two delegations')
      listed.set(target, one)
    }
    for (const approval of this.#driver.approvals) {
      this.#settle(approval, listed.get(approval.target))
      listed.delete(approval.target)
    }
    if (listed.size > 0) this.#wrong('a delegation is there that nobody approved')
  }

  #settle(approval: Approval, found: Listed | undefined): void {
    approval.delegation ??= found?.id
    approval.granted = this.#settled(approval.granted, found !== undefined, this.#report.approvalsCut, 'an approval')
    if (found !== undefined) approval.revoked = this.#settled(approval.revoked, found.state !== 'active', this.#report.revocationsCut, 'a revocation')
    if (found?.id !== approval.delegation) this.#wrong('a token names another delegation than the list')
  }

  #settled(step: Step, isDone: boolean, cut: { done: number, undone: number }, what: string): Step {
    if (step === 'begun') {
      cut[isDone ? 'done' : 'undone'] += 1
      return isDone ? 'found_done' : 'undone'
    }
    if (step === 'undone' && isDone) this.#wrong(`${what} that nobody made is there`)
    if (step !== 'undone' && !isDone) this.#wrong(`${what} that stood is there no more`)
    return step
  }

  /** An agent goes on with what it has: its code, its access token, its stand-in, its secret, its refresh token. */
  async #goOn(approval: Approval): Promise<void> {
    if (approval.redeemed === 'begun') await this.#redeemAgain(approval)
    if (approval.refresh === undefined) return
    for (const token of this.#driver.tokensOf(approval)) await this.#mustWork(approval, token)
    const cutAtMs = approval.refreshCutAtMs
    const beganMs = performance.now()
    const refused = await this.#driver.refresh(approval)
    if (cutAtMs !== undefined) {
      this.#report.refreshesCut += 1
      if (performance.now() - beganMs > WAITED_MS) this.#report.takenOver += 1
    }
    if (refused !== undefined) return this.#stopped(approval, refused, cutAtMs === undefined ? 0 : beganMs - cutAtMs)
    await this.#mustWork(approval, approval.access ?? '')
    this.#report.continued += 1
  }

  /** A code is good once (RFC 6749 section 4.1.2): where the killed process had used it up, the agent was told nothing, and has to ask again. */
  async #redeemAgain(approval: Approval): Promise<void> {
    if (await this.#driver.redeem(approval)) this.#report.redemptionsCut.done += 1
    else {
      this.#report.redemptionsCut.usedUp += 1
      approval.redeemed = 'used_up'
    }
  }

  async #mustWork(approval: Approval, token: string): Promise<void> {
    const status = await this.#driver.call(approval, token)
    if (status !== 200) this.#wrong(`after the kill a call of a delegation that stands was answered with ${status}`)
  }

  async #staysRefused(approval: Approval): Promise<void> {
    this.#tried.add(approval)
    for (const token of this.#driver.tokensOf(approval)) {
      const status = await this.#driver.call(approval, token)
      if (status !== 401 && status !== 403) this.#wrong(`after the kill a call of a revoked delegation was answered with ${status}`)
    }
    if (approval.refresh !== undefined && await this.#driver.refresh(approval) === undefined) this.#wrong('after the kill a revoked delegation was refreshed')
    this.#report.stayedRefused += 1
  }

  async #list(operator: WorldBrowser): Promise<readonly Listed[]> {
    const items: Listed[] = []
    let after: string | null = ''
    while (after !== null) {
      await operator.get(`${this.#world.url}/v1/delegations?limit=500${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`)
      if (operator.status !== 200) throw new Error(`the operator is signed in no more: ${operator.status}`)
      const page = JSON.parse(operator.body) as { readonly items: readonly Listed[], readonly next: string | null }
      items.push(...page.items)
      after = page.next
    }
    return items
  }

  /** Nobody may be stopped, but whoever came back later than the window is open, and so cannot be told from a thief. */
  #stopped(approval: Approval, why: string, sinceCutMs: number): void {
    approval.refresh = undefined
    if (sinceCutMs > REPLAY_WINDOW_MS) {
      this.#report.late += 1
      return
    }
    this.#report.lost += 1
    this.#wrong(`a session was lost: ${why}, ${Math.round(sinceCutMs)} ms after the cut`)
  }

  #wrong(text: string): void {
    this.#report.wrong.push(text)
  }
}
