import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../house/source-tree.ts'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { BrowserApi, call, outcome, READ_PULLS, READ_TICKETS, TICKET_RULES } from './support/calls.ts'

const ASK = agentRules('agent:pr-reviewer', '{ id: ask-for-issues, ask: { integration: github, scopes: ["issues:read"] }, because: Issues are looked at by a person first. }')

let world: AuthorityWorld
let alice: WorldBrowser
let run: AgentRun
beforeAll(async () => {
  world = await startAuthorityWorld({
    policies: async (directory) => {
      const org = await readFile(join(root, 'policies', 'org.yaml'), 'utf8')
      return policiesWith({ ...TICKET_RULES, 'ask.yaml': ASK, 'org.yaml': org.replace(/ {2}- id: lend-github-app\n(?: {4}.*\n)+/, '') })(directory)
    },
  })
  alice = await (await world.signedIn('alice')).connectGithub('alice-chen')
  run = await approvedRun(world, alice, 'pr-reviewer', [{ ...READ_PULLS, scopes: ['pulls:write', 'issues:read'] }, READ_TICKETS])
})
afterAll(() => world.close())

const exchange = async (more: Readonly<Record<string, string>> = {}, resource = 'github', token = run.access): Promise<Readonly<Record<string, unknown>>> =>
  (await run.agent.exchange(token, resource, more)).body

/** A token that says what stands now. */
async function refreshed(): Promise<string> {
  const { body } = await run.agent.refresh(run.refresh)
  run = { ...run, refresh: String(body['refresh_token']), access: String(body['access_token']) }
  return run.access
}

/** Follows the link of a refusal to where an account is connected, and on. */
async function connectBy(link: unknown): Promise<void> {
  const { origin, pathname, search } = new URL(String(link))
  expect(origin).toBe(world.url)
  await alice.connectGithub('alice-chen', `${pathname}${search}`)
  const onward = alice.links().find((href) => href.startsWith('/more?'))
  if (onward !== undefined) await alice.get(`${world.url}${onward}`)
}

describe('what has to be mended by the person', () => {
  it('consent_required leads to a page on which they approve the rest, in the same delegation', async () => {
    const refused = await exchange({ scope: 'contents:read', target: 'acme-corp/backend' })
    expect(refused).toMatchObject({ error: 'consent_required', code: 'consent_required', layer: 'user_consent', missing_scopes: ['contents:read'], consent_url: expect.stringMatching(/\/more\?session=ses_/) })
    const link = new URL(String(refused['consent_url']))
    expect([link.origin, link.searchParams.get('integration'), link.searchParams.getAll('scope'), link.searchParams.getAll('target')]).toEqual([world.url, 'github', ['contents:read'], ['acme-corp/backend']])
    const bob = await world.signedIn('bob')
    await bob.get(link.href)
    expect([bob.status, bob.forms().some(({ fields }) => fields.some(([name]) => name.startsWith('scope.')))]).toEqual([403, false])
    await alice.get(link.href)
    await alice.submit({ answer: 'approve' })
    const narrow = await exchange({ scope: 'contents:read', target: 'acme-corp/backend' }, 'github', await refreshed())
    expect(await outcome(world, String(narrow['access_token']), '/github/repos/acme-corp/backend/contents/README.md')).toBe('200')
    // and no wider than it was asked for
    expect(await exchange({ scope: 'contents:read', target: 'acme-corp/frontend' }, 'github', await refreshed())).toMatchObject({ error: 'consent_required' })
  })

  it('connection_reauth_required leads to where they connect again, and that is all', async () => {
    world.upstreams.github.oauth.revokeGrant('alice-chen')
    await expect.poll(async () => {
      await outcome(world, run.access)
      return (await exchange({ scope: 'pulls:read', target: 'acme-corp/frontend' }))['error']
    }, { timeout: 5_000 }).toBe('connection_reauth_required')
    const refused = await exchange({ scope: 'pulls:read' })
    expect(refused).toMatchObject({ code: 'connection_reauth_required', connect_url: expect.stringMatching(/\/connect\/github(\?|$)/) })
    await connectBy(refused['connect_url'])
    const token = String((await exchange({ scope: 'pulls:read' }))['access_token'])
    await expect.poll(() => outcome(world, token), { timeout: 5_000, interval: 200 }).toBe('200')
  })

  it('connection_required leads to where they connect an account', async () => {
    const api = await BrowserApi.of(alice)
    for (const { id } of (await api.get('/v1/connections')).body['items'] as readonly { id: string }[]) await api.post(`/v1/connections/${id}/revoke`)
    const refused = await exchange({ scope: 'pulls:read' })
    expect(refused).toMatchObject({ error: 'connection_required', code: 'connection_required', connect_url: expect.stringMatching(/\/connect\/github(\?|$)/) })
    const called = await call(world, run.access)
    expect([called.code, called.body]).toEqual(['connection_required', expect.stringContaining(String(refused['connect_url']))])
    await connectBy(refused['connect_url'])
    expect(alice.text()).toContain('PR Reviewer')
    await alice.submit({ answer: 'approve' })
    const after = await exchange({ scope: 'pulls:read' })
    expect(after['error']).toBeUndefined()
    await expect.poll(() => outcome(world, String(after['access_token'])), { timeout: 5_000, interval: 200 }).toBe('200')
  })
})

describe('what no person can mend there', () => {
  it.each([
    ['policy_denied, by the organisation', { scope: 'pulls:write', target: 'acme-corp/prod-payments' }, { error: 'policy_denied', layer: 'org_policy', rule: 'org/production-is-read-only' }],
    ['policy_denied, by the agent’s own rules', { scope: 'tickets:read' }, { error: 'invalid_scope', code: 'input_refused' }],
    ['approval_required, where a credential would leave', { scope: 'issues:read', target: 'acme-corp/backend', delivery: 'released' }, { error: 'approval_required', layer: 'agent_permissions', rule: 'pr-reviewer/ask-for-issues' }],
  ])('%s', async (_what, wish, expected) => {
    const refused = await exchange(wish as Record<string, string>)
    expect(refused).toMatchObject(expected)
    expect(refused['access_token']).toBeUndefined()
  })

  it('a resource that is none, several, or one at another place', async () => {
    for (const resource of ['nothing', 'https://evil.example', 'https://api.github.com.evil.example', '']) expect((await exchange({}, resource))['error']).toMatch(/^invalid_(target|request)$/)
    expect((await exchange({}, 'https://api.github.com'))['error']).toBeUndefined()
  })

  it('each is on record, with what was wrong', async () => {
    const codes = (await world.records()).filter(({ event }) => event === 'token.denied').map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['consent_required', 'connection_reauth_required', 'connection_required', 'policy_denied', 'approval_required', 'integration_unknown']))
  })
})
