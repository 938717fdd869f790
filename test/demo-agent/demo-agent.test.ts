import { afterEach, expect, test } from 'vitest'
import { DEMO_ATTEMPTS, DEMO_REQUEST } from '../../src/cli/demo/demo-people.ts'
import { startDemoAgent, type DemoAgentServer } from '../../src/demo/agent/start-demo-agent.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { revokeNewest } from '../authority/support/calls.ts'
import { startAuthorityWorld, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'

let world: AuthorityWorld
let agent: DemoAgentServer

afterEach(async () => {
  await agent.close()
  await world.close()
})

async function start(): Promise<WorldBrowser> {
  world = await startAuthorityWorld({ personAuthority: false })
  agent = await startDemoAgent({ issuer: world.url, clientId: 'pr-reviewer', details: DEMO_REQUEST, attempts: DEMO_ATTEMPTS, baseUrl: (name) => world.baseUrl(name), clock: systemClock })
  return world.signedIn('alice')
}

async function attempt(browser: WorldBrowser, index: number): Promise<string> {
  await browser.get(agent.url)
  await browser.submit({}, { form: index })
  return browser.text()
}

test('the demo’s agent asks, is approved, calls as far as it may, and is told when its access has ended', async () => {
  const browser = await start()
  await browser.get(`${agent.url}ask`)
  expect(browser.text()).toContain('PR Reviewer')
  await browser.submit({ answer: 'approve' })
  await browser.get(browser.onward() ?? '')
  expect(browser.text()).toContain('It has a token')
  expect(await attempt(browser, 0)).toContain('Read a pull request: 200')
  expect(await attempt(browser, 1)).toContain('Post a review: 200')
  expect(await attempt(browser, 2)).toMatch(/Approve a change to production: 403.*production-is-read-only/)
  expect(await attempt(browser, 3)).toMatch(/Post to #general: 200.*policy_denied/)
  await revokeNewest(browser)
  expect(await attempt(browser, 0)).toMatch(/Read a pull request: 403.*delegation_revoked/)
}, 30_000)

test('denied, it can do nothing; and no other site can make it call', async () => {
  const browser = await start()
  await browser.get(`${agent.url}ask`)
  await browser.submit({ answer: 'deny' })
  await browser.get(browser.onward() ?? '')
  expect(browser.text()).toContain('You denied it')
  const foreign = await fetch(`${agent.url}try`, { method: 'POST', headers: { origin: 'https://evil.example' }, body: 'attempt=0' })
  expect(foreign.status).toBe(404)
  const stray = await fetch(`${agent.url}callback?code=stolen&state=x&iss=${encodeURIComponent(world.url)}`, { redirect: 'manual' })
  expect(stray.status).toBe(303)
  expect((await (await fetch(agent.url)).text())).toContain('not one that was waited for')
}, 30_000)
