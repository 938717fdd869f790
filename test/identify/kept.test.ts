import { beforeEach, describe, expect, test } from 'vitest'
import { isDenial } from '../../src/model/denial.ts'
import type { Principal } from '../../src/model/principal.ts'
import { certificate, claims, keySetText, NOW_MS, NOW_S, OTHER_THUMBPRINT, sign, testKey, THUMBPRINT } from './fixture.ts'
import { delegationRecord, keptWorld, OUTSIDE, sessionRecord, type KeptWorld } from './kept-world.ts'

let world: KeptWorld
let token: string

beforeEach(async () => {
  world = await keptWorld()
  token = await sign(claims(), world.key)
})

async function principal(proofs: Parameters<KeptWorld['identify']>[0], nowMs?: number): Promise<Principal> {
  const result = await world.identify(proofs, nowMs)
  if (isDenial(result)) throw new TypeError(`${result.denial}: ${result.detail}`)
  return result
}

describe('a token of our own authority', () => {
  test('stands for the delegation as it is kept now, whatever was kept when it was verified', async () => {
    const first = await principal({ token })
    expect(first.delegation).toMatchObject({ consent: [{ scopes: ['pulls:read'] }], standing: { consent: [{ scopes: ['pulls:write'] }], groups: ['eng'] } })
    world.directory.delegations.set('dlg_alice', delegationRecord({ consent: [], groups: ['sales'] }))
    const again = world.identify({ token })
    expect(again).not.toBeInstanceOf(Promise)
    expect(again).toMatchObject({ delegation: { consent: [{ scopes: ['pulls:read'] }], standing: { consent: [], groups: ['sales'] } } })
  })

  test.each([
    ['the token', {}, {}, NOW_MS + 660_000],
    ['the delegation', { expiresAtMs: NOW_MS + 1_000 }, {}, NOW_MS + 1_000],
    ['the session', {}, { expiresAtMs: NOW_MS + 2_000 }, NOW_MS + 2_000],
  ])('ends with whatever ends first: %s', async (_, record, session, expiresAtMs) => {
    world.directory.delegations.set('dlg_alice', delegationRecord(record))
    world.directory.sessions.set('ses_1', sessionRecord(session))
    expect((await principal({ token })).delegation?.expiresAtMs).toBe(expiresAtMs)
  })

  const refused: readonly [string, () => void, string, RegExp][] = [
    ['its delegation is not known', () => world.directory.delegations.clear(), 'delegation_revoked', /dlg_alice is not good any more/],
    ['its delegation is over', () => world.directory.delegations.set('dlg_alice', delegationRecord({ expiresAtMs: NOW_MS })), 'delegation_expired', /has expired/],
    ['its delegation is another agent’s', () => world.directory.delegations.set('dlg_alice', delegationRecord({ agent: 'agent:deployer' as never })), 'proof_mismatch', /different agents or persons/],
    ['its delegation is another person’s', () => world.directory.delegations.set('dlg_alice', delegationRecord({ person: 'user:bob@acme.com' as never })), 'proof_mismatch', /different agents or persons/],
    ['its session is not known', () => world.directory.sessions.clear(), 'session_ended', /ses_1 has ended/],
    ['its session is over', () => world.directory.sessions.set('ses_1', sessionRecord({ expiresAtMs: NOW_MS })), 'session_ended', /has ended/],
    ['its session is of another delegation', () => world.directory.sessions.set('ses_1', sessionRecord({ delegation: 'dlg_bob' as never })), 'proof_mismatch', /of another delegation/],
  ]
  test.each(refused)('is refused where %s, also when it was verified before', async (_, change, code, detail) => {
    await principal({ token })
    change()
    const denial = await world.identify({ token })
    expect(denial).toMatchObject({ denial: code, detail: expect.stringMatching(detail), principal: { agent: 'agent:pr-reviewer', delegation: { id: 'dlg_alice' } } })
  })

  test('is refused without a session: it would outlive every run', async () => {
    expect(await world.identify({ token: await sign(claims({ sid: undefined }), world.key) })).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/sid is missing/) })
  })

  test('in Postern-Delegation stands for the same', async () => {
    expect(await principal({ certificate: certificate(), delegationToken: token })).toMatchObject({ identifiedBy: 'mtls', delegation: { standing: { groups: ['eng'] } } })
    world.directory.sessions.clear()
    expect(await world.identify({ certificate: certificate(), delegationToken: token })).toMatchObject({ denial: 'session_ended' })
  })

  test('of an outside issuer is as it says, with the same ids', async () => {
    const outside = await sign(claims({ iss: OUTSIDE, sid: undefined }), world.outsideKey)
    world.directory.delegations.clear()
    expect((await principal({ token: outside })).delegation).toEqual({
      id: 'dlg_alice', person: 'user:alice@acme.com', personName: 'Alice Chen', session: undefined, expiresAtMs: NOW_MS + 660_000,
      consent: [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }],
    })
  })

  test('of an outside issuer does not pass for ours', async () => {
    expect(await world.identify({ token: await sign(claims(), world.outsideKey) })).toMatchObject({ denial: 'token_invalid' })
    expect(await world.identify({ token: await sign(claims({ iss: OUTSIDE }), world.key) })).toMatchObject({ denial: 'token_invalid' })
  })

  test('with a claim of ours that is not known is refused', async () => {
    expect(await world.identify({ token: await sign(claims({ postern_only_on: 'monday' }), world.key) }))
      .toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/claim of Postern’s that is not known/) })
  })

  test('an authority that cannot tell refuses, by a Fault, synchronously or not', async () => {
    world.directory.stale = true
    await expect(Promise.resolve(world.identify({ token }))).rejects.toMatchObject({ code: 'authority_unavailable' })
    expect(() => world.identify({ token })).toThrow(expect.objectContaining({ code: 'authority_unavailable' }))
  })
})

