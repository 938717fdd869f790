import { describe, expect, it } from 'vitest'
import { deny, Fault } from '../../src/model/denial.ts'
import { granted, HOUR_MS, latch, never, order, principal, world } from './fixture.ts'
import { failureOf, settled } from './manual-time.ts'

describe('one issuance for all who want the same', () => {
  it('asks the upstream once for 200 orders at the same time, and records one issuance', async () => {
    const { authority, upstream, audit } = world()
    const all = await Promise.all(Array.from({ length: 200 }, () => granted(authority.credential(order(), never))))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(upstream.issues).toBe(1)
    expect(audit.of('credential.issued')).toHaveLength(1)
  })

  it('serves later orders from what is held', async () => {
    const { authority, upstream } = world()
    const first = await granted(authority.credential(order(), never))
    const second = await granted(authority.credential(order({ operation: 'GET /repos/{owner}/{repo}/pulls' }), never))
    expect(second.id).toBe(first.id)
    expect(upstream.issues).toBe(1)
  })

  const apart = [
    ['another agent', { principal: principal({ agent: 'agent:other' }) }],
    ['another delegation', { principal: principal({ delegation: 'dlg_bob' }) }],
    ['another session', { principal: principal({ session: 'ses_2' }) }],
    ['other scopes', { scopes: ['pull_requests:write'] }],
    ['another target', { targets: { kind: 'named', names: ['acme-corp/prod'] } }],
    ['a shorter life', { expiresInMs: 60_000 }],
    ['another authority', { authority: 'person' }],
  ] as const
  it.each(apart)('never lets %s share a credential', async (_, over) => {
    const { authority, upstream } = world()
    const first = await granted(authority.credential(order(), never))
    const second = await granted(authority.credential(order(over), never))
    expect(second.id).not.toBe(first.id)
    expect(upstream.issues).toBe(2)
  })

  it('keeps two delegations apart even where an issuer gives them one cache key', async () => {
    const { authority, upstream } = world()
    upstream.cacheKey = () => 'the same for everybody'
    const alice = await granted(authority.credential(order(), never))
    const bob = await granted(authority.credential(order({ principal: principal({ delegation: 'dlg_bob' }) }), never))
    expect(bob.id).not.toBe(alice.id)
  })

  it('lets a waiter leave without ending the issuance for the others', async () => {
    const { authority, upstream } = world()
    const hold = latch()
    upstream.gate = hold.opened
    const leaver = new AbortController()
    const left = authority.credential(order(), leaver.signal)
    const stays = authority.credential(order(), never)
    await settled()
    leaver.abort()
    await expect(left).rejects.toMatchObject({ code: 'credential_unavailable' })
    hold.open()
    expect((await granted(stays)).integration).toBe('github')
    expect(upstream.issues).toBe(1)
  })

  it('keeps and can serve what was made after every waiter left', async () => {
    const { authority, upstream } = world()
    const leaver = new AbortController()
    leaver.abort()
    await expect(authority.credential(order(), leaver.signal)).rejects.toMatchObject({ code: 'credential_unavailable' })
    await settled()
    await granted(authority.credential(order(), never))
    expect(upstream.issues).toBe(1)
  })
})

describe('the record comes before the credential', () => {
  it('says for whom, for what, until when, and what each layer said', async () => {
    const { authority, audit, time } = world()
    const credential = await granted(authority.credential(order({ expiresInMs: 600_000 }), never))
    expect(audit.of('credential.issued')).toEqual([{
      event: 'credential.issued',
      agent: { id: 'agent:pr-reviewer', name: 'PR Reviewer' },
      user: { id: 'user:alice@acme.com', name: 'Alice' },
      delegation: 'dlg_alice',
      session: 'ses_1',
      identified_by: 'token',
      integration: 'github',
      operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
      scopes: ['pull_requests:read'],
      target: 'acme-corp/backend',
      policy_evaluation: { org_policy: 'allow', user_consent: 'allow', agent_permissions: 'allow' },
      rule: 'tester/rule',
      rule_at: 'policies/tester.yaml:3',
      policy_hash: 'sha256:test',
      expires_in: '600s',
      upstream_expires_at: new Date(time.nowMs() + HOUR_MS).toISOString(),
      lifetime: undefined,
      credential: credential.id,
      narrowed_by: 'upstream',
      outcome: 'ok',
    }])
    expect(credential.id).toMatch(/^crd_/)
  })

  it('hands nothing out while the record is not yet durable', async () => {
    const { authority, audit } = world()
    const disk = latch()
    audit.gate = disk.opened
    let handedOut = false
    const waiting = authority.credential(order(), never).then(() => { handedOut = true })
    await settled()
    expect(handedOut).toBe(false)
    disk.open()
    await waiting
    expect(audit.of('credential.issued')).toHaveLength(1)
  })

  it('hands nothing out when the record fails, and ends the new token upstream', async () => {
    const { authority, audit, upstream, live } = world()
    audit.failsCommits = true
    await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'audit_unavailable' })
    await settled()
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(live.rows.size).toBe(0)
    expect(audit.of('credential.revoked')).toMatchObject([{ outcome: 'ok', reason: 'it could not be recorded and was not handed out; ended at the upstream' }])
    expect(audit.of('credential.denied')).toMatchObject([{ outcome: 'failed', code: 'audit_unavailable' }])
  })

  it('hands nothing out when the record takes too long', async () => {
    const { authority, audit, upstream, time } = world()
    audit.gate = latch().opened
    const waiting = failureOf(authority.credential(order(), never))
    await time.advance(5_000)
    expect(await waiting).toMatchObject({ code: 'audit_unavailable' })
    expect([...upstream.live]).toEqual([])
  })

  it('does not even ask the upstream while the audit cannot be written, and does at once when it can again', async () => {
    const { authority, audit, upstream } = world()
    audit.writable = false
    await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(upstream.issues).toBe(0)
    audit.writable = true
    await granted(authority.credential(order(), never))
  })

  it('hands nothing out that could not be noted as alive, and ends it upstream', async () => {
    const { authority, live, upstream } = world()
    live.fails = true
    await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'credential_unavailable' })
    await settled()
    expect([...upstream.live]).toEqual([])
  })
})

