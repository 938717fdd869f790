import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createPostern, type ClientAuth, type Postern, type PosternOptions } from '../../src/sdk/index.ts'
import { GOOD, startFakeAuthority, type FakeAnswer, type FakeAuthority } from './support/fake-authority.ts'

const open: FakeAuthority[] = []
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())))

async function against(
  answer: FakeAnswer | ((form: URLSearchParams, at: number) => FakeAnswer | Promise<FakeAnswer>), options: Partial<PosternOptions> = {}, metadata?: (url: string) => object | FakeAnswer,
): Promise<{ readonly authority: FakeAuthority; readonly postern: Postern }> {
  const authority = await startFakeAuthority(typeof answer === 'function' ? answer : () => answer, metadata)
  open.push(authority)
  return { authority, postern: createPostern({ authorityUrl: authority.url, clientId: 'pr-reviewer', ...options }) }
}
const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => { throw new Error('nothing was refused') }, (error: unknown) => error)

describe('a request to the authority', () => {
  it('asks in one form for what was wished in any order, and leaves out what was not wished', async () => {
    const { authority, postern } = await against({ body: GOOD })
    await postern.require('github', 'token', { scope: 'pulls:write  pulls:read', target: ['b/*', 'a/*', 'b/*'], delivery: 'proxied' })
    await postern.require('github', 'ses_1.secret')
    const [full, least] = authority.forms.map((form) => [...form])
    expect(full).toEqual([
      ['client_id', 'pr-reviewer'], ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'], ['subject_token', 'token'],
      ['subject_token_type', 'urn:ietf:params:oauth:token-type:access_token'], ['resource', 'github'], ['scope', 'pulls:read pulls:write'],
      ['target', 'a/*'], ['target', 'b/*'], ['delivery', 'proxied'],
    ])
    expect(least?.map(([name]) => name)).toEqual(['client_id', 'grant_type', 'subject_token', 'subject_token_type', 'resource', 'delivery'])
    expect(authority.forms[1]?.get('subject_token_type')).toBe('urn:postern:params:oauth:token-type:session')
    // and reads what the authority says of itself once
    expect(authority.paths.filter((path) => path.startsWith('/.well-known/'))).toHaveLength(1)
  })

  it.each([
    ['a lost connection', 'drop' as const],
    ['a "not now" that says when', { status: 503, body: { error: 'temporarily_unavailable' }, headers: { 'retry-after': '0' } }],
  ])('is sent again after %s, and no more than three times', async (_what, trouble) => {
    const once = await against((_, at) => (at === 1 ? trouble : { body: GOOD }))
    expect((await once.postern.require('github', 'token')).accessToken).toBe('stand-in')
    expect(once.authority.forms).toHaveLength(2)
    const always = await against(trouble)
    expect(await failure(always.postern.require('github', 'token'))).toMatchObject({ name: 'UnavailableError' })
    expect(always.authority.forms).toHaveLength(3)
  })

  it.each([
    ['a no', { status: 403, body: { error: 'policy_denied', code: 'policy_denied' } }, { code: 'policy_denied' }],
    ['a "not now" that does not say when', { status: 503, body: { error: 'temporarily_unavailable' } }, { code: 'temporarily_unavailable' }],
    ['a "not now" for longer than the caller waits', { status: 503, body: {}, headers: { 'retry-after': '60' } }, { name: 'UnavailableError', retryAfterMs: 60_000 }],
    ['something broken', { status: 500, body: 'oops' }, { name: 'UnavailableError', status: 500 }],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, { name: 'UnavailableError', code: 'network_error' }],
    ['an answer longer than any', { body: JSON.stringify({ pad: 'x'.repeat(300_000) }) }, { name: 'UnavailableError', code: 'answer_malformed' }],
  ])('is not sent again after %s', async (what, answer, expected) => {
    const { authority, postern } = await against(answer)
    expect(await failure(postern.require('github', 'secret-token'))).toMatchObject(expected)
    // That a redirect was refused cannot be told from a lost connection.
    if (what !== 'a redirect') expect(authority.forms).toHaveLength(1)
  })

  it('ends when it takes too long, or when nobody waits any more', async () => {
    const slow = await against('hang', { timeoutMs: 80 })
    expect(await failure(slow.postern.require('github', 'token'))).toMatchObject({ name: 'UnavailableError', code: 'timeout' })
    const leaving = new AbortController()
    const left = Promise.withResolvers<boolean>()
    const { postern } = await against('hang', { fetch: (input, init) => {
      if (init?.method === 'POST') {
        init.signal?.addEventListener('abort', () => left.resolve(true))
        setImmediate(() => leaving.abort())
      }
      return fetch(input, init)
    } })
    const error = await failure(postern.require('github', 'token', { signal: leaving.signal }))
    expect([error, await left.promise]).toEqual([leaving.signal.reason, true])
  })

  it('shows no token in what goes wrong', async () => {
    const { postern } = await against('drop')
    const error = await failure(postern.require('github', 'a-very-secret-token'))
    expect(inspect(error, { depth: 9 })).not.toContain('a-very-secret-token')
  })

  it.each([
    ['no token', { access_token: undefined }, 'a token'],
    ['no type', { token_type: 7 }, 'its type'],
    ['an upstream’s secret in place of a stand-in', { delivery: 'released' }, 'the delivery'],
    ['no end', { expires_in: undefined }, 'when it ends'],
    ['no integration', { authorization_details: [] }, 'its integration'],
    ['no address', { base_url: 'nonsense' }, 'an address'],
  ])('takes no answer with %s', async (_what, change, why) => {
    const { postern } = await against({ body: { ...GOOD, ...change } })
    expect(await failure(postern.require('github', 'token'))).toMatchObject({ name: 'UnavailableError', code: 'answer_malformed', message: expect.stringContaining(why) })
  })

  it('wants an address of the proxy from somebody', async () => {
    const { base_url: _, ...without } = GOOD
    const { postern } = await against({ body: without })
    expect(await failure(postern.require('github', 'token'))).toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining('proxyUrl') })
    const { postern: told } = await against({ body: without }, { proxyUrl: 'https://proxy.acme.com:8443/' })
    expect((await told.require('github', 'token')).baseUrl).toBe('https://proxy.acme.com:8443/github')
  })

  it('knows of no end where a released credential has none', async () => {
    const { postern } = await against({ body: { ...GOOD, delivery: 'released', expires_in: undefined, base_url: 'https://api.github.com' } }, { proxyUrl: 'https://proxy.acme.com' })
    expect(await postern.require('github', 'token', { delivery: 'released' })).toMatchObject({ expiresIn: undefined, expiresAt: undefined, baseUrl: 'https://api.github.com' })
  })
})

