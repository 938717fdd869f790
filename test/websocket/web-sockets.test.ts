import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { ProxyAgent, WebSocket } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WebSocket as WsSocket } from 'ws'
import { echo, RAW_HOST, SOCKETS_HOST } from './socket-upstream.ts'
import { closed, handshake, nextMessage, startSocketWorld, type SocketWorld } from './socket-world.ts'

let open: SocketWorld
beforeAll(async () => {
  open = await startSocketWorld()
})
afterAll(() => open.close())
beforeEach(() => {
  open.upstream.onSocket = echo
  open.upstream.respond = () => undefined
})

/** The record that completes the call to this path. */
const record = (path: string, event = 'api.call'): Promise<Record<string, unknown>> =>
  open.world.recorded((one) => one['event'] === event && (one['http'] as { path?: string } | undefined)?.path === path)

describe('a WebSocket through the proxy', () => {
  it.each(['reverse', 'tunnel'] as const)('carries text and binary both ways, with our credential and without the agent’s token: %s', async (mode) => {
    const socket = await open[mode](`/v1/rooms/room-${mode}`)
    const shown = open.upstream.handshakes.at(-1)?.headers
    expect(shown?.authorization).toBe(`Bearer ${open.upstream.secret}`)
    expect(shown).not.toHaveProperty('proxy-authorization')
    socket.send('hello')
    expect(await nextMessage(socket)).toBe('hello')
    const bytes = randomBytes(300_000)
    socket.send(bytes)
    const [back, binary] = (await once(socket, 'message')) as [Buffer, boolean]
    expect([back.equals(bytes), binary]).toEqual([true, true])
    socket.close(4001, 'enough')
    expect(await closed(socket)).toBe(4001)
    expect(await record(`/v1/rooms/room-${mode}`)).toMatchObject({
      integration: 'sockets', operation: 'WEBSOCKET /v1/rooms/{room}', access: 'write', scopes: ['live:write'], target: `room-${mode}`, outcome: 'ok',
      reason: 'closed by the agent', agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, rule: 'pr-reviewer/rooms',
      http: { method: 'GET', status: 101, close_code: 4001 },
    })
    const { http } = (await record(`/v1/rooms/room-${mode}`)) as { http: { bytes_in: number; bytes_out: number } }
    expect(http.bytes_in).toBeGreaterThan(300_000)
    expect(http.bytes_out).toBeGreaterThan(300_000)
    expect(await record(`/v1/rooms/room-${mode}`, 'api.started')).toMatchObject({ integration: 'sockets', target: `room-${mode}` })
  })

  it('opens for undici’s client, which is Node’s own, through its CONNECT tunnel', async () => {
    const dispatcher = new ProxyAgent({ uri: `http://127.0.0.1:${open.world.port}`, token: `Bearer ${await open.token()}`, requestTls: { ca: readFileSync(open.world.bundle) } })
    const socket = new WebSocket(`wss://${SOCKETS_HOST}/v1/rooms/room-node`, { dispatcher })
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('it did not open')))
    })
    const echoed = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)))
    socket.send('from undici')
    expect(await echoed).toBe('from undici')
    socket.close()
    await new Promise((resolve) => socket.addEventListener('close', resolve))
    await dispatcher.close()
  })

  it('agrees on a subprotocol that was offered, and on no extension', async () => {
    const socket = await open.reverse('/v1/rooms/room-p', { protocols: ['chat.v1', 'chat.v2'] })
    expect([socket.protocol, socket.extensions]).toEqual(['chat.v2', ''])
    expect(open.upstream.handshakes.at(-1)?.headers['sec-websocket-extensions']).toBeUndefined()
    socket.terminate()
  })

  it('shows the upstream a key of our own', async () => {
    open.upstream.respond = (raw) => raw.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    const agent = await open.agent()
    await agent.raw(handshake('/raw/v1/rooms/room-k', 'localhost', `Authorization: Bearer ${await open.token()}`))
    expect(open.upstream.received.at(-1)).toMatch(/sec-websocket-key: [A-Za-z0-9+/]{22}==\r\n/)
    expect(open.upstream.received.at(-1)).not.toContain('dGhlIHNhbXBsZSBub25jZQ==')
  })

  it('passes pings, pongs, fragments and close codes of the upstream as they are', async () => {
    open.upstream.onSocket = (socket) => {
      socket.ping('are you there')
      socket.on('pong', (data) => socket.send(`pong:${data.toString()}`))
      socket.on('message', () => {
        socket.send('one,', { fin: false })
        socket.send('two', { fin: true })
        socket.close(1011, 'broken')
      })
    }
    const socket = await open.tunnel('/v1/rooms/room-f')
    expect(await nextMessage(socket)).toBe('pong:are you there')
    socket.send('go')
    expect(await nextMessage(socket)).toBe('one,two')
    expect(await closed(socket)).toBe(1011)
    expect(await record('/v1/rooms/room-f')).toMatchObject({ outcome: 'ok', reason: 'closed by the upstream', http: { close_code: 1011 } })
  })

  it('takes the credential out of what an upstream says, also of messages in pieces', async () => {
    open.upstream.onSocket = (socket, { headers }) => {
      const secret = headers.authorization?.slice('Bearer '.length) ?? ''
      socket.once('message', () => {
        socket.send(`you sent ${secret}.`)
        socket.once('message', () => {
          socket.send(secret.slice(0, 9), { fin: false })
          socket.send(secret.slice(9), { fin: true })
        })
      })
    }
    const socket = await open.reverse('/v1/rooms/room-s')
    const blotted = '*'.repeat(open.upstream.secret.length)
    socket.send('what did I send?')
    expect(await nextMessage(socket)).toBe(`you sent ${blotted}.`)
    socket.send('again')
    expect(await nextMessage(socket)).toBe(blotted)
    socket.terminate()
  })

  it('passes a piece of a message at once, in whatever byte it ends', async () => {
    open.upstream.onSocket = (socket) => {
      socket.on('message', (data: Buffer) => {
        socket.send(`you said ${data.toString()}`, { fin: false })
        // Its answer comes once the piece before it has passed, and only then the rest.
        socket.ping()
        socket.once('pong', () => socket.send('.', { fin: true }))
      })
    }
    const socket = await open.reverse('/v1/rooms/room-pieces')
    for (const end of [...Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)), open.upstream.secret.slice(0, 7)]) {
      const answer = nextMessage(socket)
      socket.send(end)
      expect(await answer).toBe(`you said ${end}.`)
    }
    socket.terminate()
  })

  it('takes it out of pings and of the reason of a close, too, and counts it', async () => {
    open.upstream.onSocket = (socket, { headers }) => {
      const secret = headers.authorization?.slice('Bearer '.length) ?? ''
      socket.on('message', () => {
        socket.ping(`by ${secret}`)
        socket.close(4000, `you sent ${secret}`)
      })
    }
    const socket = await open.reverse('/v1/rooms/room-controls')
    const [pinged, ended] = [once(socket, 'ping'), once(socket, 'close')]
    socket.send('go')
    const blotted = '*'.repeat(open.upstream.secret.length)
    expect(String((await pinged)[0])).toBe(`by ${blotted}`)
    expect((await ended).map(String)).toEqual(['4000', `you sent ${blotted}`])
    expect(await record('/v1/rooms/room-controls')).toMatchObject({ http: { close_code: 4000, scrubbed: 2 } })
  })

  it('is held to the rules: where none allows it the client sees an HTTP status, and the upstream nothing', async () => {
    const before = open.upstream.handshakes.length
    for (const [path, code] of [['/v1/rooms/secret-room', 'policy_denied'], ['/v1/anything', 'operation_unknown']] as const) {
      await expect(open.reverse(path)).rejects.toThrow('403')
      await expect(open.tunnel(path)).rejects.toThrow('403')
      expect(await record(path, 'api.denied')).toMatchObject({ code, http: { method: 'GET', status: 403 } })
    }
    await expect(open.reverse('/v1/rooms/room-x', { token: 'nobody' })).rejects.toThrow('401')
    expect(open.upstream.handshakes).toHaveLength(before)
  })

  it('never is a GET: no such rule or route allows one, whatever its path', async () => {
    const agent = await open.agent()
    expect((await agent.reverse('GET', '/sockets/v1/anything')).status).toBe(200)
    await expect(open.reverse('/v1/anything')).rejects.toThrow('403')
    const github = handshake('/repos/acme-corp/backend/pulls/42', 'api.github.com')
    expect(await (await agent.tunnel('api.github.com')).ask(github)).toMatchObject({ status: 403 })
  })

  it('lives no longer than the rule that allowed it says', async () => {
    const socket = await open.reverse('/v1/brief')
    expect(await closed(socket)).toBe(1001)
    expect(await record('/v1/brief')).toMatchObject({ outcome: 'aborted', reason: 'the time of the rule that allowed it is over', http: { status: 101 } })
  })

  it('ends with the token of an outside issuer', async () => {
    // Sixty seconds of skew are tolerated: this one is over in half a second.
    const socket = await open.reverse('/v1/rooms/room-e', { token: await open.token({ lifetimeMs: -59_000 }) })
    expect(await closed(socket)).toBe(1001)
    expect(await record('/v1/rooms/room-e')).toMatchObject({ outcome: 'aborted', reason: 'the delegation that it was opened for has ended' })
  })
})

