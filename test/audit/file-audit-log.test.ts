import { appendFileSync, copyFileSync, readFileSync, readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hashLine } from '../../src/audit/chain.ts'
import { writeHead } from '../../src/audit/head-file.ts'
import { fullSegments } from '../../src/audit/segments.ts'
import { loadOrCreateSigningKey } from '../../src/audit/signing-key.ts'
import { callEvent } from './support/event.ts'
import { FaultyIo } from './support/faulty-io.ts'
import { LogDirectory } from './support/log-directory.ts'

let directory: LogDirectory
beforeEach(() => {
  directory = new LogDirectory()
})
afterEach(() => directory[Symbol.dispose]())

const exchanges = (): readonly unknown[] => directory.records().map(({ fields }) => fields['exchange']).filter((exchange) => exchange !== undefined)
const reasons = (): readonly unknown[] => directory.records().filter(({ event }) => event === 'admin.audit_recovered').map(({ fields }) => fields['reason'])
const refusal = { code: 'audit_unavailable' }

async function written(count: number, extra: Parameters<LogDirectory['open']>[0] = {}): Promise<void> {
  const log = await directory.open(extra)
  for (let index = 0; index < count; index++) log.post(callEvent(`dec_${index}`))
  await log.close()
}

describe('writing', () => {
  it('has a committed record in the file before commit resolves', async () => {
    const log = await directory.open()
    await log.commit(callEvent('dec_1'))
    expect(exchanges()).toEqual(['dec_1'])
    await log.close()
  })

  it('writes records in the order of the calls, posts and commits alike', async () => {
    const log = await directory.open()
    const commits = Array.from({ length: 100 }, (_, index) => {
      log.post(callEvent(`post_${index}`))
      return log.commit(callEvent(`commit_${index}`))
    })
    await Promise.all(commits)
    await log.close()
    expect(exchanges()).toEqual(Array.from({ length: 100 }, (_, index) => [`post_${index}`, `commit_${index}`]).flat())
    expect((await directory.verify()).problems).toEqual([])
  })

  it('shares one write and one fdatasync between simultaneous commits', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io })
    await Promise.all(Array.from({ length: 200 }, (_, index) => log.commit(callEvent(`dec_${index}`))))
    expect(io.syncs).toBe(1)
    await log.close()
  })

  it('writes a flood that came while the disk was slow in several batches, in order, with one chain over all', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io, checkpointEveryRecords: 500 })
    let open = (): void => undefined
    io.gate = new Promise((resolve) => {
      open = resolve
    })
    const first = log.commit(callEvent('dec_0'))
    while (io.writes === 0) await new Promise((resolve) => setImmediate(resolve))
    for (let index = 1; index < 4000; index++) log.post(callEvent(`dec_${index}`))
    expect(log.stats()).toMatchObject({ queuedRecords: 3999, written: 0, writable: true })
    const told: number[] = []
    log.onRecord(({ seq }) => told.push(seq))
    open()
    await first
    await log.close()
    expect(log.stats().batches).toBeGreaterThan(3)
    expect(exchanges()).toEqual(Array.from({ length: 4000 }, (_, index) => `dec_${index}`))
    expect(told).toEqual(directory.records().map(({ seq }) => seq))
    expect((await directory.verify()).problems).toEqual([])
  })

  it('counts no batch where nothing waits any more when the time to wait for others is over', async () => {
    const log = await directory.open({ lingerMs: 1 })
    log.post(callEvent('posted'))
    await log.commit(callEvent('committed'))
    await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(log.stats()).toMatchObject({ batches: 1, written: 2 })
    await log.close()
  })

  it('writes what was only posted without being asked', async () => {
    const log = await directory.open()
    const shown = new Promise((resolve) => log.onRecord(({ line }) => resolve(line)))
    log.post(callEvent('dec_1'))
    expect(await shown).toContain('"exchange":"dec_1"')
    expect(exchanges()).toEqual(['dec_1'])
    await log.close()
  })

  it('tells listeners of events at once and of records when they are durable, and survives one that throws', async () => {
    const log = await directory.open()
    const told: string[] = []
    log.onEvent(() => {
      throw new Error('a listener of the test')
    })
    log.onEvent((event) => told.push(`event ${event.exchange}`))
    const stop = log.onRecord(({ seq, event }) => told.push(`record ${seq} ${event}`))
    const committed = log.commit(callEvent('dec_1'))
    expect(told).toEqual(['event dec_1'])
    await committed
    stop()
    await log.close()
    expect(told).toEqual(['event dec_1', 'record 1 api.call'])
  })

  it('keeps the file to itself', async () => {
    await written(1)
    const modes = ['audit.jsonl', 'audit.jsonl.head', 'audit.jsonl.lock', 'audit.key'].map((name) => statSync(`${directory.path}/${name}`).mode & 0o777)
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o600])
  })

  it('signs after so many records, and at the end', async () => {
    const log = await directory.open({ checkpointEveryRecords: 3 })
    for (let index = 0; index < 4; index++) await log.commit(callEvent(`dec_${index}`))
    await log.close()
    expect(directory.records().map(({ event }) => event)).toEqual([
      'api.call', 'api.call', 'api.call', 'audit.checkpoint', 'api.call', 'audit.checkpoint',
    ])
  })

  it('signs after some time, though nothing more is written', async () => {
    const log = await directory.open({ checkpointEveryMs: 5 })
    const signed = new Promise<number>((resolve) => log.onRecord(({ event, seq }) => (event === 'audit.checkpoint' ? resolve(seq) : undefined)))
    log.post(callEvent('dec_1'))
    expect(await signed).toBe(2)
    await log.close()
    expect(directory.records()).toHaveLength(2)
  })

  it('refuses records after the end', async () => {
    const log = await directory.open()
    await log.close()
    await expect(log.commit(callEvent('late'))).rejects.toMatchObject(refusal)
    log.post(callEvent('late'))
    expect(log.stats()).toMatchObject({ writable: false, refused: 1, dropped: 1 })
    await log.close()
  })

  it('has no second writer', async () => {
    const log = await directory.open()
    await expect(directory.open()).rejects.toMatchObject({ ...refusal, message: expect.stringContaining('another process is writing it') })
    await log.commit(callEvent('dec_1'))
    await log.close()
    await written(1)
    expect(exchanges()).toEqual(['dec_1', 'dec_0'])
  })
})

