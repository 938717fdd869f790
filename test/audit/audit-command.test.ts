import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { PassThrough, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apiDependencies } from '../../src/cli/api/api-dependencies.ts'
import { auditCommand, type ConfiguredLog } from '../../src/cli/audit.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { callEvent } from './support/event.ts'
import { rechained } from './support/finished-log.ts'
import { LogDirectory } from './support/log-directory.ts'

let directory: LogDirectory
beforeEach(() => {
  directory = new LogDirectory()
})
afterEach(() => directory[Symbol.dispose]())

interface Result {
  readonly out: string
  readonly err: string
  readonly exit: number
}

function collector(): { readonly stream: Writable; readonly text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  return { stream, text: () => text }
}

async function postern(args: readonly string[], configured?: ConfiguredLog): Promise<Result> {
  const out = collector()
  const err = collector()
  let exit = 0
  const command = auditCommand({
    stdout: out.stream,
    stderr: err.stream,
    env: {},
    clock: systemClock, api: apiDependencies(),
    configuredLog: () => Promise.resolve(configured),
    setExitCode: (code) => {
      exit = code
    },
    signal: new AbortController().signal,
  })
  for (const each of [command, ...command.commands]) {
    each.exitOverride((error) => {
      throw error
    })
    each.configureOutput({ writeErr: (text) => void err.stream.write(text) })
  }
  try {
    await command.parseAsync([...args], { from: 'user' })
  } catch (error) {
    exit = error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : 99
  }
  return { out: out.text(), err: err.text(), exit }
}

async function written(maxSegmentBytes?: number): Promise<void> {
  const log = await directory.open({ maxSegmentBytes })
  for (let index = 0; index < 6; index++) await log.commit(callEvent(`dec_${index}`, { integration: index % 2 === 0 ? 'github' : 'slack' }))
  await log.commit(callEvent('dec_9', { event: 'api.denied', outcome: 'denied', code: 'policy_denied', reason: 'no' }))
  await log.close()
}

const exchangesIn = (out: string): readonly unknown[] =>
  out.split('\n').slice(0, -1).map((line) => /"exchange":"([^"]+)"/.exec(line)?.[1])
const key = (): string => `${directory.path}/audit.key.pub`

