import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvedRun, PEOPLE, REDIRECT, startAuthorityWorld, type AgentRun, type AuthorityWorld, type PersonName, type WorldBrowser } from '../support/authority-world.ts'

/** What an agent could be called by somebody who wants to harm the reader. */
const HOSTILE = '<img src=x onerror=alert(1)>"\'&amp;'

let world: AuthorityWorld
let runs: { readonly alice: AgentRun, readonly bob: AgentRun }
const ids: Record<'alice' | 'bob', { delegation: string, session: string }> = { alice: { delegation: '', session: '' }, bob: { delegation: '', session: '' } }
const browsers = new Map<PersonName, WorldBrowser>()

beforeAll(async () => {
  world = await startAuthorityWorld({
    personAuthority: false,
    config: (text) => text.replace('agents:\n', `agents:\n  - { id: "agent:strange", name: ${JSON.stringify(HOSTILE)}, owner: ${JSON.stringify(HOSTILE)}, redirect_uris: ["${REDIRECT}"] }\n`),
  })
  for (const name of Object.keys(PEOPLE) as PersonName[]) browsers.set(name, await world.signedIn(name))
  const details = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }]
  const alice = await approvedRun(world, as('alice'), 'pr-reviewer', details)
  const bob = await approvedRun(world, as('bob'), 'pr-reviewer', details)
  runs = { alice, bob }
  for (const record of await world.records()) {
    const user = (record['user'] as { id?: string } | undefined)?.id
    const whose = user === PEOPLE.alice.person ? 'alice' : user === PEOPLE.bob.person ? 'bob' : undefined
    if (whose === undefined || record['event'] !== 'delegation.granted') continue
    const agent = (record['agent'] as { id?: string } | undefined)?.id
    if (agent === 'agent:pr-reviewer') ids[whose] = { delegation: String(record['delegation']), session: String(record['session']) }
  }
})
afterAll(() => world.close())

function as(name: PersonName): WorldBrowser {
  const browser = browsers.get(name)
  if (browser === undefined) throw new Error(`${name} is not signed in`)
  return browser
}

async function call(run: AgentRun, path = 'pulls/42', method = 'GET'): Promise<{ status: number, code: string, link: string }> {
  const answer = await fetch(`${world.baseUrl('github')}/repos/acme-corp/backend/${path}`, {
    method, headers: { authorization: `Bearer ${run.access}`, 'content-type': 'application/json' }, ...(method === 'GET' ? {} : { body: '{}' }),
  })
  const body = await answer.json() as { documentation_url?: string, postern?: { code?: string } }
  return { status: answer.status, code: body.postern?.code ?? '', link: body.documentation_url ?? '' }
}

/** Polls until the searchable copy has what the chain has. */
async function audited(name: PersonName, path: string, text: string): Promise<WorldBrowser> {
  await expect.poll(async () => (await as(name).get(`${world.url}${path}`)).text(), { timeout: 5_000, interval: 50 }).toContain(text)
  return as(name)
}

