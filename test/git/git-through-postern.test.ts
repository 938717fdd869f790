import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoggedCall } from '../../src/demo/server/call-log.ts'
import type { GithubGrants } from '../../src/demo/github/world.ts'
import { newId } from '../../src/model/ids.ts'
import { TestAgent } from '../support/agent-client.ts'
import { findCanaries } from '../support/canary.ts'
import type { PosternWorld, TokenWish } from '../support/postern-world.ts'
import { valuesOf } from '../support/wire.ts'
import { GitClient, type GitRun, type Mode } from './git-client.ts'
import { CONSENT, LARGE_BYTES, PUSHER, RELEASER, startGitWorld, upstreamGit } from './git-world.ts'

let world: PosternWorld
const clients: GitClient[] = []
beforeAll(async () => { world = await startGitWorld() })
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await world.close()
})

async function gitOf(mode: Mode, wish: TokenWish = {}): Promise<GitClient> {
  const client = await GitClient.make(world, await world.token({ consent: CONSENT, ...wish }), mode)
  clients.push(client)
  return client
}

const G = 'https://github.com'
/** More than git sends in one piece, 1 MiB. */
const PUSHED_BYTES = 1_572_864
const github = (): PosternWorld['upstreams']['github'] => world.upstreams.github
const field = (call: LoggedCall<GithubGrants>, name: string): string | undefined => call.rawHeaders.find(([spelling]) => spelling.toLowerCase() === name)?.[1]
/** Calls of git's that came since. */
const since = (seq: number): readonly LoggedCall<GithubGrants>[] => github().log.entries.filter((call) => call.seq > seq && call.operation?.includes('.git/') === true)

