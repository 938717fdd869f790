import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { BrowserApi } from '../authority/support/calls.ts'
import { root } from '../house/source-tree.ts'
import { approvedRun, OauthAgent, startAuthorityWorld, type AgentRun, type AuthorityWorld } from '../support/authority-world.ts'
import { graveFindings } from '../support/axe.ts'
import { launchChromium, openTab, signIn, type Tab } from '../support/chromium.ts'
import { policiesWith } from '../support/policies.ts'

const PULLS = [{ integration: 'github', scopes: ['pulls:read', 'pulls:write', 'contents:read'], targets: ['acme-corp/*'] }]

/** A little longer than a question waits, and much shorter than a sign-in lasts. */
const INTERACTION_MS = 16 * 60_000
let offsetMs = 0

let world: AuthorityWorld
let browser: Browser
let place: Server
/** Where the agent waits for its answer. */
let callback = ''

beforeAll(async () => {
  place = createServer((_request, response) => { response.setHeader('content-type', 'text/html').end('<!doctype html><title>agent</title><h1>Back at the agent</h1>') })
  await new Promise<void>((resolve) => { place.listen(0, '127.0.0.1', resolve) })
  callback = `http://127.0.0.1:${(place.address() as AddressInfo).port}/callback`
  world = await startAuthorityWorld({
    clock: { nowMs: () => systemClock.nowMs() + offsetMs, monotonicMs: () => systemClock.monotonicMs() + offsetMs },
    policies: async (directory) => {
      const org = await readFile(join(root, 'policies', 'org.yaml'), 'utf8')
      // GitHub's App is lent to nobody who acts for a person: people connect their own accounts.
      return policiesWith({ 'org.yaml': org.replace(/ {2}- id: lend-github-app\n(?: {4}.*\n)+/, '') })(directory)
    },
  })
  browser = await launchChromium(world)
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
  place.closeAllConnections()
  await new Promise((resolve) => { place.close(resolve) })
})

async function tab(options: Parameters<typeof openTab>[1] = {}): Promise<Tab & { end(): void }> {
  const opened = await openTab(browser, options)
  onTestFinished(() => opened.page.context().close())
  return { ...opened, end: () => expect(opened.complaints).toEqual([]) }
}

/** A native agent: its loopback port is its own at each run (RFC 8252 section 7.3). */
class BrowserAgent extends OauthAgent {
  override authorizationUrl(parameters: Readonly<Record<string, string>>): string {
    return super.authorizationUrl({ redirect_uri: callback, ...parameters })
  }

  tokens(answer: string): ReturnType<OauthAgent['token']> {
    const code = new URL(answer).searchParams.get('code') ?? ''
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: this.verifier })
  }
}

const asking = (details: readonly object[]): Readonly<Record<string, string>> =>
  ({ authorization_details: JSON.stringify(details.map((detail) => ({ type: 'postern', ...detail }))) })

async function call(token: unknown, path: string, init: RequestInit = {}): Promise<{ status: number, link: string }> {
  const answer = await fetch(`${world.baseUrl('github')}/repos/acme-corp/${path}`, { ...init, headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' } })
  const body = await answer.json() as { documentation_url?: string }
  return { status: answer.status, link: body.documentation_url ?? '' }
}

async function connectGithub(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: 'Go to GitHub' }).click()
  await page.waitForURL('https://github.com/**')
  await page.getByLabel(login).check()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByRole('heading', { name: 'GitHub is connected' }).waitFor()
}

const title = (page: Page): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent()