describe('going on', () => {
  it('continues the chain of an orderly end, and has nothing to tell of it', async () => {
    await written(3)
    await written(2)
    expect(exchanges()).toEqual(['dec_0', 'dec_1', 'dec_2', 'dec_0', 'dec_1'])
    expect(reasons()).toEqual([])
    expect((await directory.verify()).problems).toEqual([])
  })

  it('keeps a torn last line aside and tells of it in the chain', async () => {
    await written(3)
    appendFileSync(directory.file, '{"v":1,"seq":5,"ts":"2026-')
    await written(1)
    expect(reasons()).toEqual([expect.stringMatching(/^the last 26 bytes were no whole lines after a crash, and are kept in .*audit\.jsonl\.torn-/)])
    const aside = readdirSync(directory.path).find((name) => name.includes('.torn-')) ?? ''
    expect(readFileSync(`${directory.path}/${aside}`, 'utf8')).toBe('{"v":1,"seq":5,"ts":"2026-')
    expect((await directory.verify()).problems).toEqual([])
  })

  it('takes pages that a power failure left unwritten for torn, with all that follows them', async () => {
    await written(3)
    appendFileSync(directory.file, `${'\0'.repeat(5000)}"}\n{"v":1,"seq":6}\n`)
    await written(1)
    expect(reasons()).toEqual([expect.stringContaining('the last 5019 bytes were no whole lines')])
    expect((await directory.verify()).problems).toEqual([])
  })

  it.each([
    ['records cut from the end', () => patch((text) => text.split('\n').slice(0, 2).join('\n') + '\n'), 'it ends with record 2, but record 4 was written'],
    ['a line that is no record', () => appendFileSync(directory.file, 'no record\n'), 'the chain is broken'],
    ['an empty log', () => truncateSync(directory.file), 'it ends with record 0, but record 4 was written'],
    ['no log', () => rmSync(directory.file), 'it ends with record 0, but record 4 was written'],
    ['a changed head', () => patchHead((text) => text.replace('"seq":4', '"seq":3')), 'the signature of the head is not by this key'],
  ])('refuses to go on after %s', async (_name, tamper, why) => {
    await written(3)
    tamper()
    await expect(directory.open()).rejects.toMatchObject({ ...refusal, message: expect.stringContaining(why) })
    // The lock was given back: moving the log away, as the message says, begins a new chain.
    for (const name of readdirSync(directory.path)) if (name.startsWith('audit.jsonl')) rmSync(`${directory.path}/${name}`)
    await written(1)
    expect((await directory.verify()).problems).toEqual([])
  })

  it('refuses to go on after a changed record, also where nothing has signed it yet', async () => {
    const log = await directory.open()
    for (let index = 0; index < 3; index++) await log.commit(callEvent(`dec_${index}`))
    const crashed = `${directory.path}/crashed.jsonl`
    copyFileSync(`${directory.file}.head`, `${crashed}.head`)
    writeFileSync(crashed, directory.text().replace('"status":200', '"status":500'))
    await expect(directory.open({ file: crashed })).rejects.toMatchObject({ message: expect.stringContaining('the chain is broken at byte') })
    writeFileSync(crashed, directory.text())
    const next = await directory.open({ file: crashed })
    expect(next.stats().lastSeq).toBe(3)
    await next.close()
    await log.close()
  })

  it('refuses to go on after somebody who cut the log and took its head away: a new head would cover that', async () => {
    const log = await directory.open({ checkpointEveryRecords: 1 })
    for (let index = 0; index < 3; index++) await log.commit(callEvent(`dec_${index}`))
    await log.close()
    const [record = '', checkpoint = ''] = directory.text().split('\n')
    writeFileSync(directory.file, `${record}\n${checkpoint}\n`)
    rmSync(`${directory.file}.head`)
    await expect(directory.open()).rejects.toMatchObject({ ...refusal, message: expect.stringContaining('its head file is missing') })
  })

  it('refuses to go on after somebody who cut the log and made a head with a key of their own', async () => {
    const log = await directory.open({ checkpointEveryRecords: 1 })
    for (let index = 0; index < 3; index++) await log.commit(callEvent(`dec_${index}`))
    await log.close()
    const [record = '', checkpoint = ''] = directory.text().split('\n')
    writeFileSync(directory.file, `${record}\n${checkpoint}\n`)
    const own = loadOrCreateSigningKey(`${directory.path}/own.key`)
    await writeHead(`${directory.file}.head`, { seq: 2, hash: hashLine(checkpoint) }, true, 0, own)
    await expect(directory.open()).rejects.toMatchObject({ ...refusal, message: expect.stringContaining('another key than its last checkpoint') })
  })

  it('goes on under a new key, and says so; both keys verify it', async () => {
    await written(2)
    const first = directory.key
    const second = loadOrCreateSigningKey(`${directory.path}/second.key`)
    await written(2, { signingKey: second })
    expect(reasons()).toEqual([expect.stringContaining('the head was signed by another key'), expect.stringContaining('was signed by another key')])
    const report = await directory.verify()
    expect(report.problems.map(({ kind }) => kind)).toEqual(['signature', 'head'])
    expect(first.id).not.toBe(second.id)
  })

  function patch(change: (text: string) => string): void {
    writeFileSync(directory.file, change(readFileSync(directory.file, 'latin1')), 'latin1')
  }

  function patchHead(change: (text: string) => string): void {
    writeFileSync(`${directory.file}.head`, change(readFileSync(`${directory.file}.head`, 'latin1')))
  }
})

