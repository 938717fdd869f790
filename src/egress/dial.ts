import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Secret } from '../lib/secret.ts'
import type { AddressGuard } from './address-guard.ts'
import { EgressError } from './egress-error.ts'
import { connectThroughParent, type ParentProxy } from './parent-proxy.ts'
import type { UpstreamTimeouts } from './upstream-timeouts.ts'

/** Where names become addresses; the machine's resolver, or a test's. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** Every address the machine's resolver gives for the name. */
export const systemResolve: Resolve = async (host) => (await lookup(host, { all: true, verbatim: true })).map((entry) => entry.address)

/** How one integration's upstreams are reached. */
export interface DialSettings {
  readonly guard: AddressGuard
  readonly resolve: Resolve
  /** Dialled in place of what the host's name resolves to; the guard judges it all the same. `host:port` of an address or a name. */
  readonly address: { readonly host: string; readonly port: number } | undefined
  readonly viaProxy: ParentProxy | undefined
  /** PEM: trusted in place of the system's roots; undefined for the system's. */
  readonly ca: string | undefined
  readonly clientCertificate: { readonly certificatePem: string; readonly key: Secret } | undefined
  readonly connectTimeoutMs: number
  /** Whether HTTP/2 is spoken: to whom a client speaks it that does so itself (`auto`, the default), to nobody, or always. */
  readonly http2?: Http2Use
  /** Of what is asked once it is connected; undefined for `UPSTREAM_TIMEOUTS`. */
  readonly timeouts?: UpstreamTimeouts | undefined
}

export type Http2Use = 'auto' | 'never' | 'always'

export interface DialTarget {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** For a client that speaks HTTP/2: it is offered to the upstream too. */
  readonly http2?: boolean
}

const HTTP1: readonly string[] = ['http/1.1']

/** Keeps one TLS session per target, so that the next connection resumes it. */
export type SessionCache = Map<string, Buffer>

/**
 * Opens a connection to an upstream: resolve once, judge every answer, dial just those addresses, look at the peer again, then TLS.
 * No name is resolved and nothing dialled before the caller has an allowing decision (invariant 1).
 * @param protocols what is offered by ALPN, where there is TLS
 * @throws EgressError with the code under which the failure is answered
 */
export async function dial(target: DialTarget, settings: DialSettings, sessions: SessionCache, protocols: readonly string[] = HTTP1): Promise<Socket | TLSSocket> {
  const deadline = AbortSignal.timeout(settings.connectTimeoutMs)
  const socket = settings.viaProxy === undefined
    ? await dialDirect(settings.address ?? target, settings, deadline)
    : await dialParent(target, settings.viaProxy, settings, deadline)
  if (!target.tls) return socket
  return secure(socket, target, settings, sessions, deadline, protocols)
}

async function dialParent(target: DialTarget, parent: ParentProxy, settings: DialSettings, deadline: AbortSignal): Promise<Socket> {
  const socket = await dialDirect(parent, settings, deadline)
  return connectThroughParent(socket, target, parent, deadline)
}

async function dialDirect(target: { host: string; port: number }, settings: DialSettings, deadline: AbortSignal): Promise<Socket> {
  const addresses = await addressesOf(target.host, settings.resolve, deadline)
  for (const address of addresses) {
    const refusal = settings.guard.refusal(address, target.port)
    if (refusal !== undefined) throw new EgressError('address_refused', `${target.host} has the address ${address}, ${refusal}`)
  }
  let last: unknown
  for (const address of addresses) {
    if (deadline.aborted) break
    try {
      return await dialAddress(address, target.port, deadline)
    } catch (error) {
      if (error instanceof EgressError && error.code === 'address_refused') throw error
      last = error
    }
  }
  throw new EgressError('upstream_unreachable', `${target.host}:${target.port} does not accept connections`, { cause: last })
}

async function addressesOf(host: string, resolve: Resolve, deadline: AbortSignal): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  let addresses: readonly string[]
  try {
    addresses = await Promise.race([resolve(host), rejectOn(deadline)])
  } catch (error) {
    throw new EgressError('upstream_unresolved', `${host} cannot be resolved`, { cause: error })
  }
  if (addresses.length === 0) throw new EgressError('upstream_unresolved', `${host} has no address`)
  return addresses
}

function dialAddress(address: string, port: number, deadline: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 })
    const onAbort = (): void => void socket.destroy(new Error('connecting took too long'))
    const settle = (): void => {
      deadline.removeEventListener('abort', onAbort)
      socket.removeListener('error', onError)
    }
    const onError = (error: Error): void => {
      settle()
      reject(error)
    }
    deadline.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.once('connect', () => {
      settle()
      if (socket.remoteAddress === address) return resolve(socket)
      socket.destroy()
      reject(new EgressError('address_refused', `dialled ${address}, reached ${socket.remoteAddress ?? 'nothing'}`))
    })
  })
}

function secure(socket: Socket, target: DialTarget, settings: DialSettings, sessions: SessionCache, deadline: AbortSignal, protocols: readonly string[]): Promise<TLSSocket> {
  const key = `${target.host}:${target.port}`
  const session = sessions.get(key)
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      socket,
      servername: target.host,
      ALPNProtocols: [...protocols],
      // In words: the default is whatever the environment says.
      rejectUnauthorized: true,
      ...(settings.ca === undefined ? {} : { ca: settings.ca }),
      ...(settings.clientCertificate === undefined
        ? {}
        : { cert: settings.clientCertificate.certificatePem, key: settings.clientCertificate.key.reveal() }),
      ...(session === undefined ? {} : { session }),
    })
    const onAbort = (): void => void tls.destroy(new Error('the TLS handshake took too long'))
    const settle = (): void => {
      deadline.removeEventListener('abort', onAbort)
      tls.removeListener('error', onError)
    }
    const onError = (error: Error): void => {
      settle()
      sessions.delete(key)
      socket.destroy()
      reject(new EgressError('upstream_tls_failed', `TLS with ${key} failed`, { cause: error }))
    }
    deadline.addEventListener('abort', onAbort, { once: true })
    tls.once('error', onError)
    tls.on('session', (ticket: Buffer) => sessions.set(key, ticket))
    tls.once('secureConnect', () => {
      settle()
      resolve(tls)
    })
  })
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('took too long')), { once: true })
  })
}
