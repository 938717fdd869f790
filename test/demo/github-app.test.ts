import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGithub, type Github } from '../../src/demo/github/start-github.ts'
import { appJwt, fetchTrusting, StandInClock, type TrustingFetch } from '../support/standins.ts'

interface TokenAnswer {
  readonly token: string
  readonly expires_at: string
  readonly permissions: object
  readonly repository_selection: string
  readonly repositories?: readonly { readonly full_name: string }[]
  readonly message?: string
}

describe("the GitHub stand-in's app endpoints", () => {
  const clock = new StandInClock()
  let github: Github
  let http: TrustingFetch

  beforeAll(async () => {
    github = await startGithub({ clock })
    http = fetchTrusting(github.caPem)
  })
  afterAll(async () => {
    await http.close()
    await github.close()
  })

  const call = (path: string, authorization: string, init: object = {}): Promise<Response> =>
    http.fetch(github.origin + path, { ...init, headers: { authorization, 'user-agent': 'test' } })

  const asApp = async (path: string, init: object = {}): Promise<Response> =>
    call(path, `Bearer ${await appJwt(github, { nowMs: clock.nowMs() })}`, init)

  const order = async (body: unknown, installation = 81_001): Promise<[number, TokenAnswer]> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await asApp(`/app/installations/${installation}/access_tokens`, { method: 'POST', body: text })
    return [response.status, (await response.json()) as TokenAnswer]
  }

  const nowS = (): number => Math.floor(clock.nowMs() / 1000)
  const tooFar = "'Expiration time' claim ('exp') is too far in the future"
  const expired = /^'Expiration time' claim \('exp'\) must be a numeric value/
  const issuedAt = /^'Issued at' claim \('iat'\) must be an Integer/
  const issuer = "'Issuer' claim ('iss') must be an Integer"

  it.each([
    ['another key', { foreignKey: true }, 'A JSON web token could not be decoded'],
    ['another issuer', { claims: () => ({ iss: '1' }) }, issuer],
    ['an expiry in the past', { claims: () => ({ exp: nowS() - 1 }) }, expired],
    ['no expiry', { claims: () => ({ exp: undefined }) }, expired],
    ['an expiry eleven minutes ahead', { claims: () => ({ exp: nowS() + 660 }) }, tooFar],
    ['an issue time two minutes ahead', { claims: () => ({ iat: nowS() + 120 }) }, issuedAt],
    ['no issue time', { claims: () => ({ iat: undefined }) }, issuedAt],
  ])('refuse a JWT with %s, in words', async (_name, { foreignKey, claims }: { foreignKey?: boolean; claims?: () => object }, message) => {
    const jwt = await appJwt(github, { nowMs: clock.nowMs(), foreignKey: foreignKey ?? false, claims: { ...claims?.() } })
    const response = await call('/app', `Bearer ${jwt}`)
    const body = (await response.json()) as { message: string; status: string }
    expect([response.status, body.status]).toEqual([401, '401'])
    expect(body.message).toMatch(message)
    expect(github.canaries()).not.toContain(jwt)
  })

  it.each([['no JWT', ''], ['an unsigned JWT', `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`], ['a word', 'Bearer x']])(
    'refuse %s',
    async (_name, authorization) => {
      const headers = { 'user-agent': 't', ...(authorization === '' ? {} : { authorization }) }
      const response = await http.fetch(`${github.origin}/app`, { headers })
      expect([response.status, await response.json()]).toMatchObject([401, { message: 'A JSON web token could not be decoded' }])
    },
  )

  it('take the app id as number or text, and the client id', async () => {
    for (const iss of [github.app.id, String(github.app.id), github.app.clientId]) {
      const jwt = await appJwt(github, { nowMs: clock.nowMs(), claims: { iss } })
      expect((await call('/app', `Bearer ${jwt}`)).status).toBe(200)
      expect(github.canaries()).toContain(jwt)
    }
    expect(github.log.last).toMatchObject({ authenticatedAs: 'app', grants: undefined, operation: 'GET /app' })
  })

  it.each([
    ['/repos/ACME-corp/Backend/installation', 200, 81_001],
    ['/repos/acme-corp/legacy-backend/installation', 200, 81_001],
    ['/repos/acme-corp/nothing/installation', 404, undefined],
    ['/orgs/other-org/installation', 200, 81_002],
    ['/orgs/alice/installation', 404, undefined],
    ['/users/alice-chen/installation', 200, 81_003],
    ['/users/nobody/installation', 404, undefined],
    ['/app/installations/81002', 200, 81_002],
    ['/app/installations/1', 404, undefined],
  ])('find the installation of %s', async (path, status, id) => {
    const response = await asApp(path)
    const body = (await response.json()) as { id?: number }
    expect([response.status, body.id]).toEqual([status, id])
  })

  it('list the installations with what each granted', async () => {
    const list = (await (await asApp('/app/installations')).json()) as { id: number; permissions: object; app_id: number }[]
    expect(list.map((one) => one.id)).toEqual([81_001, 81_002, 81_003])
    expect(list[1]).toMatchObject({ app_id: 4711, permissions: { issues: 'read', metadata: 'read' } })
  })

  it('issue a token that is narrowed to a repository and permissions, for an hour', async () => {
    const [status, answer] = await order({ repositories: ['BACKEND'], permissions: { pull_requests: 'read' } })
    expect(status).toBe(201)
    expect(answer).toMatchObject({ permissions: { pull_requests: 'read', metadata: 'read' }, repository_selection: 'selected' })
    expect(answer.repositories?.map((one) => one.full_name)).toEqual(['acme-corp/backend'])
    expect(Date.parse(answer.expires_at) - clock.nowMs()).toBe(3_600_000)
    expect(answer.token).toMatch(/^ghs_4711_[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(github.canaries()).toContain(answer.token)
    expect(github.liveTokens()).toContainEqual({ repositories: ['acme-corp/backend'], permissions: { pull_requests: 'read', metadata: 'read' } })
  })

  it('issue a token for everything where nothing is named, as GitHub does', async () => {
    for (const body of [{}, '', { repositories: [], permissions: {} }]) {
      const [status, answer] = await order(body)
      expect([status, answer.repositories, answer.permissions]).toEqual([201, undefined, { ...github.app.permissions }])
    }
  })

  it.each([
    ['an unknown repository', { repositories: ['backend', 'nothing'] }, 422, /does not exist or is not accessible/],
    ['a full name', { repositories: ['acme-corp/backend'] }, 422, /does not exist or is not accessible/],
    ["another installation's repository", { repository_ids: [2001] }, 422, /does not exist or is not accessible/],
    ['a permission beyond the installation', { permissions: { administration: 'read' } }, 422, /permissions requested are not granted/],
    ['an access beyond the installation', { permissions: { metadata: 'write' } }, 422, /permissions requested are not granted/],
    ['an access that there is not', { permissions: { contents: 'all' } }, 422, /Invalid request/],
    ['a name that every object has', { permissions: { constructor: 'read' } }, 422, /permissions requested are not granted/],
    ['more than 500 repositories', { repository_ids: Array.from({ length: 501 }, () => 1001) }, 422, /Invalid request/],
    ['lists that are none', { repositories: 'backend' }, 422, /Invalid request/],
    ['a broken body', '{', 400, /Problems parsing JSON/],
  ])('issue nothing for %s', async (_name, body, status, message) => {
    const before = github.canaries().filter((value) => value.startsWith('ghs_')).length
    const [answered, answer] = await order(body)
    expect(answered).toBe(status)
    expect(answer.message).toMatch(message)
    expect(github.canaries().filter((value) => value.startsWith('ghs_'))).toHaveLength(before)
  })

  it('hold a second company to what it granted', async () => {
    expect((await order({ permissions: { issues: 'write' } }, 81_002))[0]).toBe(422)
    expect((await order({ permissions: { issues: 'read' } }, 81_002))[0]).toBe(201)
    expect((await order({}, 99))[0]).toBe(404)
  })

  it('refuse a suspended installation, new tokens and old', async () => {
    const [, { token }] = await order({}, 81_003)
    const installation = github.installations.find((one) => one.id === 81_003)
    if (installation === undefined) throw new Error('no such installation')
    installation.suspended = true
    const refused = await order({}, 81_003)
    const old = await call('/installation/repositories', `token ${token}`)
    installation.suspended = false
    expect(refused).toMatchObject([403, { message: 'This installation has been suspended' }])
    expect(old.status).toBe(403)
    expect((await call('/installation/repositories', `token ${token}`)).status).toBe(200)
  })

  it('end a token by itself, all of them, and each after its hour', async () => {
    const look = async (token: string): Promise<number> => (await call('/installation/repositories', `token ${token}`)).status
    const [, first] = await order({})
    const ended = await call('/installation/token', `Bearer ${first.token}`, { method: 'DELETE' })
    expect([ended.status, await ended.text(), await look(first.token)]).toEqual([204, '', 401])
    const [, second] = await order({})
    github.revokeAll()
    expect([await look(second.token), github.liveTokens()]).toEqual([401, []])
    const [, third] = await order({})
    clock.advance(3_599_000)
    expect(await look(third.token)).toBe(200)
    clock.advance(1_000)
    expect(await look(third.token)).toBe(401)
  })

  it('are for the app alone: a token opens none of them, and the JWT opens nothing else', async () => {
    const [, { token }] = await order({})
    expect((await call('/app', `Bearer ${token}`)).status).toBe(401)
    expect((await asApp('/repos/acme-corp/backend')).status).toBe(401)
    expect((await asApp('/installation/repositories')).status).toBe(401)
  })
})
