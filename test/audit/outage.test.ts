import { appendFileSync, rmSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
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

describe('an outage', () => {
  it('refuses at once when the disk is full, leaves no broken line, and recovers without a restart', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io })
    await log.commit(callEvent('before'))
    io.spaceBytes = 700
    log.post(callEvent('posted'))
    await expect(log.commit(callEvent('refused'))).rejects.toMatchObject(refusal)
    expect(log.writable).toBe(false)
    await expect(log.commit(callEvent('refused_too'))).rejects.toMatchObject(refusal)
    log.post(callEvent('ended_meanwhile'))
    const recovered = new Promise<void>((resolve) => log.onRecord(({ event }) => (event === 'admin.audit_recovered' ? resolve() : undefined)))
    io.spaceBytes = Infinity
    await recovered
    expect(log.writable).toBe(true)
    await log.commit(callEvent('after'))
    await log.close()
    expect(exchanges()).toEqual(['before', 'posted', 'ended_meanwhile', 'after'])
    expect(reasons()).toEqual([expect.stringMatching(/^the log could not be written since 20.*ENOSPC.*; 2 records were refused$/)])
    expect((await directory.verify()).problems).toEqual([])
  })

  it('counts nothing as written whose fdatasync failed, and writes it again', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io })
    io.syncFails = 'EIO'
    await expect(log.commit(callEvent('refused'))).rejects.toMatchObject(refusal)
    log.post(callEvent('posted'))
    io.truncateFails = 'EIO'
    io.syncFails = undefined
    const failures = log.stats().failures
    while (log.stats().failures < failures + 2) await new Promise((resolve) => setImmediate(resolve))
    io.truncateFails = undefined
    await log.close()
    expect(exchanges()).toEqual(['posted'])
    expect((await directory.verify()).problems).toEqual([])
  })

  it('goes on after writes that take only a few bytes', async () => {
    const io = new FaultyIo()
    io.shortBytes = 7
    const log = await directory.open({ io })
    await log.commit(callEvent('dec_1'))
    await log.close()
    expect(io.writes).toBeGreaterThan(100)
    expect((await directory.verify()).problems).toEqual([])
  })

  it('does not wait for a disk that hangs, and tells of it when it is back', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io, stallMs: 20 })
    let open = (): void => undefined
    io.gate = new Promise((resolve) => {
      open = resolve
    })
    await expect(log.commit(callEvent('waited'))).rejects.toMatchObject(refusal)
    expect(log.writable).toBe(false)
    const recovered = new Promise<void>((resolve) => log.onRecord(({ event }) => (event === 'admin.audit_recovered' ? resolve() : undefined)))
    io.gate = undefined
    open()
    await recovered
    expect(log.writable).toBe(true)
    await log.close()
    expect(reasons()).toEqual([expect.stringContaining('a write took longer than 20 ms')])
  })

  it('ends in bounded time where the disk hangs, and says that it did', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io, stallMs: 20 })
    let open = (): void => undefined
    io.gate = new Promise((resolve) => {
      open = resolve
    })
    await expect(log.commit(callEvent('waited'))).rejects.toMatchObject(refusal)
    await expect(log.close()).rejects.toMatchObject({ message: expect.stringContaining('hangs') })
    open()
  })

  it('keeps posts in bounded memory, refusals in half of it, and tells how many were lost', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io, maxQueuedBytes: 20_000 })
    io.spaceBytes = 0
    await expect(log.commit(callEvent('refused'))).rejects.toMatchObject(refusal)
    for (let index = 0; index < 100; index++) log.post(callEvent(`denied_${index}`, { event: 'api.denied', outcome: 'denied' }))
    const deniedKept = log.stats().queuedRecords
    for (let index = 0; index < 100; index++) log.post(callEvent(`call_${index}`))
    const kept = log.stats()
    expect(deniedKept).toBeGreaterThan(5)
    expect(kept.queuedRecords).toBeGreaterThan(deniedKept)
    expect(kept.queuedBytes).toBeLessThan(20_000)
    expect(kept.dropped).toBe(200 - kept.queuedRecords)
    io.spaceBytes = Infinity
    await log.close()
    expect(exchanges()).toHaveLength(kept.queuedRecords)
    expect(reasons()).toEqual([expect.stringContaining(`${kept.dropped} records were lost for want of memory`)])
    expect((await directory.verify()).problems).toEqual([])
  })

  it('refuses new calls while the disk is too slow for the old ones', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io, maxQueuedBytes: 40_000 })
    for (let index = 0; index < 15; index++) log.post(callEvent(`dec_${index}`))
    expect(log.writable).toBe(false)
    await expect(log.commit(callEvent('refused'))).rejects.toMatchObject(refusal)
    await log.close()
    expect(exchanges()).toHaveLength(15)
  })

  it('says at the end how many records could not be written', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io })
    io.spaceBytes = 0
    log.post(callEvent('a'))
    log.post(callEvent('b'))
    await expect(log.close()).rejects.toMatchObject({ ...refusal, message: expect.stringContaining('2 records are lost') })
    io.spaceBytes = Infinity
    await (await directory.open()).close()
    expect((await directory.verify()).problems).toEqual([])
  })

  it('signs with the first batch after it what it kept from being signed in time', async () => {
    const io = new FaultyIo()
    const log = await directory.open({ io, checkpointEveryMs: 30 })
    await log.commit(callEvent('unsigned'))
    io.spaceBytes = 0
    // Nothing is written but the checkpoint that is due.
    while (log.stats().failures === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const recovered = new Promise<void>((resolve) => log.onRecord(({ event }) => (event === 'admin.audit_recovered' ? resolve() : undefined)))
    io.spaceBytes = Infinity
    await recovered
    await log.commit(callEvent('after'))
    expect(directory.events().length).toBe(3)
    expect(directory.records().map(({ event }) => event)).toEqual(['api.call', 'admin.audit_recovered', 'audit.checkpoint', 'api.call'])
    await log.close()
  })

  it('keeps no process alive whose log could not be written at the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const io = new FaultyIo()
      const log = await directory.open({ io })
      io.spaceBytes = 0
      log.post(callEvent('lost'))
      await expect(log.close()).rejects.toMatchObject(refusal)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('notices that the file was removed under it, and goes on in a new one that does not hide the loss', async () => {
    const log = await directory.open()
    await log.commit(callEvent('lost'))
    rmSync(directory.file)
    await expect(log.commit(callEvent('refused'))).rejects.toMatchObject(refusal)
    while (!log.writable) await new Promise((resolve) => setImmediate(resolve))
    await log.commit(callEvent('after'))
    await log.close()
    expect(exchanges()).toEqual(['after'])
    expect(reasons()).toEqual([expect.stringContaining('was removed or emptied')])
    expect((await directory.verify()).problems.map(({ kind }) => kind)).toEqual(['begins_late'])
  })

  it('writes nothing over bytes that somebody else put into the file', async () => {
    const log = await directory.open()
    await log.commit(callEvent('mine'))
    appendFileSync(directory.file, 'somebody else\n')
    await expect(log.commit(callEvent('refused'))).rejects.toMatchObject(refusal)
    await expect(log.close()).rejects.toMatchObject(refusal)
    expect(directory.text()).toMatch(/somebody else\n$/)
  })

  it('makes the directory of the log where there is none, for its owner only', async () => {
    const log = await directory.open({ file: `${directory.path}/state/audit.jsonl` })
    await log.close()
    expect(statSync(`${directory.path}/state`).mode & 0o777).toBe(0o700)
  })

  it('cannot be opened where there can be no directory, and says so in one sentence', async () => {
    const message = expect.stringMatching(/^the audit log .* cannot be written: [^\n]+$/)
    await expect(directory.open({ file: `${directory.path}/audit.key/audit.jsonl` })).rejects.toMatchObject({ ...refusal, message })
  })
})
