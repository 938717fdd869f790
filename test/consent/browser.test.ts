import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Hono } from 'hono'
import type { WebEnv } from '../../src/authority/pages/web.ts'
import { AGENT, asked, connection, consentWorld, type ConsentWorld } from './fixture.ts'
import { Visitor } from '../support/visitor.ts'

let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})
afterAll(() => browser.close())

/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env['POSTERN_TEST_SCREENSHOTS']

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return
  mkdirSync(pictures, { recursive: true })
  const size = page.viewportSize() ?? { width: 1100, height: 900 }
  // As tall as the page: what sticks to the window's edge then stands at the page's.
  const height = await page.locator('html').evaluate((element) => element.scrollHeight)
  await page.setViewportSize({ ...size, height: Math.max(size.height, height) })
  await page.screenshot({ path: join(pictures, `${name}.png`) })
  await page.setViewportSize(size)
}

async function open(options: BrowserContextOptions = {}): Promise<{ readonly page: Page, readonly complaints: string[] }> {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1100, height: 900 }, ...options })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  return { page, complaints }
}

/** The agent's own place, where its redirect URI leads. */
async function agentsPlace(): Promise<{ readonly origin: string, readonly seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    if (request.url !== '/favicon.ico') seen.push(request.url ?? '')
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>agent</title>You can close this window.')
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections() }))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

async function begin(world: ConsentWorld, page: Page, request = asked()): Promise<string> {
  const carrier = new Visitor()
  const path = world.interactions.start(request, carrier)
  await page.context().addCookies([{ name: '_interaction', value: carrier.jar.get('_interaction') ?? '', url: world.origin }])
  return `${world.origin}${path}`
}

const WIDE = asked({
  access: [
    { integration: 'github', scopes: ['pulls:read', 'pulls:write', 'contents:read', 'administration:write'], targets: ['acme-corp/backend', 'acme-corp/web'] },
    { integration: 'slack', scopes: ['chat:write'], targets: ['#code-review'] },
  ],
})

