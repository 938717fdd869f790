import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../house/source-tree.ts'
import { REDIRECT, startAuthorityWorld, type AuthorityWorld } from '../support/authority-world.ts'
import { launchChromium, openTab, signIn } from '../support/chromium.ts'
import { policiesWith } from '../support/policies.ts'

let world: AuthorityWorld
let browser: Browser
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-examples-'))
  const policy = (name: string): Promise<string> => readFile(join(root, 'docs', 'examples', name, 'policy.yaml'), 'utf8')
  world = await startAuthorityWorld({
    personAuthority: false,
    policies: policiesWith({ 'issue-summary.yaml': await policy('issue-summary'), 'slack-summary.yaml': await policy('slack-summary') }),
    config: (text) => text.replace('agents:\n', `agents:\n${['Issue Summary', 'Slack Summary'].map((name) => `  - { id: "agent:${name.toLowerCase().replace(' ', '-')}", name: ${name}, redirect_uris: ["${REDIRECT}"] }\n`).join('')}`),
  })
  browser = await launchChromium(world)
}, 60_000)
afterAll(async () => {
  await browser.close()
  await world.close()
  await rm(directory, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs an example as it stands in the documentation; `onAddress` is called with each address that it asks its person to open. */
async function runExample(name: string, words: readonly string[], onAddress: (address: string) => Promise<unknown> = () => Promise.reject(new Error('nobody was to be asked'))): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', join(root, 'test', 'support', 'postern-from-source.ts'), join(root, 'docs', 'examples', name, 'agent.ts'), ...words], {
    env: { PATH: process.env['PATH'] ?? '', POSTERN_URL: world.url, SESSION_FILE: join(directory, 'session.json') }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  const asked: Promise<unknown>[] = []
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
    const address = /Please approve: (\S+)/.exec(chunk)?.[1]
    if (address !== undefined) asked.push(onAddress(address))
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { err += chunk })
  const code = await new Promise<number | null>((resolve) => { child.on('close', resolve) })
  await Promise.all(asked)
  return { code, out, err }
}

/** Alice, at her browser. */
async function alice(address: string, answer: 'Approve' | 'Deny'): Promise<void> {
  const { page } = await openTab(browser)
  onTestFinished(() => page.context().close())
  await page.goto(address)
  await signIn(page, 'alice')
  await page.getByRole('button', { name: answer, exact: true }).click()
  await page.waitForURL((url) => url.hostname === '127.0.0.1')
}

describe('summarise the open issues in my repo and post a summary to #engineering', () => {
  it('asks its person once, reads one repository, posts to one channel, and is refused another repository and another channel', async () => {
    const { code, out } = await runExample('issue-summary', ['acme-corp/backend', '#engineering'], (address) => alice(address, 'Approve'))
    expect(code).toBe(0)
    expect(out).toMatch(/Posted to #engineering: \d+\.\d+\n/)
    expect(out).toContain('another repository: policy_denied by agent_permissions\n')
    expect(out).toContain('another channel: policy_denied by agent_permissions\n')
    const { channels } = world.upstreams.slack.workspace
    const said = channels.find(({ name }) => name === 'engineering')?.messages.at(-1)?.text ?? ''
    expect(said).toMatch(/^\d+ open issues? in acme-corp\/backend\n• #\d+ /)
    expect(channels.filter(({ name }) => name !== 'engineering').flatMap(({ messages }) => messages).filter(({ text }) => text === 'Hello.')).toEqual([])
    expect(await world.recorded(({ event, operation }) => event === 'api.call' && operation === 'chat.postMessage'))
      .toMatchObject({ agent: { id: 'agent:issue-summary' }, user: { id: 'user:alice@acme.com' }, target: 'C0ENGINEER', narrowed_by: 'proxy', outcome: 'ok' })
    expect(await world.recorded(({ event, operation }) => event === 'api.call' && String(operation).endsWith('/issues')))
      .toMatchObject({ scopes: ['issues:read'], target: 'acme-corp/backend', narrowed_by: 'upstream', outcome: 'ok' })
  })

  it('cannot ask its way around policy: for another channel it is told which layer says no', async () => {
    const { code, out, err } = await runExample('issue-summary', ['acme-corp/backend', '#code-review'], (address) => alice(address, 'Approve'))
    expect(code).toBe(1)
    expect(out).not.toContain('Posted')
    expect(err).toMatch(/access_denied|policy_denied|invalid_scope|consent_required/)
  })

  it('does nothing where its person says no', async () => {
    const { code, err } = await runExample('issue-summary', ['acme-corp/backend', '#engineering'], (address) => alice(address, 'Deny'))
    expect(code).toBe(1)
    expect(err).toMatch(/^access_denied/)
  })
})

describe('what was said in one channel, told in another', () => {
  it('reads with one credential and posts with another, each good for its own channel', async () => {
    const { code, out, err } = await runExample('slack-summary', ['C0ENGINEER', '#code-review'], (address) => alice(address, 'Approve'))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/Told #code-review about \d+ messages/)
    const told = world.upstreams.slack.workspace.channels.find(({ name }) => name === 'code-review')?.messages.at(-1)?.text ?? ''
    expect(told).toContain('Deploys are frozen on Friday.')
    const records = (await world.records()).filter(({ event, integration, agent }) => event === 'api.call' && integration === 'slack' && (agent as { id?: string }).id === 'agent:slack-summary')
    expect(records.map(({ operation, scopes, target }) => [operation, scopes, target])).toEqual([
      ['conversations.history', ['channels:history'], 'C0ENGINEER'], ['chat.postMessage', ['chat:write'], 'C0CODEREVIEW'],
    ])
  })
})

it('the policies of the examples hold what their own tests say', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'src', 'bin.ts'), 'policy', 'test', '-c', world.configFile], { encoding: 'utf8' })
  expect(stdout.split('\n').filter((line) => /(issue|slack)-summary\.yaml/.test(line)).length).toBeGreaterThanOrEqual(7)
  expect(stdout).toMatch(/ passed, 0 failed/)
  expect(status).toBe(0)
})

describe('the reviewer of pull requests', () => {
  it('asks once and reviews; the next run asks nobody; what policy denies is told in a line', async () => {
    const first = await runExample('pr-reviewer', ['acme-corp/backend', '42'], (address) => alice(address, 'Approve'))
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' })
    expect(first.out).toMatch(/Reviewed ".+": review \d+\n/)
    expect((await stat(join(directory, 'session.json'))).mode & 0o777).toBe(0o600)
    const second = await runExample('pr-reviewer', ['acme-corp/backend', '42'])
    expect(second).toMatchObject({ code: 0, err: '' })
    const refused = await runExample('pr-reviewer', ['acme-corp/prod-payments', '3'])
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/^policy_denied: /)
  })
})
