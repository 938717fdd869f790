import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemAnswer } from '../../src/http/problem.ts'
import { githubDenialAnswer } from '../../src/integrations/github/denial-answer.ts'
import type { DenialAnswer, DenialView } from '../../src/integrations/integration.ts'
import { mcpDenialAnswer } from '../../src/integrations/mcp/denial-answer.ts'
import { slackDenialAnswer } from '../../src/integrations/slack/denial-answer.ts'
import { CODES, type Code } from '../../src/model/codes.ts'
import { ERROR_CLASSES } from '../../src/sdk/errors/error-classes.ts'
import { errorFrom } from '../../src/sdk/errors/error-from.ts'
import { refusalInProxyStatus } from '../../src/sdk/errors/proxy-status.ts'
import { retryAfterOf } from '../../src/sdk/errors/retry-after.ts'
import * as sdk from '../../src/sdk/index.ts'
import { oauthRefusal } from '../../src/sdk/oauth/oauth-refusal.ts'
import { root } from '../house/source-tree.ts'

const { fromResponse, isPosternError, PosternError, toPosternError } = sdk
const CODE_NAMES = Object.keys(CODES) as Code[]
/** What the authority answers at its OAuth endpoints beside its codes, by the sources that say it. */
const OAUTH = ['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope', 'invalid_target',
  'invalid_authorization_details', 'invalid_dpop_proof', 'invalid_token', 'access_denied', 'expired_token', 'server_error', 'temporarily_unavailable', 'unsupported_token_type',
  'unsupported_response_type', 'insufficient_scope']
const LOCAL = ['network_error', 'timeout', 'answer_malformed', 'login_timeout', 'login_answer_refused', 'logged_out', 'misconfigured', 'store_failed']

const view = (code: Code): DenialView => ({
  code, status: CODES[code].status, title: CODES[code].title, hint: 'A hint.', layer: 'org_policy', rule: 'org/a-rule', decisionId: 'dec_4f2a',
  missingScopes: ['issues:read', 'pulls:read'], link: 'https://postern.acme.com/more?session=ses_1', retryAfterSeconds: CODES[code].status === 429 ? 7 : undefined,
})
const responseOf = ({ status, headers, body }: DenialAnswer): Response => {
  const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? ''] as [string, string]] : []))
  return new Response(body, { status, headers: pairs })
}

describe('the table of codes', () => {
  it('has a class for each code of the product, of OAuth and of its own, and for no other', () => {
    expect(Object.keys(ERROR_CLASSES).toSorted()).toEqual([...CODE_NAMES, ...OAUTH, ...LOCAL].toSorted())
  })

  it('takes what broke for unavailable, whatever it is called', () => {
    for (const code of CODE_NAMES.filter((name) => CODES[name].kind === 'fault')) expect([code, ERROR_CLASSES[code].name]).toEqual([code, 'UnavailableError'])
  })

  it('uses classes that the package exports, each with its name and its documentation', () => {
    const exported = Object.values(sdk).filter((value) => typeof value === 'function' && value.prototype instanceof PosternError)
    const used = new Set<unknown>(Object.values(ERROR_CLASSES))
    expect(exported.filter((one) => !used.has(one))).toEqual([])
    expect([...used].filter((one) => !(exported as unknown[]).includes(one))).toEqual([])
    const reference = readFileSync(join(root, 'docs', 'sdk', 'reference.md'), 'utf8')
    for (const code of Object.keys(ERROR_CLASSES)) {
      const error = errorFrom({ code, message: 'm' })
      const [file, anchor] = error.docs.split('#')
      expect([file, reference.toLowerCase().includes(`### ${anchor ?? '-'}\n`)]).toEqual(['docs/sdk/reference.md', true])
    }
  })

  it('takes a code of a newer authority by its status', () => {
    expect(errorFrom({ code: 'moon_phase', message: 'm', status: 403 })).toMatchObject({ name: 'PosternError', code: 'moon_phase' })
    expect(errorFrom({ code: 'moon_phase', message: 'm', status: 502 }).name).toBe('UnavailableError')
    for (const name of ['constructor', '__proto__', 'toString']) expect(errorFrom({ code: name, message: 'm' }).name).toBe('PosternError')
  })
})

describe('an error', () => {
  it('is known by its brand, also where another copy of the package made it', () => {
    const foreign = Object.assign(new Error('of another copy'), { [Symbol.for('postern.sdk.error')]: true, code: 'consent_required', consentUrl: 'https://x/' })
    expect([isPosternError(foreign), isPosternError(foreign, 'consent_required'), isPosternError(foreign, 'policy_denied')]).toEqual([true, true, false])
    for (const other of [new Error('x'), { [Symbol.for('postern.sdk.error')]: true, code: 'x' }, undefined, null, 'x']) expect(isPosternError(other)).toBe(false)
  })
})