describe('postern audit tail', () => {
  it('shows the last records as lines for people', async () => {
    await written()
    const { out, exit } = await postern(['tail', directory.file, '-n', '3'])
    expect(exit).toBe(0)
    expect(out.split('\n').map((line) => line.slice(9))).toEqual([
      'api.call GET /repos/acme/backend/pulls/42 200 41ms agent:pr-reviewer for alice@acme.com',
      expect.stringMatching(/^api\.denied GET .*: no \[policy_denied\]$/),
      expect.stringMatching(/^audit\.checkpoint seq 8 signed by ed25519:/),
      '',
    ])
  })

  it('takes the configured log where none is named, and says so where there is none', async () => {
    await written()
    expect((await postern(['tail'], { file: directory.file, publicKeyFile: key() })).out.split('\n')).toHaveLength(9)
    expect(await postern(['tail'])).toMatchObject({ exit: 1, err: expect.stringContaining('name the log file') })
  })

  it('looks for the last matching records in full segments too', async () => {
    await written(2000)
    const { out } = await postern(['tail', directory.file, '--json', '--integration', 'slack', '-n', '2'])
    expect(exchangesIn(out)).toEqual(['dec_3', 'dec_5'])
    expect(exchangesIn((await postern(['tail', directory.file, '--json', '--denied'])).out)).toEqual(['dec_9'])
    expect(exchangesIn((await postern(['tail', directory.file, '--json', '--event', 'api', '--person', 'bob'])).out)).toEqual([])
    expect(exchangesIn((await postern(['tail', directory.file, '--json', '--agent', 'pr-reviewer', '--since', '5m'])).out)).toHaveLength(7)
    expect(exchangesIn((await postern(['tail', directory.file, '--json', '--since', '2999-01-01'])).out)).toEqual([])
  })

  it.each([
    [['--since', 'soon'], 'It is a time'],
    [['-n', 'x'], 'It is not a whole number'],
    [['--nope'], 'unknown option'],
  ])('refuses %j', async (args, why) => {
    await written()
    expect(await postern(['tail', directory.file, ...args])).toMatchObject({ exit: 1, err: expect.stringContaining(why) })
  })

  it('ends without a failure when its reader has seen enough', async () => {
    await written()
    const exits: number[] = []
    const stdout = new PassThrough()
    const command = auditCommand({
      stdout, stderr: collector().stream, env: {}, clock: systemClock, api: apiDependencies(), configuredLog: () => Promise.resolve({ file: directory.file, publicKeyFile: key() }),
      setExitCode: (code) => exits.push(code), signal: new AbortController().signal, pollMs: 1,
    })
    const following = command.parseAsync(['tail', '--follow'], { from: 'user' })
    stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })))
    await following
    expect(exits).toEqual([])
  })

  it('says in one line that there is no such log', async () => {
    expect(await postern(['tail', `${directory.path}/none`])).toMatchObject({ exit: 78, err: `there is no ${directory.path}/none\n` })
  })

  it('follows the log over rotations, and shows no line before it is whole', async () => {
    const log = await directory.open()
    await log.commit(callEvent('before'))
    const stop = new AbortController()
    const stdout = new PassThrough()
    const shown = lineReader(stdout)
    const deps = { stdout, stderr: new PassThrough(), env: {}, clock: systemClock, api: apiDependencies(), configuredLog: () => Promise.resolve(undefined), setExitCode: () => undefined }
    const followed = auditCommand({ ...deps, signal: stop.signal, pollMs: 2 }).parseAsync(['tail', directory.file, '-f', '--json', '--event', 'api'], { from: 'user' })
    expect(await shown()).toContain('"before"')
    await log.commit(callEvent('while'))
    expect(await shown()).toContain('"while"')
    await log.close()

    const rotating = await directory.open({ maxSegmentBytes: 1 })
    const torn = '{"v":1,"seq":99,"ts":"x'
    for (let index = 0; index < 4; index++) await rotating.commit(callEvent(`rotated_${index}`))
    await rotating.close()
    for (let index = 0; index < 4; index++) expect(await shown()).toContain(`"rotated_${index}"`)
    appendFileSync(directory.file, torn)
    const last = await directory.open()
    await last.commit(callEvent('after'))
    expect(await shown()).toContain('"after"')
    stop.abort()
    await followed
    await last.close()
  })
})

