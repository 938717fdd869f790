import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MovedClock } from '../oauth/support/memory-ports.ts'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import type { Answer } from '../support/wire.ts'
import { BrowserApi, call, outcome, READ_PULLS, READ_TICKETS, TICKET_RULES } from './support/calls.ts'

const ISSUES = { integration: 'github', scopes: ['issues:write'], targets: ['acme-corp/*'] } as const
const lock = (issue: number, repository = 'backend'): string => `/github/repos/acme-corp/${repository}/issues/${issue}/lock`
const GROUPS = `policy: org
default: allow
rules:
  - { id: engineers-only, deny: { integration: tickets, group: contractors }, because: Contractors do not read tickets. }
  - { id: engineers-first, deny: { integration: github, target: acme-corp/frontend, group: engineering }, because: Not for engineers. }
`

const clock = new MovedClock()
let world: AuthorityWorld
let alice: WorldBrowser
let bob: WorldBrowser
let run: AgentRun
beforeAll(async () => {
  world = await startAuthorityWorld({
    personAuthority: false, clock, lifetimes: { approval_valid: '20s' },
    policies: policiesWith({ ...TICKET_RULES, 'groups.yaml': GROUPS, 'more.yaml': agentRules('agent:issue-triage', '{ id: pulls, allow: { integration: github, scopes: ["pulls:read"], target: acme-corp/* } }') }),
    config: (text) => text.replace('unsafe_demo_accounts: [', 'unsafe_demo_accounts: [{ person: "user:carl@acme.com", name: Carl, groups: [contractors] }, '),
  })
  alice = await world.signedIn('alice')
  bob = await world.signedIn('bob')
  run = await approvedRun(world, alice, 'issue-triage', [ISSUES])
})
afterAll(() => world.close())

const ask = (path: string, token = run.access): Promise<Answer> => call(world, token, path, 'PUT', { body: '{}' })
const linkOf = ({ body }: Answer): string => /"(http:\/\/127\.0\.0\.1:\d+\/approvals\/apr_[^"]+)"/.exec(body)?.[1] ?? ''

/** The stand-in has no such route: that it was asked is what counts. */
async function reachesGithub(path: string): Promise<boolean> {
  const before = world.upstreams.github.log.entries.filter((entry) => entry.path === path.slice('/github'.length)).length
  const { code } = await ask(path)
  return code === undefined && world.upstreams.github.log.entries.filter((entry) => entry.path === path.slice('/github'.length)).length === before + 1
}

/** Opens the link of a refusal and presses a button there. */
async function answer(browser: WorldBrowser, link: string, said: 'approved' | 'denied'): Promise<void> {
  await browser.get(link)
  expect(browser.text()).toContain('agent:issue-triage')
  await browser.submit({ answer: said })
}

describe('a rule that asks', () => {
  it('refuses with a link; approved there, just this call passes, for a while', async () => {
    const refused = await ask(lock(1))
    expect([refused.status, refused.code]).toEqual([403, 'approval_required'])
    const link = linkOf(refused)
    expect(link).toMatch(new RegExp(`^${world.url}/approvals/apr_`))
    expect(linkOf(await ask(lock(1)))).toBe(link)
    await answer(alice, link, 'approved')
    expect(await reachesGithub(lock(1))).toBe(true)
    // another issue, or another repository, is another thing
    expect([(await ask(lock(2))).code, (await ask(lock(1, 'frontend'))).code]).toEqual(['approval_required', expect.stringMatching(/approval_required|policy_denied/)])
    const issued = await world.recorded(({ event, operation }) => event === 'api.call' && String(operation).startsWith('PUT') && String(operation).endsWith('/lock'))
    expect(issued).toMatchObject({ rule: 'issue-triage/locking-needs-a-person', approval: link.split('/').at(-1), outcome: 'ok' })
    clock.moveBy(21_000)
    expect((await ask(lock(1))).code).toBe('approval_required')
  })

  it('asks the person concerned, and nobody else answers for them', async () => {
    const link = linkOf(await ask(lock(3)))
    await bob.get(link)
    expect(bob.status).toBe(404)
    const id = link.split('/').at(-1) ?? ''
    expect((await (await BrowserApi.of(bob)).post(`/v1/approvals/${id}/approve`)).status).toBe(404)
    expect((await ask(lock(3))).code).toBe('approval_required')
    // another run of the same agent does not have it either
    await answer(alice, link, 'approved')
    const other = await approvedRun(world, alice, 'issue-triage', [ISSUES])
    const bobs = await approvedRun(world, bob, 'issue-triage', [ISSUES])
    for (const token of [other.access, bobs.access]) {
      const refused = await ask(lock(3), token)
      expect([refused.code, linkOf(refused) === link]).toEqual(['approval_required', false])
    }
  })

  it('that was denied stays denied, and asks no second time', async () => {
    const link = linkOf(await ask(lock(4)))
    await answer(alice, link, 'denied')
    const again = await ask(lock(4))
    expect([again.status, again.code, linkOf(again)]).toEqual([403, 'approval_required', link])
    await alice.get(link)
    expect([alice.forms().filter(({ action }) => action.startsWith('/approvals/')).length, alice.text()]).toEqual([0, expect.stringMatching(/denied/i)])
    expect(await world.recorded(({ event, approval }) => event === 'approval.denied' && approval === link.split('/').at(-1))).toMatchObject({ user: { id: 'user:alice@acme.com' } })
  })

  it('is answered by the API, too', async () => {
    const id = linkOf(await ask(lock(5))).split('/').at(-1) ?? ''
    expect((await (await BrowserApi.of(alice)).post(`/v1/approvals/${id}/approve`)).body).toMatchObject({ id, state: 'approved' })
    expect(await reachesGithub(lock(5))).toBe(true)
  })
})