describe('the authority’s metadata', () => {
  it.each([
    ['another issuer', () => ({ issuer: 'https://evil.example' }), { name: 'ConfigurationError', message: expect.stringContaining('another issuer') }],
    ['an endpoint elsewhere', () => ({ token_endpoint: 'https://evil.example/token' }), { name: 'ConfigurationError', message: expect.stringContaining('another origin') }],
    ['no token endpoint', () => ({ token_endpoint: undefined }), { name: 'UnavailableError', code: 'answer_malformed' }],
    ['nothing', () => ({ status: 404 }), { name: 'ConfigurationError', message: expect.stringContaining('404') }],
    ['that it is starting', () => ({ status: 503 }), { name: 'UnavailableError', code: 'temporarily_unavailable' }],
  ])('is not taken that names %s: nothing is sent there', async (_what, metadata, expected) => {
    const { authority, postern } = await against({ body: GOOD }, {}, metadata)
    expect(await failure(postern.require('github', 'token'))).toMatchObject(expected)
    expect(authority.forms).toEqual([])
  })

  it('is read anew after it could not be had', async () => {
    let asked = 0
    const { postern } = await against({ body: GOOD }, {}, () => ((asked += 1) === 1 ? { status: 502 } : {}))
    expect(await failure(postern.require('github', 'token'))).toMatchObject({ name: 'UnavailableError' })
    expect((await postern.require('github', 'token')).integration).toBe('github')
  })
})

