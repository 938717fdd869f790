import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'
import { build } from '../cli/support/built.ts'
import { cleanEnv, killAll, postern, PosternProcess, STACK } from '../cli/support/process.ts'

const run = promisify(execFile)
const START = ['start', '--listen', '127.0.0.1:0']

beforeAll(build, 120_000)

let directory: string
beforeEach(async () => {
  // A space and a quote: what is printed has to be good for a shell as it stands.
  directory = await mkdtemp(join(tmpdir(), "postern's demo "))
})
afterEach(async () => {
  await killAll()
  await rm(directory, { recursive: true, force: true })
})

const shell = async (line: string): Promise<string> => (await run('bash', ['-c', line], { cwd: directory, env: cleanEnv() })).stdout

interface Demo {
  readonly process: PosternProcess
  /** The lines that a person copies. */
  readonly curls: readonly string[]
}

async function start(): Promise<Demo> {
  const process = new PosternProcess(START, { cwd: directory })
  await process.says(/The audit, as it happens:\n\n/, 'stdout')
  return { process, curls: process.stdout.split('\n').filter((line) => line.startsWith('curl ')) }
}

/** The terminal's line, without its time. */
const audit = ({ process }: Demo, line: RegExp): Promise<unknown> => process.says(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${line.source}$`, 'm'), 'stdout')

describe('the demo', () => {
  it('prints three calls that do what it says, and shows the audit as it happens', async () => {
    const demo = await start()
    expect(demo.curls).toHaveLength(3)
    const [allowed = '', byOrganisation = '', byAgent = ''] = demo.curls
    expect(JSON.parse(await shell(allowed))).toMatchObject({ number: 42, base: { repo: { full_name: 'acme-corp/backend' } } })
    expect(await shell(`${allowed} -o /dev/null -w '%{http_code}'`)).toBe('200')
    await audit(demo, /credential\.issued agent:pr-reviewer -> github for alice@acme\.com \(pull_requests:read on acme-corp\/backend, .+\)/)
    await audit(demo, /api\.call GET \/repos\/acme-corp\/backend\/pulls\/42 200 \d+ms agent:pr-reviewer for alice@acme\.com/)
    expect(JSON.parse(await shell(byOrganisation))).toMatchObject({ status: '403', postern: { code: 'policy_denied', layer: 'org_policy', rule: 'org/production-is-read-only' } })
    await audit(demo, /api\.denied POST \/repos\/acme-corp\/prod-payments\/pulls\/3\/reviews 403 .* denied by org_policy, rule org\/production-is-read-only .*/)
    expect(JSON.parse(await shell(byAgent))).toMatchObject({ ok: false, error: 'postern_policy_denied', postern: { layer: 'agent_permissions' } })
    await audit(demo, /api\.denied POST \/api\/chat\.postMessage 200 .* denied by agent_permissions: .*/)
    demo.process.signal('SIGINT')
    const { code, stderr } = await demo.process.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await postern(['audit', 'verify'], { cwd: directory })).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok: /) })
  })

  it('has a file to source, after which unchanged programs go through it', async () => {
    const demo = await start()
    const [source = ''] = /^\. .+$/m.exec(demo.process.stdout) ?? []
    const call = 'curl -sS -w "\\n%{http_code}" https://api.github.com/repos/acme-corp/backend/pulls/42'
    const [body = '', status] = (await shell(`${source} && ${call}`)).split('\n')
    expect({ number: (JSON.parse(body) as { number: number }).number, status }).toEqual({ number: 42, status: '200' })
    const fetched = `fetch('https://api.github.com/repos/acme-corp/prod-payments/pulls/3').then(async (answer) => console.log(answer.status, (await answer.json()).number))`
    expect(await shell(`${source} && node -e "${fetched}"`)).toBe('200 3\n')
    await expect(shell(`${source} && curl -sS https://example.com/`)).rejects.toThrow(/403/)
  })

  it('takes the base URL and the token that it names', async () => {
    const demo = await start()
    const [, url = '', file = ''] = /^Or give it the base URL (\S+), and the token in (.+)\.$/m.exec(demo.process.stdout) ?? []
    expect(await shell(`curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: token $(cat ${file})" ${url}/repos/acme-corp/backend/pulls/42`)).toBe('200')
  })

  it('applies at once what is changed in its own copy of the policies, and its policies pass their tests', async () => {
    const demo = await start()
    const [, policies = ''] = /^Policies: (\S+)\/ /m.exec(demo.process.stdout) ?? []
    expect(policies).toBe('.postern/demo/policies')
    const file = join(directory, policies, 'org.yaml')
    const rule = '  - { id: closed, deny: { integration: github }, because: Closed for today. }\n'
    await writeFile(file, (await readFile(file, 'utf8')).replace('rules:\n', `rules:\n${rule}`))
    await expect.poll(() => shell(demo.curls[0] ?? ''), { timeout: 10_000, interval: 100 }).toContain('org/closed')
    await appendFile(file, 'nonsense: true\n')
    await demo.process.says(/the last good ones stay in force/)
    expect(await shell(demo.curls[0] ?? '')).toContain('org/closed')
    expect(await readFile(join(root, 'policies', 'org.yaml'), 'utf8')).not.toContain('closed')
    const tested = await postern(['policy', 'test', join(root, 'policies'), '--config', '.postern/demo/postern.yaml'], { cwd: directory })
    expect(tested).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/ passed, 0 failed, /) })
  })

  it('keeps its secrets from the other users of the machine', async () => {
    await start()
    const mode = async (name: string): Promise<string> => ((await stat(join(directory, '.postern', name))).mode & 0o777).toString(8)
    expect([await mode('demo'), await mode('demo/pr-reviewer.token'), await mode('demo/pr-reviewer.header'), await mode('demo/pr-reviewer.env'), await mode('demo/store.key')])
      .toEqual(['700', '600', '600', '600', '600'])
  })

  it('says in one sentence that another demo runs in the directory, which goes on; after kill -9 it starts again', async () => {
    const demo = await start()
    const second = await postern(START, { cwd: directory })
    expect(second).toMatchObject({ code: 69, stdout: '', stderr: `postern: another demo runs in ${directory}/.postern/demo: end it first, or start this one in another directory\n` })
    expect(await shell(`${demo.curls[0]} -o /dev/null -w '%{http_code}'`)).toBe('200')
    await demo.process.kill()
    expect((await start()).curls).toHaveLength(3)
  })
})

