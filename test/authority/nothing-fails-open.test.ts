import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeIo, type SinkIo } from '../../src/audit/sink-io.ts'
import { approvedRun, OauthAgent, startAuthorityWorld, type AgentRun, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { policiesWith } from '../support/policies.ts'
import { freePort, startRedisServer, type RedisServerUnderTest } from '../support/redis-server.ts'
import { BrowserApi, delegationOf, outcome, READ_PULLS, READ_TICKETS, TICKET_RULES } from './support/calls.ts'
import { fixedAuthority, restarted } from './support/restart.ts'

const TICKET = '/tickets/v1/tickets/T-1'
const SOON = { timeout: 12_000, interval: 100 }
const asked = (world: AuthorityWorld): { readonly agent: OauthAgent, readonly url: string } => {
  const agent = new OauthAgent(world.url, 'pr-reviewer')
  return { agent, url: agent.authorizationUrl({ authorization_details: JSON.stringify([{ type: 'postern', ...READ_TICKETS }]) }) }
}

/** Whether the authority reads and writes again, three times in a row: one that answers now and then is not back. */
async function isBack(run: AgentRun): Promise<readonly number[]> {
  const statuses: number[] = []
  for (let times = 0; times < 3; times += 1) statuses.push((await run.agent.exchange(run.access, 'github')).status, (await run.agent.post('/oauth2/introspect', { token: run.refresh })).status)
  return [...new Set(statuses)]
}

describe('without the store', () => {
  let redis: RedisServerUnderTest
  let world: AuthorityWorld
  let alice: WorldBrowser
  let run: AgentRun
  beforeAll(async () => {
    redis = await startRedisServer()
    world = await startAuthorityWorld({
      personAuthority: false, policies: policiesWith(TICKET_RULES),
      config: (text) => text.replace(/^store: \{ file: "[^"]*", /m, `store: { redis: { nodes: ["127.0.0.1:${redis.port}"] }, `),
    })
    alice = await world.signedIn('alice')
    run = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS, READ_TICKETS])
  })
  afterAll(async () => {
    await world.close()
    await redis.remove()
  })

  it('nothing is approved, issued, exchanged or called, and it goes on by itself once the store is back', async () => {
    expect(await outcome(world, run.access)).toBe('200')
    const { agent, url } = asked(world)
    await alice.ask(url)
    const code = (await alice.answer('approve')).searchParams.get('code') ?? ''
    await redis.kill()
    const refused = [
      await agent.token({ grant_type: 'authorization_code', code, redirect_uri: 'http://127.0.0.1/callback', code_verifier: agent.verifier }),
      await run.agent.refresh(run.refresh), await run.agent.exchange(run.access, 'github'), await run.agent.post('/oauth2/introspect', { token: run.refresh }),
    ]
    expect(refused.map(({ status, body }) => [status, body['error'], body['access_token'], body['active']])).toEqual(refused.map(() => [503, 'temporarily_unavailable', undefined, undefined]))
    for (const path of ['/', '/agents', '/v1/me', '/device']) expect([path, (await fetch(`${world.url}${path}`, { redirect: 'manual', headers: { cookie: [...alice.jar].map(([name, value]) => `${name}=${value}`).join('; ') } })).status]).toEqual([path, 503])
    // what is known here is good for as long as the lease, and not for longer
    await expect.poll(() => outcome(world, run.access), SOON).toBe('503 authority_unavailable')
    expect((await fetch(`${world.operationsUrl}/readyz`)).status).toBe(503)
    await redis.restart()
    await expect.poll(() => outcome(world, run.access), SOON).toBe('200')
    // A server that has just begun may be away for one moment more; what this asks for takes nothing with it.
    await expect.poll(() => isBack(run), SOON).toEqual([200])
    const redeemed = await agent.token({ grant_type: 'authorization_code', code, redirect_uri: 'http://127.0.0.1/callback', code_verifier: agent.verifier })
    expect([redeemed.status, (await run.agent.refresh(run.refresh)).status]).toEqual([200, 200])
    const made = await (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(run.access)}/revoke`)
    expect([made.status, await outcome(world, run.access)]).toEqual([200, '403 delegation_revoked'])
  }, 40_000)
})

describe('without an audit that can be written', () => {
  let full = false
  const auditIo: SinkIo = { ...nodeIo, write: (...parameters) => full ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })) : nodeIo.write(...parameters) }
  let world: AuthorityWorld
  let alice: WorldBrowser
  let run: AgentRun
  beforeAll(async () => {
    world = await startAuthorityWorld({ personAuthority: false, auditIo, policies: policiesWith(TICKET_RULES) })
    alice = await world.signedIn('alice')
    run = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS, READ_TICKETS])
  })
  afterAll(() => world.close())

  it('no token, stand-in, secret, approval or call is had; to take back works all the same', async () => {
    const other = await approvedRun(world, alice, 'pr-reviewer', [READ_TICKETS])
    const { url } = asked(world)
    await alice.ask(url)
    const secret = { requested_token_type: 'urn:postern:params:oauth:token-type:session' }
    full = true
    const answers = [await run.agent.refresh(run.refresh), await run.agent.exchange(run.access, 'github'), await run.agent.exchange(run.access, 'github', secret)]
    expect(answers.map(({ status, body }) => [status, body['access_token']])).toEqual(answers.map(() => [503, undefined]))
    await alice.submit({ answer: 'approve' })
    expect([alice.status, alice.onward()]).toEqual([503, undefined])
    expect(await outcome(world, run.access, TICKET)).toBe('503 audit_unavailable')
    const { github, tickets } = world.upstreams
    const before = [github.log.total, tickets.log.total]
    expect(await outcome(world, run.access)).toBe('503 audit_unavailable')
    expect([github.log.total, tickets.log.total]).toEqual(before)
    const made = await (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(other.access)}/revoke`)
    expect([made.status, made.body['changed']]).toEqual([200, true])
    full = false
    await expect.poll(() => outcome(world, run.access, TICKET), SOON).toBe('200')
    expect(await outcome(world, other.access, TICKET)).toBe('403 delegation_revoked')
    expect(await world.recorded(({ event, delegation }) => event === 'delegation.revoked' && delegation === delegationOf(other.access))).toMatchObject({ user: { id: 'user:alice@acme.com' } })
    const refreshed = await run.agent.refresh(run.refresh)
    expect(refreshed.status).toBe(200)
  }, 30_000)
})

