import { inspect } from 'node:util'
import { LinearClient } from '@linear/sdk'
import { Octokit } from '@octokit/rest'
import { LogLevel, WebClient } from '@slack/web-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostern, fromResponse, isPosternError, toPosternError, type Postern } from '../../src/sdk/index.ts'
import { BrowserApi, delegationOf, READ_TICKETS } from '../authority/support/calls.ts'
import { approvedRun, type AgentRun, type WorldBrowser } from '../support/authority-world.ts'
import { LINEAR_KEY, startSdkWorld } from './support/sdk-world.ts'

const ACCESS = [
  { integration: 'github', scopes: ['pulls:write', 'contents:read'], targets: ['acme-corp/*'] },
  { integration: 'slack', scopes: ['chat:write'], targets: ['*'] },
  { integration: 'linear', scopes: ['read'], targets: ['**'] },
  READ_TICKETS,
] as const

/** Both libraries print refusals by themselves. */
const nothing = (): void => undefined
const QUIET = { debug: nothing, info: nothing, warn: nothing, error: nothing, setLevel: nothing, setName: nothing, getLevel: () => LogLevel.ERROR }

let world: Awaited<ReturnType<typeof startSdkWorld>>
let alice: WorldBrowser
let run: AgentRun
let postern: Postern
let asked: number
beforeAll(async () => {
  world = await startSdkWorld()
  alice = await world.signedIn('alice')
  run = await approvedRun(world, alice, 'pr-reviewer', ACCESS)
  postern = createPostern({
    authorityUrl: `${world.url}/`, clientId: 'pr-reviewer',
    fetch: (input, init) => {
      if (String(input).endsWith('/oauth2/token')) asked += 1
      return fetch(input, init)
    },
  })
})
afterAll(() => world.close())

const failure = async (work: Promise<unknown>): Promise<unknown> => work.then((value) => { throw new Error(`nothing was refused: ${inspect(value)}`) }, (error: unknown) => error)

describe('what require() gives', () => {
  it('is short-lived, of one integration, no wider than asked, and shows no secret when it is printed', async () => {
    const credential = await postern.require('github', run.access, { scope: 'pulls:read', target: 'acme-corp/backend' })
    expect({ ...credential, accessToken: undefined, authorization: undefined, expiresAt: undefined }).toEqual({
      accessToken: undefined, authorization: undefined, expiresAt: undefined, tokenType: 'Bearer', expiresIn: 300, scope: 'github:pull_requests:read',
      targets: ['acme-corp/backend'], integration: 'github', baseUrl: world.baseUrl('github'), delivery: 'proxied',
    })
    expect(credential.authorization).toBe(`Bearer ${credential.accessToken}`)
    expect(Math.abs(credential.expiresAt.getTime() - Date.now() - 300_000)).toBeLessThan(5_000)
    for (const shown of [inspect(credential), JSON.stringify(credential), JSON.stringify({ deep: { credential } })]) {
      expect(shown).toContain('[hidden]')
      expect(shown).not.toContain(credential.accessToken)
    }
    expect(Object.isFrozen(credential)).toBe(true)
  })

  it('is fresh at each call, and one for identical calls that are under way', async () => {
    asked = 0
    const [one, other, narrower] = await Promise.all([
      postern.require('github', run.access, { scope: ['pulls:read', 'contents:read'] }),
      postern.require('github', () => Promise.resolve(run.access), { scope: 'contents:read pulls:read' }),
      postern.require('github', run.access, { scope: 'pulls:read' }),
    ])
    expect(asked).toBe(2)
    expect(other).toBe(one)
    expect(narrower.accessToken).not.toBe(one.accessToken)
    const later = await postern.require('github', run.access, { scope: ['pulls:read', 'contents:read'] })
    expect(asked).toBe(3)
    expect(later.accessToken).not.toBe(one.accessToken)
  })

  it('is not lost to one who gives up beside the others', async () => {
    const leaving = new AbortController()
    const [left, kept] = [postern.require('tickets', run.access, { signal: leaving.signal }), postern.require('tickets', run.access)]
    leaving.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    expect((await kept).integration).toBe('tickets')
  })

  it('is used where the agent reaches the proxy, if it says so', async () => {
    const beside = createPostern({ authorityUrl: world.url, clientId: 'pr-reviewer', proxyUrl: 'http://localhost:1/' })
    expect((await beside.require('slack', run.access)).baseUrl).toBe('http://localhost:1/slack/api')
  })

  it('serves a session’s secret likewise', async () => {
    const { body } = await run.agent.exchange(run.access, 'github', { requested_token_type: 'urn:postern:params:oauth:token-type:session' })
    expect((await postern.require('github', String(body['access_token']), { scope: 'pulls:read' })).scope).toBe('github:pull_requests:read')
  })
})

