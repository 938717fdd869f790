import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrowserApi, delegationOf, outcome, sessionOf } from './support/calls.ts'
import { approvedRun, PEOPLE, startAuthorityWorld, type AgentRun, type AuthorityWorld, type PersonName, type WorldBrowser } from '../support/authority-world.ts'

const REPOSITORY = '/github/repos/acme-corp/backend'

let world: AuthorityWorld
let runs: { readonly alice: AgentRun, readonly bob: AgentRun }
const browsers = new Map<PersonName, WorldBrowser>()
const apis = new Map<PersonName, BrowserApi>()

beforeAll(async () => {
  world = await startAuthorityWorld({ personAuthority: false })
  for (const name of ['alice', 'bob', 'olga', 'ada'] as const) {
    const browser = await world.signedIn(name)
    browsers.set(name, browser)
    apis.set(name, await BrowserApi.of(browser))
  }
  const details = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }]
  runs = { alice: await approvedRun(world, as('alice'), 'pr-reviewer', details), bob: await approvedRun(world, as('bob'), 'pr-reviewer', details) }
})
afterAll(() => world.close())

function as(name: PersonName): WorldBrowser {
  const browser = browsers.get(name)
  if (browser === undefined) throw new Error(`${name} is not signed in`)
  return browser
}

function api(name: PersonName): BrowserApi {
  const known = apis.get(name)
  if (known === undefined) throw new Error(`${name} is not signed in`)
  return known
}

const ids = (name: 'alice' | 'bob'): { readonly delegation: string, readonly session: string } =>
  ({ delegation: delegationOf(runs[name].access), session: sessionOf(runs[name].access) })
const call = ({ access }: AgentRun, path = 'pulls/42'): Promise<string> => outcome(world, access, `${REPOSITORY}/${path}`)
const idsOf = (items: readonly Readonly<Record<string, unknown>>[]): readonly unknown[] => items.map(({ id }) => id)

describe('the dashboard’s page', () => {
  it('asks who is not signed in to do that first, and comes back to the same place', async () => {
    for (const path of ['/', '/connections', '/agents', '/agents/pr-reviewer', '/audit?agent=pr-reviewer', '/audit/chain/1', '/policy']) {
      const browser = await world.browser().get(`${world.url}${path}`)
      expect([path, browser.title()]).toEqual([path, 'Sign in'])
      await browser.submit({ person: PEOPLE.alice.person })
      expect(browser.onward()).toBe(path)
    }
  })

  it('says nothing of anybody: all that is shown comes from the API, for whoever is signed in then', async () => {
    const pages = await Promise.all((['alice', 'bob', 'olga'] as const).map(async (name) => (await as(name).get(`${world.url}/agents/strange`)).body))
    expect(new Set(pages).size).toBe(1)
    expect(pages[0]).not.toMatch(/alice|bob|olga|dlg_|ses_|csrf|strange/i)
  })

  it('runs files of ours alone, each by its digest, and puts no text into the page as markup', async () => {
    const page = await as('alice').get(`${world.url}/`)
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'")
    const files = [...page.body.matchAll(/(?:src|href)="(\/assets\/dashboard-[^"]+)" integrity="(sha256-[^"]+)"/g)]
    expect(files).toHaveLength(2)
    for (const [, path = '', integrity = ''] of files) {
      const answer = await fetch(`${world.url}${path}`)
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', await answer.arrayBuffer())).toString('base64')
      expect([`sha256-${digest}`, answer.headers.get('cache-control')]).toEqual([integrity, 'public, max-age=31536000, immutable'])
    }
    expect((await fetch(`${world.url}/assets/dashboard-none.js`)).status).toBe(404)
  })

  it('has no pages any more that changed something by a form', async () => {
    for (const path of [`/delegations/${ids('alice').delegation}/revoke`, `/sessions/${ids('alice').session}/revoke`, '/agents/pr-reviewer/revoke']) {
      expect([path, (await as('olga').get(`${world.url}${path}`)).status]).toEqual([path, 404])
    }
  })
})

