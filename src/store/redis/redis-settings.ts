import type { Secret } from '../../lib/secret.ts'

/** Which Redis, as the configuration says. */
export interface RedisServer {
  readonly topology: 'single' | 'sentinel' | 'cluster'
  /** The server, the sentinels or some of the cluster's nodes. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  /** Of sentinel. */
  readonly masterName: string | undefined
  readonly username: string | undefined
  readonly password: Secret | undefined
  /** 0 in a cluster. */
  readonly database: number
  /** Undefined for no TLS. */
  readonly tls: { readonly caPem: string | undefined; readonly serverName: string | undefined } | undefined
  /** Before every key. */
  readonly prefix: string
  /** Start although the server may forget what it stores. */
  readonly allowVolatile: boolean
}

/** How long the parts of the store wait; milliseconds, each with its reason. */
export interface RedisTimings {
  /** Until a server is found and has been checked, at the start. */
  readonly openMs: number
  /** A call that has no answer by then is told as failed. */
  readonly commandMs: number
  /** A connection that owes an answer for so long is given up, and made anew. */
  readonly socketMs: number
  /** How long one wait for changes lasts: each answer is a heartbeat, and silence is noticed after about two. */
  readonly heartbeatMs: number
  /** Without a heartbeat for so long the store does not call itself open. */
  readonly lostAfterMs: number
  /** A process that has not renewed its lease for so long is gone, and others end its credentials. */
  readonly instanceLeaseMs: number
}

export const TIMINGS: RedisTimings = {
  openMs: 10_000,
  commandMs: 500,
  socketMs: 2000,
  heartbeatMs: 400,
  lostAfterMs: 1500,
  instanceLeaseMs: 15_000,
}

/** Most calls that are under way at once, so that the time a call takes is Redis's and not a queue's. */
export const MAX_IN_FLIGHT = 128

/** Most calls that wait for their turn; beyond it they fail with `store_overloaded`. */
export const MAX_WAITING = 16_384
