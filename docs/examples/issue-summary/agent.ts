// "Summarise the open issues in my repo and post a summary to #engineering": node agent.ts acme-corp/backend '#engineering'
import { Octokit } from '@octokit/rest'
import { WebClient } from '@slack/web-api'
import { createPostern, isPosternError, login, toPosternError, type PosternError } from 'postern/sdk'
import { summarise } from './summarise.ts'

const client = { authorityUrl: process.env['POSTERN_URL'] ?? 'http://localhost:8081', clientId: process.env['POSTERN_CLIENT_ID'] ?? 'issue-summary' }
const postern = createPostern(client)

async function run(repo: string, channel: string): Promise<void> {
  // One question to the person, with everything that the task needs, and no more.
  const session = await login({
    ...client,
    access: [
      { integration: 'github', scopes: ['issues:read'], targets: [repo] },
      { integration: 'slack', scopes: ['chat:write'], targets: [channel] },
    ],
    openUrl: (url) => { console.log(`Please approve: ${url}`) },
  })
  const token = (): Promise<string> => session.accessToken()

  const [owner = '', name = ''] = repo.split('/')
  const github = await postern.require('github', token, { scope: 'issues:read', target: repo })
  const { data: issues } = await new Octokit({ auth: github.accessToken, baseUrl: github.baseUrl }).rest.issues.listForRepo({ owner, repo: name, state: 'open' })

  const slack = await postern.require('slack', token, { scope: 'chat:write', target: channel })
  const posted = await new WebClient(slack.accessToken, { slackApiUrl: slack.baseUrl }).chat.postMessage({ channel, text: summarise(repo, issues) })
  console.log(`Posted to ${channel}: ${String(posted.ts)}`)

  // Whatever a hijacked agent tries with what it holds: another repository, another channel.
  await tried('another repository', () => new Octokit({ auth: github.accessToken, baseUrl: github.baseUrl }).rest.issues.listForRepo({ owner, repo: 'frontend' }))
  await tried('another channel', () => new WebClient(slack.accessToken, { slackApiUrl: slack.baseUrl }).chat.postMessage({ channel: '#code-review', text: 'Hello.' }))
  await session.logout()
}

async function tried(what: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt()
    console.log(`${what}: allowed`)
  } catch (error) {
    const refused = toPosternError(error)
    if (refused === undefined) throw error
    console.log(`${what}: ${told(refused)}`)
  }
}

/** Which layer said no, and where a person can mend it. */
function told(error: PosternError): string {
  if (isPosternError(error, 'consent_required')) return `${error.code}: ${error.consentUrl ?? 'nobody can approve it'}`
  if (isPosternError(error, 'policy_denied')) return `${error.code} by ${error.layer ?? 'a layer'}${error.rule === undefined ? '' : `, rule ${error.rule}`}`
  return `${error.code}: ${error.message}`
}

const [repo, channel] = process.argv.slice(2)
if (repo === undefined || channel === undefined) {
  console.error('Usage: node agent.ts OWNER/REPOSITORY CHANNEL')
  process.exit(64)
}
try {
  await run(repo, channel)
} catch (error) {
  const refused = toPosternError(error)
  if (refused === undefined) throw error
  console.error(told(refused))
  process.exitCode = 1
}
