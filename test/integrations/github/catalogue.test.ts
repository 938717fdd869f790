import { describe, expect, it } from 'vitest'
import type { InspectedBody } from '../../../src/http/body.ts'
import { githubCatalogue } from '../../../src/integrations/github/catalogue.ts'
import { isDenial } from '../../../src/model/denial.ts'
import type { Operation } from '../../../src/model/operation.ts'
import { canonical } from './request.ts'

const cloud = githubCatalogue({ integration: 'github', apiPrefix: '', uploads: { host: 'uploads.github.com', prefix: '' } })
const server = githubCatalogue({ integration: 'ghe', apiPrefix: '/api/v3', uploads: { host: 'ghe.acme.com', prefix: '/api/uploads' } })

function operation(line: string, headers: readonly string[] = [], catalogue = cloud): Operation {
  const match = catalogue.match(canonical(line, headers))
  if (isDenial(match)) throw new Error(`${match.denial}: ${match.detail}`)
  return match.operation
}

function refusal(line: string, catalogue = cloud): string | undefined {
  const match = catalogue.match(canonical(line))
  return isDenial(match) ? match.denial : undefined
}

function inspected(line: string, value: unknown): Operation {
  const match = cloud.match(canonical(line))
  if (isDenial(match)) throw new Error(match.detail)
  const body: InspectedBody = { bytes: Buffer.from(JSON.stringify(value)), format: 'json', value }
  const whole = match.inspect?.(body) ?? match.operation
  if (isDenial(whole)) throw new Error(whole.detail)
  return whole
}

const R = '/repos/acme/api'

describe('the scopes of an operation', () => {
  it.each([
    ['a merge takes contents', `PUT ${R}/pulls/42/merge`, 'write', [['contents:write']]],
    ['a Pages site takes pages and administration', `POST ${R}/pages`, 'write', [['administration:write', 'pages:write']]],
    ['a comment takes issues or pull_requests', `POST ${R}/issues/7/comments`, 'write', [['issues:write'], ['pull_requests:write']]],
    ['labels too', `PUT ${R}/issues/7/labels`, 'write', [['issues:write'], ['pull_requests:write']]],
    ['assignees too', `POST ${R}/issues/7/assignees`, 'write', [['issues:write'], ['pull_requests:write']]],
    ['milestones too', `DELETE ${R}/milestones/1`, 'write', [['issues:write'], ['pull_requests:write']]],
    ['an issue itself takes issues alone', `POST ${R}/issues`, 'write', [['issues:write']]],
    ['a pull request takes pull_requests alone', `GET ${R}/pulls/42`, 'read', [['pull_requests:read']]],
    ['a file takes contents', `PUT ${R}/contents/src/index.ts`, 'write', [['contents:write']]],
    ['a workflow file takes workflows as well', `PUT ${R}/contents/.github/workflows/ci.yml`, 'write', [['contents:write', 'workflows:write']]],
    ['also with encoded slashes', `DELETE ${R}/contents/.github%2Fworkflows%2Fci.yml`, 'write', [['contents:write', 'workflows:write']]],
    ['also encoded twice', `PUT ${R}/contents/.github%252Fworkflows%252Fci.yml`, 'write', [['contents:write', 'workflows:write']]],
    ['also in capitals', `PUT ${R}/contents/.GitHub/Workflows/ci.yml`, 'write', [['contents:write', 'workflows:write']]],
    ['also from the root', `PUT ${R}/contents/%2F.github/workflows/ci.yml`, 'write', [['contents:write', 'workflows:write']]],
    ['a neighbour of that folder does not', `PUT ${R}/contents/.github/workflows-old/ci.yml`, 'write', [['contents:write']]],
    ['reading a workflow file takes contents', `GET ${R}/contents/.github/workflows/ci.yml`, 'read', [['contents:read']]],
    ['a ref may carry workflow files', `PATCH ${R}/git/refs/heads/main`, 'write', [['contents:write'], ['contents:write', 'workflows:write']]],
    ['a release too', `POST ${R}/releases`, 'write', [['contents:write'], ['contents:write', 'workflows:write']]],
    ['a fork takes both', `POST ${R}/forks`, 'write', [['administration:write', 'contents:read']]],
    ['a template takes both', `POST ${R}/generate`, 'write', [['administration:write', 'contents:read']]],
    ['a team and a repository take both', `PUT /orgs/acme/teams/core${R}`, 'write', [['administration:write', 'members:read']]],
    ['a GET that needs write', '/orgs/acme/rulesets', 'write', [['organization_administration:write']]],
    ['another', `GET ${R}/codespaces/secrets`, 'write', [['codespaces_secrets:write']]],
    ['a POST that only reads', 'POST /markdown', 'read', [['contents:read']]],
    ['a comment on a commit asks to read and writes', `POST ${R}/commits/abc/comments`, 'write', [['contents:read']]],
    ['an admin level', 'PATCH /orgs/acme/properties/schema', 'admin', [['organization_custom_properties:admin']]],
    ['an asset changes a release', `POST https://uploads.github.com${R}/releases/1/assets?name=a.zip`, 'write', [['contents:write']]],
    ['a limit needs nothing', 'GET /rate_limit', 'read', [[]]],
    ['HEAD is GET', `HEAD ${R}/pulls/42`, 'read', [['pull_requests:read']]],
  ])('%s', (_, line, access, alternatives) => {
    const found = operation(line.startsWith('/') ? `GET ${line}` : line)
    expect([found.access, found.alternatives]).toEqual([access, alternatives])
  })

  it.each([
    ['application/vnd.github.diff', [['contents:read', 'pull_requests:read']]],
    ['application/vnd.github.v3.patch', [['contents:read', 'pull_requests:read']]],
    ['application/vnd.github+json', [['pull_requests:read']]],
  ])('of a pull request asked for as %s', (type, alternatives) => {
    expect(operation(`GET ${R}/pulls/42`, ['accept', 'text/html', 'ACCEPT', type]).alternatives).toEqual(alternatives)
  })
})

