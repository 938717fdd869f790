import { describe, expect, it } from 'vitest'
import { TestClient } from '../support/test-client.ts'
import { deny, Fault } from '../../src/model/denial.ts'
import type { AgentId, CredentialId } from '../../src/model/ids.ts'
import { latch, principal } from '../issuance/fixture.ts'
import { failureOf, settled } from '../issuance/manual-time.ts'
import { allowed, credentialOf, isCredential, stageWorld, type AllowedOver } from './fixture.ts'

const MINUTE_MS = 60_000

describe('getting a credential', () => {
  it('orders just what the decision allows', async () => {
    const { stage, source } = stageWorld()
    const exchange = allowed({ expiresInMs: 600_000 })
    await stage.run(exchange)
    expect(source.orders).toEqual([{
      principal: principal(), integration: 'github', operation: 'GET /pulls', scopes: ['pull_requests:read'],
      targets: { kind: 'named', names: ['acme-corp/backend'] }, expiresInMs: 600_000, authority: 'organisation',
      decision: exchange.decision,
    }])
  })

  it('is synchronous once a copy is at hand', async () => {
    const { stage, source } = stageWorld()
    expect(stage.run(allowed())).toBeInstanceOf(Promise)
    await settled()
    expect(isCredential(stage.run(allowed()))).toBe(true)
    expect(source.orders).toHaveLength(1)
  })

  it('asks once for all who want the same at the same time', async () => {
    const { stage, source } = stageWorld()
    const all = await Promise.all(Array.from({ length: 200 }, () => stage.run(allowed())))
    expect(all.every(isCredential)).toBe(true)
    expect(source.orders).toHaveLength(1)
  })

  const apart: readonly (readonly [string, AllowedOver])[] = [
    ['agent', { principal: principal({ agent: 'agent:other' }) }],
    ['delegation', { principal: principal({ delegation: 'dlg_bob' }) }],
    ['session', { principal: principal({ session: 'ses_2' }) }],
    ['operation', { operation: 'GET /issues' }],
    ['scopes', { scopes: ['contents:read'] }],
    ['target', { target: 'acme-corp/prod' }],
    ['life', { expiresInMs: 1_000 }],
    ['integration', { integration: { name: 'slack' } }],
  ]
  it.each(apart)('never uses a copy for another %s', async (_, over) => {
    const { stage, source } = stageWorld()
    await stage.run(allowed())
    await stage.run(allowed(over))
    expect(source.orders).toHaveLength(2)
  })

  it('passes a denial on and keeps nothing of it', async () => {
    const { stage, source } = stageWorld()
    source.give = async () => deny('connection_required', 'nobody connected it')
    expect(await stage.run(allowed())).toMatchObject({ denial: 'connection_required' })
    source.give = async () => credentialOf()
    expect(isCredential(await stage.run(allowed()))).toBe(true)
  })

  it('goes without only where the integration is configured to take none', () => {
    const { stage, source } = stageWorld()
    expect(stage.run(allowed({ integration: { credential: 'none' } }))).toBeNull()
    expect(source.orders).toEqual([])
  })
})

describe('a credential that cannot be had', () => {
  it('is a fault, never null', async () => {
    const { stage, source } = stageWorld()
    source.give = async () => { throw new Fault('credential_unavailable', '503') }
    await expect(stage.run(allowed())).rejects.toMatchObject({ code: 'credential_unavailable' })
  })

  it('is waited for only so long, and the source is told to stop', async () => {
    const { stage, source, time } = stageWorld()
    let stopped = false
    source.give = (_, signal) => {
      signal.addEventListener('abort', () => { stopped = true })
      return latch().opened.then(() => credentialOf())
    }
    const waiting = failureOf(stage.run(allowed()))
    await time.advance(15_000)
    expect(await waiting).toMatchObject({ code: 'authority_unavailable' })
    expect(stopped).toBe(true)
  })

  it('is not waited for once the client has left; others still get it', async () => {
    const { stage, source } = stageWorld()
    const hold = latch()
    source.give = () => hold.opened.then(() => credentialOf())
    const leaver = allowed()
    const left = failureOf(stage.run(leaver))
    const stays = stage.run(allowed())
    await settled()
    const { client } = leaver
    if (client instanceof TestClient) client.leave()
    expect(await left).toMatchObject({ code: 'credential_unavailable' })
    hold.open()
    expect(isCredential(await stays)).toBe(true)
    expect(client instanceof TestClient && client.listeners.size).toBe(0)
  })

  it('is not one that has ended on the way', async () => {
    const { stage, source, time } = stageWorld()
    source.give = async () => credentialOf({ expiresAtMs: time.nowMs() })
    await expect(stage.run(allowed())).rejects.toMatchObject({ code: 'credential_unavailable' })
  })
})

