import { Pool, type Dispatcher } from 'undici'
import { dial, type DialSettings, type DialTarget, type SessionCache } from './dial.ts'

/** Bounds of one pool of connections to one origin. */
export interface PoolSettings {
  readonly connections: number
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number
  /** From the request's last byte to the answer's head. */
  readonly headersTimeoutMs: number
  /** Between two pieces of an answer's body; 0 for no bound (streams that are silent for long). */
  readonly bodyIdleTimeoutMs: number
  readonly maxHeaderBytes: number
}

/** A pool of guarded HTTP/1.1 connections to one origin; one request at a time on each. */
export function openPool(target: DialTarget, dialSettings: DialSettings, settings: PoolSettings): Dispatcher {
  const sessions: SessionCache = new Map()
  return new Pool(originOf(target), {
    connections: settings.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: settings.keepAliveMs,
    keepAliveMaxTimeout: settings.keepAliveMs * 4,
    headersTimeout: settings.headersTimeoutMs,
    bodyTimeout: settings.bodyIdleTimeoutMs,
    maxHeaderSize: settings.maxHeaderBytes,
    connect: (_options, callback) => {
      dial(target, dialSettings, sessions).then(
        (socket) => callback(null, socket),
        (error: unknown) => callback(error instanceof Error ? error : new Error('dialling failed'), null),
      )
    },
  })
}

function originOf(target: DialTarget): string {
  return `${target.tls ? 'https' : 'http'}://${target.host}:${target.port}`
}
