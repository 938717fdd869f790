import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld, type TokenWish } from '../support/postern-world.ts'
import type { Wire } from '../support/wire.ts'

const rules = ['pr-reviewer', 'issue-triage', 'release-notes'].map((name) => [`${name}-tickets.yaml`,
  agentRules(`agent:${name}`, '{ id: tickets, allow: { integration: tickets } }', '{ id: github, allow: { integration: github, target: acme-corp/* }, expires_in: 10m }')] as const)
const ORG = 'policy: org\ndefault: allow\nrules:\n  - { id: lend-tickets, allow: { integration: tickets }, authority: organisation }\n'

let world: PosternWorld
let tickets: string
beforeAll(async () => {
  world = await startPosternWorld({ policies: policiesWith({ ...Object.fromEntries(rules), 'tickets-org.yaml': ORG }) })
  tickets = world.host('tickets')
})
afterAll(() => world.close())

const agentWith = async (wish: TokenWish): Promise<TestAgent> => new TestAgent(world, await world.token(wish))

/** An open stream of server-sent events, its first event read. */
async function stream(agent: TestAgent, ticket = 'T-1'): Promise<Wire> {
  const tunnel = await agent.tunnel(tickets)
  tunnel.send(requestBytes('GET', `/v1/tickets/${ticket}/events`, tickets))
  await tunnel.until(/data: [^\n]*\n/)
  return tunnel
}

const isOpen = (wire: Wire): Promise<unknown> => wire.until(/data: [^\n]*\n/)
const revokeAgent = (id: string): Promise<void> => world.editConfig((text) => text.replace(`id: "${id}",`, `id: "${id}", status: revoked,`))
const revokeIn = (list: string, id: string): Promise<void> => world.editConfig((text) => `${text.replace(/^revoked:.*\n/m, '')}revoked: { ${list}: [${id}] }\n`)

describe('an agent that is switched off in the configuration', () => {
  it('loses its open streams on both sides, and gets nothing more through its open tunnel; another agent goes on', async () => {
    const revoked = await agentWith({ agent: 'agent:release-notes' })
    const other = await agentWith({ agent: 'agent:issue-triage' })
    const [cut, kept, idle, otherIdle] = await Promise.all([stream(revoked), stream(other, 'T-2'), revoked.tunnel(tickets), other.tunnel(tickets)])
    const ask = (wire: Wire) => wire.ask(requestBytes('GET', '/v1/tickets/T-3', tickets))
    expect([(await ask(idle)).status, (await ask(otherIdle)).status]).toEqual([200, 200])
    await revokeAgent('agent:release-notes')
    await cut.closed
    const upstreamSide = await world.upstreams.tickets.log.ended(({ path }) => path === '/v1/tickets/T-1/events')
    expect(upstreamSide.ended).toBe('abandoned')
    const total = world.upstreams.tickets.log.total
    expect(await ask(idle)).toMatchObject({ status: 403, code: 'agent_revoked' })
    expect(world.upstreams.tickets.log.total).toBe(total)
    await isOpen(kept)
    expect((await ask(otherIdle)).status).toBe(200)
    expect((await revoked.connectTo(`${tickets}:443`)).head).toMatchObject({ status: 403, code: 'agent_revoked' })
    const end = await world.recorded(({ event, http }) => event === 'api.call' && (http as { path: string }).path === '/v1/tickets/T-1/events')
    expect(end).toMatchObject({ outcome: 'revoked', agent: { id: 'agent:release-notes' } })
    expect(await world.recorded(({ event }) => event === 'agent.revoked')).toMatchObject({ agent: { id: 'agent:release-notes', name: 'Release Notes' } })
    kept.close()
  })

  it('is let in again when it is switched on', async () => {
    await world.editConfig((text) => text.replace(' status: revoked,', ''))
    await world.recorded(({ event }) => event === 'agent.restored')
    expect((await (await agentWith({ agent: 'agent:release-notes' })).reverse('GET', '/tickets/v1/tickets/T-3')).status).toBe(200)
  })
})

describe('a delegation that is taken back', () => {
  it('ends its endless GitHub download and its token upstream; the same agent under another delegation goes on', async () => {
    const delegation = newId('dlg')
    const revoked = await agentWith({ delegation })
    const other = await agentWith({})
    const live = requestBytes('GET', '/repos/acme-corp/backend/contents/logs/live.log', 'api.github.com', { fields: ['Accept: application/vnd.github.raw'] })
    const [cut, kept] = [await revoked.tunnel('api.github.com'), await other.tunnel('api.github.com')]
    for (const wire of [cut, kept]) {
      wire.send(live)
      await wire.until(/\r\n\r\n[^]*\n/)
    }
    await revokeIn('delegations', delegation)
    await cut.closed
    const gone = await world.recorded(({ event, delegation: id }) => event === 'credential.revoked' && id === delegation)
    expect(gone).toMatchObject({ outcome: 'ok', integration: 'github', target: 'acme-corp/backend', reason: expect.stringContaining('ended at the upstream') })
    expect(world.upstreams.github.liveTokens()).toHaveLength(1)
    await kept.until(/\n/)
    expect(await revoked.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')).toMatchObject({ status: 403, code: 'delegation_revoked' })
    expect((await other.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')).status).toBe(200)
    kept.close()
  })
})

describe('a session that is ended', () => {
  it('ends its streams, not those of the delegation’s other session', async () => {
    const [delegation, session] = [newId('dlg'), newId('ses')]
    const [cut, kept] = [await stream(await agentWith({ delegation, session })), await stream(await agentWith({ delegation }))]
    await revokeIn('sessions', session)
    await cut.closed
    expect(await isOpen(kept)).toContain('data: ')
    kept.close()
  })
})

describe('a call that waits for its credential when its agent is revoked', () => {
  it('is never made, and the token that came is ended upstream', async () => {
    const hold = world.upstreams.github.faults.holdNext({ path: /access_tokens$/ })
    const delegation = newId('dlg')
    const answer = (await agentWith({ delegation, agent: 'agent:issue-triage' })).reverse('GET', '/github/repos/acme-corp/frontend/issues/1')
    await hold.reached
    await revokeAgent('agent:issue-triage')
    await world.recorded(({ event, agent }) => event === 'agent.revoked' && (agent as { id: string }).id === 'agent:issue-triage')
    hold.release()
    expect(await answer).toMatchObject({ status: 403, code: 'agent_revoked' })
    await world.recorded(({ event, delegation: id }) => event === 'credential.revoked' && id === delegation)
    expect(world.upstreams.github.log.entries.filter(({ path }) => path.includes('frontend/issues'))).toEqual([])
  })

  it('nor when its answer has not begun: the client is told why', async () => {
    const hold = world.upstreams.github.faults.holdNext({ path: /frontend\/pulls\/7$/ })
    const delegation = newId('dlg')
    const answer = (await agentWith({ delegation })).reverse('GET', '/github/repos/acme-corp/frontend/pulls/7')
    await hold.reached
    await revokeIn('delegations', delegation)
    expect(await answer).toMatchObject({ status: 403, code: 'delegation_revoked' })
    hold.release()
  })
})