describe('rotation', () => {
  it('keeps full segments beside the file, one chain over all of them', async () => {
    await written(3, { maxSegmentBytes: 1 })
    const log = await directory.open({ maxSegmentBytes: 4000 })
    for (let index = 0; index < 20; index++) await log.commit(callEvent(`more_${index}`))
    await log.close()
    expect(fullSegments(directory.file).length).toBeGreaterThan(3)
    expect(exchanges()).toHaveLength(23)
    const report = await directory.verify()
    expect(report.problems).toEqual([])
    expect(report.records).toBe(directory.records().length)
  })

  it('goes on after a crash between the renaming and the new file', async () => {
    const log = await directory.open({ maxSegmentBytes: 1 })
    await log.commit(callEvent('dec_1'))
    await log.close()
    rmSync(directory.file)
    await written(1)
    expect(exchanges()).toEqual(['dec_1', 'dec_0'])
    expect((await directory.verify()).problems).toEqual([])
  })

  it('betrays a missing segment', async () => {
    const log = await directory.open({ maxSegmentBytes: 2500 })
    for (let index = 0; index < 12; index++) await log.commit(callEvent(`dec_${index}`))
    await log.close()
    const [first = '', second = ''] = fullSegments(directory.file)
    renameSync(second, `${directory.path}/away`)
    expect((await directory.verify()).problems.map(({ kind }) => kind)).toEqual(['missing'])
    renameSync(first, `${directory.path}/away-too`)
    expect((await directory.verify()).problems.map(({ kind }) => kind)).toEqual(['begins_late'])
  })

  it('does not go on after a file whose beginning does not follow the segment before it', async () => {
    const log = await directory.open({ maxSegmentBytes: 1 })
    await log.commit(callEvent('dec_1'))
    await log.commit(callEvent('dec_2'))
    await log.close()
    await written(1)
    const [, last = ''] = fullSegments(directory.file)
    rmSync(last)
    await expect(directory.open()).rejects.toMatchObject({ message: expect.stringContaining('does not follow the segment before it') })
  })
})
