import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'
import * as attacks from './attacks.ts'
import { beginGoodAgent } from './good-agent.ts'
import { startHungryUpstream, type HungryUpstream } from './hungry-upstream.ts'

const CONSENT = [{ integration: 'hungry', scopes: ['any:read', 'any:write'], targets: ['**'] }]
const LIMITS = 'connections: 120, agent_connections: 60, tunnels: 120, exchanges: 60, agent_exchanges: 30, header_timeout: 1s, first_byte_timeout: 500ms, handshake_timeout: 500ms'
/** What sockets, buffers and garbage of both sides take here, the attackers' among them. */
const MOST_MEGABYTES = 250

let upstream: HungryUpstream
let world: PosternWorld
let target: attacks.Target
let goodToken: string
/** Refusals by code; `call` for what reached the upstream as the attacker. */
const codes = new Map<string, number>()

beforeAll(async () => {
  upstream = await startHungryUpstream()
  world = await startPosternWorld({
    auditMode: 'relaxed',
    config: (text) => upstream.config(text).replace('limits: { drain_timeout: 500ms }', `limits: { drain_timeout: 500ms, ${LIMITS} }`),
    policies: policiesWith({
      'attacker.yaml': agentRules('agent:pr-reviewer', '{ id: hungry, allow: { integration: hungry } }'),
      'good.yaml': agentRules('agent:issue-triage', '{ id: hungry, allow: { integration: hungry } }'),
      'hungry-org.yaml': 'policy: org\ndefault: allow\nrules:\n  - { id: lend-hungry, allow: { integration: hungry }, authority: organisation }\n',
    }),
  })
  world.service.audit.onEvent(({ event, agent, code, count }) => {
    const sign = event === 'api.call' && agent?.id === 'agent:pr-reviewer' ? 'call' : code ?? 'none'
    codes.set(sign, (codes.get(sign) ?? 0) + (count ?? 1))
  })
  target = { port: world.port, token: await world.token({ consent: CONSENT }), bundle: readFileSync(world.bundle, 'utf8') }
  goodToken = await world.token({ agent: 'agent:issue-triage', consent: CONSENT })
})
afterAll(async () => {
  await world.close()
  await upstream.close()
})

/** What shows that the attack took place: a refusal's code, or what it moved. */
function signs(sign: string): number {
  if (sign === 'evicted') return world.service.dataPlane.connections.evicted
  return sign === 'in' || sign === 'out' ? upstream.moved[sign] : codes.get(sign) ?? 0
}

describe('while one attacks, another is served, and memory stays bounded', () => {
  it.each<[string, attacks.Begin, number, string]>([
    ['connections that say nothing', attacks.halfOpen, 400, 'evicted'],
    ['headers that come slowly', attacks.slowHeaders, 400, 'evicted'],
    ['headers without end', attacks.endlessHeaders, 10, 'headers_too_large'],
    ['bodies that come slowly', attacks.slowBodies, 200, 'overloaded'],
    ['bodies without end', attacks.endlessBodies, 4, 'in'],
    ['answers without end that nobody reads', attacks.endlessAnswersUnread, 8, 'out'],
    ['answers that decompress to a thousand times their size', attacks.bombs, 4, 'call'],
    ['tunnels without a byte', attacks.silentTunnels, 200, 'overloaded'],
    ['TLS handshakes that stall', attacks.stalledHandshakes, 100, 'overloaded'],
    ['requests without pause', attacks.requestsWithoutPause, 40, 'overloaded'],
    ['forged tokens', attacks.forgedTokens, 10, 'token_invalid'],
    ['streams that are reset as soon as they were opened', attacks.rapidReset, 2, 'call'],
  ])('%s', async (_, begin, connections, sign) => {
    const signsBefore = signs(sign)
    const before = process.memoryUsage.rss()
    const attack = begin(target, connections)
    const good = beginGoodAgent({ port: target.port, token: goodToken }, 40)
    let most = before
    for (let look = 0; look < 8; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      most = Math.max(most, process.memoryUsage.rss())
    }
    const served = await good.stop()
    attack.stop()
    // Refusals that are many are on record as their number, at the end of their second.
    await vi.waitFor(() => expect(signs(sign)).toBeGreaterThan(signsBefore), { timeout: 5_000 })
    expect(served.requests).toBeGreaterThan(0)
    expect(served.failures).toBe(0)
    expect((most - before) / 1_048_576).toBeLessThan(MOST_MEGABYTES)
  })

  it('and at the end nothing of it is left', async () => {
    const { admission, connections, pipeline } = world.service.dataPlane
    for (const endsMs = performance.now() + 5_000; connections.open + pipeline.open > 0 && performance.now() < endsMs;) await new Promise((resolve) => setTimeout(resolve, 20))
    expect([pipeline.open, connections.open, admission.exchanges.taken, admission.tunnels.taken, admission.connections.taken]).toEqual([0, 0, 0, 0, 0])
  })
})
