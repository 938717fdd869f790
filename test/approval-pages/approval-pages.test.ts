import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserApi } from '../authority/support/calls.ts'
import { approvedRun, PEOPLE, REDIRECT, startAuthorityWorld, type AgentRun, type AuthorityWorld, type PersonName, type WorldBrowser } from '../support/authority-world.ts'

/** What somebody could write who wants to harm the reader. */
const HOSTILE = '<img src=x onerror=alert(1)>"\'&amp;'

let world: AuthorityWorld
const browsers = new Map<PersonName, WorldBrowser>()

beforeAll(async () => {
  world = await startAuthorityWorld({
    personAuthority: false,
    config: (text) => text.replace('agents:\n', `agents:\n  - { id: "agent:strange", name: Strange, redirect_uris: ["${REDIRECT}"] }\n`),
  })
  for (const name of Object.keys(PEOPLE) as PersonName[]) browsers.set(name, await world.signedIn(name))
})
afterAll(() => world.close())

function as(name: PersonName): WorldBrowser {
  const browser = browsers.get(name)
  if (browser === undefined) throw new Error(`${name} is not signed in`)
  return browser
}

async function lock(run: AgentRun): Promise<{ code: string, link: string }> {
  const answer = await fetch(`${world.baseUrl('github')}/repos/acme-corp/backend/issues/1/lock`, {
    method: 'PUT', headers: { authorization: `Bearer ${run.access}`, 'content-type': 'application/json' }, body: '{}',
  })
  const body = await answer.json() as { documentation_url?: string, postern?: { code?: string } }
  return { code: body.postern?.code ?? '', link: body.documentation_url ?? '' }
}

const waiting = async (name: PersonName): Promise<number> => (await (await BrowserApi.of(as(name))).items('/v1/approvals?state=pending')).length

describe('the pages of questions', () => {
  it('ask who is not signed in to do that first, and come back to the same page', async () => {
    for (const path of ['/approvals', '/approvals/apr_nobody', '/break-glass']) {
      const browser = await world.browser().get(`${world.url}${path}`)
      expect([path, browser.title()]).toEqual([path, 'Sign in'])
      await browser.submit({ person: PEOPLE.alice.person })
      expect(browser.onward()).toBe(path)
    }
  })

  it('tell nobody that another’s questions exist, and lead to the dashboard’s places that the reader has', async () => {
    await as('alice').get(`${world.url}/approvals/apr_nobody`)
    expect([as('alice').status, as('alice').text()]).toEqual([404, expect.stringContaining('It does not exist, or it is not yours.')])
    const places = async (name: PersonName): Promise<readonly string[]> => (await as(name).get(`${world.url}/approvals`)).links().filter((href) => /^\/[a-z]*$/.test(href))
    expect(await places('alice')).toEqual(expect.arrayContaining(['/', '/connections', '/approvals', '/audit']))
    expect(await places('alice')).not.toContain('/policy')
    expect(await places('olga')).toEqual(expect.arrayContaining(['/agents', '/policy']))
  })

  it('are put to the person and to operators; the first answer counts', async () => {
    const alice = as('alice')
    const triage = await approvedRun(world, alice, 'issue-triage', [{ integration: 'github', scopes: ['issues:write'], targets: ['acme-corp/backend'] }])
    const { code, link } = await lock(triage)
    expect([code, link]).toEqual(['approval_required', expect.stringContaining('/approvals/apr_')])
    expect([await waiting('alice'), await waiting('bob'), await waiting('olga')]).toEqual([1, 0, 1])
    expect((await as('bob').get(link)).status).toBe(404)
    expect([(await as('ada').get(link)).status, as('ada').text().includes('It waits for somebody else'), as('ada').forms().length]).toEqual([200, true, 1])
    await as('olga').get(link)
    expect(as('olga').text()).toContain('PUT /repos/acme-corp/backend/issues/1/lock')
    await alice.get(link)
    await alice.submit({ answer: 'approved' })
    expect([alice.url, alice.text()]).toEqual([link, expect.stringContaining('Approved by alice@acme.com')])
    await as('olga').submit({ answer: 'denied' })
    expect(as('olga').text()).toContain('Approved by alice@acme.com')
    expect((await lock(triage)).code).not.toBe('approval_required')
  })

  it('take forms from a page of this sign-in only', async () => {
    const attempts = [[{ csrf: 'x' }, {}], [{ csrf: undefined }, {}], [{}, { 'sec-fetch-site': 'cross-site' }], [{}, { origin: 'https://evil.example' }], [{}, { origin: '', 'sec-fetch-site': '' }]] as const
    for (const [change, headers] of attempts) {
      await as('alice').get(`${world.url}/break-glass`)
      await as('alice').submit({ ...change, reason: 'x' }, { headers })
      expect([as('alice').status, as('alice').title()]).toEqual([403, 'That page was out of date'])
      expect(as('alice').links()).toContain('/break-glass')
    }
    expect(await waiting('otto')).toBe(0)
  })

  it('show a reason as text only, whatever stands in it, and what cannot be seen spelt out', async () => {
    const alice = await world.signedIn('alice')
    await alice.get(`${world.url}/break-glass`)
    await alice.submit({ reason: `</textarea>${HOSTILE}\u202Egpj` }, { form: 1 })
    expect([alice.status, alice.body.includes('<img')]).toEqual([200, false])
    for (const path of [new URL(alice.url).pathname, '/approvals']) {
      const page = await as('olga').get(`${world.url}${path}`)
      expect([path, page.status, page.body.includes('<img')]).toEqual([path, 200, false])
      expect([page.text().includes('img src=x'), page.text().includes('[U+202E]gpj'), page.body.includes('\u202E')]).toEqual([true, true, false])
    }
    await as('olga').get(alice.url)
    await as('olga').submit({ answer: 'denied' })
  })
})

