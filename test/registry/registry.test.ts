import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Registry } from '../../src/authority/registry/registry.ts'
import type { RegisteredAgent, RegistryState } from '../../src/authority/registry/registered-agent.ts'
import { parseAgentId, parseId, parsePersonId } from '../../src/model/ids.ts'
import type { DelegationId, SessionId } from '../../src/model/ids.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { Revoked } from '../../src/sync/contract.ts'

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('not of its form')
  return value
}

const dlg = (name: string): DelegationId => present(parseId('dlg', `dlg_${name}`))
const ses = (name: string): SessionId => present(parseId('ses', `ses_${name}`))

function agent(name: string, status: 'active' | 'revoked' = 'active', overrides: Partial<RegisteredAgent> = {}): RegisteredAgent {
  const id = present(parseAgentId(`agent:${name}`))
  return { id, name: name.toUpperCase(), owner: 'team', status, spiffeId: `spiffe://a/${name}`, subject: `CN=${name}`, serviceAccount: `system:serviceaccount:x:${name}`, ...overrides }
}

function state(agents: readonly RegisteredAgent[], delegations: readonly DelegationId[] = [], sessions: readonly SessionId[] = []): RegistryState {
  return { agents, revoked: { delegations, sessions } }
}

function principal(name: string, delegation?: { id: DelegationId, session?: SessionId }): Principal {
  const person = present(parsePersonId('user:alice@acme.com'))
  return {
    agent: agent(name).id, agentName: name, identifiedBy: 'token',
    delegation: delegation && { person, personName: undefined, session: delegation.session, id: delegation.id, consent: [], expiresAtMs: 0 },
  }
}

const rethrow = (error: unknown): void => { throw error }

describe('the directory', () => {
  test('knows an agent by its id and by each of its proofs', () => {
    const registry = new Registry(state([agent('one'), agent('two')]), rethrow)
    expect(registry.agent(agent('one').id)).toMatchObject({ id: 'agent:one', name: 'ONE', owner: 'team', status: 'active' })
    expect(registry.agentBySpiffeId('spiffe://a/two')?.id).toBe('agent:two')
    expect(registry.agentBySubject('CN=two')?.id).toBe('agent:two')
    expect(registry.agentByServiceAccount('system:serviceaccount:x:two')?.id).toBe('agent:two')
    expect(registry.agentBySpiffeId('spiffe://a/three')).toBeUndefined()
    expect(registry.agentBySubject('__proto__')).toBeUndefined()
  })

  test.each([
    ['id', [agent('one'), agent('one')]],
    ['spiffeId', [agent('one'), agent('two', 'active', { spiffeId: 'spiffe://a/one' })]],
    ['subject', [agent('one'), agent('two', 'active', { subject: 'CN=one' })]],
    ['serviceAccount', [agent('one'), agent('two', 'active', { serviceAccount: 'system:serviceaccount:x:one' })]],
  ] as const)('refuses two agents with the same %s, and keeps what it had', (proof, agents) => {
    expect(() => new Registry(state(agents), rethrow)).toThrow(`same ${proof}`)
    const registry = new Registry(state([agent('kept')]), rethrow)
    expect(() => registry.apply(state(agents))).toThrow(TypeError)
    expect(registry.agent(agent('kept').id)).toBeDefined()
    expect(registry.epoch).toBe(0)
  })
})

describe('a refusal', () => {
  const registry = new Registry(state([agent('one'), agent('off', 'revoked')], [dlg('bad')], [ses('bad')]), rethrow)
  test.each([
    ['nothing, for an active agent', principal('one'), undefined],
    ['nothing, for its delegation', principal('one', { id: dlg('good'), session: ses('good') }), undefined],
    ['agent_revoked', principal('off'), 'agent_revoked'],
    ['agent_revoked before the delegation', principal('off', { id: dlg('bad') }), 'agent_revoked'],
    ['agent_unknown', principal('nobody'), 'agent_unknown'],
    ['delegation_revoked', principal('one', { id: dlg('bad') }), 'delegation_revoked'],
    ['delegation_revoked for a session', principal('one', { id: dlg('good'), session: ses('bad') }), 'delegation_revoked'],
  ] as const)('is %s', (_, who, code) => {
    expect(registry.refusal(who)?.denial).toBe(code)
  })
})