describe('the targets of an operation', () => {
  it.each([
    ['GET /repos/Acme-Corp/Backend/pulls/42', ['acme-corp/backend']],
    ['GET /orgs/Acme-Corp/repos', ['acme-corp']],
    ['GET /organizations/acme/settings/billing/usage', ['acme']],
    ['PUT /orgs/acme/teams/core/repos/Other/API', ['acme', 'other/api']],
    [`GET ${R}/code-scanning/codeql/variant-analyses/3/repos/Other/Lib`, ['acme/api', 'other/lib']],
    ['GET /users/octocat/repos', ['octocat']],
    ['GET /user/starred/acme/api', ['acme/api']],
  ])('%s acts on %j', (line, names) => {
    expect(operation(line).targets).toEqual({ kind: 'named', names })
  })

  it.each(['GET /rate_limit', 'DELETE /gists/aa5a315d61ae9438b18d', 'GET /user/emails', 'POST /markdown'])('%s acts on none', (line) => {
    expect(operation(line).targets).toEqual({ kind: 'none' })
  })

  it.each([
    'GET /search/issues?q=repo:acme/secret',
    'GET /search/labels?repository_id=1',
    'GET /repositories',
    'GET /user/installations/1/repositories',
    'PUT /orgs/acme/actions/secrets/KEY/repositories/2',
    'GET /teams/9/members',
    'PUT /teams/9/repos/acme/api',
    'GET /enterprises/acme/teams',
    'GET /organizations/4711/settings/billing/usage',
    'GET /users/dependabot[bot]',
  ])('%s names something that cannot be resolved', (line) => {
    expect(operation(line).targets.kind).toBe('unresolved')
  })

  it.each([
    [`POST ${R}/forks`, { organization: 'Evil' }, ['acme/api', 'evil/api']],
    [`POST ${R}/forks`, { organization: 'evil', name: 'copy' }, ['acme/api', 'evil/copy']],
    [`POST ${R}/generate`, { owner: 'evil', name: 'new' }, ['acme/api', 'evil/new']],
    [`POST ${R}/transfer`, { new_owner: 'evil' }, ['acme/api', 'evil/api']],
    [`POST ${R}/transfer`, { new_owner: 'evil', new_name: 'x' }, ['acme/api', 'evil/x']],
    [`PATCH ${R}`, { name: 'prod-api' }, ['acme/api', 'acme/prod-api']],
    [`PATCH ${R}`, { description: 'x' }, ['acme/api']],
    ['POST /orgs/acme/repos', { name: 'prod' }, ['acme', 'acme/prod']],
    ['POST /orgs/acme/artifacts/metadata/storage-record', { name: 'img', github_repository: 'API' }, ['acme', 'acme/api']],
    ['PUT /orgs/acme/actions/permissions', { enabled_repositories: 'all' }, ['acme']],
    ['PUT /orgs/acme/actions/secrets/KEY', { visibility: 'private', selected_repository_ids: [] }, ['acme']],
    ['PATCH /orgs/acme', { default_repository_permission: 'read', members_can_create_repositories: true }, ['acme']],
    [`POST ${R}/issues/1/sub_issues`, { sub_issue_id: 3, repository_ids: [1] }, ['acme/api']],
  ])('%s with body %j acts on %j', (line, body, names) => {
    expect(inspected(line, body).targets).toEqual({ kind: 'named', names })
  })

  it.each([
    [`POST ${R}/forks`, {}],
    [`POST ${R}/transfer`, { new_owner: 7 }],
    [`PATCH ${R}`, { name: ['x'] }],
    [`PATCH ${R}`, { name: '../prod' }],
    ['POST /orgs/acme/repos', []],
    ['PUT /orgs/acme/actions/secrets/KEY', { visibility: 'selected', selected_repository_ids: [42] }],
    ['PUT /orgs/acme/actions/secrets/KEY/repositories', { selected_repository_ids: [42] }],
    ['POST /orgs/acme/teams', { name: 'x', repo_names: ['acme/prod'] }],
    ['PATCH /orgs/acme/properties/values', { repository_names: ['prod'] }],
    ['POST /orgs/acme/artifacts/metadata/storage-record', { name: 'img' }],
    ['POST /orgs/acme/artifacts/metadata/deployment-record/cluster/c', { deployments: [{ github_repository: 'prod' }] }],
    [`POST ${R}/code-scanning/codeql/variant-analyses`, { repositories: ['acme/prod'] }],
    ['POST /user/codespaces', { repository_id: 1 }],
  ])('%s with body %j names what cannot be resolved', (line, body) => {
    expect(inspected(line, body).targets.kind).toBe('unresolved')
  })

  it('keeps parameters as they stood in the path', () => {
    expect({ ...operation('GET /repos/Acme/API/git/ref/heads%2Fmain').parameters }).toEqual({ owner: 'Acme', repo: 'API', ref: 'heads%2Fmain' })
  })
})

