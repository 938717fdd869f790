import { Octokit } from '@octokit/rest'
import type { Credential } from 'postern/sdk'

/** What the tool is asked. */
export interface ReviewRequest {
  /** `acme-corp/backend`. */
  readonly repo: string
  readonly pr: number
}

/** Reads a pull request and posts a review of it, with a credential that is good for just that. */
export async function review(github: Credential, { repo, pr }: ReviewRequest): Promise<string> {
  const [owner = '', name = ''] = repo.split('/')
  const octokit = new Octokit({ auth: github.accessToken, baseUrl: github.baseUrl })
  const at = { owner, repo: name, pull_number: pr }
  const { data: pull } = await octokit.rest.pulls.get(at)
  const body = pull.body === null || pull.body === '' ? 'Please say in the description why this is needed.' : 'The description says why this is needed. Thank you.'
  const { data: posted } = await octokit.rest.pulls.createReview({ ...at, event: 'COMMENT', body })
  return `Reviewed "${pull.title}" of ${repo}: review ${posted.id}, ${posted.state}.`
}