describe('a new state', () => {
  function watched(from: RegistryState): { registry: Registry, told: Revoked[] } {
    const registry = new Registry(from, rethrow)
    const told: Revoked[] = []
    registry.subscribe((revoked) => told.push(revoked))
    return { registry, told }
  }

  test('that switches an agent off is told at once, when the refusal already holds', () => {
    const registry = new Registry(state([agent('one'), agent('two')]), rethrow)
    const seen: unknown[] = []
    registry.subscribe((revoked) => seen.push([revoked, registry.epoch, registry.refusal(principal('one'))?.denial]))
    registry.apply(state([agent('one', 'revoked'), agent('two')]))
    expect(seen).toEqual([[{ kind: 'agent', id: 'agent:one' }, 1, 'agent_revoked']])
    expect(registry.refusal(principal('two'))).toBeUndefined()
  })

  test('that leaves an agent out revokes it', () => {
    const { registry, told } = watched(state([agent('one'), agent('two')]))
    registry.apply(state([agent('two')]))
    expect(told).toEqual([{ kind: 'agent', id: 'agent:one' }])
    expect(registry.refusal(principal('one'))?.denial).toBe('agent_unknown')
  })

  test('that takes back delegations and sessions tells each, once', () => {
    const { registry, told } = watched(state([agent('one')], [dlg('old')]))
    const next = state([agent('one')], [dlg('old'), dlg('new')], [ses('new')])
    expect(registry.apply(next).revoked).toHaveLength(2)
    registry.apply(next)
    expect(told).toEqual([{ kind: 'delegation', id: 'dlg_new' }, { kind: 'session', id: 'ses_new' }])
    expect(registry.epoch).toBe(2)
  })

  test('that restores raises the epoch and tells nobody of a revocation', () => {
    const { registry, told } = watched(state([agent('one', 'revoked')], [dlg('a')], [ses('a')]))
    const changes = registry.apply(state([agent('one'), agent('two')]))
    expect(changes).toEqual({
      revoked: [], registered: ['agent:two'],
      restored: [{ kind: 'agent', id: 'agent:one' }, { kind: 'delegation', id: 'dlg_a' }, { kind: 'session', id: 'ses_a' }],
    })
    expect(told).toEqual([])
    expect(registry.epoch).toBeGreaterThan(0)
    expect(registry.refusal(principal('one', { id: dlg('a'), session: ses('a') }))).toBeUndefined()
  })

  test('that changes nothing of substance leaves the epoch', () => {
    const { registry, told } = watched(state([agent('one')]))
    registry.apply(state([agent('one', 'active', { name: 'Another name' })]))
    expect(told).toEqual([])
    expect(registry.epoch).toBe(0)
    expect(registry.agent(agent('one').id)?.name).toBe('Another name')
  })

  test('is told to every subscriber, also after one that throws, and to none that left', () => {
    const errors: unknown[] = []
    const registry = new Registry(state([agent('one')]), (error) => errors.push(error))
    const told: string[] = []
    registry.subscribe(() => { throw new Error('broken') })
    const leave = registry.subscribe(() => told.push('left'))
    registry.subscribe(() => told.push('stays'))
    leave()
    registry.apply(state([]))
    expect(told).toEqual(['stays'])
    expect(errors).toHaveLength(1)
  })

  test('is refused where it is larger than any that is meant', () => {
    const registry = new Registry(state([agent('one')]), rethrow)
    const many = Array.from({ length: 100_001 }, (_, index) => dlg(`d${index}`))
    expect(() => registry.apply(state([agent('one')], many))).toThrow(/more than 100000/)
  })
})

test('after any sequence of states, what is refused is what the last one takes back, and each end was told', () => {
  const names = ['a', 'b', 'c', 'd']
  const status = fc.constantFrom('active', 'revoked', 'absent')
  const arbitrary = fc.record({ agents: fc.tuple(status, status, status, status), delegations: fc.subarray(names), sessions: fc.subarray(names) })
  fc.assert(fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 8 }), (states) => {
    const registry = new Registry(state([]), rethrow)
    let told: string[] = []
    let epoch = 0
    registry.subscribe(({ kind, id }) => told.push(`${kind} ${id}`))
    let before: (typeof states)[number] | undefined
    for (const next of states) {
      told = []
      registry.apply(state(
        names.flatMap((name, index) => { const is = next.agents[index]; return is === 'active' || is === 'revoked' ? [agent(name, is)] : [] }),
        next.delegations.map(dlg), next.sessions.map(ses),
      ))
      const ended = names.flatMap((name, index) => (before?.agents[index] === 'active' && next.agents[index] !== 'active' ? [`agent agent:${name}`] : []))
      const taken = (was: readonly string[] | undefined, is: readonly string[], kind: string, prefix: string): string[] =>
        is.filter((name) => was?.includes(name) !== true).map((name) => `${kind} ${prefix}_${name}`)
      const delegations = taken(before?.delegations, next.delegations, 'delegation', 'dlg')
      const sessions = taken(before?.sessions, next.sessions, 'session', 'ses')
      expect([...told].sort()).toEqual([...ended, ...delegations, ...sessions].sort())
      expect(registry.epoch - epoch).toBeGreaterThanOrEqual(told.length)
      epoch = registry.epoch
      names.forEach((name, index) => expect(registry.refusal(principal(name)) === undefined).toBe(next.agents[index] === 'active'))
      before = next
    }
  }), { numRuns: 100 })
})
