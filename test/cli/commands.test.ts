import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'
import { build } from './support/built.ts'
import { ConfiguredDirectory, PULL, startUpstreams, type Upstreams } from './support/configured.ts'
import { postern, PosternProcess, type Ended } from './support/process.ts'

let upstreams: Upstreams
let directory: ConfiguredDirectory
beforeAll(async () => {
  build()
  upstreams = await startUpstreams()
  directory = await ConfiguredDirectory.make(upstreams)
  const { process, url } = await directory.ready()
  await directory.call(url + PULL, await directory.token())
  process.signal('SIGTERM')
  await process.ended
}, 120_000)
afterAll(async () => {
  await directory.remove()
  await upstreams.close()
})

const run = (args: string, cwd = directory.path): Promise<Ended> => postern(args.split(' '), { cwd })

describe('policy commands, where no secret is at hand', () => {
  it('test passes in a fresh clone, with the integrations of the example', async () => {
    const { code, stdout, stderr } = await run('policy test policies', root)
    expect(stdout).toMatch(/\n\d\d passed, 0 failed, 4 policies, sha256:[0-9a-f]{64}\n$/)
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^there is no config\/postern\.yaml here: taking the integrations of \S+postern\.example\.yaml\n$/) })
  })

  it('test and lint read a configuration whose secrets, keys and certificates are not there, and run no command of it', async () => {
    const text = readFileSync(join(directory.path, 'postern.yaml'), 'utf8')
      .replace(/file: "[^"]*store\.key"/, 'command: [touch, ran]')
      .replaceAll(/file: "[^"]*upstreams[^"]*"/g, 'env: POSTERN_TEST_ABSENT')
      .replaceAll(/ca: \{ env: POSTERN_TEST_ABSENT \}/g, 'ca: { file: ./absent.pem }')
      .replaceAll(/jwks: \{ file: "[^"]*" \}/g, 'jwks: { file: ./absent.json }')
    writeFileSync(directory.file('bare.yaml'), text)
    expect(text).toContain('absent.pem')
    expect(await run('policy test --config bare.yaml')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/ passed, 0 failed, 4 policies, sha256:/) })
    expect(await run('policy lint --config bare.yaml')).toMatchObject({ code: 1, stderr: '', stdout: expect.stringMatching(/^\S+issue-triage\.yaml:\d+:\d+: .*static credential.*\n1 warnings, /) })
    expect(() => readFileSync(directory.file('ran'))).toThrow('ENOENT')
    expect(await run('start --config bare.yaml')).toMatchObject({ code: 78, stderr: expect.stringMatching(/: the environment variable POSTERN_TEST_ABSENT is not set; expected: /) })
  })

  it('end with 78 and file:line:column where the configuration cannot be used', async () => {
    writeFileSync(directory.file('bad.yaml'), 'agents: []\nintegrations: {}\nstroe: {}\n')
    const { code, stdout, stderr } = await run('policy test --config bad.yaml')
    expect(stderr).toMatch(/^bad\.yaml:3:1: stroe: the key `stroe` is not known here; expected: `store`$/m)
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
  })
})

describe('audit commands', () => {
  it('take log and key from the configuration that is named, or stands where `start` looks for it', async () => {
    const named = await run('audit verify --config postern.yaml')
    expect(named).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^ok: \d+ records/) })
    const elsewhere = directory.file('elsewhere')
    const config = join(elsewhere, 'config')
    mkdirSync(config, { recursive: true })
    copyFileSync(directory.file('postern.yaml'), join(config, 'postern.yaml'))
    expect(await run('audit verify', elsewhere)).toEqual(named)
    const { code, stdout } = await run('audit tail --event api.call', elsewhere)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^[\d:]{8} api\.call GET \/repos\/acme-corp\/backend\/pulls\/42 200 \d+ms agent:pr-reviewer for alice@acme\.com\n$/) })
    writeFileSync(join(config, 'postern.yaml'), 'nonsense: true\n')
    expect(await run('audit tail', elsewhere)).toMatchObject({ code: 78, stdout: '', stderr: expect.stringMatching(/^config\/postern\.yaml:1:1: nonsense: /m) })
  })

  it('follow the log until the signal, and end well where their reader has seen enough', async () => {
    const tail = new PosternProcess(['audit', 'tail', '-f', '--config', 'postern.yaml'], { cwd: directory.path })
    await tail.says(/ api\.call /, 'stdout')
    tail.signal('SIGINT')
    expect(await tail.ended).toMatchObject({ code: 0, stderr: '' })
    const cut = await postern(['audit', 'tail', '--config', 'postern.yaml'], { cwd: directory.path, before: ['bash', '-c', 'set -o pipefail; "$@" | head -n 1', 'cut'] })
    expect(cut).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^[^\n]+\n$/) })
  })

  it('say in one sentence what cannot be read', async () => {
    expect(await run('audit verify no-such.jsonl --config postern.yaml')).toMatchObject({ code: 78, stdout: '', stderr: 'there is no no-such.jsonl\n' })
    rmSync(directory.file('audit-key.pem.pub'))
    expect(await run('audit verify --config postern.yaml')).toMatchObject({ code: 78, stdout: '', stderr: expect.stringMatching(/^the audit public key \S+\.pub cannot be used: there is no [^\n]+\n$/) })
  })
})
