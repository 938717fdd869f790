import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { BrowserApi, delegationOf, outcome } from '../authority/support/calls.ts'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld, type PersonName, type WorldBrowser } from '../support/authority-world.ts'
import { graveFindings } from '../support/axe.ts'
import { launchChromium, openTab, signIn } from '../support/chromium.ts'
import { LOOKS } from '../support/looks.ts'
import { copyRow } from '../support/store-rows.ts'

const READ = { integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }
/** What an account could be called there by somebody who wants to harm the reader. */
const HOSTILE = '<img src=x onerror=alert(1)>'
const NO_TOKENS = { access_token: null, refresh_token: null }

let world: AuthorityWorld
let browser: Browser
let alice: WorldBrowser
let run: AgentRun
const profiles = new Map<PersonName, Awaited<ReturnType<BrowserContext['storageState']>>>()

beforeAll(async () => {
  world = await startAuthorityWorld({
    config: (text, { files }) => text.replace('slack.com,', 'slack.com, planner.internal.acme.com,').replace('policies:', `  planner:
    type: routes
    origin: https://planner.internal.acme.com
    credential:
      oauth:
        authorize_url: https://planner.internal.acme.com/oauth/authorize
        token_url: https://planner.internal.acme.com/oauth/token
        client_id: postern
        client_secret: { file: ${JSON.stringify(files.githubClientSecret)} }
        scopes: ["plans:read", "plans:write"]
    routes: [{ route: GET /v1/plans, access: read, scopes: ["plans:read"] }, { route: POST /v1/plans, access: write, scopes: ["plans:write"] }]
policies:`),
  })
  browser = await launchChromium(world)
  alice = await (await world.signedIn('alice')).connectGithub('alice-chen')
  run = await approvedRun(world, alice, 'pr-reviewer', [READ])
  const [own] = await (await BrowserApi.of(alice)).items('/v1/connections')
  copyRow(world, 'connections', String(own?.['id']), [
    { ...NO_TOKENS, id: 'con_planner', integration: 'planner', label: 'work', account_name: HOSTILE, scopes: '["plans:read","plans:delete"]' },
    { ...NO_TOKENS, id: 'con_worn', integration: 'planner', label: 'old', account_name: 'alice-before', scopes: '["plans:read","plans:write"]', state: 'reauth_required', state_reason: 'the refresh token was refused' },
    { ...NO_TOKENS, id: 'con_gone', integration: 'planner', label: 'gone', account_name: 'alice-gone', scopes: '[]', state: 'revoked', state_reason: 'revoked by its owner' },
    { ...NO_TOKENS, id: 'con_shared', integration: 'planner', owner: 'organisation', label: 'shared', account_name: 'acme-bot', scopes: '["plans:read"]' },
  ])
  copyRow(world, 'delegations', delegationOf(run.access), [{ id: 'dlg_planner', access: JSON.stringify([{ integration: 'planner', scopes: ['plans:read'], targets: ['**'], connection: 'con_planner' }]) }])
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
})

interface Opened {
  readonly page: Page
  /** Nothing was complained of. */
  readonly end: () => void
}

async function opened(who: PersonName, look: keyof typeof LOOKS = 'light'): Promise<Opened> {
  const profile = profiles.get(who)
  const { page, complaints } = await openTab(browser, { javaScriptEnabled: true, ...LOOKS[look], ...(profile !== undefined && { storageState: profile }) })
  onTestFinished(() => page.context().close())
  await page.goto(`${world.url}/connections`)
  if (profile === undefined) {
    await signIn(page, who)
    profiles.set(who, await page.context().storageState())
  }
  await page.getByRole('heading', { level: 1, name: 'Connections' }).waitFor()
  return { page, end: () => expect(complaints).toEqual([]) }
}

/** From our page to GitHub's own and back to where it began. */
async function through(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: 'Go to GitHub' }).click()
  await page.waitForURL('https://github.com/**')
  await page.getByLabel(login).check()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByRole('link', { name: 'Go on' }).click()
  await page.waitForURL(`${world.url}/connections`)
}

const card = (page: Page, name: string): Locator => page.getByRole('region', { name })
const texts = (place: Locator, list: string): Promise<readonly string[]> => place.getByRole('list', { name: list }).getByRole('listitem').allTextContents()