describe('a client that proves itself', () => {
  it.each([
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['Ed25519', () => generateKeyPairSync('ed25519').privateKey],
  ])('signs an assertion by %s, for this authority alone, anew for each attempt', async (alg, make) => {
    const key = make()
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
    const { authority, postern } = await against((_, at) => (at === 1 ? 'drop' : { body: GOOD }), { clientAuth: { method: 'private_key_jwt', key: pem } })
    await postern.require('github', 'token')
    const [first, second] = authority.forms.map((form) => assertionIn(form, key))
    expect(first?.header).toEqual({ alg, typ: 'JWT' })
    expect(first?.claims).toEqual({ iss: 'pr-reviewer', sub: 'pr-reviewer', aud: authority.url, jti: expect.any(String), iat: expect.any(Number), exp: Number(first?.claims['iat']) + 60 })
    expect([first?.good, second?.good, first?.claims['jti'] === second?.claims['jti']]).toEqual([true, true, false])
    expect(authority.forms[0]?.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  })

  it.each<[string, Partial<PosternOptions>, string]>([
    ['a key that is none', { clientAuth: { method: 'private_key_jwt', key: 'sk-very-secret' } }, 'no private key'],
    ['a public key', { clientAuth: { method: 'private_key_jwt', key: createPublicKey(generateKeyPairSync('ed25519').privateKey) } }, 'private key'],
    ['a curve that is not taken', { clientAuth: { method: 'private_key_jwt', key: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey } }, 'P-256'],
    ['no name', { clientId: '' }, 'clientId'],
    ['an authority by plain http', { authorityUrl: 'http://postern.acme.com' }, 'https'],
    ['an address that is none', { authorityUrl: 'postern.acme.com' }, 'http or https'],
    ['a credential in the address', { authorityUrl: 'https://a:b@postern.acme.com' }, 'no credential'],
    ['a proxy by plain http', { proxyUrl: 'http://proxy.acme.com' }, 'proxyUrl'],
    ['no time', { timeoutMs: 0 }, 'timeoutMs'],
  ])('is not made with %s', (_what, options, why) => {
    const make = (): Postern => createPostern({ authorityUrl: 'https://postern.acme.com', clientId: 'pr-reviewer', ...options })
    expect(make).toThrow(expect.objectContaining({ name: 'ConfigurationError', message: expect.stringContaining(why) }) as Error)
    expect(make).not.toThrow(/sk-very-secret/)
  })

  it('may use plain http where that is said in so many words', () => {
    expect(createPostern({ authorityUrl: 'http://postern.test', clientId: 'x', unsafe_plainHttp: true, clientAuth: { method: 'none' } satisfies ClientAuth })).toHaveProperty('require')
  })
})

function assertionIn(form: URLSearchParams, key: KeyObject): { readonly header: unknown; readonly claims: Readonly<Record<string, unknown>>; readonly good: boolean } {
  const [header = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.')
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  const [data, bytes, publicKey] = [Buffer.from(`${header}.${claims}`), Buffer.from(signature, 'base64url'), createPublicKey(key)]
  const options = key.asymmetricKeyType === 'ec' ? { key: publicKey, dsaEncoding: 'ieee-p1363' as const } : key.asymmetricKeyType === 'rsa' ? { key: publicKey, padding: 6, saltLength: 32 } : publicKey
  return { header: read(header), claims: read(claims) as Record<string, unknown>, good: verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, options, bytes) }
}
