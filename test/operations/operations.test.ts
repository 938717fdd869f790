import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { startOperations, type OperationsOptions, type OperationsServer } from '../../src/proxy/operations/operations-server.ts'
import { Readiness } from '../../src/proxy/operations/readiness.ts'

const TOKEN = 'a-token-of-the-test'
const readiness = new Readiness()
let auditReason: string | undefined
readiness.add('audit', () => auditReason)
let server: OperationsServer | undefined

afterEach(async () => {
  auditReason = undefined
  await server?.close()
  server = undefined
})

async function start(extra: Partial<OperationsOptions> = {}): Promise<number> {
  server = await startOperations({
    address: { host: '127.0.0.1', port: 0 },
    token: new Secret(TOKEN),
    unsafeUnauthenticated: false,
    readiness,
    metrics: { contentType: 'text/plain; version=0.0.4', scrape: () => Promise.resolve('postern_up 1\n') },
    ...extra,
  })
  const { address } = server
  if (address === null || typeof address === 'string') return 0
  return address.port
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Headers
}

async function ask(port: number, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
  return { status: response.status, body: await response.text(), headers: response.headers }
}

const withToken = { headers: { authorization: `Bearer ${TOKEN}` } }

describe('the operations port', () => {
  it('answers health and readiness openly, and tells no more than yes or no', async () => {
    const port = await start()
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
    expect(await ask(port, '/readyz?x=1')).toMatchObject({ status: 200, body: 'ready\n' })
    auditReason = 'the disk is full'
    expect(await ask(port, '/readyz')).toMatchObject({ status: 503, body: 'not ready\n' })
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 })
  })

  it('tells the reasons to one who has the token', async () => {
    const port = await start()
    auditReason = 'the disk is full'
    const { status, body } = await ask(port, '/readyz', withToken)
    expect(status).toBe(503)
    expect(JSON.parse(body)).toEqual({ ready: false, failing: [{ check: 'audit', reason: 'the disk is full' }] })
  })

  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer another-token-of-x' }],
    ['the token and more', { authorization: `Bearer ${TOKEN}x` }],
    ['a part of the token', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['the token by another scheme', { authorization: `Basic ${TOKEN}` }],
    ['an empty token', { authorization: 'Bearer ' }],
  ])('gives no metrics for %s', async (_name, headers: Record<string, string>) => {
    const port = await start()
    const answer = await ask(port, '/metrics', { headers })
    expect(answer).toMatchObject({ status: 401, body: 'unauthorized\n' })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="postern operations"')
  })

  it('gives metrics for the token, or to everybody where that was declared unsafe', async () => {
    const port = await start()
    const answer = await ask(port, '/metrics', withToken)
    expect(answer).toMatchObject({ status: 200, body: 'postern_up 1\n' })
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4')
    await server?.close()
    const open = await start({ token: undefined, unsafeUnauthenticated: true })
    expect(await ask(open, '/metrics')).toMatchObject({ status: 200 })
  })

  it('does not open without a token by mistake', async () => {
    await expect(start({ token: undefined })).rejects.toThrow(TypeError)
  })

  it('knows no other path and no other method, and reads no body', async () => {
    const port = await start()
    expect(await ask(port, '/')).toMatchObject({ status: 404 })
    expect(await ask(port, '/metrics/../healthz/')).toMatchObject({ status: 404 })
    const posted = await ask(port, '/healthz', { method: 'POST', body: 'x' })
    expect(posted).toMatchObject({ status: 405 })
    expect(posted.headers.get('connection')).toBe('close')
    expect(await ask(port, '/healthz', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
  })

  it('stays up where the metrics break, and tells nothing of why', async () => {
    const port = await start({ metrics: { contentType: 'text/plain', scrape: () => Promise.reject(new Error('inner detail')) } })
    expect(await ask(port, '/metrics', withToken)).toMatchObject({ status: 500, body: 'internal error\n' })
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 })
  })

  it('makes the metrics once for all who ask at the same time', async () => {
    let scrapes = 0
    let finish = (_text: string): void => undefined
    const scraped = new Promise<string>((resolve) => {
      finish = resolve
    })
    const asked = Promise.withResolvers<void>()
    const scrape = (): Promise<string> => {
      scrapes++
      asked.resolve()
      return scraped
    }
    const port = await start({ metrics: { contentType: 'text/plain', scrape } })
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    let text = ''
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    // Pipelined in one segment, both requests have begun once the first one asks.
    const asking = (connection: string) => `GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: ${connection}\r\n\r\n`
    socket.write(asking('keep-alive') + asking('close'))
    await asked.promise
    finish('x 1\n')
    await once(socket, 'close')
    expect(text.match(/\r\n\r\nx 1\n/g)).toHaveLength(2)
    expect(scrapes).toBe(1)
  })

  it('cuts off clients that send nothing, or never finish', async () => {
    const port = await start({ timeoutMs: 50 })
    const ends = ['', 'GET /healthz HTTP/1.1\r\nHost: x\r\n'].map(
      (sent) =>
        new Promise<void>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => socket.write(sent))
          socket.on('error', () => undefined).on('close', () => resolve())
          socket.resume()
        }),
    )
    await Promise.all(ends)
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 })
  })

  it('refuses headers beyond its bound', async () => {
    const port = await start()
    expect((await ask(port, '/healthz', { headers: { 'x-large': 'x'.repeat(10_000) } })).status).toBe(431)
  })

  it('serves a Unix socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'postern-ops-'))
    try {
      const socketPath = join(directory, 'ops.sock')
      await start({ address: { path: socketPath } })
      const status = await new Promise((resolve, reject) => {
        request({ socketPath, path: '/healthz' }, (response) => resolve(response.resume().statusCode)).on('error', reject).end()
      })
      expect(status).toBe(200)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('says that its port is taken', async () => {
    const port = await start()
    const first = server
    await expect(start({ address: { host: '127.0.0.1', port } })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    server = first
  })

  it('ends at once, open connections included', async () => {
    const port = await start()
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const closed = once(socket.on('error', () => undefined).resume(), 'close')
    // Accepted for certain once a later connection was answered.
    await ask(port, '/healthz')
    await server?.close()
    await closed
    expect(socket.destroyed).toBe(true)
  })
})

describe('readiness', () => {
  it('fails while any check does, while one breaks, and for good once draining', () => {
    const state = new Readiness()
    let reason: string | undefined
    state.add('policy', () => reason)
    expect(state.failing()).toEqual([])
    reason = 'none is loaded'
    expect(state.failing()).toEqual([{ check: 'policy', reason: 'none is loaded' }])
    reason = undefined
    state.add('broken', () => {
      throw new Error('inner detail')
    })
    expect(state.failing()).toEqual([{ check: 'broken', reason: 'the check itself failed' }])
    state.drain()
    expect(state.failing().map(({ check }) => check)).toEqual(['draining', 'broken'])
    expect(() => state.add('policy', () => undefined)).toThrow(TypeError)
  })
})
