import { beforeAll, describe, expect, test } from 'vitest'
import { isDenial } from '../../src/model/denial.ts'
import type { Denial } from '../../src/model/denial.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { BoundAgent, Proofs } from '../../src/proxy/exchange.ts'
import { certificate, claims, NO_PROOFS, NOW_MS, OTHER_THUMBPRINT, serviceAccountClaims, sign, THUMBPRINT, world } from './fixture.ts'
import type { World } from './fixture.ts'

let here: World
let mine: string
let deployers: string
let bobs: string
let account: string

beforeAll(async () => {
  here = await world()
  mine = await sign(claims(), here.key)
  deployers = await sign(claims({ sub: 'agent:deployer' }), here.key)
  bobs = await sign(claims({ act: { sub: 'user:bob@acme.com' }, dlg: 'dlg_bob', sid: 'ses_2' }), here.key)
  account = await sign(serviceAccountClaims(), here.clusterKey, { typ: undefined })
})

function identify(proofs: Partial<Proofs>, nowMs = NOW_MS): Principal | Denial | Promise<Principal | Denial> {
  return here.identify.identifyProofs({ ...NO_PROOFS, ...proofs }, nowMs)
}

function bound(token: string | undefined, requiresDelegation = token !== undefined): BoundAgent {
  return { agent: 'agent:pr-reviewer', delegationToken: () => token, requiresDelegation }
}

describe('one principal', () => {
  const forAlice = { person: 'user:alice@acme.com', id: 'dlg_alice', session: 'ses_1', personName: 'Alice Chen' }
  const accepted: readonly [string, () => Partial<Proofs>, Principal['identifiedBy'], object | undefined][] = [
    ['a bearer delegation token', () => ({ token: mine }), 'token', forAlice],
    ['a certificate by its SPIFFE id, for itself', () => ({ certificate: certificate() }), 'mtls', undefined],
    ['a certificate by its subject', () => ({ certificate: certificate({ uris: [], subject: 'CN=pr-reviewer,O=Acme' }) }), 'mtls', undefined],
    ['a certificate with URIs that are no SPIFFE ids', () => ({ certificate: certificate({ uris: ['https://acme.com', 'urn:x'], subject: 'CN=pr-reviewer,O=Acme' }) }), 'mtls', undefined],
    ['a certificate and Postern-Delegation', () => ({ certificate: certificate(), delegationToken: mine }), 'mtls', forAlice],
    ['a certificate and its bearer delegation token', () => ({ certificate: certificate(), token: mine }), 'mtls', forAlice],
    ['a service account, for itself', () => ({ token: account }), 'service_account', undefined],
    ['a service account and Postern-Delegation', () => ({ token: account, delegationToken: mine }), 'service_account', forAlice],
    ['a certificate, its service account and a delegation', () => ({ certificate: certificate(), token: account, delegationToken: mine }), 'mtls', forAlice],
    ['a bound listener, for itself', () => ({ bound: bound(undefined) }), 'bound', undefined],
    ['a bound listener with its token', () => ({ bound: bound(mine) }), 'bound', forAlice],
    ['a bound listener and the same delegation as bearer', () => ({ bound: bound(mine), token: mine }), 'token', forAlice],
  ]
  test.each(accepted)('comes of %s', async (_, proofs, by, delegation) => {
    const principal = await identify(proofs())
    expect(principal).toMatchObject({ agent: 'agent:pr-reviewer', agentName: 'pr-reviewer', identifiedBy: by })
    if (isDenial(principal)) throw new TypeError('denied')
    const consent = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }]
    expect(principal.delegation).toEqual(delegation && { ...delegation, consent, expiresAtMs: NOW_MS + 660_000 })
  })
})

