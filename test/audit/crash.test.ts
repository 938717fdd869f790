import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { check, runKills, startWriter, told, type KillResult } from './support/kill-rounds.ts'
import { LogDirectory } from './support/log-directory.ts'

describe('a process that writes the log', () => {
  it('loses no acknowledged record, and leaves a chain that verifies, when it is killed under load', async () => {
    const result = await runKills(5, () => 10 + Math.random() * 100, 16)
    expect(result.wrong).toEqual([])
    expect(result.problems).toEqual([])
    expect(result.kills).toBe(5)
    expect(result.acknowledged).toBeGreaterThan(0)
    expect(result.records).toBeGreaterThanOrEqual(result.acknowledged)
  })

  it('leaves its lock to the next one when it is killed, and to nobody while it runs', async () => {
    using directory = new LogDirectory()
    const writer = await startWriter([directory.path, 'run', '1'])
    await expect(directory.open()).rejects.toMatchObject({ code: 'audit_unavailable', message: expect.stringContaining('another process is writing it') })
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    const log = await directory.open()
    await log.close()
    expect((await directory.verify()).problems).toEqual([])
  })

  it('refuses when the file cannot grow (a true limit of the kernel), and recovers when it can, without a broken or doubled line', async () => {
    using directory = new LogDirectory()
    const writer = await startWriter([directory.path, 'full', '4', 'until-outage'], ['prlimit', `--fsize=${64 * 1024}:unlimited`])
    const ended = once(writer, 'exit')
    await told(writer, 'refused')
    execFileSync('prlimit', ['--pid', String(writer.pid), '--fsize=unlimited:unlimited'])
    expect(await ended).toEqual([0, null])
    const result: KillResult = { kills: 0, acknowledged: 0, records: 0, segments: 0, tornEnds: 0, wrong: [], problems: [] }
    await check(directory, result)
    expect(result).toMatchObject({ wrong: [], problems: [], tornEnds: 0 })
    expect(result.acknowledged).toBeGreaterThan(10)
    const recovered = directory.records().filter(({ event }) => event === 'admin.audit_recovered')
    expect(recovered.map(({ fields }) => fields['reason'])).toEqual([expect.stringContaining('EFBIG')])
  })
})
