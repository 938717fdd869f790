import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { approvedRun, OauthAgent, startAuthorityWorld, type AuthorityWorld, type WorldBrowser } from '../support/authority-world.ts'
import { TestAgent } from '../support/agent-client.ts'
import { findCanaries, type Canary, type Place } from '../support/canary.ts'
import { policiesWith } from '../support/policies.ts'
import { operatorPlaces, upstreamSecrets } from '../support/visible.ts'
import { BrowserApi, delegationOf, READ_PULLS, READ_TICKETS, sessionOf, TICKET_RULES } from './support/calls.ts'

let world: AuthorityWorld
/** What browsers were shown, what programs were answered, and everything of ours that none of them may hold. */
const pages: Place[] = []
const answers: Place[] = []
const secrets: Canary[] = []
const secret = (name: string, value: unknown): void => {
  if (typeof value !== 'string' || value.length < 16) throw new TypeError(`no ${name} to look for`)
  secrets.push({ name, value })
}

/** A browser that keeps every page it is shown. */
function watched(browser: WorldBrowser): WorldBrowser {
  for (const method of ['get', 'submit'] as const) {
    const shown = browser[method].bind(browser) as (...parameters: unknown[]) => Promise<WorldBrowser>
    Object.assign(browser, {
      [method]: async (...parameters: unknown[]) => {
        await shown(...parameters)
        pages.push({ name: `${method} ${new URL(browser.url).pathname}`, bytes: browser.body })
        return browser
      },
    })
  }
  return browser
}

beforeAll(async () => {
  world = await startAuthorityWorld({ policies: policiesWith(TICKET_RULES) })
})
afterAll(() => world.close())

