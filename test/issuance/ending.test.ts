import { describe, expect, it } from 'vitest'
import type { AgentId, DelegationId, SessionId } from '../../src/model/ids.ts'
import { deny, Fault } from '../../src/model/denial.ts'
import type { Revoked } from '../../src/sync/contract.ts'
import { granted, HOUR_MS, latch, MemoryLive, never, order, principal, world } from './fixture.ts'
import { temporaryStore } from '../store/temporary-store.ts'
import { settled } from './manual-time.ts'

const MINUTE_MS = 60_000

describe('a credential ends in time', () => {
  it('is ended upstream at expires_in, exactly once, and recorded as expired', async () => {
    const { authority, upstream, time, audit, live, told } = world()
    const credential = await granted(authority.credential(order({ expiresInMs: 10 * MINUTE_MS }), never))
    expect(credential.expiresAtMs).toBe(time.nowMs() + 10 * MINUTE_MS)
    expect(credential.upstreamExpiresAtMs).toBe(time.nowMs() + HOUR_MS)
    expect(live.rows.has(credential.id)).toBe(true)
    await time.advance(10 * MINUTE_MS - 1)
    expect(upstream.ended).toEqual([])
    await time.advance(1)
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(live.rows.size).toBe(0)
    expect(told).toEqual([credential.id])
    expect(audit.of('credential.expired')).toMatchObject([{ credential: credential.id, outcome: 'ok', delegation: 'dlg_alice', reason: 'its time is over; ended at the upstream' }])
    await time.advance(2 * HOUR_MS)
    expect(upstream.ended).toHaveLength(1)
  })

  it('does not outlive the delegation', async () => {
    const { authority, time } = world()
    const expiresAtMs = time.nowMs() + 5 * MINUTE_MS
    const credential = await granted(authority.credential(order({ principal: principal({ expiresAtMs }) }), never))
    expect(credential.expiresAtMs).toBe(expiresAtMs)
  })

  it('is not handed out in its last moments', async () => {
    const { authority, time, upstream } = world()
    await granted(authority.credential(order({ expiresInMs: MINUTE_MS }), never))
    await time.advance(MINUTE_MS - 1_999)
    const next = await granted(authority.credential(order({ expiresInMs: MINUTE_MS }), never))
    expect(upstream.issues).toBe(2)
    expect(next.expiresAtMs - time.nowMs()).toBe(MINUTE_MS)
  })

  it('is tried again while the upstream is down, and recorded once', async () => {
    const { authority, upstream, time, audit, live } = world()
    await granted(authority.credential(order({ expiresInMs: MINUTE_MS }), never))
    upstream.revokeFailures = 3
    await time.advance(MINUTE_MS)
    expect(audit.of('credential.expired')).toEqual([])
    expect(live.rows.size).toBe(1)
    await time.advance(1_000 + 2_000 + 4_000)
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(live.rows.size).toBe(0)
    expect(audit.of('credential.expired')).toHaveLength(1)
  })

  it('stays noted as alive where the upstream never ends it, and the record says so', async () => {
    const { authority, upstream, time, audit, live } = world()
    await granted(authority.credential(order({ expiresInMs: MINUTE_MS }), never))
    upstream.revokeFailures = Infinity
    await time.advance(HOUR_MS)
    expect(live.rows.size).toBe(1)
    expect(audit.of('credential.expired')).toMatchObject([{ outcome: 'failed', reason: 'its time is over; the upstream could not be brought to end it' }])
  })

  it('is recorded as expired also where the upstream cannot end it', async () => {
    const { authority, upstream, time, audit, live } = world()
    upstream.revoke = undefined
    await granted(authority.credential(order({ expiresInMs: MINUTE_MS }), never))
    expect(live.rows.size).toBe(0)
    await time.advance(MINUTE_MS)
    expect(audit.of('credential.expired')).toMatchObject([{ outcome: 'ok', reason: 'its time is over; the upstream has no way to end it earlier', upstream_expires_at: expect.any(String) }])
  })
})

