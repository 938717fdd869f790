import { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGithub, type Github } from '../../src/demo/github/start-github.ts'
import { fetchTrusting, issueToken, type TrustingFetch } from '../support/standins.ts'

const backend = { owner: 'acme-corp', repo: 'backend' }
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

describe('the GitHub stand-in with @octokit/rest', () => {
  let github: Github
  let http: TrustingFetch

  beforeAll(async () => {
    github = await startGithub()
    http = fetchTrusting(github.caPem)
  })
  afterAll(async () => {
    await http.close()
    await github.close()
  })
  beforeEach(() => github.log.clear())

  const octokit = async (permissions: object, repositories = ['backend']): Promise<Octokit> => {
    const auth = await issueToken(github, http, { repositories, permissions })
    return new Octokit({ auth, baseUrl: github.origin, log: silent, request: { fetch: http.fetch } })
  }

  it('shows a pull request to a token for that one repository, and logs just that grant', async () => {
    const client = await octokit({ pull_requests: 'read' })
    const { data } = await client.pulls.get({ ...backend, pull_number: 42 })
    expect(data).toMatchObject({ number: 42, state: 'open', title: 'Check the signature before parsing the webhook', base: { ref: 'main' } })
    expect(github.log.last).toMatchObject({
      method: 'GET',
      path: '/repos/acme-corp/backend/pulls/42',
      operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
      authenticatedAs: 'installation',
      status: 200,
      ended: 'answered',
    })
    expect(github.log.last?.grants).toEqual({ repositories: ['acme-corp/backend'], permissions: { pull_requests: 'read', metadata: 'read' } })
  })

  it('gives the diff where the diff is asked for', async () => {
    const client = await octokit({ pull_requests: 'read' })
    const { data } = await client.pulls.get({ ...backend, pull_number: 42, mediaType: { format: 'diff' } })
    expect(String(data)).toContain('diff --git a/src/webhook.ts b/src/webhook.ts')
  })

  it('pages lists by their Link headers', async () => {
    const client = await octokit({ issues: 'read' })
    const issues = await client.paginate(client.issues.listForRepo, { ...backend, per_page: 10, state: 'all' })
    expect(issues).toHaveLength(39)
    expect(new Set(issues.map((issue) => issue.number)).size).toBe(39)
    expect(github.log.entries.filter((entry) => entry.operation === 'GET /repos/{owner}/{repo}/issues')).toHaveLength(4)
  })

  it('keeps reviews, comments, labels and issues that were written', async () => {
    const client = await octokit({ pull_requests: 'write', issues: 'write' })
    const review = await client.pulls.createReview({ ...backend, pull_number: 43, event: 'APPROVE', body: 'Fine.' })
    const comment = await client.issues.createComment({ ...backend, issue_number: 43, body: 'Thanks.' })
    await client.issues.addLabels({ ...backend, issue_number: 43, labels: ['100% sure'] })
    const issue = await client.issues.create({ ...backend, title: 'Found while reviewing', labels: ['bug'] })
    await client.issues.update({ ...backend, issue_number: issue.data.number, state: 'closed' })
    const reviews = await client.pulls.listReviews({ ...backend, pull_number: 43 })
    const comments = await client.issues.listComments({ ...backend, issue_number: 43 })
    expect(reviews.data.find((one) => one.id === review.data.id)).toMatchObject({ state: 'APPROVED', user: { login: 'postern-demo[bot]' } })
    expect(comments.data.map((one) => one.id)).toContain(comment.data.id)
    expect((await client.issues.get({ ...backend, issue_number: 43 })).data.labels).toMatchObject([{ name: '100% sure' }])
    expect((await client.issues.get({ ...backend, issue_number: issue.data.number })).data.state).toBe('closed')
  })

  it('reads and writes files whose names need encoding, by the version they replace', async () => {
    const client = await octokit({ contents: 'write' })
    const path = 'docs/100% done/über uns.md'
    const before = await client.repos.getContent({ ...backend, path })
    const sha = 'sha' in before.data ? before.data.sha : ''
    const content = Buffer.from('new\n').toString('base64')
    const file = { ...backend, path, message: 'm', content }
    await expect(client.repos.createOrUpdateFileContents(file)).rejects.toMatchObject({ status: 422 })
    await expect(client.repos.createOrUpdateFileContents({ ...file, sha: 'f'.repeat(40) })).rejects.toMatchObject({ status: 409 })
    const written = await client.repos.createOrUpdateFileContents({ ...file, sha })
    expect(written.status).toBe(200)
    const raw = await client.repos.getContent({ ...backend, path, mediaType: { format: 'raw' } })
    expect(raw.data).toBe('new\n')
    const created = await client.repos.createOrUpdateFileContents({ ...backend, path: 'src/new.ts', message: 'm', content })
    expect(created.status).toBe(201)
    const folder = await client.repos.getContent({ ...backend, path: 'src' })
    expect(Array.isArray(folder.data) ? folder.data.map((one) => one.name) : []).toContain('new.ts')
  })

  it('takes workflow files only with the workflows permission', async () => {
    const file = { ...backend, path: '.github/workflows/new.yml', message: 'm', content: 'AAAA' }
    await expect((await octokit({ contents: 'write' })).repos.createOrUpdateFileContents(file)).rejects.toMatchObject({ status: 403 })
    expect((await (await octokit({ contents: 'write', workflows: 'write' })).repos.createOrUpdateFileContents(file)).status).toBe(201)
  })

  it('merges only with contents: write, and only once', async () => {
    const pull = { owner: 'acme-corp', repo: 'frontend', pull_number: 7 }
    await expect((await octokit({ pull_requests: 'write' }, ['frontend'])).pulls.merge(pull)).rejects.toMatchObject({ status: 403 })
    const client = await octokit({ contents: 'write', pull_requests: 'read' }, ['frontend'])
    await expect(client.pulls.merge({ ...pull, sha: 'f'.repeat(40) })).rejects.toMatchObject({ status: 409 })
    expect((await client.pulls.merge(pull)).data.merged).toBe(true)
    expect((await client.pulls.get(pull)).data).toMatchObject({ merged: true, state: 'closed' })
    await expect(client.pulls.merge(pull)).rejects.toMatchObject({ status: 405 })
  })

  it('lists what the token reaches', async () => {
    const client = await octokit({ contents: 'read' }, ['backend', 'frontend'])
    const { data } = await client.apps.listReposAccessibleToInstallation()
    expect(data.repositories.map((one) => one.full_name)).toEqual(['acme-corp/backend', 'acme-corp/frontend'])
    expect((await client.repos.listBranches(backend)).data.map((one) => one.name)).toEqual(['main', 'feature/next'])
    expect((await client.repos.getBranch({ ...backend, branch: 'feature/next' })).data.name).toBe('feature/next')
  })
})
