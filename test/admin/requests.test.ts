import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { crossSite } from '../../src/authority/admin/access/cross-site.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { AdminWorld, ALICE, BELLA, BOB, OLIVIA } from './support/admin-world.ts'
import { CANARY, NOW_MS } from './support/things.ts'

let world: AdminWorld
beforeEach(async () => { world = await AdminWorld.start() })
afterEach(() => world.close())

const without = (headers: Record<string, string>, ...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

describe('a browser', () => {
  const revoke = (headers: Record<string, string>) => world.ask('POST', '/v1/delegations/dlg_alice/revoke', { headers })

  it('may change what is its person’s, by a page of ours', async () => {
    expect((await revoke(world.browser(ALICE))).status).toBe(200)
    const { json } = await world.ask('GET', '/v1/me', { headers: { cookie: '__Host-postern=alice' } })
    expect(json).toMatchObject({ id: ALICE.id, roles: ['person'], csrf: expect.any(String) })
  })

  it.each<[string, (headers: Record<string, string>) => Record<string, string>]>([
    ['another site’s Origin', (headers) => ({ ...headers, origin: 'https://evil.example' })],
    ['an opaque Origin', (headers) => ({ ...headers, origin: 'null' })],
    ['our Origin over http', (headers) => ({ ...headers, origin: 'http://postern.acme.com' })],
    ['Sec-Fetch-Site: cross-site', (headers) => ({ ...headers, 'sec-fetch-site': 'cross-site' })],
    ['Sec-Fetch-Site: same-site', (headers) => ({ ...headers, 'sec-fetch-site': 'same-site' })],
    ['Sec-Fetch-Site: none', (headers) => ({ ...headers, 'sec-fetch-site': 'none' })],
    ['no form token', (headers) => without(headers, 'postern-csrf')],
    ['another session’s form token', (headers) => ({ ...headers, 'postern-csrf': 'csrf-of-another' })],
    ['neither Origin nor Sec-Fetch-Site', (headers) => without(headers, 'origin', 'sec-fetch-site')],
  ])('changes nothing with %s', async (_, change) => {
    const answer = await revoke(change(world.browser(ALICE)))
    expect(answer).toMatchObject({ status: 403, json: { code: 'cross_site_refused' } })
    expect(world.revocations).toEqual([])
    expect(world.named('admin.denied')).toMatchObject([{ user: { id: ALICE.id }, code: 'cross_site_refused', reason: expect.any(String) }])
  })

  it('is not made to read by another site, since reading the audit is an event, too', async () => {
    const answer = await world.ask('GET', '/v1/audit/export', { headers: { cookie: '__Host-postern=alice', 'sec-fetch-site': 'cross-site' } })
    expect(answer.status).toBe(403)
    expect(world.named('admin.exported')).toEqual([])
  })

  it('is answered by its bearer token alone where it sends both', async () => {
    const cookie = { cookie: '__Host-postern=olivia' }
    expect((await world.ask('GET', '/v1/agents', { as: ALICE, headers: cookie })).status).toBe(403)
    expect((await world.ask('GET', '/v1/me', { headers: { ...cookie, authorization: 'Bearer nonsense' } })).status).toBe(401)
    expect((await world.ask('GET', '/v1/me', { headers: { ...cookie, authorization: 'Basic b2xpdmlhOg==' } })).status).toBe(401)
  })

  it('gets no leave to read from another origin', async () => {
    const answer = await world.ask('GET', '/v1/me', { as: ALICE, headers: { origin: 'https://evil.example' } })
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('cross-site', () => {
  it('is told by what the browser says, for every method that changes something', () => {
    const good = { origin: 'https://a', secFetchSite: 'same-origin', csrf: 'x' }
    for (const method of ['POST', 'PATCH', 'DELETE', 'PUT']) {
      expect(crossSite({ ...good, method }, 'https://a', 'x')).toBeUndefined()
      expect(crossSite({ ...good, method, csrf: undefined }, 'https://a', 'x')).toMatch(/Postern-Csrf/)
      expect(crossSite({ ...good, method, origin: 'https://b' }, 'https://a', 'x')).toMatch(/Origin/)
    }
    expect(crossSite({ method: 'GET', origin: undefined, secFetchSite: 'none', csrf: undefined }, 'https://a', 'x')).toBeUndefined()
  })
})

describe('a bearer token', () => {
  it('is challenged for, and told to be no good', async () => {
    expect((await world.ask('GET', '/v1/me')).headers.get('www-authenticate')).toBe('Bearer realm="postern"')
    expect((await world.ask('GET', '/v1/me', { headers: { authorization: 'Bearer nonsense' } })).headers.get('www-authenticate')).toBe('Bearer realm="postern", error="invalid_token"')
  })

  it.each(['Bearer', 'Bearer ', 'Bearer a b', `Bearer ${'a'.repeat(9000)}`, 'token-of-alice'])('%s is none', async (authorization) => {
    expect((await world.ask('GET', '/v1/me', { headers: { authorization } })).status).toBe(401)
  })

  it('is no good once its person is gone', async () => {
    world.signedOut.add(ALICE.id)
    expect((await world.ask('GET', '/v1/me', { as: ALICE })).status).toBe(401)
  })
})

describe('what is sent', () => {
  const refused: readonly [string, string, string, unknown, Readonly<Record<string, string>>, number, string][] = [
    ['an unknown field', 'POST', '/v1/agents', { id: 'agent:x', admin: true }, {}, 400, 'input_refused'],
    ['an unknown field of a revocation', 'POST', '/v1/delegations/dlg_alice/revoke', { raeson: 'x' }, {}, 400, 'input_refused'],
    ['an unknown parameter', 'GET', '/v1/delegations?persno=x', undefined, {}, 400, 'input_refused'],
    ['a parameter twice', 'GET', '/v1/delegations?limit=1&limit=2', undefined, {}, 400, 'input_refused'],
    ['a limit of 0', 'GET', '/v1/delegations?limit=0', undefined, {}, 400, 'input_refused'],
    ['a limit of 501', 'GET', '/v1/audit?limit=501', undefined, {}, 400, 'input_refused'],
    ['an over-long mark', 'GET', `/v1/audit?after=${'x'.repeat(600)}`, undefined, {}, 400, 'input_refused'],
    ['an id of another kind', 'GET', '/v1/delegations/ses_alice', undefined, {}, 400, 'input_refused'],
    ['an id with a path in it', 'GET', '/v1/delegations/dlg_%2e%2e%2fx', undefined, {}, 400, 'input_refused'],
    ['an agent’s id in capitals', 'POST', '/v1/agents/agent:X/revoke', undefined, {}, 400, 'input_refused'],
    ['an event that there is not', 'GET', '/v1/audit?event=apis', undefined, {}, 400, 'input_refused'],
    ['a time without a zone', 'GET', '/v1/audit?since=2026-11-21T09:00:00', undefined, {}, 400, 'input_refused'],
    ['a reason of several lines', 'POST', '/v1/agents/agent:pr-reviewer/revoke', { reason: 'a\nb' }, {}, 400, 'input_refused'],
    ['a reason that is too long', 'POST', '/v1/agents/agent:pr-reviewer/revoke', { reason: 'a'.repeat(513) }, {}, 400, 'input_refused'],
    ['no JSON', 'POST', '/v1/agents', '{', {}, 400, 'input_refused'],
    ['no object', 'POST', '/v1/agents', '[]', {}, 400, 'input_refused'],
    ['a form', 'POST', '/v1/agents', 'id=agent:x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'media_type_refused'],
    ['text that is JSON', 'POST', '/v1/delegations/dlg_alice/revoke', '{}', { 'content-type': 'text/plain' }, 415, 'media_type_refused'],
    ['a body over 64 KiB', 'POST', '/v1/agents', { id: 'agent:x', name: 'x'.repeat(70_000) }, {}, 413, 'body_too_large'],
    ['break-glass for longer than is lent', 'POST', '/v1/break-glass', { reason: 'x', expires_in: 4 * 3600 + 1 }, {}, 400, 'input_refused'],
    ['break-glass without a reason', 'POST', '/v1/break-glass', { expires_in: 600 }, {}, 400, 'input_refused'],
  ]
  it.each(refused)('is refused with %s', async (_, method, path, body, headers, status, code) => {
    const answer = await world.ask(method, path, { as: OLIVIA, body, headers })
    expect(answer).toMatchObject({ status, json: { code, status } })
    expect(world.revocations).toEqual([])
    expect(world.store.storedAgents.size).toBe(0)
  })

  it('is told field by field, without what stood there', async () => {
    const { json, text } = await world.ask('POST', '/v1/agents', { as: OLIVIA, body: { id: 'pr', name: `${CANARY}\n`, redirect_uris: ['http://evil.example/'], x: 1 } })
    expect((json['errors'] as readonly { field: string }[]).map(({ field }) => field).toSorted()).toEqual(['', 'id', 'name', 'redirect_uris.0'])
    expect(text).not.toContain(CANARY)
  })

  it('is bounded although it does not say how long it is', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${world.url}/v1/agents`, { method: 'POST', headers: { authorization: 'Bearer token-of-olivia', 'content-type': 'application/json' } }, (answer) => {
        resolve(answer.statusCode)
        answer.resume()
      })
      sent.once('error', reject)
      for (let at = 0; at < 10; at++) sent.write('x'.repeat(10_000))
      sent.end()
    })
    expect(status).toBe(413)
  })

  it('may be nothing where nothing has to be said', async () => {
    expect((await world.ask('POST', '/v1/delegations/dlg_alice/revoke', { as: ALICE })).status).toBe(200)
    expect((await world.ask('POST', '/v1/delegations/dlg_alice/revoke', { as: ALICE, body: {} })).status).toBe(200)
  })
})

describe('one person', () => {
  it('is made to wait, and nobody else with them', async () => {
    const answers = await Promise.all(Array.from({ length: 260 }, () => world.ask('GET', '/v1/me', { as: ALICE })))
    const waiting = answers.filter(({ status }) => status === 429)
    expect(waiting.length).toBeGreaterThan(10)
    expect(waiting[0]).toMatchObject({ json: { code: 'too_many_requests' } })
    expect(waiting[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect((await world.ask('GET', '/v1/me', { as: BOB })).status).toBe(200)
  })
})

describe('the record', () => {
  it('has every refusal, but not without bound: the rest as a number', async () => {
    await Promise.all(Array.from({ length: 200 }, () => world.ask('GET', '/v1/me')))
    await expect.poll(() => world.named('admin.denied').reduce((sum, { count = 1 }) => sum + count, 0), { timeout: 3000 }).toBe(200)
    expect(world.named('admin.denied').length).toBeLessThan(160)
  })

  it('has each use of a lent role, before anything is done', async () => {
    expect((await world.ask('POST', '/v1/agents/agent:pr-reviewer/revoke', { as: BELLA })).status).toBe(200)
    expect(world.named('admin.break_glass_used')).toEqual([{
      event: 'admin.break_glass_used', user: { id: BELLA.id, name: 'bella' }, outcome: 'ok',
      http: { method: 'POST', host: 'postern.acme.com', path: '/v1/agents/agent:pr-reviewer/revoke', status: undefined },
    }])
    world.auditWritable = false
    expect(await world.ask('POST', '/v1/agents/agent:pr-reviewer/revoke', { as: BELLA })).toMatchObject({ status: 503, json: { code: 'audit_unavailable' } })
    expect(world.revocations).toHaveLength(1)
  })
})

describe('what broke', () => {
  it('is answered with a code, and told to the log', async () => {
    world.store.broken = new StoreError('store_unreachable', `the file ${CANARY} is gone`)
    const answer = await world.ask('GET', '/v1/delegations', { as: ALICE })
    expect(answer).toMatchObject({ status: 503, json: { code: 'store_unavailable' } })
    world.store.broken = new TypeError(CANARY)
    const defect = await world.ask('GET', '/v1/delegations', { as: ALICE })
    expect(defect).toMatchObject({ status: 500, json: { code: 'internal_error' } })
    expect(answer.text + defect.text).not.toContain(CANARY)
    expect(world.broken).toHaveLength(2)
  })
})

describe('narrowing a delegation', () => {
  const patch = (body: object) => world.ask('PATCH', '/v1/delegations/dlg_alice', { as: ALICE, body })
  const access = (scopes: readonly string[], targets: readonly string[], integration = 'github') => [{ integration, scopes, targets }]

  it('leaves less, keeps the connection, and is on record', async () => {
    const until = new Date(NOW_MS + 1000).toISOString()
    const { json } = await patch({ version: 3, access: access(['pulls:read'], ['acme-corp/backend']), expires_at: until })
    expect(json).toMatchObject({ version: 4, expires_at: until, access: [{ scopes: ['pulls:read'], targets: ['acme-corp/backend'], connection: 'con_alice' }] })
    expect(world.named('delegation.narrowed')).toMatchObject([{ by: ALICE.id, delegation: 'dlg_alice', scopes: ['github:pulls:read'], target: 'acme-corp/backend' }])
  })

  it.each<[string, object, number]>([
    ['a further scope', { version: 3, access: access(['pulls:read', 'issues:write'], ['acme-corp/*']) }, 400],
    ['a wider scope', { version: 3, access: access(['pulls:admin'], ['acme-corp/*']) }, 400],
    ['another target', { version: 3, access: access(['pulls:read'], ['other/backend']) }, 400],
    ['a wider target', { version: 3, access: access(['pulls:read'], ['**']) }, 400],
    ['a pattern between', { version: 3, access: access(['pulls:read'], ['acme-corp/b*']) }, 400],
    ['a deeper target than its pattern reaches', { version: 3, access: access(['pulls:read'], ['acme-corp/a/b']) }, 400],
    ['another integration', { version: 3, access: access(['pulls:read'], ['acme-corp/*'], 'slack') }, 400],
    ['nothing left', { version: 3, access: [] }, 400],
    ['a later end', { version: 3, expires_at: '2027-11-21T09:00:00Z' }, 400],
    ['an end that is over', { version: 3, expires_at: '2026-11-21T08:00:00Z' }, 400],
    ['nothing', { version: 3 }, 400],
    ['another version', { version: 2, access: access(['pulls:read'], ['acme-corp/*']) }, 409],
    ['another version, of what is not within it any more', { version: 2, access: access(['issues:write'], ['other/backend']) }, 409],
  ])('is refused with %s', async (_, body, status) => {
    expect((await patch(body)).status).toBe(status)
    expect(world.store.delegationsById.get('dlg_alice')?.version).toBe(3)
    expect(world.named('delegation.narrowed')).toEqual([])
  })
})
