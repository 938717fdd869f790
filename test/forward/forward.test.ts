import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { Fault } from '../../src/model/denial.ts'
import { startRecordingUpstream, type RecordingUpstream } from '../support/recording-upstream.ts'
import { rawClient, startForwardWorld, type Ending, type ForwardWorld } from './forward-world.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function world(respond: (socket: Socket, received: string) => void): Promise<{ upstream: RecordingUpstream; proxy: ForwardWorld }> {
  const upstream = await startRecordingUpstream({ respond })
  closers.push(upstream.close)
  const proxy = await startForwardWorld(upstream.port)
  closers.push(proxy.close)
  return { upstream, proxy }
}

const request = (path = '/x', extra = ''): string => `GET ${path} HTTP/1.1\r\nHost: p\r\n${extra}\r\n`
const codeOf = (ending: Ending): unknown => ('error' in ending && ending.error instanceof Fault ? ending.error.code : 'denial' in ending ? ending.denial.denial : ending)

describe('forwarding', () => {
  it('sends path and query as the very bytes that were judged, and exactly our credential', async () => {
    const { upstream, proxy } = await world((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
    const client = rawClient(proxy.port)
    client.socket.write(request('/repos/a/b%20c?q=%41&&x=1;2'))
    await client.until(/204/)
    expect(upstream.received[0]).toContain('GET /repos/a/b%20c?q=%41&&x=1;2 HTTP/1.1\r\n')
    expect(upstream.received[0]?.match(/authorization/gi)).toHaveLength(1)
    expect(upstream.received[0]).toContain(`host: upstream.example:${upstream.port}\r\n`)
    client.socket.destroy()
  })

  it('passes an answer on without cookies, alternatives, hop-by-hop and Connection-named fields', async () => {
    const { proxy } = await world((socket) => socket.write(Buffer.from(
      'HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nAlt-Svc: h3=":443"\r\nConnection: X-Hop\r\nX-Hop: 1\r\nProxy-Authenticate: Basic\r\nProxy-Anything: x\r\nKeep-Alive: timeout=5\r\nLink: <a>\r\nLink: <b>\r\nX-Kept: \xe9\r\nContent-Length: 2\r\n\r\nok', 'latin1')))
    const client = rawClient(proxy.port)
    client.socket.write(request('/x', 'Connection: close\r\n'))
    const text = await client.closed()
    expect(text).not.toMatch(/set-cookie|alt-svc|x-hop|proxy-/i)
    expect(text.match(/Link: </g)).toHaveLength(2)
    expect(text).toContain('X-Kept: \xe9')
    expect(text.endsWith('ok')).toBe(true)
  })

  it('passes no length of an answer that has no content, so that the next answer stays its own', async () => {
    const { proxy } = await world((socket, received) => socket.write(
      received.includes('/second') ? 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond' : 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n',
    ))
    const client = rawClient(proxy.port)
    client.socket.write(request())
    expect(await client.until(/204[^]*\r\n\r\n/)).not.toMatch(/content-length/i)
    client.socket.write(request('/second'))
    expect(await client.until(/second/)).toMatch(/content-length: 6/i)
    client.socket.destroy()
  })

  it('ends also where whoever is told of a refused credential breaks', async () => {
    const upstream = await startRecordingUpstream({ respond: (socket) => socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n') })
    closers.push(upstream.close)
    const rejected = (): void => { throw new TypeError('a defect') }
    const proxy = await startForwardWorld(upstream.port, {}, { credential: { secret: new Secret('upstream-secret') }, rejected })
    closers.push(proxy.close)
    const client = rawClient(proxy.port)
    client.socket.write(request())
    expect(await client.until(/401/)).toContain('401')
    expect(await proxy.nextEnding()).toMatchObject({ error: { message: 'a defect' } })
    expect(proxy.live.size).toBe(0)
    client.socket.destroy()
  })

  it('never follows a redirect', async () => {
    const { upstream, proxy } = await world((socket) => socket.write('HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n'))
    const client = rawClient(proxy.port)
    client.socket.write(request())
    expect(await client.until(/302/)).toContain('Location: http://elsewhere.example/')
    expect(upstream.connections()).toBe(1)
    client.socket.destroy()
  })

  it('gives each piece of a stream to the client as it comes', async () => {
    let upstreamSocket: Socket | undefined
    const { proxy } = await world((socket) => {
      upstreamSocket = socket
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    })
    const client = rawClient(proxy.port)
    client.socket.write(request())
    await client.until(/200 OK/)
    for (const word of ['first', 'second']) {
      upstreamSocket?.write(`${word.length.toString(16)}\r\n${word}\r\n`)
      await client.until(new RegExp(word))
    }
    upstreamSocket?.write('0\r\n\r\n')
    const ending = await proxy.nextEnding()
    expect(ending).toMatchObject({ forwarding: { status: 200, bytesOut: 11, outcome: 'ok' } })
    client.socket.destroy()
  })

  it('streams a chunked upload: the first piece arrives before the last is sent', async () => {
    let first: () => void = () => undefined
    const arrived = new Promise<void>((resolve) => (first = resolve))
    const { upstream, proxy } = await world((socket, received) => {
      if (received.includes('hello')) first()
      if (received.endsWith('0\r\n\r\n')) socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')
    })
    const client = rawClient(proxy.port)
    client.socket.write('POST /x HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    await arrived
    client.socket.write('6\r\n world\r\n0\r\n\r\n')
    await client.until(/201/)
    expect(upstream.received[0]).toContain('transfer-encoding: chunked\r\n')
    expect(upstream.received[0]).toContain('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n')
    expect(await proxy.nextEnding()).toMatchObject({ forwarding: { bytesIn: 11 } })
    client.socket.destroy()
  })

  it('holds the upstream back while the client does not read', async () => {
    const chunk = 'x'.repeat(65_536)
    let written = 0
    const { proxy } = await world((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 268435456\r\n\r\n')
      const more = (): void => {
        while (written < 4096 && socket.writable) {
          written += 1
          if (!socket.write(chunk)) return void socket.once('drain', more)
        }
      }
      more()
    })
    const client = rawClient(proxy.port)
    client.socket.pause()
    client.socket.write(request())
    let before = -1
    // Nothing moves any more: both socket buffers are full, and far from all was sent.
    while (before !== written || written === 0) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(written).toBeLessThan(2048)
    client.socket.destroy()
    expect(await proxy.nextEnding()).toMatchObject({ forwarding: { outcome: 'aborted' } })
  })

  it('ends the upstream’s connection when the client leaves', async () => {
    let left: Promise<void> | undefined
    const { proxy } = await world((socket) => {
      left = new Promise((resolve) => socket.once('close', () => resolve()))
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    })
    const client = rawClient(proxy.port)
    client.socket.write(request())
    await client.until(/hello/)
    client.socket.destroy()
    expect(await proxy.nextEnding()).toMatchObject({ forwarding: { outcome: 'aborted', status: 200, bytesOut: 5 } })
    await left
  })

  it('shows the client a truncated answer as truncated', async () => {
    const { proxy } = await world((socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'))
    const client = rawClient(proxy.port)
    client.socket.write(request())
    const text = await client.closed()
    expect(text).toContain('hello')
    expect(text).not.toContain('\r\n0\r\n')
    expect(await proxy.nextEnding()).toMatchObject({ forwarding: { outcome: 'failed' } })
  })

  for (const [what, respond, code] of [
    ['breaks off', (socket: Socket) => void socket.destroy(), 'upstream_broken'],
    ['speaks something else', (socket: Socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 'upstream_broken'],
    ['gives two lengths', (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'), 'upstream_broken'],
    ['codes the transfer otherwise', (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'), 'upstream_broken'],
    ['does not answer', () => undefined, 'upstream_timeout'],
  ] as const) {
    it(`is a fault, and no call without an answer, where the upstream ${what}`, async () => {
      const { proxy } = await world(respond)
      const client = rawClient(proxy.port)
      client.socket.write(request())
      expect(codeOf(await proxy.nextEnding())).toBe(code)
      expect(await client.until(/502/)).not.toContain('SSH')
      client.socket.destroy()
    })
  }

  it('answers while an upload is still under way where the upstream is gone', async () => {
    const { proxy } = await world((socket) => void socket.destroy())
    const client = rawClient(proxy.port)
    client.socket.write('POST /x HTTP/1.1\r\nHost: p\r\nContent-Length: 1000000\r\n\r\nstart')
    expect(codeOf(await proxy.nextEnding())).toBe('upstream_broken')
    await client.until(/502/)
    client.socket.destroy()
  })

  it('refuses an address that is not permitted, and dials nothing', async () => {
    const upstream = await startRecordingUpstream({ respond: () => undefined })
    closers.push(upstream.close)
    const proxy = await startForwardWorld(upstream.port, { resolve: async () => ['10.0.0.1', '127.0.0.1'] })
    closers.push(proxy.close)
    const client = rawClient(proxy.port)
    client.socket.write(request())
    expect(codeOf(await proxy.nextEnding())).toBe('address_refused')
    expect(upstream.connections()).toBe(0)
    client.socket.destroy()
  })
})

describe('revocation', () => {
  it('is looked at again before the secret is written', async () => {
    const { upstream, proxy } = await world(() => undefined)
    proxy.revocations.revoked = true
    const client = rawClient(proxy.port)
    client.socket.write(request())
    expect(codeOf(await proxy.nextEnding())).toBe('agent_revoked')
    expect(upstream.connections()).toBe(0)
    client.socket.destroy()
  })

  it('that cannot be told is a Fault, and nothing is sent', async () => {
    const { upstream, proxy } = await world(() => undefined)
    proxy.revocations.stale = true
    const client = rawClient(proxy.port)
    client.socket.write(request())
    expect(await proxy.nextEnding()).toMatchObject({ error: { code: 'authority_unavailable' } })
    expect([upstream.connections(), proxy.live.size]).toEqual([0, 0])
    client.socket.destroy()
  })

  it('cuts an open stream on both sides', async () => {
    let left: Promise<void> | undefined
    const { proxy } = await world((socket) => {
      left = new Promise((resolve) => socket.once('close', () => resolve()))
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    })
    const client = rawClient(proxy.port)
    client.socket.write(request())
    await client.until(/hello/)
    proxy.revocations.revoke()
    await client.closed()
    await left
    expect(await proxy.nextEnding()).toMatchObject({ forwarding: { outcome: 'revoked', status: 200 } })
    expect([proxy.live.size, proxy.revocations.cut]).toEqual([0, 1])
  })

  it('is told to a client that still waits for its answer', async () => {
    let asked: () => void = () => undefined
    const arrived = new Promise<void>((resolve) => (asked = resolve))
    const { proxy } = await world(() => asked())
    const client = rawClient(proxy.port)
    client.socket.write(request())
    await arrived
    proxy.revocations.revoke()
    expect(codeOf(await proxy.nextEnding())).toBe('agent_revoked')
    await client.until(/502/)
    client.socket.destroy()
  })
})
