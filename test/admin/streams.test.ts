import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreError } from '../../src/store/store-error.ts'
import { AdminWorld, ALICE, AUDREY, BOB } from './support/admin-world.ts'
import { record } from './support/things.ts'
import type { Person } from '../../src/store/ports/people.ts'

let world: AdminWorld
const stops: AbortController[] = []
beforeEach(async () => { world = await AdminWorld.start() })
afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort()
  await world.close()
})

interface Followed {
  readonly status: number
  /** Waits until this record came. */
  seq(seq: number): Promise<void>
  readonly seqs: readonly number[]
  /** How it ended. */
  readonly ended: Promise<'whole' | 'broken'>
  leave(): void
}

async function follow(path: string, as: Person): Promise<Followed> {
  const stop = new AbortController()
  stops.push(stop)
  const answer = await fetch(world.url + path, { headers: { authorization: `Bearer token-of-${as.subject}` }, signal: stop.signal })
  let text = ''
  const seqs = (): number[] => text.split('\n').slice(0, -1).filter((line) => line !== '').map((line) => (JSON.parse(line) as { seq: number }).seq)
  const ended = (async () => {
    try {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString()
      return 'whole' as const
    } catch {
      return 'broken' as const
    }
  })()
  return {
    status: answer.status, ended,
    get seqs() { return seqs() },
    seq: async (seq) => { await expect.poll(seqs, { timeout: 5000, interval: 5 }).toContain(seq) },
    leave: () => stop.abort(),
  }
}

describe('following the audit', () => {
  it('shows the last records and then each new one, a person only their own', async () => {
    const [all, own] = await Promise.all([follow('/v1/audit/tail', AUDREY), follow('/v1/audit/tail?lines=5', ALICE)])
    await Promise.all([all.seq(2), own.seq(1)])
    world.live(record(3, { user: { id: BOB.id } }))
    world.live(record(4, { user: { id: ALICE.id } }))
    await Promise.all([all.seq(4), own.seq(4)])
    expect(all.seqs).toEqual([1, 2, 3, 4])
    expect(own.seqs).toEqual([1, 4])
  })

  it('filters what is live like what was before', async () => {
    const denied = await follow('/v1/audit/tail?outcome=denied&lines=0', AUDREY)
    expect(denied.status).toBe(200)
    await expect.poll(() => world.listeners.size).toBe(1)
    world.live(record(3, {}))
    world.live(record(4, { outcome: 'denied' }))
    await denied.seq(4)
    expect(denied.seqs).toEqual([4])
  })

  it('ends in order when the session ends', async () => {
    const followed = await follow('/v1/audit/tail', ALICE)
    await followed.seq(1)
    world.signedOut.add(ALICE.id)
    expect(await followed.ended).toBe('whole')
    expect(world.listeners.size).toBe(0)
  })

  it('ends when the role does, although the person stays signed in', async () => {
    const followed = await follow('/v1/audit/tail', AUDREY)
    await followed.seq(2)
    world.roles.set(AUDREY.id, ['person'])
    expect(await followed.ended).toBe('whole')
  })

  it('leaves nothing behind when the reader goes', async () => {
    const followed = await follow('/v1/audit/tail', AUDREY)
    await followed.seq(2)
    followed.leave()
    await expect.poll(() => world.listeners.size, { timeout: 5000 }).toBe(0)
  })

  it('is open only so often for one person, and again once one ends', async () => {
    const open = await Promise.all([1, 2, 3, 4].map(() => follow('/v1/audit/tail', AUDREY)))
    expect(await world.ask('GET', '/v1/audit/tail', { as: AUDREY })).toMatchObject({ status: 429, json: { code: 'too_many_requests' } })
    expect((await follow('/v1/audit/tail', ALICE)).status).toBe(200)
    open[0]?.leave()
    await expect.poll(async () => (await follow('/v1/audit/tail', AUDREY)).status, { timeout: 5000 }).toBe(200)
  })
})

describe('exporting the audit', () => {
  it('gives every record as it stands, part by part, and is on record first', async () => {
    for (let seq = 3; seq <= 1300; seq++) world.store.records.push(record(seq, {}))
    const { text, headers } = await world.ask('GET', '/v1/audit/export', { as: AUDREY })
    expect(text).toBe(world.store.records.toReversed().map(({ line }) => `${line}\n`).join(''))
    expect(headers.get('content-type')).toBe('application/x-ndjson')
    expect(world.named('admin.exported')).toMatchObject([{ user: { id: AUDREY.id }, reason: 'everything', outcome: 'ok' }])
  })

  it('gives nothing where it cannot be recorded', async () => {
    world.auditWritable = false
    expect(await world.ask('GET', '/v1/audit/export', { as: AUDREY })).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
  })

  it('breaks off, and does not end as if it were whole, where the store fails or the role is lost on the way', async () => {
    for (let seq = 3; seq <= 8_000; seq++) world.store.records.push(record(seq, { reason: 'x'.repeat(1000) }))
    for (const lose of [() => { world.store.broken = new StoreError('store_unreachable', 'gone') }, () => world.roles.set(AUDREY.id, ['person'])]) {
      world.store.broken = undefined
      const answer = await fetch(`${world.url}/v1/audit/export`, { headers: { authorization: 'Bearer token-of-audrey' } })
      lose()
      expect(await answer.text().then((text) => text.length, () => 'broken')).toBe('broken')
    }
    expect(world.broken).toHaveLength(2)
  })
})
