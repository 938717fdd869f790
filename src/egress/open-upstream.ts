import type { Timers } from '../lib/timers.ts'
import { dial, type DialSettings, type DialTarget, type SessionCache } from './dial.ts'
import { Http1Upstream } from './http1/http1-upstream.ts'
import type { UpstreamSettings } from './upstream-settings.ts'
import { Http2Upstream } from './http2/http2-upstream.ts'
import { NegotiatedUpstream } from './http2/negotiated-upstream.ts'
import { TurnShares } from './turn-shares.ts'
import { UPSTREAM_TIMEOUTS } from './upstream-timeouts.ts'
import type { Upstream } from './upstream.ts'

/** Each open stream holds one connection, and what finds none free waits: a delegation's streams must leave room for its calls. */
export const UPSTREAM_SETTINGS: UpstreamSettings = {
  maxConnections: 256,
  maxWaiting: 256,
  maxWaitMs: 30_000,
  keepAliveMs: 15_000,
  headersTimeoutMs: UPSTREAM_TIMEOUTS.firstByteMs,
  bodyIdleTimeoutMs: UPSTREAM_TIMEOUTS.idleMs,
  totalTimeoutMs: UPSTREAM_TIMEOUTS.totalMs,
  maxHeaderBytes: 65_536,
}

export interface OpenUpstreamOptions {
  readonly dial: DialSettings
  /** For all integrations; `dial.timeouts` goes before. */
  readonly settings: UpstreamSettings
  readonly timers: Timers
  /** TLS sessions of this integration's origins: whoever connects next resumes, whichever delegation it is for. */
  readonly sessions: SessionCache
}

/** There is one event loop, and so one of these. */
const TURNS = new TurnShares()
/** Each carries many streams; more than one only where an upstream takes few. */
const HTTP2_CONNECTIONS = 16
const HTTP2: readonly string[] = ['h2']

/**
 * Connections to one origin, each dialled through the egress guard; none before the first request. HTTP/2 is spoken where the client does
 * and the upstream chooses it, unless `connect.http2` says otherwise: for HTTP/1.1 our own client is the faster.
 */
export function openUpstream(target: DialTarget, options: OpenUpstreamOptions): Upstream {
  const { dial: settings, timers, sessions } = options
  const http1 = withTimeouts(options.settings, settings)
  const http2 = { ...http1, maxConnections: HTTP2_CONNECTIONS }
  const use = settings.http2 ?? 'auto'
  if (use === 'always') return new Http2Upstream(target, () => dial(target, settings, sessions, HTTP2), http2, timers, TURNS, undefined)
  if (use === 'auto' && target.tls && target.http2 === true) {
    return new NegotiatedUpstream(target, { dial: (protocols) => dial(target, settings, sessions, protocols), http1, http2, timers, turns: TURNS })
  }
  return new Http1Upstream(() => dial(target, settings, sessions), http1, timers, TURNS)
}

function withTimeouts(settings: UpstreamSettings, { timeouts }: DialSettings): UpstreamSettings {
  if (timeouts === undefined) return settings
  return { ...settings, headersTimeoutMs: timeouts.firstByteMs, bodyIdleTimeoutMs: timeouts.idleMs, totalTimeoutMs: timeouts.totalMs }
}