describe('connections', () => {
  it('begin with what can be connected; one goes there and comes back, and consents again in place', async () => {
    const { page, end } = await opened('bob')
    await page.getByRole('heading', { name: 'You have connected no account' }).waitFor()
    expect(await graveFindings(page)).toEqual([])
    await page.getByRole('link', { name: /^Connect\s*: GitHub/ }).click()
    await through(page, 'bob-diaz')
    const own = card(page, 'GitHub: bob-diaz')
    await own.getByText('connected', { exact: true }).waitFor()
    await own.getByText(/user tokens have no scopes of their own/).waitFor()
    await own.getByText('no agent at the moment').waitFor()
    const [before] = await (await BrowserApi.of(await world.signedIn('bob'))).items('/v1/connections')
    await own.getByRole('link', { name: /^Consent again/ }).click()
    await through(page, 'bob-diaz')
    await own.waitFor()
    const after = await (await BrowserApi.of(await world.signedIn('bob'))).items('/v1/connections')
    expect(after.map(({ id, state }) => [id, state])).toEqual([[before?.['id'], 'active']])
    end()
  })

  it('tell what was granted, what is missing and what nobody uses, in words, and which agents use them; names are only text', async () => {
    const { page, end } = await opened('alice')
    const planner = card(page, `Planner: ${HOSTILE}`)
    await planner.waitFor()
    expect([await texts(planner, 'Missing scopes'), await texts(planner, 'Granted scopes'), await texts(planner, 'Scopes in excess')])
      .toEqual([[expect.stringContaining('plans:write')], [expect.stringContaining('plans:read')], [expect.stringContaining('plans:delete')]])
    await planner.getByText('PR Reviewer').waitFor()
    await planner.getByText('work', { exact: true }).waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    await card(page, 'GitHub: alice-chen').getByText('PR Reviewer').waitFor()
    const other = await page.content()
    for (const theirs of ['bob-diaz', 'acme-bot']) expect(other).not.toContain(theirs)
    end()
  })

  it('put first what has to be renewed, say why, and lead to where it is', async () => {
    const { page, end } = await opened('alice')
    const worn = card(page, 'Planner: alice-before')
    await worn.getByText('Planner does not accept this connection any more').waitFor()
    await worn.getByText(/the refresh token was refused/).waitFor()
    expect(await page.locator('section[data-connection]').first().getAttribute('data-connection')).toBe('con_worn')
    const href = new URL(await worn.getByRole('link', { name: /^Renew/ }).getAttribute('href') ?? '', world.url)
    expect([href.pathname, href.searchParams.get('return'), href.searchParams.get('label')]).toEqual(['/connect/planner', '/connections', 'old'])
    await worn.getByRole('link', { name: /^Renew/ }).click()
    await page.getByRole('button', { name: 'Go to Planner' }).waitFor()
    end()
  })

  it('show the organisation’s to operators alone, who can end it', async () => {
    const { page, end } = await opened('olga')
    await page.getByRole('heading', { level: 2, name: 'The organisation’s' }).waitFor()
    await card(page, 'Planner: acme-bot').getByRole('button', { name: /^Revoke/ }).waitFor()
    expect(await page.content()).not.toContain('alice-before')
    const auditor = await opened('ada')
    await card(auditor.page, 'Planner: acme-bot').waitFor()
    expect(await auditor.page.getByRole('button', { name: /^Revoke/ }).count()).toBe(0)
    end()
  })

  it.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])('can be read and touched: %s', async (look) => {
    const { page, end } = await opened('alice', look)
    await card(page, 'GitHub: alice-chen').waitFor()
    await page.getByText('Revoked connections').click()
    await page.getByRole('cell', { name: 'alice-gone' }).waitFor()
    const fits = async (): Promise<void> => {
      expect(await graveFindings(page)).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    }
    await fits()
    for (const button of await page.locator('main button:not(.link-button), main .button').all()) expect((await button.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(36)
    await card(page, 'GitHub: alice-chen').getByRole('button', { name: /^Revoke/ }).click()
    await page.getByRole('dialog', { name: 'Revoke alice-chen at GitHub?' }).waitFor()
    await fits()
    end()
  })

  it('are revoked in two clicks, here and there; the report says what was', async () => {
    expect(await outcome(world, run.access)).toBe('200')
    const { page, end } = await opened('alice')
    await card(page, 'GitHub: alice-chen').getByRole('button', { name: /^Revoke/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Revoke alice-chen at GitHub?' })
    await dialog.getByText('1 approval of agents uses it.').waitFor()
    await dialog.getByLabel(/^Reason/).fill('Another account from now on.')
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    const report = page.getByRole('dialog', { name: 'alice-chen at GitHub is revoked' })
    await report.waitFor()
    expect(await report.getByRole('definition').allTextContents()).toEqual(expect.arrayContaining(['1 ended', expect.stringContaining('github: 1 dropped')]))
    await report.getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => card(page, 'GitHub: alice-chen').count()).toBe(0)
    await page.getByRole('link', { name: /^Connect\s*: GitHub/ }).waitFor()
    expect(await outcome(world, run.access)).toMatch(/^403 connection_required/)
    expect(world.upstreams.github.oauth.liveTokens().filter(({ login }) => login === 'alice-chen')).toEqual([])
    end()
  })
})
