import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { ACCESS, ALICE, BOB, HOUR_MS, memoryWorld, present, principalOf, REVIEWER, startProcess, TRIAGE, type ProcessOptions } from '../registry/support/authority.ts'

async function world(options: ProcessOptions = {}) {
  const { time, store } = memoryWorld()
  const process = await startProcess(store, time, options)
  const order = { agent: REVIEWER, person: ALICE, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + HOUR_MS }
  return { time, store, process, order, grant: async (changes: Partial<typeof order> = {}) => present(await process.desk.grant({ ...order, ...changes })) }
}

describe('an approval', () => {
  test('is durable, in the live copy and on record, with its names, once it is told', async () => {
    const { store, process, grant, time } = await world()
    await store.people.signIn({ id: ALICE, issuer: 'i', subject: 's', name: 'Alice Chen', email: undefined, groups: [] })
    const { delegation, session } = await grant()
    expect(store.data.delegations.get(delegation.id)).toEqual(delegation)
    expect(store.data.sessions.get(session.id)).toEqual(session)
    expect(process.registry.refusal(principalOf(process, REVIEWER, ALICE, delegation.id, session.id))).toBeUndefined()
    const who = { agent: { id: REVIEWER, name: 'PR-REVIEWER' }, user: { id: ALICE, name: 'Alice Chen' }, delegation: delegation.id, session: session.id, outcome: 'ok' }
    expect(process.audit.events).toEqual([
      { event: 'delegation.granted', ...who, scopes: ['github:pulls:read'], target: 'acme-corp/*', expires_in: '3600s' },
      { event: 'session.started', ...who },
    ])
    expect(await process.desk.live(session.id)).toEqual({ delegation, session })
    await time.advance(HOUR_MS)
    expect(await process.desk.live(session.id)).toBeUndefined()
  })

  test('is not given where it cannot be recorded', async () => {
    const { store, process, order } = await world()
    process.audit.writable = false
    await expect(process.desk.grant(order)).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(store.data.delegations.size).toBe(0)
  })

  test('ends no later than configuration and rules allow, and its session no later than sessions do', async () => {
    const { time, grant } = await world({ desk: { ruleBoundMs: (_, access) => (access[0]?.integration === 'slack' ? 600_000 : undefined) } })
    const long = await grant({ expiresAtMs: time.nowMs() + 100 * HOUR_MS })
    expect(long.delegation.expiresAtMs - time.nowMs()).toBe(24 * HOUR_MS)
    expect(long.session.expiresAtMs - time.nowMs()).toBe(8 * HOUR_MS)
    const ruled = await grant({ access: [{ integration: 'slack', scopes: ['chat:write'], targets: ['*'], connection: undefined }] })
    expect([ruled.delegation.expiresAtMs, ruled.session.expiresAtMs]).toEqual([time.nowMs() + 600_000, time.nowMs() + 600_000])
  })

  test('that is extended ends no later than the rules for all of it allow, for that person', async () => {
    const asked: unknown[] = []
    const { time, grant, store } = await world({
      desk: {
        ruleBoundMs: ({ person, groups }, access) => {
          asked.push([person, groups, access.map(({ integration }) => integration)])
          return access.some(({ integration }) => integration === 'github') ? 600_000 : undefined
        },
      },
    })
    await store.people.signIn({ id: ALICE, issuer: 'i', subject: 's', name: undefined, email: undefined, groups: ['eng'] })
    const { session } = await grant()
    const more = await grant({
      extend: session.id as never, expiresAtMs: time.nowMs() + 20 * HOUR_MS,
      access: [{ integration: 'slack', scopes: ['chat:write'], targets: ['*'], connection: undefined }],
    })
    expect(more.delegation.expiresAtMs - time.nowMs()).toBe(600_000)
    expect(asked).toEqual([[ALICE, ['eng'], ['github']], [ALICE, ['eng'], ['github', 'slack']]])
  })

  test.each([
    ['of nothing', { access: [] }],
    ['of more than a token can say', { access: Array.from({ length: 65 }, (_, n) => ({ integration: 'github', scopes: [`s${n}`], targets: ['*'], connection: undefined })) }],
    ['that is over before it begins', { expiresAtMs: 0 }],
    ['that ends at no time', { expiresAtMs: NaN }],
  ])('%s is misuse, and changes nothing', async (_, changes) => {
    const { process, order, store } = await world()
    await expect(process.desk.grant({ ...order, ...changes })).rejects.toThrow(TypeError)
    expect([store.data.delegations.size, process.audit.events.length]).toEqual([0, 0])
  })

  test('is not given to an agent that is revoked or unknown', async () => {
    const { process, order } = await world()
    await process.revoker.agent(REVIEWER, { by: 'user:ops@acme.com', reason: undefined })
    expect(await process.desk.grant(order)).toBeUndefined()
    expect(await process.desk.grant({ ...order, agent: newId('dlg') as never })).toBeUndefined()
    expect(process.audit.codes()).not.toContain('delegation.granted')
  })

  test('that an agent got while it was being revoked ends with the rest', async () => {
    const { store, process, order } = await world()
    const { commit } = process.audit
    process.audit.commit = async (event) => {
      if (event.event === 'session.started') await process.revoker.agent(REVIEWER, { by: 'user:ops@acme.com', reason: undefined })
      return commit.call(process.audit, event)
    }
    expect(await process.desk.grant(order)).toBeUndefined()
    expect([...store.data.delegations.values()].map(({ state }) => state)).toEqual(['revoked'])
    expect(process.registry.live.size).toBe(0)
  })

  test('is refused beyond what is kept in memory, in all and for one person, and nothing is forgotten', async () => {
    const { process, order, grant } = await world({ desk: { limits: { delegations: 3, delegationsOfPerson: 2 } } })
    const [first] = [await grant(), await grant()]
    await expect(process.desk.grant(order)).rejects.toMatchObject({ code: 'authority_unavailable', message: expect.stringContaining('this person') })
    await grant({ person: BOB })
    await expect(process.desk.grant({ ...order, person: BOB })).rejects.toMatchObject({ code: 'authority_unavailable' })
    expect(process.registry.delegation(first.delegation.id)).toBeDefined()
    await process.revoker.delegation(first.delegation.id, { by: ALICE, reason: undefined })
    await grant()
  })

  test('that could not be taken into the live copy is taken back', async () => {
    const { store, process, order } = await world()
    store.beforeReading = (what) => (what === 'delegations.get' ? Promise.reject(new Error('no connection')) : Promise.resolve())
    await expect(process.desk.grant(order)).rejects.toThrow('no connection')
    expect([...store.data.delegations.values()].map(({ state }) => state)).toEqual(['revoked'])
    expect(process.audit.events.at(-2)).toMatchObject({ event: 'delegation.revoked', by: 'system', outcome: 'failed' })
  })
})

