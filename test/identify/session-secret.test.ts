import { beforeEach, describe, expect, test } from 'vitest'
import type { BoundAgent } from '../../src/proxy/exchange.ts'
import { digestOfSessionSecret, matchesSessionSecret, sessionOfSecret } from '../../src/model/session-secret.ts'
import { certificate, claims, NOW_MS, sign } from './fixture.ts'
import { delegationRecord, keptWorld, SECRET, sessionRecord, type KeptWorld } from './kept-world.ts'

let world: KeptWorld

beforeEach(async () => {
  world = await keptWorld()
})

const bound = (text: string): BoundAgent => ({ agent: 'agent:pr-reviewer', delegationToken: () => text, requiresDelegation: true })

describe('a session secret', () => {
  test('stands for the session and its delegation as they are now', () => {
    const principal = world.identify({ token: SECRET })
    expect(principal).not.toBeInstanceOf(Promise)
    expect(principal).toMatchObject({
      agent: 'agent:pr-reviewer', identifiedBy: 'session',
      delegation: { id: 'dlg_alice', session: 'ses_1', person: 'user:alice@acme.com', personName: 'Alice Chen', expiresAtMs: NOW_MS + 1_800_000, consent: [{ scopes: ['pulls:write'] }], standing: { groups: ['eng'] } },
    })
    world.directory.delegations.set('dlg_alice', delegationRecord({ consent: [] }))
    expect(world.identify({ token: SECRET })).toMatchObject({ delegation: { consent: [], standing: { consent: [] } } })
  })

  test('tells for whom a certificate’s agent acts, in Postern-Delegation', () => {
    expect(world.identify({ certificate: certificate(), delegationToken: SECRET })).toMatchObject({ identifiedBy: 'mtls', delegation: { id: 'dlg_alice' } })
  })

  test('tells it from a bound listener’s file', () => {
    expect(world.identify({ bound: bound(SECRET) })).toMatchObject({ identifiedBy: 'bound', delegation: { session: 'ses_1' } })
  })

  test('agrees with a token of the same session, and with no other', async () => {
    const token = await sign(claims(), world.key)
    expect(await world.identify({ token, delegationToken: SECRET })).toMatchObject({ delegation: { session: 'ses_1' } })
    world.directory.sessions.set('ses_2', sessionRecord({ id: 'ses_2' as never }))
    expect(await world.identify({ token: await sign(claims({ sid: 'ses_2' }), world.key), delegationToken: SECRET })).toMatchObject({ denial: 'proof_mismatch' })
  })

  const refused: readonly [string, string, () => void, string][] = [
    ['the session has ended', SECRET, () => world.directory.sessions.clear(), 'session_ended'],
    ['the session’s time is over', SECRET, () => world.directory.sessions.set('ses_1', sessionRecord({ expiresAtMs: NOW_MS })), 'session_ended'],
    ['the session has no secret', SECRET, () => world.directory.sessions.set('ses_1', sessionRecord({ secretDigest: undefined })), 'token_invalid'],
    ['a newer one took its place', SECRET, () => world.directory.sessions.set('ses_1', sessionRecord({ secretDigest: digestOfSessionSecret(`ses_1.${'n'.repeat(43)}`) })), 'token_invalid'],
    ['it is another', `ses_1.${'x'.repeat(43)}`, () => undefined, 'token_invalid'],
    ['it is another session’s', `ses_2.${'s'.repeat(43)}`, () => world.directory.sessions.set('ses_2', sessionRecord({ id: 'ses_2' as never })), 'token_invalid'],
    ['it is an id alone', 'ses_1', () => undefined, 'token_invalid'],
    ['it is an id and the digest', `ses_1.${digestOfSessionSecret(SECRET)}`, () => undefined, 'token_invalid'],
    ['it is too short', `ses_1.${'s'.repeat(42)}`, () => undefined, 'token_invalid'],
    ['the delegation was revoked', SECRET, () => world.directory.delegations.clear(), 'delegation_revoked'],
    ['the delegation’s time is over', SECRET, () => world.directory.delegations.set('dlg_alice', delegationRecord({ expiresAtMs: NOW_MS })), 'delegation_expired'],
    ['the agent is not registered', SECRET, () => world.directory.agents.clear(), 'agent_unknown'],
  ]
  test.each(refused)('is refused where %s', (_, text, change, code) => {
    change()
    const denial = world.identify({ token: text })
    expect(denial).toMatchObject({ denial: code })
    expect(JSON.stringify(denial)).not.toContain(text.slice(6) || 'no secret')
  })

  test('of another agent is refused beside a certificate', () => {
    world.directory.delegations.set('dlg_alice', delegationRecord({ agent: 'agent:deployer' as never }))
    expect(world.identify({ certificate: certificate(), token: SECRET })).toMatchObject({ denial: 'proof_mismatch' })
    expect(world.identify({ certificate: certificate(), delegationToken: SECRET })).toMatchObject({ denial: 'proof_mismatch' })
  })

  test('is not taken over a network without TLS, although a token is', async () => {
    const token = await sign(claims(), world.key)
    expect(world.identify({ token: SECRET, exposed: true })).toMatchObject({ denial: 'token_invalid', hint: expect.stringMatching(/over TLS alone/) })
    expect(world.identify({ certificate: certificate(), delegationToken: SECRET, exposed: true })).toMatchObject({ denial: 'token_invalid' })
    expect(await world.identify({ token, exposed: true })).toMatchObject({ agent: 'agent:pr-reviewer' })
    expect(world.identify({ bound: bound(SECRET), exposed: true })).toMatchObject({ agent: 'agent:pr-reviewer' })
  })
})

test('the digest is of the whole secret, so that one session’s cannot be another’s', () => {
  expect(sessionOfSecret(SECRET)).toBe('ses_1')
  expect(matchesSessionSecret(SECRET, digestOfSessionSecret(SECRET))).toBe(true)
  expect(matchesSessionSecret(`ses_2.${'s'.repeat(43)}`, digestOfSessionSecret(SECRET))).toBe(false)
  expect(matchesSessionSecret(SECRET, '')).toBe(false)
})
