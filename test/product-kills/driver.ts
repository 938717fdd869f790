import { decodeJwt } from 'jose'
import { SESSION_TOKEN_TYPE } from '../../src/authority/exchange/subject-reader.ts'
import { BrowserApi } from '../authority/support/calls.ts'
import { OauthAgent, REDIRECT, type PersonName, type TokenAnswer, type WorldBrowser } from '../support/authority-world.ts'
import type { ProductWorld } from '../support/product-world.ts'
import { isLive, newApproval, type Approval } from './approval.ts'
import type { KillReport } from './kill-report.ts'
import type { SecretSearch } from './secret-search.ts'

/** Beyond so many the people take back what they approved. */
const KEPT = 8

export interface DriverOptions {
  readonly world: ProductWorld
  readonly report: KillReport
  readonly secrets: SecretSearch
}

/** People who approve and take back, and agents that redeem, refresh, exchange and call; each notes what it begins and what it was told. */
export class Driver {
  readonly approvals: Approval[] = []
  readonly #options: DriverOptions
  #asked = 0

  constructor(options: DriverOptions) {
    this.#options = options
  }

  get live(): readonly Approval[] {
    return this.approvals.filter(isLive)
  }

  /** One approval by the person in this browser, to its tokens. */
  async approve(browser: WorldBrowser, person: PersonName): Promise<void> {
    const { world, report, secrets } = this.#options
    const approval = newApproval(`acme-corp/k-${(this.#asked += 1)}`, person, new OauthAgent(world.url, 'pr-reviewer'))
    const details = [{ type: 'postern', integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend', approval.target] }]
    approval.busy = true
    try {
      await browser.ask(approval.agent.authorizationUrl({ authorization_details: JSON.stringify(details) }))
      this.approvals.push(approval)
      approval.granted = 'begun'
      const callback = await browser.answer('approve')
      approval.code = callback.searchParams.get('code') ?? undefined
      if (approval.code === undefined) return this.#wrong(`an approval brought no code: ${callback.search}`)
      secrets.add(approval.code)
      approval.granted = 'done'
      report.approvals += 1
      await this.redeem(approval)
    } finally {
      approval.busy = false
      for (const value of browser.jar.values()) if (value.length >= 12) secrets.add(value)
    }
  }

  /** @returns false where the code was refused, which is right only where it was shown before */
  async redeem(approval: Approval): Promise<boolean> {
    const again = approval.redeemed === 'begun'
    approval.redeemed = 'begun'
    const answer = await approval.agent.token({
      grant_type: 'authorization_code', code: approval.code ?? '', redirect_uri: REDIRECT, code_verifier: approval.agent.verifier,
    })
    if (answer.status !== 200) {
      if (!again) this.#wrong(`a code was refused: ${told(answer)}`)
      return false
    }
    this.#take(approval, answer)
    approval.redeemed = 'done'
    approval.delegation = String(decodeJwt(approval.access ?? '')['dlg'])
    this.#options.report.redemptions += 1
    return true
  }

  /** @returns what it was refused with */
  async refresh(approval: Approval): Promise<string | undefined> {
    approval.refreshCutAtMs ??= performance.now()
    const answer = await approval.agent.refresh(approval.refresh ?? '')
    approval.refreshCutAtMs = undefined
    if (answer.status !== 200) return told(answer)
    this.#take(approval, answer)
    this.#options.report.refreshes += 1
    return undefined
  }

  async exchange(approval: Approval): Promise<void> {
    const beganMs = performance.now()
    const answer = await approval.agent.exchange(approval.access ?? '', 'github')
    if (answer.status !== 200) return this.#wrong(`an exchange was refused: ${told(answer)}`)
    approval.standIn = { token: String(answer.body['access_token']), goodUntilMs: beganMs + Number(answer.body['expires_in']) * 1000 }
    approval.standIns += 1
    this.#options.report.exchanges += 1
    this.#options.secrets.add(signatureOf(approval.standIn.token))
  }

  /** The secret before it is good no more as soon as another is asked for, whether that one's answer comes or not. */
  async newSecret(approval: Approval): Promise<void> {
    approval.secret = undefined
    const answer = await approval.agent.exchange(approval.access ?? '', 'github', { requested_token_type: SESSION_TOKEN_TYPE })
    if (answer.status !== 200) return this.#wrong(`a session secret was refused: ${told(answer)}`)
    approval.secret = String(answer.body['access_token'])
    approval.tokens += 1
    this.#options.report.secrets += 1
    this.#options.secrets.add(approval.secret.split('.')[1] ?? '')
  }

  /** @returns the status that the agent sees for a call of its own */
  async call(approval: Approval, token: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#options.world.places[0]?.proxyPort}/github/repos/acme-corp/backend/pulls/42`, { headers: { authorization: `Bearer ${token}` } })
    await answer.text()
    if (answer.status === 200) {
      approval.calls += 1
      this.#options.report.calls += 1
    }
    return answer.status
  }

  /** By the person, as their dashboard does it. */
  async revoke(browser: WorldBrowser, approval: Approval): Promise<void> {
    const api = await BrowserApi.of(browser)
    approval.revoked = 'begun'
    const { status, body } = await api.post(`/v1/delegations/${approval.delegation}/revoke`)
    if (status !== 200) return this.#wrong(`a revocation was not told as done: ${status} ${JSON.stringify(body).slice(0, 200)}`)
    approval.revoked = 'done'
    this.#options.report.revocations += 1
  }

  /** Everything that an agent can show for this approval now. */
  tokensOf({ access, standIn, secret }: Approval): readonly string[] {
    const good = standIn !== undefined && standIn.goodUntilMs > performance.now() + 1_000
    return [access, good ? standIn.token : undefined, secret].filter((token) => token !== undefined)
  }

  /** One that is free, and stays the caller's until `work` ends. */
  async withOne(wanted: (approval: Approval) => boolean, work: (approval: Approval) => Promise<void>): Promise<void> {
    const free = this.live.filter((approval) => !approval.busy && wanted(approval))
    const approval = free[Math.floor(Math.random() * free.length)]
    if (approval === undefined) return void await new Promise((resolve) => { setTimeout(resolve, 5) })
    approval.busy = true
    try {
      await work(approval)
    } finally {
      approval.busy = false
    }
  }

  /** The steps that go on side by side until the process is killed, each in a loop of its own. */
  loops(browsers: Readonly<Record<'alice' | 'bob', { readonly approving: WorldBrowser, readonly revoking: WorldBrowser }>>): readonly (() => Promise<void>)[] {
    const hasTokens = ({ refresh }: Approval): boolean => refresh !== undefined
    const refresh = (): Promise<void> => this.withOne(hasTokens, async (approval) => {
      const refused = await this.refresh(approval)
      if (refused !== undefined) this.#wrong(`a refresh was refused: ${refused}`)
    })
    const call = (): Promise<void> => this.withOne(hasTokens, async (approval) => {
      const tokens = this.tokensOf(approval)
      const status = await this.call(approval, tokens[Math.floor(Math.random() * tokens.length)] ?? '')
      if (status !== 200) this.#wrong(`a call was answered with ${status}`)
    })
    const exchange = (): Promise<void> => this.withOne(hasTokens, (approval) => Math.random() < 0.7 ? this.exchange(approval) : this.newSecret(approval))
    const people = (['alice', 'bob'] as const).flatMap((person) => [
      (): Promise<void> => this.approve(browsers[person].approving, person),
      (): Promise<void> => this.#takeBack(browsers[person].revoking, person),
    ])
    return [...people, refresh, refresh, refresh, call, call, exchange]
  }

  #takeBack(browser: WorldBrowser, person: PersonName): Promise<void> {
    const mine = this.live.filter((approval) => approval.person === person)
    const [oldest] = mine
    return this.withOne((approval) => approval === oldest && mine.length > KEPT / 2 && approval.delegation !== undefined, (approval) => this.revoke(browser, approval))
  }

  #take(approval: Approval, { body }: TokenAnswer): void {
    approval.access = String(body['access_token'])
    approval.refresh = String(body['refresh_token'])
    approval.tokens += 1
    this.#options.secrets.add(approval.refresh)
    this.#options.secrets.add(signatureOf(approval.access))
  }

  #wrong(text: string): void {
    this.#options.report.wrong.push(text)
  }
}

/** What of a signed token nobody could make. */
function signatureOf(token: string): string {
  return token.split('.')[2] ?? token
}

function told({ status, body }: TokenAnswer): string {
  return `${status} ${String(body['error'])}: ${String(body['error_description'])}`
}
