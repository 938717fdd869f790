import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { githubDenialAnswer } from '../../../src/integrations/github/denial-answer.ts'
import type { DenialView } from '../../../src/integrations/integration.ts'
import { CODES, type Code } from '../../../src/model/codes.ts'

function view(changes: Partial<DenialView> = {}): DenialView {
  return {
    code: 'policy_denied',
    status: 403,
    title: CODES.policy_denied.title,
    hint: 'Production repositories are read-only for agents.',
    layer: 'org_policy',
    rule: 'org/production-is-read-only',
    decisionId: 'dec_1',
    missingScopes: [],
    link: undefined,
    retryAfterSeconds: undefined,
    ...changes,
  }
}

const quiet = (): void => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }
let calls = 0
let shown = view()
const server = createServer((_request, response) => {
  calls += 1
  const answer = githubDenialAnswer(shown)
  response.writeHead(answer.status, [...answer.headers])
  response.end(answer.body)
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => server.close())

describe('a refusal in GitHub’s form', () => {
  it('says what GitHub’s errors say, and under postern what only we know', () => {
    const answer = githubDenialAnswer(view({ link: 'https://postern.acme.com/consent/1', missingScopes: ['contents:read'] }))
    expect(answer.status).toBe(403)
    expect(JSON.parse(answer.body)).toEqual({
      message: 'Postern: Policy does not allow this request. Production repositories are read-only for agents. '
        + '(policy_denied by org/production-is-read-only, dec_1)',
      documentation_url: 'https://postern.acme.com/consent/1',
      status: '403',
      postern: {
        code: 'policy_denied',
        layer: 'org_policy',
        rule: 'org/production-is-read-only',
        decision: 'dec_1',
        hint: 'Production repositories are read-only for agents.',
        missing_scopes: ['contents:read'],
        link: 'https://postern.acme.com/consent/1',
      },
    })
  })

  it('fails Octokit at once, with the message', async () => {
    shown = view()
    calls = 0
    const octokit = new Octokit({ log: SILENT, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    const failure: unknown = await octokit.pulls.get({ owner: 'acme', repo: 'prod-api', pull_number: 1 }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ status: 403, message: expect.stringContaining('policy_denied by org/production-is-read-only') })
    expect(calls).toBe(1)
  })

  it('says when to come back', () => {
    const answer = githubDenialAnswer(view({ code: 'rate_limited', status: 429, retryAfterSeconds: 12 }))
    expect([answer.status, answer.headers.slice(-2)]).toEqual([429, ['Retry-After', '12']])
  })

  it.each(Object.keys(CODES) as Code[])('has none of the words on which GitHub clients wait and try again: %s', (code) => {
    const { status, title } = CODES[code]
    const { body } = githubDenialAnswer(view({ code, status, title, hint: undefined }))
    expect(body).not.toMatch(/secondary rate|abuse|rate limit exceeded/i)
    expect(JSON.parse(body)).toMatchObject({ status: String(status), postern: { code } })
  })
})