describe('is refused', () => {
  const refused: readonly [string, () => Partial<Proofs>, string, RegExp][] = [
    ['nothing at all', () => ({}), 'identity_required', /no proof/],
    ['a delegation in Postern-Delegation without a proof of the agent', () => ({ delegationToken: mine }), 'identity_required', /no proof of the agent/],
    ['a word that is no token', () => ({ token: 'agent:pr-reviewer' }), 'token_invalid', /no signed JWT/],
    ['a delegation id in place of a token', () => ({ certificate: certificate(), delegationToken: 'dlg_alice' }), 'token_invalid', /no signed JWT/],
    ['a session id in place of a token', () => ({ certificate: certificate(), delegationToken: 'ses_1' }), 'token_invalid', /session secret is not well-formed/],
    ['a service-account token in Postern-Delegation', () => ({ certificate: certificate(), delegationToken: account }), 'token_invalid', /no delegation token/],
    ['a service-account token in the bound file', () => ({ bound: bound(account) }), 'token_invalid', /no delegation token/],
    ['another agent’s delegation beside a certificate', () => ({ certificate: certificate(), delegationToken: deployers }), 'proof_mismatch', /agent:deployer was shown by agent:pr-reviewer/],
    ['another agent’s bearer token beside a certificate', () => ({ certificate: certificate(), token: deployers }), 'proof_mismatch', /different agents/],
    ['another agent’s delegation beside a service account', () => ({ token: account, delegationToken: deployers }), 'proof_mismatch', /agent:deployer/],
    ['a service account beside another agent’s certificate', () => ({ token: account, certificate: certificate({ uris: ['spiffe://acme.com/agents/deployer'] }) }), 'proof_mismatch', /different agents/],
    ['Bob’s delegation beside Alice’s', () => ({ certificate: certificate(), token: mine, delegationToken: bobs }), 'proof_mismatch', /different delegations/],
    ['Bob’s delegation at a listener that is bound to Alice’s', () => ({ bound: bound(mine), token: bobs }), 'proof_mismatch', /different delegations/],
    ['another agent at a bound listener', () => ({ bound: bound(mine), token: deployers }), 'proof_mismatch', /different agents/],
    ['a bound listener whose file holds another agent’s token', () => ({ bound: bound(deployers) }), 'proof_mismatch', /agent:deployer/],
    ['a bound listener whose token file is gone', () => ({ bound: bound(undefined, true) }), 'token_invalid', /cannot be read/],
    ['a bound listener of no agent id', () => ({ bound: { agent: 'Reviewer', delegationToken: () => undefined } }), 'agent_unknown', /no agent id/],
    ['an expired certificate', () => ({ certificate: certificate({ notAfterMs: NOW_MS - 1 }) }), 'certificate_refused', /expired/],
    ['a SPIFFE id with another URI beside it', () => ({ certificate: certificate({ uris: ['spiffe://acme.com/agents/pr-reviewer', 'https://acme.com'] }) }), 'certificate_refused', /other URIs/],
    ['two SPIFFE ids', () => ({ certificate: certificate({ uris: ['spiffe://acme.com/agents/pr-reviewer', 'spiffe://acme.com/agents/deployer'] }) }), 'certificate_refused', /other URIs/],
    ['another trust domain', () => ({ certificate: certificate({ uris: ['spiffe://evil.com/agents/pr-reviewer'] }) }), 'certificate_refused', /trust domain/],
    ['a SPIFFE id in capitals', () => ({ certificate: certificate({ uris: ['SPIFFE://acme.com/agents/pr-reviewer'], subject: 'CN=pr-reviewer,O=Acme' }) }), 'certificate_refused', /not well-formed/],
    ['a SPIFFE id with dot segments', () => ({ certificate: certificate({ uris: ['spiffe://acme.com/agents/x/../pr-reviewer'] }) }), 'certificate_refused', /not well-formed/],
    ['a SPIFFE id with a query', () => ({ certificate: certificate({ uris: ['spiffe://acme.com/agents/pr-reviewer?x'] }) }), 'certificate_refused', /not well-formed/],
    ['a SPIFFE id of no agent, though the subject is one', () => ({ certificate: certificate({ uris: ['spiffe://acme.com/agents/nobody'], subject: 'CN=pr-reviewer,O=Acme' }) }), 'agent_unknown', /certificate/],
    ['a certificate of no agent beside a good token', () => ({ certificate: certificate({ uris: [], subject: 'CN=x' }), token: mine }), 'agent_unknown', /certificate/],
    ['a certificate of a revoked agent', () => ({ certificate: certificate({ uris: ['spiffe://acme.com/agents/retired'] }) }), 'agent_revoked', /retired/],
  ]
  test.each(refused)('%s', async (_, proofs, code, detail) => {
    const result = await identify(proofs())
    expect(result).toMatchObject({ denial: code, detail: expect.stringMatching(detail) })
  })

  const signed: readonly [string, Record<string, unknown>, string, RegExp][] = [
    ['an agent that nobody registered', { sub: 'agent:nobody' }, 'agent_unknown', /agent:nobody is not registered/],
    ['an agent that was revoked', { sub: 'agent:retired' }, 'agent_revoked', /agent:retired/],
    ['a token that is bound to a certificate, without one', { cnf: { 'x5t#S256': THUMBPRINT } }, 'proof_mismatch', /none was shown/],
    ['a token that is bound to a DPoP key', { cnf: { jkt: THUMBPRINT } }, 'token_invalid', /DPoP/],
    ['a token that is bound to a DPoP key and a certificate', { cnf: { jkt: THUMBPRINT, 'x5t#S256': THUMBPRINT } }, 'token_invalid', /DPoP/],
    ['a token that is bound by means unknown here', { cnf: { kid: 'x' } }, 'token_invalid', /claim cnf/],
  ]
  test.each(signed)('%s', async (_, overrides, code, detail) => {
    const token = await sign(claims(overrides), here.key)
    expect(await identify({ token })).toMatchObject({ denial: code, detail: expect.stringMatching(detail) })
  })

  test('an unknown service account', async () => {
    const token = await sign(serviceAccountClaims({ sub: 'system:serviceaccount:agents:other' }), here.clusterKey, { typ: undefined })
    expect(await identify({ token })).toMatchObject({ denial: 'agent_unknown' })
  })

  test('no detail and no hint repeats what was sent', async () => {
    for (const [, proofs] of refused) {
      const result = await identify(proofs())
      const text = JSON.stringify(result)
      for (const token of [mine, deployers, bobs, account]) expect(text).not.toContain(token.slice(0, 40))
    }
  })
})

