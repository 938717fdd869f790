import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'
import { printed, program, proxyEnv, runClient } from './run-client.ts'

let world: PosternWorld
let token: string
let goBinary: string

beforeAll(async () => {
  world = await startPosternWorld()
  token = await world.token()
  const built = mkdtempSync(join(tmpdir(), 'postern-go-'))
  goBinary = join(built, 'client')
  const build = await runClient('go', ['build', '-o', goBinary, program('client.go')], { GO111MODULE: 'off' }, 240_000)
  if (build.code !== 0) throw new Error(`go build failed: ${build.stderr}`)
}, 300_000)
afterAll(() => world.close())
beforeEach(() => {
  world.upstreams.github.log.clear()
  world.upstreams.slack.log.clear()
})

const PYTHON = process.env['POSTERN_TEST_PYTHON'] ?? 'python3'
const TITLE = 'Check the signature before parsing the webhook'
const PLAIN = { allowed: 200, title: TITLE, denied: 403, code: 'policy_denied' }

const deniedSoFar = async (): Promise<number> => (await world.records()).filter(({ event }) => event === 'api.denied').length

/** Proves "at once": the refused call was made once and not tried again. */
async function refusedOnce(run: () => Promise<void>): Promise<void> {
  const before = await deniedSoFar()
  await run()
  expect(await deniedSoFar()).toBe(before + 1)
}

/** Proves that one allowed and one refused call left one record each. */
async function oneRecordEach(run: () => Promise<void>): Promise<void> {
  const ended = async (): Promise<readonly unknown[]> => (await world.records()).filter(({ event }) => event === 'api.call' || event === 'api.denied').map(({ event, outcome }) => `${String(event)} ${String(outcome)}`)
  const before = (await ended()).length
  await run()
  expect((await ended()).slice(before)).toEqual(['api.call ok', 'api.denied denied'])
}

for (const [way, env, version] of [
  ['through HTTPS_PROXY', () => proxyEnv(world, token), { curl: '2', go: 'HTTP/2.0' }],
  ['through a base URL', () => ({ BASE_URL: world.baseUrl('github'), AUTH: token }), { curl: '1.1', go: 'HTTP/1.1' }],
] as const) {
  describe(way, () => {
    it('curl has its allowed call succeed and sees the refusal, by HTTP/2 where it can', () => oneRecordEach(async () => {
      const base = env() as Record<string, string>
      const url = base['BASE_URL'] ?? 'https://api.github.com'
      const auth = base['AUTH'] === undefined ? [] : ['-H', `Authorization: Bearer ${base['AUTH']}`]
      const told = ['-sS', '--http2', '--fail-with-body', '-w', '\n%{http_version}', ...auth]
      const allowed = await runClient('curl', [...told, `${url}/repos/acme-corp/backend/pulls/42`], base)
      const [body = '', protocol] = allowed.stdout.split(/\n(?=[^\n]*$)/)
      expect([JSON.parse(body), protocol]).toMatchObject([{ number: 42, title: TITLE }, version.curl])
      const denied = await runClient('curl', [...told, '-d', '{}', '-H', 'Content-Type: application/json', `${url}/repos/acme-corp/prod-payments/pulls/3/reviews`], base)
      const [refusal = '', refusedBy] = denied.stdout.split(/\n(?=[^\n]*$)/)
      expect([denied.code, JSON.parse(refusal), refusedBy]).toMatchObject([22, { status: '403', postern: { code: 'policy_denied', rule: 'org/production-is-read-only' } }, version.curl])
    }))

    it('Octokit reads, reviews, pages, and gets a RequestError', () => refusedOnce(async () => {
      const run = await runClient('node', [program('octokit.mjs')], env())
      expect(printed(run)).toMatchObject({ title: TITLE, review: 200, denied: { name: 'HttpError', status: 403, code: 'policy_denied' } })
      expect((printed(run) as { pages: number }).pages).toBeGreaterThanOrEqual(3)
    }))

    it('Slack’s SDK posts, and gets its error at the first try', () => refusedOnce(async () => {
      const base = env() as Record<string, string>
      const slackEnv = base['BASE_URL'] === undefined ? base : { BASE_URL: `${world.baseUrl('slack')}/api/`, AUTH: token }
      const run = await runClient('node', [program('slack.mjs')], slackEnv)
      expect(printed(run)).toEqual({ ok: true, channel: 'C0CODEREVIEW', denied: { code: 'slack_webapi_platform_error', error: 'postern_policy_denied' } })
      expect(world.upstreams.slack.log.entries.filter(({ path }) => path === '/api/chat.postMessage')).toHaveLength(1)
    }))

    it('Node’s fetch sees 200 and 403', () => refusedOnce(async () => {
      expect(printed(await runClient('node', [program('fetch.mjs')], env()))).toEqual(PLAIN)
    }))

    it('Python requests sees 200 and 403', () => refusedOnce(async () => {
      expect(printed(await runClient(PYTHON, [program('requests_client.py')], env()))).toEqual(PLAIN)
    }))

    it('Go’s net/http sees 200 and 403, by HTTP/2 where it can', () => oneRecordEach(async () => {
      expect(printed(await runClient(goBinary, [], env()))).toEqual({ ...PLAIN, protocols: [version.go, version.go] })
    }))
  })
}

describe('what the upstream was sent', () => {
  it('is a token for that one repository and just this operation’s permission', async () => {
    const fresh = await world.token({ agent: 'agent:pr-reviewer' })
    await runClient('curl', ['-sS', 'https://api.github.com/repos/acme-corp/backend/pulls/42'], proxyEnv(world, fresh))
    const [entry] = world.upstreams.github.log.entries.filter(({ path }) => path === '/repos/acme-corp/backend/pulls/42')
    expect(entry?.grants).toEqual({ repositories: ['acme-corp/backend'], permissions: { pull_requests: 'read', metadata: 'read' } })
    expect(entry?.rawHeaders.filter(([name]) => name.toLowerCase() === 'authorization')).toHaveLength(1)
    expect(entry?.rawHeaders.map(([name]) => name.toLowerCase())).not.toContain('proxy-authorization')
  })
})