describe('revocation', () => {
  const agent = 'agent:pr-reviewer' as AgentId

  it('stops the use of a copy at once', async () => {
    const { stage, revocations } = stageWorld()
    await stage.run(allowed())
    revocations.revoke({ kind: 'agent', id: agent })
    expect(stage.run(allowed())).toMatchObject({ denial: 'agent_revoked' })
  })

  it('while waiting ends in a denial, though the credential came', async () => {
    const { stage, source, revocations } = stageWorld()
    const hold = latch()
    source.give = () => hold.opened.then(() => credentialOf())
    const waiting = stage.run(allowed())
    await settled()
    revocations.revoke({ kind: 'agent', id: agent })
    hold.open()
    expect(await waiting).toMatchObject({ denial: 'agent_revoked' })
  })

  it('refuses an upstream without credential, too', () => {
    const { stage, revocations } = stageWorld()
    revocations.revoke({ kind: 'agent', id: agent })
    expect(stage.run(allowed({ integration: { credential: 'none' } }))).toMatchObject({ denial: 'agent_revoked' })
  })
})

describe('copies', () => {
  it('are dropped, whatever order they serve, when the control plane says that the credential has ended', async () => {
    const { stage, source, sync } = stageWorld()
    await stage.run(allowed())
    await stage.run(allowed({ operation: 'GET /issues' }))
    sync.credentialRejected('crd_one' as CredentialId)
    expect(stage.run(allowed())).toBeInstanceOf(Promise)
    expect(stage.run(allowed({ operation: 'GET /issues' }))).toBeInstanceOf(Promise)
    await settled()
    expect(source.orders).toHaveLength(4)
  })

  it('are not used in the credential\'s last second', async () => {
    const { stage, source, time } = stageWorld()
    source.give = async () => credentialOf({ expiresAtMs: time.nowMs() + 10 * MINUTE_MS })
    await stage.run(allowed())
    await time.advance(10 * MINUTE_MS - 1_001)
    expect(isCredential(stage.run(allowed()))).toBe(true)
    await time.advance(1)
    expect(stage.run(allowed())).toBeInstanceOf(Promise)
  })

  it('are replaced by what the control plane has renewed, without anybody waiting', async () => {
    const { stage, source, time } = stageWorld()
    const endsAtMs = time.nowMs() + 10 * MINUTE_MS
    source.give = async () => credentialOf({ expiresAtMs: endsAtMs })
    await stage.run(allowed())
    await time.advance(9 * MINUTE_MS)
    expect(stage.run(allowed())).toMatchObject({ id: 'crd_one' })
    await settled()
    expect(source.orders).toHaveLength(2)
    expect(stage.run(allowed())).toMatchObject({ id: 'crd_one' })
    expect(source.orders).toHaveLength(2)
    source.give = async () => credentialOf({ id: 'crd_two' as CredentialId, expiresAtMs: endsAtMs + 10 * MINUTE_MS })
    await time.advance(10_000)
    expect(stage.run(allowed())).toMatchObject({ id: 'crd_one' })
    await settled()
    expect(stage.run(allowed())).toMatchObject({ id: 'crd_two' })
  })

  it('serve on when asking for a newer one fails', async () => {
    const { stage, source, time } = stageWorld()
    source.give = async () => credentialOf({ expiresAtMs: time.nowMs() + 10 * MINUTE_MS })
    await stage.run(allowed())
    source.give = async () => { throw new Fault('authority_unavailable', 'down') }
    await time.advance(9 * MINUTE_MS)
    expect(stage.run(allowed())).toMatchObject({ id: 'crd_one' })
    await settled()
    expect(stage.run(allowed())).toMatchObject({ id: 'crd_one' })
  })

  it('are bounded in number', async () => {
    const { stage, source } = stageWorld({ maxCopies: 2 })
    for (const target of ['a', 'b', 'c']) await stage.run(allowed({ target }))
    expect(isCredential(stage.run(allowed({ target: 'c' })))).toBe(true)
    expect(stage.run(allowed({ target: 'a' }))).toBeInstanceOf(Promise)
    expect(source.orders).toHaveLength(4)
  })
})
