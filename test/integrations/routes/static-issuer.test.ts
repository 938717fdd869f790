import { describe, expect, it } from 'vitest'
import { placementProblem } from '../../../src/integrations/placement-problem.ts'
import { staticIssuer } from '../../../src/integrations/static/static-issuer.ts'
import { Secret } from '../../../src/lib/secret.ts'
import type { Placement } from '../../../src/model/credential.ts'
import { granted, never, order, principal, world } from '../../issuance/fixture.ts'

const bearer: Placement = { in: 'header', name: 'Authorization', value: 'Bearer {credential}' }

describe('a static secret', () => {
  const issuer = staticIssuer({ secret: new Secret('s3'), placement: bearer })

  it('is told as what it is: static, narrowed by nobody but the proxy, never ended upstream', async () => {
    expect(await issuer.issue(order(), never)).toEqual({
      secret: expect.any(Secret) as Secret, placement: bearer, lifetime: 'static', expiresAtMs: Infinity, upstreamExpiresAtMs: undefined, narrowedBy: 'proxy',
    })
    expect(issuer.revoke).toBeUndefined()
  })

  it('is lent by organisation policy alone', async () => {
    expect(await issuer.issue(order({ authority: 'person' }), never)).toMatchObject({ denial: 'authority_insufficient' })
  })

  it('is kept apart for each delegation, or each agent that acts for itself', () => {
    const keys = [principal(), principal({ delegation: 'dlg_bob' }), { ...principal(), delegation: undefined }].map((one) => issuer.cacheKey(order({ principal: one })))
    expect(new Set(keys).size).toBe(3)
  })

  it('goes through the authority: recorded as static, used no longer than the rule says, dropped on revocation', async () => {
    const { authority, audit, time, revocations, live } = world({ issuers: new Map([['github', issuer]]) })
    const bounded = await granted(authority.credential(order({ expiresInMs: 60_000 }), never))
    expect(bounded).toMatchObject({ lifetime: 'static', expiresAtMs: time.nowMs() + 60_000, upstreamExpiresAtMs: undefined })
    const unbounded = await granted(authority.credential(order(), never))
    expect(unbounded.expiresAtMs).toBe(Infinity)
    expect(audit.of('credential.issued')).toMatchObject([{ lifetime: 'static', expires_in: '60s', narrowed_by: 'proxy' }, { lifetime: 'static' }])
    expect(audit.of('credential.issued')[1]).not.toHaveProperty('expires_in')
    expect(live.rows.size).toBe(0)
    revocations.revoke({ kind: 'agent', id: principal().agent })
    await time.advance(0)
    expect(audit.of('credential.revoked')).toHaveLength(2)
  })

  it('is not told as revoked when the authority shuts down, since it lives on', async () => {
    const { authority, audit } = world({ issuers: new Map([['github', issuer]]) })
    await granted(authority.credential(order(), never))
    await authority.close()
    expect(audit.of('credential.revoked')).toEqual([])
  })

  it('with a placement that cannot work is an error, without the secret', () => {
    expect(() => staticIssuer({ secret: new Secret('s3cret'), placement: { ...bearer, value: 'Bearer' } })).toThrow(/no single place for the secret; expected: printable/)
  })
})

describe('placements', () => {
  const good: readonly Placement[] = [
    bearer,
    { in: 'header', name: 'X-Api-Key', value: '{credential}' },
    { in: 'header', name: 'Cookie', value: 'session={credential}' },
    { in: 'basic', username: '' },
    { in: 'basic', username: 'x-access-token' },
    { in: 'query', name: 'api_key' },
    { in: 'path', prefix: '/bot{credential}' },
    { in: 'path', prefix: '/hooks/{credential}/v1' },
  ]
  it.each(good)('that work: %j', (placement) => {
    expect(placementProblem(placement)).toBeUndefined()
  })

  const bad: readonly (readonly [Placement, string])[] = [
    [{ in: 'header', name: 'X Key', value: '{credential}' }, 'no valid name'],
    [{ in: 'header', name: 'X_Key', value: '{credential}' }, 'no valid name'],
    [{ in: 'header', name: 'Host', value: '{credential}' }, 'frames or routes'],
    [{ in: 'header', name: 'transfer-encoding', value: '{credential}' }, 'frames or routes'],
    [{ ...bearer, value: 'Bearer {credential}{credential}' }, 'single place'],
    [{ ...bearer, value: 'Bearer\n{credential}' }, 'single place'],
    [{ ...bearer, value: 'Bearer {Credential}' }, 'single place'],
    [{ in: 'basic', username: 'a:b' }, 'colon'],
    [{ in: 'query', name: 'a&b' }, 'no plain name'],
    [{ in: 'query', name: '' }, 'no plain name'],
    [{ in: 'path', prefix: 'bot{credential}' }, 'before a path'],
    [{ in: 'path', prefix: '/bot{credential}/' }, 'before a path'],
    [{ in: 'path', prefix: '/../{credential}' }, 'before a path'],
    [{ in: 'path', prefix: '/bot' }, 'before a path'],
  ]
  it.each(bad)('that cannot work: %j', (placement, problem) => {
    expect(placementProblem(placement)?.problem).toContain(problem)
  })
})
