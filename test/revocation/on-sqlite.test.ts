import { expect, test } from 'vitest'
import { ACCESS, ALICE, BOB, HOUR_MS, newAgent, present, principalOf, REVIEWER, startProcess, TRIAGE, type Process } from '../registry/support/authority.ts'
import { ManualTime } from '../issuance/manual-time.ts'
import { temporaryStore } from '../store/temporary-store.ts'

const OPS = { by: 'user:ops@acme.com', reason: 'it misbehaves' }

async function world() {
  const time = new ManualTime()
  const { store, reopen } = await temporaryStore({ clock: time })
  const process = await startProcess(store, time)
  const grant = async (agent = REVIEWER, person = ALICE, at: Process = process) =>
    present(await at.desk.grant({ agent, person, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + HOUR_MS }))
  const verdict = (who: Awaited<ReturnType<typeof grant>>, at: Process = process): string =>
    at.registry.refusal(principalOf(at, who.delegation.agent, who.delegation.person, who.delegation.id, who.session.id))?.denial ?? 'good'
  return { time, store, reopen, process, grant, verdict }
}

test('the whole story on the embedded store: granted, widened, revoked, restored, and the same after a restart', async () => {
  const { time, store, reopen, process, grant, verdict } = await world()
  await store.people.signIn({ id: ALICE, issuer: 'https://idp', subject: '1', name: 'Alice Chen', email: undefined, groups: ['eng'] })
  await store.agents.create(newAgent('agent:stored', { spiffeId: 'spiffe://acme/stored' }))
  await process.mirror.refreshed({ kind: 'agent', id: newAgent('agent:stored').id })
  expect(process.registry.agentBySpiffeId('spiffe://acme/stored')?.status).toBe('active')
  const [one, two, bobs] = [await grant(), await grant(TRIAGE), await grant(REVIEWER, BOB)]
  expect([verdict(one), verdict(two), verdict(bobs)]).toEqual(['good', 'good', 'good'])
  const more = [{ integration: 'slack', scopes: ['chat:write'], targets: ['*'], connection: undefined }]
  await process.desk.grant({ agent: TRIAGE, person: ALICE, access: more, extend: two.session.id, expiresAtMs: time.nowMs() + HOUR_MS })
  expect(process.registry.delegation(two.delegation.id)).toMatchObject({ personName: 'Alice Chen', groups: ['eng'], consent: [{}, { integration: 'slack' }] })
  expect(await process.revoker.agent(REVIEWER, OPS)).toMatchObject({ changed: true })
  expect([verdict(one), verdict(two), verdict(bobs)]).toEqual(['agent_revoked', 'good', 'agent_revoked'])
  expect(process.told.filter(({ kind }) => kind === 'agent')).toEqual([{ kind: 'agent', id: REVIEWER }])
  await store.close()

  const again = await startProcess(await reopen(), time)
  expect([verdict(one, again), verdict(two, again), verdict(bobs, again)]).toEqual(['agent_revoked', 'good', 'agent_revoked'])
  expect(await again.revoker.restoreAgent(REVIEWER, OPS)).toBe(true)
  expect([verdict(one, again), verdict(bobs, again), verdict(await grant(REVIEWER, ALICE, again), again)]).toEqual(['delegation_revoked', 'delegation_revoked', 'good'])
})

test('sessions and delegations expire on the embedded store, each at its own time', async () => {
  const { time, store, process, grant } = await world()
  const { delegation, session } = present(await process.desk.grant({ agent: REVIEWER, person: ALICE, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + 20 * HOUR_MS }))
  expect(session.expiresAtMs - time.nowMs()).toBe(8 * HOUR_MS)
  const short = await grant()
  process.sweeper.start()
  await time.advance(HOUR_MS)
  for (let turn = 0; turn < 500 && !process.audit.codes().includes('delegation.expired'); turn += 1) {
    await time.advance(1_000)
    // As long as the thread takes to answer.
    await store.delegations.get(delegation.id)
  }
  expect(process.audit.codes()).toContain('delegation.expired')
  const told = process.told.map(({ id }) => id)
  expect(told.filter((id) => id === short.delegation.id)).toHaveLength(1)
  expect(told.filter((id) => id !== short.delegation.id && id !== short.session.id)).toEqual([])
  expect(process.registry.session(session.id)).toMatchObject({ delegation: delegation.id })
}, 20_000)

test('once the embedded store is gone nobody is told to be good any more', async () => {
  const { time, store, grant, verdict } = await world()
  const one = await grant()
  await store.close()
  await time.advance(5_000)
  expect(verdict(one)).toBe('good')
  await time.advance(1)
  expect(() => verdict(one)).toThrow(expect.objectContaining({ code: 'authority_unavailable' }))
})

test('an approval on the embedded store holds after a restart, and break-glass access does', async () => {
  const { time, store, reopen, process } = await world()
  const asked = await process.answers.askBreakGlass(BOB, 'the database is down', 1_800_000)
  const operator = { ...present(await store.people.signIn({ id: ALICE, issuer: 'i', subject: 's', name: undefined, email: undefined, groups: [] })) }
  const who = { person: operator, roles: ['person', 'operator'] as const, breakGlass: false, signedInAtMs: 0 }
  expect(await process.answers.answer(asked.id, 'approved', who)).toMatchObject({ state: 'approved' })
  await store.close()
  const again = await startProcess(await reopen(), time)
  expect(again.answers.breakGlass(BOB)).toBe(time.nowMs() + 1_800_000)
})