describe('renewal', () => {
  it('happens in the background once four fifths are over and it is still asked for; the old one ends at its time', async () => {
    const { authority, upstream, time } = world()
    const first = await granted(authority.credential(order(), never))
    await time.advance(0.82 * HOUR_MS)
    expect(await granted(authority.credential(order(), never))).toBe(first)
    expect(upstream.issues).toBe(1)
    await time.advance(0.02 * HOUR_MS)
    expect(await granted(authority.credential(order(), never))).toBe(first)
    await settled()
    const renewed = await granted(authority.credential(order(), never))
    expect(renewed.id).not.toBe(first.id)
    expect(upstream.issues).toBe(2)
    expect(upstream.ended).toEqual([])
    await time.advance(0.16 * HOUR_MS)
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect([...upstream.live]).toEqual(['upstream-token-2'])
  })

  it('does not happen for what nobody asks for', async () => {
    const { authority, upstream, time } = world()
    await granted(authority.credential(order(), never))
    await time.advance(HOUR_MS)
    expect(upstream.issues).toBe(1)
    expect([...upstream.live]).toEqual([])
  })

  it('keeps the old one serving while the upstream is down', async () => {
    const { authority, upstream, time } = world()
    const first = await granted(authority.credential(order(), never))
    upstream.trouble = new Fault('credential_unavailable', '503')
    for (let minute = 0; minute < 59; minute += 1) {
      await time.advance(MINUTE_MS)
      expect(await granted(authority.credential(order(), never))).toBe(first)
    }
    expect(upstream.issues).toBeGreaterThan(2)
    await time.advance(MINUTE_MS)
    await expect(authority.credential(order(), never)).rejects.toMatchObject({ code: 'credential_unavailable' })
  })

  it('ends the old one too where the upstream refuses, but not where it is only busy', async () => {
    const { authority, upstream, time, audit } = world()
    await granted(authority.credential(order(), never))
    await time.advance(0.9 * HOUR_MS)
    upstream.trouble = deny('rate_limited', 'too many tokens', { retryAfterMs: 1_000 })
    await granted(authority.credential(order(), never))
    await settled()
    expect(upstream.ended).toEqual([])
    await time.advance(1_000)
    upstream.trouble = deny('connection_required', 'the connection was taken away')
    await granted(authority.credential(order(), never))
    await settled()
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(audit.of('credential.revoked')).toMatchObject([{ reason: 'the upstream refused to renew it; ended at the upstream' }])
    expect(await authority.credential(order(), never)).toMatchObject({ denial: 'connection_required' })
  })

  it('is not tried where the delegation ends the credential anyway, and is once the agent shows a later end', async () => {
    const { authority, upstream, time } = world()
    const until = (ms: number) => order({ principal: principal({ expiresAtMs: ms }) })
    const endsAtMs = time.nowMs() + 10 * MINUTE_MS
    await granted(authority.credential(until(endsAtMs), never))
    await time.advance(9.5 * MINUTE_MS)
    await granted(authority.credential(until(endsAtMs), never))
    await settled()
    expect(upstream.issues).toBe(1)
    await granted(authority.credential(until(endsAtMs + 10 * MINUTE_MS), never))
    await settled()
    expect(upstream.issues).toBe(2)
  })
})

describe('revocation', () => {
  const things: readonly (readonly [string, Revoked])[] = [
    ['agent', { kind: 'agent', id: 'agent:pr-reviewer' as AgentId }],
    ['delegation', { kind: 'delegation', id: 'dlg_alice' as DelegationId }],
    ['session', { kind: 'session', id: 'ses_1' as SessionId }],
  ]
  it.each(things)('of the %s ends its credentials upstream at once, and no other', async (_, revoked) => {
    const { authority, upstream, revocations, told, audit } = world()
    const doomed = await granted(authority.credential(order(), never))
    const other = principal({ agent: 'agent:other', delegation: 'dlg_bob', session: 'ses_2' })
    const kept = await granted(authority.credential(order({ principal: other }), never))
    revocations.revoke(revoked)
    expect(told).toEqual([doomed.id])
    await settled()
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(audit.of('credential.revoked')).toMatchObject([{ credential: doomed.id, reason: 'its agent, delegation, session or connection was revoked; ended at the upstream' }])
    expect(await granted(authority.credential(order({ principal: other }), never))).toBe(kept)
    expect(await authority.credential(order(), never)).toMatchObject({ denial: expect.stringMatching(/_revoked$/) as string })
  })

  it('takes renewed and older credentials of the principal alike', async () => {
    const { authority, upstream, revocations, time } = world()
    await granted(authority.credential(order(), never))
    await time.advance(0.9 * HOUR_MS)
    await granted(authority.credential(order(), never))
    await settled()
    revocations.revoke({ kind: 'agent', id: 'agent:pr-reviewer' as AgentId })
    await settled()
    expect([...upstream.live]).toEqual([])
    await time.advance(HOUR_MS)
    expect(upstream.ended).toHaveLength(2)
  })

  it('during the issuance: nothing is handed out, and the new token is ended upstream', async () => {
    const { authority, upstream, revocations, live } = world()
    const hold = latch()
    upstream.gate = hold.opened
    const waiting = Promise.all(Array.from({ length: 20 }, () => authority.credential(order(), never)))
    await settled()
    revocations.revoke({ kind: 'delegation', id: 'dlg_alice' as DelegationId })
    hold.open()
    for (const outcome of await waiting) expect(outcome).toMatchObject({ denial: 'delegation_revoked' })
    await settled()
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(live.rows.size).toBe(0)
  })

  it('while the record is being written: nothing is handed out either', async () => {
    const { authority, upstream, revocations, audit } = world()
    const disk = latch()
    audit.gate = disk.opened
    const waiting = authority.credential(order(), never)
    await settled()
    revocations.revoke({ kind: 'session', id: 'ses_1' as SessionId })
    disk.open()
    expect(await waiting).toMatchObject({ denial: 'delegation_revoked' })
    await settled()
    expect([...upstream.live]).toEqual([])
  })
})

