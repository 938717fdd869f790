import { describe, expect, test } from 'vitest'
import { newId, type ConnectionId } from '../../src/model/ids.ts'
import type { Connection } from '../../src/store/ports/connections.ts'
import { ACCESS, ALICE, BOB, configured, HOUR_MS, memoryWorld, newAgent, present, principalOf, REVIEWER, startProcess, TRIAGE, until } from './support/authority.ts'

const order = { agent: REVIEWER, person: ALICE, access: ACCESS, extend: undefined } as const

describe('the live copy', () => {
  test('holds at its start what the store held: agents, delegations, sessions, names and groups', async () => {
    const { time, store } = memoryWorld()
    await store.agents.create(newAgent('agent:stored', { spiffeId: 'spiffe://acme/stored' }))
    await store.agents.revoke({ agent: TRIAGE, by: 'user:ops@acme.com', reason: undefined })
    await store.people.signIn({ id: ALICE, issuer: 'https://idp', subject: '1', name: 'Alice Chen', email: undefined, groups: ['eng'] })
    const [id, session] = [newId('dlg'), newId('ses')]
    const connection = newId('con')
    await store.delegations.create({ id, agent: REVIEWER, person: ALICE, access: [{ ...present(ACCESS[0]), connection }], expiresAtMs: time.nowMs() + HOUR_MS, session })
    const { registry } = await startProcess(store, time)
    expect(registry.agentBySpiffeId('spiffe://acme/stored')).toMatchObject({ id: 'agent:stored', status: 'active' })
    expect(registry.agent(TRIAGE)?.status).toBe('revoked')
    expect(registry.delegation(id)).toMatchObject({ agent: REVIEWER, person: ALICE, personName: 'Alice Chen', groups: ['eng'], consent: [{ integration: 'github' }] })
    expect(registry.delegation(id)?.connections['github']).toBe(connection)
    expect(registry.session(session)).toMatchObject({ delegation: id })
  })

  test('is whole where the store gives its lists in many parts', async () => {
    const { time, store } = memoryWorld()
    for (let n = 0; n < 1_203; n += 1) await store.delegations.create({ id: newId('dlg'), agent: REVIEWER, person: ALICE, access: ACCESS, expiresAtMs: time.nowMs() + HOUR_MS, session: newId('ses') })
    const { registry } = await startProcess(store, time)
    expect([registry.live.size, registry.live.sessionCount]).toEqual([1_203, 1_203])
  })

  test('misses nothing that changes while it is read', async () => {
    const { time, store } = memoryWorld()
    const make = async (): Promise<{ id: ReturnType<typeof newId<'dlg'>>; session: ReturnType<typeof newId<'ses'>> }> => {
      const made = { id: newId('dlg'), session: newId('ses') }
      await store.delegations.create({ ...made, agent: REVIEWER, person: ALICE, access: ACCESS, expiresAtMs: time.nowMs() + HOUR_MS })
      return made
    }
    const [ends, stays] = [await make(), await make()]
    const other = store.other()
    let late: Awaited<ReturnType<typeof make>> | undefined
    let agentEnded = false
    store.afterReading = async (what) => {
      if (what === 'delegations.list' && late === undefined) {
        late = { id: newId('dlg'), session: newId('ses') }
        await other.delegations.create({ ...late, agent: REVIEWER, person: BOB, access: ACCESS, expiresAtMs: time.nowMs() + HOUR_MS })
        await other.delegations.end(ends.id, 'revoked', ALICE, undefined)
      }
      if (what === 'agents.revocations' && !agentEnded) {
        agentEnded = true
        await other.agents.revoke({ agent: TRIAGE, by: 'user:ops@acme.com', reason: undefined })
      }
    }
    const { registry } = await startProcess(store, time)
    await until(() => registry.agent(TRIAGE)?.status === 'revoked' && registry.delegation(present(late).id) !== undefined)
    expect(registry.delegation(ends.id)).toBeUndefined()
    expect(registry.session(ends.session)).toBeUndefined()
    expect(registry.session(stays.session)).toBeDefined()
    expect(registry.session(present(late).session)).toBeDefined()
  })

  test('never takes in what was read before it was taken back', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const { delegation, session } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + HOUR_MS }))
    const held = Promise.withResolvers<void>()
    let reading = 0
    store.afterReading = (what) => (what === 'delegations.get' && (reading += 1) === 1 ? held.promise : Promise.resolve())
    store.announce({ kind: 'delegation', id: delegation.id })
    await until(() => reading === 1)
    await one.revoker.delegation(delegation.id, { by: ALICE, reason: undefined })
    held.resolve()
    await until(() => reading > 1)
    expect(one.registry.delegation(delegation.id)).toBeUndefined()
    expect(one.registry.refusal(principalOf(one, REVIEWER, ALICE, delegation.id, session.id))?.denial).toBe('delegation_revoked')
    expect(one.told).toEqual([{ kind: 'delegation', id: delegation.id }])
  })

  test('takes the name and the groups of the last sign-in into every delegation of the person', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const { delegation } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + HOUR_MS }))
    const { epoch } = one.registry
    await store.other().people.signIn({ id: ALICE, issuer: 'i', subject: 's', name: 'Alice', email: undefined, groups: ['leads'] })
    await until(() => one.registry.epoch > epoch)
    expect(one.registry.delegation(delegation.id)).toMatchObject({ personName: 'Alice', groups: ['leads'] })
  })

  test('takes an agent of the store that clashes for no agent, by none of its proofs, and tells it once', async () => {
    const { time, store } = memoryWorld()
    await store.agents.create(newAgent('agent:thief', { spiffeId: 'spiffe://acme/pr-reviewer', serviceAccount: 'system:serviceaccount:x:thief' }))
    await time.advance(1)
    await store.agents.create(newAgent(TRIAGE, { spiffeId: 'spiffe://acme/elsewhere' }))
    const one = await startProcess(store, time)
    expect(one.registry.agentBySpiffeId('spiffe://acme/pr-reviewer')?.id).toBe(REVIEWER)
    expect(one.registry.agent(newAgent('agent:thief').id)).toBeUndefined()
    expect(one.registry.agentByServiceAccount('system:serviceaccount:x:thief')).toBeUndefined()
    expect(one.registry.agentBySpiffeId('spiffe://acme/elsewhere')).toBeUndefined()
    await store.agents.create(newAgent('agent:honest'))
    await until(() => one.registry.agent(newAgent('agent:honest').id) !== undefined)
    expect(one.clashes).toEqual([
      { agent: 'agent:thief', proof: 'spiffeId', with: REVIEWER },
      { agent: TRIAGE, proof: 'id', with: TRIAGE },
    ])
    expect(one.registry.clashOf(configured(newAgent('agent:new').id, { spiffeId: 'spiffe://acme/pr-reviewer' }))).toMatchObject({ proof: 'spiffeId' })
    expect(one.registry.clashOf(configured(newAgent('agent:new').id))).toBeUndefined()
  })

  test('tells that a connection was ended by another process, once, and again after it came back', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const id = newId('con')
    const state = (is: Connection['state']): void => {
      store.data.connections.set(id, { id, integration: 'github', state: is } as Connection)
      store.announce({ kind: 'connection', id })
    }
    state('active')
    state('revoked')
    await until(() => one.told.length === 1)
    store.announce({ kind: 'connection', id })
    state('active')
    await until(() => one.registry.epoch === 1)
    await time.advance(10)
    expect(one.told).toEqual([{ kind: 'connection', id }])
    state('revoked')
    await until(() => one.told.length === 2)
  })

  test('tells, once everything was read again, that connections ended meanwhile', async () => {
    const { time, store } = memoryWorld()
    const id: ConnectionId = newId('con')
    store.data.connections.set(id, { id, integration: 'github', state: 'active' } as Connection)
    const one = await startProcess(store, time)
    await one.desk.grant({ ...order, access: [{ ...present(ACCESS[0]), connection: id }], expiresAtMs: time.nowMs() + HOUR_MS })
    store.fallSilent()
    await store.other().connections.revoke(id, 'gone')
    store.hearAgain()
    await until(() => one.told.length > 0)
    expect(one.told).toEqual([{ kind: 'connection', id }])
  })
})

