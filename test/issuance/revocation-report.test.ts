import { describe, expect, it } from 'vitest'
import type { Issuer } from '../../src/integrations/issuer.ts'
import type { AgentId, ConnectionId, DelegationId } from '../../src/model/ids.ts'
import type { Principal } from '../../src/model/principal.ts'
import { granted, never, order, principal, Upstream, world } from './fixture.ts'
import { ManualTime, settled } from './manual-time.ts'

const CONNECTION = 'con_1' as ConnectionId

/** The same principal, its delegation bound to connections. */
function bound(connections: Readonly<Record<string, ConnectionId>>): Principal {
  const { delegation, ...rest } = principal()
  return { ...rest, delegation: delegation && { ...delegation, standing: { consent: [], groups: [], connections } } }
}

describe('a revoked connection', () => {
  it('takes the credentials that came by it, at its integration, and no others', async () => {
    const { authority, upstream, audit } = world()
    await granted(authority.credential(order({ principal: bound({ github: CONNECTION }), authority: 'person' }), never))
    await granted(authority.credential(order({ principal: bound({ github: 'con_2' as ConnectionId }) }), never))
    await granted(authority.credential(order({ principal: bound({ slack: CONNECTION }) }), never))
    expect(await authority.endAll({ kind: 'connection', id: CONNECTION })).toEqual([{ integration: 'github', dropped: 1, revokedUpstream: 1 }])
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(audit.of('credential.revoked')).toMatchObject([{ connection: CONNECTION, reason: 'its agent, delegation, session or connection was revoked; ended at the upstream' }])
  })

  it('never shares a credential with another connection', async () => {
    const { authority, upstream } = world()
    for (const id of ['con_1', 'con_2', 'con_1'] as ConnectionId[]) await granted(authority.credential(order({ principal: bound({ github: id }) }), never))
    expect(upstream.issues).toBe(2)
  })
})

describe('the report of a revocation', () => {
  it('counts what ended the moment it was told, by integration', async () => {
    const time = new ManualTime()
    const [github, slack] = [new Upstream(time), new Upstream(time)]
    slack.revoke = undefined
    const { authority, revocations } = world({ issuers: new Map<string, Issuer>([['github', github], ['slack', slack]]) }, time)
    for (const integration of ['github', 'slack']) await granted(authority.credential(order({ integration }), never))
    await granted(authority.credential(order({ scopes: ['issues:read'] }), never))
    const revoked = { kind: 'agent', id: 'agent:pr-reviewer' as AgentId } as const
    revocations.revoke(revoked)
    expect(await authority.endAll(revoked)).toEqual([
      { integration: 'github', dropped: 2, revokedUpstream: 2 }, { integration: 'slack', dropped: 1, revokedUpstream: 0 },
    ])
    expect(await authority.endAll(revoked)).toEqual([])
  })

  it('does not wait longer than its bound for an upstream that is down, which goes on being tried', async () => {
    const { authority, upstream, time } = world()
    await granted(authority.credential(order(), never))
    upstream.revokeFailures = 4
    const report = authority.endAll({ kind: 'delegation', id: 'dlg_alice' as DelegationId })
    await time.advance(5_000)
    expect(await report).toEqual([{ integration: 'github', dropped: 1, revokedUpstream: 0 }])
    await time.advance(20_000)
    expect(upstream.ended).toEqual(['upstream-token-1'])
  })

  it('is forgotten after a minute where nobody asks for it', async () => {
    const { authority, revocations, time } = world()
    await granted(authority.credential(order(), never))
    const revoked = { kind: 'delegation', id: 'dlg_alice' as DelegationId } as const
    revocations.revoke(revoked)
    await time.advance(60_000)
    expect(await authority.endAll(revoked)).toEqual([])
  })
})

describe('a released credential', () => {
  it('is recorded as released, and is never one that calls through the proxy use', async () => {
    const { authority, upstream, audit } = world()
    const proxied = await granted(authority.credential(order(), never))
    const released = await granted(authority.credential(order({ delivery: 'released' }), never))
    expect(released.id).not.toBe(proxied.id)
    expect(upstream.issues).toBe(2)
    expect(audit.of('credential.released')).toMatchObject([{ credential: released.id, outcome: 'ok' }])
    expect(audit.of('credential.issued')).toMatchObject([{ credential: proxied.id }])
  })

  it('is refused where the upstream could not confine it, and ends there', async () => {
    const time = new ManualTime()
    const upstream = new Upstream(time)
    const wide: Issuer = {
      cacheKey: (wanted) => upstream.cacheKey(wanted),
      issue: async () => ({ ...(await upstream.issue()), narrowedBy: 'proxy' }) as Awaited<ReturnType<Issuer['issue']>>,
      revoke: upstream.revoke,
    }
    const { authority, audit } = world({ issuers: new Map([['github', wide]]) }, time)
    expect(await authority.credential(order({ delivery: 'released' }), never)).toMatchObject({ denial: 'release_refused' })
    await settled()
    expect(upstream.live.size).toBe(0)
    expect(audit.of('credential.released')).toEqual([])
    await granted(authority.credential(order(), never))
  })
})

describe('a credential that the upstream did not accept', () => {
  it('is told to its issuer, with the order that it was for', async () => {
    const time = new ManualTime()
    const upstream = new Upstream(time)
    const told: string[] = []
    const issuer: Issuer = Object.assign(upstream, { rejected: async (wanted: { integration: string }) => void told.push(wanted.integration) })
    const { authority } = world({ issuers: new Map([['github', issuer]]) }, time)
    const credential = await granted(authority.credential(order(), never))
    authority.credentialRejected(credential.id)
    authority.credentialRejected(credential.id)
    expect(told).toEqual(['github'])
  })
})
