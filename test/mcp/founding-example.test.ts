import type { Browser, Page } from 'playwright-core'
import { UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REDIRECT } from '../support/authority-world.ts'
import { launchChromium, openTab, signIn } from '../support/chromium.ts'
import { agentV1, agentV2 } from './mcp-clients.ts'
import { BrowserApi } from '../authority/support/calls.ts'
import { startMcpWorld, type McpWorld } from './mcp-world.ts'

let world: McpWorld
let browser: Browser
let page: Page
beforeAll(async () => {
  world = await startMcpWorld()
  const [chromium] = await Promise.all([launchChromium(world), world.run('server.ts', world.resource), world.run('server-v2.ts', world.secondResource)])
  browser = chromium
  page = (await openTab(browser)).page
  // Alice's browser, where she has signed in and connected her account before.
  await page.goto(`${world.url}/login`)
  await signIn(page, 'alice')
  await page.goto(`${world.url}/connect/github`)
  await page.getByRole('button', { name: 'Go to GitHub' }).click()
  await page.waitForURL('https://github.com/**')
  await page.getByLabel('alice-chen').check()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByRole('heading', { name: 'GitHub is connected' }).waitFor()
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
})

/** Alice approves what she is shown, or only that the agent reads; @returns where the agent is answered */
async function approve(link: URL | undefined, access: 'all' | 'read'): Promise<URL> {
  const answered = new Promise<URL>((resolve) => {
    page.on('request', (request) => { if (request.url().startsWith(REDIRECT)) resolve(new URL(request.url())) })
  })
  await page.goto(link?.href ?? '')
  await page.getByRole('heading', { name: 'Let PR Reviewer act for you?' }).waitFor()
  expect(await page.locator('dl').first().innerText()).toMatch(/Acts through\s+Review tools \(agent:review-tools\) at http:\/\/127\.0\.0\.1:\d+\/mcp/)
  if (access === 'read') await page.getByLabel(/Level of access: Open, edit/).selectOption('read')
  await page.getByRole('button', { name: 'Approve' }).click()
  return answered
}

/** Alice opens the link of a refused call, and approves what was missing. */
async function approveMore(link: string): Promise<void> {
  expect(link).toMatch(new RegExp(`^${world.url}/more\\?session=ses_`))
  await page.goto(link)
  await page.getByRole('heading', { name: 'Let PR Reviewer do more for you?' }).waitFor()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'It may do this now' }).waitFor()
}

const REVIEWED = { content: [{ type: 'text', text: expect.stringMatching(/^Reviewed ".+" of acme-corp\/backend: review \d+, COMMENTED\.$/) }] }

describe('review_pr calls require("github", authInfo.token), reads the pull request and posts a review', { timeout: 60_000 }, () => {
  it('with SDK v1: a link without consent, the same call succeeds once it is approved, and after the revocation it is told why not', async () => {
    const agent = agentV1(world.resource)
    // nobody has approved anything: the client gets a link
    const link = await agent.connect()
    expect(link?.searchParams.get('resource')).toBe(world.resource)
    expect(link?.searchParams.get('scope')).toBe('github:pulls:read github:pulls:write')
    await agent.finish(await approve(link, 'read'))
    // Alice let it read alone: the review is refused by the proxy, and the client gets a link to just what is missing
    const refused = await agent.review('acme-corp/backend', 42).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(UrlElicitationRequiredError)
    const [question] = refused instanceof UrlElicitationRequiredError ? refused.elicitations : []
    await approveMore(question !== undefined && 'url' in question ? question.url : '')
    // the same call: the client renews its token by itself, once
    const before = agent.sign.saved
    expect(await agent.review('acme-corp/backend', 42)).toMatchObject(REVIEWED)
    expect(agent.sign.saved).toBe(before + 1)
    expect(await world.recorded(({ event, operation, via }) => event === 'api.call' && via === 'agent:review-tools' && String(operation).startsWith('POST')))
      .toMatchObject({ agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, target: 'acme-corp/backend', outcome: 'ok', http: { status: 200 } })
    // what the person did not approve, no server helps with
    expect(await agent.review('acme-corp/prod-payments', 3)).toMatchObject({
      isError: true, structuredContent: { error: { code: 'policy_denied', layer: 'org_policy', rule: 'org/production-is-read-only', retryable: false } },
    })
    await agent.close()
  })

  it('with SDK v2: the client opens the link in the middle of the call, and the call goes on', async () => {
    const agent = agentV2(world.secondResource, approveMore)
    const link = await agent.connect()
    await agent.finish(await approve(link, 'read'))
    const answer = await agent.review('acme-corp/backend', 42)
    expect(agent.links).toHaveLength(1)
    expect(answer).toMatchObject(REVIEWED)
    await agent.close()
  })

  it('the agent revoked, both fail at once with the typed error, and nobody is asked to sign in again', async () => {
    const [one, two] = [agentV1(world.resource), agentV2(world.secondResource, approveMore)]
    for (const agent of [one, two]) await agent.finish(await approve(await agent.connect(), 'all'))
    expect(await one.review('acme-corp/backend', 42)).toMatchObject(REVIEWED)
    await (await BrowserApi.of(await world.signedIn('olga'))).post('/v1/agents/agent:pr-reviewer/revoke')
    for (const agent of [one, two]) {
      agent.sign.asked = undefined
      await expect(agent.review('acme-corp/backend', 42)).rejects.toThrow(/agent_revoked/)
      expect(agent.sign.asked).toBeUndefined()
    }
  })
})