describe('who sees what', () => {
  it('shows each person their own delegations in words, with what runs under them', async () => {
    for (const [name, other] of [['alice', 'bob'], ['bob', 'alice']] as const) {
      const [delegations, sessions] = [await api(name).items('/v1/delegations'), await api(name).items('/v1/sessions')]
      expect(delegations).toEqual([expect.objectContaining({
        id: ids(name).delegation, person: PEOPLE[name].person, state: 'active', agent: { id: 'agent:pr-reviewer', name: 'PR Reviewer', owner: 'team-platform' },
        access: [expect.objectContaining({ title: 'GitHub', words: [{ scope: 'pulls:read', text: 'Read pull requests, their reviews and comments' }], targets: ['acme-corp/backend'] })],
      })])
      expect(sessions).toEqual([expect.objectContaining({ id: ids(name).session, delegation: ids(name).delegation, state: 'running' })])
      expect(JSON.stringify([delegations, sessions])).not.toContain(other)
    }
  })

  it.each<[PersonName, number, readonly string[] | undefined]>([
    ['alice', 403, undefined],
    ['olga', 200, ['agent:issue-triage', 'agent:pr-reviewer', 'agent:release-notes']],
    ['ada', 200, ['agent:issue-triage', 'agent:pr-reviewer', 'agent:release-notes']],
  ])('answers %s who asks for all agents with %d: %j', async (name, status, agents) => {
    const answer = await api(name).get('/v1/agents')
    expect([answer.status, (answer.body['items'] as readonly { id: string }[] | undefined)?.map(({ id }) => id)]).toEqual([status, agents])
  })

  it.each<[PersonName, readonly string[]]>([
    ['alice', ['user:alice@acme.com']], ['olga', ['user:bob@acme.com', 'user:alice@acme.com']], ['ada', ['user:bob@acme.com', 'user:alice@acme.com']],
  ])('shows %s for whom an agent acts: %j', async (name, people) => {
    expect((await api(name).items('/v1/delegations?agent=agent:pr-reviewer')).map(({ person }) => person)).toEqual(people)
  })

  it('tells nobody that another’s things exist', async () => {
    const missing = await api('alice').get('/v1/delegations/dlg_nobody')
    expect(missing.status).toBe(404)
    for (const path of [`/v1/delegations/${ids('bob').delegation}`, `/v1/sessions/${ids('bob').session}`, '/v1/connections/con_nobody', '/v1/approvals/apr_nobody']) {
      expect([path, await api('alice').get(path)]).toEqual([path, missing])
    }
  })

  it('takes back nothing of another’s, however it is asked', async () => {
    const bobs = [`/v1/delegations/${ids('bob').delegation}/revoke`, `/v1/sessions/${ids('bob').session}/revoke`]
    for (const path of bobs) expect([path, (await api('alice').post(path)).status, (await api('ada').post(path)).status]).toEqual([path, 404, 403])
    for (const path of ['/v1/agents/agent:pr-reviewer/revoke', '/v1/people/user:bob@acme.com/revoke']) {
      expect([path, (await api('alice').post(path)).status, (await api('ada').post(path)).status]).toEqual([path, 403, 403])
    }
    expect(await call(runs.bob)).toBe('200')
  })
})

