import type { Socket } from 'node:net'
import type { Secret } from '../lib/secret.ts'
import { EgressError } from './egress-error.ts'

/** A corporate proxy that connections to an upstream go through (RFC 9110 section 9.3.6). */
export interface ParentProxy {
  readonly host: string
  readonly port: number
  /** `Basic` credentials of ours at the parent: `user:password`. */
  readonly credentials: Secret | undefined
}

const MAX_HEAD_BYTES = 16_384

/**
 * Asks the parent for a tunnel on an open socket.
 * @returns the same socket, at the first byte of the tunnel
 * @throws EgressError `upstream_unreachable` where the parent refuses, breaks off or says more than an answer's head
 */
export async function connectThroughParent(
  socket: Socket,
  target: { readonly host: string; readonly port: number },
  parent: ParentProxy,
  deadline: AbortSignal,
): Promise<Socket> {
  const authority = `${target.host}:${target.port}`
  const authorization = parent.credentials === undefined
    ? ''
    : `Proxy-Authorization: Basic ${Buffer.from(parent.credentials.reveal()).toString('base64')}\r\n`
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`)
  try {
    const head = await readHead(socket, deadline)
    const status = /^HTTP\/1\.[01] ([0-9]{3})(?: |\r)/.exec(head)?.[1]
    if (status === undefined || !status.startsWith('2')) throw new Error(`the parent proxy answered ${status ?? 'something else than HTTP'}`)
    return socket
  } catch (error) {
    socket.destroy()
    const words = error instanceof Error ? error.message : 'unknown'
    throw new EgressError('upstream_unreachable', `no tunnel to ${authority} through ${parent.host}:${parent.port}: ${words}`, { cause: error })
  }
}

function readHead(socket: Socket, deadline: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0)
    const settle = (outcome: () => void): void => {
      socket.off('data', onData).off('error', onFail).off('close', onClose)
      deadline.removeEventListener('abort', onAbort)
      socket.pause()
      outcome()
    }
    const onFail = (error: Error): void => settle(() => reject(error))
    const onClose = (): void => settle(() => reject(new Error('the parent proxy closed the connection')))
    const onAbort = (): void => settle(() => reject(new Error('the parent proxy did not answer in time')))
    const onData = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk])
      const end = seen.indexOf('\r\n\r\n')
      if (end === -1 && seen.length <= MAX_HEAD_BYTES) return
      if (end === -1) return settle(() => reject(new Error('the parent proxy’s answer is too long')))
      const rest = seen.subarray(end + 4)
      // The upstream speaks only after us, in TLS as in HTTP: bytes behind the head are the parent's own, and not to be trusted as the upstream's.
      if (rest.length > 0) return settle(() => reject(new Error('the parent proxy sent bytes ahead of the tunnel')))
      settle(() => resolve(seen.toString('latin1', 0, end + 2)))
    }
    socket.on('data', onData).on('error', onFail).on('close', onClose)
    deadline.addEventListener('abort', onAbort, { once: true })
  })
}
