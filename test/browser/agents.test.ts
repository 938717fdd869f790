import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { approvedRun, REDIRECT, startAuthorityWorld, type AgentRun, type AuthorityWorld, type PersonName } from '../support/authority-world.ts'
import { graveFindings } from '../support/axe.ts'
import { launchChromium, openAs, type Tab } from '../support/chromium.ts'
import { LOOKS } from '../support/looks.ts'

/** What an agent could be called by somebody who wants to harm the reader. */
const HOSTILE = '<img src=x onerror=alert(1)>"\'&amp;'

let world: AuthorityWorld
let browser: Browser
let run: AgentRun

beforeAll(async () => {
  world = await startAuthorityWorld({
    personAuthority: false,
    config: (text) => text.replace('agents:\n', `agents:\n  - { id: "agent:strange", name: ${JSON.stringify(HOSTILE)}, owner: ${JSON.stringify(HOSTILE)}, redirect_uris: ["${REDIRECT}"] }\n`),
  })
  browser = await launchChromium(world)
  run = await approvedRun(world, await world.signedIn('alice'), 'pr-reviewer', [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }])
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
})

async function opened(path: string, who: PersonName, look?: keyof typeof LOOKS): Promise<Tab> {
  const tab = await openAs(browser, who, `${world.url}${path}`, look)
  onTestFinished(() => tab.page.context().close())
  return tab
}

const call = (path = 'pulls/42', method = 'GET'): Promise<Response> => fetch(`${world.baseUrl('github')}/repos/acme-corp/backend/${path}`, {
  method, headers: { authorization: `Bearer ${run.access}`, 'content-type': 'application/json' }, ...(method === 'GET' ? {} : { body: '{}' }),
})

describe('the agents, for an operator', () => {
  it('are all listed, found by name, id and owner; what they are called is only text', async () => {
    const { page, complaints } = await opened('/agents', 'olga')
    await page.getByRole('cell', { name: HOSTILE }).first().waitFor()
    expect(await page.getByRole('row').count()).toBeGreaterThan(3)
    await page.getByRole('searchbox', { name: 'Find' }).fill('triage')
    await expect.poll(() => page.getByRole('row').count()).toBe(2)
    expect(page.url()).toContain('find=triage')
    await page.getByRole('searchbox', { name: 'Find' }).fill('nobody at all')
    await page.getByRole('heading', { name: 'No agent matches' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('can be registered: what is wrong is said at its field, nothing that was typed is lost, and the new agent tells that no policy is for it', async () => {
    const { page, complaints } = await opened('/agents', 'olga')
    await page.getByRole('button', { name: 'Register an agent' }).click()
    const dialog = page.getByRole('dialog', { name: 'Register an agent' })
    expect(await graveFindings(page)).toEqual([])
    await dialog.getByLabel('Id', { exact: true }).fill('doc-writer')
    await dialog.getByLabel('Name').fill('Doc Writer')
    await dialog.getByLabel('Redirect URIs').fill('http://evil.example/callback')
    await dialog.getByRole('button', { name: 'Register' }).click()
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByLabel('Redirect URIs').getAttribute('aria-invalid')).toBe('true')
    expect(await dialog.getByLabel('Id', { exact: true }).inputValue()).toBe('doc-writer')
    await dialog.getByLabel('Redirect URIs').fill('http://127.0.0.1/callback')
    await dialog.getByRole('button', { name: 'Register' }).click()
    await page.getByRole('heading', { level: 1, name: 'Doc Writer' }).waitFor()
    await page.getByText('No policy file is for this agent').waitFor()
    // The refused attempt is the one complaint: a browser tells of every answer that is an error.
    expect(complaints.filter((text) => !text.includes('400') && !text.includes('422'))).toEqual([])
  })

  it('each show what policy lets them do with file and line, for whom they act, and what they do, as they do it', async () => {
    const { page, complaints } = await opened('/agents/pr-reviewer', 'olga')
    await page.getByText('pr-reviewer/review', { exact: true }).waitFor()
    await page.getByText(/pr-reviewer\.yaml:\d+$/).first().waitFor()
    await page.getByText('org/production-is-read-only', { exact: true }).waitFor()
    await page.getByRole('cell', { name: 'alice@acme.com', exact: true }).waitFor()
    await page.getByText('live', { exact: true }).waitFor()
    const activity = page.getByRole('list', { name: 'What it does right now' })
    expect((await call()).status).toBe(200)
    await activity.getByText('GET /repos/acme-corp/backend/pulls/42 200').first().waitFor()
    expect((await call('issues/1/comments', 'POST')).status).toBe(403)
    await activity.getByText('api.denied').first().waitFor()
    expect(complaints).toEqual([])
  })

  it('are revoked in two clicks, with a report, and their calls end; and restored', async () => {
    const { page, complaints } = await opened('/agents/pr-reviewer', 'olga')
    await page.getByRole('button', { name: /^Revoke/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Revoke PR Reviewer?' })
    await dialog.getByLabel(/^Reason/).fill('It posts nonsense.')
    expect(await graveFindings(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    const report = page.getByRole('dialog', { name: 'PR Reviewer is revoked' })
    await report.waitFor()
    expect(await report.getByRole('definition').allTextContents()).toContain('1 ended')
    expect((await call()).status).toBe(403)
    await report.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('definition').getByText('It posts nonsense.').waitFor()
    await page.getByRole('button', { name: /^Restore/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('button', { name: /^Revoke/ }).waitFor()
    // What people had approved stays ended.
    expect((await call()).status).toBe(403)
    expect(complaints).toEqual([])
  })

  it.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])('can be read by everybody: %s', async (look) => {
    const { page, complaints } = await opened('/agents', 'olga', look)
    await page.getByRole('table', { name: 'Agents' }).waitFor()
    expect(await graveFindings(page)).toEqual([])
    await page.goto(`${world.url}/agents/issue-triage`)
    await page.getByText('issue-triage/triage', { exact: true }).waitFor()
    expect(await graveFindings(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
  })

  it('say so where there is none of that name', async () => {
    const { page } = await opened('/agents/nobody', 'olga')
    await page.getByRole('heading', { name: 'There is no such agent' }).waitFor()
    await page.getByRole('link', { name: 'Show all agents' }).click()
    await page.getByRole('table', { name: 'Agents' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/agents')
  })
})

describe('the agents, for others', () => {
  it('are shown to auditors, who can change nothing', async () => {
    const { page } = await opened('/agents', 'ada')
    await page.getByRole('table', { name: 'Agents' }).waitFor()
    expect(await page.getByRole('button').allTextContents()).toEqual(['Sign out'])
  })

  it('are not for people without a role, who are told so', async () => {
    const { page } = await opened('/agents', 'bob')
    await page.getByRole('alert').getByText('role_required').waitFor()
    expect(await page.getByRole('link', { name: 'Agents', exact: true }).count()).toBe(0)
  })
})