describe('who sees what', () => {
  it('asks who is not signed in to do that first, and comes back to the same page', async () => {
    for (const path of ['/', '/agents', '/agents/pr-reviewer', '/approvals', '/audit?agent=pr-reviewer', '/break-glass', `/delegations/${ids.alice.delegation}/revoke`]) {
      const browser = await world.browser().get(`${world.url}${path}`)
      expect([path, browser.title()]).toEqual([path, 'Sign in'])
      await browser.submit({ person: PEOPLE.alice.person })
      expect(browser.onward()).toBe(path)
    }
  })

  it('shows each person their own delegations, with what runs under them', async () => {
    for (const [name, own, other] of [['alice', ids.alice, ids.bob], ['bob', ids.bob, ids.alice]] as const) {
      const page = await as(name).get(`${world.url}/`)
      expect(page.text()).toContain('Read pull requests, their reviews and comments pulls:read')
      expect(page.text()).toMatch(/Runs began just now , ends in (?:\d+ minutes|1 hour) · End it/)
      expect(page.links()).toContain(`/delegations/${own.delegation}/revoke`)
      expect(page.links()).toContain(`/sessions/${own.session}/revoke`)
      expect(page.body).not.toContain(other.delegation)
      expect(page.body).not.toContain(other.session)
    }
  })

  it.each<[PersonName, readonly string[], boolean]>([
    ['alice', ['agent:pr-reviewer'], false],
    ['olga', ['agent:issue-triage', 'agent:pr-reviewer', 'agent:release-notes', 'agent:strange'], true],
    ['ada', ['agent:issue-triage', 'agent:pr-reviewer', 'agent:release-notes', 'agent:strange'], false],
  ])('shows %s the agents %j, and lets them revoke: %s', async (name, agents, mayRevoke) => {
    const page = await as(name).get(`${world.url}/agents`)
    expect([...page.body.matchAll(/<code class="muted">(agent:[^<]+)/g)].map(([, id]) => id)).toEqual(agents)
    expect(page.links().some((href) => href.endsWith('/revoke'))).toBe(mayRevoke)
  })

  it.each<[PersonName, readonly string[], number]>([
    ['alice', ['alice@acme.com'], 1], ['olga', ['alice@acme.com', 'bob@acme.com'], 2], ['ada', ['alice@acme.com', 'bob@acme.com'], 0],
  ])('shows %s for whom an agent acts: %j, with %d of them to revoke', async (name, people, revocable) => {
    const page = await as(name).get(`${world.url}/agents/pr-reviewer`)
    expect(page.status).toBe(200)
    for (const person of ['alice@acme.com', 'bob@acme.com']) expect(page.text().includes(person)).toBe(people.includes(person))
    expect(page.links().filter((href) => /^\/delegations\/.*\/revoke$/.test(href))).toHaveLength(revocable)
  })

  it('tells nobody that another’s things exist', async () => {
    const missing = (await as('alice').get(`${world.url}/delegations/dlg_nobody/revoke`)).text()
    for (const [name, path] of [
      ['alice', `/delegations/${ids.bob.delegation}/revoke`], ['alice', `/sessions/${ids.bob.session}/revoke`], ['alice', '/agents/pr-reviewer/revoke'],
      ['alice', '/agents/release-notes'], ['alice', '/agents/NOT AN ID'], ['alice', '/connections/con_nobody/revoke'], ['alice', '/approvals/apr_nobody'], ['alice', '/audit?after=made-up'],
    ] as const) {
      await as(name).get(`${world.url}${path}`)
      expect([path, as(name).status, as(name).text()]).toEqual([path, 404, missing])
    }
    for (const path of [`/delegations/${ids.bob.delegation}/revoke`, `/sessions/${ids.bob.session}/revoke`, '/agents/pr-reviewer/revoke']) {
      expect([path, (await as('ada').get(`${world.url}${path}`)).status]).toEqual([path, 404])
    }
  })

  it('revokes nothing of another’s, however the form came to be', async () => {
    for (const [name, path] of [['alice', `/delegations/${ids.bob.delegation}/revoke`], ['alice', `/sessions/${ids.bob.session}/revoke`], ['alice', '/agents/pr-reviewer/revoke'], ['ada', '/agents/pr-reviewer/revoke']] as const) {
      await as(name).get(`${world.url}/`)
      await as(name).submit({}, { action: path, form: 0 })
      expect([path, as(name).status]).toEqual([path, 404])
    }
    expect((await call(runs.bob)).status).toBe(200)
  })
})