describe.each<Mode>(['proxy', 'reverse'])('git with Postern as its %s', (mode) => {
  it('clones, pushes and fetches, each call with a token that is placed as git’s host takes it and can no more', async () => {
    const before = github().log.total
    const git = await gitOf(mode, { agent: PUSHER })
    await git.must(['clone', '--quiet', `${G}/Acme-Corp/Backend.git`, 'one'])
    await git.must(['-c', 'protocol.version=0', 'clone', '--quiet', `${G}/acme-corp/backend`, 'two'])
    await git.commit('one', 'README.md', `Changed by way of ${mode}.\n`)
    await git.must(['push', '--quiet'], { folder: 'one' })
    expect(await upstreamGit(world, 'acme-corp/backend', 'show', 'main:README.md')).toBe(`Changed by way of ${mode}.`)
    await git.must(['fetch', '--quiet'], { folder: 'two' })
    await git.must(['merge', '--quiet', '--ff-only', 'origin/main'], { folder: 'two' })
    expect(await git.digest('two', 'README.md')).toBe(await git.digest('one', 'README.md'))

    for (const call of since(before)) {
      expect(Buffer.from(field(call, 'authorization')?.replace(/^Basic /, '') ?? '', 'base64').toString()).toMatch(/^x-access-token:ghs_/)
      const contents = call.operation?.includes('receive-pack') === true ? 'write' : 'read'
      expect([call.status, call.grants]).toEqual([200, { repositories: ['acme-corp/backend'], permissions: { contents, metadata: 'read' } }])
    }
    expect(new Set(since(before).map(({ operation }) => operation)).size).toBe(4)
    expect(new Set(since(before).map((call) => field(call, 'git-protocol')))).toEqual(new Set([undefined, 'version=2']))
  })

  it('is told why it may not push, and what would help; nothing reaches GitHub', async () => {
    const git = await gitOf(mode)
    for (const [name, reasons] of [
      ['frontend', ['Policy does not allow this request.', 'needs contents:write and workflows:write, or contents:write', 'an allow rule in its policy would be needed', 'policy_denied, dec_']],
      ['prod-payments', ['Production repositories are read-only for agents.', '(policy_denied by org/production-is-read-only, dec_']],
    ] as const) {
      await git.must(['clone', '--quiet', `${G}/acme-corp/${name}.git`, name])
      await git.commit(name, 'x.txt', 'x')
      const before = github().log.total
      const { code, text } = await git.run(['push'], { folder: name })
      expect(code).toBe(128)
      for (const reason of reasons) expect(text).toMatch(new RegExp(`^remote: .*${reason.replaceAll(/[.()/]/g, '\\$&')}`, 'm'))
      expect(github().log.total).toBe(before)
      const record = await world.recorded(({ event, access, target }) => event === 'api.denied' && access === 'write' && target === `acme-corp/${name}`)
      expect(record).toMatchObject({ operation: 'GET /{owner}/{repo}.git/info/refs?service=git-receive-pack', code: 'policy_denied' })
    }
  })

  it('is refused another company’s repository, and one that the person did not approve; nothing reaches GitHub', async () => {
    const before = github().log.total
    const [other, unapproved] = [await gitOf(mode), await gitOf(mode, { consent: [{ integration: 'github', scopes: ['contents:read'], targets: ['acme-corp/backend'] }] })]
    expect(await other.run(['clone', `${G}/other-org/secret.git`, 'secret'])).toMatchObject({ code: 128, text: expect.stringMatching(/^remote: .*not allowed to agent:pr-reviewer on this target/m) })
    expect(await unapproved.run(['clone', `${G}/acme-corp/frontend.git`, 'frontend'])).toMatchObject({ code: 128, text: expect.stringMatching(/^remote: Postern: The person has not consented/m) })
    expect(github().log.total).toBe(before)
  })

  it('sends and gets what is large in chunks and by compressed requests, and the audit has the bytes', async () => {
    const before = github().log.total
    const delegation = newId('dlg')
    const git = await gitOf(mode, { agent: PUSHER, delegation })
    await git.must(['clone', '--quiet', `${G}/acme-corp/handbook.git`, 'handbook'])
    await git.commit('handbook', `${mode}.bin`, randomBytes(PUSHED_BYTES))
    await git.must(['push', '--quiet'], { folder: 'handbook' })
    expect(await upstreamGit(world, 'acme-corp/handbook', 'cat-file', '-s', `main:${mode}.bin`)).toBe(String(PUSHED_BYTES))

    const pushes = since(before).filter(({ operation }) => operation === 'POST /{owner}/{repo}.git/git-receive-pack')
    expect(pushes.map((call) => [field(call, 'content-length'), field(call, 'transfer-encoding')])).toEqual([['4', undefined], [undefined, 'chunked']])
    expect(since(before).some((call) => call.method === 'POST' && field(call, 'content-encoding') === 'gzip')).toBe(true)
    const records = (await world.records()).filter((record) => record['event'] === 'api.call' && record['delegation'] === delegation)
    const of = (operation: string, key: string): number[] => records.filter((record) => record['operation'] === operation).map(({ http }) => (http as Record<string, number>)[key] ?? 0)
    expect(Math.max(...of('POST /{owner}/{repo}.git/git-upload-pack', 'bytes_out'))).toBeGreaterThan(LARGE_BYTES)
    expect(Math.max(...of('POST /{owner}/{repo}.git/git-receive-pack', 'bytes_in'))).toBeGreaterThan(PUSHED_BYTES)
    for (const { access, target, outcome, operation } of records) {
      expect([target, outcome, access]).toEqual(['acme-corp/handbook', 'ok', String(operation).includes('receive') ? 'write' : 'read'])
    }
  })

  it('loses a clone that is under way when its delegation is taken back', async () => {
    const delegation = newId('dlg')
    const git = await gitOf(mode, { delegation })
    const hold = github().git.holdNext(LARGE_BYTES / 3)
    const clone = git.run(['clone', `${G}/acme-corp/handbook.git`, 'handbook'])
    await hold.reached
    await world.editConfig((text) => `${text.replace(/^revoked:.*\n/m, '')}revoked: { delegations: [${delegation}] }\n`)
    expect(await clone).toMatchObject({ code: 128, text: expect.stringMatching(/early EOF|unexpected disconnect|RPC failed/) })
    const cut = await world.recorded((record) => record['event'] === 'api.call' && record['delegation'] === delegation && record['outcome'] !== 'ok')
    expect(cut).toMatchObject({ outcome: 'revoked', operation: 'POST /{owner}/{repo}.git/git-upload-pack', target: 'acme-corp/handbook', http: { status: 200 } })
    expect(await git.run(['clone', `${G}/acme-corp/handbook.git`, 'again'])).toMatchObject({ code: 128 })
  })

  it('never sees the upstream’s token: not in what it prints with every trace on, not in what it writes, nor do log and audit', async () => {
    const git = await gitOf(mode, { agent: PUSHER })
    const env = { GIT_TRACE: '1', GIT_TRACE_CURL: '1', GIT_TRACE_PACKET: '1', GIT_TRACE_REDACT: '0' }
    await git.must(['clone', `${G}/acme-corp/backend.git`, 'backend'], { env })
    await git.commit('backend', 'traced.txt', mode)
    await git.must(['push'], { folder: 'backend', env })
    await git.run(['clone', `${G}/other-org/secret.git`, 'secret'], { env })
    const canaries = github().canaries().map((value, index) => ({ name: `GitHub’s secret ${index}`, value }))
    expect(git.printed.join('')).toMatch(/=> Send header: (?:POST|GET) /)
    const places = [...await git.places(), { name: 'audit', bytes: await world.auditText() }, { name: 'log', bytes: world.logText() }]
    expect(findCanaries(places, canaries)).toEqual([])
  })
})

