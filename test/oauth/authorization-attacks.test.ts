import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UnsecuredJWT } from 'jose'
import { Browser } from './support/browser.ts'
import { authorizeUrl, CHALLENGE, codeFor, detail, post, redeem, tokensOf } from './support/client.ts'
import { agent, openOauthWorld, REDIRECT } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeAll(async () => {
  world = await openOauthWorld()
  const web = agent('web', { redirectUris: ['https://app.acme.com/cb'] })
  world.agents.set(web.id, web)
})
afterAll(() => world.close())

describe('an authorization request whose answer would go astray', () => {
  it.each([
    ['another host', 'pr-reviewer', 'https://evil.example/callback'],
    ['another path', 'pr-reviewer', 'http://127.0.0.1/callback/evil'],
    ['a path that climbs', 'pr-reviewer', 'http://127.0.0.1/x/../callback'],
    ['another case', 'pr-reviewer', 'http://127.0.0.1/Callback'],
    ['a query added', 'pr-reviewer', 'http://127.0.0.1/callback?next=https://evil.example'],
    ['a fragment', 'pr-reviewer', 'http://127.0.0.1/callback#x'],
    ['a user in front of another host', 'pr-reviewer', 'http://127.0.0.1@evil.example/callback'],
    ['a user', 'pr-reviewer', 'http://me@127.0.0.1/callback'],
    ['a name for the loopback address', 'pr-reviewer', 'http://localhost/callback'],
    ['another spelling of the address', 'pr-reviewer', 'http://127.1/callback'],
    ['the address as a number', 'pr-reviewer', 'http://2130706433/callback'],
    ['a port that is none', 'pr-reviewer', 'http://127.0.0.1:80:80/callback'],
    ['another scheme', 'pr-reviewer', 'https://127.0.0.1/callback'],
    ['javascript', 'pr-reviewer', 'javascript:alert(1)//127.0.0.1/callback'],
    ['a trailing slash', 'pr-reviewer', 'http://127.0.0.1/callback/'],
    ['an encoded letter', 'pr-reviewer', 'http://127.0.0.1/c%61llback'],
    ['a backslash', 'pr-reviewer', 'http://127.0.0.1\\@evil.example/callback'],
    ['a leading space', 'pr-reviewer', ' http://127.0.0.1/callback'],
    ['a port where none is registered', 'web', 'https://app.acme.com:8443/cb'],
    ['the default port spelled out', 'web', 'https://app.acme.com:443/cb'],
    ['a subdomain', 'web', 'https://evil.app.acme.com/cb'],
    ['a longer host', 'web', 'https://app.acme.com.evil.example/cb'],
    ['plain http', 'web', 'http://app.acme.com/cb'],
    ['none', 'web', undefined],
  ])('is answered with a page, never a redirect: %s', async (_name, client_id, redirect_uri) => {
    const response = await new Browser(world.issuer).open(authorizeUrl(world, { client_id, redirect_uri }))
    const page = await response.text()
    expect({ status: response.status, location: response.headers.get('location') }).toEqual({ status: 400, location: null })
    expect(page).toMatch(/<p>invalid_(redirect_uri|request)<\/p>/)
    expect(page).not.toContain('evil')
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })

  it('is no client’s: unknown, revoked, the reserved name with another’s address, or a URL', async () => {
    const gone = agent('gone', { status: 'revoked' })
    world.agents.set(gone.id, gone)
    for (const client_id of ['nobody', 'gone', 'PR-REVIEWER', 'agent:pr-reviewer', 'postern-cli', 'https://pr-reviewer/x', '', undefined]) {
      const response = await new Browser(world.issuer).open(authorizeUrl(world, { client_id, redirect_uri: 'http://127.0.0.1/evil' }))
      expect({ client_id, status: response.status, location: response.headers.get('location') }).toEqual({ client_id, status: 400, location: null })
    }
  })
})

