import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GithubOptions } from '../../../src/integrations/github/github.ts'
import { githubIntegration } from '../../../src/integrations/github/github.ts'
import type { CredentialOrder, Issuance, Issuer } from '../../../src/integrations/issuer.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { Fault, isDenial, type Denial } from '../../../src/model/denial.ts'
import type { DelegationId, PersonId } from '../../../src/model/ids.ts'
import { APP_KEY, FakeAppApi, overFetch, verifiedAppToken } from './fake-app-api.ts'
import { orderOf } from './order.ts'

const NOW_MS = Date.parse('2026-11-21T09:00:00Z')
const LOOK_UP = 'GET /api/v3/repos/acme/api/installation'
const TOKEN = 'POST /api/v3/app/installations/7/access_tokens'
const INSTALLATION = 'GET /api/v3/app/installations/7'
const REVOKE = 'DELETE /api/v3/installation/token'
const SECRET = 'ghs_99_canary.part.two'

let api: FakeAppApi
let nowMs = NOW_MS
let monotonicMs = 0
const signal = new AbortController().signal

const GRANTED = {
  token: SECRET,
  expires_at: '2026-11-21T10:00:00Z',
  permissions: { pull_requests: 'read', metadata: 'read' },
  repository_selection: 'selected',
  repositories: [{ full_name: 'Acme/API' }],
}

beforeEach(async () => {
  api = await FakeAppApi.start()
  nowMs = NOW_MS
  monotonicMs = 0
  api.answer(LOOK_UP, { status: 200, body: { id: 7 } })
  api.answer(TOKEN, { status: 201, body: GRANTED })
  api.answer(REVOKE, { status: 204 })
})

afterEach(() => api.stop())

function issuer(app: Partial<GithubOptions['app']> = {}): Issuer {
  return githubIntegration({
    name: 'github',
    api: { scheme: 'http', host: '127.0.0.1', port: api.port, basePath: '/api/v3' },
    uploads: undefined,
    app: { id: '99', privateKey: new Secret(APP_KEY.pkcs1), installationId: undefined, ...app },
    http: overFetch,
    clock: { nowMs: () => nowMs, monotonicMs: () => monotonicMs },
  }).issuer
}

async function issued(order: Partial<CredentialOrder> = {}, from = issuer()): Promise<Issuance> {
  const answer = await from.issue(orderOf(order), signal)
  if (isDenial(answer)) throw new Error(`${answer.denial}: ${answer.detail}`)
  return answer
}

async function denied(order: Partial<CredentialOrder> = {}, from = issuer()): Promise<Denial> {
  const answer = await from.issue(orderOf(order), signal)
  if (!isDenial(answer)) throw new Error('it was issued')
  return answer
}