describe('whatever ends a credential', () => {
  it('ends it once: revoked twice, rejected, and its time over', async () => {
    const { authority, upstream, revocations, audit, told, time } = world()
    const { id } = await granted(authority.credential(order(), never))
    revocations.revoke({ kind: 'session', id: 'ses_1' as SessionId })
    revocations.revoke({ kind: 'agent', id: 'agent:pr-reviewer' as AgentId })
    authority.credentialRejected(id)
    await time.advance(2 * HOUR_MS)
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(audit.of('credential.revoked')).toHaveLength(1)
    expect(audit.of('credential.expired')).toEqual([])
    expect(told.every((one) => one === id)).toBe(true)
  })
})

describe('a credential that the upstream does not accept', () => {
  it('is dropped, so that the next order gets another', async () => {
    const { authority, upstream, told } = world()
    const first = await granted(authority.credential(order(), never))
    authority.credentialRejected(first.id)
    expect(told).toEqual([first.id])
    const second = await granted(authority.credential(order(), never))
    expect(second.id).not.toBe(first.id)
    expect(upstream.ended).toEqual(['upstream-token-1'])
  })

  it('is not replaced without end: a minute of rejections costs few tokens', async () => {
    const { authority, upstream, time } = world()
    for (let at = 0; at < 600; at += 1) {
      const outcome = await authority.credential(order(), never).catch(() => undefined)
      if (outcome !== undefined && 'id' in outcome) authority.credentialRejected(outcome.id)
      await time.advance(100)
    }
    expect(upstream.issues).toBeLessThanOrEqual(10)
    expect([...upstream.live]).toEqual([])
  })

  it('is told to all also where nobody holds it any more', () => {
    const { authority, told } = world()
    authority.credentialRejected('crd_gone' as never)
    expect(told).toEqual(['crd_gone'])
  })
})

describe('room', () => {
  it('is made by ending the least recently used credential, after the calls under way had time to arrive', async () => {
    const { authority, upstream, time, told, audit } = world({ limits: { maxCached: 2 } })
    const of = (name: string) => order({ targets: { kind: 'named', names: [name] } })
    const a = await granted(authority.credential(of('a'), never))
    await granted(authority.credential(of('b'), never))
    await granted(authority.credential(of('c'), never))
    expect(told).toEqual([a.id])
    await time.advance(9_999)
    expect(upstream.ended).toEqual([])
    await time.advance(1)
    expect(upstream.ended).toEqual(['upstream-token-1'])
    expect(audit.of('credential.revoked')).toMatchObject([{ credential: a.id, reason: 'it made room for credentials used more lately; ended at the upstream' }])
    await granted(authority.credential(of('a'), never))
    expect(upstream.issues).toBe(4)
  })
})

