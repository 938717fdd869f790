import type { TLSSocket } from 'node:tls'
import type { Timers } from '../../lib/timers.ts'

/** How the preface of HTTP/2 begins (RFC 9113 section 3.4), and no request of HTTP/1. */
const PREFACE = 'PRI '

/**
 * Whether a client that agreed on `h2` speaks it. Go's net/http offers `h2` to a proxy that it reaches by TLS, and then writes a CONNECT of
 * HTTP/1.1: it would have no tunnel. What came is left where it was; the socket is paused. Not told where the client leaves, or is silent for too long: it is closed.
 */
export function awaitPreface(socket: TLSSocket, timeoutMs: number, timers: Timers, tell: (spoken: 'http2' | 'http1') => void): void {
  let seen: Buffer = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
    const isPreface = PREFACE.startsWith(seen.toString('latin1', 0, PREFACE.length))
    if (isPreface && seen.length < PREFACE.length) return
    leave()
    socket.pause()
    socket.unshift(seen)
    tell(isPreface ? 'http2' : 'http1')
  }
  const onEnd = (): void => void socket.destroy()
  const leave = (): void => {
    cancel()
    socket.off('data', onData).off('end', onEnd).off('close', leave)
  }
  const cancel = timers.after(timeoutMs, onEnd)
  socket.on('data', onData).on('end', onEnd).on('close', leave)
}