describe('emergency access', () => {
  it('is lent by two people, for a while, and every use of it is on record', async () => {
    const bob = as('bob')
    await bob.get(`${world.url}/break-glass`)
    await bob.submit({ reason: ' ' }, { form: 1 })
    expect([bob.status, bob.text()]).toEqual([422, expect.stringContaining('Say why')])
    await bob.submit({ reason: 'pr-reviewer runs wild', duration: '1' }, { form: 1 })
    expect([bob.status, bob.text()]).toEqual([422, expect.stringContaining('Choose for how long.')])
    await bob.submit({ reason: 'pr-reviewer runs wild' }, { form: 1 })
    const place = bob.url
    expect([bob.status, bob.text()]).toEqual([200, expect.stringContaining('It waits for somebody else')])
    const api = await BrowserApi.of(bob)
    expect((await api.post('/v1/agents/agent:strange/revoke')).status).toBe(403)
    expect([(await as('alice').get(place)).status, await waiting('otto')]).toEqual([404, 1])
    await as('otto').get(place)
    expect(as('otto').text()).toContain('For how long 15 minutes')
    await as('otto').submit({ answer: 'approved' })
    const used = async (): Promise<readonly unknown[]> => (await world.records()).filter(({ event }) => event === 'admin.break_glass_used').map(({ reason }) => reason)
    expect(await used()).toEqual([])
    expect((await api.get('/v1/me')).body).toMatchObject({ break_glass: true, roles: expect.arrayContaining(['operator']) })
    const before = (await used()).length
    expect((await api.post('/v1/agents/agent:strange/revoke', { reason: 'too wild' })).body).toMatchObject({ revoked: 'agent:strange', changed: true })
    expect((await used()).length).toBe(before + 1)
    // What is only looked at with the lent role is a use of it, too.
    await bob.get(`${world.url}/approvals`)
    expect((await used()).at(-1)).toBe('looked at the questions')
    const revoked = (await world.records()).find(({ event }) => event === 'agent.revoked')
    expect([revoked?.['by'], revoked?.['reason']]).toEqual([PEOPLE.bob.person, 'too wild'])
    expect((await (await BrowserApi.of(as('olga'))).post('/v1/agents/agent:strange/restore')).body).toMatchObject({ status: 'active' })
  })
})
