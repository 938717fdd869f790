import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect as connectSocket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Received } from '../../src/proxy/exchange.ts'
import { createBoundAgent } from '../../src/proxy/listener/bound-agent.ts'
import { parseListenAddress } from '../../src/lib/listen-address.ts'
import { ask, openConnect, readAnswers, sendRaw, startHarness, tlsThrough, told, wholeAnswers, type Harness, type HarnessOptions } from './harness.ts'

const REQUEST = 'GET /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'
const open: Harness[] = []
let directory: string
async function start(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness(options)
  open.push(harness)
  return harness
}
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'postern-life-')) })
afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('the address', () => {
  it('is read in three forms and no other', () => {
    expect(parseListenAddress('127.0.0.1:8080')).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 8080 })
    expect(parseListenAddress('[::1]:0')).toEqual({ kind: 'tcp', host: '::1', port: 0 })
    expect(parseListenAddress('unix:/run/p.sock')).toEqual({ kind: 'unix', path: '/run/p.sock' })
    for (const text of ['', '8080', ':8080', '127.0.0.1', '127.0.0.1:65536', '127.0.0.1:080', '::1:80', '[127.0.0.1]:80', 'unix:relative', 'unix:']) {
      expect([text, parseListenAddress(text)]).toEqual([text, undefined])
    }
  })

  it('that is taken is told in one sentence', async () => {
    const first = await start()
    await expect(start({ address: first.listener.address })).rejects.toThrow(`The listener cannot use ${first.listener.address}: another program is listening there.`)
  })

  it('that others can reach needs TLS or the unsafe word, and is never bound', async () => {
    await expect(start({ address: '0.0.0.0:0' })).rejects.toThrow('it needs listener.tls, or listener.unsafe_allow_plaintext')
    await expect(start({ address: '0.0.0.0:0', allowPlaintext: true, bound: { agent: 'agent:a', delegationToken: () => undefined } })).rejects.toThrow('only a loopback address or a Unix socket')
    const allowed = await start({ address: '0.0.0.0:0', allowPlaintext: true })
    expect(told(await sendRaw(allowed.listener.port, REQUEST)).status).toBe(200)
  })

  it('is known by its address where a name was configured, so that nothing can be dialled back into it', async () => {
    const { listener } = await start({ address: 'localhost:0' })
    expect(listener.address).toMatch(/^(?:127\.0\.0\.1|\[::1\]):[1-9][0-9]*$/)
  })

  it('may be a Unix socket: mode 0600, a dead one replaced, a living one or a file left alone', async () => {
    const path = join(directory, 'proxy.sock')
    const dead = createServer()
    await new Promise<void>((resolve) => dead.listen(path, resolve))
    // The name outlives its listener, as after a crash.
    renameSync(path, `${path}.kept`)
    await new Promise((resolve) => dead.close(resolve))
    renameSync(`${path}.kept`, path)
    const harness = await start({ address: `unix:${path}` })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(harness.listener.address).toBe(`unix:${path}`)
    const answer = await new Promise<string>((resolve) => {
      execFile('curl', ['-sS', '--unix-socket', path, 'http://localhost/github/a'], (_, stdout) => resolve(stdout))
    })
    expect(answer).toContain('"prefix":"github"')
    await expect(start({ address: `unix:${path}` })).rejects.toThrow('another program is listening there')
    const file = join(directory, 'file')
    writeFileSync(file, 'precious')
    await expect(start({ address: `unix:${file}` })).rejects.toThrow('something that is no socket')
    await harness.listener.close({ graceMs: 0 })
    expect(existsSync(path)).toBe(false)
  })
})

