import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { BrowserApi, delegationOf, openStream, outcome, PULL, READ_TICKETS, revokeNewest, sessionOf, stillOpen, TICKET_RULES } from '../authority/support/calls.ts'
import { root } from '../house/source-tree.ts'
import { approvedRun, REDIRECT, startAuthorityWorld, type AgentRun, type AuthorityWorld, type PersonName, type WorldBrowser } from '../support/authority-world.ts'
import { graveFindings } from '../support/axe.ts'
import { launchChromium, openTab, signIn } from '../support/chromium.ts'
import { LOOKS } from '../support/looks.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { copyRow } from '../support/store-rows.ts'

/** What an agent could be called by somebody who wants to harm the reader. */
const HOSTILE = '<img src=x onerror=alert(1)>"\'&amp;'
const PULLS = { integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/backend', 'acme-corp/frontend'] }
const READ = { integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }

let world: AuthorityWorld
let browser: Browser
const people = new Map<PersonName, WorldBrowser>()
const profiles = new Map<PersonName, Awaited<ReturnType<BrowserContext['storageState']>>>()

beforeAll(async () => {
  world = await startAuthorityWorld({
    policies: async (directory) => {
      const org = await readFile(join(root, 'policies', 'org.yaml'), 'utf8')
      const strange = agentRules('agent:strange', '{ id: read, allow: { integration: github, scopes: ["pulls:read"], target: acme-corp/* } }')
      return policiesWith({ ...TICKET_RULES, 'strange.yaml': strange, 'org.yaml': org.replace(/ {2}- id: lend-github-app\n(?: {4}.*\n)+/, '') })(directory)
    },
    config: (text) => text.replace('agents:\n', `agents:\n  - { id: "agent:strange", name: ${JSON.stringify(HOSTILE)}, owner: ${JSON.stringify(HOSTILE)}, redirect_uris: ["${REDIRECT}"] }\n`),
  })
  browser = await launchChromium(world)
  for (const name of ['alice', 'bob'] as const) people.set(name, await (await world.signedIn(name)).connectGithub(name === 'alice' ? 'alice-chen' : 'bob-diaz'))
  await approvedRun(world, person('alice'), 'release-notes', [READ])
  await revokeNewest(person('alice'))
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
})

function person(name: PersonName): WorldBrowser {
  const signedIn = people.get(name)
  if (signedIn === undefined) throw new TypeError(`nobody signed in as ${name}`)
  return signedIn
}

const approved = (name: PersonName, agent: string, ...details: Parameters<typeof approvedRun>[3]): Promise<AgentRun> => approvedRun(world, person(name), agent, details)

interface Opened {
  readonly page: Page
  /** Nothing was complained of; refused requests, of which a browser tells by itself, are named. */
  readonly end: (refused?: RegExp) => void
}

/** The page as this person sees it; whoever signed in here before need not again. */
async function opened(who: PersonName, look: keyof typeof LOOKS = 'light', path = '/'): Promise<Opened> {
  const profile = profiles.get(who)
  const { page, complaints } = await openTab(browser, { javaScriptEnabled: true, ...LOOKS[look], ...(profile !== undefined && { storageState: profile }) })
  onTestFinished(() => page.context().close())
  await page.goto(`${world.url}${path}`)
  if (profile === undefined) {
    await signIn(page, who)
    profiles.set(who, await page.context().storageState())
  }
  await page.getByRole('heading', { level: 1, name: 'My agents' }).waitFor()
  return { page, end: (refused = /^$/) => expect(complaints.filter((text) => !refused.test(text))).toEqual([]) }
}

/** One approval on the page. */
const part = (page: Page, { access }: AgentRun): Locator => page.locator(`[data-delegation="${delegationOf(access)}"]`)

describe('my agents, where there is none', () => {
  it('tells the next steps, with the address by which an agent finds everything, and offers to look at what ended', async () => {
    const { page, end } = await opened('otto')
    await page.getByRole('heading', { name: 'No agent acts for you' }).waitFor()
    const address = await page.locator('.discovery code').textContent()
    const metadata = await (await fetch(address ?? '')).json() as { issuer?: string }
    expect(metadata.issuer).toBe(world.url)
    await page.getByText('Past approvals').click()
    await page.getByText('Nothing that you approved has ended yet.').waitFor()
    expect(await graveFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Connect an account' }).click()
    await page.getByRole('heading', { level: 1, name: 'Connections' }).waitFor()
    end()
  })
})

describe('my agents', () => {
  it('tell who they are, what they may do in words, on what, by which account, since when, until when, when last, and what runs; of nobody else’s', async () => {
    const [run, bobs] = [await approved('alice', 'pr-reviewer', PULLS, READ_TICKETS), await approved('bob', 'pr-reviewer', READ)]
    expect(await outcome(world, run.access)).toBe('200')
    const { page, end } = await opened('alice')
    const own = part(page, run)
    await own.getByText('Read pull requests, their reviews and comments').waitFor()
    expect(await page.getByRole('region', { name: 'PR Reviewer' }).locator('.card-head').innerText()).toMatch(/PR Reviewer\s+agent:pr-reviewer · owned by team-platform/)
    expect(await own.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['GitHub as alice-chen', 'Tickets'])
    expect(await own.getByRole('list', { name: 'On what at GitHub' }).getByRole('listitem').allTextContents()).toEqual(['acme-corp/backend', 'acme-corp/frontend'])
    expect(await own.locator('code').allTextContents()).toEqual(expect.arrayContaining(['pulls:read', 'pulls:write', 'tickets:read']))
    await expect.poll(() => own.getByRole('definition').allTextContents(), { timeout: 10_000 }).toEqual([
      expect.stringMatching(/^\d+ \w+ \d{4}, \d\d:\d\d$/), expect.stringMatching(/^\d+ \w+ \d{4}, \d\d:\d\d \(in (60|59) minutes\)$/), 'just now', expect.stringMatching(/^since just now, ends in \d+ minutes\s*End/),
    ])
    const text = await page.content()
    for (const theirs of [delegationOf(bobs.access), sessionOf(bobs.access), 'bob@acme.com']) expect(text).not.toContain(theirs)
    end()
  })

  it('are shown to an operator as their own only, too', async () => {
    const run = await approved('alice', 'pr-reviewer', READ)
    const { page, end } = await opened('olga')
    await page.getByRole('heading', { name: 'No agent acts for you' }).waitFor()
    expect(await page.content()).not.toContain(delegationOf(run.access))
    end()
  })

  it('are only text, whatever they are called', async () => {
    await approved('alice', 'strange', READ)
    const { page, end } = await opened('alice')
    await page.getByRole('heading', { level: 2, name: HOSTILE, exact: true }).waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    await page.getByRole('button', { name: /^Revoke agent.*<img/ }).click()
    await page.getByRole('dialog', { name: `Revoke ${HOSTILE}?` }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
    end()
  })

  it('ends one session in two clicks, and says so; what was approved stays', async () => {
    const [run, other] = [await approved('alice', 'pr-reviewer', READ), await approved('alice', 'pr-reviewer', READ)]
    const { page, end } = await opened('alice')
    await part(page, run).getByRole('button', { name: /^End/ }).click()
    await page.getByRole('dialog', { name: 'End this session of PR Reviewer?' }).getByRole('button', { name: 'End it' }).click()
    const report = page.getByRole('dialog', { name: 'The session of PR Reviewer has ended' })
    await report.waitFor()
    expect(await report.getByRole('definition').allTextContents()).toEqual(['none', '1 ended', 'none was alive', 'none'])
    expect([await outcome(world, run.access), await outcome(world, other.access)]).toEqual(['403 session_ended', '200'])
    await report.getByRole('button', { name: 'Close' }).click()
    await part(page, run).getByText('nothing at the moment').waitFor()
    end()
  })

  it('revokes one approval in two clicks while streams are open: its own is cut and no other, the report says so, and it is told among what is past', async () => {
    const [hers, his] = [await approved('alice', 'pr-reviewer', READ, READ_TICKETS), await approved('bob', 'pr-reviewer', READ_TICKETS)]
    const [hersOpen, hisOpen] = [await openStream(world, hers.access), await openStream(world, his.access)]
    expect(await outcome(world, hers.access)).toBe('200')
    const { page, end } = await opened('alice')
    await part(page, hers).getByRole('button', { name: /^Revoke approval/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Revoke this approval of PR Reviewer?' })
    await dialog.getByLabel(/^Reason/).fill('It is \u202Edone.')
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    // A reason is one line without such characters: the API says so at the field, and nothing has happened yet.
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel(/^Reason/).fill('It is done.')
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    const report = page.getByRole('dialog', { name: 'The approval of PR Reviewer is revoked' })
    await report.getByText('1 cut').waitFor()
    expect(await report.getByRole('definition').allTextContents()).toEqual(['1 ended', '1 ended', expect.stringContaining('github: 1 dropped, 1 revoked there'), '1 cut'])
    expect(await report.getByRole('listitem').allTextContents()).toEqual([expect.stringMatching(/^tickets: 1 of 1 credentials could not be revoked there/)])
    await hersOpen.closed
    await stillOpen(hisOpen)
    expect([await outcome(world, hers.access), await outcome(world, his.access, '/tickets/v1/tickets/T-1')]).toEqual(['403 delegation_revoked', '200'])
    await page.keyboard.press('Escape')
    await expect.poll(() => part(page, hers).count()).toBe(0)
    // What was pressed is gone: whoever goes on by keyboard stands at the page, not before everything.
    await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('content')
    await page.getByText('Past approvals').click()
    const past = page.getByRole('table', { name: 'Approvals that have ended' })
    await past.getByText('by alice@acme.com: It is done.').first().waitFor()
    hisOpen.close()
    end(/400/)
  })

  it('revokes all that was approved for one agent in two clicks; its other people and the person’s other agents go on', async () => {
    const [one, two, kept, bobs] = [await approved('alice', 'release-notes', READ), await approved('alice', 'release-notes', READ_TICKETS), await approved('alice', 'pr-reviewer', READ), await approved('bob', 'release-notes', READ)]
    const { page, end } = await opened('alice')
    await page.getByRole('region', { name: 'Release Notes' }).getByText('2 approvals').waitFor()
    await page.getByRole('button', { name: /^Revoke agent.*Release Notes/ }).click()
    await page.getByRole('dialog', { name: 'Revoke Release Notes?' }).getByRole('button', { name: 'Revoke all' }).click()
    const report = page.getByRole('dialog', { name: 'Release Notes is revoked' })
    await report.waitFor()
    expect(await report.getByRole('definition').allTextContents()).toEqual(['2 ended', '2 ended', 'none was alive', 'none'])
    const tickets = '/tickets/v1/tickets/T-1'
    expect([await outcome(world, one.access), await outcome(world, two.access, tickets), await outcome(world, kept.access), await outcome(world, bobs.access, PULL)])
      .toEqual(['403 delegation_revoked', '403 delegation_revoked', '200', '200'])
    await report.getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => page.getByRole('region', { name: 'Release Notes' }).count()).toBe(0)
    end()
  })

  it('lets go of what was revoked elsewhere, and shows what was approved elsewhere, without a reload', async () => {
    const run = await approved('alice', 'pr-reviewer', READ)
    const { page, end } = await opened('alice')
    await part(page, run).waitFor()
    await (await BrowserApi.of(person('alice'))).post(`/v1/delegations/${delegationOf(run.access)}/revoke`)
    const later = await approved('alice', 'pr-reviewer', READ)
    await expect.poll(() => part(page, run).count(), { timeout: 12_000 }).toBe(0)
    await part(page, later).waitFor()
    end()
  })

  it('tells at the top that a question waits, with the way to it', async () => {
    const run = await approved('bob', 'issue-triage', { integration: 'github', scopes: ['issues:write'], targets: ['acme-corp/backend'] })
    expect(await outcome(world, run.access, '/github/repos/acme-corp/backend/issues/1/lock', 'PUT', { body: '{}' })).toMatch(/approval_required/)
    const { page, end } = await opened('bob')
    await page.getByText('One question waits for your answer').waitFor()
    await page.getByRole('link', { name: 'Look at it' }).click()
    await page.getByText('PUT /repos/acme-corp/backend/issues/1/lock').waitFor()
    end()
  })
})

describe('narrowing in place', () => {
  it('takes away scopes and targets and shortens the time; from the next call on the agent is refused', async () => {
    const run = await approved('alice', 'pr-reviewer', { ...PULLS, targets: ['acme-corp/*'] })
    const { page, end } = await opened('alice')
    await part(page, run).getByRole('button', { name: /^Narrow/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Narrow what PR Reviewer may do' })
    await dialog.getByRole('button', { name: 'Narrow it' }).click()
    await dialog.getByText('Nothing is taken away yet.').waitFor()
    await dialog.getByRole('checkbox', { name: /pulls:write/ }).uncheck()
    await dialog.getByText('Only some of acme-corp/*').click()
    await dialog.getByLabel('One name a line').fill('other-org/secret')
    await dialog.getByRole('button', { name: 'Narrow it' }).click()
    await dialog.getByText(/No one approval of github covers/).waitFor()
    await dialog.getByLabel('One name a line').fill('acme-corp/frontend\n')
    await dialog.getByLabel('Ends').selectOption('in 15 minutes')
    expect(await graveFindings(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Narrow it' }).click()
    await expect.poll(() => dialog.count()).toBe(0)
    await expect.poll(() => part(page, run).getByRole('list', { name: 'On what at GitHub' }).getByRole('listitem').allTextContents()).toEqual(['acme-corp/frontend'])
    expect(await part(page, run).locator('code').allTextContents()).toEqual(['pulls:read'])
    await part(page, run).getByText(/in 1[45] minutes/).first().waitFor()
    expect([await outcome(world, run.access), await outcome(world, run.access, '/github/repos/acme-corp/frontend/pulls')]).toEqual([expect.stringMatching(/^403 /), '200'])
    end(/400|422/)
  })

  it('of what was changed meanwhile says so, and goes on from what stands now', async () => {
    const run = await approved('alice', 'pr-reviewer', PULLS)
    const { page, end } = await opened('alice')
    await part(page, run).getByRole('button', { name: /^Narrow/ }).click()
    const path = `/v1/delegations/${delegationOf(run.access)}`
    const api = await BrowserApi.of(person('alice'))
    const { body } = await api.get(path)
    expect((await api.patch(path, { version: body['version'], access: [{ ...PULLS, targets: ['acme-corp/backend'] }] })).status).toBe(200)
    const dialog = page.getByRole('dialog', { name: 'Narrow what PR Reviewer may do' })
    await dialog.getByRole('checkbox', { name: /pulls:write/ }).uncheck()
    await dialog.getByRole('button', { name: 'Narrow it' }).click()
    await dialog.getByText('state_conflict').waitFor()
    await dialog.getByRole('button', { name: 'Show it as it is now' }).click()
    await expect.poll(() => dialog.getByRole('checkbox').count()).toBe(3)
    await dialog.getByRole('checkbox', { name: /pulls:write/ }).uncheck()
    await dialog.getByRole('button', { name: 'Narrow it' }).click()
    await expect.poll(() => dialog.count()).toBe(0)
    expect((await api.get(path)).body['access']).toMatchObject([{ scopes: ['pulls:read'], targets: ['acme-corp/backend'] }])
    end(/409/)
  })

  it('leaves nothing to nobody: to take all away is to revoke', async () => {
    const run = await approved('alice', 'pr-reviewer', READ)
    const { page, end } = await opened('alice')
    await part(page, run).getByRole('button', { name: /^Narrow/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Narrow what PR Reviewer may do' })
    await dialog.getByRole('checkbox', { name: /pulls:read/ }).uncheck()
    await dialog.getByRole('button', { name: 'Narrow it' }).click()
    await dialog.getByText('Nothing would be left of it. To take all of it back, revoke it.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    // Focus goes back to where it was.
    expect(await page.evaluate('document.activeElement?.textContent')).toMatch(/^Narrow/)
    end()
  })
})

describe('for everybody', () => {
  it('shows more of many approvals, fifty at a time', async () => {
    const run = await approved('bob', 'release-notes', READ)
    copyRow(world, 'delegations', delegationOf(run.access), Array.from({ length: 60 }, (_, at) => ({ id: `dlg_copied${String(at).padStart(3, '0')}` })))
    const { page, end } = await opened('bob')
    await expect.poll(() => page.locator('[data-delegation]').count()).toBe(50)
    await page.getByRole('button', { name: 'Show more approvals' }).click()
    await expect.poll(() => page.locator('[data-delegation]').count()).toBeGreaterThan(60)
    expect(await page.getByRole('button', { name: 'Show more approvals' }).count()).toBe(0)
    end()
  })

  it.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])('can be read and touched: %s', async (look) => {
    await approved('alice', 'pr-reviewer', PULLS, READ_TICKETS)
    const { page, end } = await opened('alice', look)
    await page.getByRole('region', { name: 'PR Reviewer' }).waitFor()
    await page.getByText('Past approvals').click()
    await page.locator('.past .card').waitFor()
    const fits = async (): Promise<void> => {
      expect(await graveFindings(page)).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    }
    await fits()
    for (const button of await page.locator('main button:not(.link-button), main .button').all()) expect((await button.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(36)
    for (const name of [/^Narrow/, /^Revoke agent/]) {
      await page.getByRole('button', { name }).first().click()
      await page.getByRole('dialog').waitFor()
      await fits()
      await page.keyboard.press('Escape')
      await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    }
    end()
  })

  it('says so and tries again where Postern does not answer, and shows what it showed until then', async () => {
    const run = await approved('alice', 'pr-reviewer', READ)
    const { page } = await opened('alice')
    await part(page, run).waitFor()
    await page.context().setOffline(true)
    await page.getByText('Postern cannot be reached.').first().waitFor()
    expect(await part(page, run).count()).toBe(1)
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await expect.poll(() => page.getByText('Postern cannot be reached.').count()).toBe(0)
  })
})