describe('keys of an authority in this process', () => {
  test('are read anew once they have changed, and a key that was taken out is worth nothing', async () => {
    await principal({ token })
    const next = await testKey('key-2')
    Object.assign(world.published, { generation: 2, jwks: keySetText(next) })
    expect(await world.identify({ token })).toMatchObject({ denial: 'token_invalid' })
    expect(await world.identify({ token: await sign(claims(), next) })).toMatchObject({ agent: 'agent:pr-reviewer' })
  })

  test('during an overlap both serve', async () => {
    const next = await testKey('key-2')
    Object.assign(world.published, { generation: 2, jwks: keySetText(world.key, next) })
    expect(await world.identify({ token })).toMatchObject({ agent: 'agent:pr-reviewer' })
    expect(await world.identify({ token: await sign(claims(), next) })).toMatchObject({ agent: 'agent:pr-reviewer' })
  })
})

describe('an agent’s own token', () => {
  const own = (over: Record<string, unknown> = {}) => claims({
    act: undefined, dlg: undefined, sid: undefined, scope: undefined, authorization_details: undefined, postern_profile: undefined, ...over,
  })

  test('tells the agent, and nobody for whom it acts', async () => {
    const mine = await sign(own(), world.key)
    expect(await principal({ token: mine })).toEqual({ agent: 'agent:pr-reviewer', agentName: 'pr-reviewer', identifiedBy: 'token', delegation: undefined, onlyIntegration: undefined })
    expect(world.identify({ token: mine })).not.toBeInstanceOf(Promise)
  })

  test('may name its profile, and no other than ours', async () => {
    expect(await principal({ token: await sign(own({ postern_profile: 'postern' }), world.key) })).toMatchObject({ agent: 'agent:pr-reviewer' })
    expect(await world.identify({ token: await sign(own({ postern_profile: 'rfc8693' }), world.key) })).toMatchObject({ denial: 'token_invalid' })
  })

  test.each([
    ['a scope', { scope: 'github:pulls:read' }],
    ['authorization_details', { authorization_details: [] }],
    ['a session', { sid: 'ses_1' }],
    ['a use', { postern_use: 'stand_in', integration: 'github' }],
    ['a person as its subject', { sub: 'user:alice@acme.com' }],
    ['an actor', { act: { sub: 'user:alice@acme.com' } }],
    ['a delegation', { dlg: 'dlg_alice' }],
  ])('with %s is none', async (_, over) => {
    expect(await world.identify({ token: await sign(own(over), world.key) })).toMatchObject({ denial: 'token_invalid' })
  })

  test('of an outside issuer is none', async () => {
    expect(await world.identify({ token: await sign(own({ iss: OUTSIDE }), world.outsideKey) })).toMatchObject({ denial: 'token_invalid' })
  })

  test('in Postern-Delegation is none', async () => {
    expect(await world.identify({ certificate: certificate(), delegationToken: await sign(own(), world.key) }))
      .toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/no delegation token/) })
  })

  test('goes with a delegation token of the same agent', async () => {
    expect(await principal({ token: await sign(own(), world.key), delegationToken: token })).toMatchObject({ identifiedBy: 'token', delegation: { id: 'dlg_alice' } })
    expect(await world.identify({ token: await sign(own({ sub: 'agent:deployer' }), world.key), delegationToken: token })).toMatchObject({ denial: 'proof_mismatch' })
  })

  test('that is bound to a certificate is good only with it', async () => {
    const boundToken = await sign(own({ cnf: { 'x5t#S256': THUMBPRINT } }), world.key)
    expect(await world.identify({ token: boundToken })).toMatchObject({ denial: 'proof_mismatch' })
    expect(await world.identify({ token: boundToken, certificate: certificate({ thumbprint: OTHER_THUMBPRINT }) })).toMatchObject({ denial: 'proof_mismatch' })
    expect(await principal({ token: boundToken, certificate: certificate() })).toMatchObject({ identifiedBy: 'mtls', delegation: undefined })
  })
})

describe('a stand-in token', () => {
  const standIn = (over: Record<string, unknown> = {}) => sign(claims({ postern_use: 'stand_in', integration: 'github', ...over }), world.key)

  test('confines its principal to its integration', async () => {
    expect(await principal({ token: await standIn() })).toMatchObject({ onlyIntegration: 'github', delegation: { id: 'dlg_alice', standing: { groups: ['eng'] } } })
    expect((await principal({ token })).onlyIntegration).toBeUndefined()
  })

  test('confines also what is shown beside it', async () => {
    const shown = { certificate: certificate(), token: await standIn(), delegationToken: token }
    expect(await principal(shown)).toMatchObject({ onlyIntegration: 'github' })
    expect(await world.identify({ ...shown, delegationToken: await standIn({ integration: 'slack' }) })).toMatchObject({ denial: 'proof_mismatch', detail: expect.stringMatching(/different integrations/) })
  })

  test.each([
    ['another use', { postern_use: 'anything' }],
    ['no integration', { integration: undefined }],
    ['an integration that is no name', { integration: 'GitHub!' }],
    ['an integration and no use', { postern_use: undefined }],
  ])('with %s is refused', async (_, over) => {
    expect(await world.identify({ token: await standIn(over) })).toMatchObject({ denial: 'token_invalid' })
  })
})

test('a token whose times are past is refused before its delegation is looked at', async () => {
  const old = await sign(claims({ iat: NOW_S - 7_200, exp: NOW_S - 3_600 }), world.key)
  world.directory.delegations.clear()
  expect(await world.identify({ token: old })).toMatchObject({ denial: 'token_expired' })
})