describe('an installation token', () => {
  it('is asked for the one repository and just the decided permissions', async () => {
    const issuance = await issued()
    expect(api.calls.map((call) => [call.line, call.body])).toEqual([
      [LOOK_UP, undefined],
      [TOKEN, { repositories: ['api'], permissions: { pull_requests: 'read' } }],
    ])
    expect(issuance.secret.reveal()).toBe(SECRET)
    expect({ ...issuance, secret: '' }).toEqual({
      secret: '',
      placement: { in: 'header', name: 'Authorization', value: 'Bearer {credential}' },
      lifetime: 'short',
      expiresAtMs: NOW_MS + 600_000,
      upstreamExpiresAtMs: Date.parse('2026-11-21T10:00:00Z'),
      narrowedBy: 'upstream',
    })
    expect(JSON.stringify(issuance)).not.toContain('canary')
  })

  it.each([['PKCS#1', APP_KEY.pkcs1], ['PKCS#8', APP_KEY.pkcs8]])('is asked for by a JWT of the app, with a key in %s', async (_, key) => {
    await issued({}, issuer({ privateKey: new Secret(key) }))
    for (const call of api.calls) {
      const claims = await verifiedAppToken(call.authorization, NOW_MS)
      expect(claims).toEqual({ iss: '99', iat: NOW_MS / 1000 - 60, exp: NOW_MS / 1000 + 540 })
      expect(call.userAgent).toBe('postern')
    }
  })

  it('lives as long as the rule says, and never to the last minute of GitHub’s hour', async () => {
    expect((await issued({ expiresInMs: 60_000 })).expiresAtMs).toBe(NOW_MS + 60_000)
    expect((await issued({ expiresInMs: 7_200_000 })).expiresAtMs).toBe(NOW_MS + 3_540_000)
  })

  it('comes from the configured installation without any look-up', async () => {
    await issued({}, issuer({ installationId: 7 }))
    expect(api.lines()).toEqual([TOKEN])
  })

  it('comes from the remembered installation for ten minutes, whatever the repository', async () => {
    const one = issuer()
    await issued({}, one)
    monotonicMs += 599_999
    await issued({}, one)
    expect(api.lines()).toEqual([LOOK_UP, TOKEN, TOKEN])
    monotonicMs += 1
    await issued({}, one)
    expect(api.lines().slice(3)).toEqual([LOOK_UP, TOKEN])
  })

  it('is asked for once more where the app was installed anew', async () => {
    const one = issuer()
    await issued({}, one)
    api.answer(TOKEN, { status: 404 })
    api.answer(LOOK_UP, { status: 200, body: { id: 8 } })
    api.answer(TOKEN.replace('7', '8'), { status: 201, body: GRANTED })
    await issued({}, one)
    expect(api.lines().slice(2)).toEqual([TOKEN, LOOK_UP, TOKEN.replace('7', '8')])
  })

  it('of an organisation names no repository and asks for organisation permissions alone', async () => {
    api.answer('GET /api/v3/orgs/acme/installation', { status: 200, body: { id: 7 } })
    const { repositories: _, ...all } = GRANTED
    api.answer(TOKEN, { status: 201, body: { ...all, permissions: { members: 'read', metadata: 'read' }, repository_selection: 'all' } })
    await issued({ scopes: ['members:read'], targets: { kind: 'named', names: ['acme'] } })
    expect(api.calls[1]?.body).toEqual({ permissions: { members: 'read' } })
  })

  it('is asked for by GitHub’s clock where ours is off, once', async () => {
    const theirsMs = NOW_MS + 7_200_000
    const refused = { status: 401, headers: { date: new Date(theirsMs).toUTCString() } }
    api.answer(LOOK_UP, refused, { status: 200, body: { id: 7 } })
    api.answer(TOKEN, { status: 201, body: { ...GRANTED, expires_at: '2026-11-21T12:00:00Z' } })
    const issuance = await issued()
    expect(api.lines()).toEqual([LOOK_UP, LOOK_UP, TOKEN])
    expect((await verifiedAppToken(api.calls[2]?.authorization ?? '', theirsMs)).iat).toBe(theirsMs / 1000 - 60)
    expect(issuance.upstreamExpiresAtMs).toBe(NOW_MS + 3_600_000)
  })
})