describe('an end that breaks off', () => {
  it('ends the upstream’s side where the agent does', async () => {
    const gone = new Promise<number>((resolve) => {
      open.upstream.onSocket = (socket) => socket.on('close', resolve)
    })
    const socket = await open.tunnel('/v1/rooms/room-ga')
    socket.terminate()
    expect(await gone).toBe(1006)
    expect(await record('/v1/rooms/room-ga')).toMatchObject({ outcome: 'aborted', reason: 'the agent broke off' })
  })

  it('ends the agent’s side where the upstream does, after what it had said', async () => {
    open.upstream.onSocket = (socket) => {
      socket.once('message', () => socket.send('last words', () => socket.terminate()))
    }
    const socket = await open.reverse('/v1/rooms/room-gu')
    socket.send('go')
    const [said, code] = await Promise.all([nextMessage(socket), closed(socket)])
    expect([said, code]).toEqual(['last words', 1006])
    expect(await record('/v1/rooms/room-gu')).toMatchObject({ outcome: 'failed', reason: 'the upstream broke off' })
  })

  it('holds the upstream back while the agent does not read, with flat memory, and loses nothing', async () => {
    const total = 32 * 1_048_576
    const piece = Buffer.alloc(65_536, 'x')
    let sent = 0
    let server: WsSocket | undefined
    open.upstream.onSocket = (socket) => {
      server = socket
      const more = (): void => {
        if (sent >= total) return
        sent += piece.length
        socket.send(piece, more)
      }
      more()
    }
    const socket = await open.reverse('/v1/rooms/room-b')
    socket.pause()
    await settled(() => sent)
    expect(sent).toBeLessThan(total / 2)
    expect(server?.bufferedAmount).toBeGreaterThan(0)
    let received = 0
    socket.on('message', (data: Buffer) => {
      received += data.length
      if (received === total) socket.close(1000)
    })
    socket.resume()
    expect(await closed(socket)).toBe(1000)
    expect(received).toBe(total)
  })
})

