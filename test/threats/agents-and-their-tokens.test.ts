import { SignJWT, decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { TestAgent } from '../support/agent-client.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

const PULL = '/github/repos/acme-corp/backend/pulls/42'
const DAY_S = 86_400
let world: PosternWorld
beforeAll(async () => { world = await startPosternWorld() })
afterAll(() => world.close())

/** A good token with some claims changed, signed by the authority's own key. */
async function signed(change: (claims: Record<string, unknown>) => void, head: Record<string, unknown> = {}): Promise<string> {
  const good = await world.token()
  const claims: Record<string, unknown> = { ...decodeJwt(good) }
  change(claims)
  const { alg = 'EdDSA', ...header } = { ...decodeProtectedHeader(good), ...head } as { alg?: string }
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(world.keys.signingKey.privateKey as never)
}

describe('a token of an agent', () => {
  for (const [name, change, head] of [
    ['that never ends', (claims: Record<string, unknown>) => { delete claims['exp'] }, {}],
    ['that lives longer than is taken', (claims: Record<string, unknown>) => { claims['exp'] = Number(claims['iat']) + 2 * DAY_S }, {}],
    ['from the future', (claims: Record<string, unknown>) => { claims['iat'] = claims['nbf'] = Number(claims['iat']) + DAY_S / 2 }, {}],
    ['of another issuer', (claims: Record<string, unknown>) => { claims['iss'] = 'https://evil.example' }, {}],
    ['for another audience', (claims: Record<string, unknown>) => { claims['aud'] = 'https://evil.example' }, {}],
    ['for nobody in particular', (claims: Record<string, unknown>) => { delete claims['aud'] }, {}],
    ['of another type', () => undefined, { typ: 'JWT' }],
    ['whose key nobody knows', () => undefined, { kid: 'another' }],
    ['whose agent is no agent', (claims: Record<string, unknown>) => { claims['sub'] = 'user:alice@acme.com' }, {}],
  ] as const) {
    it(`${name} is refused`, async () => {
      const before = world.upstreams.github.log.connections
      const answer = await new TestAgent(world, await signed(change, head)).reverse('GET', PULL)
      expect(answer.code).toMatch(/^token_(?:invalid|expired)$/)
      expect(world.upstreams.github.log.connections).toBe(before)
    })
  }

  it('that is good is taken (what is refused above differs in one thing only)', async () => {
    expect((await new TestAgent(world, await signed(() => undefined)).reverse('GET', PULL)).status).toBe(200)
  })
})

describe('the list of agents', () => {
  it('starts nothing where two agents have one id or one proof', async () => {
    const twice = (agent: string) => startPosternWorld({ config: (text) => text.replace('agents:\n', `agents:\n  - ${agent}\n`) })
    await expect(twice('{ id: "agent:pr-reviewer", name: Impostor }')).rejects.toThrow(/agents\[1\]\.id/)
    await expect(twice('{ id: "agent:a", spiffe: "spiffe://a.example/x" }\n  - { id: "agent:b", spiffe: "spiffe://a.example/x" }')).rejects.toThrow(/spiffe/)
  })

  it('changes nothing while running where a second one takes an agent’s id', async () => {
    const audit = (await world.records()).length
    await world.editConfig((text) => text.replace('agents:\n', 'agents:\n  - { id: "agent:pr-reviewer", name: Impostor, status: revoked }\n'))
    while (!world.logText().includes('the changed configuration cannot be used')) await new Promise((resolve) => setImmediate(resolve))
    expect((await new TestAgent(world, await world.token()).reverse('GET', PULL)).status).toBe(200)
    expect((await world.records()).slice(audit).filter(({ event }) => /agent\./.test(String(event)))).toEqual([])
  })
})

describe('the list of what is revoked', () => {
  it('is in force from the first request on, not only when it changes', async () => {
    const [delegation, session] = [newId('dlg'), newId('ses')]
    const own = await startPosternWorld({ config: (text) => `${text.replace('"agent:issue-triage", ', '"agent:issue-triage", status: revoked, ')}revoked: { delegations: [${delegation}], sessions: [${session}] }\n` })
    const codes = await Promise.all([{ delegation }, { session }, { agent: 'agent:issue-triage' }, {}].map(async (wish) => {
      const token = await own.token(wish)
      const answer = await new TestAgent(own, token).reverse('GET', PULL)
      return answer.code ?? answer.status
    }))
    await own.close()
    expect(codes.slice(0, 2).every((code) => code === 'delegation_revoked' || code === 'session_revoked')).toBe(true)
    expect(codes.slice(2)).toEqual(['agent_revoked', 200])
  })
})
