import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld } from '../support/authority-world.ts'
import { policiesWith } from '../support/policies.ts'
import { BrowserApi, call, delegationOf, READ_PULLS } from './support/calls.ts'

let world: AuthorityWorld
let run: AgentRun
let alice: BrowserApi
let olga: BrowserApi
beforeAll(async () => {
  world = await startAuthorityWorld({ personAuthority: false, policies: policiesWith({}) })
  const browser = await world.signedIn('alice')
  run = await approvedRun(world, browser, 'pr-reviewer', [READ_PULLS])
  alice = await BrowserApi.of(browser)
  olga = await BrowserApi.of(await world.signedIn('olga'))
})
afterAll(() => world.close())

const AGENT = 'agent:pr-reviewer'

describe('what is explained is what the proxy does', () => {
  it.each([
    ['GET', '/repos/acme-corp/backend/pulls/42', 'allow'],
    ['GET', '/repos/acme-corp/backend/pulls/42/reviews', 'allow'],
    ['PUT', '/repos/acme-corp/backend/pulls/42/merge', 'deny'],
    ['GET', '/repos/acme-corp/backend/contents/README.md', 'deny'],
    ['POST', '/repos/acme-corp/prod-payments/pulls/1/reviews', 'deny'],
    ['GET', '/repos/elsewhere/backend/pulls/42', 'deny'],
    ['GET', '/no/such/operation', 'operation_unknown'],
    ['GET', '/repos/acme-corp/backend/pulls/42?access_token=x', 'client_credential_refused'],
    ['GET', '/repos/acme-corp/backend/pulls/%2e%2e', 'path_refused'],
  ])('%s %s: %s', async (method, path, expected) => {
    const { status, body } = await olga.post('/v1/policy/explain', {
      agent: AGENT, request: `${method} https://${world.host('github')}${path}`, delegation: delegationOf(run.access), ...(method === 'GET' ? {} : { body: {} }),
    })
    expect({ status, told: body['effect'] ?? body['code'] }).toEqual({ status: 200, told: expected })
    const done = await call(world, run.access, `/github${path}`, method, method === 'GET' ? {} : { body: '{}' })
    if (expected === 'allow') expect([done.status, done.code]).toEqual([200, undefined])
    else if (expected === 'deny') expect(done.code).toBe(body['decided_by'] === 'user_consent' ? 'consent_required' : 'policy_denied')
    else expect(done.code).toBe(expected)
  })
})

describe('the control API of a whole Postern', () => {
  it('tells the integrations of the configuration, and where one connects an account', async () => {
    const items = await alice.items('/v1/integrations')
    expect(items.map(({ name, title, type }) => ({ name, title, type }))).toEqual(expect.arrayContaining([
      { name: 'github', title: 'GitHub', type: 'github' }, { name: 'slack', title: 'Slack', type: 'slack' }, { name: 'tickets', title: 'Tickets', type: 'routes' },
    ]))
    for (const each of items) expect(each['connect_url']).toBe(each['connectable'] === true ? `${world.url}/connect/${String(each['name'])}` : null)
  })

  it('tells of a delegation in plain words, and when it was last used', async () => {
    await call(world, run.access)
    const id = delegationOf(run.access)
    await expect.poll(async () => (await alice.get(`/v1/delegations/${id}`)).body['last_used_at'], { timeout: 10_000 }).toEqual(expect.any(String))
    expect((await alice.get(`/v1/delegations/${id}`)).body['access']).toMatchObject([{ integration: 'github', title: 'GitHub', words: [{ scope: expect.any(String), text: expect.stringMatching(/pull requests/i) }] }])
  })

  it('tells the policies by the very files that were loaded, and what became of changes', async () => {
    const { body } = await olga.get('/v1/policy')
    const documents = body['documents'] as readonly { file: string; text: string; rules: readonly { id: string; line: number }[] }[]
    expect(documents.length).toBeGreaterThan(1)
    for (const { file, text, rules } of documents) {
      expect(text).toBe(await readFile(file, 'utf8'))
      for (const { id, line } of rules) expect(text.split('\n')[line - 1]).toContain(id.split('/')[1])
    }
    await expect.poll(async () => (await olga.items('/v1/policy/history'))[0], { timeout: 10_000 }).toMatchObject({ event: 'loaded', hash: body['hash'], problems: [] })
  })

  it('tells an agent’s permissions to the person for whom it acts', async () => {
    const { status, body } = await alice.get(`/v1/agents/${AGENT}/permissions`)
    expect(status).toBe(200)
    expect((body['rules'] as readonly { id: string }[]).map(({ id }) => id)).toEqual(expect.arrayContaining(['pr-reviewer/review', 'org/production-is-read-only']))
    expect((await alice.get('/v1/agents/agent:issue-triage/permissions')).status).toBe(404)
  })
})

describe('all that a person gave, taken back', () => {
  it('takes their sign-ins with it, and nobody else’s', async () => {
    const before = await world.signedIn('alice')
    const { status } = await olga.post('/v1/people/user:alice@acme.com/revoke', { reason: 'the laptop was stolen' })
    expect(status).toBe(200)
    expect((await alice.get('/v1/me')).status).toBe(401)
    expect((await (await BrowserApi.of(before)).get('/v1/me')).status).toBe(401)
    expect((await olga.get('/v1/me')).status).toBe(200)
    expect((await (await BrowserApi.of(await world.signedIn('alice'))).get('/v1/me')).status).toBe(200)
  })
})