describe('a token that is not what was asked', () => {
  it.each<[string, object, string]>([
    ['has a permission more', { permissions: { pull_requests: 'read', contents: 'read' } }, 'can more'],
    ['has a higher access', { permissions: { pull_requests: 'write' } }, 'can more'],
    ['has an access that nobody knows', { permissions: { pull_requests: 'owner' } }, 'can more'],
    ['reaches all repositories', { repository_selection: 'all' }, 'can more'],
    ['does not say which repositories', { repositories: undefined }, 'can more'],
    ['reaches one repository more', { repositories: [{ full_name: 'acme/api' }, { full_name: 'acme/prod' }] }, 'can more'],
    ['does not say when it expires', { expires_at: undefined }, 'expires at once'],
    ['expires within the minute', { expires_at: '2026-11-21T09:00:59Z' }, 'expires at once'],
  ])('since it %s is ended and a fault', async (_, changes, message) => {
    api.answer(TOKEN, { status: 201, body: { ...GRANTED, ...changes } })
    await expect(issued()).rejects.toThrow(message)
    expect(api.calls.at(-1)).toMatchObject({ line: REVOKE, authorization: `Bearer ${SECRET}` })
  })

  it.each<[string, object, string]>([
    ['belongs to another owner’s repository', { repositories: [{ full_name: 'other/api' }] }, 'connection_required'],
    ['lacks the permission', { permissions: { metadata: 'read' } }, 'credential_refused'],
    ['lacks the repository', { repositories: [] }, 'credential_refused'],
  ])('since it %s is ended and refused', async (_, changes, code) => {
    api.answer(TOKEN, { status: 201, body: { ...GRANTED, ...changes } })
    expect((await denied({}, issuer({ installationId: 7 }))).denial).toBe(code)
    expect(api.lines()).toEqual([TOKEN, REVOKE])
  })

  it('is not handed out where ending it fails either', async () => {
    api.answer(TOKEN, { status: 201, body: { ...GRANTED, repository_selection: 'all' } })
    api.answer(REVOKE, { status: 500 })
    await expect(issued()).rejects.toThrow('can more')
  })
})

describe('where GitHub gives no token', () => {
  it('says that the app is not installed', async () => {
    api.answer(LOOK_UP, { status: 404 })
    expect(await denied()).toMatchObject({ denial: 'connection_required', hint: expect.stringContaining('not installed') })
    expect(api.lines()).toEqual([LOOK_UP])
  })

  it('says that the repository has another name now, and does not follow', async () => {
    api.answer(LOOK_UP, { status: 301, headers: { location: '/api/v3/repositories/1/installation' } })
    expect(await denied()).toMatchObject({ denial: 'credential_refused', hint: expect.stringContaining('renamed') })
    expect(api.lines()).toEqual([LOOK_UP])
  })

  it('says which permission the installation lacks', async () => {
    api.answer(TOKEN, { status: 422 })
    api.answer(INSTALLATION, { status: 200, body: { permissions: { pull_requests: 'read', contents: 'read' } } })
    const denial = await denied({ scopes: ['pull_requests:read', 'contents:write'] })
    expect(denial).toMatchObject({ denial: 'credential_refused', missingScopes: ['contents:write'], hint: expect.stringContaining('lacks contents:write') })
  })

  it('says that the repository is not among those of the installation', async () => {
    api.answer(TOKEN, { status: 422 })
    api.answer(INSTALLATION, { status: 200, body: { permissions: { pull_requests: 'write' } } })
    expect((await denied()).hint).toContain('not given access to this repository')
  })

  it('says what is needed where the installation cannot be asked', async () => {
    api.answer(TOKEN, { status: 422 })
    api.answer(INSTALLATION, { status: 500, cut: true })
    expect(await denied()).toMatchObject({ denial: 'credential_refused', hint: expect.stringContaining('pull_requests:read') })
  })

  it('says that the installation is suspended', async () => {
    api.answer(TOKEN, { status: 403 })
    expect((await denied()).denial).toBe('connection_reauth_required')
  })

  it('says that the installation is gone, and looks it up again for the next order', async () => {
    api.answer(TOKEN, { status: 404 }, { status: 201, body: GRANTED })
    const one = issuer()
    expect((await denied({}, one)).denial).toBe('connection_required')
    await issued({}, one)
    expect(api.lines()).toEqual([LOOK_UP, TOKEN, LOOK_UP, TOKEN])
  })

  it.each<[string, string, Parameters<FakeAppApi['answer']>[1]]>([
    ['the app is not accepted', TOKEN, { status: 401 }],
    ['the app makes too many calls', TOKEN, { status: 403, headers: { 'retry-after': '60' } }],
    ['the app has no calls left', TOKEN, { status: 403, headers: { 'x-ratelimit-remaining': '0' } }],
    ['GitHub is ill', TOKEN, { status: 502 }],
    ['GitHub is ill at the look-up', LOOK_UP, { status: 503 }],
    ['the look-up names no installation', LOOK_UP, { status: 200, body: { id: 'x/../7' } }],
    ['the answer is no JSON object', TOKEN, { status: 201, body: ['x'] }],
    ['the answer holds no token', TOKEN, { status: 201, body: {} }],
    ['the connection breaks', TOKEN, { status: 201, cut: true }],
  ])('is a fault where %s', async (_, line, reply) => {
    api.answer(line, reply)
    await expect(issued()).rejects.toMatchObject({ constructor: Fault, code: 'credential_unavailable' })
  })

  it('tells the secrets to no message', async () => {
    api.answer(TOKEN, { status: 201, body: { ...GRANTED, repository_selection: 'all' } })
    const thrown: unknown = await issued().catch((error: unknown) => error)
    expect(String((thrown as Error).stack)).not.toContain('canary')
  })

  it('asks GitHub nothing for an order that can have no token', async () => {
    expect((await denied({ authority: 'person' })).denial).toBe('authority_insufficient')
    expect((await denied({ operation: 'GET /rate_limit', scopes: [], targets: { kind: 'none' } })).denial).toBe('credential_refused')
    expect(api.calls).toEqual([])
  })
})

