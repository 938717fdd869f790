import { readFileSync } from 'node:fs'
import { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProxyAgent, fetch as undiciFetch, type RequestInit as UndiciInit } from 'undici'
import { agentRules } from '../support/policies.ts'
import { STAGE_CONSENT, startStage, type Stage } from '../support/stage.ts'
import { exposedSecrets } from '../support/visible.ts'

const CONSENT = [...STAGE_CONSENT, { integration: 'github', scopes: ['metadata:read', 'issues:write'], targets: ['**'] }]
const MERGE_BY_NAME = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'

let stage: Stage
let token: string
let reverse: Octokit
let forward: Octokit
let proxy: ProxyAgent
let calls = 0

beforeAll(async () => {
  // What concerns no repository goes to the one installation that is named.
  const config = (text: string): string => text.replace(/(type: github\n(?:.*\n)*?\s+app: \{ id: [^,]+,)/, '$1 installation: 81001,')
  stage = await startStage({ config, policies: {
    'graphql.yaml': agentRules('agent:pr-reviewer',
      '{ id: work, allow: { integration: github, scopes: ["issues:write", "pulls:write", "contents:write", "metadata:read"], target: "acme-corp/*" } }',
      '{ id: who, allow: { integration: github, scopes: [], operation: "graphql query viewer" } }',
      '{ id: anywhere, allow: { integration: github, scopes: ["metadata:read"], operation: "graphql query repository" } }',
      `{ id: no-merge, deny: { integration: github, operation: "${MERGE_BY_NAME}" } }`),
    'graphql-org.yaml': 'policy: org\ndefault: allow\nrules:\n  - { id: lend-for-graphql, allow: { integration: github, operation: "graphql **" }, authority: organisation }\n',
  } })
  const { world } = stage
  token = await world.token({ consent: CONSENT })
  proxy = new ProxyAgent({ uri: `http://127.0.0.1:${world.port}`, token: `Bearer ${token}`, requestTls: { ca: readFileSync(world.bundle) } })
  const through = (url: string, init: UndiciInit) => {
    calls += 1
    return undiciFetch(url, { ...init, dispatcher: proxy })
  }
  const direct = (url: string, init: RequestInit) => {
    calls += 1
    return fetch(url, init)
  }
  reverse = new Octokit({ baseUrl: world.baseUrl('github'), auth: token, request: { fetch: direct } })
  forward = new Octokit({ request: { fetch: through } })
})
afterAll(async () => {
  await proxy.close()
  await stage.close()
})

const MODES = [['reverse mode', () => reverse], ['a tunnel', () => forward]] as const
const ISSUES = 'query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { nameWithOwner issues(first: 2) { nodes { id title author { login } } } } }'
const COMMENT = 'mutation ($id: ID!) { addComment(input: {subjectId: $id, body: "Seen."}) { commentEdge { node { url author { login } } } } }'
const backend = { owner: 'acme-corp', name: 'backend' }

interface Refused {
  readonly name: string
  readonly errors?: readonly { readonly type: string; readonly message: string; readonly extensions: { readonly code: string; readonly postern: Readonly<Record<string, unknown>> } }[]
  readonly status?: number
}

async function refused(octokit: Octokit, document: string, variables: Record<string, unknown> = {}): Promise<Refused> {
  const before = [stage.reached(), calls]
  const failure: unknown = await octokit.graphql(document, variables).then(() => new Error('it was allowed'), (error: unknown) => error)
  expect([stage.reached(), calls]).toEqual([before[0], (before[1] ?? 0) + 1])
  return failure as Refused
}

async function issueId(repository = backend): Promise<string> {
  // Past the proxy: how an agent got to know an id is its own affair.
  const { seedRepositories } = await import('../../src/demo/github/seed.ts')
  const found = seedRepositories(0).find((one) => `${one.owner.login}/${one.name}` === `${repository.owner}/${repository.name}`)
  const issue = [...(found?.issues.values() ?? [])].find((one) => !one.isPull)
  return `I_${Buffer.from(String(issue?.id)).toString('base64url')}`
}

describe.each(MODES)('GraphQL in %s', (_mode, octokit) => {
  it('reads what policy allows, with a token for that one repository and those scopes', async () => {
    const answer = await octokit().graphql<{ repository: { nameWithOwner: string; issues: { nodes: readonly object[] } } }>(ISSUES, backend)
    expect(answer.repository.nameWithOwner).toBe('acme-corp/backend')
    expect(answer.repository.issues.nodes.length).toBeGreaterThan(0)
    expect(stage.world.upstreams.github.log.entries.at(-1)).toMatchObject({ operation: 'POST /graphql', grants: { repositories: ['acme-corp/backend'], permissions: { issues: 'read', metadata: 'read' } } })
  })

  it('writes where the client names the repository, with a token that is good for no other', async () => {
    const headers = { 'postern-target': 'acme-corp/backend' }
    const answer = await octokit().graphql<{ addComment: { commentEdge: { node: { url: string } } } }>(COMMENT, { id: await issueId(), headers })
    expect(answer.addComment.commentEdge.node.url).toContain('acme-corp/backend')
    expect(stage.world.upstreams.github.log.entries.at(-1)).toMatchObject({ grants: { repositories: ['acme-corp/backend'], permissions: { issues: 'write', metadata: 'read' } } })
  })

  it('cannot write elsewhere with it: the id of another repository’s issue is unknown to that token', async () => {
    const elsewhere = await issueId({ owner: 'acme-corp', name: 'prod-payments' })
    const failure: unknown = await octokit().graphql(COMMENT, { id: elsewhere, headers: { 'postern-target': 'acme-corp/backend' } }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ errors: [{ type: 'NOT_FOUND' }] })
  })

  it('refuses at once, as Octokit throws it, what policy does not allow', async () => {
    const failure = await refused(octokit(), COMMENT, { id: 'I_x', headers: { 'postern-target': 'acme-corp/prod-payments' } })
    expect(failure).toMatchObject({
      name: 'GraphqlResponseError',
      errors: [{ type: 'FORBIDDEN', extensions: { code: 'policy_denied', postern: { layer: 'org_policy', rule: 'org/production-is-read-only', decision: expect.stringMatching(/^dec_/) } } }],
    })
    expect(failure.errors?.[0]?.message).toContain('Production repositories are read-only for agents.')
  })

  it.each<[what: string, document: string, variables: Record<string, unknown>, code: string]>([
    ['another owner’s repository', ISSUES, { owner: 'other-org', name: 'secret' }, 'policy_denied'],
    ['a repository beside the allowed one, under an alias', '{ a: repository(owner: "acme-corp", name: "backend") { issues { totalCount } } b: repository(owner: "other-org", name: "secret") { id } }', {}, 'policy_denied'],
    ['a mutation that ids alone tell', COMMENT, { id: 'I_x' }, 'policy_denied'],
    ['a field that nobody reviewed', '{ viewer { login repositories(first: 9) { nodes { nameWithOwner } } } }', {}, 'operation_unknown'],
    ['a mutation that nobody reviewed', 'mutation { deleteRepository(input: {}) { clientMutationId } }', {}, 'operation_unknown'],
    ['two operations', 'query a { viewer { login } } mutation b { closeIssue(input: {}) { clientMutationId } }', { operationName: 'b' }, 'body_refused'],
    ['no one repository in Postern-Target', COMMENT, { id: 'I_x', headers: { 'postern-target': 'acme-corp/*' } }, 'header_refused'],
  ])('refuses %s', async (_what, document, variables, code) => {
    expect(await refused(octokit(), document, variables)).toMatchObject({ errors: [{ extensions: { code } }] })
  })
})

