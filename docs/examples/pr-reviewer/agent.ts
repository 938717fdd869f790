// Reviews one pull request: node agent.ts acme-corp/backend 42
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Octokit } from '@octokit/rest'
import { createPostern, isPosternError, login, toPosternError, type SessionStore, type StoredSession } from 'postern/sdk'

const client = { authorityUrl: process.env['POSTERN_URL'] ?? 'http://localhost:8081', clientId: process.env['POSTERN_CLIENT_ID'] ?? 'pr-reviewer' }
const file = process.env['SESSION_FILE'] ?? '.postern/pr-reviewer.json'

/** Keeps the session where nobody else can read it: the next run asks nobody. */
const store: SessionStore = {
  async load() {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : JSON.parse(text) as StoredSession
  },
  async save(session) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(`${file}.new`, JSON.stringify(session), { mode: 0o600 })
    await rename(`${file}.new`, file)
  },
  async clear() {
    await rm(file, { force: true })
  },
}

async function review(repo: string, number: number): Promise<string> {
  const session = await login({
    ...client, store,
    access: [{ integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/*'] }],
    openUrl: (url) => { console.log(`Please approve: ${url}`) },
  })
  // Fresh for this pull request: read and write in one repository, for minutes.
  const github = await createPostern(client).require('github', () => session.accessToken(), { scope: ['pulls:read', 'pulls:write'], target: repo })
  const octokit = new Octokit({ auth: github.accessToken, baseUrl: github.baseUrl })
  const [owner = '', name = ''] = repo.split('/')
  const at = { owner, repo: name, pull_number: number }
  const { data: pull } = await octokit.rest.pulls.get(at)
  const body = pull.body === null || pull.body === '' ? 'Please say in the description why this is needed.' : 'The description says why this is needed. Thank you.'
  const { data: posted } = await octokit.rest.pulls.createReview({ ...at, event: 'COMMENT', body })
  return `Reviewed "${pull.title}": review ${posted.id}`
}

const [repo, number] = process.argv.slice(2)
if (repo === undefined || !/^\d+$/.test(number ?? '')) {
  console.error('Usage: node agent.ts OWNER/REPOSITORY NUMBER')
  process.exit(64)
}
try {
  console.log(await review(repo, Number(number)))
} catch (error) {
  const refused = toPosternError(error)
  if (refused === undefined) throw error
  const link = isPosternError(refused, 'consent_required') ? refused.consentUrl : isPosternError(refused, 'connection_required') ? refused.connectUrl : undefined
  console.error(`${refused.code}: ${refused.message}${link === undefined ? '' : `\nA person can mend it at ${link}`}`)
  process.exitCode = 1
}