describe('git, whichever way it comes', () => {
  it('clones a part: the last commit of one branch, and files only once they are needed', async () => {
    const git = await gitOf('proxy')
    await git.must(['clone', '--quiet', '--depth=1', '--branch=feature/next', `${G}/acme-corp/frontend.git`, 'shallow'])
    expect((await git.must(['rev-list', '--count', 'HEAD'], { folder: 'shallow' })).trim()).toBe('1')
    await git.must(['fetch', '--quiet', '--unshallow'], { folder: 'shallow' })
    expect((await git.must(['rev-list', '--count', 'HEAD'], { folder: 'shallow' })).trim()).toBe('2')
    await git.must(['clone', '--quiet', '--filter=blob:none', '--no-checkout', `${G}/acme-corp/frontend.git`, 'blobless'])
    expect(await git.must(['show', 'HEAD:README.md'], { folder: 'blobless' })).toContain('# frontend')
  })

  it('speaks HTTP/1.1 in the tunnel, where its libraries are at their best; clients of the API may choose HTTP/2', async () => {
    const agent = new TestAgent(world, await world.token({ consent: CONSENT }))
    const ca = await readFile(world.bundle)
    for (const [servername, offered, agreed] of [
      ['github.com', ['h2', 'http/1.1'], 'http/1.1'], ['github.com', [], false], ['api.github.com', ['h2', 'http/1.1'], 'h2'], ['api.github.com', ['http/1.1'], 'http/1.1'],
    ] as const) {
      const { socket } = await agent.connectTo(`${servername}:443`)
      socket.removeAllListeners('data')
      const tls = connectTls({ socket, ca, servername, ALPNProtocols: [...offered] })
      await once(tls, 'secureConnect')
      expect([servername, offered, tls.alpnProtocol]).toEqual([servername, offered, agreed])
      tls.destroy()
    }
    agent.close()
  })

  it('changes what runs in CI only with a token for that, which is asked for only where policy gives it', async () => {
    const before = github().log.total
    const [plain, privileged] = [await gitOf('proxy', { agent: PUSHER }), await gitOf('proxy', { agent: RELEASER })]
    for (const git of [plain, privileged]) {
      await git.must(['clone', '--quiet', `${G}/acme-corp/frontend.git`, 'frontend'])
      await mkdir(join(git.home, 'frontend', '.github', 'workflows'), { recursive: true })
      await git.commit('frontend', '.github/workflows/deploy.yml', 'on: push\n')
    }
    expect(await plain.run(['push'], { folder: 'frontend' })).toMatchObject({ code: 1, text: expect.stringContaining('without `workflows` permission') })
    await privileged.must(['push', '--quiet'], { folder: 'frontend' })
    const written = since(before).filter(({ operation }) => operation?.includes('receive-pack') === true).map(({ grants }) => grants?.permissions['workflows'])
    expect(new Set(written)).toEqual(new Set([undefined, 'write']))
  })

  it('gets nothing else of its host: no page, no file, no older protocol, no large files; each refusal in the form that its client reads', async () => {
    const before = github().log.total
    const agent = new TestAgent(world, await world.token({ consent: CONSENT }))
    for (const [method, path] of [
      ['GET', '/acme-corp/backend'], ['GET', '/acme-corp/backend/raw/main/README.md'], ['GET', '/acme-corp/backend.git/HEAD'], ['GET', '/acme-corp/backend.git/info/refs'],
      ['GET', '/login/oauth/authorize'], ['POST', '/acme-corp/backend.git/git-upload-pack'],
    ] as const) {
      for (const answer of [await agent.call(method, `${G}${path}`), ...(path.includes('.git') ? [await agent.reverse(method, `/github${path}`)] : [])]) {
        expect([answer.status, answer.body]).toEqual([403, expect.stringMatching(/^Postern: [^]*\n\(operation_unknown, dec_[\w-]+\)\n$/)])
      }
    }
    const large = await agent.call('POST', `${G}/acme-corp/backend.git/info/lfs/objects/batch`, { body: '{"operation":"download"}', type: 'application/vnd.git-lfs+json' })
    expect(JSON.parse(large.body)).toMatchObject({ message: expect.stringContaining('GIT_LFS_SKIP_SMUDGE=1'), postern: { code: 'operation_unknown' } })
    expect(github().log.total).toBe(before)
    agent.close()
  })

  it('is asked for its token where it talks to Postern, and told what is wrong with a token there', async () => {
    const ask = async (token: string | undefined): Promise<GitRun> => {
      const client = await GitClient.make(world, token, 'reverse')
      clients.push(client)
      return client.run(['ls-remote', `${G}/acme-corp/backend.git`])
    }
    expect((await ask(undefined)).text).toMatch(/could not read Username for 'http:\/\/127\.0\.0\.1/)
    expect((await ask(await world.token({ lifetimeMs: -7_200_000 }))).text).toMatch(/^remote: Postern: The token has expired\.[^]*Authentication failed/m)
    const anonymous = new TestAgent(world, undefined)
    const answer = await anonymous.reverse('GET', '/github/acme-corp/backend.git/info/refs?service=git-upload-pack')
    expect([answer.status, valuesOf(answer, 'www-authenticate')]).toEqual([401, ['Basic realm="postern", charset="UTF-8"']])
    anonymous.close()
  })
})
