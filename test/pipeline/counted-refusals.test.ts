import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { Code } from '../../src/model/codes.ts'
import { CountedRefusals } from '../../src/proxy/counted-refusals.ts'
import { ManualTime } from '../issuance/manual-time.ts'

function world() {
  const time = new ManualTime()
  const posted: AuditEvent[] = []
  const refusals = new CountedRefusals({ clock: time, timers: time, post: (event) => void posted.push(event), perWindow: 3, windowMs: 1_000 })
  const refuse = (code: Code, times: number, agent?: AuditEvent['agent']): void => {
    for (let n = 0; n < times; n += 1) refusals.post({ event: 'api.denied', outcome: 'denied', code, agent, http: { method: 'GET', host: 'a.example', path: `/${n}` } })
  }
  return { time, posted, refusals, refuse }
}

describe('refusals that can be had without end', () => {
  it('are recorded one by one while they are few', () => {
    const { posted, refuse } = world()
    refuse('identity_required', 3)
    expect(posted).toHaveLength(3)
    expect(posted.every(({ count }) => count === undefined)).toBe(true)
  })

  it('are counted, by code, once they are many, and none is lost', async () => {
    const { posted, refuse, time } = world()
    refuse('identity_required', 10)
    refuse('request_malformed', 5)
    expect(posted).toHaveLength(3)
    await time.advance(1_000)
    expect(posted.slice(3)).toMatchObject([{ code: 'identity_required', count: 7 }, { code: 'request_malformed', count: 5 }])
  })

  it('are counted for each agent by itself, so that the record says whose requests were shed', async () => {
    const { posted, refuse, time } = world()
    refuse('overloaded', 10, { id: 'agent:greedy', name: 'Greedy' })
    refuse('overloaded', 2, { id: 'agent:modest', name: 'Modest' })
    await time.advance(1_000)
    const counted = posted.slice(3)
    expect(counted).toMatchObject([{ agent: { id: 'agent:greedy' }, count: 7 }, { agent: { id: 'agent:modest' }, count: 2 }])
    expect(counted.every(({ http, reason }) => http === undefined && reason?.includes('of this agent’s requests'))).toBe(true)
  })

  it('are recorded one by one again in the next second', async () => {
    const { posted, refuse, time } = world()
    refuse('identity_required', 10)
    await time.advance(1_000)
    refuse('identity_required', 3)
    expect(posted.filter(({ count }) => count === undefined)).toHaveLength(6)
  })

  it('are all on record at the end', () => {
    const { posted, refuse, refusals } = world()
    refuse('identity_required', 10)
    refusals.flush()
    expect(posted.reduce((sum, { count }) => sum + (count ?? 1), 0)).toBe(10)
  })
})
