import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { approvedRun, startAuthorityWorld, type AuthorityWorld, type PersonName } from '../support/authority-world.ts'
import { ShiftedClock, writeHistory, type History } from '../support/audit-history.ts'
import { grid, groundOf, lines, live, row, shown, steps } from '../support/audit-page.ts'
import { graveFindings } from '../support/axe.ts'
import { launchChromium, openTab, signIn, type Tab } from '../support/chromium.ts'

const RECORDS = 3_000
const HOSTILE_PATH = '/x/<img src=x onerror=alert(1)>/\u202Etxt.exe'

const clock = new ShiftedClock()
let world: AuthorityWorld
let browser: Browser
let history: History
/** One tab a person, for all tests: each begins with its own address. */
const tabs = new Map<PersonName, Tab>()

beforeAll(async () => {
  world = await startAuthorityWorld({ clock })
  browser = await launchChromium(world)
  history = await writeHistory({ audit: world.service.audit, clock, records: RECORDS, overMs: 30 * 3_600_000 })
  const alice = await (await world.signedIn('alice')).connectGithub('alice-chen')
  const { access } = await approvedRun(world, alice, 'pr-reviewer', [{ integration: 'github', scopes: ['pulls:read', 'contents:read'], targets: ['acme-corp/backend'] }])
  await call(access, 'backend/pulls/42')
  await call(access, 'frontend/pulls/1')
  for (const name of ['olga', 'alice'] as const) tabs.set(name, await tabOf(name))
}, 60_000)
afterEach(() => Promise.all([...tabs.values()].map(({ page }) => page.unrouteAll())))
afterAll(async () => {
  await browser.close()
  await world.close()
})

const call = async (token: string, path: string): Promise<string> =>
  (await fetch(`${world.baseUrl('github')}/repos/acme-corp/${path}`, { headers: { authorization: `Bearer ${token}` } })).text()

async function tabOf(name: PersonName): Promise<Tab> {
  const tab = await openTab(browser, { javaScriptEnabled: true })
  await tab.page.goto(`${world.url}/login`)
  await signIn(tab.page, name)
  return tab
}

/** This person's tab at this place, with what it complained of since. */
async function at(place: string, name: PersonName = 'olga'): Promise<Tab> {
  const tab = tabs.get(name)
  if (tab === undefined) throw new Error(`${name} has no tab`)
  const before = tab.complaints.length
  await tab.page.goto(`${world.url}${place}`)
  return { page: tab.page, get complaints() { return tab.complaints.slice(before) } }
}

/** A record that can be told from all others. */
const write = (connection: string): Promise<void> => world.service.audit.commit({ event: 'delegation.narrowed', user: { id: 'user:alice@acme.com', name: 'Alice Chen' }, connection, outcome: 'ok' })