describe('what is refused', () => {
  it.each([
    ['POST /graphql', 'body_refused'],
    ['POST https://uploads.github.com/graphql', 'operation_unknown'],
    ['POST /graphql/', 'operation_unknown'],
    ['GET /acme/api.git/info/refs?service=git-upload-pack', 'operation_unknown'],
    ['POST /acme/api.git/git-receive-pack', 'operation_unknown'],
    ['DELETE /installation/token', 'operation_unknown'],
    ['POST /app/installations/1/access_tokens', 'operation_unknown'],
    ['GET /installation/repositories', 'operation_unknown'],
    ['GET /repositories/4711/contents/x', 'operation_unknown'],
    ['POST /orgs/acme/teams/enable_all', 'operation_unknown'],
    [`GET ${R}/pulls/%34%32`, 'operation_unknown'],
    [`GET ${R}/commits/a/b/status`, 'operation_unknown'],
    [`TRACE ${R}`, 'operation_unknown'],
    [`GET https://uploads.github.com${R}/pulls/42`, 'operation_unknown'],
    ['GET /repos/acme%2Fapi/x/pulls', 'path_refused'],
    ['GET /repos/acme/%61pi/pulls', 'path_refused'],
    ['GET /repos/acme/api.git/pulls', 'path_refused'],
    ['GET /repos/acme/API.GIT', 'path_refused'],
    [`GET ${R}/contents/..%2F..%2Fprod`, 'path_refused'],
    [`GET ${R}/git/ref/heads%2F%252e%252e%2Fx`, 'path_refused'],
    [`GET ${R}/collaborators/x%2Fy`, 'path_refused'],
  ])('%s: %s', (line, code) => {
    expect(refusal(line)).toBe(code)
  })

  it.each([
    [`GET ${R}/labels/100%25`, 'GET /repos/{owner}/{repo}/labels/{name}'],
    [`GET ${R}/labels/area%2Fci`, 'GET /repos/{owner}/{repo}/labels/{name}'],
    [`GET ${R}/contents/`, 'GET /repos/{owner}/{repo}/contents/{path}'],
    [`GET ${R}/contents/docs/50%25%20off.md`, 'GET /repos/{owner}/{repo}/contents/{path}'],
    [`GET ${R}/branches/fix%2Fx/protection`, 'GET /repos/{owner}/{repo}/branches/{branch}/protection'],
    [`GET ${R}/compare/main...fix/x`, 'GET /repos/{owner}/{repo}/compare/{basehead}'],
    [`GET ${R}/git/matching-refs/heads/fix/x`, 'GET /repos/{owner}/{repo}/git/matching-refs/{ref}'],
    [`GET ${R}/tarball/refs/tags/v1`, 'GET /repos/{owner}/{repo}/tarball/{ref}'],
    [`GET ${R}/commits/fix%2Fx/status`, 'GET /repos/{owner}/{repo}/commits/{ref}/status'],
    [`GET ${R}/attestations/sha256%3Aabc`, 'GET /repos/{owner}/{repo}/attestations/{subject_digest}'],
    [`POST ${R}/actions/workflows/ci.yml/dispatches`, 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches'],
  ])('and yet %s is %s', (line, name) => {
    expect(operation(line).name).toBe(name)
  })
})

describe('an Enterprise Server', () => {
  it('is matched below its API prefix only', () => {
    expect(operation('GET https://ghe.acme.com/api/v3/repos/a/b/pulls/1', [], server).name).toBe('GET /repos/{owner}/{repo}/pulls/{pull_number}')
    expect(refusal('GET https://ghe.acme.com/repos/a/b/pulls/1', server)).toBe('operation_unknown')
    expect(refusal('GET https://ghe.acme.com/api/v3repos/a/b', server)).toBe('operation_unknown')
    expect(refusal('POST https://ghe.acme.com/graphql', server)).toBe('operation_unknown')
    // GraphQL, without a document in JSON.
    expect(refusal('POST https://ghe.acme.com/api/graphql', server)).toBe('body_refused')
  })

  it('takes release assets below its uploads prefix, and nothing else there', () => {
    expect(operation('POST https://ghe.acme.com/api/uploads/repos/a/b/releases/1/assets', [], server).alternatives).toEqual([['contents:write']])
    expect(refusal('GET https://ghe.acme.com/api/uploads/repos/a/b/pulls/1', server)).toBe('operation_unknown')
  })
})
