import { afterEach, expect, test } from 'vitest'
import { approvedRun, startAuthorityWorld, type AuthorityWorld } from '../support/authority-world.ts'
import { revokeNewest } from './support/calls.ts'

let world: AuthorityWorld

afterEach(() => world.close())

test('by the organisation’s authority: the agent asks, a person approves in the browser, calls go out, the person revokes, calls stop', async () => {
  world = await startAuthorityWorld({ personAuthority: false })
  const alice = await world.signedIn('alice')
  const run = await approvedRun(world, alice, 'pr-reviewer', [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }])
  const call = async (token: string): Promise<Response> => fetch(`${world.baseUrl('github')}/repos/acme-corp/backend/pulls/42`, { headers: { authorization: `Bearer ${token}` } })
  const allowed = await call(run.access)
  expect([allowed.status, await allowed.json()]).toEqual([200, expect.objectContaining({ number: 42 })])
  const elsewhere = await fetch(`${world.baseUrl('github')}/repos/other/backend/pulls/42`, { headers: { authorization: `Bearer ${run.access}` } })
  expect(elsewhere.status).toBe(403)
  const refreshed = await run.agent.refresh(run.refresh)
  expect(refreshed.status).toBe(200)
  expect(await revokeNewest(alice)).toMatchObject({ changed: true })
  const after = await call(String(refreshed.body['access_token']))
  expect([after.status, await after.json()]).toEqual([403, expect.objectContaining({ postern: expect.objectContaining({ code: 'delegation_revoked' }) })])
})

test('by the person’s own account: connected from our page, narrowed at GitHub to the one repository, and no more than they have', async () => {
  world = await startAuthorityWorld()
  const details = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]
  const calls: Record<string, number> = {}
  for (const name of ['alice', 'bob'] as const) {
    const browser = await world.signedIn(name)
    await browser.connectGithub(name === 'alice' ? 'alice-chen' : 'bob-diaz')
    const run = await approvedRun(world, browser, 'pr-reviewer', details)
    for (const repository of ['backend', 'prod-payments']) {
      const answer = await fetch(`${world.baseUrl('github')}/repos/acme-corp/${repository}/pulls/${repository === 'backend' ? 42 : 3}`, { headers: { authorization: `Bearer ${run.access}` } })
      calls[`${name} ${repository}`] = answer.status
      await answer.text()
    }
  }
  expect(calls).toEqual({ 'alice backend': 200, 'alice prod-payments': 200, 'bob backend': 200, 'bob prod-payments': 403 })
})