describe('the timeline', () => {
  it('shows each record with its time, event, what, who and outcome, newest first, and what was denied in colour and in words', async () => {
    const { page, complaints } = await at('/audit')
    await shown(page)
    const good = row(page, '/repos/acme-corp/backend/pulls/42').filter({ hasText: 'api.call' })
    await expect.poll(async () => (await good.textContent()) ?? '').toMatch(/^\d\d:\d\d:\d\dapi\.callGET \/repos\/acme-corp\/backend\/pulls\/42pr-reviewer for alice@acme\.com200 [\d.]+ m?s$/)
    const bad = row(page, '/repos/acme-corp/frontend/pulls/1')
    expect(await bad.textContent()).toMatch(/api\.denied.*denied /)
    expect(await groundOf(bad)).not.toBe(await groundOf(good))
    expect((await lines(page))[0]?.text).toMatch(/^\w+, \d+ \w+ \d{4}$/)
    expect(await grid(page).getByRole('columnheader').allTextContents()).toEqual(['Time', 'Event', 'What', 'Who', 'Outcome'])
    expect(complaints).toEqual([])
  })

  it('narrows by filters that stand in the address, and the way back undoes them', async () => {
    const { page, complaints } = await at('/audit')
    await shown(page)
    await page.getByLabel('Agent', { exact: true }).fill('docs-bot')
    await page.getByLabel('Agent', { exact: true }).press('Enter')
    await page.waitForURL('**/audit?agent=docs-bot')
    await shown(page)
    expect((await lines(page)).filter(({ text }) => / for /.test(text) && !text.includes('docs-bot'))).toEqual([])
    await page.getByRole('button', { name: 'Denied only' }).click()
    await page.waitForURL('**/audit?agent=docs-bot&outcome=denied')
    await shown(page)
    const denied = (await lines(page)).filter(({ text }) => !/^\w+, /.test(text))
    expect(denied.length).toBeGreaterThan(3)
    expect(denied.every(({ text }) => /denied$|denied policy_denied$/.test(text))).toBe(true)
    await page.goBack()
    await page.waitForURL('**/audit?agent=docs-bot')
    expect(await page.getByLabel('Outcome').inputValue()).toBe('')
    await page.getByLabel('Time', { exact: true }).selectOption('15m')
    await page.waitForURL('**/audit?agent=docs-bot&last=15m')
    await page.getByRole('button', { name: 'Clear all filters' }).click()
    await page.waitForURL('**/audit')
    expect(complaints).toEqual([])
  })

  it('narrows to a person, an integration, an event, a run and a span of time', async () => {
    const { page } = await at('/audit')
    await shown(page)
    for (const [label, value] of [['Person', 'bob@acme.com'], ['Integration', 'slack'], ['Event', 'api']] as const) {
      await page.getByLabel(label, { exact: true }).fill(value)
      await page.getByLabel(label, { exact: true }).press('Enter')
    }
    await page.waitForURL('**/audit?person=bob%40acme.com&integration=slack&event=api')
    await expect.poll(async () => (await lines(page)).filter(({ text }) => !/^\w+, /.test(text) && !/api\..*bob@acme\.com/.test(text))).toEqual([])
    await page.goto(`${world.url}/audit?session=${history.sessions[0] ?? ''}`)
    await shown(page)
    await page.getByRole('button', { name: /^No longer only session/ }).click()
    await page.waitForURL('**/audit')
    await page.getByLabel('Time', { exact: true }).selectOption('custom')
    await page.getByLabel('Until', { exact: true }).fill('2020-01-01T00:00:00')
    await page.getByText('No record matches').waitFor()
    await page.getByText('Not live: the time that you chose has ended.').waitFor()
    await page.getByRole('link', { name: 'Show everything' }).click()
    await shown(page)
  })

  it('tells a filter that the API does not take', async () => {
    const { page } = await at('/audit?agent=No%20Such')
    await page.getByRole('region', { name: 'Timeline' }).getByRole('alert').waitFor()
    expect(await page.getByRole('region', { name: 'Timeline' }).getByRole('alert').textContent()).toContain('agent')
  })

  it('takes in what is written at the top, and keeps it back while somebody reads farther down', async () => {
    const { page, complaints } = await at('/audit')
    await shown(page)
    await live(page)
    await write('first')
    await row(page, 'first').waitFor()
    expect((await lines(page))[1]?.text).toContain('first')
    await grid(page).press('ArrowDown')
    await write('above the mark')
    await row(page, 'above the mark').waitFor()
    expect(await page.locator('.tl-active').textContent()).toContain('first')
    await grid(page).evaluate((element) => { element.scrollTop = 4000 })
    await expect.poll(async () => (await lines(page))[0]?.index).toBeGreaterThan(50)
    const before = await lines(page)
    await write('second')
    await write('third')
    const button = page.getByRole('button', { name: '2 new records' })
    await button.waitFor()
    expect(await lines(page)).toEqual(before)
    await button.click()
    await row(page, 'third').waitFor()
    expect((await lines(page)).slice(1, 4).map(({ text }) => /third|second|above/.exec(text)?.[0])).toEqual(['third', 'second', 'above'])
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe('grid')
    expect(complaints).toEqual([])
  })

  it('pauses, says when it is not live, and catches up with what it missed', async () => {
    const { page } = await at('/audit')
    await shown(page)
    await live(page)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused').waitFor()
    await write('while paused')
    await page.route('**/v1/audit/tail*', (route) => route.abort())
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText(/^Not live: Postern cannot be reached/).waitFor()
    await page.unroute('**/v1/audit/tail*')
    await live(page)
    await expect.poll(() => row(page, 'while paused').count()).toBe(1)
  })

  it('reaches the oldest of all with few elements, and each line says where it stands', async () => {
    const { page } = await at('/audit')
    await shown(page)
    await grid(page).focus()
    await expect.poll(async () => {
      await page.keyboard.press('End')
      return grid(page).getAttribute('aria-rowcount')
    }, { timeout: 10_000 }).not.toBe('-1')
    await page.keyboard.press('End')
    const count = Number(await grid(page).getAttribute('aria-rowcount'))
    expect(count).toBeGreaterThan(RECORDS)
    await expect.poll(async () => (await lines(page)).at(-1)?.index).toBe(count)
    const drawn = await lines(page)
    expect(drawn.length).toBeLessThan(80)
    expect(drawn.map(({ index }) => index)).toEqual(drawn.map((_line, nth) => (drawn[0]?.index ?? 0) + nth))
    await page.keyboard.press('Home')
    await expect.poll(async () => (await lines(page))[0]?.index).toBe(2)
  })
})

