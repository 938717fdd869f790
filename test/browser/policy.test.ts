import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startAuthorityWorld, type AuthorityWorld, type PersonName } from '../support/authority-world.ts'
import { graveFindings } from '../support/axe.ts'
import { launchChromium, openAs, type Tab } from '../support/chromium.ts'
import { LOOKS } from '../support/looks.ts'
import { policiesWith } from '../support/policies.ts'

let world: AuthorityWorld
let browser: Browser
let directory = ''

beforeAll(async () => {
  world = await startAuthorityWorld({ personAuthority: false, policies: async (below) => (directory = await policiesWith({})(below)) })
  browser = await launchChromium(world)
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

async function explain(page: Page, agent: string, request: string, { person = '', body = '' } = {}): Promise<void> {
  await page.getByLabel('Agent', { exact: true }).selectOption(agent)
  await page.getByLabel('On behalf of').fill(person)
  await page.getByLabel('Request', { exact: true }).fill(request)
  if (body !== '') {
    await page.getByText('With a body').click()
    await page.getByLabel('Body').fill(body)
  }
  await page.getByRole('button', { name: 'Explain' }).click()
}

describe('the policies', () => {
  it('are shown as they were loaded, with their hash, each rule leading to its line', async () => {
    const { page, complaints } = await opened('/policy', 'olga')
    await page.getByText(/^sha256:[0-9a-f]{64}$/).first().waitFor()
    await page.getByRole('link', { name: 'org/production-is-read-only' }).click()
    const line = page.locator('.line-marked')
    await line.waitFor()
    expect(await line.textContent()).toContain('production-is-read-only')
    expect(page.url()).toMatch(/file=.*org\.yaml&line=\d+/)
    expect(complaints).toEqual([])
  })

  it('say why a request would be allowed, layer by layer', async () => {
    const { page, complaints } = await opened('/policy', 'olga')
    await explain(page, 'agent:pr-reviewer', 'GET https://api.github.com/repos/acme-corp/backend/pulls/42', { person: 'alice@acme.com' })
    await page.getByText('It would be allowed').waitFor()
    expect(await page.locator('.layer .badge').allTextContents()).toEqual(['allow', 'allow', 'allow'])
    await page.getByText('assumed: the person is taken to have approved all that is asked').waitFor()
    expect(page.url()).toContain('agent=agent%3Apr-reviewer')
    expect(await graveFindings(page)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('say which rule denies a request, and lead to its line', async () => {
    const { page, complaints } = await opened('/policy', 'ada')
    await explain(page, 'agent:pr-reviewer', 'POST https://api.github.com/repos/acme-corp/prod-payments/pulls/3/reviews', { person: 'alice@acme.com', body: '{ "event": "COMMENT" }' })
    await page.getByText('It would be denied').waitFor()
    const decided = page.locator('.layer-decided')
    expect(await decided.textContent()).toContain('Production repositories are read-only for agents.')
    await decided.getByRole('link').click()
    expect(await page.locator('.line-marked').textContent()).toContain('production-is-read-only')
    expect(complaints).toEqual([])
  })

  it('say what no integration serves, and do not take a body that is none', async () => {
    const { page } = await opened('/policy', 'olga')
    await explain(page, 'agent:pr-reviewer', 'GET https://nowhere.example/x')
    await page.getByText('refused before any rule is asked').waitFor()
    await page.getByText('With a body').click()
    await page.getByLabel('Body').fill('{ not json')
    await page.getByText('It is not JSON.').waitFor()
    expect(await page.getByLabel('Body').getAttribute('aria-invalid')).toBe('true')
  })

  it('tell a change that could not be used, while those before stay in force, and the history of both', async () => {
    const { page, complaints } = await opened('/policy', 'olga')
    await page.getByRole('table', { name: 'When policies were loaded or refused' }).getByText('in force').waitFor()
    const file = join(directory, 'issue-triage.yaml')
    const good = await readFile(file, 'utf8')
    await writeFile(file, good.replace('policy: agent', 'policy: nonsense'))
    onTestFinished(() => writeFile(file, good))
    // As when somebody comes back to the window: it is looked at again.
    const looked = async (): Promise<number> => {
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
      return page.getByText('A change could not be used').count()
    }
    await expect.poll(looked, { timeout: 10_000, interval: 200 }).toBe(1)
    await page.getByText(/issue-triage\.yaml:\d+:\d+/).first().waitFor()
    await page.reload()
    await page.getByRole('table').getByText('refused').first().waitFor()
    expect(complaints).toEqual([])
  })

  it.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])('can be read by everybody: %s', async (look) => {
    const { page, complaints } = await opened('/policy', 'olga', look)
    await page.getByRole('heading', { name: 'History' }).waitFor()
    await page.getByText('The file').first().click()
    expect(await graveFindings(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
  })

  it('are not for people without a role, who are told so', async () => {
    const { page } = await opened('/policy', 'alice')
    await page.getByRole('alert').first().getByText('role_required').waitFor()
    expect(await page.getByText(/^sha256:/).count()).toBe(0)
  })
})