describe('a rule that names a group', () => {
  it('holds for who is in it at the identity provider, and for nobody else', async () => {
    const carl = world.browser()
    await carl.get(`${world.url}/login`)
    await carl.submit({ person: 'user:carl@acme.com' })
    const [carls, alices] = [await approvedRun(world, carl, 'pr-reviewer', [READ_PULLS]), await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS, READ_TICKETS])]
    const frontend = '/github/repos/acme-corp/frontend/pulls/7'
    expect([await outcome(world, alices.access, '/tickets/v1/tickets/T-1'), await outcome(world, alices.access, frontend), await outcome(world, carls.access, frontend)])
      .toEqual(['200', '403 policy_denied', '200'])
  })

  it('is shown on the consent screen as what it refuses', async () => {
    const carl = world.browser()
    await carl.get(`${world.url}/login`)
    await carl.submit({ person: 'user:carl@acme.com' })
    await carl.ask(run.agent.authorizationUrl({ authorization_details: JSON.stringify([{ type: 'postern', ...READ_TICKETS }]) }))
    expect(carl.text()).toContain('Contractors do not read tickets.')
  })
})

describe('break-glass access', () => {
  it('is asked for by one, granted by another, loud when it is used, and over after its time', async () => {
    const api = await BrowserApi.of(bob)
    const revoke = (id: string): Promise<{ status: number }> => api.post(`/v1/agents/${id}/revoke`, { reason: 'it leaks' })
    expect((await revoke('agent:release-notes')).status).toBe(403)
    const asked = await api.post('/v1/break-glass', { reason: 'nobody of operations can be reached', expires_in: 60 })
    expect(asked).toMatchObject({ status: 201, body: { state: 'pending' } })
    const id = String(asked.body['id'])
    for (const browser of [bob, alice]) expect((await (await BrowserApi.of(browser)).post(`/v1/break-glass/${id}/approve`)).status).toBeGreaterThanOrEqual(403)
    const olga = await BrowserApi.of(await world.signedIn('olga'))
    expect((await olga.post(`/v1/break-glass/${id}/approve`)).body).toMatchObject({ state: 'approved' })
    expect((await api.get('/v1/me')).body).toMatchObject({ break_glass: true, roles: expect.arrayContaining(['operator']) })
    expect((await revoke('agent:release-notes')).status).toBe(200)
    expect(await world.recorded(({ event }) => event === 'admin.break_glass_used')).toMatchObject({ outcome: 'ok' })
    // what is lent is not lent on
    const alices = await (await BrowserApi.of(alice)).post('/v1/break-glass', { reason: 'I would like to as well', expires_in: 60 })
    expect((await api.post(`/v1/break-glass/${String(alices.body['id'])}/approve`)).status).toBe(403)
    clock.moveBy(61_000)
    expect((await revoke('agent:issue-triage')).status).toBe(403)
    expect((await api.get('/v1/me')).body).toMatchObject({ break_glass: false, roles: ['person'] })
    expect(await world.recorded(({ event }) => event === 'admin.break_glass_ended')).toMatchObject({ user: { id: 'user:bob@acme.com' } })
    const events = (await world.records()).map(({ event }) => String(event)).filter((event) => event.startsWith('admin.break_glass'))
    expect(new Set(events)).toEqual(new Set(['admin.break_glass_requested', 'admin.break_glass_granted', 'admin.break_glass_used', 'admin.break_glass_ended']))
  }, 15_000)
})
