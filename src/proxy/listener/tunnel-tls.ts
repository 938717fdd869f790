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
  /** By ALPN; the first is preferred. */
  readonly protocols: readonly ('h2' | 'http/1.1')[]
  readonly timeoutMs: number
}

/**
 * Ends the client's TLS in a tunnel with the leaf for the host of its CONNECT, and lets the client choose among the protocols that are offered.
 * The server name is read, not followed.
 */
export function endTls(socket: Socket, { context, protocols, timeoutMs }: TunnelTls, timers: Timers, tell: (handshake: Handshake) => void): void {
  socket.setTimeout(0)
  const secure = new TLSSocket(socket, { isServer: true, secureContext: context, ALPNProtocols: [...protocols] })
  let told = false
  const fail = (code: string): void => {
    if (told) return
    told = true
    cancel()
    secure.destroy()
    socket.destroy()
    tell({ failed: code })
  }
  const cancel = timers.after(timeoutMs, () => fail('timeout'))
  // Stays for good: an error after the handshake has its HTTP listener too, and none may end the process.
  secure.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'unknown'))
  secure.once('close', () => fail('closed'))
  secure.once('secure', () => {
    told = true
    cancel()
    tell({ socket: secure, serverName: serverNameOf(secure) })
  })
}

/** `servername` is false where none was sent. */
function serverNameOf(socket: TLSSocket): string | undefined {
  const name: unknown = Reflect.get(socket, 'servername')
  return typeof name === 'string' && name.length > 0 ? name : undefined
}