describe('GraphQL as policy and records see it', () => {
  it('an unresolved target, which a rule without target allows, gets no token that would be good for all', async () => {
    const failure = await refused(forward, '{ repository(owner: "acme-corp", name: "b\\u0061ckend") { name } }')
    expect(failure).toMatchObject({ errors: [{ extensions: { code: 'credential_refused' } }] })
  })

  it('a rule that refuses an operation of the REST API by its name refuses the mutation that does the same', async () => {
    const failure = await refused(forward, 'mutation { mergePullRequest(input: {pullRequestId: "PR_x"}) { clientMutationId } }', { headers: { 'postern-target': 'acme-corp/backend' } })
    expect(failure).toMatchObject({ errors: [{ extensions: { code: 'policy_denied', postern: { rule: 'pr-reviewer/no-merge' } } }] })
  })

  it('shows who the token is, and nothing that they have', async () => {
    expect(await forward.graphql('{ viewer { login } }')).toMatchObject({ viewer: { login: expect.any(String) } })
  })

  it('has the operation and its target on record, and no value of its arguments', async () => {
    await forward.graphql(ISSUES, backend)
    await refused(forward, `{ repository(owner: "acme-corp", name: "backend") { issue(number: 1) { title } object(expression: "main:canary-in-an-argument") { id: oid } refs(refPrefix: "x") { totalCount } stargazers { edges { node { id } } } } }`)
    const record = await stage.world.recorded(({ event, operation }) => event === 'api.call' && operation === 'graphql query repository { issues }')
    expect(record).toMatchObject({ target: 'acme-corp/backend' })
    expect(await stage.world.auditText()).not.toContain('canary-in-an-argument')
  })

  it('answers what GitHub answers with a status by that status: a token that is none', async () => {
    const failure: unknown = await new Octokit({ baseUrl: stage.world.baseUrl('github'), auth: 'nonsense' }).graphql('{ viewer { login } }').catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'HttpError', status: 401 })
  })

  it('shows no secret of the upstream’s to agent, log or record', async () => {
    const ask = { body: JSON.stringify({ query: ISSUES, variables: backend }) }
    expect((await stage.agent.reverse('POST', '/github/graphql', ask)).body).toContain('"issues"')
    expect((await stage.agent.call('POST', 'https://api.github.com/graphql', ask)).body).toContain('"issues"')
    expect((await stage.agent.reverse('POST', '/github/graphql', { body: '{"query":"{ node(id: 1) { id } }"}' })).code).toBe('operation_unknown')
    expect(await exposedSecrets(stage.world, [stage.agent], stage.recorder.secret)).toEqual([])
  })
})
