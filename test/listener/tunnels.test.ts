import { execFile } from 'node:child_process'
import { connect as connectSocket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { deny } from '../../src/model/denial.ts'
import { ask, openConnect, readAnswers, sendRaw, startHarness, tlsThrough, told, untilHead, type Harness, type HarnessOptions } from './harness.ts'

const open: Harness[] = []
async function start(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness(options)
  open.push(harness)
  return harness
}
afterEach(async () => { for (const harness of open.splice(0)) await harness.close() })

const REQUEST = 'GET /x HTTP/1.1\r\nHost: api.example.com\r\n\r\n'

describe('a CONNECT', () => {
  it('without a proof gets 407 and the challenges that git and Java wait for; with one it stands', async () => {
    const harness = await start({ authorizeConnect: ({ proofs }) => (proofs.token === undefined ? deny('identity_required', 'no proof') : 'intercept') })
    const refused = await sendRaw(harness.listener.port, 'CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n')
    expect(told(refused)).toEqual({ status: 407, code: 'identity_required', close: true })
    expect(refused.match(/^Proxy-Authenticate: .*$/gm)).toEqual(['Proxy-Authenticate: Basic realm="postern", charset="UTF-8"', 'Proxy-Authenticate: Bearer realm="postern"'])
    expect(harness.refused[0]).toMatchObject({ status: 407, door: 'connect', method: 'CONNECT', host: 'api.example.com:443' })
    expect(told(await ask(await tlsThrough(harness, 'api.example.com:443', { fields: 'Proxy-Authorization: Bearer t\r\n' }), REQUEST)).status).toBe(200)
  })

  it('in HTTP/1.0 and without Host, as Python sends it, stands', async () => {
    const harness = await start()
    const socket = connectSocket(harness.listener.port, '127.0.0.1')
    socket.write('CONNECT api.example.com:80 HTTP/1.0\r\n\r\n')
    expect((await untilHead(socket)).head).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
  })

  it('is judged once; every request inside is told by itself with the same proofs', async () => {
    const harness = await start()
    const socket = await tlsThrough(harness, 'api.example.com:443', { fields: 'Proxy-Authorization: Bearer t\r\nPostern-Delegation: d\r\n' })
    await ask(socket, `${REQUEST}${REQUEST}`, 2)
    expect(harness.connects.length).toBe(1)
    expect(harness.received.map(({ proofs }) => [proofs.token, proofs.delegationToken])).toEqual([['t', 'd'], ['t', 'd']])
    expect(new Set(harness.received.map(({ id }) => id)).size).toBe(2)
  })

  it('waits for a judgement that takes time, and for one that denies', async () => {
    const harness = await start({ authorizeConnect: ({ host }) => Promise.resolve(host === 'api.example.com' ? 'plain' : deny('host_not_served', 'no integration')) })
    expect((await openConnect(harness.listener.port, 'api.example.com:80')).head).toMatch(/^HTTP\/1\.1 200 /)
    expect(told(await sendRaw(harness.listener.port, 'CONNECT other.example.com:80 HTTP/1.1\r\n\r\n'))).toEqual({ status: 403, code: 'host_not_served', close: true })
  })

  it('to a host outside ca.hosts is refused before anything is sent, and the hint names ca.hosts', async () => {
    const harness = await start()
    const answer = await sendRaw(harness.listener.port, 'CONNECT api.elsewhere.example:443 HTTP/1.1\r\n\r\n')
    expect(told(answer)).toEqual({ status: 403, code: 'host_not_served', close: true })
    expect(answer).toContain('ca.hosts')
  })

  it('over the bound of tunnels is told overloaded', async () => {
    const harness = await start({ limits: { maxTunnels: 1 } })
    const first = await openConnect(harness.listener.port, 'api.example.com:80')
    expect(told(await sendRaw(harness.listener.port, 'CONNECT api.example.com:80 HTTP/1.1\r\n\r\n'))).toEqual({ status: 503, code: 'overloaded', close: true })
    first.socket.destroy()
  })

  it('that is to be a tunnel is handed over with its head, unanswered', async () => {
    const harness = await start({
      authorizeConnect: () => 'tunnel',
      openTunnel: ({ socket, head, accept, host, port }) => {
        accept()
        socket.end(`${host}:${port} said ${head.toString()}`)
      },
    })
    const socket = connectSocket(harness.listener.port, '127.0.0.1')
    socket.write('CONNECT elsewhere.example.com:22 HTTP/1.1\r\n\r\nSSH-2.0')
    const text = await readAnswers(socket, 9)
    expect(text).toBe('HTTP/1.1 200 Connection established\r\n\r\nelsewhere.example.com:22 said SSH-2.0')
  })

  it('whose tunnel cannot be opened is told why', async () => {
    const harness = await start({ authorizeConnect: () => 'tunnel', openTunnel: ({ refuse }) => { refuse('upstream_unreachable', undefined) } })
    expect(told(await sendRaw(harness.listener.port, 'CONNECT elsewhere.example.com:22 HTTP/1.1\r\n\r\n'))).toEqual({ status: 502, code: 'upstream_unreachable', close: true })
  })
})

describe('what is spoken in a tunnel', () => {
  for (const [name, target, bytes] of [
    ['the HTTP/2 preface where TLS is due (h2c prior knowledge)', 'api.example.com:443', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['plain HTTP where TLS is due', 'api.example.com:443', REQUEST],
    ['SSH where TLS is due', 'api.example.com:443', 'SSH-2.0-x\r\n'],
    ['a NUL where HTTP is due', 'api.example.com:80', '\0\0\0'],
    ['TLS where HTTP is due', 'api.example.com:80', '\x16\x03\x01\x00\x05hello'],
    ['the HTTP/2 preface where HTTP is due', 'api.example.com:80', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ] as const) {
    it(`${name}: refused, and nothing is relayed`, async () => {
      const harness = await start()
      const { socket } = await openConnect(harness.listener.port, target)
      expect(told(await ask(socket, bytes))).toEqual({ status: 403, code: 'tunnel_not_intercepted', close: true })
      expect(harness.refused.map(({ denial }) => denial.denial)).toEqual(['tunnel_not_intercepted'])
      expect(harness.received).toEqual([])
    })
  }

  it('nothing: the tunnel ends in time', async () => {
    const harness = await start({ limits: { firstByteTimeoutMs: 30 } })
    const { socket } = await openConnect(harness.listener.port, 'api.example.com:443')
    expect(told(await readAnswers(socket, 1))).toEqual({ status: 408, code: 'request_timeout', close: true })
  })

  it('half a TLS greeting: the tunnel ends in time, and is told', async () => {
    const harness = await start({ limits: { handshakeTimeoutMs: 30 } })
    const { socket } = await openConnect(harness.listener.port, 'api.example.com:443')
    expect(await ask(socket, '\x16\x03\x01\x02\x00', 9)).toBe('')
    expect(harness.refused.map(({ denial }) => denial.detail)).toEqual(['the TLS handshake with the client failed (timeout)'])
  })

  it('garbage that looks like TLS, and a client that trusts somebody else: told, and the process lives', async () => {
    const harness = await start()
    const { socket } = await openConnect(harness.listener.port, 'api.example.com:443')
    await ask(socket, `\x16\x03\x01\x00\x20${'x'.repeat(64)}`, 9)
    await new Promise((resolve) => execFile('curl', ['-sS', '--proxy', `http://127.0.0.1:${harness.listener.port}`, 'https://api.example.com/'], resolve))
    expect(told(await ask(await tlsThrough(harness, 'api.example.com:443'), REQUEST)).status).toBe(200)
    await vi.waitFor(() => expect(harness.refused.map(({ denial }) => denial.detail)).toEqual([
      expect.stringContaining('the TLS handshake with the client failed (ERR_SSL'),
      expect.stringContaining('ALERT_UNKNOWN_CA'),
    ]))
  })

  it('a client that offers neither HTTP/2 nor HTTP/1.1 gets no connection', async () => {
    const harness = await start()
    const { socket } = await openConnect(harness.listener.port, 'api.example.com:443')
    const other = connectTls({ socket, ca: harness.roots, servername: 'api.example.com', ALPNProtocols: ['spdy/3'] })
    const error = await new Promise<Error>((resolve) => other.once('error', resolve))
    expect(String(error)).toMatch(/alpn|no application protocol/i)
  })

  it('TLS sessions resume for the same host, and not for another', async () => {
    const harness = await start()
    const first = await tlsThrough(harness, 'api.example.com:443')
    const session = new Promise<Buffer>((resolve) => first.once('session', resolve))
    await ask(first, REQUEST)
    const ticket = await session
    const again = await tlsThrough(harness, 'api.example.com:443', { session: ticket })
    expect(again.isSessionReused()).toBe(true)
    expect(told(await ask(again, REQUEST)).status).toBe(200)
    const other = await tlsThrough(harness, 'other.example.com:443', { session: ticket })
    expect(other.isSessionReused()).toBe(false)
    other.destroy()
  })
})
