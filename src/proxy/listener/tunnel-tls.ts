import type { Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'
import type { Timers } from '../../lib/timers.ts'

/** How ending the client's TLS came out. */
export type Handshake =
  | { readonly socket: TLSSocket; readonly serverName: string | undefined }
  /** `code` is OpenSSL's, e.g. of a client that does not trust our authority. */
  | { readonly failed: string }

/** How it is ended. */
export interface TunnelTls {
  readonly context: SecureContext
  readonly protocols: Protocols
  readonly timeoutMs: number
}

/** What is offered by ALPN, as it stands on the wire (RFC 7301 section 3.1); the first is preferred. */
export type Protocols = DataView

/**
 * Node makes memory of its own of such a view for each socket. Of a list, or of a Buffer, it would take a piece of a pool, of which each socket
 * then keeps 64 KB from being used again.
 */
export const ANY_HTTP: Protocols = offerOf('h2', 'http/1.1')
export const ONLY_HTTP1: Protocols = offerOf('http/1.1')

const UNHEARD = (): void => undefined

/**
 * Ends the client's TLS in a tunnel with the leaf for the host of its CONNECT, and lets the client choose among the protocols that are offered.
 * The server name is read, not followed.
 */
export function endTls(socket: Socket, { context, protocols, timeoutMs }: TunnelTls, timers: Timers, tell: (handshake: Handshake) => void): void {
  socket.setTimeout(0)
  const secure = new TLSSocket(socket, { isServer: true, secureContext: context, ALPNProtocols: protocols })
  // Stays for good: an error after the handshake has its HTTP listener too, and none may end the process.
  secure.on('error', UNHEARD)
  const done = (handshake: Handshake): void => {
    cancel()
    secure.off('error', onError)
    secure.off('close', onClose)
    secure.off('secure', onSecure)
    if ('failed' in handshake) {
      secure.destroy()
      socket.destroy()
    }
    tell(handshake)
  }
  const onError = (error: NodeJS.ErrnoException): void => done({ failed: error.code ?? 'unknown' })
  const onClose = (): void => done({ failed: 'closed' })
  const onSecure = (): void => done({ socket: secure, serverName: serverNameOf(secure) })
  const cancel = timers.after(timeoutMs, () => done({ failed: 'timeout' }))
  secure.on('error', onError)
  secure.on('close', onClose)
  secure.on('secure', onSecure)
}

function offerOf(...names: readonly string[]): Protocols {
  const bytes = Uint8Array.from(names.flatMap((name) => [name.length, ...Buffer.from(name, 'latin1')]))
  return new DataView(bytes.buffer)
}

/** `servername` is false where none was sent. */
function serverNameOf(socket: TLSSocket): string | undefined {
  const name: unknown = Reflect.get(socket, 'servername')
  return typeof name === 'string' && name.length > 0 ? name : undefined
}
