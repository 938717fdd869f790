import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGithub, type Github } from '../../src/demo/github/start-github.ts'
import { fetchTrusting, issueToken, type TrustingFetch } from '../support/standins.ts'

interface Init {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly signal?: AbortSignal
}

describe('the GitHub stand-in', () => {
  let github: Github
  let http: TrustingFetch
  let token: string

  beforeAll(async () => {
    github = await startGithub()
    http = fetchTrusting(github.caPem)
    token = await issueToken(github, http, { repositories: ['backend'], permissions: { pull_requests: 'read', contents: 'read' } })
  })
  afterAll(async () => {
    await http.close()
    await github.close()
  })

  const call = (path: string, init: Init = {}): Promise<Response> => {
    const headers = { 'user-agent': 'test', authorization: `Bearer ${token}`, ...init.headers }
    return http.fetch(github.origin + path, { redirect: 'manual', ...init, headers })
  }

  const PULL = '/repos/acme-corp/backend/pulls/42'

  it.each([
    ['Bearer', () => `Bearer ${token}`],
    ['bearer in small letters', () => `bearer ${token}`],
    ['token', () => `token ${token}`],
    ['the password of Basic', () => `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`],
    ['the user of Basic', () => `Basic ${Buffer.from(`${token}:`).toString('base64')}`],
  ])('takes a token as %s', async (_name, authorization) => {
    expect((await call(PULL, { headers: { authorization: authorization() } })).status).toBe(200)
  })

  it.each([
    ['a token of nobody', 'Bearer ghs_4711_a.b.c'],
    ['a classic token', `token ghp_${'a'.repeat(36)}`],
    ['a scheme that there is not', 'Digest x'],
    ['Basic without a colon', `Basic ${Buffer.from('word').toString('base64')}`],
    ['a placeholder', 'token postern'],
  ])('answers %s with 401 on every path', async (_name, authorization) => {
    for (const path of [PULL, '/zen', '/nothing']) {
      const response = await call(path, { headers: { authorization } })
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' })
    }
    expect(github.log.last).toMatchObject({ authenticatedAs: undefined, grants: undefined })
  })

  it.each([
    [PULL, 404],
    ['/installation/repositories', 401],
    ['/demo/stream', 401],
    ['/zen', 200],
    ['/rate_limit', 200],
    ['/nothing', 404],
  ])('answers %s without any credential with %i', async (path, status) => {
    expect((await http.fetch(github.origin + path, { headers: { 'user-agent': 'test' } })).status).toBe(status)
  })

  it('refuses a call without a User-Agent', async () => {
    const response = await call(PULL, { headers: { 'user-agent': '' } })
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('User-Agent')])
  })

  it.each([
    ['POST', '/repos/acme-corp/backend/pulls/42/reviews', 'pull_requests=write'],
    ['GET', '/repos/acme-corp/backend/issues', 'issues=read'],
    ['POST', '/repos/acme-corp/backend/issues', 'issues=write'],
    ['POST', '/repos/acme-corp/backend/issues/42/comments', 'issues=write; pull_requests=write'],
    ['GET', '/repos/acme-corp/backend/issues/1/comments', 'issues=read'],
    ['PUT', '/repos/acme-corp/backend/pulls/42/merge', 'contents=write'],
    ['PUT', '/repos/acme-corp/backend/contents/README.md', 'contents=write'],
  ])('refuses %s %s where the permission is missing, and says which', async (method, path, accepted) => {
    const response = await call(path, { method, body: method === 'GET' ? undefined : '{}' } as object)
    expect([response.status, response.headers.get('x-accepted-github-permissions')]).toEqual([403, accepted])
    expect(await response.json()).toMatchObject({ message: 'Resource not accessible by integration' })
  })

  it('takes either permission for one pull request', async () => {
    for (const permissions of [{ pull_requests: 'read' }, { contents: 'read' }]) {
      const authorization = `Bearer ${await issueToken(github, http, { repositories: ['backend'], permissions })}`
      const response = await call(PULL, { headers: { authorization } })
      expect([response.status, response.headers.get('x-accepted-github-permissions')]).toEqual([200, 'pull_requests=read; contents=read'])
    }
  })

  it.each([
    '/repos/acme-corp/frontend/pulls/7',
    '/repos/other-org/secret',
    '/repos/acme-corp/nothing',
    '/repositories/1002/pulls',
    '/repos/acme-corp/backend/pulls/9999',
    '/repos/acme-corp/backend/pulls/42/',
    '/repos//acme-corp/backend',
    '/repos/acme-corp/%E0%A4%A/pulls',
    '/repos/acme-corp/backend/../frontend',
  ])('does not let a token see %s', async (path) => {
    const socketFree = await call(path)
    expect(socketFree.status).toBe(404)
    expect(await socketFree.json()).toMatchObject({ message: 'Not Found', status: '404' })
  })

  it('compares owner and repository without regard to case', async () => {
    expect((await call('/repos/Acme-Corp/BACKEND/pulls/42')).status).toBe(200)
  })

  it('sends callers of a former name on to the number, and serves there', async () => {
    const moved = await call('/repos/acme-corp/legacy-backend/pulls/42')
    expect([moved.status, moved.headers.get('location')]).toEqual([301, `${github.origin}/repositories/1001/pulls/42`])
    expect((await call('/repos/acme-corp/legacy-backend/pulls/42/merge', { method: 'PUT' })).status).toBe(307)
    const there = await call('/repositories/1001/pulls/42')
    expect([there.status, github.log.last?.operation]).toEqual([200, 'GET /repos/{owner}/{repo}/pulls/{pull_number}'])
  })

  it('sends archives to another host by a signed link that needs no credential', async () => {
    const response = await call('/repos/acme-corp/backend/tarball/main')
    const location = response.headers.get('location') ?? ''
    expect([response.status, new URL(location).host]).toEqual([302, `codeload.localhost:${github.port}`])
    const there = await http.fetch(location)
    expect([there.status, github.log.last?.credentialPlaces]).toEqual([200, []])
    expect(gunzipSync(Buffer.from(await there.arrayBuffer())).toString()).toContain('# archive')
    expect((await http.fetch(location.replace('main', 'next'))).status).toBe(404)
  })

  it('answers to the real names, and links to them', async () => {
    const response = await http.fetch(`https://api.github.com:${github.port}${PULL}`, {
      headers: { 'user-agent': 't', authorization: `token ${token}` },
    })
    expect(await response.json()).toMatchObject({ url: `https://api.github.com:${github.port}${PULL}` })
  })

  it('streams a large file whole', async () => {
    const response = await call('/repos/acme-corp/backend/contents/fixtures/large.bin', { headers: { accept: 'application/vnd.github.raw+json' } })
    const bytes = Buffer.from(await response.arrayBuffer())
    expect([bytes.length, response.headers.get('content-length')]).toEqual([8 * 1024 * 1024, null])
    expect(bytes.subarray(8 * 1024 * 1024 - 65_536).toString('latin1', 0, 8)).toBe('8323072\n')
    const described = await call('/repos/acme-corp/backend/contents/fixtures/large.bin')
    expect(await described.json()).toMatchObject({ encoding: 'none', content: '', size: 8_388_608 })
  })

  it.each(['/demo/stream', '/repos/acme-corp/backend/contents/logs/live.log'])('streams %s until the reader leaves', async (path) => {
    const leave = new AbortController()
    const response = await call(path, { headers: { accept: 'application/vnd.github.raw+json' }, signal: leave.signal })
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.read()
    leave.abort()
    expect(await github.log.ended((entry) => entry.path === path && entry.status === 200)).toMatchObject({ ended: 'abandoned' })
  })

  it('answers a conditional request that nothing has changed', async () => {
    const etag = (await call(PULL)).headers.get('etag') ?? ''
    const again = await call(PULL, { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it('answers HEAD like GET without the body', async () => {
    const response = await call(PULL, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it.each(['per_page=0', 'page=x', 'per_page=-1'])('refuses a list with %s', async (query) => {
    expect((await call(`/repos/acme-corp/backend/pulls?${query}`)).status).toBe(422)
  })

  it('links to the pages of a list, and gives back no other argument', async () => {
    const response = await call('/repos/acme-corp/backend/pulls?state=all&per_page=1&page=2&access_token=nope')
    const base = `${github.origin}/repos/acme-corp/backend/pulls?per_page=1&state=all&page=`
    expect(response.headers.get('link')).toBe(`<${base}1>; rel="prev", <${base}3>; rel="next", <${base}4>; rel="last", <${base}1>; rel="first"`)
  })

  it('tells on every answer what GitHub tells', async () => {
    const { headers } = await call(PULL)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('x-github-request-id')).toMatch(/^[0-9A-F]{32}$/)
    expect(headers.get('x-ratelimit-limit')).toBe('5000')
    expect(Number(headers.get('x-ratelimit-used'))).toBeGreaterThan(0)
  })

  it('never gives back what it was sent', async () => {
    for (const path of [PULL, '/nothing', '/demo/../zen', `/repos/acme-corp/${token}`, '/rate_limit', '/installation/repositories']) {
      const response = await call(path)
      const shown = JSON.stringify([...response.headers]) + (await response.text())
      for (const canary of github.canaries()) expect(shown).not.toContain(canary)
    }
  })

  it('holds tokens to the rate limit where one is set', async () => {
    const strict = await startGithub({ rateLimit: 2 })
    const trusting = fetchTrusting(strict.caPem)
    const authorization = `token ${await issueToken(strict, trusting, {})}`
    const headers = { authorization, 'user-agent': 't' }
    const look = (): Promise<Response> => trusting.fetch(`${strict.origin}/installation/repositories`, { headers })
    expect([(await look()).status, (await look()).status]).toEqual([200, 200])
    const limited = await look()
    expect([limited.status, limited.headers.get('x-ratelimit-remaining')]).toEqual([403, '0'])
    await trusting.close()
    await strict.close()
  })

  it('has met with no bug of its own', () => {
    expect(github.problems).toEqual([])
  })
})
