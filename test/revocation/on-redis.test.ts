import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { ManualTime } from '../issuance/manual-time.ts'
import { ACCESS, ALICE, BOB, HOUR_MS, present, principalOf, REVIEWER, startProcess, TRIAGE, type Process } from '../registry/support/authority.ts'
import { redisUnderTest } from '../store/redis-under-test.ts'
import { startRedisServer, type RedisServerUnderTest } from '../support/redis-server.ts'

let server: RedisServerUnderTest
beforeAll(async () => { server = await startRedisServer() })
afterAll(() => server.remove())

const OPS = { by: 'user:ops@acme.com', reason: undefined }

/** Waits for what another process is told, for as long as that may take. */
async function soon(holds: () => boolean): Promise<void> {
  const untilMs = systemClock.monotonicMs() + 5_000
  while (!holds()) {
    if (systemClock.monotonicMs() > untilMs) throw new Error('it was not told in time')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

test('what one process grants is good in another, and what either takes back is refused in both, told once', async () => {
  const time = new ManualTime()
  const { store, reopen } = await redisUnderTest(server, { clock: time })
  const one = await startProcess(store, time)
  const two = await startProcess(await reopen(), time)
  const grant = async (at: Process, agent = REVIEWER, person = ALICE) =>
    present(await at.desk.grant({ agent, person, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + HOUR_MS }))
  const verdict = (at: Process, { delegation, session }: Awaited<ReturnType<typeof grant>>): string =>
    at.registry.refusal(principalOf(at, delegation.agent, delegation.person, delegation.id, session.id))?.denial ?? 'good'
  const [first, second, third] = [await grant(one), await grant(two, TRIAGE), await grant(two, TRIAGE, BOB)]
  await soon(() => [first, second, third].every((each) => verdict(one, each) === 'good' && verdict(two, each) === 'good'))

  await two.revoker.agent(REVIEWER, OPS)
  expect(verdict(two, first)).toBe('agent_revoked')
  await soon(() => verdict(one, first) === 'agent_revoked' && one.registry.live.get(first.delegation.id) === undefined)
  await one.revoker.session(second.session.id, OPS)
  await soon(() => verdict(two, second) === 'session_ended')
  expect([verdict(one, third), verdict(two, third)]).toEqual(['good', 'good'])
  for (const { told, errors } of [one, two]) {
    const ids = told.map(({ id }) => id)
    expect(ids.filter((id) => id === REVIEWER)).toHaveLength(1)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).not.toContain(third.delegation.id)
    expect(errors).toEqual([])
  }
}, 20_000)