describe('a revocation', () => {
  it('cuts an open WebSocket at once, and no other', async () => {
    const [mine, other] = await Promise.all([
      open.reverse('/v1/rooms/room-r1', { token: await open.token({ agent: 'agent:release-notes' }) }),
      open.reverse('/v1/rooms/room-r2'),
    ])
    const ended = closed(mine)
    await open.world.editConfig((text) => text.replace('id: "agent:release-notes",', 'id: "agent:release-notes", status: revoked,'))
    await open.world.recorded(({ event }) => event === 'agent.revoked')
    expect(await ended).toBe(1008)
    expect(await record('/v1/rooms/room-r1')).toMatchObject({ outcome: 'revoked', agent: { id: 'agent:release-notes' }, http: { status: 101 } })
    other.send('still here')
    expect(await nextMessage(other)).toBe('still here')
    other.terminate()
  })
})

describe('the absolute form', () => {
  it('asks an upstream without TLS, judged alike', async () => {
    open.upstream.respond = (raw) => raw.end('HTTP/1.1 426 Upgrade Required\r\nX-Said: yes\r\nContent-Length: 4\r\n\r\nsoon')
    const agent = await open.agent()
    const answer = await agent.raw(handshake(`http://${RAW_HOST}/v1/rooms/room-a`, RAW_HOST, `Proxy-Authorization: Bearer ${await open.token()}`))
    expect(answer).toMatchObject({ status: 426, body: 'soon', whole: true })
    expect(open.upstream.received.at(-1)).toContain('GET /v1/rooms/room-a HTTP/1.1\r\n')
  })
})

/** Waits until a figure has stood still for a while. */
async function settled(read: () => number): Promise<void> {
  for (let last = -1, still = 0; still < 5; still = read() === last ? still + 1 : 0) {
    last = read()
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}
