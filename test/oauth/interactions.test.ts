import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccessRequest } from '../../src/authority/oauth/contract.ts'
import { Browser } from './support/browser.ts'
import { authorizeUrl, detail } from './support/client.ts'
import { ALICE, approveAll, openOauthWorld } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeAll(async () => { world = await openOauthWorld() })
afterAll(() => world.close())
beforeEach(() => { world.decide = approveAll })

const response = {} as ServerResponse

/** Begins an authorization and stops where the person is asked. */
async function begin(browser: Browser, parameters: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const answer = await browser.open(authorizeUrl(world, parameters))
  const location = answer.headers.get('location') ?? ''
  expect(new URL(location, world.issuer).pathname).toMatch(/^\/consent\/[\w-]{20,}$/)
  return location
}

function requestAt(location: string, browser: Browser): IncomingMessage {
  const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  return { url: location, headers: { cookie } } as unknown as IncomingMessage
}

describe('a question to a person', () => {
  it('tells the page what is asked for, by whom, and where the answer goes', async () => {
    const browser = new Browser(world.issuer)
    const details = [detail('github', ['pulls:write'], ['acme-corp/*'])]
    const location = await begin(browser, { scope: 'slack:chat:write', authorization_details: JSON.stringify(details) })
    const expected: AccessRequest = {
      uid: location.split('/').at(-1) ?? '', purpose: 'delegation', clientId: 'pr-reviewer',
      agent: { id: world.agents.get('agent:pr-reviewer')?.id ?? ('' as never), name: 'PR-REVIEWER', owner: 'team' },
      access: [{ integration: 'slack', scopes: ['chat:write'], targets: ['**'] }, { integration: 'github', scopes: ['pulls:write'], targets: ['acme-corp/*'] }],
      extend: undefined, answerTo: 'http://127.0.0.1', userCode: undefined, servers: [],
    }
    expect(await world.oauth.interactions.current(requestAt(location, browser), response)).toEqual(expected)
  })

  it('is shown only in the browser that it was begun in', async () => {
    const victim = new Browser(world.issuer)
    const attacker = new Browser(world.issuer)
    await begin(victim)
    const location = await begin(attacker)
    expect(await world.oauth.interactions.current(requestAt(location, victim), response)).toBeUndefined()
    expect(await world.oauth.interactions.answer(requestAt(location, victim), response, ALICE, { kind: 'denied' })).toBeUndefined()
    expect((await victim.open(location)).status).toBe(410)
    expect(await world.oauth.interactions.current(requestAt(location, attacker), response)).toBeDefined()
  })

  it('is not shown where somebody planted a second binding cookie', async () => {
    const browser = new Browser(world.issuer)
    const location = await begin(browser)
    browser.plant({ name: 'postern-flow', value: 'A'.repeat(43), path: '/', attributes: '' })
    expect(await world.oauth.interactions.current(requestAt(location, browser), response)).toBeUndefined()
  })

  it('is answered once, also by two at the same time', async () => {
    const browser = new Browser(world.issuer)
    const location = await begin(browser)
    const asked = await world.oauth.interactions.current(requestAt(location, browser), response)
    if (asked === undefined) throw new Error('nothing is asked')
    const { answer } = approveAll(asked)
    const before = world.desk.all.length
    const answers = await Promise.all([1, 2, 3, 4].map(() => world.oauth.interactions.answer(requestAt(location, browser), response, ALICE, answer)))
    expect(answers.filter((next) => next !== undefined)).toHaveLength(1)
    expect(world.desk.all.length).toBe(before + 1)
    expect(await world.oauth.interactions.current(requestAt(location, browser), response)).toBeUndefined()
  })

  it('is over after its end: the back button finds nothing, and the code is not given again', async () => {
    const browser = new Browser(world.issuer)
    const location = await begin(browser)
    await browser.toClient(location)
    expect((await browser.open(location)).status).toBe(410)
    const resume = browser.visited.find((url) => url.includes('/oauth2/authorize/')) ?? ''
    const again = await browser.open(resume)
    expect(again.status).toBe(400)
    expect(await again.text()).toContain('invalid_request')
  })

  it('cannot be taken up in another browser once it was answered', async () => {
    const browser = new Browser(world.issuer)
    const location = await begin(browser)
    const asked = await world.oauth.interactions.current(requestAt(location, browser), response)
    if (asked === undefined) throw new Error('nothing is asked')
    const next = await world.oauth.interactions.answer(requestAt(location, browser), response, ALICE, approveAll(asked).answer)
    const stolen = await new Browser(world.issuer).open(next ?? '')
    expect(stolen.status).toBe(400)
    expect((await browser.toClient(next ?? '')).searchParams.get('code')).toBeTruthy()
  })

  it('expires', async () => {
    const browser = new Browser(world.issuer)
    const location = await begin(browser)
    world.clock.moveBy(901_000)
    expect((await browser.open(location)).status).toBe(410)
    world.clock.moveBy(-901_000)
  })

  it('ends with the agent that asks', async () => {
    const browser = new Browser(world.issuer)
    const location = await begin(browser, { client_id: 'issue-triage' })
    const agent = world.agents.get('agent:issue-triage')
    if (agent === undefined) throw new Error('no agent')
    world.agents.set(agent.id, { ...agent, status: 'revoked' })
    expect(await world.oauth.interactions.current(requestAt(location, browser), response)).toBeUndefined()
    world.agents.set(agent.id, agent)
  })

  it('is over where the approval was taken back before the browser came back', async () => {
    const browser = new Browser(world.issuer)
    const location = await begin(browser)
    const asked = await world.oauth.interactions.current(requestAt(location, browser), response)
    if (asked === undefined) throw new Error('nothing is asked')
    const next = await world.oauth.interactions.answer(requestAt(location, browser), response, ALICE, approveAll(asked).answer)
    world.desk.end(world.desk.all.at(-1)?.session.id ?? ('' as never))
    expect((await browser.toClient(next ?? '')).searchParams.get('error')).toBe('access_denied')
  })

  it('cannot be answered with more than was asked for', async () => {
    const wider = [
      [{ integration: 'slack', scopes: ['chat:write'], targets: ['**'], connection: undefined }],
      [{ integration: 'github', scopes: ['pulls:write'], targets: ['acme-corp/backend'], connection: undefined }],
      [{ integration: 'github', scopes: ['pulls:read'], targets: ['**'], connection: undefined }],
      [],
    ]
    for (const access of wider) {
      const browser = new Browser(world.issuer)
      const location = await begin(browser, { scope: undefined, authorization_details: JSON.stringify([detail('github', ['pulls:read'], ['acme-corp/*'])]) })
      const answer = { kind: 'approved' as const, access, expiresAtMs: Date.now() + 60_000 }
      await expect(world.oauth.interactions.answer(requestAt(location, browser), response, ALICE, answer)).rejects.toThrow(TypeError)
    }
    const browser = new Browser(world.issuer)
    await expect(world.oauth.interactions.answer(requestAt(await begin(browser), browser), response, ALICE, { kind: 'signed_in' })).rejects.toThrow(TypeError)
  })

  it('is one of at most eight in a browser; the oldest is over then', async () => {
    const browser = new Browser(world.issuer)
    const locations: string[] = []
    for (let tab = 0; tab < 9; tab++) locations.push(await begin(browser))
    const [oldest = '', ...others] = locations
    expect(await world.oauth.interactions.current(requestAt(oldest, browser), response)).toBeUndefined()
    for (const location of others) expect(await world.oauth.interactions.current(requestAt(location, browser), response)).toBeDefined()
  })
})
