import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graveFindings } from '../support/axe.ts'
import { startAuthorityWorld, type AuthorityWorld } from '../support/authority-world.ts'
import { launchChromium, openTab } from '../support/chromium.ts'
import { LOOKS } from '../support/looks.ts'
import { PICTURES, setScene, type Picture, type Scene } from '../support/scene.ts'

/** What messages lead to; the dashboard's own pages are judged beside what they do. */
const NAMES = ['sign-in', 'consent', 'more', 'connect', 'approval', 'approvals', 'device']
const FURTHER: readonly Picture[] = [
  { name: 'break-glass', looks: ['light'], who: 'ada', open: (page, { world }) => page.goto(`${world.url}/break-glass`) },
  { name: 'no such page', looks: ['light'], who: undefined, open: (page, { world }) => page.goto(`${world.url}/nothing/here`) },
]
// Scripts are on for axe alone: these pages have none.
const PAGES = [...PICTURES.filter(({ name }) => NAMES.includes(name)), ...FURTHER]

let world: AuthorityWorld
let browser: Browser
let scene: Scene
beforeAll(async () => {
  world = await startAuthorityWorld()
  browser = await launchChromium(world)
  scene = await setScene(world, browser)
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
})

describe.each(Object.keys(LOOKS) as (keyof typeof LOOKS)[])('pages without scripts, %s', (look) => {
  it('can be read and used by everybody, and fit', async () => {
    expect(PAGES.length).toBe(NAMES.length + FURTHER.length)
    const wrong: string[] = []
    for (const { name, who, open } of PAGES) {
      const profile = who === undefined ? undefined : scene.profiles.get(who)
      const { page } = await openTab(browser, { javaScriptEnabled: true, ...LOOKS[look], ...(profile !== undefined && { storageState: profile }) })
      await open(page, scene)
      wrong.push(...(await graveFindings(page)).map((finding) => `${name}: ${finding}`))
      if (Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')) > 0) wrong.push(`${name}: wider than the window`)
      expect([name, (await page.getByRole('heading', { level: 1 }).textContent())?.trim()]).not.toEqual([name, ''])
      await page.context().close()
    }
    expect(wrong).toEqual([])
  }, 60_000)
})