describe('without policies', () => {
  it('nothing starts, and no port stays open', async () => {
    const port = await freePort()
    const world = await startAuthorityWorld({ personAuthority: false, policies: policiesWith({}), config: fixedAuthority(port) })
    const directory = join(world.directory, 'policies')
    await expect(restarted(world, () => rm(directory, { recursive: true }))).rejects.toThrow(/polic/i)
    await expect(fetch(world.url)).rejects.toThrow('fetch failed')
    await world.close()
  })

  it('that can be read, those that were in force stay so, for consent and exchange as for calls', async () => {
    const world = await startAuthorityWorld({ personAuthority: false, policies: policiesWith(TICKET_RULES) })
    const run = await approvedRun(world, await world.signedIn('alice'), 'pr-reviewer', [READ_PULLS, READ_TICKETS])
    await writeFile(join(world.directory, 'policies', 'org.yaml'), 'policy: org\ndefault: allow\nrules: [ { id: all, allow: { integrations: github } } ]\n')
    await world.recorded(({ event }) => event === 'policy.rejected')
    expect([await outcome(world, run.access), (await run.agent.exchange(run.access, 'github')).status]).toEqual(['200', 200])
    expect((await run.agent.exchange(run.access, 'github', { delivery: 'released', scope: 'pulls:read', target: 'acme-corp/backend' })).body['error']).toBe('release_refused')
    await world.close()
  })
})