/** What keeps somebody from using the page: fields and links without a name, headings that skip a level, ids that are there twice. */
async function barriers(page: Page): Promise<readonly string[]> {
  const found: string[] = []
  for (const role of ['textbox', 'combobox', 'checkbox', 'radio', 'button', 'link', 'navigation'] as const) {
    const nameless = page.getByRole(role, { name: /^\s*$/ })
    for (const each of await nameless.all()) found.push(`${role} without a name: ${(await each.getAttribute('id')) ?? (await each.textContent()) ?? ''}`)
  }
  const levels = (await page.locator('h1, h2, h3, h4').evaluateAll((all) => all.map(({ tagName }) => Number(tagName.slice(1)))))
  levels.forEach((level, index) => { if (level > (levels[index - 1] ?? 0) + 1) found.push(`h${level} after h${levels[index - 1] ?? 0}`) })
  const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id))
  found.push(...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: ${id}`))
  if (await page.locator('main').count() !== 1 || await page.locator('html[lang]').count() !== 1) found.push('no main, or no language')
  return found
}

/** A run of Alice's, approved without a screen. */
async function runOf(details = PULLS, agent = 'pr-reviewer'): Promise<AgentRun> {
  const alice = await world.signedIn('alice')
  if ((await (await BrowserApi.of(alice)).items('/v1/connections')).length === 0) await alice.connectGithub('alice-chen')
  return approvedRun(world, alice, agent, details)
}

async function signedIn(name: Parameters<typeof signIn>[1], path = '/', options: Parameters<typeof openTab>[1] = {}): Promise<Tab & { end(): void }> {
  const opened = await tab(options)
  await opened.page.goto(`${world.url}/login?return=${encodeURIComponent(path)}`)
  await signIn(opened.page, name)
  return opened
}

describe('in a real Chromium without scripts, against the whole product', { timeout: 60_000 }, () => {
  it('signs in, connects GitHub on the way, narrows, approves; the call goes out, and what was narrowed away does not', async () => {
    const { page, end } = await tab()
    const agent = new BrowserAgent(world.url, 'pr-reviewer')
    await page.goto(agent.authorizationUrl(asking(PULLS)))
    expect(await title(page)).toBe('Sign in')
    await signIn(page, 'bob')
    await page.getByRole('heading', { name: 'Let PR Reviewer act for you?' }).waitFor()
    await page.getByRole('link', { name: 'Connect GitHub' }).click()
    await connectGithub(page, 'bob-diaz')
    await page.getByRole('link', { name: 'Go on' }).click()
    await page.getByRole('heading', { name: 'Let PR Reviewer act for you?' }).waitFor()
    expect(await page.getByText('as bob-diaz').count()).toBe(1)
    await page.getByRole('checkbox', { name: 'Read code' }).uncheck()
    await page.getByLabel(/Level of access: Open, edit/).selectOption('read')
    await page.getByText('Narrow to fewer repositories').click()
    await page.getByLabel('One repository a line').fill('acme-corp/frontend')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL(`${callback}?**`)
    const { status, body } = await agent.tokens(page.url())
    expect([status, body['authorization_details']]).toEqual([200, [expect.objectContaining({ scopes: ['pulls:read'], targets: ['acme-corp/frontend'] })]])
    const statuses = [
      await call(body['access_token'], 'frontend/pulls'), await call(body['access_token'], 'backend/pulls/42'), await call(body['access_token'], 'frontend/contents/README.md'),
      await call(body['access_token'], 'frontend/pulls/1/reviews', { method: 'POST', body: '{"event":"COMMENT","body":"x"}' }),
    ].map((one) => one.status)
    expect(statuses).toEqual([200, 403, 403, 403])
    end()
  })

  it('says what is wrong with a narrowing that is none, and keeps what was chosen', async () => {
    await runOf()
    const { page } = await signedIn('alice')
    await page.goto(new BrowserAgent(world.url, 'pr-reviewer').authorizationUrl(asking(PULLS)))
    await page.getByRole('checkbox', { name: 'Read code' }).uncheck()
    await page.getByText('Narrow to fewer repositories').click()
    await page.getByLabel('One repository a line').fill('other-org/secret')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').textContent()).toContain('other-org/secret is more than the agent asked for.')
    expect(await page.getByRole('checkbox', { name: 'Read code' }).isChecked()).toBe(false)
    expect(await page.getByLabel('One repository a line').inputValue()).toBe('other-org/secret')
  })

  it('denies, and tells the agent so; back and in a second tab the question is over', async () => {
    const { page } = await signedIn('alice')
    const url = new BrowserAgent(world.url, 'pr-reviewer').authorizationUrl(asking(PULLS))
    await page.goto(url)
    const consent = page.url()
    const second = await page.context().newPage()
    await second.goto(consent)
    expect(await title(second)).toBe('Let PR Reviewer act for you?')
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.waitForURL(`${callback}?**`)
    expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied')
    await page.goBack()
    expect(await title(page)).toBe('This request is over')
    await second.getByRole('button', { name: 'Approve' }).click()
    // It was this person's own answer, a moment ago: the agent was told no, and the second answer changes nothing.
    await second.waitForURL((at) => at.href !== consent || at.pathname.startsWith('/consent'))
    expect(new URL(second.url()).searchParams.get('code')).toBeNull()
    expect((await world.records()).filter(({ event }) => event === 'delegation.denied').length).toBeGreaterThan(0)
  })

  it('is answered by nobody from another browser', async () => {
    const { page } = await signedIn('alice')
    await page.goto(new BrowserAgent(world.url, 'pr-reviewer').authorizationUrl(asking(PULLS)))
    const consent = page.url()
    const other = await signedIn('bob')
    await other.page.goto(consent)
    expect(await title(other.page)).toBe('This request is over')
    await page.reload()
    expect(await title(page)).toBe('Let PR Reviewer act for you?')
  })

  it('asks whoever is signed in by the time of the answer, and takes no form of the one before', async () => {
    const { page } = await signedIn('alice')
    await page.goto(new BrowserAgent(world.url, 'pr-reviewer').authorizationUrl(asking(PULLS)))
    const second = await page.context().newPage()
    await second.goto(page.url())
    await second.getByRole('link', { name: 'Use another account' }).click()
    await signIn(second, 'bob')
    await second.getByRole('heading', { name: 'Let PR Reviewer act for you?' }).waitFor()
    expect(await second.getByText('Bob Diaz (bob@acme.com)').count()).toBe(1)
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await title(page)).toBe('That page was out of date')
  })

  it('approves a device by the code that it shows', async () => {
    const run = new OauthAgent(world.url, 'pr-reviewer')
    const started = await run.post('/oauth2/device', asking([{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }]))
    expect(started.status).toBe(200)
    await runOf()
    const { page, end } = await signedIn('alice', '/device', { viewport: { width: 390, height: 844 } })
    await page.getByLabel('Code').fill(String(started.body['user_code']).toLowerCase())
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('Compare the code').waitFor()
    expect(await page.locator('.code-block').textContent()).toBe(started.body['user_code'])
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: 'The device has your approval' }).waitFor()
    const { status, body } = await run.token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: String(started.body['device_code']) })
    expect([status, (await call(body['access_token'], 'backend/pulls/42')).status]).toEqual([200, 200])
    end()
  })

  it('allows more from the link of a refused call', async () => {
    const run = await runOf([{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }])
    const { link } = await call(run.access, 'backend/contents/README.md')
    const { page, end } = await signedIn('alice', new URL(link).pathname + new URL(link).search)
    expect(await title(page)).toBe('Let PR Reviewer do more for you?')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: 'It may do this now' }).waitFor()
    const { body } = await run.agent.refresh(run.refresh)
    expect((await call(body['access_token'], 'backend/contents/README.md')).status).toBe(200)
    await page.goBack()
    expect(await title(page)).toBe('It may do this already')
    end()
  })

  it('answers a question of an agent, which then goes on', async () => {
    const run = await runOf([{ integration: 'github', scopes: ['issues:write'], targets: ['acme-corp/*'] }], 'issue-triage')
    const lock = (): ReturnType<typeof call> => call(run.access, 'backend/issues/1/lock', { method: 'PUT', body: '{}' })
    const { link, status } = await lock()
    expect(status).toBe(403)
    const { page, end } = await signedIn('alice', '/approvals')
    await page.getByRole('link', { name: /^Answer/ }).click()
    expect(page.url()).toBe(link)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Approved by alice@acme.com').waitFor()
    const after = await fetch(`${world.baseUrl('github')}/repos/acme-corp/backend/issues/1/lock`, { method: 'PUT', headers: { authorization: `Bearer ${run.access}`, 'content-type': 'application/json' }, body: '{}' })
    expect(after.status).not.toBe(403)
    end()
  })

  it('fits a phone, and readers of the screen: nothing scrolls sideways, all can be touched, everything has its name', async () => {
    await runOf()
    // What judges the pages is a script; they run none of their own.
    const { page, end } = await signedIn('alice', '/approvals', { viewport: { width: 390, height: 844 }, hasTouch: true, javaScriptEnabled: true })
    const fits = async (path: string): Promise<void> => {
      if (path !== '') await page.goto(`${world.url}${path}`)
      expect(await page.locator('html').evaluate((element) => element.scrollWidth > element.clientWidth), `${path}`).toBe(false)
      for (const button of await page.locator('main button, main .button').all()) expect((await button.boundingBox())?.height ?? 0, `${path}`).toBeGreaterThanOrEqual(36)
      expect(await page.getByRole('heading', { level: 1 }).count(), `${path}`).toBe(1)
      expect([...await barriers(page), ...await graveFindings(page)], `${path}`).toEqual([])
    }
    for (const path of ['/approvals', '/break-glass', '/connect/github', '/device']) await fits(path)
    await page.goto(new BrowserAgent(world.url, 'pr-reviewer').authorizationUrl(asking(PULLS)))
    await fits('')
    for (const name of ['Deny', 'Approve']) {
      const box = await page.getByRole('button', { name, exact: true }).boundingBox()
      expect(box !== null && box.y >= 0 && box.y + box.height <= 844, `${name}`).toBe(true)
    }
    end()
  })

  it('is over once its time is, also for who has it open', async () => {
    const { page } = await signedIn('alice')
    await page.goto(new BrowserAgent(world.url, 'pr-reviewer').authorizationUrl(asking(PULLS)))
    offsetMs += INTERACTION_MS
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await title(page)).toBe('This request is over')
    await page.reload()
    expect(await title(page)).toBe('This request is over')
  })
})
