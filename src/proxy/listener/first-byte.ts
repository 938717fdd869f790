import type { Duplex } from 'node:stream'
import type { Timers } from '../../lib/timers.ts'

/** What a client begins to speak in a tunnel. */
export type Spoken = 'tls' | 'http' | 'other' | 'silent' | 'gone'

const TLS_HANDSHAKE = 0x16
const FIRST_LETTER = 0x41
const LAST_LETTER = 0x5a

/**
 * Waits for the first byte in a tunnel, and leaves it where it is. A CONNECT is not taken for TLS because it names port 443.
 * The socket is paused afterwards.
 */
export function sniff(socket: Duplex, head: Buffer, timeoutMs: number, timers: Timers, tell: (spoken: Spoken) => void): void {
  if (head.length > 0) {
    socket.unshift(head)
    tell(spokenBy(head))
    return
  }
  const done = (spoken: Spoken): void => {
    cancel()
    socket.off('data', onData)
    socket.off('close', onGone)
    socket.off('end', onGone)
    socket.pause()
    tell(spoken)
  }
  const onData = (chunk: Buffer): void => {
    socket.pause()
    socket.unshift(chunk)
    done(spokenBy(chunk))
  }
  const onGone = (): void => done('gone')
  const cancel = timers.after(timeoutMs, () => done('silent'))
  socket.once('data', onData)
  socket.once('close', onGone)
  socket.once('end', onGone)
  // Whoever had it before may have paused it, which a listener alone does not undo.
  socket.resume()
}

function spokenBy(bytes: Buffer): Spoken {
  const first = bytes[0] ?? 0
  if (first === TLS_HANDSHAKE) return 'tls'
  return first >= FIRST_LETTER && first <= LAST_LETTER ? 'http' : 'other'
}