describe('ending a token', () => {
  it.each([204, 401])('is done where GitHub answers %i', async (status) => {
    api.answer(REVOKE, { status })
    await issuer().revoke?.(new Secret(SECRET), signal)
    expect(api.calls).toMatchObject([{ line: REVOKE, authorization: `Bearer ${SECRET}` }])
  })

  it.each([403, 404, 500])('failed where GitHub answers %i', async (status) => {
    api.answer(REVOKE, { status })
    await expect(issuer().revoke?.(new Secret(SECRET), signal)).rejects.toThrow(String(status))
  })
})

describe('the key under which credentials are shared', () => {
  const key = (changes: Partial<CredentialOrder> = {}): string => issuer({ installationId: 7 }).cacheKey(orderOf(changes))
  const delegated = (id: string): Partial<CredentialOrder> => ({
    principal: {
      ...orderOf().principal,
      delegation: { id: id as DelegationId, person: 'user:a' as PersonId, personName: undefined, session: undefined, consent: [], expiresAtMs: 1 },
    },
  })

  it('is the same for another operation that needs the same', () => {
    expect(key({ operation: 'GET /repos/{owner}/{repo}/pulls' })).toBe(key())
    expect(key({ scopes: ['pull_requests:read', 'contents:read'] })).toBe(key({ scopes: ['contents:read', 'pull_requests:read'] }))
  })

  it.each<[string, Partial<CredentialOrder>]>([
    ['another repository', { targets: { kind: 'named', names: ['acme/other'] } }],
    ['another owner', { targets: { kind: 'named', names: ['other/api'] } }],
    ['another access', { scopes: ['pull_requests:write'] }],
    ['another life', { expiresInMs: 60_000 }],
    ['a delegation', delegated('dlg_a')],
    ['an operation that can have no token', { operation: 'GET /user/emails' }],
    ['a person’s authority', { authority: 'person' }],
  ])('differs for %s', (_, changes) => {
    expect(key(changes)).not.toBe(key())
  })

  it('differs between delegations', () => {
    expect(key(delegated('dlg_a'))).not.toBe(key(delegated('dlg_b')))
  })
})

describe('the app’s key', () => {
  it.each(['nonsense', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'])('is refused at once where it is no RSA key', (text) => {
    expect(() => issuer({ privateKey: new Secret(text) })).toThrow(new TypeError('the private key of the GitHub App is no RSA key in PEM form'))
  })
})