describe('an issuer that refuses or breaks', () => {
  it('passes a denial on and records it once, though many asked', async () => {
    const { authority, upstream, audit } = world()
    upstream.trouble = deny('connection_required', 'nobody connected github')
    const all = await Promise.all(Array.from({ length: 5 }, () => authority.credential(order(), never)))
    expect(all).toEqual(Array.from({ length: 5 }, () => upstream.trouble))
    expect(audit.of('credential.denied')).toMatchObject([{ outcome: 'denied', code: 'connection_required', reason: 'nobody connected github', integration: 'github' }])
  })

  it('remembers a denial for two seconds only', async () => {
    const { authority, upstream, time } = world()
    upstream.trouble = deny('connection_required', 'nobody connected github')
    await authority.credential(order(), never)
    upstream.trouble = undefined
    expect(await authority.credential(order(), never)).toMatchObject({ denial: 'connection_required' })
    await time.advance(2_000)
    await granted(authority.credential(order(), never))
    expect(upstream.issues).toBe(2)
  })

  it('asks a failing upstream ever more rarely: at most 8 times in a minute of constant asking', async () => {
    const { authority, upstream, time } = world()
    upstream.trouble = new Fault('credential_unavailable', 'the token endpoint answered 503')
    for (let second = 0; second < 60; second += 1) {
      await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'credential_unavailable' })
      await time.advance(1_000)
    }
    expect(upstream.issues).toBeGreaterThanOrEqual(3)
    expect(upstream.issues).toBeLessThanOrEqual(8)
  })

  it('does not let one order\'s failure stand in the way of another', async () => {
    const { authority, upstream } = world()
    upstream.trouble = new Fault('credential_unavailable', '503')
    await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'credential_unavailable' })
    upstream.trouble = undefined
    await granted(authority.credential(order({ principal: principal({ delegation: 'dlg_bob' }) }), never))
  })

  it('gives up on an upstream that does not answer, and ends what comes late', async () => {
    const { authority, upstream, time, audit } = world()
    const hold = latch()
    upstream.gate = hold.opened
    const waiting = failureOf(authority.credential(order(), never))
    await time.advance(10_000)
    expect(await waiting).toMatchObject({ code: 'credential_unavailable' })
    hold.open()
    await settled()
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(audit.of('credential.issued')).toEqual([])
    expect(audit.of('credential.revoked')).toMatchObject([{ reason: 'it came too late and was not handed out; ended at the upstream' }])
  })

  it('tells a defect of an issuer as ours, without its message', async () => {
    const { authority, upstream, audit } = world()
    upstream.trouble = new RangeError('secret-in-a-message')
    await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'internal_error' })
    expect(JSON.stringify(audit.events)).not.toContain('secret-in-a-message')
  })

  it('records what an upstream says lives for ever, bounded by its rule', async () => {
    const { authority, audit, upstream } = world()
    upstream.lifeMs = 1e300
    await granted(authority.credential(order({ expiresInMs: 60_000 }), never))
    expect(audit.of('credential.issued')).toMatchObject([{ expires_in: '60s' }])
  })

  it('refuses what has expired already', async () => {
    const { authority, upstream } = world()
    upstream.lifeMs = 0
    await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'credential_unavailable' })
  })

  it('has no credential for an integration without issuer', async () => {
    const { authority } = world()
    await expect(authority.credential(order({ integration: 'linear' }), never)).rejects.toMatchObject({ code: 'credential_unavailable' })
  })

  it('issues at most so many at once, and at most so many for one agent', async () => {
    const { authority, upstream } = world({ limits: { concurrentIssues: 3, concurrentIssuesPerAgent: 2, queuedIssues: 10 } })
    const hold = latch()
    upstream.gate = hold.opened
    const target = (name: string) => ({ targets: { kind: 'named', names: [name] } }) as const
    const greedy = Array.from({ length: 5 }, (_, at) => granted(authority.credential(order(target(`greedy/${at}`)), never)))
    const modest = granted(authority.credential(order({ ...target('modest/1'), principal: principal({ agent: 'agent:modest' }) }), never))
    await settled()
    expect(upstream.issues).toBe(3)
    hold.open()
    await Promise.all([...greedy, modest])
    expect(upstream.issues).toBe(6)
    expect(upstream.most).toBeLessThanOrEqual(3)
  })

  it('fails an order at once where too many wait', async () => {
    const { authority, upstream } = world({ limits: { concurrentIssues: 1, queuedIssues: 1 } })
    upstream.gate = latch().opened
    const target = (name: string) => order({ targets: { kind: 'named', names: [name] } })
    void authority.credential(target('a'), never).catch(() => undefined)
    void authority.credential(target('b'), never).catch(() => undefined)
    await expect(authority.credential(target('c'), never)).rejects.toMatchObject({ code: 'credential_unavailable' })
  })
})
