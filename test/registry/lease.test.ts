import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/model/denial.ts'
import { ACCESS, ALICE, HOUR_MS, memoryWorld, present, principalOf, REVIEWER, startProcess, TRIAGE, until, type Process } from './support/authority.ts'

const itself = { agent: REVIEWER, agentName: 'x', identifiedBy: 'mtls', delegation: undefined } as const

/** The code of the fault, of the denial, or `good`. */
function verdict({ registry }: Pick<Process, 'registry'>, principal: Parameters<typeof registry.refusal>[0] = itself): string {
  try {
    return registry.refusal(principal)?.denial ?? 'good'
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}

describe('the lease', () => {
  test('runs out once nothing is heard of the store for longer, and comes back by itself', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time, { leaseMs: 5_000 })
    store.fallSilent()
    await time.advance(5_000)
    expect(verdict(one)).toBe('good')
    await time.advance(1)
    expect(verdict(one)).toBe('authority_unavailable')
    store.hearAgain()
    await until(() => verdict(one) === 'good')
  })

  test('has run out, although the store is heard again, until what was missed is read', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time, { leaseMs: 5_000 })
    const { delegation, session } = present(await one.desk.grant({ agent: TRIAGE, person: ALICE, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + HOUR_MS }))
    const principal = principalOf(one, TRIAGE, ALICE, delegation.id, session.id)
    store.fallSilent()
    await store.other().delegations.end(delegation.id, 'revoked', ALICE, undefined)
    await time.advance(10_000)
    const held = Promise.withResolvers<void>()
    store.beforeReading = () => held.promise
    store.hearAgain()
    await time.advance(10)
    // Silent for nothing by now, and yet nobody knows what was missed.
    expect(verdict(one, principal)).toBe('authority_unavailable')
    held.resolve()
    await until(() => verdict(one, principal) === 'delegation_revoked')
    expect(one.told).toEqual([{ kind: 'delegation', id: delegation.id }])
    expect(verdict(one)).toBe('good')
  })

  test('runs out where a change that was told cannot be read', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time, { leaseMs: 5_000 })
    store.beforeReading = () => Promise.reject(new Error('no connection'))
    await store.other().agents.revoke({ agent: TRIAGE, by: 'user:ops@acme.com', reason: undefined })
    await time.advance(5_000)
    expect(verdict(one)).toBe('good')
    await time.advance(600)
    expect(verdict(one)).toBe('authority_unavailable')
    expect(one.errors.length).toBeGreaterThan(2)
    store.beforeReading = () => Promise.resolve()
    await time.advance(5_000)
    expect(verdict(one)).toBe('good')
    expect(one.registry.agent(TRIAGE)?.status).toBe('revoked')
  })

  test('is not run down by changes that are read in time', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time, { leaseMs: 5_000 })
    const other = store.other()
    for (let n = 0; n < 20; n += 1) {
      await (n % 2 === 0 ? other.agents.revoke({ agent: TRIAGE, by: 'x', reason: undefined }) : other.agents.restore(TRIAGE))
      await time.advance(1_000)
      expect(verdict(one)).toBe('good')
    }
  })

  test('does not let a process start that cannot read the store', async () => {
    const { time, store } = memoryWorld()
    store.beforeReading = (what) => (what === 'approvals.list' ? Promise.reject(new Error('no connection')) : Promise.resolve())
    await expect(startProcess(store, time)).rejects.toThrow('no connection')
  })

  test('ends with the process: what is waited for is refused', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    store.beforeReading = () => new Promise(() => undefined)
    const waiting = one.mirror.refreshed({ kind: 'agent', id: REVIEWER })
    one.mirror.close()
    await expect(waiting).rejects.toMatchObject({ code: 'authority_unavailable' })
    await expect(one.mirror.refreshed({ kind: 'agent', id: REVIEWER })).rejects.toMatchObject({ code: 'authority_unavailable' })
  })
})