describe('a token that is bound to a certificate', () => {
  test('is good with that certificate and with no other', async () => {
    const delegationToken = await sign(claims({ cnf: { 'x5t#S256': THUMBPRINT } }), here.key)
    expect(await identify({ certificate: certificate(), delegationToken })).toMatchObject({ agent: 'agent:pr-reviewer', delegation: { id: 'dlg_alice' } })
    expect(await identify({ certificate: certificate({ thumbprint: OTHER_THUMBPRINT }), delegationToken }))
      .toMatchObject({ denial: 'proof_mismatch', detail: expect.stringMatching(/another certificate/) })
  })
})

describe('what is looked at each time', () => {
  test('a token that was verified answers synchronously', async () => {
    await identify({ token: mine })
    expect(identify({ token: mine })).not.toBeInstanceOf(Promise)
    expect(identify({ certificate: certificate(), delegationToken: mine })).toMatchObject({ identifiedBy: 'mtls' })
    expect(identify({ certificate: certificate() })).not.toBeInstanceOf(Promise)
  })

  test('the certificate’s end, on a connection that lives on', () => {
    const lasting = certificate({ notAfterMs: NOW_MS + 1000 })
    expect(identify({ certificate: lasting }, NOW_MS + 1000)).toMatchObject({ identifiedBy: 'mtls' })
    expect(identify({ certificate: lasting }, NOW_MS + 1001)).toMatchObject({ denial: 'certificate_refused' })
  })

  test('revocations: agent, delegation and session, though the token is cached; and restored again', async () => {
    const own = await world()
    const token = await sign(claims(), own.key)
    const ask = (): unknown => own.identify.identifyProofs({ ...NO_PROOFS, token }, NOW_MS)
    await ask()
    const base = { agents: [{ ...agentOf(own), status: 'active' as const }], revoked: { delegations: [], sessions: [] } }
    expect(ask()).toMatchObject({ agent: 'agent:pr-reviewer' })
    own.registry.apply({ ...base, agents: [{ ...agentOf(own), status: 'revoked' }] })
    // Whoever reads the record wants to know which agent goes on trying.
    expect(ask()).toMatchObject({ denial: 'agent_revoked', principal: { agent: expect.stringMatching(/^agent:/) } })
    own.registry.apply({ ...base, revoked: { delegations: ['dlg_alice' as never], sessions: [] } })
    expect(ask()).toMatchObject({ denial: 'delegation_revoked' })
    own.registry.apply({ ...base, revoked: { delegations: [], sessions: ['ses_1' as never] } })
    expect(ask()).toMatchObject({ denial: 'delegation_revoked' })
    own.registry.apply({ ...base, agents: [] })
    expect(ask()).toMatchObject({ denial: 'agent_unknown' })
    own.registry.apply(base)
    expect(ask()).toMatchObject({ agent: 'agent:pr-reviewer' })
  })
})

test('keys that cannot be had refuse a request of two tokens once, and leave no rejection that nobody awaits', async () => {
  const own = await world()
  const token = await sign(claims(), own.key)
  await own.identify.identifyProofs({ ...NO_PROOFS, token }, NOW_MS)
  own.keys.failing = true
  own.keys.clock.ms += 60_000
  const ask = (proofs: Partial<Proofs>): Promise<unknown> => Promise.resolve().then(() => own.identify.identifyProofs({ ...NO_PROOFS, ...proofs }, NOW_MS))
  await expect(ask({ token })).rejects.toMatchObject({ code: 'authority_unavailable' })
  const unawaited: unknown[] = []
  const listener = (reason: unknown): void => void unawaited.push(reason)
  process.on('unhandledRejection', listener)
  // The first was never verified and fails later; the second is remembered and fails at once.
  const unknown = await sign(claims({ jti: 'j-2' }), own.key)
  await expect(ask({ token: unknown, delegationToken: token })).rejects.toMatchObject({ code: 'authority_unavailable' })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', listener)
  expect(unawaited).toEqual([])
})

test('without a configured trust domain, the registered SPIFFE ids decide', async () => {
  const own = await world({ trustDomain: undefined })
  const ask = (uri: string): unknown => own.identify.identifyProofs({ ...NO_PROOFS, certificate: certificate({ uris: [uri] }) }, NOW_MS)
  expect(ask('spiffe://acme.com/agents/pr-reviewer')).toMatchObject({ agent: 'agent:pr-reviewer' })
  expect(ask('spiffe://evil.com/agents/pr-reviewer')).toMatchObject({ denial: 'agent_unknown' })
})

function agentOf(own: World): Parameters<World['registry']['apply']>[0]['agents'][number] {
  const record = own.registry.agentBySubject('CN=pr-reviewer,O=Acme')
  if (record === undefined) throw new TypeError('no such agent')
  return { ...record, spiffeId: undefined, subject: 'CN=pr-reviewer,O=Acme', serviceAccount: undefined }
}
