import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { findCanaries } from '../support/canary.ts'
import { policiesWith } from '../support/policies.ts'
import { startPosternWorld, WIDE_CONSENT, type PosternWorld } from '../support/postern-world.ts'
import { RECORDER_CONSENT, startRecorder, type Recorder } from '../support/recorder.ts'
import { agentPlaces, exposedSecrets, operatorPlaces, upstreamSecrets } from '../support/visible.ts'

let recorder: Recorder
let world: PosternWorld
let token: string
let agent: TestAgent
const agents: TestAgent[] = []

beforeAll(async () => {
  recorder = await startRecorder({ placement: '{ in: path, prefix: "/bot{credential}" }' })
  world = await startPosternWorld({ config: recorder.config, policies: policiesWith(recorder.policies) })
  token = await world.token({ consent: [...WIDE_CONSENT, RECORDER_CONSENT] })
  agent = new TestAgent(world, token)
  agents.push(agent)
})
afterAll(async () => {
  for (const one of agents) one.close()
  await world.close()
  await recorder.close()
})

const PULL = 'https://api.github.com/repos/acme-corp/backend/pulls/42'
const fresh = async (): Promise<TestAgent> => {
  const one = new TestAgent(world, await world.token({ consent: [...WIDE_CONSENT, RECORDER_CONSENT] }))
  agents.push(one)
  return one
}
const postMessage = (one: TestAgent, channel = 'C0CODEREVIEW') => one.call('POST', 'https://slack.com/api/chat.postMessage', { body: `channel=${channel}&text=hello`, type: 'application/x-www-form-urlencoded' })

describe('what an agent, an operator or a log reader can see', () => {
  it('is looked at with an oracle that finds the secrets where they are', async () => {
    await agent.call('GET', PULL)
    const seen = JSON.stringify(world.upstreams.github.log.entries.map(({ rawHeaders }) => rawHeaders))
    expect(findCanaries([{ name: 'the upstream’s own log', bytes: seen }], upstreamSecrets(world))).not.toEqual([])
  })

  it('holds no upstream secret after allowed calls through every door', async () => {
    for (const [method, path] of [['GET', '/repos/acme-corp/backend/pulls/42'], ['HEAD', '/repos/acme-corp/backend/pulls/42'], ['GET', '/repos/acme-corp/backend/contents/README.md'], ['GET', '/repos/acme-corp/backend/pulls/9999']] as const) {
      await agent.reverse(method, `/github${path}`)
      await agent.absolute(method, `https://api.github.com${path}`)
      await agent.call(method, `https://api.github.com${path}`)
    }
    expect((await postMessage(agent)).status).toBe(200)
    expect((await agent.reverse('GET', '/recorder/v1/a')).status).toBe(200)
    expect((await agent.call('GET', 'https://api.github.com/repos/acme-corp/backend/tarball/main')).status).toBe(302)
    expect(await exposedSecrets(world, agents, recorder.secret)).toEqual([])
  })

  it('holds none after refusals of every layer', async () => {
    await postMessage(agent, 'C0GENERAL')
    await agent.call('DELETE', 'https://api.github.com/repos/acme-corp/backend')
    await agent.reverse('GET', '/github/user/../x')
    await (await fresh()).reverse('GET', '/recorder/v1/a?access_token=x')
    await agent.connectTo('evil.example:443')
    expect(await exposedSecrets(world, agents, recorder.secret)).toEqual([])
  })

  it('holds none after upstreams broke in every way, the token endpoints included', async () => {
    const { github, slack } = world.upstreams
    const { faults } = github
    const path = /access_tokens$/
    for (const plan of [
      () => faults.failNext(1, 500, { path, body: '{"message":"internal: ghs_looks_like_a_token"}' }),
      () => faults.failNext(1, 401, { path, body: '{"message":"A JSON web token could not be decoded"}' }),
      () => faults.cutNext(1, { path }),
      () => faults.failNext(1, 201, { path, headers: { 'content-type': 'application/json' }, body: '{"token":"ghs_wider","expires_at":"2099-01-01T00:00:00Z","permissions":{"administration":"write"},"repository_selection":"all"}' }),
      () => faults.cutNext(1, { path: /pulls/ }),
      () => faults.failNext(1, 401, { path: /pulls/, body: '{"message":"Bad credentials"}' }),
    ]) {
      plan()
      expect((await (await fresh()).call('GET', PULL)).status).toBeGreaterThanOrEqual(400)
      faults.clear()
    }
    slack.faults.failNext(1, 500, { path: /chat/ })
    await postMessage(await fresh())
    recorder.respond = (socket) => void socket.destroy()
    expect((await (await fresh()).reverse('GET', '/recorder/v1/broken')).status).toBe(502)
    expect(await exposedSecrets(world, agents, recorder.secret, 'ghs_looks_like_a_token')).toEqual([])
  })

  it('holds none after a reload, a revocation and an agent that broke off', async () => {
    const leaving = await fresh()
    const tunnel = await leaving.tunnel('api.github.com')
    tunnel.send(requestBytes('GET', '/repos/acme-corp/backend/contents/logs/live.log', 'api.github.com', { fields: ['Accept: application/vnd.github.raw'] }))
    await tunnel.until(/\r\n\r\n/)
    tunnel.close()
    await writeFile(join(world.directory, 'policies', 'broken.yaml'), 'policy: [\n')
    await world.recorded(({ event }) => event === 'policy.rejected')
    await world.editConfig((text) => text.replace('"agent:release-notes", name', '"agent:release-notes", status: revoked, name'))
    await world.recorded(({ event }) => event === 'agent.revoked')
    expect(await exposedSecrets(world, agents, recorder.secret)).toEqual([])
  })

  it('holds no secret of Postern’s own, and no agent’s token stands where another could read it', async () => {
    const authorities = (await readdir(join(world.directory, 'ca'))).filter((file) => file.startsWith('authority-'))
    expect(authorities).toHaveLength(1)
    const files = ['store.key', 'audit-key.pem', ...authorities.map((file) => join('ca', file))]
    const own = await Promise.all(files.map(async (file) => keyIn(await readFile(join(world.directory, file), 'utf8'))))
    const secrets = [...own, world.operationsToken].map((value, at) => ({ name: `own secret ${at + 1}`, value }))
    expect(findCanaries([...(await agentPlaces(world, agents)), ...(await operatorPlaces(world))], secrets)).toEqual([])
    expect(findCanaries(await operatorPlaces(world), [{ name: 'an agent’s token', value: token }])).toEqual([])
  })
})

/** The private key alone, where public certificates stand beside it, without its lines. */
function keyIn(text: string): string {
  return (/-----BEGIN PRIVATE KEY-----([^-]+)-----/.exec(text)?.[1] ?? text).replaceAll(/\s/g, '')
}
