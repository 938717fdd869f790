import { afterAll, beforeAll, expect, it } from 'vitest'
import { approvedRun, REDIRECT, startAuthorityWorld, type AgentRun, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { freePort } from '../support/redis-server.ts'
import { BrowserApi, delegationOf, outcome, READ_PULLS, READ_TICKETS, sessionOf, TICKET_RULES } from './support/calls.ts'
import { fixedAuthority, restarted } from './support/restart.ts'

const TICKET = '/tickets/v1/tickets/T-1'
const CI = agentRules('agent:ci', '{ id: tickets, allow: { integration: tickets, access: read } }')
const SESSION = 'urn:postern:params:oauth:token-type:session'

let first: AuthorityWorld
let second: Awaited<ReturnType<typeof restarted>>
let alice: WorldBrowser
let operator: WorldBrowser
const runs: Record<'kept' | 'delegation' | 'session' | 'agent' | 'registered' | 'restored' | 'bobs', AgentRun> = {} as never
let secret: string
let standIn: string
beforeAll(async () => {
  const port = await freePort()
  first = await startAuthorityWorld({ personAuthority: false, policies: policiesWith({ ...TICKET_RULES, 'ci.yaml': CI }), config: fixedAuthority(port) })
  alice = await first.signedIn('alice')
  operator = await first.signedIn('olga')
  const [ops, own] = [await BrowserApi.of(operator), await BrowserApi.of(alice)]
  await ops.post('/v1/agents', { id: 'agent:ci', name: 'CI', owner: 'team-platform', redirect_uris: [REDIRECT] })
  const run = (client: string, browser = alice): Promise<AgentRun> => approvedRun(first, browser, client, client === 'pr-reviewer' ? [READ_PULLS, READ_TICKETS] : [READ_TICKETS])
  Object.assign(runs, {
    kept: await run('pr-reviewer'), delegation: await run('pr-reviewer'), session: await run('pr-reviewer'), agent: await run('issue-triage'),
    registered: await run('ci'), restored: await run('release-notes'), bobs: await run('pr-reviewer', await first.signedIn('bob')),
  })
  secret = String((await runs.kept.agent.exchange(runs.kept.access, 'github', { requested_token_type: SESSION })).body['access_token'])
  standIn = String((await runs.kept.agent.exchange(runs.kept.access, 'github')).body['access_token'])
  await own.post(`/v1/delegations/${delegationOf(runs.delegation.access)}/revoke`)
  await own.post(`/v1/sessions/${sessionOf(runs.session.access)}/revoke`)
  for (const id of ['issue-triage', 'ci', 'release-notes']) await ops.post(`/v1/agents/agent:${id}/revoke`)
  await ops.post('/v1/agents/agent:release-notes/restore')
  await ops.post('/v1/people/user:bob@acme.com/revoke')
  second = await restarted(first)
})
afterAll(async () => {
  await second.service.close()
  await first.close()
})

it('everything that was approved works: tokens, stand-ins, session secrets, refreshes, and the person’s sign-in', async () => {
  expect([await outcome(second, runs.kept.access), await outcome(second, runs.kept.access, TICKET), await outcome(second, standIn), await outcome(second, secret, TICKET)])
    .toEqual(['200', '200', '200', '200'])
  const refreshed = await runs.kept.agent.refresh(runs.kept.refresh)
  expect(await outcome(second, String(refreshed.body['access_token']))).toBe('200')
  expect((await (await BrowserApi.of(alice)).get('/v1/me')).body).toMatchObject({ id: 'user:alice@acme.com', roles: ['person'] })
  const anew = await approvedRun(second, alice, 'pr-reviewer', [READ_PULLS])
  expect(await outcome(second, anew.access)).toBe('200')
})

it.each(['delegation', 'session', 'agent', 'registered', 'restored', 'bobs'] as const)('what was taken back stays so: %s', async (name) => {
  const { access, refresh, agent } = runs[name]
  expect(await outcome(second, access, TICKET)).toMatch(/^403 (delegation_revoked|session_ended|agent_revoked)$/)
  expect((await agent.refresh(refresh)).body['error']).toMatch(/^invalid_(grant|client)$/)
  const { body } = await agent.exchange(access, 'tickets')
  expect([body['access_token'], typeof body['error']]).toEqual([undefined, 'string'])
})

it('agents are what they were: registered by the API, revoked, and restored', async () => {
  const { body } = await (await BrowserApi.of(operator)).get('/v1/agents')
  const agents = (body['items'] as readonly { id: string, status: string }[]).map(({ id, status }) => `${id} ${status}`)
  expect(agents.toSorted()).toEqual(['agent:ci revoked', 'agent:issue-triage revoked', 'agent:pr-reviewer active', 'agent:release-notes active'])
  const again = await approvedRun(second, alice, 'release-notes', [READ_TICKETS])
  expect(await outcome(second, again.access, TICKET)).toBe('200')
})
