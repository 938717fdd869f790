import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportPrivateKey, makeLeaf, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'
import { newId } from '../../src/model/ids.ts'
import { requestBytes, TestAgent } from '../support/agent-client.ts'
import { policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld, type TokenWish } from '../support/postern-world.ts'
import { Wire, type Answer } from '../support/wire.ts'

const PULL = '/repos/acme-corp/backend/pulls/42'
const DAY_MS = 86_400_000
let world: PosternWorld
let root: CertifiedKey

beforeAll(async () => {
  const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS }
  root = await makeRootCa({ commonName: 'agents', ...validity })
  const server = await makeLeaf({ commonName: 'postern', issuer: root, usage: 'server', ipAddresses: ['127.0.0.1'], ...validity })
  world = await startPosternWorld({ config: (text, { files }) => withTls(text, files.ca), policies: prepare(server) })
})
afterAll(() => world.close())

/** Puts the listener's own certificate beside the policies' folder, before the configuration is read. */
function prepare(server: CertifiedKey): (directory: string) => Promise<string> {
  return async (directory) => {
    await writeFile(join(directory, 'listener.pem'), server.certificatePem)
    await writeFile(join(directory, 'listener-key.pem'), exportPrivateKey(server.privateKey), { mode: 0o600 })
    await writeFile(join(directory, 'agents-ca.pem'), root.certificatePem)
    return policiesWith({})(directory)
  }
}

function withTls(text: string, caFile: string): string {
  const directory = join(caFile, '..', '..')
  const file = (name: string): string => `{ file: ${JSON.stringify(join(directory, name))} }`
  return text
    .replace(/^listener: \{ /m, `listener: { tls: { certificate: ${file('listener.pem')}, key: ${file('listener-key.pem')}, client_ca: ${file('agents-ca.pem')} }, `)
    .replace('id: "agent:pr-reviewer", ', 'id: "agent:pr-reviewer", spiffe: "spiffe://acme.com/agents/pr-reviewer", ')
    .replace('id: "agent:issue-triage", ', 'id: "agent:issue-triage", spiffe: "spiffe://acme.com/agents/issue-triage", ')
}

interface Shown {
  /** The agent whose certificate is shown. */
  readonly certificate?: string
  readonly bearer?: TokenWish
  readonly delegation?: TokenWish
}

/** One call by base URL over TLS with what is shown. */
async function call(shown: Shown, path = PULL): Promise<Answer> {
  const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS }
  const leaf = shown.certificate === undefined ? undefined
    : await makeLeaf({ commonName: 'a', issuer: root, usage: 'client', uris: [`spiffe://acme.com/agents/${shown.certificate}`], ...validity })
  const identity = leaf === undefined ? {} : { cert: leaf.certificatePem, key: exportPrivateKey(leaf.privateKey) }
  const socket = connectTls({ host: '127.0.0.1', port: world.port, ca: await readFile(join(world.directory, 'agents-ca.pem')), ...identity })
  const wire = new Wire(socket, () => undefined)
  const fields = [
    ...(shown.bearer === undefined ? [] : [`Authorization: Bearer ${await world.token(shown.bearer)}`]),
    ...(shown.delegation === undefined ? [] : [`Postern-Delegation: ${await world.token(shown.delegation)}`]),
  ]
  const answer = await wire.ask(requestBytes('GET', `/github${path}`, '127.0.0.1', { fields }))
  wire.close()
  return answer
}

const bob = { person: 'user:bob@acme.com' }
const github = (scopes: readonly string[], targets: readonly string[]): TokenWish => ({ consent: [{ integration: 'github', scopes, targets }] })
const NOTHING_SENT = 0

/** The code of a call that must not reach GitHub, and how many requests did. */
async function refused(shown: Shown, path?: string): Promise<readonly [string | undefined, number]> {
  const before = world.upstreams.github.log.total
  const { code } = await call(shown, path)
  return [code, world.upstreams.github.log.total - before]
}