describe('an authorization request that asks for what there is not', () => {
  const tooMany = JSON.stringify(Array.from({ length: 33 }, () => detail('github', ['pulls:read'])))

  it.each([
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['PKCE without a method', { code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge that is too short', { code_challenge: 'abc' }, 'invalid_request'],
    ['a token at once', { response_type: 'token' }, 'invalid_request'],
    ['an ID token', { response_type: 'id_token', nonce: 'n' }, 'invalid_request'],
    ['a code and a token', { response_type: 'code token' }, 'invalid_request'],
    ['nothing', { response_type: 'none' }, 'unsupported_response_type'],
    ['an answer by form', { response_mode: 'form_post' }, 'unsupported_response_mode'],
    ['an answer in the fragment', { response_mode: 'fragment' }, 'unsupported_response_mode'],
    ['a resource that is not ours', { resource: 'https://evil.example' }, 'invalid_target'],
    ['the admin API', { resource: 'ISSUER/v1' }, 'invalid_target'],
    ['a resource that is no URI', { resource: 'ours' }, 'invalid_target'],
    ['no scope at all', { scope: undefined }, 'invalid_scope'],
    ['an unknown integration', { scope: 'gitlab:pulls:read' }, 'invalid_scope'],
    ['an unknown scope', { scope: 'github:admin' }, 'invalid_scope'],
    ['a scope without its integration', { scope: 'openid' }, 'invalid_scope'],
    ['the scope of the admin API', { scope: 'admin' }, 'invalid_scope'],
    ['details of another type', { authorization_details: JSON.stringify([{ type: 'payment' }]) }, 'invalid_authorization_details'],
    ['details that are no JSON', { authorization_details: '[{' }, 'invalid_authorization_details'],
    ['details with a stranger inside', { authorization_details: JSON.stringify([{ ...detail('github', ['pulls:read']), admin: true }]) }, 'invalid_authorization_details'],
    ['details without scopes', { authorization_details: JSON.stringify([detail('github', [])]) }, 'invalid_authorization_details'],
    ['details of an unknown integration', { authorization_details: JSON.stringify([detail('gitlab', ['pulls:read'])]) }, 'invalid_authorization_details'],
    ['too many details', { authorization_details: tooMany }, 'invalid_authorization_details'],
    ['a request object', { request: new UnsecuredJWT({ client_id: 'pr-reviewer', scope: 'github:pulls:write' }).encode() }, 'request_not_supported'],
    ['a request by reference', { request_uri: 'https://evil.example/request' }, 'request_uri_not_supported'],
    ['registration on the way', { registration: '{}' }, 'registration_not_supported'],
    ['a state without end', { state: 'x'.repeat(4097) }, 'invalid_request'],
  ])('is refused to the client, with its state and our iss: %s', async (_name, parameters, error) => {
    const resource = 'resource' in parameters ? parameters.resource.replace('ISSUER', world.issuer) : undefined
    const answer = await new Browser(world.issuer).toClient(authorizeUrl(world, { ...parameters, resource }))
    expect(`${answer.origin}${answer.pathname}`).toBe(REDIRECT)
    // Who asks for a token at once looks for the answer in the fragment (OAuth 2.0 Multiple Response Type Encoding Practices, section 2).
    const told = answer.hash === '' ? answer.searchParams : new URLSearchParams(answer.hash.slice(1))
    expect(Object.fromEntries(told)).toMatchObject({ error, iss: world.issuer, state: 'state' in parameters ? parameters.state : 'st4te' })
    expect(answer.href).not.toMatch(/code=|token=/)
  })

  it('says plainly which scope is not known', async () => {
    const answer = await new Browser(world.issuer).toClient(authorizeUrl(world, { scope: 'github:pulls:read github:merge' }))
    expect(answer.searchParams.get('error_description')).toBe('github has no scope merge')
  })

  it('is refused where a parameter is given twice', async () => {
    const url = `${authorizeUrl(world)}&scope=${encodeURIComponent('github:pulls:write')}`
    expect((await new Browser(world.issuer).toClient(url)).searchParams.get('error')).toBe('invalid_request')
  })
})

describe('a code', () => {
  it.each([
    ['without the verifier', { code_verifier: undefined }],
    ['with another verifier', { code_verifier: 'x'.repeat(43) }],
    ['with the challenge for a verifier', { code_verifier: CHALLENGE }],
    ['for another redirect URI', { redirect_uri: 'http://127.0.0.1:1/callback' }],
    ['of another client', { client_id: 'issue-triage' }],
    ['that is unknown', { code: 'x'.repeat(43) }],
  ])('is worth nothing %s', async (_name, parameters) => {
    const answered = await redeem(world, await codeFor(world), parameters)
    expect({ status: answered.status, error: answered.body['error'] }).toEqual({ status: 400, error: 'invalid_grant' })
  })

  it('is worth nothing to an agent that was revoked meanwhile, nor once its session has ended', async () => {
    const code = await codeFor(world, { client_id: 'issue-triage' })
    const triage = world.agents.get('agent:issue-triage')
    if (triage === undefined) throw new Error('no agent')
    world.agents.set(triage.id, { ...triage, status: 'revoked' })
    expect((await redeem(world, code, { client_id: 'issue-triage' })).body['error']).toBe('invalid_client')
    world.agents.set(triage.id, triage)
    const other = await codeFor(world)
    world.desk.end(world.desk.all.at(-1)?.session.id ?? ('' as never))
    expect((await redeem(world, other)).body['error']).toBe('invalid_grant')
  })

  it('that is shown twice ends the session, and with it the tokens', async () => {
    const code = await codeFor(world)
    const first = tokensOf(await redeem(world, code))
    const session = world.desk.all.at(-1)?.session.id
    expect((await redeem(world, code)).body['error']).toBe('invalid_grant')
    expect(world.desk.all.some((granted) => granted.session.id === session)).toBe(false)
    expect((await post(world, '/oauth2/token', { grant_type: 'refresh_token', client_id: 'pr-reviewer', refresh_token: first.refresh })).body['error']).toBe('invalid_grant')
    expect(world.audit.of('delegation.replayed').at(-1)).toMatchObject({ session, outcome: 'revoked', reason: 'An authorization code was shown again after its use; the session is ended.' })
  })

  it('that is shown by many at once gives tokens once at most', async () => {
    const code = await codeFor(world)
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(world, code)))
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    for (const { status, body } of answers) if (status !== 200) expect(body['error']).toBe('invalid_grant')
  })

  it('expires within a minute or so', async () => {
    const code = await codeFor(world)
    world.clock.moveBy(61_000)
    expect((await redeem(world, code)).body['error']).toBe('invalid_grant')
    world.clock.moveBy(-61_000)
  })
})
