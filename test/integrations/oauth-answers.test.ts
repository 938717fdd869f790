import { describe, expect, it } from 'vitest'
import { githubOauth } from '../../src/integrations/github/github.ts'
import { oauth2Upstream, type Oauth2Options } from '../../src/integrations/oauth2/oauth2-upstream.ts'
import { slackUserOauth } from '../../src/integrations/slack/user-oauth.ts'
import type { UpstreamHttp, UpstreamRequest, UpstreamResponse } from '../../src/integrations/upstream-http.ts'
import type { UpstreamOauth } from '../../src/integrations/upstream-oauth.ts'
import { Secret } from '../../src/lib/secret.ts'
import { Fault } from '../../src/model/denial.ts'

const CLOCK = { nowMs: () => 1_000, monotonicMs: () => 0 }
const ORIGIN = { scheme: 'https', host: 'upstream.test', port: 443, basePath: '' } as const
const CLIENT = { clientId: 'client', clientSecret: new Secret('canary-secret') }
const GRANT = { code: new Secret('canary-code'), redirectUri: 'https://postern.test/cb', codeVerifier: new Secret('canary-verifier') }
const soon = AbortSignal.timeout(60_000)

function generic(http: UpstreamHttp, over: Partial<Oauth2Options> = {}): UpstreamOauth {
  return oauth2Upstream({
    title: 'Linear', authorizeUrl: 'https://upstream.test/authorize?actor=user', tokenUrl: 'https://upstream.test/token', revokeUrl: undefined, issuer: undefined,
    ...CLIENT, clientAuthentication: 'post', scopes: ['read', 'write'], scopeSeparator: ',', pkce: true, http, clock: CLOCK, ...over,
  })
}

const github = (http: UpstreamHttp): UpstreamOauth => githubOauth({ api: ORIGIN, site: ORIGIN, http, siteHttp: http, client: CLIENT, appSlug: undefined, clock: CLOCK })
const slack = (http: UpstreamHttp): UpstreamOauth => slackUserOauth({ api: ORIGIN, ...CLIENT, userScopes: ['chat:write'], http, clock: CLOCK })

function says(body: unknown, more: Partial<UpstreamResponse> = {}, sent: UpstreamRequest[] = []): UpstreamHttp {
  return async (request) => {
    sent.push(request)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body), ...more }
  }
}

const FORM = { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } }
const down: UpstreamHttp = () => Promise.reject(new Fault('credential_unavailable', 'reset'))
const BEARER = { access_token: 'a', token_type: 'bearer' }

describe('the answer to a code', () => {
  it.each<[string, UpstreamOauth, object]>([
    ['GitHub, as a form', github(says('access_token=a&expires_in=28800&refresh_token=r&scope=&token_type=bearer', FORM)), { scopes: [], tokens: { accessExpiresAtMs: 28_801_000 } }],
    ['GitHub, as JSON, without an end', github(says({ ...BEARER, scope: '' })), { scopes: [], tokens: { accessExpiresAtMs: undefined, refreshToken: undefined } }],
    ['Slack, nested, commas', slack(says({ ok: true, authed_user: { id: 'U', scope: 'chat:write,users:read', access_token: 'a', token_type: 'user' } })), { scopes: ['chat:write', 'users:read'] }],
    ['Slack, beside a bot’s token', slack(says({ ok: true, access_token: 'bot', token_type: 'bot', authed_user: { id: 'U', scope: 'chat:write', access_token: 'a', token_type: 'user' } })), { scopes: ['chat:write'] }],
    ['another, commas', generic(says({ ...BEARER, scope: 'read,write', expires_in: 60 })), { scopes: ['read', 'write'], tokens: { accessExpiresAtMs: 61_000 } }],
    ['another, spaces', generic(says({ ...BEARER, token_type: 'Bearer', scope: 'read  write' })), { scopes: ['read', 'write'] }],
    ['another that says nothing of scopes: as asked', generic(says(BEARER)), { scopes: ['read', 'write'] }],
  ])('of %s gives the token, its end and its scopes', async (_name, oauth, expected) => {
    const outcome = await oauth.exchange(GRANT, soon)
    if (outcome.kind !== 'granted') throw new TypeError(outcome.reason)
    expect(outcome.granted).toMatchObject(expected)
    expect(outcome.granted.tokens.accessToken?.reveal()).toBe('a')
  })

  it.each<[string, UpstreamOauth, object]>([
    ['GitHub refuses with 200', github(says({ error: 'bad_verification_code', error_description: 'canary' })), { kind: 'refused', reason: 'bad_verification_code' }],
    ['GitHub refuses in a form', github(says('error=redirect_uri_mismatch', FORM)), { kind: 'refused', reason: 'redirect_uri_mismatch' }],
    ['Slack refuses with 200', slack(says({ ok: false, error: 'invalid_code' })), { kind: 'refused', reason: 'invalid_code' }],
    ['Slack gives a bot’s token alone', slack(says({ ok: true, access_token: 'a', token_type: 'bot' })), { kind: 'unavailable' }],
    ['another refuses with 400', generic(says({ error: 'invalid_grant' }, { status: 400 })), { kind: 'refused', reason: 'invalid_grant' }],
    ['an error that is no code is not repeated', generic(says({ error: 'canary <b>' }, { status: 400 })), { kind: 'refused', reason: 'no error code' }],
    ['a token of another type is none', generic(says({ ...BEARER, token_type: 'mac' })), { kind: 'unavailable' }],
    ['a token with a line break is none', generic(says({ ...BEARER, access_token: 'a\nb' })), { kind: 'unavailable' }],
    ['an end that is no date', generic(says({ ...BEARER, expires_in: -1 })), { kind: 'unavailable' }],
    ['a page', github(says('<html>', { headers: { 'content-type': 'text/html' } })), { kind: 'unavailable' }],
    ['a broken server', generic(says({ error: 'invalid_grant' }, { status: 502 })), { kind: 'unavailable' }],
    ['a redirect', generic(says('', { status: 302 })), { kind: 'unavailable' }],
    ['no answer, GitHub', github(down), { kind: 'unavailable' }],
    ['no answer, Slack', slack(down), { kind: 'unavailable' }],
    ['no answer, another', generic(down), { kind: 'unavailable' }],
  ])('is told apart: %s', async (_name, oauth, expected) => {
    expect(await oauth.exchange(GRANT, soon)).toMatchObject(expected)
  })
})