describe('postern audit verify', () => {
  it('verifies all segments of the named log: exit 0', async () => {
    await written(2000)
    const { out, exit } = await postern(['verify', directory.file, '--key', key()])
    const count = directory.records().length
    expect(directory.files().length).toBeGreaterThan(2)
    const end = `to be noted elsewhere, for --expect-head: ${count}:sha256:`
    expect(out.replace(/[0-9a-f]{64}\n$/, '')).toBe(`ok: ${count} records, 1 to ${count}, signed up to ${count}\n${end}`)
    expect(exit).toBe(0)
  })

  it('says file, line and what is wrong: exit 1', async () => {
    await written()
    writeFileSync(directory.file, readFileSync(directory.file, 'utf8').replace('dec_2', 'dec_3'))
    const { out, exit } = await postern(['verify', '--key', key()], { file: directory.file, publicKeyFile: key() })
    expect(out).toContain(`${directory.file}:3: changed: the next record names another hash for this one`)
    expect(out).toContain('NOT OK, 1 problem: 8 records')
    expect(exit).toBe(1)
  })

  it('uses the head file beside the log, or the one that is named, or what was noted', async () => {
    await written()
    const whole = readFileSync(directory.file, 'latin1')
    const noted = /for --expect-head: (\S+)/.exec((await postern(['verify', directory.file, '--key', key()])).out)?.[1] ?? ''
    const log = await directory.open()
    await log.commit(callEvent('later'))
    await log.close()
    expect((await postern(['verify', directory.file, '--key', key(), '--expect-head', noted])).exit).toBe(0)

    writeFileSync(directory.file, whole)
    renameSync(`${directory.file}.head`, `${directory.path}/kept`)
    const without = await postern(['verify', directory.file, '--key', key()])
    expect(without).toMatchObject({ exit: 1, out: expect.stringContaining('head: there is no head file') })
    const unaware = await postern(['verify', directory.file, '--key', key(), '--no-head'])
    expect(unaware).toMatchObject({ exit: 0, out: expect.stringContaining('no head file: records cut from the end') })
    const aware = await postern(['verify', directory.file, '--key', key(), '--head', `${directory.path}/kept`])
    expect(aware).toMatchObject({ exit: 1, out: expect.stringContaining('truncated: the log ends with record 8, but record 10 was written') })
    expect((await postern(['verify', directory.file, '--key', key(), '--expect-head', '10'])).exit).toBe(1)
    expect((await postern(['verify', directory.file, '--key', key(), '--expect-head', `8:sha256:${'0'.repeat(64)}`])).exit).toBe(1)
  })

  it('betrays one who rewrites records, takes out what signed them, and removes the head', async () => {
    const log = await directory.open({ checkpointEveryRecords: 2 })
    for (let index = 0; index < 6; index++) await log.commit(callEvent(`dec_${index}`))
    await log.close()
    const forged = readFileSync(directory.file, 'latin1').trimEnd().replace('dec_3', 'dec_9').split('\n')
    const [first = '', second = '', signed = '', ...later] = forged
    const unsigned = later.filter((line) => !line.includes('"event":"audit.checkpoint"'))
    writeFileSync(directory.file, rechained([first, second, signed, ...unsigned]).map((line) => `${line}\n`).join(''))
    rmSync(`${directory.file}.head`)
    expect(await postern(['verify', directory.file, '--key', key()])).toMatchObject({ exit: 1, out: expect.stringContaining('head: there is no head file') })
  })

  it('betrays a full segment that lost the checkpoint at its end', async () => {
    await written(2000)
    const [segment = ''] = directory.files()
    const kept = readFileSync(segment, 'latin1').trimEnd().split('\n').slice(0, -1)
    writeFileSync(segment, kept.map((line) => `${line}\n`).join(''))
    const { out, exit } = await postern(['verify', directory.file, '--key', key()])
    expect(out).toContain(`${segment}:0: unsigned: the segment does not end with a checkpoint`)
    expect(exit).toBe(1)
  })

  it('lists calls without an end: exit 2', async () => {
    const log = await directory.open()
    await log.commit(callEvent('dec_1', { event: 'api.started' }))
    await log.close()
    const { out, exit } = await postern(['verify', directory.file, '--key', key()])
    expect(out).toContain(`${directory.file}:1: api.started without an end (exchange dec_1)`)
    expect(exit).toBe(2)
  })

  it('gives the report as JSON', async () => {
    await written()
    const { out } = await postern(['verify', directory.file, '--key', key(), '--json'])
    expect(JSON.parse(out)).toMatchObject({
      ok: true, problems: [], furtherProblems: 0, records: 8, firstSeq: 1, signedSeq: 8, last_seq: 8, head: true, unmatched_starts: { count: 0, items: [] },
    })
  })

  it.each([
    ['no such log', () => ['verify', `${directory.path}/none`, '--key', key()]],
    ['no such key', () => ['verify', directory.file, '--key', `${directory.path}/none.pub`]],
    ['the private key', () => ['verify', directory.file, '--key', `${directory.path}/audit.key`]],
    ['no such head', () => ['verify', directory.file, '--key', key(), '--head', `${directory.path}/none`]],
  ])('says in one line that it cannot be done with %s: exit 78', async (_name, args) => {
    await written()
    expect(await postern(args())).toMatchObject({ exit: 78, out: '', err: expect.stringMatching(/^[^\n]+\n$/) })
  })

  it('wants to be told the key where there is no configuration', async () => {
    expect(await postern(['verify', directory.file])).toMatchObject({ exit: 1, err: expect.stringContaining('name the log and its --key') })
  })
})

/** @returns a function that waits for the next line */
function lineReader(stream: PassThrough): () => Promise<string> {
  const lines = stream.setEncoding('utf8')[Symbol.asyncIterator]()
  let rest = ''
  return async () => {
    while (!rest.includes('\n')) rest += String((await lines.next()).value)
    const end = rest.indexOf('\n')
    const line = rest.slice(0, end)
    rest = rest.slice(end + 1)
    return line
  }
}