it('in no page, no answer, no record and no line of the log, after a run with everything in it', async () => {
  const alice = await watched(world.browser()).signIn('alice')
  await alice.connectGithub('alice-chen')
  const run = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS, READ_TICKETS])
  const keep = (name: string, answer: { readonly body: unknown }): typeof answer => {
    answers.push({ name, bytes: JSON.stringify(answer.body) })
    return answer
  }
  const agent = new TestAgent(world, run.access)
  for (const path of ['/github/repos/acme-corp/backend/pulls/42', '/tickets/v1/tickets/T-1', '/github/repos/other/backend/pulls/42', '/slack/api/auth.test']) await agent.reverse('GET', path)
  const standIn = await run.agent.exchange(run.access, 'github')
  const session = await run.agent.exchange(run.access, 'github', { requested_token_type: 'urn:postern:params:oauth:token-type:session' })
  const second = await run.agent.refresh(run.refresh)

  // what goes wrong, with secrets in what is sent
  const other = new OauthAgent(world.url, 'issue-triage')
  keep('a refresh token at another client', await other.refresh(String(second.body['refresh_token'])))
  keep('a token of another agent', await other.exchange(run.access, 'github'))
  keep('a session secret, wrong by one', await run.agent.exchange(`${String(session.body['access_token'])}x`, 'github', { subject_token_type: 'urn:postern:params:oauth:token-type:session' }))
  await alice.ask(run.agent.authorizationUrl({ authorization_details: JSON.stringify([{ type: 'postern', ...READ_TICKETS }]) }))
  const code = (await alice.answer('approve')).searchParams.get('code')
  const wrong = { grant_type: 'authorization_code', code: code ?? '', redirect_uri: 'http://127.0.0.1/callback' }
  keep('a code with another verifier', await run.agent.token({ ...wrong, code_verifier: 'v'.repeat(43) }))
  keep('a code at another client', await other.token({ ...wrong, code_verifier: run.agent.verifier }))
  keep('introspection', await run.agent.post('/oauth2/introspect', { token: String(second.body['refresh_token']) }))
  await alice.get(`${world.url}/oauth2/authorize?client_id=pr-reviewer&response_type=code&redirect_uri=https://evil.example&state=${String(second.body['refresh_token'])}`)
  await alice.get(`${world.url}/device?user_code=BCDF-GHJK`)
  await alice.submit()
  for (const failing of [() => world.upstreams.github.faults.failNext(1, 500, { path: /access_token|scoped/, body: '{"message":"ghu_looks_like_a_token"}' }), () => world.upstreams.github.faults.failNext(1, 401, { path: /pulls/, body: '{"message":"Bad credentials"}' })]) {
    failing()
    await agent.reverse('GET', '/github/repos/acme-corp/frontend/pulls/7')
    world.upstreams.github.faults.clear()
  }

  // everything that people and operators look at
  const operator = await watched(world.browser()).signIn('olga')
  for (const browser of [alice, operator]) {
    for (const path of ['/', '/agents', '/connections', '/approvals', '/break-glass', '/audit', '/policy', '/device', '/connect/github', '/logout', '/nothing']) await browser.get(`${world.url}${path}`)
    const api = await BrowserApi.of(browser)
    for (const path of ['/v1/me', '/v1/agents', '/v1/agents/agent:pr-reviewer', '/v1/agents/agent:pr-reviewer/permissions', '/v1/integrations', '/v1/policy/history', '/v1/delegations', `/v1/delegations/${delegationOf(run.access)}`, '/v1/sessions', `/v1/sessions/${sessionOf(run.access)}`, '/v1/connections', '/v1/approvals', '/v1/audit', '/v1/policy']) keep(path, await api.get(path))
  }
  for (const path of ['/oauth2/jwks', '/.well-known/oauth-authorization-server', '/v1/openapi.json']) answers.push({ name: path, bytes: await (await fetch(`${world.url}${path}`)).text() })

  for (const [name, value] of [['access token', run.access], ['refresh token', run.refresh], ['second refresh token', second.body['refresh_token']], ['stand-in', standIn.body['access_token']], ['session secret', session.body['access_token']]] as const) {
    // the signature is what makes it one
    secret(name, String(value).split('.').at(-1))
  }
  secret('code verifier', run.agent.verifier)
  secret('key of the store', (await readFile(join(world.directory, 'store.key'), 'utf8')).trim())
  secret('key of the audit', (await readFile(join(world.directory, 'audit-key.pem'), 'utf8')).split('\n')[1])
  for (const [who, browser] of [['Alice', alice], ['the operator', operator]] as const) {
    // an interaction's is its number, which stands in its pages' addresses and is of no use in another browser
    const cookies = [...browser.jar].filter(([name, value]) => value !== '' && !/interaction|resume/.test(name))
    for (const [name, value] of cookies) secret(`cookie ${name} of ${who}`, value)
    expect(cookies.map(([name]) => name)).toContain('__Host-postern')
  }
  const places = [...pages, ...answers, { name: 'what the agent was sent', bytes: Buffer.concat(agent.seen) }, ...await operatorPlaces(world)]
  expect(places.length).toBeGreaterThan(50)
  expect(findCanaries(places, [...upstreamSecrets(world), ...secrets])).toEqual([])
  // The code is in the address by which the browser goes back to the agent, and nowhere else.
  const back = places.filter(({ name }) => !/^(submit \/consent|get \/(oauth2\/authorize|callback$))/.test(name))
  expect(findCanaries(back, [{ name: 'a code', value: code ?? '' }])).toEqual([])
  expect(findCanaries([{ name: 'the oracle', bytes: JSON.stringify({ run, second }) }], secrets)).not.toEqual([])

  const stored = [{ name: 'the store’s file', bytes: await readFile(join(world.directory, 'postern.db')) }, { name: 'its log', bytes: await readFile(join(world.directory, 'postern.db-wal')).catch(() => '') }]
  const kept = secrets.filter(({ name }) => !name.startsWith('cookie'))
  expect(findCanaries(stored, [...upstreamSecrets(world), ...kept, { name: 'a code', value: code ?? '' }])).toEqual([])
}, 40_000)
