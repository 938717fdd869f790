import type { Socket } from 'node:net'
import type { CertifiedKey } from '../../lib/certificates.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { Code } from '../../model/codes.ts'
import type { Denial, Fault } from '../../model/denial.ts'
import type { DecisionId } from '../../model/ids.ts'
import type { ConnectionPlaces, HeldConnection } from '../connection-places.ts'
import type { BoundAgent, Door, Proofs, Received } from '../exchange.ts'
import type { InterceptionCa } from './interception-ca.ts'

/** Bounds that hold for every client, before anybody is known. */
export interface ListenerLimits {
  /** Request line and header fields together. */
  readonly maxHeaderBytes: number
  readonly maxUriBytes: number
  readonly maxHeaders: number
  readonly maxConnections: number
  /** CONNECTs that are open at the same time. */
  readonly maxTunnels: number
  /** Requests of one connection that wait for their answers. */
  readonly maxPipelined: number
  /** From the first byte of a request, or the begin of the connection, to the end of its header. */
  readonly headerTimeoutMs: number
  /** For a whole request with its body; 0 for no bound but the idle time. */
  readonly requestTimeoutMs: number
  /** From the answer to a CONNECT to the first byte in the tunnel. */
  readonly firstByteTimeoutMs: number
  readonly handshakeTimeoutMs: number
  /** Without a byte in either direction. */
  readonly idleTimeoutMs: number
  /** Between two requests on one connection. */
  readonly keepAliveTimeoutMs: number
}

/** What holds where the configuration says nothing. */
export const DEFAULT_LIMITS: ListenerLimits = {
  maxHeaderBytes: 65_536,
  maxUriBytes: 16_384,
  maxHeaders: 200,
  maxConnections: 4_096,
  maxTunnels: 4_096,
  maxPipelined: 16,
  headerTimeoutMs: 30_000,
  requestTimeoutMs: 0,
  firstByteTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  idleTimeoutMs: 300_000,
  keepAliveTimeoutMs: 65_000,
}

export interface ListenerTls {
  /** `certificatePem` may hold the chain, leaf first. */
  readonly identity: CertifiedKey
  /** PEM roots of the agents' certificates; undefined where none are asked for. */
  readonly clientCaPem: string | undefined
  /** `acme.com`: SPIFFE ids of any other trust domain are refused. */
  readonly trustDomain: string | undefined
}

export interface ListenerOptions {
  /** `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/postern/proxy.sock`; port 0 for any free one. */
  readonly address: string
  readonly tls: ListenerTls | undefined
  /** `listener.unsafe_allow_plaintext`: tokens then cross the network readable. */
  readonly allowPlaintext: boolean
  readonly bound: BoundAgent | undefined
  /** Where SOCKS5 is spoken, an address as above; undefined where it is not. */
  readonly socksAddress?: string | undefined
  readonly limits: ListenerLimits
}

/** A refusal of the listener's own, as far as the request could be read. The answer is already written, or about to be. */
export interface Refusal {
  readonly id: DecisionId
  readonly denial: Denial
  /** The status the client was told: 407 where the denial's own is 401 and the door a proxy's. */
  readonly status: number
  readonly door: Door | undefined
  readonly receivedAtMs: number
  readonly startedMonotonicMs: number
  readonly method: string | undefined
  /** The host asked for, as sent, bounded; not judged. */
  readonly host: string | undefined
  /** Without the query, bounded; not judged. */
  readonly path: string | undefined
  /** Who the agent claims to be; not verified. Undefined where that was not read. */
  readonly proofs: Proofs | undefined
}

/** A CONNECT that could not be judged, since something that is needed for it is not there; answered as its code says. */
export interface Failure extends Omit<Refusal, 'denial'> {
  readonly fault: Fault
}

/** What the listener hands everything to: nothing that came is dropped in silence. */
export interface ListenerSink {
  exchange(received: Received): void
  refused(refusal: Refusal): void
  failed(failure: Failure): void
  /** A connection over the bound was closed unheard. */
  dropped(): void
  /** Something of ours threw; the connection was cut, the process goes on. For the operational log. */
  broken(error: unknown): void
}

/** A CONNECT whose form was accepted. */
export interface ConnectRequest {
  readonly id: DecisionId
  readonly host: string
  readonly port: number
  readonly proofs: Proofs
  readonly connection: HeldConnection
  readonly receivedAtMs: number
  readonly startedMonotonicMs: number
}

/**
 * What becomes of a CONNECT: `intercept`: TLS is ended here and every request judged; `intercept_http1`: the same, and HTTP/2 is not
 * offered; `plain`: an integration serves this host and
 * port by plain HTTP, every request is judged; `tunnel`: bytes pass unread, and never with a credential.
 */
export type ConnectVerdict = 'intercept' | 'intercept_http1' | 'plain' | 'tunnel'

/** A tunnel to be relayed as it is. From here on the socket is the relay's; nothing was answered yet. */
export interface OpaqueTunnel extends ConnectRequest {
  readonly socket: Socket
  /** What the client sent ahead. */
  readonly head: Buffer
  /** Tells the client that the tunnel stands; then bytes may flow. */
  accept(): void
  /** Tells the client why there is no tunnel, and ends the connection. @returns the status told */
  refuse(code: Code, denial: Denial | undefined): number
}

export interface ListenerDependencies {
  readonly clock: Clock
  readonly timers: Timers
  readonly sink: ListenerSink
  readonly ca: InterceptionCa
  /**
   * Judges a CONNECT; a request inside is judged again, each by itself.
   * @throws Fault where it cannot be judged at the moment (or a promise that rejects with it)
   */
  authorizeConnect(connect: ConnectRequest): ConnectVerdict | Denial | Promise<ConnectVerdict | Denial>
  openTunnel(tunnel: OpaqueTunnel): void
  /** Holds the bound of connections in place of `limits.maxConnections`. */
  readonly places?: ConnectionPlaces
}

/** A listener that is open. */
export interface Listener {
  /** `127.0.0.1:43121`, `unix:/run/postern/proxy.sock`. */
  readonly address: string
  /** 0 for a Unix socket. */
  readonly port: number
  /** Where SOCKS5 is spoken; undefined where it is not. */
  readonly socks: { readonly address: string; readonly port: number } | undefined
  /** CONNECTs that are open. */
  openTunnels(): number
  /**
   * Stops accepting, lets what is under way end within `graceMs`, then cuts it. Resolves once every connection is closed.
   */
  close(options: { readonly graceMs: number }): Promise<void>
}
