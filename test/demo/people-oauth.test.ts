import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoWorld, type DemoWorld } from '../../src/demo/demo-world.ts'
import { fetchTrusting, type TrustingFetch } from '../support/standins.ts'

const REDIRECT = 'https://postern.test/callback'
const VERIFIER = 'v'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

describe('the stand-ins’ consent and tokens of people', () => {
  let world: DemoWorld
  let http: TrustingFetch
  beforeAll(async () => {
    world = await startDemoWorld()
    http = fetchTrusting(world.caPem)
  })
  afterAll(async () => {
    await http.close()
    await world.close()
  })

  const authorize = async (url: string, query: Record<string, string>, login: string): Promise<URL> => {
    const page = await http.fetch(`${url}?${new URLSearchParams(query).toString()}`, { redirect: 'manual' })
    const ticket = /name="ticket" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
    const answer = await http.fetch(url, { method: 'POST', redirect: 'manual', ...form({ ticket, login, decision: 'authorize' }) })
    return new URL(answer.headers.get('location') ?? '')
  }
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit =>
    ({ method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body: new URLSearchParams(fields).toString() })
  const json = async (url: string, init: RequestInit): Promise<Record<string, unknown>> => (await http.fetch(url, init)).json() as Promise<Record<string, unknown>>
  const user = async (token: unknown): Promise<number> =>
    (await http.fetch(`${world.github.origin}/user`, { headers: { authorization: `Bearer ${String(token)}`, 'user-agent': 'test' } })).status

  const githubClient = (): Record<string, string> => ({ client_id: world.github.oauth.clientId, client_secret: world.github.oauth.clientSecret })
  const githubCode = async (): Promise<string> => {
    const { client_id = '' } = githubClient()
    const query = { client_id, redirect_uri: REDIRECT, state: 's', code_challenge: CHALLENGE, code_challenge_method: 'S256', prompt: 'select_account' }
    return (await authorize(`${world.github.origin}/login/oauth/authorize`, query, 'alice-chen')).searchParams.get('code') ?? ''
  }
  const githubToken = async (fields: Record<string, string>): Promise<Record<string, unknown>> =>
    json(`${world.github.origin}/login/oauth/access_token`, form({ ...githubClient(), ...fields }, { accept: 'application/json' }))

  it('GitHub: a code is good once, with its verifier and its redirect URI', async () => {
    for (const [wrong, error] of [[{ code_verifier: 'x' }, 'bad_verification_code'], [{ redirect_uri: `${REDIRECT}/` }, 'redirect_uri_mismatch']] as const) {
      const code = await githubCode()
      expect(await githubToken({ code, redirect_uri: REDIRECT, code_verifier: VERIFIER, ...wrong })).toMatchObject({ error })
      expect(await githubToken({ code, redirect_uri: REDIRECT, code_verifier: VERIFIER })).toMatchObject({ error: 'bad_verification_code' })
    }
    expect(await githubToken({ code: await githubCode(), redirect_uri: REDIRECT, code_verifier: VERIFIER }))
      .toMatchObject({ access_token: expect.stringMatching(/^ghu_/), refresh_token: expect.stringMatching(/^ghr_/), expires_in: 28_800, refresh_token_expires_in: 15_811_200 })
  })

  it('GitHub: using a refresh token kills the access token that came with it, and the refresh token', async () => {
    const first = await githubToken({ code: await githubCode(), redirect_uri: REDIRECT, code_verifier: VERIFIER })
    expect(await user(first['access_token'])).toBe(200)
    const second = await githubToken({ grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) })
    expect([await user(first['access_token']), await user(second['access_token'])]).toEqual([401, 200])
    expect(await githubToken({ grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) })).toMatchObject({ error: 'bad_refresh_token' })
  })

  it('GitHub: who has authorised the app before is not asked again, unless the app wants it', async () => {
    const { client_id = '' } = githubClient()
    const ask = (more: Record<string, string>): Promise<Response> => http.fetch(
      `${world.github.origin}/login/oauth/authorize?${new URLSearchParams({ client_id, redirect_uri: REDIRECT, ...more }).toString()}`, { redirect: 'manual' })
    await githubToken({ code: await githubCode(), redirect_uri: REDIRECT, code_verifier: VERIFIER })
    expect((await ask({})).status).toBe(302)
    expect((await ask({ prompt: 'select_account' })).status).toBe(200)
  })

  it('GitHub: never redirects to where the app did not register, and answers as a form unless asked', async () => {
    const { client_id = '' } = githubClient()
    world.github.oauth.callbackUrls([REDIRECT])
    const answer = await http.fetch(`${world.github.origin}/login/oauth/authorize?client_id=${client_id}&redirect_uri=https://evil.example`, { redirect: 'manual' })
    expect(answer.status).toBe(400)
    world.github.oauth.callbackUrls([])
    const plain = await http.fetch(`${world.github.origin}/login/oauth/access_token`, form({ ...githubClient(), code: 'none' }))
    expect([plain.status, new URLSearchParams(await plain.text()).get('error')]).toEqual([200, 'bad_verification_code'])
  })

  it('GitHub: the app’s endpoints about tokens want its id and secret', async () => {
    const url = `${world.github.origin}/applications/${world.github.oauth.clientId}/token/scoped`
    const answer = await http.fetch(url, { method: 'POST', headers: { 'user-agent': 'test', authorization: `Basic ${Buffer.from('x:y').toString('base64')}` }, body: '{}' })
    expect(answer.status).toBe(401)
  })

  it('the internal API: a refresh token that comes again ends all that was made from it', async () => {
    const { clientId: client_id, clientSecret: client_secret } = world.tickets.oauth
    const query = { client_id, response_type: 'code', redirect_uri: REDIRECT, scope: 'tickets:read', state: 's', code_challenge: CHALLENGE, code_challenge_method: 'S256' }
    const back = await authorize(`${world.tickets.origin}/oauth/authorize`, query, 'alice')
    expect([back.searchParams.get('iss'), back.searchParams.get('state')]).toEqual([world.tickets.origin, 's'])
    const token = (fields: Record<string, string>): Promise<Record<string, unknown>> => json(`${world.tickets.origin}/oauth/token`, form({ client_id, client_secret, ...fields }))
    const first = await token({ grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '', redirect_uri: REDIRECT, code_verifier: VERIFIER })
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) }
    const second = await token(refresh)
    const read = async (): Promise<number> => (await http.fetch(`${world.tickets.origin}/v1/tickets`, { headers: { authorization: `Bearer ${String(second['access_token'])}` } })).status
    expect(await read()).toBe(200)
    expect(await token(refresh)).toEqual({ error: 'invalid_grant' })
    expect(await read()).toBe(401)
  })

  it('the internal API: asks nobody without PKCE, a known scope and the code flow', async () => {
    const { clientId: client_id } = world.tickets.oauth
    const good = { client_id, response_type: 'code', redirect_uri: REDIRECT, scope: 'tickets:read', code_challenge: CHALLENGE, code_challenge_method: 'S256' }
    for (const [wrong, error] of [[{ code_challenge_method: 'plain' }, 'invalid_request'], [{ scope: 'admin' }, 'invalid_scope'], [{ response_type: 'token' }, 'unsupported_response_type']] as const) {
      const answer = await http.fetch(`${world.tickets.origin}/oauth/authorize?${new URLSearchParams({ ...good, ...wrong }).toString()}`, { redirect: 'manual' })
      expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe(error)
    }
  })
})
