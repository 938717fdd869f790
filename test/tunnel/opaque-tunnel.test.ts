import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { AuditLog } from '../../src/audit/log.ts'
import { deny, Fault, type Denial } from '../../src/model/denial.ts'
import { newId } from '../../src/model/ids.ts'
import { opaqueTunnels, type OpaqueTunnelDependencies, type TunnelRequest } from '../../src/proxy/opaque-tunnel.ts'
import { principal } from '../policy/fixtures.ts'

const STALE = new Fault('authority_unavailable', 'nothing was heard for too long')

/** One CONNECT to a host that nobody serves, and what became of it. */
async function pass(over: Partial<OpaqueTunnelDependencies> = {}) {
  const told: unknown[] = []
  const posted: AuditEvent[] = []
  const ended = Promise.withResolvers<void>()
  const joined = { run: async () => ({ bytesIn: 1, bytesOut: 2, outcome: 'ok' as const }), abandon: () => void told.push('abandoned') }
  const tunnel = {
    id: newId('dec'), startedMonotonicMs: 0, host: 'elsewhere.example', port: 443, head: Buffer.alloc(0),
    proofs: { token: undefined, delegationToken: undefined, certificate: undefined, bound: undefined }, connection: { place: undefined, onClose: () => undefined },
    socket: Object.assign(new EventEmitter(), { destroy: () => void told.push('destroyed') }) as unknown as Socket,
    accept: () => void told.push('accepted'),
    refuse: (code: string) => {
      told.push(code)
      return 503
    },
  } as TunnelRequest
  const audit = { writable: true, mode: 'relaxed', post: (event: AuditEvent) => { posted.push(event); ended.resolve() } } as unknown as AuditLog
  opaqueTunnels({
    identify: () => principal(), revocations: { epoch: 0, refusal: () => undefined, subscribe: () => () => undefined },
    audit, clock: { nowMs: () => 0, monotonicMs: () => 0 }, open: async () => joined, reportBroken: (error) => void told.push(error), ...over,
  })(tunnel)
  await ended.promise
  return { told, posted }
}

const revocations = (refusal: () => Denial | undefined): OpaqueTunnelDependencies['revocations'] => ({ epoch: 0, refusal, subscribe: () => () => undefined })

describe('a tunnel to a host that no integration serves', () => {
  it('is joined and recorded', async () => {
    const { told, posted } = await pass()
    expect([told, posted]).toMatchObject([['accepted'], [{ event: 'api.call', outcome: 'ok', http: { status: 200 } }]])
  })

  it.each([
    ['at once', () => { throw STALE }],
    ['after a wait', () => Promise.reject(STALE)],
  ])('is 503 where nobody can tell who asks, %s', async (_, identify) => {
    const { told, posted } = await pass({ identify })
    expect(told).toEqual([STALE, 'authority_unavailable'])
    expect(posted).toMatchObject([{ event: 'api.denied', outcome: 'failed', code: 'authority_unavailable', http: { status: 503, host: 'elsewhere.example' } }])
  })

  it('is 503, and its upstream side ended, where nobody can tell what is revoked', async () => {
    const { told, posted } = await pass({ revocations: revocations(() => { throw STALE }) })
    expect(told).toEqual(['abandoned', STALE, 'authority_unavailable'])
    expect(posted).toMatchObject([{ event: 'api.call', outcome: 'failed', code: 'authority_unavailable', agent: { id: 'agent:bot' } }])
  })

  it('is refused, and its upstream side ended, where the agent was revoked while it was dialled', async () => {
    const { told, posted } = await pass({ revocations: revocations(() => deny('agent_revoked', 'revoked by the test')) })
    expect([told, posted]).toMatchObject([['abandoned', 'agent_revoked'], [{ event: 'api.denied', code: 'agent_revoked' }]])
  })

  it('looks at what is revoked after it was dialled, in the turn in which it joins', async () => {
    let revoked = false
    const { told } = await pass({
      revocations: revocations(() => (revoked ? deny('agent_revoked', 'r') : undefined)),
      open: async () => {
        queueMicrotask(() => { revoked = true })
        return { run: () => Promise.reject(new Error('was joined')), abandon: () => undefined }
      },
    })
    expect(told).toEqual(['agent_revoked'])
  })
})
