import { createHash, createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { ChainProofs } from '../../src/audit/chain-proofs.ts'
import type { FileAuditLog } from '../../src/audit/file-audit-log.ts'
import { indexedRecord } from '../../src/audit/indexed-record.ts'
import type { Person } from '../../src/store/ports/people.ts'
import { callEvent } from '../audit/support/event.ts'
import { LogDirectory } from '../audit/support/log-directory.ts'
import { AdminWorld, ALICE, AUDREY, BELLA, BOB } from './support/admin-world.ts'

const CHAIN = 'chn_real'
let world: AdminWorld
let other: AdminWorld
let directory: LogDirectory
let log: FileAuditLog

/** Who calls 1 to 12 are of; the first is Alice's, and so are the last two before the checkpoint. */
const CALLERS = [ALICE, BOB, ALICE, BOB, BOB, ALICE, ALICE, ALICE, BOB, ALICE, ALICE, BOB]

beforeAll(async () => {
  world = await AdminWorld.start()
  directory = new LogDirectory()
  log = await directory.open({ checkpointEveryRecords: 8, checkpointEveryMs: 3_600_000 })
  for (const [at, { id }] of CALLERS.entries()) await log.commit(eventOf(at, id))
  for (const line of directory.text().split('\n').slice(0, -1)) {
    const record = indexedRecord(CHAIN, line)
    if (record !== undefined && record.event !== 'audit.checkpoint') world.store.records.push(record)
  }
  world.proofs = new ChainProofs({ file: directory.file, chain: () => CHAIN, key: log.verifyKey })
})
afterAll(async () => {
  await world.close()
  await log.close()
  directory[Symbol.dispose]()
})

function eventOf(at: number, id: string): AuditEvent {
  return callEvent(`dec_${at}`, {
    user: { id, name: undefined }, delegation: `dlg_${id === ALICE.id ? 'alice' : 'bob'}`, session: `ses_${at}`,
    outcome: at === 4 ? 'failed' : 'ok', http: { method: 'GET', host: 'api.github.com', path: '/', status: 200, duration_ms: 10 * (at + 1) },
  })
}

interface Proven {
  readonly record: { readonly seq: number }
  readonly proof: {
    readonly lines: readonly string[]
    readonly public_key: string | null
    readonly key_id: string | null
    readonly checkpoint_seq: number | null
    readonly state: string
    readonly detail: string
  }
}

async function proven(as: Person, seq: number): Promise<Proven> {
  const { status, json } = await world.ask('GET', `/v1/audit/records/${CHAIN}/${seq}`, { as })
  expect(status).toBe(200)
  return json as unknown as Proven
}

const seqsOf = (lines: readonly string[]): readonly number[] => lines.map((line) => (JSON.parse(line) as { seq: number }).seq)
const search = async (as: Person, query: string) => (await world.ask('GET', `/v1/audit?${query}`, { as })).json as unknown as {
  items: { seq: number; delegation?: string }[]; chains: string[]; next: string | null
}

describe('the audit is searched', () => {
  it('by delegation and by session, a person’s own alone', async () => {
    expect((await search(AUDREY, 'delegation=dlg_bob&limit=500')).items.map(({ seq }) => seq)).toEqual([13, 10, 5, 4, 2])
    expect((await search(AUDREY, 'session=ses_4')).items.map(({ seq }) => seq)).toEqual([5])
    expect((await search(ALICE, 'delegation=dlg_bob')).items).toEqual([])
    expect((await world.ask('GET', '/v1/audit?delegation=7', { as: AUDREY })).status).toBe(400)
  })

  it('with the chain of each record beside it', async () => {
    const { items, chains } = await search(AUDREY, 'limit=500')
    expect(items).toHaveLength(14)
    expect(chains).toEqual(items.map((_, at) => (at < 12 ? CHAIN : 'chn_test')))
  })

  it('and exported by the same fields', async () => {
    const { text } = await world.ask('GET', '/v1/audit/export?session=ses_4', { as: AUDREY })
    expect(seqsOf(text.trimEnd().split('\n'))).toEqual([5])
    expect(world.named('admin.exported').at(-1)).toMatchObject({ reason: 'session ses_4' })
  })
})

describe('a record with its proof', () => {
  it('can be verified by an auditor with nothing but the answer', async () => {
    const { record, proof } = await proven(AUDREY, 5)
    expect(record).toMatchObject({ seq: 5, user: { id: BOB.id }, delegation: 'dlg_bob' })
    expect(seqsOf(proof.lines)).toEqual([5, 6, 7, 8, 9])
    expect(proof).toMatchObject({ state: 'signed', checkpoint_seq: 9, key_id: log.verifyKey.id, detail: 'Checkpoint 9 signs this record and all before it.' })
    for (const [at, line] of proof.lines.slice(1).entries()) {
      expect(JSON.parse(line)).toMatchObject({ prev: `sha256:${createHash('sha256').update(proof.lines[at] ?? '').digest('hex')}` })
    }
    const { prev, seq, ts, key, signature } = JSON.parse(proof.lines.at(-1) ?? '') as Record<string, string>
    const signed = `postern audit checkpoint v1\n${prev}\n${seq}\n${ts}\n${key}`
    expect(verify(null, Buffer.from(signed), createPublicKey(proof.public_key ?? ''), Buffer.from(signature ?? '', 'base64url'))).toBe(true)
  })

  it('shows a person no line of others, and says what that means', async () => {
    const { proof } = await proven(ALICE, 3)
    expect(seqsOf(proof.lines)).toEqual([3, 9])
    expect(proof.lines.join()).not.toContain(BOB.id)
    expect(proof).toMatchObject({ state: 'signed', checkpoint_seq: 9, detail: expect.stringContaining('The lines between are of others and not shown') })
    expect(proof.public_key).toContain('PUBLIC KEY')
  })

  it('shows a person all of the lines where all are theirs', async () => {
    const { proof } = await proven(ALICE, 7)
    expect(seqsOf(proof.lines)).toEqual([7, 8, 9])
    expect(proof.detail).toBe('Checkpoint 9 signs this record and all before it.')
  })

  it('shows a person no line of others before a checkpoint is there, either', async () => {
    expect((await proven(ALICE, 11)).proof).toMatchObject({ state: 'not_signed_yet', lines: [expect.stringContaining('"seq":11')], public_key: null, key_id: null, checkpoint_seq: null })
    expect(seqsOf((await proven(AUDREY, 11)).proof.lines)).toEqual([11, 12, 13])
  })

  it('shows a person no line that was put in the place of theirs', async () => {
    const bobs = directory.text().split('\n')[1] ?? ''
    world.store.records.push({ ...(indexedRecord(CHAIN, bobs.replace(BOB.id, ALICE.id)) ?? expect.unreachable()), chain: 'chn_forged' })
    const before = world.proofs
    world.proofs = new ChainProofs({ file: directory.file, chain: () => 'chn_forged', key: log.verifyKey })
    const { json, text } = await world.ask('GET', '/v1/audit/records/chn_forged/2', { as: ALICE })
    world.proofs = before
    expect(json).toMatchObject({ proof: { state: 'broken' } })
    expect(text).not.toContain(BOB.id)
    world.store.records.pop()
  })

  it('is on record where it is read by a lent role', async () => {
    const before = world.named('admin.break_glass_used').length
    await proven(BELLA, 5)
    expect(world.named('admin.break_glass_used').slice(before)).toMatchObject([{ user: { id: BELLA.id }, http: { path: `/v1/audit/records/${CHAIN}/5` } }])
  })

  it.each(['chn_real/0', 'chn_real/x', 'chn_real/1.5', 'real/1', 'chn_%2e%2e%2fetc/1'])('refuses what names no record: %s', async (path) => {
    expect(await world.ask('GET', `/v1/audit/records/${path}`, { as: AUDREY })).toMatchObject({ status: 400, json: { code: 'input_refused' } })
  })
})

describe('the audit as a series', () => {
  const series = async (as: Person, query: string) => (await world.ask('GET', `/v1/audit/series?${query}`, { as })).json as unknown as {
    since: string; until: string; step_s: number; items: { at: string; calls: number; p50_ms: number | null }[]; total: Record<string, number>; complete: boolean
  }

  it('is of the last hour in 60 parts where nothing else is said', async () => {
    const { since, until, step_s: stepS, items, complete } = await series(AUDREY, '')
    expect([since, until, stepS, items.length, complete]).toEqual(['2026-11-21T08:00:00.000Z', '2026-11-21T09:00:00.000Z', 60, 60, true])
    expect(items[0]).toEqual({ at: '2026-11-21T08:00:00.000Z', calls: 0, denied: 0, failed: 0, p50_ms: null, p95_ms: null, p99_ms: null })
  })

  it('counts what one may see, and by what it is asked for', async () => {
    const always = 'since=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&buckets=1'
    expect(await series(AUDREY, always)).toMatchObject({ total: { calls: 13, denied: 1, failed: 1 }, items: [{ p50_ms: expect.closeTo(60, -1) }] })
    expect((await series(ALICE, always)).total).toEqual({ calls: 8, denied: 0, failed: 0 })
    expect((await series(AUDREY, `${always}&delegation=dlg_bob&event=api.call`)).total).toEqual({ calls: 5, denied: 0, failed: 1 })
  })

  it.each(['since=2100-01-01T00:00:00Z', 'since=2026-11-21T09:00:00Z&until=2026-11-21T09:00:00Z', 'until=1970-01-01T00:10:00Z', 'buckets=0', 'buckets=501', 'buckets=x', 'limit=5'])(
    'refuses %s', async (query) => expect(await world.ask('GET', `/v1/audit/series?${query}`, { as: AUDREY })).toMatchObject({ status: 400, json: { code: 'input_refused' } }))
})

describe('what takes long', () => {
  it.each<[string, string, (reached: () => Promise<void>) => void]>([
    ['series are counted', '/v1/audit/series', (reached) => {
      const { series } = other.store.auditIndex
      other.store.auditIndex.series = (filter, window) => reached().then(() => series(filter, window))
    }],
    ['searches are made', '/v1/audit', (reached) => {
      const { query } = other.store.auditIndex
      other.store.auditIndex.query = (filter, page) => reached().then(() => query(filter, page))
    }],
    ['records are proven', '/v1/audit/records/chn_test/1', (reached) => {
      const { of } = other.proofs
      other.proofs = { of: (record) => reached().then(() => of(record)) }
    }],
  ])('is bounded for one person, and keeps nobody else waiting: so many %s at once', async (_, path, hold) => {
    other = await AdminWorld.start()
    const { promise, resolve } = Promise.withResolvers<void>()
    let begun = 0
    hold(() => {
      begun += 1
      return promise
    })
    const six = [1, 2, 3, 4, 5, 6].map(() => other.ask('GET', path, { as: AUDREY }))
    await expect.poll(() => begun).toBe(6)
    expect(await other.ask('GET', path, { as: AUDREY })).toMatchObject({ status: 429, json: { code: 'too_many_requests' } })
    const another = other.ask('GET', path, { as: ALICE })
    await expect.poll(() => begun).toBe(7)
    resolve()
    expect((await Promise.all([...six, another])).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200])
    expect((await other.ask('GET', path, { as: AUDREY })).status).toBe(200)
    await other.close()
  })
})

