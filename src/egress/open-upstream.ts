import type { Timers } from '../lib/timers.ts'
import { dial, type DialSettings, type DialTarget, type SessionCache } from './dial.ts'
import { Http1Upstream, type Http1Settings } from './http1/http1-upstream.ts'
import type { Upstream } from './upstream.ts'

/** Each open stream holds one connection, and what finds none free waits: a delegation's streams must leave room for its calls. */
export const UPSTREAM_SETTINGS: Http1Settings = {
  maxConnections: 256,
  maxWaiting: 256,
  maxWaitMs: 30_000,
  keepAliveMs: 15_000,
  headersTimeoutMs: 120_000,
  bodyIdleTimeoutMs: 300_000,
  maxHeaderBytes: 65_536,
}

export interface OpenUpstreamOptions {
  readonly dial: DialSettings
  readonly settings: Http1Settings
  readonly timers: Timers
  /** TLS sessions of this integration's origins: whoever connects next resumes, whichever delegation it is for. */
  readonly sessions: SessionCache
}

/** Connections to one origin, each dialled through the egress guard; none before the first request. */
export function openUpstream(target: DialTarget, options: OpenUpstreamOptions): Upstream {
  return new Http1Upstream(() => dial(target, options.dial, options.sessions), options.settings, options.timers)
}