describe('a delegation serves the agent that it was given to, and nobody else', () => {
  it('the agent itself, shown by certificate, is let through', async () => {
    expect((await call({ certificate: 'pr-reviewer', delegation: {} })).status).toBe(200)
  })

  for (const [name, shown] of [
    ['Bob’s delegation of another agent, beside a certificate', { certificate: 'pr-reviewer', delegation: { agent: 'agent:issue-triage', ...bob } }],
    ['another agent’s delegation as the bearer, beside a certificate', { certificate: 'pr-reviewer', bearer: { agent: 'agent:issue-triage', ...bob } }],
    ['another agent’s delegation beside the agent’s own', { bearer: {}, delegation: { agent: 'agent:issue-triage', ...bob } }],
    ['Bob’s delegation beside Alice’s', { bearer: {}, delegation: bob }],
    ['two delegations of the same person', { bearer: { delegation: newId('dlg') }, delegation: { delegation: newId('dlg') } }],
    ['a delegation bound to a certificate, without one', { bearer: { thumbprint: 'A'.repeat(43) } }],
    ['a delegation bound to another certificate', { certificate: 'pr-reviewer', delegation: { thumbprint: 'A'.repeat(43) } }],
  ] as const) {
    it(`${name} is refused`, async () => expect(await refused(shown)).toEqual(['proof_mismatch', NOTHING_SENT]))
  }

  it('a delegation without a proof of the agent is nobody, and an id of one is no proof at all', async () => {
    expect(await refused({ delegation: {} })).toEqual(['identity_required', NOTHING_SENT])
    const wire = new Wire(connectTls({ host: '127.0.0.1', port: world.port, ca: root.certificatePem }), () => undefined)
    expect(await wire.ask(requestBytes('GET', `/github${PULL}`, '127.0.0.1', { fields: [`Authorization: Bearer ${newId('dlg')}`] }))).toMatchObject({ code: 'token_invalid' })
    wire.close()
  })
})

describe('a person’s consent bounds what their agent may do', () => {
  for (const [name, wish] of [
    ['to another integration alone', { consent: [{ integration: 'slack', scopes: ['chat:write'], targets: ['**'] }] }],
    ['to other scopes', github(['issues:write'], ['acme-corp/*'])],
    ['to another repository', github(['pull_requests:write'], ['acme-corp/frontend'])],
    ['to a repository whose name begins alike', github(['pull_requests:write'], ['acme-corp/back'])],
    ['to the scope here and the repository there, which do not add up', { consent: [
      { integration: 'github', scopes: ['pull_requests:read'], targets: ['acme-corp/frontend'] }, { integration: 'github', scopes: ['contents:read'], targets: ['acme-corp/backend'] },
    ] }],
  ] as const) {
    it(`consent ${name} is not enough`, async () => expect(await refused({ bearer: wish })).toEqual(['consent_required', NOTHING_SENT]))
  }

  it('a token that tells of no consent at all is none', async () => {
    expect(await refused({ bearer: { consent: [] } })).toEqual(['token_invalid', NOTHING_SENT])
  })

  it('reading allows no writing', async () => {
    const agent = await refusedWrite(github(['pull_requests:read'], ['acme-corp/*']))
    expect(agent).toEqual(['consent_required', NOTHING_SENT])
  })

  it('an agent that acts for nobody needs the organisation’s word', async () => {
    expect(await refused({ certificate: 'pr-reviewer' })).toEqual([expect.stringMatching(/^(?:policy_denied|delegation_required)$/), NOTHING_SENT])
  })
})

async function refusedWrite(wish: TokenWish): Promise<readonly [string | undefined, number]> {
  const before = world.upstreams.github.log.total
  const wire = new Wire(connectTls({ host: '127.0.0.1', port: world.port, ca: root.certificatePem }), () => undefined)
  const bytes = requestBytes('POST', `/github${PULL}/reviews`, '127.0.0.1', { fields: [`Authorization: Bearer ${await world.token(wish)}`], body: '{"event":"COMMENT","body":"a"}' })
  const { code } = await wire.ask(bytes)
  wire.close()
  return [code, world.upstreams.github.log.total - before]
}

describe('the organisation’s credential', () => {
  it('is lent only where the organisation’s policy says so: consent and the agent’s rule do not suffice', async () => {
    const own = await startPosternWorld({ policies: policiesWith({
      'org.yaml': 'policy: org\ndefault: allow\nrules:\n  - { id: lend, allow: { integration: github, target: acme-corp/frontend }, authority: organisation }\n',
    }) })
    const agent = new TestAgent(own, await own.token())
    const [backend, frontend] = [await agent.reverse('GET', `/github${PULL}`), await agent.reverse('GET', '/github/repos/acme-corp/frontend/pulls/7')]
    const sent = own.upstreams.github.log.entries.map(({ path }) => path)
    await own.close()
    expect(backend).toMatchObject({ status: 403, code: 'authority_insufficient' })
    expect(frontend.status).toBe(200)
    expect(sent.filter((path) => path.includes('backend'))).toEqual([])
  })
})
