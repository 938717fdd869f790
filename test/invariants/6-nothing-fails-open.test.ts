import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FaultyIo } from '../audit/support/faulty-io.ts'
import { TestAgent } from '../support/agent-client.ts'
import { policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

const PULL = '/github/repos/acme-corp/backend/pulls/42'
const ISSUES_TOKENS = { path: /\/access_tokens$/ }
const io = new FaultyIo()
let world: PosternWorld

beforeAll(async () => {
  world = await startPosternWorld({ auditIo: io, policies: policiesWith({}) })
})
afterAll(() => world.close())
beforeEach(() => {
  world.upstreams.github.log.clear()
  world.upstreams.slack.log.clear()
})

/** An agent under a delegation of its own, for which nothing was issued yet. */
const fresh = async (): Promise<TestAgent> => new TestAgent(world, await world.token())
/** Calls of agents that arrived: the authority's own are left out. */
const calls = (): readonly string[] => [...world.upstreams.github.log.entries, ...world.upstreams.slack.log.entries]
  .map(({ method, path }) => `${method} ${path}`).filter((call) => !/ \/(?:app|installation|orgs|users|api\/oauth)|\/installation$/.test(call))
const githubFails = (count: number, status: number, body = '', headers = {}): void => world.upstreams.github.faults.failNext(count, status, { ...ISSUES_TOKENS, body, headers })
const tokenAnswer = (token: object): readonly [number, string, object] => [201, JSON.stringify({ token: 'ghs_x', expires_at: '2099-01-01T00:00:00Z', permissions: { pull_requests: 'read' }, repository_selection: 'selected', repositories: [{ full_name: 'acme-corp/backend' }], ...token }), { 'content-type': 'application/json' }]

describe('without a credential there is no call', () => {
  const wider = tokenAnswer({ permissions: { pull_requests: 'write', administration: 'write' } })
  const everywhere = tokenAnswer({ repository_selection: 'all', repositories: undefined })
  const elsewhere = tokenAnswer({ repositories: [{ full_name: 'other-org/backend' }] })
  const dead = tokenAnswer({ expires_at: '2001-01-01T00:00:00Z' })
  for (const [name, code, plan] of [
    ['fails', 'credential_unavailable', () => githubFails(1, 500, 'oops')],
    ['does not accept the app', 'credential_unavailable', () => githubFails(1, 401)],
    ['suspended the installation', 'connection_reauth_required', () => githubFails(1, 403, '{}')],
    ['does not grant the permissions', 'credential_refused', () => githubFails(1, 422, '{}')],
    ['answers without a token', 'credential_unavailable', () => githubFails(1, 201, '{}')],
    ['answers something else than JSON', 'credential_unavailable', () => githubFails(1, 201, '<html>')],
    ['gives more permissions than asked', 'credential_unavailable', () => githubFails(1, wider[0], wider[1], wider[2])],
    ['gives every repository', 'credential_unavailable', () => githubFails(1, everywhere[0], everywhere[1], everywhere[2])],
    ['gives another owner’s repository', 'connection_required', () => githubFails(1, elsewhere[0], elsewhere[1], elsewhere[2])],
    ['gives a token that has ended', 'credential_unavailable', () => githubFails(1, dead[0], dead[1], dead[2])],
    ['breaks the connection', 'credential_unavailable', () => world.upstreams.github.faults.cutNext(1, ISSUES_TOKENS)],
  ] as const) {
    it(`where GitHub ${name}`, async () => {
      plan()
      const answer = await (await fresh()).reverse('GET', PULL)
      world.upstreams.github.faults.clear()
      expect(answer.code).toBe(code)
      expect(calls()).toEqual([])
    })
  }

  it('where the authority waits for GitHub, and the agent leaves', async () => {
    const hold = world.upstreams.github.faults.holdNext(ISSUES_TOKENS)
    const wire = await (await fresh()).connect()
    wire.send(`GET ${PULL} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: t\r\nAuthorization: Bearer ${await world.token()}\r\n\r\n`)
    await hold.reached
    const { connections } = world.service.dataPlane
    const { open } = connections
    wire.close()
    // A client that ends its side may still wait: it has left once its connection is seen to have gone.
    await expect.poll(() => connections.open, { interval: 5 }).toBeLessThan(open)
    await world.recorded(({ event, http }) => event === 'api.denied' && (http as { status?: number }).status === 503)
    hold.release()
    await world.recorded(({ event }) => event === 'credential.issued')
    expect(calls()).toEqual([])
  })

  it('where Slack’s rotation fails', async () => {
    world.upstreams.slack.faults.failNext(1, 500, { path: /oauth/ })
    const answer = await (await fresh()).reverse('POST', '/slack/api/chat.postMessage', { body: 'channel=C0CODEREVIEW&text=a', type: 'application/x-www-form-urlencoded' })
    expect(answer.code).toBe('credential_unavailable')
    expect(calls()).toEqual([])
  })
})

describe('without an audit there is no call', () => {
  it('where the issuance cannot be recorded: the token is ended at once and placed nowhere', async () => {
    const agent = await fresh()
    // What earlier tests left to be recorded is written first: the disk is to be found full by the issuance, and not before it begins.
    await world.records()
    io.spaceBytes = 0
    const answer = await agent.reverse('GET', PULL)
    io.spaceBytes = Infinity
    expect(answer).toMatchObject({ status: 503, code: 'audit_unavailable' })
    expect(calls()).toEqual([])
    await recovered()
    expect(await world.recorded(({ event }) => event === 'admin.audit_recovered')).toMatchObject({ outcome: 'ok' })
    await world.upstreams.github.log.ended(({ method, path }) => method === 'DELETE' && path === '/installation/token')
  })

  it('where only the start cannot be recorded, the credential being at hand', async () => {
    const agent = await fresh()
    expect((await agent.reverse('GET', PULL)).status).toBe(200)
    world.upstreams.github.log.clear()
    io.syncFails = 'EIO'
    expect(await agent.reverse('GET', PULL)).toMatchObject({ status: 503, code: 'audit_unavailable' })
    expect(await agent.call('GET', 'https://api.github.com/repos/acme-corp/backend/pulls/42')).toMatchObject({ status: 503, code: 'audit_unavailable' })
    expect(calls()).toEqual([])
    expect((await fetch(`${world.operationsUrl}/readyz`)).status).toBe(503)
    io.syncFails = undefined
    await recovered()
    expect((await agent.reverse('GET', PULL)).status).toBe(200)
  })

  it('in relaxed mode neither, as soon as it is known', async () => {
    const relaxedIo = new FaultyIo()
    const relaxed = await startPosternWorld({ auditMode: 'relaxed', auditIo: relaxedIo })
    const agent = new TestAgent(relaxed, await relaxed.token())
    expect((await agent.reverse('GET', PULL)).status).toBe(200)
    relaxed.upstreams.github.log.clear()
    relaxedIo.spaceBytes = 0
    await relaxed.service.audit.commit({ event: 'session.started', outcome: 'ok' }).catch(() => undefined)
    expect(await agent.reverse('GET', PULL)).toMatchObject({ status: 503, code: 'audit_unavailable' })
    expect(relaxed.upstreams.github.log.entries).toEqual([])
    relaxedIo.spaceBytes = Infinity
    await relaxed.close()
  })
})

/** Resolves once the log takes records again. */
async function recovered(): Promise<void> {
  while (!world.service.audit.writable) {
    await new Promise<void>((resolve) => {
      const off = world.service.audit.onRecord(() => {
        off()
        resolve()
      })
    })
  }
}

describe('without a policy there is no call', () => {
  it('a set that cannot be used starts nothing', async () => {
    const start = startPosternWorld({ policies: policiesWith({ 'broken.yaml': 'policy: org\nrules: []\n' }) })
    await expect(start).rejects.toThrow(/broken\.yaml:1/)
  })

  it('a set that cannot be used changes nothing: what was denied stays denied, what was allowed allowed', async () => {
    const file = join(world.directory, 'policies', 'org.yaml')
    await writeFile(file, 'policy: org\ndefault: allow\nrules: [\n')
    expect((await world.recorded(({ event }) => event === 'policy.rejected'))['reason']).toMatch(/org\.yaml:\d+/)
    const agent = await fresh()
    expect((await agent.reverse('GET', PULL)).status).toBe(200)
    expect((await agent.reverse('POST', '/github/repos/acme-corp/prod-payments/pulls/3/reviews', { body: '{}' })).code).toBe('policy_denied')
  })
})

describe('without the keys of an issuer', () => {
  it('nothing starts', async () => {
    const start = startPosternWorld({ config: (text) => text.replace('development-jwks.json', 'gone.json') })
    await expect(start).rejects.toThrow(/gone\.json/)
  })

  it('nobody is identified: a token that another key signed is nobody’s', async () => {
    const [head = '', claims = '', signature = ''] = (await world.token()).split('.')
    const foreign = [head, claims, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`].join('.')
    const unsigned = [Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url'), claims, ''].join('.')
    for (const token of [foreign, unsigned]) expect((await new TestAgent(world, token).reverse('GET', PULL)).code).toBe('token_invalid')
    expect(calls()).toEqual([])
  })
})
