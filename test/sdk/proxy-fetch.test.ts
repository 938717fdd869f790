import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProxyDispatcher, createProxyFetch, fromResponse, type ClosableFetch } from '../../src/sdk/index.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

const PULL = 'https://api.github.com/repos/acme-corp/backend/pulls/42'

let world: PosternWorld
let ca: string
let token: string
let proxied: ClosableFetch
beforeAll(async () => {
  world = await startPosternWorld()
  ca = readFileSync(world.bundle, 'utf8')
  token = await world.token()
  proxied = createProxyFetch({ proxyUrl: `http://127.0.0.1:${world.port}`, token, ca })
})
afterAll(async () => {
  await proxied.close()
  await world.close()
})

const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => { throw new Error('nothing was refused') }, (error: unknown) => error)
const openFetch = (options: Partial<Parameters<typeof createProxyFetch>[0]>): ClosableFetch => createProxyFetch({ proxyUrl: `http://127.0.0.1:${world.port}`, ca, ...options })
/** The tunnels that the listener has seen so far, by the audit: each refused one is on record, and each call. */
const calls = async (): Promise<number> => (await world.records()).filter(({ event }) => event === 'api.call').length

describe('a fetch through the proxy', () => {
  it('calls the upstream by its own name, as the agent, with what the upstream itself takes', async () => {
    const before = await calls()
    const response = await proxied(PULL)
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ number: 42 })])
    expect(response).toBeInstanceOf(Response)
    expect(await calls()).toBe(before + 1)
  })

  it('takes requests, forms and streams as the global one does', async () => {
    const url = 'https://api.github.com/repos/acme-corp/backend/pulls/42/reviews'
    const review = JSON.stringify({ event: 'COMMENT', body: 'Looks right.' })
    const json = { 'content-type': 'application/json' }
    expect((await proxied(new Request(url, { method: 'POST', headers: json, body: review }))).status).toBe(200)
    expect((await proxied(url, Object.assign({ method: 'POST', headers: json, body: new Blob([review]).stream() }, { duplex: 'half' as const }))).status).toBe(200)
    const form = new FormData()
    form.set('channel', 'C0CODEREVIEW')
    form.set('text', 'Pull request 42 needs eyes.')
    expect(await (await proxied('https://slack.com/api/chat.postMessage', { method: 'POST', body: new URLSearchParams({ channel: 'C0CODEREVIEW', text: 'Hi.' }) })).json()).toMatchObject({ ok: true })
    expect((await proxied('https://slack.com/api/chat.postMessage', { method: 'POST', body: form })).status).toBe(200)
  })

  it('answers with the refusal of a call, which is read as ours', async () => {
    const refused = await proxied('https://api.github.com/repos/acme-corp/prod-payments/pulls/3/reviews', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"event":"APPROVE"}' })
    expect(await fromResponse(refused)).toMatchObject({ name: 'PolicyDeniedError', rule: 'org/production-is-read-only', status: 403 })
  })

  it.each([
    ['no token', async () => ({}), PULL, { name: 'TokenInvalidError', code: 'identity_required', status: 407 }],
    ['a token that is none', async () => ({ token: 'nonsense' }), PULL, { name: 'TokenInvalidError', code: 'token_invalid', status: 407 }],
    ['a token that has ended', async () => ({ token: await world.token({ lifetimeMs: -120_000 }) }), PULL, { name: 'TokenExpiredError', code: 'token_expired', status: 407 }],
    ['an unknown agent', async () => ({ token: await world.token({ agent: 'agent:stranger' }) }), PULL, { name: 'ConfigurationError', code: 'agent_unknown', status: 403, decision: expect.stringMatching(/^dec_/) }],
    ['a host that nobody serves', async () => ({ token }), 'https://example.com/', { name: 'PolicyDeniedError', code: 'host_not_served', status: 403 }],
    ['a proxy that is not there', async () => ({ proxyUrl: 'http://127.0.0.1:1' }), PULL, { name: 'UnavailableError', code: 'network_error' }],
    ['a token with a line break', async () => ({ token: () => 'a\r\nb' }), PULL, { name: 'ConfigurationError', code: 'misconfigured' }],
  ])('rejects with the error that a refused tunnel is: %s', async (_what, options, url, expected) => {
    const fetch = openFetch(await options())
    const error = await failure(fetch(url))
    expect(error).toMatchObject(expected)
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain(token)
    await fetch.close()
  })

  it('asks for the token before each request, and a tunnel serves the token alone that opened it', async () => {
    const reader = await world.token({ consent: [{ integration: 'github', scopes: ['pull_requests:read'], targets: ['acme-corp/*'] }] })
    const triage = await world.token({ agent: 'agent:release-notes', consent: [{ integration: 'slack', scopes: ['chat:write'], targets: ['*'] }] })
    const tokens = [reader, reader, triage, reader]
    const fetch = openFetch({ token: () => Promise.resolve(tokens.shift() ?? '') })
    const statuses: number[] = []
    for (let at = 0; at < 4; at += 1) {
      const response = await fetch(PULL)
      statuses.push(response.status)
      await response.text()
    }
    expect([statuses, tokens]).toEqual([[200, 200, 403, 200], []])
    await fetch.close()
  })

  it('lets a caller leave, and nobody after it was closed', async () => {
    const fetch = openFetch({ token })
    const leaving = new AbortController()
    const left = fetch(PULL, { signal: leaving.signal })
    leaving.abort()
    expect(await failure(left)).toMatchObject({ name: 'AbortError' })
    expect((await fetch(PULL)).status).toBe(200)
    await fetch.close()
    expect(await failure(fetch(PULL))).toMatchObject({ name: 'UnavailableError' })
  })

  it('does not trust the proxy’s certificates without its CA', async () => {
    const fetch = createProxyFetch({ proxyUrl: `http://127.0.0.1:${world.port}`, token })
    expect(await failure(fetch(PULL))).toMatchObject({ cause: { code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/) } })
    await fetch.close()
  })

  it('ends its wait for a proxy that says nothing, and takes no word of one that is none', async () => {
    const silent = await serving(() => undefined)
    const fetch = openFetch({ proxyUrl: silent.url, token, connectTimeoutMs: 100 })
    expect(await failure(fetch(PULL))).toMatchObject({ name: 'UnavailableError', code: 'network_error', message: expect.stringContaining('100 ms') })
    const other = await serving(() => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n')
    const elsewhere = openFetch({ proxyUrl: other.url, token })
    expect(await failure(elsewhere(PULL))).toMatchObject({ name: 'UnavailableError', code: 'answer_malformed', status: 403 })
    for (const one of [fetch, elsewhere, silent, other]) await one.close()
  })

  it.each([
    ['plain http to another machine', { proxyUrl: 'http://proxy.acme.com:8080' }, 'https'],
    ['a credential in its address', { proxyUrl: 'http://agent:secret@127.0.0.1:8080' }, 'no credential'],
    ['no address', { proxyUrl: '127.0.0.1' }, 'http or https'],
    ['a CA that is none', { proxyUrl: 'http://127.0.0.1:8080', ca: '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----' }, 'not PEM'],
  ])('is not made with %s', (_what, options, why) => {
    expect(() => createProxyFetch(options)).toThrow(expect.objectContaining({ name: 'ConfigurationError', message: expect.stringContaining(why) }) as Error)
  })
})

describe('a dispatcher for undici', () => {
  it('carries undici’s own calls', async () => {
    const dispatcher = await createProxyDispatcher({ proxyUrl: `http://127.0.0.1:${world.port}`, token: () => token, ca })
    const { statusCode, body } = await request(PULL, { dispatcher, headers: { 'user-agent': 'agent' } })
    expect([statusCode, await body.json()]).toEqual([200, expect.objectContaining({ number: 42 })])
    await dispatcher.close()
  })
})

/** A server that answers the first bytes of each connection, or says nothing. */
async function serving(answer: () => string | undefined): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => {
      const text = answer()
      if (text !== undefined) socket.end(text)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, close: () => new Promise((resolve) => { server.close(() => resolve()) }) }
}
