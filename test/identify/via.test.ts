import { beforeEach, describe, expect, test } from 'vitest'
import { refusalOf } from '../../src/authority/registry/refusal.ts'
import { concerns } from '../../src/sync/concerns.ts'
import { isDenial } from '../../src/model/denial.ts'
import type { AgentId } from '../../src/model/ids.ts'
import type { Principal } from '../../src/model/principal.ts'
import { certificate, claims, sign } from './fixture.ts'
import { agentRecord, keptWorld, OUTSIDE, type KeptWorld } from './kept-world.ts'

const VIA = 'agent:review-tools' as AgentId
let world: KeptWorld
beforeEach(async () => {
  world = await keptWorld()
  world.directory.agents.set(VIA, agentRecord('review-tools'))
})

/** A stand-in that the server got for a token of the agent's. */
const standIn = (over: Record<string, unknown> = {}) => sign(claims({ postern_use: 'stand_in', integration: 'github', postern_via: VIA, client_id: 'review-tools', ...over }), world.key)

async function principal(proofs: Parameters<KeptWorld['identify']>[0]): Promise<Principal> {
  const result = await world.identify(proofs)
  if (isDenial(result)) throw new TypeError(`${result.denial}: ${result.detail}`)
  return result
}

describe('a stand-in that a server got in the agent’s stead', () => {
  test('is of the agent, and tells through whom', async () => {
    expect(await principal({ token: await standIn() })).toMatchObject({ agent: 'agent:pr-reviewer', via: VIA, onlyIntegration: 'github', delegation: { id: 'dlg_alice' } })
  })

  test('goes with the server’s certificate, and not with the agent’s', async () => {
    // In this world each certificate is the agent's.
    expect(await world.identify({ token: await standIn(), certificate: certificate() })).toMatchObject({ denial: 'proof_mismatch' })
    world.directory.agentBySpiffeId = () => agentRecord('review-tools')
    expect(await principal({ token: await standIn(), certificate: certificate() })).toMatchObject({ agent: 'agent:pr-reviewer', via: VIA, identifiedBy: 'mtls' })
    expect(await principal({ delegationToken: await standIn(), certificate: certificate() })).toMatchObject({ agent: 'agent:pr-reviewer', via: VIA })
    // the agent's own token is none of the server's
    expect(await world.identify({ token: await sign(claims(), world.key), certificate: certificate() })).toMatchObject({ denial: 'proof_mismatch' })
  })

  test('does not mix with a token of the agent’s own', async () => {
    expect(await world.identify({ token: await standIn(), delegationToken: await sign(claims(), world.key) })).toMatchObject({ denial: 'proof_mismatch' })
  })

  test.each([['review-tools', VIA], ['pr-reviewer', 'agent:pr-reviewer']])('is refused once %s is revoked or gone, also where it was verified before', async (name, id) => {
    const token = await standIn()
    await principal({ token })
    world.directory.agents.set(id, { ...agentRecord(name), status: 'revoked' })
    expect(await world.identify({ token })).toMatchObject({ denial: 'agent_revoked', detail: `${id} has been revoked`, principal: { agent: 'agent:pr-reviewer', via: VIA } })
    world.directory.agents.delete(id)
    expect(await world.identify({ token })).toMatchObject({ denial: 'agent_unknown' })
  })

  test.each([
    ['it is no stand-in', { postern_use: undefined, integration: undefined }],
    ['it names no agent', { postern_via: 'user:alice@acme.com' }],
    ['it names several', { postern_via: [VIA] }],
    ['it names none', { postern_via: '' }],
  ])('is refused where %s', async (_, over) => {
    expect(await world.identify({ token: await standIn(over) })).toMatchObject({ denial: 'token_invalid' })
  })

  test('is taken from our own authority alone', async () => {
    const outside = await sign(claims({ iss: OUTSIDE, postern_use: 'stand_in', integration: 'github', postern_via: VIA }), world.outsideKey)
    expect(await world.identify({ token: outside })).toMatchObject({ denial: 'token_invalid' })
  })

  test('is cut and refused with either agent, by the live copy', async () => {
    const through = await principal({ token: await standIn() })
    const own = await principal({ token: await sign(claims(), world.key) })
    expect(['agent:review-tools', 'agent:pr-reviewer', 'agent:deployer'].map((id) => concerns({ kind: 'agent', id: id as AgentId }, through, 'github'))).toEqual([true, true, false])
    expect(concerns({ kind: 'agent', id: VIA }, own, 'github')).toBe(false)
    const standing = (status: 'active' | 'revoked') => ({
      agent: (id: string) => (id === VIA ? { ...agentRecord('review-tools'), status } : agentRecord('pr-reviewer')),
      takenBack: () => ({ delegations: new Set<never>(), sessions: new Set<never>() }), live: { get: () => undefined, session: () => undefined }, expired: () => false, nowMs: () => 0,
    })
    expect(refusalOf({ ...through, delegation: undefined }, standing('active'))).toBeUndefined()
    expect(refusalOf({ ...through, delegation: undefined }, standing('revoked'))).toMatchObject({ denial: 'agent_revoked' })
  })
})
