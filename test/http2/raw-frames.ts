import { connect as connectTls } from 'node:tls'
import type { Socket } from 'node:net'
import { openConnect, type Harness } from '../listener/harness.ts'
import { handshake } from './h2-client.ts'
import { ACK, frame, FRAME, FrameReader, PREFACE, type Frame } from './frames.ts'

/** A connection of HTTP/2 on which a test writes frames by hand. */
export interface RawConnection {
  readonly socket: Socket
  readonly frames: Frame[]
  readonly closed: Promise<void>
  write(...parts: readonly Buffer[]): void
  /** The first frame, come or to come, that matches; undefined where the connection ends without. */
  next(match: (one: Frame) => boolean): Promise<Frame | undefined>
}

/** Opens a tunnel, agrees on `h2`, and writes the preface with empty settings. */
export async function openRaw(harness: Pick<Harness, 'listener' | 'roots'>, host = 'api.example.com'): Promise<RawConnection> {
  const { socket: outer } = await openConnect(harness.listener.port, `${host}:443`)
  const connection = framesOn(await handshake(connectTls({ socket: outer, ca: harness.roots, servername: host, ALPNProtocols: ['h2'] })))
  connection.write(PREFACE, frame(FRAME.settings, 0, 0))
  return connection
}

/** Reads frames off a socket, and acknowledges settings; nothing else is written. */
export function framesOn(socket: Socket): RawConnection {
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const reader = new FrameReader()
  let ended = false
  const wake = (): void => { for (const one of waiting) one() }
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    for (const one of reader.push(chunk)) {
      frames.push(one)
      if (one.type === FRAME.settings && (one.flags & ACK) === 0) socket.write(frame(FRAME.settings, ACK, 0))
    }
    wake()
  })
  const closed = new Promise<void>((resolve) => socket.once('close', () => {
    ended = true
    wake()
    resolve()
  }))
  return {
    socket, frames, closed,
    write: (...parts) => void socket.write(Buffer.concat(parts)),
    next: (match) => new Promise((resolve) => {
      const look = (): void => {
        const found = frames.find(match)
        if (found === undefined && !ended) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    }),
  }
}

/** The error code of a RST_STREAM or GOAWAY. */
export function codeOf(one: Frame | undefined): number | undefined {
  if (one === undefined) return undefined
  return one.type === FRAME.goaway ? one.payload.readUInt32BE(4) : one.payload.readUInt32BE(0)
}