describe('one record', () => {
  it('opens by keyboard, and the way back leads to the same place of the list', async () => {
    const { page, complaints } = await at('/audit?event=api')
    await shown(page)
    await grid(page).focus()
    for (let press = 0; press < 5; press += 1) await page.keyboard.press('PageDown')
    await page.keyboard.press('ArrowDown')
    const id = await grid(page).getAttribute('aria-activedescendant')
    const text = await page.locator(`#${id ?? ''}`).textContent()
    const top = await grid(page).evaluate((element) => element.scrollTop)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Chain proof' }).waitFor()
    await page.goBack()
    await shown(page)
    expect(await grid(page).evaluate((element) => element.scrollTop)).toBe(Math.max(top, 500))
    expect(await page.locator(`#${await grid(page).getAttribute('aria-activedescendant') ?? ''}`).textContent()).toBe(text)
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe('grid')
    expect(complaints).toEqual([])
  })

  it('tells what was denied by its layers, its rule with file and line, and what belongs to it', async () => {
    const { page, complaints } = await at('/audit?outcome=denied&agent=pr-reviewer')
    await row(page, '/repos/acme-corp/frontend/pulls/1').getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: /api\.denied/ }).waitFor()
    expect(await page.locator('.record-sentence').textContent()).toMatch(/^PR Reviewer for Alice Chen was refused GET \/repos\/acme-corp\/frontend\/pulls\/1 of github: /i)
    const consent = page.locator('.layer').filter({ hasText: 'The person’s consent' })
    expect(await consent.textContent()).toContain('deny')
    await page.getByRole('link', { name: /^All records of dlg_/ }).click()
    await page.waitForURL('**/audit?delegation=dlg_*')
    await row(page, '/repos/acme-corp/backend/pulls/42').filter({ hasText: 'api.call' }).getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: /api\.call/ }).waitFor()
    expect(await page.getByText(/^policies\/[a-z-]+\.yaml:\d+$/).count() + await page.getByText('Deciding rule').count()).toBeGreaterThan(0)
    await page.getByRole('link', { name: /api\.started/ }).click()
    await page.getByRole('heading', { level: 1, name: /api\.started/ }).waitFor()
    expect(complaints).toEqual([])
  })

  it('leads from a rule to its line in the policy', async () => {
    const { page } = await at('/audit?outcome=denied&event=api.denied&agent=docs-bot')
    await grid(page).getByRole('link').first().click()
    await page.getByRole('link', { name: 'policies/org.yaml:12' }).click()
    await page.waitForURL('**/policy?*')
    expect(new URL(page.url()).search).toBe('?file=policies%2Forg.yaml&line=12')
  })

  it('is proven by the browser itself: record, links, checkpoint, key and signature', async () => {
    const { page, complaints } = await at(await placeOfOldRecord())
    await page.getByText('Proven: this record stands in the chain as it was signed').waitFor()
    expect(await steps(page)).toEqual(['Record holds', 'Links holds', 'Checkpoint holds', 'Key holds', 'Signature holds'])
    expect(complaints).toEqual([])
  })

  it('is told to be broken where a line on the way was changed, whatever the authority says', async () => {
    const place = await placeOfOldRecord()
    const { page } = await at('/audit')
    await page.route('**/v1/audit/records/**', async (route) => {
      const answer = await route.fetch()
      const body = await answer.json() as { proof: { lines: string[] } }
      body.proof.lines[1] = (body.proof.lines[1] ?? '').replace('"outcome":"', '"outcome":"x')
      await route.fulfill({ response: answer, json: body })
    })
    await page.goto(`${world.url}${place}`)
    await page.getByRole('alert').filter({ hasText: 'Broken' }).waitFor()
    expect(await steps(page)).toContain('Links fails')
  })

  it('of oneself is told without the lines of others, and of another person is not told at all', async () => {
    const { page } = await at('/audit', 'alice')
    await shown(page)
    expect(await page.getByLabel('Person', { exact: true }).count()).toBe(0)
    expect((await lines(page)).filter(({ text }) => / for (?!alice@)/.test(text))).toEqual([])
    await page.goto(`${world.url}${await placeOfOldRecord('bob')}`)
    await page.getByRole('alert').waitFor()
    await page.goto(`${world.url}${await placeOfOldRecord('alice')}`)
    await page.getByText('not all on the way to it could be checked here').waitFor()
    expect(await steps(page)).toEqual(['Record holds', 'Links open', 'Checkpoint holds', 'Key holds', 'Signature holds'])
  })

  it('shows hostile text as text', async () => {
    await world.service.audit.commit({ event: 'api.denied', agent: { id: 'agent:docs-bot', name: '<b>\u202Ex' }, http: { method: 'GET', host: 'h', path: HOSTILE_PATH }, outcome: 'denied', code: 'policy_denied', reason: '<script>alert(1)</script>\u0000' })
    const { page, complaints } = await at('/audit?outcome=denied')
    await row(page, '/x/<img src=x onerror=alert(1)>/[U+202E]txt.exe').getByRole('link').click()
    await page.getByText('<b>[U+202E]x was refused').waitFor()
    expect(await page.locator('main img, main script, main b').count()).toBe(0)
    expect(await page.locator('.record-json').textContent()).toContain('\\u202etxt.exe')
    expect(complaints).toEqual([])
  })
})