describe('the answer to a refresh', () => {
  const refresh = (oauth: UpstreamOauth): ReturnType<UpstreamOauth['refresh']> => oauth.refresh(new Secret('canary-refresh'), soon)

  it.each<[string, UpstreamOauth, object]>([
    ['GitHub: dead', github(says({ error: 'bad_refresh_token' })), { kind: 'dead' }],
    ['GitHub: the app’s secret is wrong', github(says({ error: 'incorrect_client_credentials' })), { kind: 'not_processed' }],
    ['GitHub: an error that nobody knows', github(says({ error: 'new_one' })), { kind: 'unknown' }],
    ['GitHub: without successor', github(says(BEARER)), { kind: 'unknown' }],
    ['GitHub: busy', github(says('', { status: 429, headers: { 'retry-after': '3' } })), { kind: 'not_processed', retryAfterMs: 3_000 }],
    ['another: dead', generic(says({ error: 'invalid_grant' }, { status: 400 })), { kind: 'dead' }],
    ['another: the client is refused', generic(says({ error: 'invalid_client' }, { status: 401 })), { kind: 'not_processed' }],
    ['another: a broken server may have used it up', generic(says({ error: 'invalid_grant' }, { status: 500 })), { kind: 'unknown' }],
    ['another: no answer', generic(down), { kind: 'unknown' }],
    ['another: nothing left', generic(() => Promise.reject(Object.assign(new Error('x'), { sent: false }))), { kind: 'not_processed' }],
    ['another: a successor, scopes as before', generic(says({ ...BEARER, refresh_token: 'next' })), { kind: 'rotated', successor: { scopes: undefined } }],
  ])('%s', async (_name, oauth, expected) => {
    const outcome = await refresh(oauth)
    expect(outcome).toMatchObject(expected)
    expect(JSON.stringify(outcome)).not.toContain('canary')
  })

  it('keeps the refresh token where none came in its place (RFC 6749 section 6)', async () => {
    const outcome = await refresh(generic(says(BEARER)))
    expect(outcome.kind === 'rotated' && outcome.successor.tokens.refreshToken?.reveal()).toBe('canary-refresh')
  })
})

describe('what is sent', () => {
  it.each<[string, Partial<Oauth2Options>, { header: string | undefined; body: RegExp }]>([
    ['post', {}, { header: undefined, body: /client_id=client&client_secret=canary-secret&grant_type=authorization_code.*code_verifier=canary-verifier/ }],
    ['basic', { clientAuthentication: 'basic' }, { header: `Basic ${Buffer.from('client:canary-secret').toString('base64')}`, body: /^grant_type=authorization_code/ }],
    ['a public client', { clientSecret: undefined }, { header: undefined, body: /^client_id=client&grant_type/ }],
    ['without PKCE', { pkce: false }, { header: undefined, body: /redirect_uri=[^&]+$/ }],
  ])('proves the client by %s', async (_name, over, { header, body }) => {
    const sent: UpstreamRequest[] = []
    await generic(says(BEARER, {}, sent), over).exchange(GRANT, soon)
    expect(sent[0]?.headers['authorization']).toBe(header)
    expect(sent[0]?.body).toMatch(body)
  })

  it('to the consent page keeps what the address had, and holds no secret', () => {
    const url = new URL(generic(down).authorizeUrl({ redirectUri: 'https://postern.test/cb', state: 's', codeChallenge: 'c' }))
    expect(Object.fromEntries(url.searchParams)).toEqual({
      actor: 'user', response_type: 'code', client_id: 'client', redirect_uri: 'https://postern.test/cb', state: 's', scope: 'read,write', code_challenge: 'c', code_challenge_method: 'S256',
    })
  })
})