describe('in a real Chromium, without scripts', () => {
  it('signs in, narrows, approves, and reaches the agent’s redirect URI, though the form may only be sent to us', async () => {
    const world = await consentWorld()
    const agent = await agentsPlace()
    // As the authorization endpoint: the answer's path leads on to the client, on another origin.
    world.interactions.next = (uid) => `/resume/${uid}`
    const resume = new Hono<WebEnv>()
    resume.get('/resume/:uid', (c) => c.redirect(`${agent.origin}/callback?code=abc`, 303))
    const front = await world.serve(() => [resume])
    world.interactions.next = (uid) => `${front}/resume/${uid}`
    const { page, complaints } = await open()
    await page.goto(await begin(world, page, asked({ ...WIDE, answerTo: agent.origin, access: WIDE.access.slice(0, 1) })))
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in')
    await picture(page, 'sign-in')
    await page.getByRole('button', { name: /Alice Chen/ }).click()
    await page.getByRole('heading', { name: 'Let PR Reviewer act for you?' }).waitFor()
    await page.getByRole('checkbox', { name: 'Change settings' }).uncheck()
    await page.getByLabel(/Level of access: Open, edit, review/).selectOption('read')
    await page.getByText('Narrow to fewer repositories').click()
    await page.getByLabel('One repository a line').fill('acme-corp/backend')
    await page.getByLabel('8 hours').check({ force: true })
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL(`${agent.origin}/callback?code=abc`)
    expect(agent.seen).toEqual(['/callback?code=abc'])
    expect(world.interactions.answers.map(({ person, answer }) => ({ person, answer }))).toEqual([{
      person: 'user:alice@acme.com',
      answer: {
        kind: 'approved', expiresAtMs: world.clock.now + 8 * 3_600_000,
        access: [{ integration: 'github', scopes: ['pulls:read', 'contents:read'], targets: ['acme-corp/backend'], connection: 'con_github' }],
      },
    }])
    expect(complaints).toEqual([])

    await page.goBack()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('This request is over')
    await picture(page, 'over')
  })

  it('denies at Enter in a field, never approves', async () => {
    const world = await consentWorld()
    const { page } = await open()
    await page.goto(await begin(world, page))
    await page.getByRole('button', { name: /Alice Chen/ }).click()
    await page.getByLabel('Read code').focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/oauth2\/authorize\//)
    expect(world.interactions.answers.map(({ answer }) => answer.kind)).toEqual(['denied'])
  })

  it('is answered by the keyboard alone, in the order that is seen', async () => {
    const world = await consentWorld()
    const { page } = await open()
    await page.goto(await begin(world, page))
    await page.getByRole('button', { name: /Alice Chen/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1 }).waitFor()
    const order: string[] = []
    for (let press = 0; press < 30 && order.at(-1) !== 'approve'; press++) {
      await page.keyboard.press('Tab')
      const focused = page.locator(':focus')
      order.push(await focused.getAttribute('value') ?? await focused.getAttribute('href') ?? await focused.evaluate((element) => element.tagName))
    }
    expect(order.slice(0, 2)).toEqual(['#content', '/'])
    expect(order.slice(-2)).toEqual(['deny', 'approve'])
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/oauth2\/authorize\//)
    expect(world.interactions.answers.map(({ answer }) => answer.kind)).toEqual(['approved'])
  })

  it('is never framed by another site', async () => {
    const world = await consentWorld()
    const { page } = await open({ javaScriptEnabled: true })
    const target = await begin(world, page)
    const attacker = new Hono<WebEnv>()
    attacker.get('/', (c) => c.html(`<!doctype html><iframe src="${target}" style="opacity:0.01;width:800px;height:900px"></iframe>`))
    const evil = await world.serve(() => [attacker])
    await page.goto(evil.replace('127.0.0.1', 'localhost'))
    const [frame] = page.frames().slice(1)
    await expect.poll(async () => (await frame?.content().catch(() => '')) ?? '', { timeout: 10_000 }).not.toContain('Sign in')
    expect(frame?.url() === target && (await frame.title()) !== '').toBe(false)
  })

  it('takes no form from another site, signed in or not', async () => {
    const world = await consentWorld()
    const { page } = await open()
    const target = await begin(world, page)
    await page.goto(target)
    await page.getByRole('button', { name: /Alice Chen/ }).click()
    const csrf = await page.locator('input[name=csrf]').first().getAttribute('value')
    const attacker = new Hono<WebEnv>()
    attacker.get('/attack', (c) => c.html(`<!doctype html><form method="post" action="${target}"><input name="answer" value="approve"><input name="csrf" value="${csrf}"><button>Win a prize</button></form>`))
    const evil = await world.serve(() => [attacker])
    await page.goto(`${evil}/attack`)
    await page.getByRole('button').click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('That page was out of date')
    expect(world.interactions.answers).toEqual([])
  })

  it('fits a phone: nothing is cut off, nothing scrolls sideways, both answers stay in view', async () => {
    const world = await consentWorld()
    world.forecast.say = ({ scope }) => (scope.startsWith('administration') ? { effect: 'deny', reason: 'Agents never administer repositories.' } : undefined)
    world.connections = [connection('github')]
    for (const [name, options] of [
      ['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 360, height: 740 } }], ['phone-dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
    ] as const) {
      const { page } = await open(options)
      await page.goto(await begin(world, page, asked({ ...WIDE, uid: `uid-${name}` })))
      await picture(page, `sign-in-${name}`)
      await page.getByRole('button', { name: /Alice Chen/ }).click()
      await page.getByRole('heading', { name: 'Let PR Reviewer act for you?' }).waitFor()
      await picture(page, `consent-${name}`)
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `consent-${name}-window.png`) })
      for (const button of ['Deny', 'Approve']) {
        const box = await page.getByRole('button', { name: button, exact: true }).boundingBox()
        const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
        expect(box !== null && box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height, `${button} on ${name}`).toBe(true)
        expect((box?.height ?? 0) >= 44, `${button} on ${name} can be touched`).toBe(true)
      }
      const overflow = await page.locator('html').evaluate((element) => element.scrollWidth > element.clientWidth)
      expect(overflow, `${name}`).toBe(false)
    }
  })

  it('shows the other pages', async () => {
    const world = await consentWorld()
    const { page } = await open()
    await page.goto(`${world.origin}/device`)
    await page.getByRole('button', { name: /Alice Chen/ }).click()
    await page.getByLabel('Code').fill('wrong')
    await page.getByRole('button', { name: 'Go on' }).click()
    await picture(page, 'device-wrong')
    expect(await page.getByRole('alert').textContent()).toContain('There is no such code')
    world.interactions.codes.set('WDJB-MJHT', asked({ uid: 'uid-device', userCode: 'WDJB-MJHT', answerTo: undefined }))
    await page.getByLabel('Code').fill('wdjb-mjht')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('WDJB-MJHT').waitFor()
    await picture(page, 'device-consent')
    await page.goto(await begin(world, page, asked({ uid: 'uid-cli', purpose: 'sign_in', agent: undefined, access: [] })))
    await picture(page, 'command-line')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in to the command line?')
    await page.goto(`${world.origin}/signed-out`)
    await picture(page, 'signed-out')
    expect(AGENT.name).toBe('PR Reviewer')
  })
})
