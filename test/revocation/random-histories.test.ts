import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DelegationId, SessionId } from '../../src/model/ids.ts'
import { ACCESS, ALICE, BOB, memoryWorld, principalOf, REVIEWER, startProcess, TRIAGE, until, type Process } from '../registry/support/authority.ts'

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('grant' as const), at: fc.nat(1), agent: fc.constantFrom(REVIEWER, TRIAGE), person: fc.constantFrom(ALICE, BOB), forMs: fc.constantFrom(1_500, 60_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('extend' as const, 'start' as const, 'revoke' as const, 'end' as const), at: fc.nat(1), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'restore' as const), at: fc.nat(1), agent: fc.constantFrom(REVIEWER, TRIAGE) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('silence' as const, 'pass' as const), at: fc.nat(1) }) },
)

interface Given {
  readonly agent: typeof REVIEWER
  readonly person: typeof ALICE
  readonly delegation: DelegationId
  readonly session: SessionId
}

test('after any history, by any process, the live copies are what the store holds, each end was told once, and nothing that ended is good', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (history) => {
    const { time, store } = memoryWorld()
    const stores = [store, store.other()]
    const processes = [await startProcess(store, time), await startProcess(stores[1] ?? store, time)]
    for (const { sweeper } of processes) sweeper.start()
    const given: Given[] = []
    for (const one of history) {
      const process = processes[one.at] as Process
      const some = 'which' in one ? given[one.which % Math.max(1, given.length)] : undefined
      if (one.do === 'grant') {
        const granted = await process.desk.grant({ agent: one.agent, person: one.person, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + one.forMs })
        if (granted !== undefined) given.push({ agent: one.agent, person: one.person, delegation: granted.delegation.id, session: granted.session.id })
      } else if (one.do === 'block') await process.revoker.agent(one.agent, { by: 'user:ops@acme.com', reason: undefined })
      else if (one.do === 'restore') await process.revoker.restoreAgent(one.agent, { by: 'user:ops@acme.com', reason: undefined })
      else if (one.do === 'silence') {
        stores[one.at]?.fallSilent()
        await time.advance(300)
        stores[one.at]?.hearAgain()
      } else if (one.do === 'pass') await time.advance(1_000)
      else if (some !== undefined) await act(one.do, process, some, time.nowMs(), given)
      if (some !== undefined && one.do === 'revoke') expect(refused(process, some)).toBe(true)
    }
    // What is told between processes arrives.
    await time.advance(2_500)
    const isGood = ({ agent, delegation, session }: Given): boolean =>
      !store.data.revocations.has(agent) && store.data.delegations.get(delegation)?.state === 'active' && store.data.sessions.get(session)?.endedAtMs === undefined
    for (const process of processes) {
      await until(() => process.registry.live.size === [...store.data.delegations.values()].filter(({ state }) => state === 'active').length)
      for (const one of given) expect([one.delegation, refused(process, one)]).toEqual([one.delegation, !isGood(one)])
      const ended = process.told.filter(({ kind }) => kind !== 'agent').map(({ id }) => id)
      expect(new Set(ended).size).toBe(ended.length)
      expect(process.errors).toEqual([])
      process.mirror.close()
      void process.sweeper.close()
    }
  }), { numRuns: 120 })
}, 60_000)

function refused(process: Process, { agent, person, delegation, session }: Given): boolean {
  return process.registry.refusal(principalOf(process, agent, person, delegation, session)) !== undefined
}

async function act(what: 'extend' | 'start' | 'revoke' | 'end', process: Process, some: Given, nowMs: number, given: Given[]): Promise<void> {
  const by = { by: some.person, reason: undefined }
  switch (what) {
    case 'extend':
      await process.desk.grant({
        agent: some.agent, person: some.person, access: [{ integration: 'slack', scopes: ['chat:write'], targets: ['*'], connection: undefined }],
        extend: some.session, expiresAtMs: nowMs + 60_000,
      })
      return
    case 'start': {
      const session = await process.desk.startSession(some.delegation)
      if (session !== undefined) given.push({ ...some, session: session.id })
      return
    }
    case 'revoke': return void await process.revoker.delegation(some.delegation, by)
    case 'end': return void await process.revoker.session(some.session, by)
  }
}