describe('the message of an error', () => {
  it('shows what a terminal would obey, and is bounded: an upstream may have made it up', async () => {
    const title = `a\u001b]0;b\nc\u202ed${'e'.repeat(1_000)}`
    for (const body of [{ postern: { code: 'policy_denied', title } }, { type: 'urn:postern:policy_denied', code: 'policy_denied', title }]) {
      const error = await fromResponse(Response.json(body, { status: 403 }))
      expect(isPosternError(error, 'policy_denied') && [error.message.slice(0, 10), error.reason.slice(0, 10)]).toEqual(['a?]0;b?c?d', 'a?]0;b?c?d'])
      expect(error?.message.length).toBeLessThanOrEqual(500)
    }
  })
})

describe('a refusal of the proxy', () => {
  const SHAPES = [
    ['problem details', (code: Code) => problemAnswer(view(code), 'origin')],
    ['GitHub’s form', (code: Code) => githubDenialAnswer(view(code))],
    ['Slack’s form', (code: Code) => slackDenialAnswer(view(code))],
    ['MCP’s form', (code: Code) => mcpDenialAnswer(view(code), { jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} })],
  ] as const

  for (const [shape, answer] of SHAPES) {
    it.each(CODE_NAMES)(`in ${shape} is read with all that it tells: %s`, async (code) => {
      const error = await fromResponse(responseOf(answer(code)))
      expect(error).toBeInstanceOf(ERROR_CLASSES[code])
      expect(error).toMatchObject({ code, decision: 'dec_4f2a', message: expect.stringContaining(CODES[code].title) })
      if (isPosternError(error, 'consent_required')) expect(error).toMatchObject({ consentUrl: view(code).link, missingScopes: ['issues:read', 'pulls:read'] })
      if (isPosternError(error, 'connection_required')) expect(error.connectUrl).toBe(view(code).link)
      if (isPosternError(error, 'approval_required')) expect(error).toMatchObject({ approvalUrl: view(code).link, layer: 'org_policy', rule: 'org/a-rule' })
      if (isPosternError(error, 'policy_denied')) expect(error).toMatchObject({ layer: 'org_policy', rule: 'org/a-rule', reason: `${CODES[code].title} A hint.` })
      if (isPosternError(error, 'rate_limited')) expect(error.retryAfterMs).toBe(7000)
    })
  }

  it.each(CODE_NAMES)('without a body is read from Proxy-Status: %s', async (code) => {
    const { headers, status } = problemAnswer(view(code), 'proxy')
    const error = await fromResponse(responseOf({ headers: [...headers], status, body: '' }))
    expect(error).toBeInstanceOf(ERROR_CLASSES[code])
    expect(error).toMatchObject({ code, decision: 'dec_4f2a' })
  })

  it('is found in GraphQL’s and JSON-RPC’s errors too', async () => {
    const postern = { code: 'policy_denied', title: 'No.', layer: 'org_policy', rule: 'org/x', decision: 'dec_1' }
    for (const body of [{ errors: [{ message: 'm' }, { message: 'm', extensions: { postern } }] }, { jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'm', data: { postern } } }]) {
      expect(await fromResponse(Response.json(body))).toMatchObject({ name: 'PolicyDeniedError', layer: 'org_policy', rule: 'org/x', reason: 'No.', message: 'No. (policy_denied, by org/x, dec_1)' })
    }
  })

  it.each([
    ['an upstream’s own refusal', () => Response.json({ message: 'Not Found', status: '404' }, { status: 404 })],
    ['Slack’s own refusal', () => Response.json({ ok: false, error: 'channel_not_found' })],
    ['another API’s problem', () => new Response('{"type":"about:blank","code":"policy_denied"}', { status: 403, headers: { 'content-type': 'application/problem+json' } })],
    ['a page', () => new Response('<p>{"postern":{"code":"policy_denied"}}', { headers: { 'content-type': 'text/html' } })],
    ['what is longer than any refusal', () => new Response(JSON.stringify({ postern: { code: 'policy_denied' }, pad: 'x'.repeat(70_000) }), { headers: { 'content-type': 'application/json' } })],
    ['another proxy’s status', () => new Response('', { status: 502, headers: { 'proxy-status': 'squid; error=dns_error; details="policy_denied decision=dec_1"' } })],
  ])('is none: %s', async (_what, response) => {
    expect(await fromResponse(response())).toBeUndefined()
  })

  it.each([
    ['https://postern.acme.com/more', 'https://postern.acme.com', 'https://postern.acme.com/more'],
    ['https://evil.example/more', 'https://postern.acme.com', undefined],
    ['https://evil.example/more', undefined, 'https://evil.example/more'],
    ['http://evil.example/more', undefined, undefined],
    ['http://127.0.0.1:9/more', undefined, 'http://127.0.0.1:9/more'],
    ['https://postern.acme.com@evil.example/', 'https://postern.acme.com', undefined],
    ['javascript:alert(1)', undefined, undefined],
    ['javascript:alert(1)', 'https://postern.acme.com', undefined],
  ])('has its link %s (authority %s) shown as %s', async (link, authorityUrl, shown) => {
    const response = Response.json({ postern: { code: 'consent_required', title: 'T.', link } }, { status: 403 })
    expect(await fromResponse(response, authorityUrl === undefined ? {} : { authorityUrl })).toMatchObject({ consentUrl: shown })
  })

  it('leaves the answer to be read, and reads none that was read before', async () => {
    const response = responseOf(githubDenialAnswer(view('policy_denied')))
    expect((await fromResponse(response))?.code).toBe('policy_denied')
    expect(await response.json()).toMatchObject({ postern: { code: 'policy_denied' } })
    expect(await fromResponse(response)).toBeUndefined()
  })

  it('never throws, whatever Proxy-Status says', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      const told = refusalInProxyStatus(text) ?? refusalInProxyStatus(`postern; error=x; details="${text}"`)
      if (told !== undefined) expect(told.code).toMatch(/^[a-z_]+$/)
    }))
  })
})

