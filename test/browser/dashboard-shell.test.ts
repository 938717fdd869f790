import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAuthorityWorld, type AuthorityWorld } from '../support/authority-world.ts'
import { launchChromium, openTab, signIn } from '../support/chromium.ts'

let world: AuthorityWorld
let browser: Browser

beforeAll(async () => {
  world = await startAuthorityWorld({ personAuthority: false })
  browser = await launchChromium(world)
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
})

describe('the dashboard in a browser', () => {
  it('asks who is not signed in to do that first, then shows the page that was asked for', async () => {
    const { page, complaints } = await openTab(browser, { javaScriptEnabled: true })
    await page.goto(`${world.url}/connections`)
    await signIn(page, 'alice')
    await page.getByRole('heading', { level: 1, name: 'Connections' }).waitFor()
    expect(await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allTextContents()).toEqual(['My agents', 'Connections', 'Approvals', 'Audit'])
    expect(complaints).toEqual([])
  })
})
