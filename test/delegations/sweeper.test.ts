import { describe, expect, test } from 'vitest'
import { ACCESS, ALICE, configured, HOUR_MS, memoryWorld, present, REVIEWER, startProcess, TRIAGE } from '../registry/support/authority.ts'

const order = { agent: REVIEWER, person: ALICE, access: ACCESS, extend: undefined } as const

describe('what has run out', () => {
  test('ends at its time: streams cut, on record once, tokens gone', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const two = await startProcess(store.other(), time)
    one.registry.subscribe(({ kind }) => (kind === 'delegation' ? 3 : 0))
    const { delegation, session } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + 10_000 }))
    one.sweeper.start()
    two.sweeper.start()
    await time.advance(9_900)
    expect(one.told).toEqual([])
    await time.advance(1_200)
    expect(one.told).toEqual([{ kind: 'delegation', id: delegation.id }])
    expect(two.told).toEqual([{ kind: 'delegation', id: delegation.id }])
    expect(store.data.delegations.get(delegation.id)).toMatchObject({ state: 'expired', endedBy: 'system' })
    const records = [...one.audit.events, ...two.audit.events].filter(({ event }) => event === 'delegation.expired' || event === 'session.ended')
    expect(records).toMatchObject([{ event: 'delegation.expired', by: 'system', outcome: 'ok' }, { event: 'session.ended', session: session.id, outcome: 'ok' }])
    expect(new Set([...one.endedTokens, ...two.endedTokens])).toEqual(new Set([session.id]))
  })

  test('ends a session at its own time, and leaves its delegation', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const { delegation, session } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + 24 * HOUR_MS }))
    one.sweeper.start()
    await time.advance(8 * HOUR_MS + 1_500)
    expect(one.told).toEqual([{ kind: 'session', id: session.id }])
    expect(one.registry.delegation(delegation.id)).toBeDefined()
    expect(store.data.sessions.get(session.id)).toMatchObject({ endReason: 'expired' })
    expect(one.audit.events.at(-1)).toMatchObject({ event: 'session.ended', session: session.id, by: 'system' })
  }, 20_000)

  test('is cut although the store cannot be reached, and ended there once it can', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const { delegation } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + 5_000 }))
    one.sweeper.start()
    store.beforeReading = () => Promise.reject(new Error('no connection'))
    await time.advance(6_500)
    expect(one.told).toEqual([{ kind: 'delegation', id: delegation.id }])
    expect(store.data.delegations.get(delegation.id)?.state).toBe('active')
    store.beforeReading = () => Promise.resolve()
    await time.advance(2_000)
    expect(store.data.delegations.get(delegation.id)?.state).toBe('expired')
    expect(one.told).toHaveLength(1)
  })
})

test('what a revocation left that was cut short by a crash is ended, and so is what an agent has that the configuration revokes', async () => {
  const { time, store } = memoryWorld()
  const one = await startProcess(store, time)
  const { delegation } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + HOUR_MS }))
  const other = present(await one.desk.grant({ ...order, agent: TRIAGE, expiresAtMs: time.nowMs() + HOUR_MS }))
  one.sweeper.start()
  one.registry.apply({ agents: [configured(REVIEWER, { status: 'revoked' }), configured(TRIAGE)], revoked: { delegations: [], sessions: [] } })
  await time.advance(10_000)
  expect(store.data.delegations.get(delegation.id)?.state).toBe('active')
  await time.advance(25_000)
  expect(store.data.delegations.get(delegation.id)).toMatchObject({ state: 'revoked', endReason: 'the agent is revoked' })
  one.registry.apply({ agents: [configured(TRIAGE)], revoked: { delegations: [], sessions: [] } })
  await time.advance(60_000)
  expect(store.data.delegations.get(other.delegation.id)?.state).toBe('active')
})

test('what an agent has that is only unknown here is left alone: another process may know it', async () => {
  const { time, store } = memoryWorld()
  const one = await startProcess(store, time)
  const { delegation } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + HOUR_MS }))
  one.sweeper.start()
  one.registry.apply({ agents: [], revoked: { delegations: [], sessions: [] } })
  await time.advance(120_000)
  expect(store.data.delegations.get(delegation.id)?.state).toBe('active')
})

test('codes, tokens and states that are over are forgotten within two minutes, and no others', async () => {
  const { time, store } = memoryWorld()
  const one = await startProcess(store, time)
  const put = (id: string, lifeMs: number): Promise<void> =>
    one.shortLived.put({ kind: 'login_state', id, payload: {}, expiresAtMs: time.nowMs() + lifeMs })
  for (let at = 0; at < 700; at++) await put(`over ${at}`, 1_000)
  await put('good', HOUR_MS)
  one.sweeper.start()
  await time.advance(120_000)
  expect([...one.shortLived.rows.keys()]).toEqual(['login_state good'])
})