describe('a change', () => {
  it('is taken from a page of this sign-in only', async () => {
    const bobs = String((await api('bob').get('/v1/me')).body['csrf'])
    const attempts = [{ 'postern-csrf': 'x' }, { 'postern-csrf': undefined }, { 'postern-csrf': bobs }, { 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, { origin: undefined }]
    for (const path of [`/v1/delegations/${ids('alice').delegation}/revoke`, `/v1/sessions/${ids('alice').session}/revoke`]) {
      for (const headers of attempts) {
        const { status, body } = await api('alice').post(path, {}, headers)
        expect([path, headers, status, body['code']]).toEqual([path, headers, 403, 'cross_site_refused'])
      }
    }
    expect(await call(runs.alice)).toBe('200')
  })
})

describe('the audit', () => {
  const told = async (name: PersonName, query = ''): Promise<readonly Readonly<Record<string, unknown>>[]> => api(name).items(`/v1/audit?limit=500${query}`)
  const eventsOf = async (name: PersonName, query = ''): Promise<readonly unknown[]> => (await told(name, query)).map(({ event }) => event)

  it('shows a person only what was done for them, whatever they ask for', async () => {
    for (const name of ['alice', 'bob'] as const) expect(await call(runs[name])).toBe('200')
    await expect.poll(() => eventsOf('olga', '&person=user:bob@acme.com'), { timeout: 5_000 }).toContain('api.call')
    await expect.poll(() => eventsOf('alice'), { timeout: 5_000 }).toContain('api.call')
    expect((await api('alice').get('/v1/audit?person=user:bob@acme.com')).status).toBe(403)
    const people = async (name: PersonName): Promise<ReadonlySet<unknown>> => new Set((await told(name)).map(({ user }) => (user as { id?: string } | undefined)?.id))
    expect(await people('alice')).toEqual(new Set([PEOPLE.alice.person]))
    for (const { person } of [PEOPLE.alice, PEOPLE.bob]) expect(await people('ada')).toContain(person)
  })

  it.each([
    ['&agent=agent:pr-reviewer', true], ['&agent=agent:issue-triage', false], ['&event=credential', true], ['&event=credential.issued', true], ['&event=policy', false],
    ['&integration=github', true], ['&integration=slack', false], ['&outcome=denied', false],
  ])('finds the credential by %s: %s', async (query, found) => {
    await expect.poll(() => eventsOf('alice'), { timeout: 5_000 }).toContain('credential.issued')
    expect((await eventsOf('alice', query)).includes('credential.issued')).toBe(found)
  })

  it('goes on to older records', async () => {
    const first = await api('olga').get('/v1/audit?limit=3')
    const rest = await api('olga').get(`/v1/audit?limit=3&after=${encodeURIComponent(String(first.body['next']))}`)
    const [newer, older] = [first, rest].map(({ body }) => (body['items'] as readonly { id: string }[]).map(({ id }) => id))
    expect([newer?.length, older?.length, newer?.some((id) => older?.includes(id))]).toEqual([3, 3, false])
  })
})

describe('taking back', () => {
  it('ends one session alone, then the whole delegation, and reports both', async () => {
    const { delegation, session } = ids('alice')
    expect((await api('alice').post(`/v1/sessions/${session}/revoke`)).body).toMatchObject({ changed: true, sessions: [session], delegations: [] })
    expect([await call(runs.alice), await call(runs.bob)]).toEqual(['403 session_ended', '200'])
    expect(await api('alice').items('/v1/sessions?running=true')).toEqual([])
    expect((await api('alice').post(`/v1/delegations/${delegation}/revoke`)).body).toMatchObject({ changed: true, delegations: [delegation] })
    expect((await api('alice').post(`/v1/delegations/${delegation}/revoke`)).body).toMatchObject({ changed: false, delegations: [] })
    expect(idsOf(await api('alice').items('/v1/delegations?state=active'))).toEqual([])
  })

  it('lets an operator take back what another approved, with the reason on record', async () => {
    const { delegation } = ids('bob')
    expect((await api('olga').post(`/v1/delegations/${delegation}/revoke`, { reason: 'Bob has left.' })).status).toBe(200)
    expect(await call(runs.bob)).toBe('403 delegation_revoked')
    const revoked = (await world.records()).find((record) => record['event'] === 'delegation.revoked' && record['delegation'] === delegation)
    expect([revoked?.['by'], revoked?.['reason']]).toEqual([PEOPLE.olga.person, 'Bob has left.'])
  })
})