describe('in the demo’s way', () => {
  const taken = createServer()
  let port: number
  beforeAll(async () => {
    taken.listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    port = (taken.address() as AddressInfo).port
  })
  afterAll(() => taken.close())

  it('a taken port is told in one sentence that says what to do', async () => {
    const { code, stdout, stderr } = await postern(['start', '--listen', `127.0.0.1:${port}`], { cwd: directory })
    expect(stderr).toBe(`postern: The listener cannot use 127.0.0.1:${port}: another program is listening there. End that one, or start the demo on a free port: npm start -- --listen 127.0.0.1:0\n`)
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
  })

  it('a directory that cannot be written is told in one sentence', async () => {
    await writeFile(join(directory, '.postern'), 'a file')
    const { code, stderr } = await postern(START, { cwd: directory })
    expect(stderr).toMatch(/^postern: the demo keeps its files in [^\n]+, which cannot be written: [^\n]+\n$/)
    expect(stderr).not.toMatch(STACK)
    expect(code).toBe(69)
  })
})

describe('npm start', () => {
  it('runs config/postern.yaml where that is there, and the demo where it is not', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    expect(scripts['start']).toBe('node scripts/build.ts --if-stale && exec node dist/bin.js start')
    await run('mkdir', [join(directory, 'config')])
    await writeFile(join(directory, 'config/postern.yaml'), 'nonsense: true\n')
    expect(await postern(['start'], { cwd: directory })).toMatchObject({ code: 78, stdout: '', stderr: expect.stringMatching(/^config\/postern\.yaml:1:1: nonsense: /m) })
    const demo = new PosternProcess([...START, '--demo'], { cwd: directory })
    await demo.says(/This is a demo/, 'stdout')
  })
})