describe('what client libraries throw', () => {
  const own = errorFrom({ code: 'agent_revoked', message: 'm' })
  it.each([
    ['ours, as it is', own, { code: 'agent_revoked' }],
    ['fetch’s, with ours as its cause', new TypeError('fetch failed', { cause: own }), { code: 'agent_revoked' }],
    ['Octokit’s', Object.assign(new Error('x'), { status: 429, response: { status: 429, headers: { 'retry-after': '3' }, data: JSON.parse(githubDenialAnswer(view('rate_limited')).body) as unknown } }), { name: 'RateLimitedError', status: 429, retryAfterMs: 3000 }],
    ['Slack’s', Object.assign(new Error('x'), { code: 'slack_webapi_platform_error', data: JSON.parse(slackDenialAnswer(view('consent_required')).body) as unknown }), { name: 'ConsentRequiredError', missingScopes: ['issues:read', 'pulls:read'] }],
    ['a body as text', { response: { status: 403, body: problemAnswer(view('approval_required'), 'origin').body } }, { name: 'ApprovalRequiredError' }],
    ['headers alone', { response: { status: 403, headers: new Headers({ 'proxy-status': 'postern; error=http_request_denied; details="policy_denied rule=org/x decision=dec_1"' }) } }, { rule: 'org/x', decision: 'dec_1' }],
    ['a cause’s', new Error('outer', { cause: { response: { data: { postern: { code: 'agent_revoked' } } } } }), { name: 'AgentRevokedError' }],
  ])('becomes ours: %s', (_what, thrown, expected) => {
    expect(toPosternError(thrown)).toMatchObject(expected)
  })

  it.each([['an error of its own', new Error('x')], ['a refusal of GitHub’s', { status: 404, response: { data: { message: 'Not Found' } } }], ['nothing', undefined], ['a text', 'policy_denied'], ['a cycle', cyclic()]])('is left alone: %s', (_what, thrown) => {
    expect(toPosternError(thrown)).toBeUndefined()
  })

  it('never makes it throw, whatever it is', () => {
    fc.assert(fc.property(fc.anything(), (thrown) => { expect(() => toPosternError(thrown)).not.toThrow() }))
  })
})

describe('an answer of the token endpoint', () => {
  const read = (status: number, body: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}): sdk.PosternError => oauthRefusal({ status, headers: new Headers(headers), body }, 0)
  it.each([
    ['its code before OAuth’s word', read(400, { error: 'invalid_grant', code: 'delegation_revoked', error_description: 'It ended.' }), { name: 'DelegationEndedError', code: 'delegation_revoked', message: 'It ended. (delegation_revoked)', status: 400 }],
    ['OAuth’s word alone', read(401, { error: 'invalid_client' }), { name: 'ConfigurationError', code: 'invalid_client' }],
    ['where to connect', read(403, { error: 'connection_reauth_required', code: 'connection_reauth_required', connect_url: 'https://postern.acme.com/connect/github' }), { name: 'ConnectionReauthRequiredError', connectUrl: 'https://postern.acme.com/connect/github' }],
    ['layer and rule', read(403, { error: 'policy_denied', code: 'policy_denied', layer: 'org_policy', rule: 'org/x' }), { name: 'PolicyDeniedError', layer: 'org_policy', rule: 'org/x' }],
    ['when to come again', read(503, { error: 'temporarily_unavailable' }, { 'retry-after': '2' }), { name: 'UnavailableError', retryAfterMs: 2000 }],
    ['a load balancer’s page', read(502, {}), { name: 'UnavailableError', code: 'temporarily_unavailable' }],
    ['a limit of whatever stands before it', read(429, {}), { name: 'RateLimitedError', code: 'too_many_requests' }],
    ['what is no answer of an authority', read(404, {}), { name: 'UnavailableError', code: 'answer_malformed' }],
  ])('tells %s', (_what, error, expected) => {
    expect(error).toMatchObject(expected)
  })

  it.each([['5', 5000], ['0', 0], [' 7 ', 7000], ['Thu, 01 Jan 1970 00:00:09 GMT', 9000], ['-1', undefined], ['soon', undefined], ['1e3', undefined]])('has Retry-After %j read as %j', (text, expected) => {
    expect(retryAfterOf(text, 0)).toBe(expected)
  })
})

function cyclic(): Error {
  const error = new Error('x')
  error.cause = error
  return error
}