describe('time and number', () => {
  it('a header that does not end in time is told 408, once', async () => {
    const harness = await start({ limits: { headerTimeoutMs: 100 } })
    expect(told(await sendRaw(harness.listener.port, 'GET /github/a HTTP/1.1\r\nHost: loc'))).toEqual({ status: 408, code: 'request_timeout', close: true })
    expect(harness.refused.map(({ denial }) => denial.denial)).toEqual(['request_timeout'])
  })

  it('the same holds inside a tunnel', async () => {
    const harness = await start({ limits: { headerTimeoutMs: 100 } })
    const { socket } = await openConnect(harness.listener.port, 'api.example.com:80')
    expect(told(await ask(socket, 'GET / HTTP/1.1\r\nHost: api'))).toEqual({ status: 408, code: 'request_timeout', close: true })
  })

  it('a connection that says nothing ends without a word', async () => {
    const harness = await start({ limits: { headerTimeoutMs: 60 } })
    expect(await sendRaw(harness.listener.port, '')).toBe('')
    expect(harness.refused).toEqual([])
  })

  it('a body that does not end in time ends its exchange with 408', async () => {
    const harness = await start({ limits: { headerTimeoutMs: 100, requestTimeoutMs: 150 }, exchange: ({ client }) => client.body.resume() })
    const answer = await sendRaw(harness.listener.port, 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel')
    expect(told(answer).status).toBe(408)
    expect([harness.received.length, harness.refused.length]).toEqual([1, 0])
  })

  it('an exchange without a byte for the idle time is cut', async () => {
    let closed = false
    const harness = await start({ limits: { idleTimeoutMs: 50 }, exchange: ({ client }) => client.onClose(() => { closed = true }) })
    expect(await sendRaw(harness.listener.port, REQUEST)).toBe('')
    await vi.waitFor(() => expect(closed).toBe(true))
  })

  it('connections over the bound are closed unheard, and counted', async () => {
    const harness = await start({ limits: { maxConnections: 1 } })
    const first = connectSocket(harness.listener.port, '127.0.0.1')
    await new Promise((resolve) => first.once('connect', resolve))
    expect(await sendRaw(harness.listener.port, REQUEST)).toBe('')
    expect(harness.dropped).toBe(1)
    first.destroy()
  })

  it('more pipelined requests than the bound are not piled up', async () => {
    const harness = await start({ limits: { maxPipelined: 3 }, exchange: () => undefined })
    const socket = connectSocket(harness.listener.port, '127.0.0.1')
    socket.write(REQUEST.repeat(50))
    await vi.waitFor(() => expect(harness.refused.length).toBe(1))
    expect([harness.received.length, harness.refused[0]?.denial.denial]).toEqual([3, 'overloaded'])
    socket.destroy()
  })

  it('a CONNECT behind a request is refused after that one is answered, and opens nothing', async () => {
    const harness = await start({ exchange: ({ client }) => setTimeout(() => client.answer(200, [], Buffer.from('first')), 30) })
    const answers = await sendRaw(harness.listener.port, `${REQUEST}CONNECT api.example.com:80 HTTP/1.1\r\n\r\n${REQUEST}`, 99)
    expect(answers).toMatch(/^HTTP\/1\.1 200 [^]*first[^]*HTTP\/1\.1 400 /)
    expect([harness.received.length, harness.connects.length, harness.refused.map(({ denial }) => denial.denial)]).toEqual([1, 0, ['request_ambiguous']])
  })

  it('a CONNECT behind a refused request is not looked at', async () => {
    const harness = await start()
    const answers = await sendRaw(harness.listener.port, 'GET /github/../a HTTP/1.1\r\nHost: localhost\r\n\r\nCONNECT api.example.com:80 HTTP/1.1\r\n\r\n', 99)
    expect(told(answers)).toMatchObject({ status: 400, code: 'path_refused' })
    expect([harness.connects.length, harness.refused.length]).toEqual([0, 1])
  })

  it('an upgrade that is passed over ends its connection with its own answer, not with that of a request before it', async () => {
    const harness = await start()
    const answers = await sendRaw(harness.listener.port, `${REQUEST}${REQUEST}${REQUEST.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')}${REQUEST}`, 99)
    expect([wholeAnswers(answers), harness.received.length]).toEqual([3, 3])
    expect(answers.match(/^connection: \S+\r$/gim)).toEqual(['Connection: keep-alive\r', 'Connection: keep-alive\r', 'Connection: close\r'])
  })

  it('a refusal without a body to read leaves the connection as it was; with one that is not read it ends', async () => {
    const harness = await start({ exchange: ({ client }) => client.answer(401, ['x-refused', 'yes'], Buffer.from('no')) })
    const socket = connectSocket(harness.listener.port, '127.0.0.1')
    for (let times = 0; times < 3; times += 1) {
      socket.write(REQUEST)
      const answer = await new Promise<string>((resolve) => void socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1'))))
      expect([answer.slice(0, 12), /^connection: close/im.test(answer)]).toEqual(['HTTP/1.1 401', false])
    }
    socket.destroy()
    const unread = await sendRaw(harness.listener.port, 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf')
    expect([unread.slice(0, 12), /^connection: close/im.test(unread)]).toEqual(['HTTP/1.1 401', true])
  })

  it('a client that leaves in the middle harms nobody', async () => {
    const harness = await start({ exchange: () => undefined })
    for (const bytes of [REQUEST, 'GET /gi', 'POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf', 'CONNECT api.example.com:443 HTTP/1.1\r\n\r\n']) {
      const socket = connectSocket(harness.listener.port, '127.0.0.1')
      await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
      socket.resetAndDestroy()
    }
    const answer = sendRaw(harness.listener.port, 'GET /github/../a HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(told(await answer).status).toBe(400)
  })
})

describe('what breaks in us', () => {
  it('cuts that connection, is told, and ends nothing else', async () => {
    const harness = await start({
      exchange: ({ request, client }) => {
        if (request.path === '/bad') throw new TypeError('a defect')
        client.answer(200, [], undefined)
      },
      authorizeConnect: ({ host }) => {
        if (host === 'api.example.com') throw new TypeError('another')
        return Promise.reject(new TypeError('a third'))
      },
    })
    expect(await sendRaw(harness.listener.port, REQUEST.replace('/a', '/bad'))).toBe('')
    expect(await sendRaw(harness.listener.port, 'CONNECT api.example.com:443 HTTP/1.1\r\n\r\n')).toBe('')
    expect(await sendRaw(harness.listener.port, 'CONNECT other.example.com:443 HTTP/1.1\r\n\r\n')).toBe('')
    expect(harness.broken.map(String)).toEqual(['TypeError: a defect', 'TypeError: another', 'TypeError: a third'])
    expect(told(await sendRaw(harness.listener.port, REQUEST)).status).toBe(200)
  })
})

describe('closing', () => {
  it('lets what is under way end, tells it to close, and accepts nothing new', async () => {
    const held: Received[] = []
    const harness = await start({ exchange: (one) => held.push(one) })
    const socket = connectSocket(harness.listener.port, '127.0.0.1')
    socket.write(REQUEST)
    await vi.waitFor(() => expect(held.length).toBe(1))
    const closing = harness.listener.close({ graceMs: 5_000 })
    const refused = connectSocket(harness.listener.port, '127.0.0.1')
    expect(await new Promise((resolve) => refused.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)))).toBe('ECONNREFUSED')
    held[0]?.client.answer(200, [], Buffer.from('done'))
    const answer = await readAnswers(socket, 9)
    expect(told(answer)).toMatchObject({ status: 200, close: true })
    await closing
  })

  it('takes a request that came in the very turn in which it begins for one that is under way', async () => {
    const harness = await start()
    let closing: Promise<void> | undefined
    const onRequest = (): void => process.nextTick(() => { closing ??= harness.listener.close({ graceMs: 5_000 }) })
    subscribe('http.server.request.start', onRequest)
    try {
      expect(told(await sendRaw(harness.listener.port, REQUEST))).toMatchObject({ status: 200, close: true })
    } finally {
      unsubscribe('http.server.request.start', onRequest)
    }
    await closing
    expect([harness.received.length, harness.refused.length]).toEqual([1, 0])
  })

  it('lets a WebSocket’s handshake in a tunnel have its answer', async () => {
    const held: Received[] = []
    const harness = await start({ exchange: (one) => { held.push(one) } })
    const socket = await tlsThrough(harness, 'api.example.com:443')
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    socket.write(`GET /a HTTP/1.1\r\nHost: api.example.com\r\n${upgrade}\r\n`)
    await vi.waitFor(() => expect(held.length).toBe(1))
    const closing = harness.listener.close({ graceMs: 5_000 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(held[0]?.client.gone).toBe(false)
    held[0]?.client.answer(403, [], Buffer.from('no'))
    expect(told(await readAnswers(socket, 9))).toMatchObject({ status: 403, close: true })
    await closing
  })

  it('refuses what comes on a connection that is still open', async () => {
    const held: Received[] = []
    const harness = await start({ exchange: (one) => { held.push(one) } })
    const socket = await tlsThrough(harness, 'api.example.com:443')
    const request = 'GET /a HTTP/1.1\r\nHost: api.example.com\r\n\r\n'
    socket.write(request)
    await vi.waitFor(() => expect(held.length).toBe(1))
    held[0]?.client.head(200, [], undefined)
    const closing = harness.listener.close({ graceMs: 5_000 })
    socket.write(request)
    await vi.waitFor(() => expect(harness.refused.map(({ denial }) => denial.denial)).toEqual(['draining']))
    held[0]?.client.end()
    await closing
  })

  it('cuts what does not end in time, relays among it', async () => {
    const harness = await start({
      exchange: ({ client }) => { client.head(200, [], undefined) },
      authorizeConnect: () => 'tunnel',
      openTunnel: ({ accept }) => accept(),
    })
    await openConnect(harness.listener.port, 'elsewhere.example.com:22')
    const socket = connectSocket(harness.listener.port, '127.0.0.1')
    socket.write(REQUEST)
    await new Promise((resolve) => socket.once('data', resolve))
    const ended = new Promise((resolve) => socket.once('close', (hadError: boolean) => resolve(hadError)))
    await harness.listener.close({ graceMs: 20 })
    expect(await ended).toBe(false)
  })
})

describe('a bound listener', () => {
  const bound = { agent: 'agent:pr-reviewer', delegationToken: () => 'd.e.f' }

  it('gives every request its agent', async () => {
    const harness = await start({ bound })
    expect(told(await sendRaw(harness.listener.port, REQUEST)).status).toBe(200)
    expect(harness.received[0]?.proofs.bound).toBe(bound)
    await ask(await tlsThrough(harness, 'api.example.com:443'), 'GET /a HTTP/1.1\r\nHost: api.example.com\r\n\r\n')
    expect(harness.received[1]?.proofs.bound).toBe(bound)
  })

  it('is not for web pages, nor for names that were rebound to this machine', async () => {
    const harness = await start({ bound })
    const refused = async (fields: string): Promise<string | undefined> => told(await sendRaw(harness.listener.port, `POST /github/a HTTP/1.1\r\n${fields}\r\nContent-Length: 0\r\n\r\n`)).code
    expect(await refused('Host: localhost\r\nOrigin: https://evil.example')).toBe('header_refused')
    expect(await refused('Host: localhost\r\nSec-Fetch-Site: cross-site')).toBe('header_refused')
    expect(await refused('Host: rebound.evil.example')).toBe('authority_mismatch')
    expect(harness.received).toEqual([])
  })

  it('reads its delegation token again when the file changes, and gives none when it cannot be read', () => {
    const tokenFile = join(directory, 'token')
    let ms = 0
    const agent = createBoundAgent({ agent: 'agent:a', tokenFile }, { nowMs: () => ms, monotonicMs: () => ms })
    const later = (): string | undefined => {
      ms += 1_000
      return agent.delegationToken()
    }
    expect(agent.delegationToken()).toBeUndefined()
    writeFileSync(tokenFile, 'one\n')
    expect(agent.delegationToken()).toBeUndefined()
    expect(later()).toBe('one')
    writeFileSync(tokenFile, 'another')
    expect(later()).toBe('another')
    writeFileSync(tokenFile, '')
    expect(later()).toBeUndefined()
    writeFileSync(tokenFile, 'x'.repeat(20_000))
    expect(later()).toBeUndefined()
    writeFileSync(tokenFile, 'back')
    expect(later()).toBe('back')
    chmodSync(tokenFile, 0o600)
    rmSync(tokenFile)
    expect(later()).toBeUndefined()
    expect(createBoundAgent({ agent: 'agent:a', tokenFile: undefined }, { nowMs: () => 0, monotonicMs: () => 0 }).delegationToken()).toBeUndefined()
  })
})