describe('a page of ours', () => {
  it('follows the audit with its cookie alone: nothing is sent back that only a change needs', async () => {
    const stop = new AbortController()
    const answer = await fetch(`${world.url}/v1/audit/tail?lines=1&session=ses_99`, {
      headers: { cookie: '__Host-postern=alice', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, signal: stop.signal,
    })
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, 'application/x-ndjson', 'no-store'])
    let text = ''
    const read = (async () => { for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString() })().catch(() => undefined)
    await expect.poll(() => world.listeners.size).toBe(1)
    const last = world.store.records.at(-1) ?? expect.unreachable()
    world.live({ ...last, session: 'ses_99', seq: 100, line: '{"seq":100}' })
    world.live({ ...last, person: ALICE.id, session: 'ses_98', seq: 101, line: '{"seq":101}' })
    world.live({ ...last, person: ALICE.id, session: 'ses_99', seq: 102, line: '{"seq":102}' })
    await expect.poll(() => text.trim()).toBe('{"seq":102}')
    stop.abort()
    await read
    world.store.records.splice(-3)
  })

  it('may scroll through 100,000 records in pages of 500 at once', async () => {
    const other = await AdminWorld.start()
    const answers = await Promise.all(Array.from({ length: 200 }, () => other.ask('GET', '/v1/audit?limit=500', { as: AUDREY })))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    await other.close()
  })
})