describe('shutdown and crash', () => {
  it('ends all that lives at the upstream, keeps nothing, and issues nothing more', async () => {
    const { authority, upstream, live, audit, time, revocations } = world()
    for (const name of ['a', 'b', 'c']) await granted(authority.credential(order({ targets: { kind: 'named', names: [name] } }), never))
    await authority.close()
    expect([...upstream.live]).toEqual([])
    expect(live.rows.size).toBe(0)
    expect(audit.of('credential.revoked')).toHaveLength(3)
    expect(await authority.credential(order(), never)).toMatchObject({ denial: 'draining' })
    expect(time.pending).toBe(0)
    expect(revocations.listeners).toBe(0)
  })

  it('ends what was being issued when it was told to stop', async () => {
    const { authority, upstream } = world()
    const hold = latch()
    upstream.gate = hold.opened
    const waiting = authority.credential(order(), never)
    await settled()
    const closing = authority.close()
    hold.open()
    await closing
    expect(await waiting).toMatchObject({ denial: 'draining' })
    expect(upstream.ended).toEqual(['upstream-token-1'])
  })

  it('is over in time though the upstream hangs; the next start ends the rest, once', async () => {
    const first = world()
    const credential = await granted(first.authority.credential(order(), never))
    first.upstream.revoke = () => latch().opened
    const closing = first.authority.close()
    await first.time.advance(5_000)
    await closing
    const second = world({ live: first.live, issuers: new Map([['github', first.upstream]]) })
    first.upstream.revoke = async (secret) => void first.upstream.ended.push(secret.reveal())
    await second.authority.start()
    expect(first.upstream.ended).toEqual(['upstream-token-1'])
    expect(second.audit.of('credential.revoked')).toMatchObject([
      { credential: credential.id, integration: 'github', reason: 'it was left over from an earlier run; ended at the upstream' },
    ])
    expect(first.live.rows.size).toBe(0)
  })

  it('leaves the record of what could not be ended to the next start, so that each end is recorded once', async () => {
    const first = world()
    await granted(first.authority.credential(order(), never))
    first.upstream.revokeFailures = 1
    await first.authority.close()
    expect(first.audit.of('credential.revoked')).toEqual([])
    const second = world({ live: first.live, issuers: new Map([['github', first.upstream]]) })
    await second.authority.start()
    expect(second.audit.of('credential.revoked')).toHaveLength(1)
    expect([...first.upstream.live]).toEqual([])
  })

  it('finds what a crash left in the real store', async () => {
    const { store, reopen } = await temporaryStore()
    const crashed = world({ live: store.liveCredentials })
    const { id } = await granted(crashed.authority.credential(order({ expiresInMs: MINUTE_MS }), never))
    await store.close()
    const reopened = await reopen()
    const next = world({ live: reopened.liveCredentials, issuers: new Map([['github', crashed.upstream]]) })
    await next.authority.start()
    expect(crashed.upstream.ended).toEqual(['upstream-token-1'])
    expect(next.audit.of('credential.revoked')).toMatchObject([{ credential: id }])
    expect(await reopened.liveCredentials.list()).toEqual([])
  })

  it('after a crash the next start ends the leftovers, and not what it has issued itself', async () => {
    const crashed = world()
    await granted(crashed.authority.credential(order(), never))
    const next = world({ live: crashed.live, issuers: new Map([['github', crashed.upstream]]) })
    await granted(next.authority.credential(order({ scopes: ['contents:read'] }), never))
    await next.authority.start()
    expect(crashed.upstream.ended).toEqual(['upstream-token-1'])
    expect([...crashed.upstream.live]).toEqual(['upstream-token-2'])
  })

  it('takes no credential for a leftover that is just being issued', async () => {
    const { authority, upstream, audit, live } = world()
    const disk = latch()
    audit.gate = disk.opened
    const waiting = authority.credential(order(), never)
    await settled()
    expect(live.rows.size).toBe(1)
    await authority.start()
    disk.open()
    await granted(waiting)
    expect(upstream.ended).toEqual([])
  })

  it('keeps a leftover of an integration that is not configured until nothing could accept it any more', async () => {
    const live = new MemoryLive()
    const crashed = world({ live })
    await granted(crashed.authority.credential(order(), never))
    const early = world({ live, issuers: new Map() })
    await early.authority.start()
    expect(live.rows.size).toBe(1)
    const late = world({ live, issuers: new Map() })
    await late.time.advance(26 * HOUR_MS)
    await late.authority.start()
    expect(live.rows.size).toBe(0)
    expect(late.audit.of('credential.revoked')).toHaveLength(1)
  })
})

describe('what is written', () => {
  it('never holds the secret', async () => {
    const { authority, audit, time, upstream } = world()
    const credential = await granted(authority.credential(order({ expiresInMs: MINUTE_MS }), never))
    upstream.trouble = deny('credential_refused', 'no')
    await authority.credential(order({ scopes: ['x'] }), never)
    await time.advance(HOUR_MS)
    expect(JSON.stringify([audit.events, credential])).not.toContain('upstream-token')
  })
})