/** A record of long ago, that a checkpoint follows and others stand between. */
async function placeOfOldRecord(person = 'alice'): Promise<string> {
  const { page } = await at('/audit')
  const answer = await page.request.get(`${world.url}/v1/audit?person=${person}@acme.com&event=api.call&limit=500`)
  const { items, chains } = await answer.json() as { items: { seq: number }[]; chains: string[] }
  return `/audit/${chains[400] ?? ''}/${items[400]?.seq ?? 0}`
}

describe('figures over time', () => {
  it('are drawn without a complaint of the browser, and told as a table too', async () => {
    const { page, complaints } = await at('/audit?last=24h')
    await expect.poll(() => page.locator('.chart canvas').count()).toBe(2)
    await page.getByText(/^Last 24 hours: [\d,]+ calls, \d+ denied, \d+ failed$/).waitFor()
    expect(await page.getByRole('img', { name: /^Calls over time, last 24 hours: [\d,]+ calls/ }).count()).toBe(1)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(() => page.locator('.chart canvas').count()).toBe(2)
    await page.getByRole('button', { name: 'Show as table' }).click()
    expect(await page.getByRole('table', { name: 'Calls, denials and latency over time' }).getByRole('row').count()).toBeGreaterThan(20)
    expect(await page.locator('canvas').count()).toBe(0)
    await page.emulateMedia({ colorScheme: null })
    expect(complaints).toEqual([])
  })

  it('choose a span of time by drawing over it', async () => {
    const { page } = await at('/audit?last=24h')
    const plot = page.locator('.chart .u-over').first()
    const box = await plot.boundingBox()
    if (box === null) throw new Error('the chart has no place')
    await page.mouse.move(box.x + box.width * 0.25, box.y + 30)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL(/\/audit\?since=.*&until=/)
    const { searchParams } = new URL(page.url())
    const hours = (Date.parse(searchParams.get('until') ?? '') - Date.parse(searchParams.get('since') ?? '')) / 3_600_000
    expect(Math.abs(hours - 6)).toBeLessThan(1)
  })

  it('say why they are not there', async () => {
    const { page } = await at('/audit')
    await page.route('**/v1/audit/series*', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ title: 'The store is away.', code: 'store_unavailable' }) }))
    await page.reload()
    await shown(page)
    await expect.poll(() => page.getByRole('region', { name: 'Over time' }).getByRole('alert').allTextContents()).toEqual([expect.stringContaining('The store is away.')])
  })
})

