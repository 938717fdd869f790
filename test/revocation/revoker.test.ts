import { describe, expect, test } from 'vitest'
import { signInEnded } from '../../src/authority/people/sign-outs.ts'
import { newId } from '../../src/model/ids.ts'
import type { Connection } from '../../src/store/ports/connections.ts'
import {
  ACCESS, ALICE, BOB, configured, HOUR_MS, memoryWorld, newAgent, present, principalOf, REVIEWER, startProcess, TRIAGE, until, type Process, type ProcessOptions,
} from '../registry/support/authority.ts'

const OPS = { by: 'user:ops@acme.com', reason: 'it misbehaves' }

async function world(options: ProcessOptions = {}) {
  const { time, store } = memoryWorld()
  const process = await startProcess(store, time, options)
  const grant = async (agent = REVIEWER, person = ALICE, at: Process = process) =>
    present(await at.desk.grant({ agent, person, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + HOUR_MS }))
  const verdict = (who: Awaited<ReturnType<typeof grant>>, at: Process = process): string =>
    at.registry.refusal(principalOf(at, who.delegation.agent, who.delegation.person, who.delegation.id, who.session.id))?.denial ?? 'good'
  return { time, store, process, grant, verdict }
}

describe('revoking an agent', () => {
  test('blocks it, ends what it was given, says what was done, and leaves the others alone', async () => {
    const { process, grant, verdict, store } = await world({
      revoker: { credentials: { endAll: ({ kind }) => Promise.resolve(kind === 'agent' ? [{ integration: 'github', dropped: 3, revokedUpstream: 2 }] : []) } },
    })
    process.registry.subscribe(({ kind }) => (kind === 'agent' ? 4 : 0))
    const [one, two, other] = [await grant(), await grant(REVIEWER, BOB), await grant(TRIAGE)]
    const report = present(await process.revoker.agent(REVIEWER, OPS))
    expect({ ...report, delegations: report.delegations.toSorted(), sessions: report.sessions.toSorted() }).toEqual({
      revoked: REVIEWER, changed: true, streamsCut: 4, connections: [],
      delegations: [one.delegation.id, two.delegation.id].toSorted(), sessions: [one.session.id, two.session.id].toSorted(),
      credentials: [{ integration: 'github', dropped: 3, revokedUpstream: 2 }],
      left: ['github: 1 of 3 credentials could not be revoked there; they are dropped here, and good there until they run out or are replaced.'],
    })
    expect([verdict(one), verdict(two), verdict(other)]).toEqual(['agent_revoked', 'agent_revoked', 'good'])
    expect(process.told[0]).toEqual({ kind: 'agent', id: REVIEWER })
    expect(process.endedTokens.toSorted()).toEqual([one.session.id, two.session.id].toSorted())
    expect(store.data.delegations.get(other.delegation.id)?.state).toBe('active')
    const records = process.audit.events.filter(({ outcome, event }) => event === 'agent.revoked' || event === 'delegation.revoked' || outcome === 'revoked')
    expect(records.map(({ event, by, reason }) => [event, by, reason])).toEqual([
      ['agent.revoked', OPS.by, OPS.reason],
      ...[one, two].flatMap(() => [['delegation.revoked', OPS.by, OPS.reason], ['session.ended', OPS.by, OPS.reason]]),
    ])
  })

  test('is in force before anything else is done: when subscribers are told, it is durable and refused', async () => {
    const { process, grant, verdict, store } = await world()
    const one = await grant()
    const seen: unknown[] = []
    process.registry.subscribe((revoked) => void (revoked.kind === 'agent' && seen.push([store.data.revocations.has(REVIEWER), verdict(one), process.endedTokens.length])))
    await process.revoker.agent(REVIEWER, OPS)
    expect(seen).toEqual([[true, 'agent_revoked', 0]])
  })

  test('changes nothing a second time, and does what a crash left', async () => {
    const { process, grant, store } = await world()
    const { delegation } = await grant()
    await store.agents.revoke({ agent: REVIEWER, by: OPS.by, reason: undefined })
    await until(() => process.told.length === 1)
    expect(await process.revoker.agent(REVIEWER, OPS)).toMatchObject({ changed: true, delegations: [delegation.id] })
    expect(await process.revoker.agent(REVIEWER, OPS)).toMatchObject({ changed: false, delegations: [], sessions: [], streamsCut: 0 })
    expect(process.told.filter(({ kind }) => kind === 'agent')).toHaveLength(1)
  })

  test('does not fail open where the store fails: nothing is told to be revoked that is not', async () => {
    const { process, store, grant, verdict } = await world()
    const one = await grant()
    store.agents.revoke = () => Promise.reject(new Error('no connection'))
    await expect(process.revoker.agent(REVIEWER, OPS)).rejects.toThrow('no connection')
    expect([process.told, verdict(one), process.audit.codes().includes('agent.revoked')]).toEqual([[], 'good', false])
  })

  test('knows no agent that nobody registered', async () => {
    const { process } = await world()
    expect(await process.revoker.agent(newAgent('agent:nobody').id, OPS)).toBeUndefined()
    expect(await process.revoker.restoreAgent(newAgent('agent:nobody').id, OPS)).toBeUndefined()
  })

  test('ends more than one part of the list', async () => {
    const { process, grant } = await world()
    for (let n = 0; n < 230; n += 1) await grant()
    expect((await process.revoker.agent(REVIEWER, OPS))?.delegations).toHaveLength(230)
    expect(process.registry.live.size).toBe(0)
  })
})