describe('a delegation that is kept here', () => {
  test.each([
    ['is good for its agent and its person, in its session', REVIEWER, ALICE, 'own', undefined],
    ['is of no use to another agent', TRIAGE, ALICE, 'own', 'proof_mismatch'],
    ['is of no use in a run for another person', REVIEWER, BOB, 'own', 'proof_mismatch'],
    ['is of no use with a session of another delegation', REVIEWER, ALICE, 'other', 'proof_mismatch'],
    ['is of no use with a session that never was', REVIEWER, ALICE, 'none', 'session_ended'],
    ['is of no use without a session', REVIEWER, ALICE, 'absent', 'session_ended'],
  ] as const)('%s', async (_, agent, person, which, code) => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const { delegation, session } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + HOUR_MS }))
    const other = present(await one.desk.grant({ ...order, person: BOB, expiresAtMs: time.nowMs() + HOUR_MS }))
    const shown = { own: session.id, other: other.session.id, none: newId('ses'), absent: undefined }[which]
    expect(one.registry.refusal(principalOf(one, agent, person, delegation.id, shown))?.denial).toBe(code)
  })

  test('is refused where it is not known, even while it still stands in a cached principal', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    expect(one.registry.refusal(principalOf(one, REVIEWER, ALICE, newId('dlg'), newId('ses')))?.denial).toBe('delegation_revoked')
  })

  test('is told to have expired, at its moment, and its session with it', async () => {
    const { time, store } = memoryWorld()
    const one = await startProcess(store, time)
    const { delegation, session } = present(await one.desk.grant({ ...order, expiresAtMs: time.nowMs() + 1_000 }))
    const principal = principalOf(one, REVIEWER, ALICE, delegation.id, session.id)
    await time.advance(999)
    expect(one.registry.refusal(principal)).toBeUndefined()
    await time.advance(1)
    expect(one.registry.refusal(principal)?.denial).toBe('delegation_expired')
    expect([one.registry.delegation(delegation.id), one.registry.session(session.id)]).toEqual([undefined, undefined])
    one.registry.expireDue()
    one.registry.expireDue()
    expect(one.registry.refusal(principal)?.denial).toBe('delegation_expired')
    expect(one.told).toEqual([{ kind: 'delegation', id: delegation.id }])
  })
})