describe('an export', () => {
  it('says what it holds, holds every matching record, and is itself on record', async () => {
    const { page, complaints } = await at('/audit?agent=docs-bot&outcome=denied')
    await shown(page)
    await page.getByRole('button', { name: 'Export …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Export these records' })
    expect(await dialog.textContent()).toContain('Filter: agent docs-bot, outcome denied.')
    const download = page.waitForEvent('download')
    await dialog.getByRole('link', { name: 'Download audit.jsonl' }).click()
    const file = await readFile(await (await download).path(), 'utf8')
    const records = file.trim().split('\n').map((line) => JSON.parse(line) as { agent?: { id: string }; outcome: string })
    expect(records.length).toBeGreaterThan(10)
    expect(records.every(({ agent, outcome }) => agent?.id === 'agent:docs-bot' && outcome === 'denied')).toBe(true)
    expect(await world.records()).toContainEqual(expect.objectContaining({ event: 'admin.exported', reason: 'agent docs-bot, outcome denied' }))
    expect(complaints).toEqual([])
  })
})

describe('for everybody', () => {
  const DESKTOP = { width: 1100, height: 900 }
  const PHONE = { width: 390, height: 780 }
  const LOOKS = [['light', DESKTOP], ['dark', DESKTOP], ['light', PHONE], ['dark', PHONE]] as const
  afterEach(async () => {
    const page = tabs.get('olga')?.page
    await page?.emulateMedia({ colorScheme: null })
    await page?.setViewportSize(DESKTOP)
  })

  /** As it stands, in dark and light, on a desk and a phone. */
  async function found(page: Page): Promise<readonly string[]> {
    const findings: string[] = []
    for (const [colorScheme, viewport] of LOOKS) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(viewport)
      findings.push(...await graveFindings(page))
      if (await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')) findings.push(`wider than ${viewport.width}`)
    }
    return findings
  }

  it('the timeline with its charts can be read', async () => {
    const { page, complaints } = await at('/audit?last=24h&outcome=denied')
    await shown(page)
    await page.locator('.chart canvas').first().waitFor()
    expect(await found(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('the figures as a table, and the dialog before an export, can be read', async () => {
    const { page } = await at('/audit?last=24h')
    await page.getByRole('button', { name: 'Show as table' }).click()
    await page.getByRole('region', { name: 'Figures over time' }).waitFor()
    await page.getByRole('button', { name: 'Export …' }).click()
    expect(await found(page)).toEqual([])
  })

  it('a record with its proof can be read', async () => {
    const { page, complaints } = await at(await placeOfOldRecord())
    await page.getByText(/^Proven: /).waitFor()
    expect(await found(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('a phone’s filters are folded, and open by a button', async () => {
    const { page } = await at('/audit')
    await page.setViewportSize(PHONE)
    await shown(page)
    expect(await page.getByLabel('Agent', { exact: true }).isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Filters' }).click()
    await page.getByLabel('Agent', { exact: true }).fill('docs-bot')
    await page.getByLabel('Agent', { exact: true }).press('Enter')
    await page.waitForURL('**/audit?agent=docs-bot')
    await page.getByRole('button', { name: 'Filters (in use)' }).waitFor()
  })

  it('who finds nothing is told what to do next', async () => {
    const { page } = await at('/audit?agent=nobody-yet', 'alice')
    await page.getByText('No record matches').waitFor()
    expect(await graveFindings(page)).toEqual([])
  })
})