describe('a session that asks for more', () => {
  const more = [{ integration: 'slack', scopes: ['chat:write'], targets: ['#code-review'], connection: undefined }]

  test('widens the delegation that it has, in force and on record', async () => {
    const { process, grant, order, time } = await world()
    const { delegation, session } = await grant()
    const widened = present(await process.desk.grant({ ...order, access: more, extend: session.id, expiresAtMs: time.nowMs() + 2 * HOUR_MS }))
    expect(widened.session.id).toBe(session.id)
    expect(widened.delegation).toMatchObject({ id: delegation.id, access: [...ACCESS, ...more], expiresAtMs: time.nowMs() + 2 * HOUR_MS, version: 2 })
    expect(process.registry.delegation(delegation.id)?.consent.map(({ integration }) => integration)).toEqual(['github', 'slack'])
    expect(process.audit.events.at(-1)).toMatchObject({ event: 'delegation.extended', delegation: delegation.id, scopes: ['github:pulls:read', 'slack:chat:write'] })
    expect(process.told).toEqual([])
  })

  test.each([
    ['of another agent', { agent: TRIAGE }],
    ['of another person', { person: BOB }],
  ])('is not widened by one %s', async (_, changes) => {
    const { process, grant, order } = await world()
    const { delegation, session } = await grant()
    expect(await process.desk.grant({ ...order, ...changes, access: more, extend: session.id })).toBeUndefined()
    expect(process.registry.delegation(delegation.id)?.consent).toHaveLength(1)
    expect(process.audit.codes()).not.toContain('delegation.extended')
  })

  test('is not widened once it has ended', async () => {
    const { process, grant, order } = await world()
    const { session } = await grant()
    await process.revoker.session(session.id, { by: ALICE, reason: undefined })
    expect(await process.desk.grant({ ...order, access: more, extend: session.id })).toBeUndefined()
  })

  test('keeps what somebody else was granted for it at the same moment', async () => {
    const { process, grant, order } = await world()
    const { delegation, session } = await grant()
    const wishes = ['a', 'b', 'c'].map((scope) => ({ ...order, extend: session.id, access: [{ integration: 'tickets', scopes: [scope], targets: ['*'], connection: undefined }] }))
    await Promise.all(wishes.map((wish) => process.desk.grant(wish)))
    expect(process.registry.delegation(delegation.id)?.consent.find(({ integration }) => integration === 'tickets')?.scopes.toSorted()).toEqual(['a', 'b', 'c'])
  })
})

describe('a session', () => {
  test('is started under a delegation that is good, and under no other', async () => {
    const { process, grant } = await world({ desk: { limits: { sessionsOfDelegation: 2 } } })
    const { delegation } = await grant()
    const session = present(await process.desk.startSession(delegation.id))
    expect(process.registry.refusal(principalOf(process, REVIEWER, ALICE, delegation.id, session.id))).toBeUndefined()
    await expect(process.desk.startSession(delegation.id)).rejects.toMatchObject({ code: 'authority_unavailable' })
    await process.revoker.delegation(delegation.id, { by: ALICE, reason: undefined })
    expect(await process.desk.startSession(delegation.id)).toBeUndefined()
    expect(await process.desk.startSession(newId('dlg'))).toBeUndefined()
  })

  test('has one secret, the last, of which only the digest is kept', async () => {
    const { process, grant, store } = await world()
    const { session } = await grant()
    const [first, second] = [present(await process.desk.newSessionSecret(session.id)), present(await process.desk.newSessionSecret(session.id))]
    expect(second).toMatch(new RegExp(`^${session.id}\\.[A-Za-z0-9_-]{43}$`))
    expect(first).not.toBe(second)
    expect(process.registry.session(session.id)?.secretDigest).toBe(createHash('sha256').update(second).digest('base64url'))
    expect(JSON.stringify([...store.data.sessions.values()])).not.toContain(second.split('.')[1])
    await process.revoker.session(session.id, { by: ALICE, reason: undefined })
    expect(await process.desk.newSessionSecret(session.id)).toBeUndefined()
  })
})