describe('the audit', () => {
  it('is a line an event: time, event, who, for whom, what', async () => {
    expect((await call(runs.alice)).status).toBe(200)
    const page = await audited('alice', '/audit', 'api.call')
    expect(page.text()).toMatch(/\d\d:\d\d:\d\d credential\.issued agent:pr-reviewer -> github for alice@acme\.com \(pull_requests:read on acme-corp\/backend, \d+s\)/)
    expect(page.text()).toMatch(/\d\d:\d\d:\d\d api\.call GET \/repos\/acme-corp\/backend\/pulls\/42 200 \d+ms agent:pr-reviewer for alice@acme\.com/)
  })

  it('shows a person only what was done for them, whatever the address asks for', async () => {
    await call(runs.bob)
    await audited('olga', '/audit?person=bob@acme.com', 'for bob@acme.com')
    await as('alice').get(`${world.url}/audit?person=bob@acme.com`)
    expect(as('alice').text()).toContain('for alice@acme.com')
    expect(as('alice').text()).not.toContain('bob@acme.com')
    expect(as('alice').body).not.toContain('name="person"')
  })

  it.each([
    ['agent=pr-reviewer', true], ['agent=agent:pr-reviewer', true], ['agent=issue-triage', false], ['event=credential', true], ['event=credential.issued', true], ['event=policy', false],
    ['integration=github', true], ['integration=slack', false], ['outcome=denied', false], [`agent=${'x'.repeat(129)}`, false],
  ])('finds the credential by %s: %s', async (query, found) => {
    await audited('alice', '/audit', 'credential.issued')
    const page = await as('alice').get(`${world.url}/audit?${query}`)
    expect(page.text().includes('credential.issued agent:pr-reviewer')).toBe(found)
    expect(page.links()).toContain('/audit')
  })

  it('goes on to older records and back', async () => {
    // Nothing that is known there: refused before any limit counts it.
    for (let count = 0; count < 105; count += 1) await call(runs.alice, 'no-such-thing')
    await expect.poll(async () => (await as('olga').get(`${world.url}/audit?event=api`)).links().some((href) => href.includes('after=')), { timeout: 5_000 }).toBe(true)
    const older = as('olga').links().find((href) => href.includes('after=')) ?? ''
    const newest = as('olga').text()
    const page = await as('olga').get(`${world.url}${older}`)
    expect([page.status, page.text() === newest]).toEqual([200, false])
    expect(page.links()).toContain('/audit?event=api')
  })

  it('shows what stands in the address, known or not', async () => {
    const page = await as('olga').get(`${world.url}/audit?outcome=%3Cb%3E&event=%22onfocus%3D`)
    expect(page.body).toContain('<option value="&lt;b&gt;" selected>&lt;b&gt;</option>')
    expect(page.body).toContain('value="&quot;onfocus="')
    expect(page.text()).toContain('Nothing like this is on record.')
  })
})

