import { Octokit } from '@octokit/rest'
import { describe, expect, it } from 'vitest'
import { denialForGraphql } from '../../src/integrations/github/graphql/denial-answer.ts'
import type { DenialView } from '../../src/integrations/integration.ts'
import { CODES, type Code } from '../../src/model/codes.ts'
import { refusalInBody } from '../../src/sdk/errors/refusal-body.ts'

const REQUEST = { method: 'POST', path: '/graphql' }

function view(changes: Partial<DenialView> = {}): DenialView {
  const hint = 'Production repositories are read-only for agents.'
  return {
    code: 'policy_denied', status: 403, title: CODES.policy_denied.title, hint, layer: 'org_policy', rule: 'org/production-is-read-only', decisionId: 'dec_1',
    missingScopes: [], link: undefined, retryAfterSeconds: undefined, ...changes,
  }
}

describe('a refusal in GraphQL’s form', () => {
  it('is HTTP 200 with one error, ours under postern, as the SDKs find it', () => {
    const answer = denialForGraphql(view({ link: 'https://postern.acme.com/consent/1', missingScopes: ['issues:write'] }), REQUEST)
    const body: unknown = JSON.parse(answer?.body ?? '')
    expect(answer?.status).toBe(200)
    expect(body).toEqual({
      data: null,
      errors: [{
        type: 'FORBIDDEN',
        message: 'Postern: Policy does not allow this request. Production repositories are read-only for agents. (policy_denied by org/production-is-read-only, dec_1)',
        extensions: {
          code: 'policy_denied',
          postern: {
            code: 'policy_denied', title: CODES.policy_denied.title, layer: 'org_policy', rule: 'org/production-is-read-only', decision: 'dec_1',
            hint: 'Production repositories are read-only for agents.', link: 'https://postern.acme.com/consent/1', missing_scopes: ['issues:write'],
          },
        },
      }],
    })
    expect(refusalInBody(body)).toMatchObject({ code: 'policy_denied', decision: 'dec_1', link: 'https://postern.acme.com/consent/1', missingScopes: ['issues:write'] })
  })

  it('fails Octokit at once, with the message', async () => {
    let calls = 0
    const answer = denialForGraphql(view(), REQUEST)
    const fetch = (): Promise<Response> => {
      calls += 1
      return Promise.resolve(new Response(answer?.body, { status: answer?.status ?? 0, headers: { 'content-type': 'application/json' } }))
    }
    const failure: unknown = await new Octokit({ request: { fetch } }).graphql('{ viewer { login } }').catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'GraphqlResponseError', message: expect.stringContaining('policy_denied by org/production-is-read-only') })
    expect(calls).toBe(1)
  })

  it.each(Object.keys(CODES) as Code[])('has none of the words on which clients wait and try again, and no status that they retry, unless something is broken: %s', (code) => {
    const { status, title, kind } = CODES[code]
    const answer = denialForGraphql(view({ code, status, title, hint: undefined }), REQUEST)
    expect(answer === undefined).toBe(kind === 'fault' || status === 401)
    expect(answer?.body ?? '').not.toMatch(/rate limit exceeded|"RATE_LIMITED"|secondary rate|abuse|Something went wrong while executing your query/)
  })

  it.each([
    ['one that says when to come back', { code: 'rate_limited', status: 429, retryAfterSeconds: 12 }, REQUEST],
    ['of a request to the REST API', {}, { method: 'POST', path: '/repos/a/b/issues' }],
    ['of a GET', { code: 'method_refused', status: 405 }, { method: 'GET', path: '/graphql' }],
  ] as const)('is not for %s', (_what, changes, request) => {
    expect(denialForGraphql(view(changes), request)).toBeUndefined()
  })

  it('is for an Enterprise Server too', () => {
    expect(denialForGraphql(view(), { method: 'POST', path: '/api/graphql' })?.status).toBe(200)
  })
})
