import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGithub, type Github } from '../../src/demo/github/start-github.ts'
import { fetchTrusting, issueToken, type TrustingFetch } from '../support/standins.ts'

let github: Github
let http: TrustingFetch
let reading: string
beforeAll(async () => {
  github = await startGithub()
  http = fetchTrusting(github.caPem)
  reading = await issueToken(github, http, { repositories: ['backend'], permissions: { contents: 'read' } })
})
afterAll(async () => {
  await http.close()
  await github.close()
})

const basic = (token: string): string => `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`

async function refs(repository: string, service: string, authorization?: string): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
  const answer = await http.fetch(`${github.origin}/${repository}/info/refs?service=${service}`, { redirect: 'manual', ...(authorization !== undefined && { headers: { authorization } }) })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

describe('git at the stand-in for GitHub', () => {
  it('is asked for with a password, and with nothing else', async () => {
    for (const authorization of [undefined, `Bearer ${reading}`, basic('ghs_unknown')]) {
      const answer = await refs('acme-corp/backend.git', 'git-upload-pack', authorization)
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="GitHub"'])
    }
  })

  it.each([
    ['acme-corp/backend.git', 'git-upload-pack', 200, '# service=git-upload-pack'],
    ['acme-corp/backend', 'git-upload-pack', 200, '# service=git-upload-pack'],
    ['acme-corp/backend.git', 'git-receive-pack', 403, 'Write access to repository not granted.'],
    ['acme-corp/frontend.git', 'git-upload-pack', 404, 'Repository not found.'],
    ['acme-corp/nowhere.git', 'git-upload-pack', 404, 'Repository not found.'],
    ['acme-corp/backend.git', 'git-upload-archive', 403, ''],
  ])('a token that reads backend gets of %s for %s: %i %s', async (repository, service, status, text) => {
    const answer = await refs(repository, service, basic(reading))
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)])
  })

  it('sends who asks for a former name on to the present one', async () => {
    const answer = await refs('acme-corp/legacy-backend.git', 'git-upload-pack', basic(reading))
    expect([answer.status, answer.headers.get('location')]).toEqual([301, `${github.origin}/acme-corp/backend.git/info/refs?service=git-upload-pack`])
  })
})