describe('clients work with it as they stand', () => {
  it('Octokit reads a pull request, and its refusal is ours', async () => {
    const credential = await postern.require('github', run.access, { target: 'acme-corp/*' })
    const octokit = new Octokit({ auth: credential.accessToken, baseUrl: credential.baseUrl, log: QUIET })
    expect((await octokit.rest.pulls.get({ owner: 'acme-corp', repo: 'backend', pull_number: 42 })).data.number).toBe(42)
    const thrown = await failure(octokit.rest.pulls.createReview({ owner: 'acme-corp', repo: 'prod-payments', pull_number: 3, event: 'APPROVE' }))
    const error = toPosternError(thrown, { authorityUrl: world.url })
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'policy_denied', status: 403, layer: 'org_policy', rule: 'org/production-is-read-only', decision: expect.stringMatching(/^dec_/), cause: thrown })
    expect(isPosternError(error, 'policy_denied') && error.reason).toContain('Production repositories are read-only for agents.')
  })

  it('Slack’s WebClient posts, and its refusal is ours', async () => {
    const credential = await postern.require('slack', run.access)
    const slack = new WebClient(credential.accessToken, { slackApiUrl: credential.baseUrl, logger: QUIET })
    expect((await slack.chat.postMessage({ channel: 'C0CODEREVIEW', text: 'Pull request 42 needs eyes.' })).ok).toBe(true)
    const error = toPosternError(await failure(slack.chat.postMessage({ channel: 'C0GENERAL', text: 'hello' })))
    expect(error).toMatchObject({ name: 'PolicyDeniedError', code: 'policy_denied', layer: 'agent_permissions' })
  })

  it('LinearClient asks its endpoint with either of its options, and the upstream sees its own key', async () => {
    const credential = await postern.require('linear', run.access)
    for (const auth of [{ accessToken: credential.accessToken }, { apiKey: credential.authorization }]) {
      const linear = new LinearClient({ ...auth, apiUrl: `${credential.baseUrl}/graphql` })
      expect((await linear.viewer).name).toBe('Alice Chen')
    }
    expect(world.graphql.seen.map(({ authorization }) => authorization)).toEqual([LINEAR_KEY, LINEAR_KEY])
    expect(world.graphql.seen[0]?.query).toContain('viewer')
  })

  it('LinearClient’s refusal is ours', async () => {
    const made = await approvedRun(world, alice, 'pr-reviewer', ACCESS)
    const credential = await postern.require('linear', made.access)
    await (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(made.access)}/revoke`)
    const linear = new LinearClient({ accessToken: credential.accessToken, apiUrl: `${credential.baseUrl}/graphql` })
    expect(toPosternError(await failure(linear.viewer))).toMatchObject({ name: 'DelegationEndedError', code: expect.stringMatching(/^(delegation_revoked|session_ended)$/) })
  })

  it('plain fetch has its refusal read, and the answer can still be read', async () => {
    const { authorization, baseUrl } = await postern.require('tickets', run.access)
    const good = await fetch(`${baseUrl}/v1/tickets/T-1`, { headers: { authorization } })
    expect(await fromResponse(good)).toBeUndefined()
    expect(await good.json()).toMatchObject({ id: 'T-1' })
    const refused = await fetch(`${baseUrl}/v1/tickets/T-1/comments`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '{"text":"hi"}' })
    expect(await fromResponse(refused, { authorityUrl: world.url })).toMatchObject({ name: expect.stringMatching(/ConsentRequiredError|PolicyDeniedError/), status: 403 })
    expect(await refused.json()).toMatchObject({ status: 403 })
  })
})

describe('what require() refuses', () => {
  it('tells where the person can consent, and to what', async () => {
    const error = await failure(postern.require('github', run.access, { scope: 'issues:read', target: 'acme-corp/backend' }))
    expect(error).toMatchObject({ name: 'ConsentRequiredError', code: 'consent_required', status: 403, missingScopes: ['issues:read'] })
    expect(isPosternError(error, 'consent_required') && new URL(error.consentUrl ?? '').origin).toBe(world.url)
    expect(String(error)).not.toContain(run.access)
  })

  it.each([
    ['a release that no rule allows', async () => postern.require('github', run.access, { scope: 'contents:read', target: 'acme-corp/backend', delivery: 'released' }), { name: 'PolicyDeniedError', code: 'release_refused' }],
    ['an integration that there is not', async () => postern.require('gitlab', run.access), { name: 'ConfigurationError', code: 'integration_unknown' }],
    ['a scope that there is not', async () => postern.require('github', run.access, { scope: 'pulls:fly' }), { name: 'RequestRefusedError', code: 'input_refused' }],
    ['a token that is none', async () => postern.require('github', 'nonsense'), { name: 'TokenInvalidError', code: 'token_invalid' }],
    ['another agent’s token', async () => createPostern({ authorityUrl: world.url, clientId: 'issue-triage' }).require('github', run.access), { name: 'TokenInvalidError', code: 'proof_mismatch' }],
    ['an unknown client', async () => createPostern({ authorityUrl: world.url, clientId: 'nobody' }).require('github', run.access), { name: 'ConfigurationError', code: 'invalid_client' }],
    ['no integration', async () => postern.require('', run.access), { name: 'ConfigurationError', code: 'misconfigured' }],
    ['no token', async () => postern.require('github', () => ''), { name: 'ConfigurationError', code: 'misconfigured' }],
  ])('refuses %s, typed', async (_what, ask, expected) => {
    expect(await failure(ask())).toMatchObject(expected)
  })

  it('says that the delegation has ended, and that the agent was revoked', async () => {
    const made = await approvedRun(world, alice, 'pr-reviewer', ACCESS)
    await (await BrowserApi.of(alice)).post(`/v1/delegations/${delegationOf(made.access)}/revoke`)
    expect(await failure(postern.require('github', made.access))).toMatchObject({ name: 'DelegationEndedError', code: expect.stringMatching(/^(delegation_revoked|session_ended)$/) })
    const notes = await approvedRun(world, alice, 'release-notes', [{ integration: 'github', scopes: ['contents:read'], targets: ['acme-corp/*'] }])
    const releases = createPostern({ authorityUrl: world.url, clientId: 'release-notes' })
    const operator = await BrowserApi.of(await world.signedIn('olga'))
    expect((await operator.post('/v1/agents/agent:release-notes/revoke')).status).toBe(200)
    expect(await failure(releases.require('github', notes.access))).toMatchObject({ name: 'AgentRevokedError', code: 'agent_revoked', status: 403 })
  })
})