describe('hostile names', () => {
  it('are text', async () => {
    for (const path of ['/agents', '/agents/strange', '/agents/strange/revoke']) {
      const page = await as('olga').get(`${world.url}${path}`)
      expect([path, page.status]).toEqual([path, 200])
      expect(page.body).not.toContain('<img')
      expect(page.body).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;amp;')
    }
  })

  it('are text in a reason that somebody gave, and what cannot be seen is spelt out', async () => {
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

describe('forms', () => {
  it('are taken from a page of this sign-in only', async () => {
    const attempts = [[{ csrf: 'x' }, {}], [{ csrf: undefined }, {}], [{}, { 'sec-fetch-site': 'cross-site' }], [{}, { origin: 'https://evil.example' }], [{}, { origin: '', 'sec-fetch-site': '' }]] as const
    for (const path of [`/delegations/${ids.alice.delegation}/revoke`, `/sessions/${ids.alice.session}/revoke`, '/break-glass']) {
      for (const [change, headers] of attempts) {
        await as('alice').get(`${world.url}${path}`)
        await as('alice').submit({ ...change, reason: 'x' }, { headers })
        expect([path, as('alice').status, as('alice').title()]).toEqual([path, 403, 'That page was out of date'])
        expect(as('alice').links()).toContain(path)
      }
    }
    expect((await call(runs.alice)).status).toBe(200)
  })
})

describe('approvals', () => {
  it('are asked of the person and of operators; the first answer counts', async () => {
    const alice = as('alice')
    const triage = await approvedRun(world, alice, 'issue-triage', [{ integration: 'github', scopes: ['issues:write'], targets: ['acme-corp/backend'] }])
    const { code, link } = await call(triage, 'issues/1/lock', 'PUT')
    expect([code, link]).toEqual(['approval_required', expect.stringContaining('/approvals/apr_')])
    expect((await alice.get(`${world.url}/`)).text()).toContain('One question waits for your answer')
    expect((await as('bob').get(link)).status).toBe(404)
    expect([(await as('ada').get(link)).status, as('ada').text().includes('It waits for somebody else'), as('ada').forms().length]).toEqual([200, true, 1])
    await as('olga').get(link)
    expect(as('olga').text()).toContain('PUT /repos/acme-corp/backend/issues/1/lock')
    await alice.get(link)
    await alice.submit({ answer: 'approved' })
    expect([alice.url, alice.text()]).toEqual([link, expect.stringContaining('Approved by alice@acme.com')])
    await as('olga').submit({ answer: 'denied' })
    expect(as('olga').text()).toContain('Approved by alice@acme.com')
    expect((await call(triage, 'issues/1/lock', 'PUT')).code).not.toBe('approval_required')
  })

  it('lend emergency access, by two people, for a while, and say so on every page that shows it', async () => {
    const bob = as('bob')
    await bob.get(`${world.url}/break-glass`)
    await bob.submit({ reason: ' ' }, { form: 1 })
    expect([bob.status, bob.text()]).toEqual([422, expect.stringContaining('Say why')])
    await bob.submit({ reason: 'pr-reviewer runs wild', duration: '1' }, { form: 1 })
    expect([bob.status, bob.text()]).toEqual([422, expect.stringContaining('Choose for how long.')])
    await bob.submit({ reason: 'pr-reviewer runs wild' }, { form: 1 })
    const place = bob.url
    expect([bob.status, bob.text()]).toEqual([200, expect.stringContaining('It waits for somebody else')])
    expect((await bob.get(`${world.url}/agents/pr-reviewer/revoke`)).status).toBe(404)
    expect((await as('alice').get(place)).status).toBe(404)
    expect((await as('otto').get(`${world.url}/`)).text()).toContain('One question waits for your answer')
    await as('otto').get(place)
    expect(as('otto').text()).toContain('For how long 15 minutes')
    await as('otto').submit({ answer: 'approved' })
    expect((await bob.get(`${world.url}/`)).text()).toContain('You have emergency access')
    expect((await bob.get(`${world.url}/agents/strange/revoke`)).status).toBe(200)
    await bob.submit({ reason: 'too wild' })
    expect(bob.title()).toContain('Revoked')
    expect((await world.records()).filter(({ event }) => event === 'admin.break_glass_used')).toHaveLength(1)
    // what is only looked at with the lent role is a use of it, too
    await bob.get(`${world.url}/audit`)
    const used = (await world.records()).filter(({ event }) => event === 'admin.break_glass_used')
    expect([used.length, used[1]?.['reason']]).toEqual([2, 'looked at the audit'])
    const revoked = (await world.records()).find(({ event }) => event === 'agent.revoked')
    expect([revoked?.['by'], revoked?.['reason']]).toEqual([PEOPLE.bob.person, 'too wild'])
  })
})

describe('taking back', () => {
  it('restores an agent that was revoked', async () => {
    const page = await as('olga').get(`${world.url}/agents`)
    expect(page.text()).toContain('by bob@acme.com: too wild')
    await page.get(`${world.url}/agents/strange/restore`)
    await page.submit()
    expect([page.url, page.text().includes('too wild')]).toEqual([`${world.url}/agents`, false])
  })

  it('ends one run alone, then the whole delegation, and reports both', async () => {
    const alice = as('alice')
    await alice.get(`${world.url}/sessions/${ids.alice.session}/revoke`)
    expect(alice.title()).toBe('End this run of PR Reviewer?')
    await alice.submit()
    expect([alice.title(), alice.text()]).toEqual(['Revoked: this run of PR Reviewer', expect.stringContaining('Runs ended 1')])
    expect((await call(runs.alice)).status).toBe(403)
    expect((await call(runs.bob)).status).toBe(200)
    expect((await alice.get(`${world.url}/agents/pr-reviewer`)).text()).toContain('none at the moment')
    await alice.get(`${world.url}/delegations/${ids.alice.delegation}/revoke`)
    await alice.submit()
    expect(alice.text()).toContain('Approvals ended 1')
    await alice.get(`${world.url}/delegations/${ids.alice.delegation}/revoke`)
    await alice.submit()
    expect(alice.text()).toContain('It had been revoked before.')
  })

  it('lets an operator take back what another approved, with the reason on record', async () => {
    const olga = as('olga')
    await olga.get(`${world.url}/delegations/${ids.bob.delegation}/revoke`)
    expect(olga.title()).toBe('Revoke PR Reviewer for bob@acme.com?')
    await olga.submit({ reason: 'Bob has left.' })
    expect((await call(runs.bob)).code).toBe('delegation_revoked')
    const revoked = (await world.records()).find(({ event, delegation }) => event === 'delegation.revoked' && delegation === ids.bob.delegation)
    expect([revoked?.['by'], revoked?.['reason']]).toEqual([PEOPLE.olga.person, 'Bob has left.'])
  })
})