describe('restoring an agent', () => {
  test('lets people approve anew, and brings back nothing that was approved before', async () => {
    const { process, grant, verdict } = await world()
    const before = await grant()
    await process.revoker.agent(REVIEWER, OPS)
    expect(await process.revoker.restoreAgent(REVIEWER, OPS)).toBe(true)
    expect(verdict(before)).toBe('delegation_revoked')
    expect(verdict(await grant())).toBe('good')
    expect(process.audit.events).toContainEqual({ event: 'agent.restored', agent: { id: REVIEWER, name: 'PR-REVIEWER' }, by: OPS.by, reason: OPS.reason, outcome: 'ok' })
    expect(await process.revoker.restoreAgent(REVIEWER, OPS)).toBe(false)
  })

  test('brings back nothing of a revocation that a crash cut short', async () => {
    const { process, grant, verdict, store } = await world()
    const before = await grant()
    await store.agents.revoke({ agent: REVIEWER, by: OPS.by, reason: undefined })
    await until(() => process.told.length === 1)
    expect(await process.revoker.restoreAgent(REVIEWER, OPS)).toBe(true)
    expect(verdict(before)).toBe('delegation_revoked')
  })

  test('is not done where the configuration revokes it', async () => {
    const { process } = await world({ agents: [configured(REVIEWER, { status: 'revoked' })] })
    expect(await process.revoker.restoreAgent(REVIEWER, OPS)).toBe('configuration')
    expect(process.registry.agent(REVIEWER)?.status).toBe('revoked')
  })
})

describe('revoking less than an agent', () => {
  test('a delegation: it and its sessions, and no other of the same agent or person', async () => {
    const { process, grant, verdict } = await world()
    const [one, other] = [await grant(), await grant()]
    const second = present(await process.desk.startSession(one.delegation.id))
    const report = present(await process.revoker.delegation(one.delegation.id, { by: ALICE, reason: undefined }))
    expect(report).toMatchObject({ changed: true, delegations: [one.delegation.id] })
    expect(report.sessions.toSorted()).toEqual([one.session.id, second.id].toSorted())
    expect([verdict(one), verdict({ ...one, session: second }), verdict(other)]).toEqual(['delegation_revoked', 'delegation_revoked', 'good'])
    expect(process.audit.events.find(({ event }) => event === 'delegation.revoked')?.by).toBeUndefined()
    expect(await process.revoker.delegation(one.delegation.id, OPS)).toMatchObject({ changed: false, sessions: [] })
    expect(await process.revoker.delegation(newId('dlg'), OPS)).toBeUndefined()
  })

  test('a session: it alone', async () => {
    const { process, grant, verdict } = await world()
    const one = await grant()
    const second = present(await process.desk.startSession(one.delegation.id))
    process.registry.subscribe(() => 1)
    expect(await process.revoker.session(second.id, OPS)).toMatchObject({ changed: true, sessions: [second.id], delegations: [], streamsCut: 1 })
    expect([verdict(one), verdict({ ...one, session: second })]).toEqual(['good', 'session_ended'])
    expect(process.endedTokens).toEqual([second.id])
    expect(await process.revoker.session(second.id, OPS)).toMatchObject({ changed: false, sessions: [], streamsCut: 0 })
    expect(await process.revoker.session(newId('ses'), OPS)).toBeUndefined()
  })

  test('a session whose tokens cannot be forgotten: told, and refused all the same', async () => {
    const { process, grant, store } = await world()
    const one = await grant()
    const { DelegationEnding } = await import('../../src/authority/delegations/delegation-ending.ts')
    const errors: unknown[] = []
    const ending = new DelegationEnding({
      store, registry: process.registry, audit: process.audit, onError: (error) => errors.push(error), tokens: { endSession: () => Promise.reject(new Error('no connection')) },
    })
    expect(await ending.session(one.session.id, 'revoked', OPS)).toMatchObject({ changed: true, tokensLeft: [one.session.id] })
    expect(errors).toHaveLength(1)
    expect(await process.desk.live(one.session.id)).toBeUndefined()
  })
})

