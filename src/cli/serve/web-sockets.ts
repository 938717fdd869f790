import { dial, type DialSettings, type SessionCache } from '../../egress/dial.ts'
import { UPSTREAM_SETTINGS } from '../../egress/open-upstream.ts'
import { UPSTREAM_TIMEOUTS } from '../../egress/upstream-timeouts.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import { CredentialScrubs } from '../../proxy/forward/credential-scrubs.ts'
import { endToEnd } from '../../proxy/forward/response-headers.ts'
import type { LiveExchanges } from '../../proxy/live-exchanges.ts'
import { WebSockets } from '../../proxy/upgrade/web-sockets.ts'

export interface WebSocketOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly bounds: { readonly idleTimeoutMs: number; readonly totalTimeoutMs: number }
  readonly live: LiveExchanges
  dialSettings(integration: string): DialSettings
}

/** WebSockets behind the same guard, scrub and bounds on heads as every other call. */
export function openWebSockets({ clock, timers, bounds, live, dialSettings }: WebSocketOptions): WebSockets {
  const sessionsOf = new Map<string, SessionCache>()
  const scrubs = new CredentialScrubs()
  return new WebSockets({
    live, clock, timers, endToEnd,
    limits: bounds,
    handshakeLimits: (integration) => {
      const { firstByteMs, idleMs, totalMs } = dialSettings(integration).timeouts ?? UPSTREAM_TIMEOUTS
      return { answerTimeoutMs: firstByteMs, bodyIdleTimeoutMs: idleMs, wholeTimeoutMs: totalMs, maxHeadBytes: UPSTREAM_SETTINGS.maxHeaderBytes }
    },
    dial: (integration, target) => {
      const sessions = sessionsOf.get(integration) ?? new Map<string, Buffer>()
      sessionsOf.set(integration, sessions)
      return dial(target, dialSettings(integration), sessions)
    },
    scrubber: ({ credential }) => scrubs.scrubberFor(credential),
  })
}