describe('revoking a connection', () => {
  const connection = (id: Connection['id'], state: Connection['state'] = 'active'): Connection => ({ id, integration: 'github', owner: ALICE, state }) as Connection

  test('ends it here and there, cuts what goes through it, and is told once although the feed tells it too', async () => {
    const { process, store } = await world()
    process.registry.subscribe(() => 2)
    const id = newId('con')
    store.data.connections.set(id, connection(id))
    expect(await process.revoker.connection(id, OPS)).toEqual({
      revoked: id, changed: true, delegations: [], sessions: [], connections: [id], credentials: [], streamsCut: 2, left: [],
    })
    await until(() => store.reads > 3)
    expect(process.told).toEqual([{ kind: 'connection', id }])
    expect(process.audit.events.at(-1)).toEqual({
      event: 'connection.revoked', user: { id: ALICE, name: undefined }, by: OPS.by, integration: 'github', connection: id, reason: OPS.reason, outcome: 'ok',
    })
    expect(await process.revoker.connection(id, OPS)).toMatchObject({ changed: false, connections: [] })
    expect(await process.revoker.connection(newId('con'), OPS)).toBeUndefined()
  })

  test('waits for an upstream for so long, and says that it did not answer', async () => {
    const { time, store } = memoryWorld()
    const process = await startProcess(store, time, {
      revoker: {
        connections: { of: () => Promise.resolve([]), end: async (id, reason) => { await store.connections.revoke(id, reason); return new Promise(() => undefined) } },
        credentials: { endAll: () => new Promise(() => undefined) },
      },
    })
    const id = newId('con')
    store.data.connections.set(id, connection(id))
    const revoking = process.revoker.connection(id, OPS)
    await until(() => process.told.length === 1)
    for (let n = 0; n < 4; n += 1) await time.advance(15_000)
    const report = present(await revoking)
    expect(report).toMatchObject({ changed: true, connections: [id] })
    expect(report.left).toEqual([
      `github: it did not answer in time whether ${id} is revoked there; it is ended here.`,
      'Not every upstream answered in time whether its credentials are revoked there; they are dropped here.',
    ])
  })
})

test('revoking all that one person gave ends their delegations and connections, and nobody else’s', async () => {
  const { store, time } = memoryWorld()
  const id = newId('con')
  store.data.connections.set(id, { id, integration: 'github', owner: ALICE, state: 'active' } as Connection)
  const process = await startProcess(store, time, {
    revoker: {
      connections: {
        of: (person) => Promise.resolve([...store.data.connections.values()].filter(({ owner }) => owner === person)),
        end: async (one, reason) => { await store.connections.revoke(one, reason); return 'GitHub keeps the installation.' },
      },
      credentials: { endAll: ({ kind }) => Promise.resolve(kind === 'delegation' ? [{ integration: 'slack', dropped: 1, revokedUpstream: 1 }] : []) },
    },
  })
  const grant = async (agent: typeof REVIEWER, person: typeof ALICE) =>
    present(await process.desk.grant({ agent, person, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + HOUR_MS })).delegation.id
  const [one, two, other] = [await grant(REVIEWER, ALICE), await grant(TRIAGE, ALICE), await grant(REVIEWER, BOB)]
  const signedInAtMs = time.nowMs()
  const report = await process.revoker.person(ALICE, { by: ALICE, reason: undefined })
  expect([await signInEnded(process.shortLived, ALICE, signedInAtMs), await signInEnded(process.shortLived, BOB, signedInAtMs)]).toEqual([true, false])
  expect(process.audit.events.filter(({ event }) => event === 'admin.signed_out')).toMatchObject([{ user: { id: ALICE }, outcome: 'ok' }])
  expect(report).toMatchObject({
    revoked: ALICE, changed: true, connections: [id], credentials: [{ integration: 'slack', dropped: 2, revokedUpstream: 2 }], left: ['GitHub keeps the installation.'],
  })
  expect(report.delegations.toSorted()).toEqual([one, two].toSorted())
  expect(process.registry.delegation(other)).toBeDefined()
  expect(await process.revoker.person(BOB, OPS)).toMatchObject({ changed: true, connections: [], delegations: [other] })
  expect(await process.revoker.person(BOB, OPS)).toMatchObject({ changed: false })
})

describe('two processes on one store', () => {
  test('a revocation by one is told by the other, once each, and refused there', async () => {
    const { process: one, grant, verdict, time, store } = await world()
    const two = await startProcess(store.other(), time)
    const [first, second] = [await grant(), await grant(TRIAGE)]
    await until(() => two.registry.session(second.session.id) !== undefined)
    await one.revoker.agent(REVIEWER, OPS)
    await until(() => verdict(first, two) === 'agent_revoked' && two.told.length === 2)
    expect(two.told.map(({ id }) => id).toSorted()).toEqual([REVIEWER, first.delegation.id].toSorted())
    await two.revoker.delegation(second.delegation.id, OPS)
    await until(() => verdict(second) === 'delegation_revoked')
    expect(one.told.filter(({ id }) => id === second.delegation.id)).toHaveLength(1)
    expect([...one.audit.events, ...two.audit.events].filter(({ event }) => event === 'delegation.revoked')).toHaveLength(2)
  })

  test('one delegation that both revoke at once is on record once', async () => {
    const { process: one, grant, time, store } = await world()
    const two = await startProcess(store.other(), time)
    const { delegation } = await grant()
    const reports = await Promise.all([one, two].map((process) => process.revoker.delegation(delegation.id, OPS)))
    expect(reports.filter((report) => report?.changed === true)).toHaveLength(1)
    expect([...one.audit.events, ...two.audit.events].filter(({ event }) => event === 'delegation.revoked')).toHaveLength(1)
    await until(() => two.registry.live.size === 0)
    expect(one.told).toHaveLength(1)
  })
})
